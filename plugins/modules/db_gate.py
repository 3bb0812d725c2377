#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the gate."""

from __future__ import annotations

DOCUMENTATION = r"""
module: db_gate
short_description: Make a database refuse sales while its gate is shut
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Makes schema C(dr) and its table C(gate) on the writer's database; both reach the standby by replication. Rows are the agents' business.
  - Grants SELECT on the table to accounts that cannot read it yet.
  - Keeps, on every base table of O(schemas), triggers before INSERT, UPDATE and DELETE that refuse the write with error 1644, SQLSTATE 45000 and
    a message that begins with C(dr.gate:) unless the server they run on has a valid row in the table. Row events of a replica fire no triggers,
    and neither does C(COMMIT) or C(XA COMMIT); an application asks the gate again after it.
  - A trigger that is missing, stale, owned by another account or behind one of somebody else's is made anew before the old one is dropped; on
    tables that should have none, ours are dropped. Triggers of others are never touched.
  - Run it again after tables were made or renamed; ALTER keeps triggers.
  - Refuses a server that follows another. There, triggers arrive by replication.
  - A change waits two seconds at a time for transactions that are open on the table, so that nobody queues behind it for long.
options:
  host: {description: Where the database answers., type: str, required: true}
  port: {description: TCP port., type: int, default: 3306}
  user:
    description:
      - Account that may create schema, table and triggers. It becomes the owner of the triggers, so it must be there on the standby too.
      - Without SUPER the server needs C(log_bin_trust_function_creators=1).
    type: str
    required: true
  password: {description: Its password., type: str, required: true}
  readers:
    description: Accounts (C(name) or C(name@host)) that must be able to read the gate. Leave out those that can read every schema anyway.
    type: list
    elements: str
    default: []
  schemas:
    description: Schemas of the application, whose tables are guarded. Those of the server and C(dr) cannot be.
    type: list
    elements: str
    default: []
  pass_accounts:
    description: Names of accounts that write where the gate is shut, because they repair and copy. Told by who has logged in.
    type: list
    elements: str
    default: [dr_sync]
  exclude:
    description: Tables, as C(schema.table), that are not guarded. Refused for one by whose rows a foreign key (CASCADE, SET NULL) changes those of a
      guarded table, for no trigger sees that.
    type: list
    elements: str
    default: []
  anew:
    description: Make every trigger of ours anew, the new one before the old one is dropped. For a copy that lacks some which the writer has; it gets
      them by replication and by nothing else.
    type: bool
    default: false
attributes:
  check_mode: {support: full, description: Says what is missing.}
  diff_mode: {support: full, description: Shows what is made and dropped.}
"""

EXAMPLES = r"""
- name: Guard every table
  multicloud.dr.db_gate:
    host: 192.168.10.50
    user: dr_agent
    password: "{{ vault_db_agent_password }}"
    schemas: [tickets]

- name: Guard all but one table, on another port; the agents' readers see the gate, and the account that repairs passes it
  multicloud.dr.db_gate:
    host: 192.168.10.50
    port: 3307
    user: dr_agent
    password: "{{ vault_db_agent_password }}"
    schemas: [tickets]
    readers: [app]
    pass_accounts: [dr_sync]
    exclude: [tickets.visits]

- name: The copy lacks triggers that the writer has
  multicloud.dr.db_gate:
    host: 192.168.10.50
    user: dr_agent
    password: "{{ vault_db_agent_password }}"
    schemas: [tickets]
    anew: true
"""

RETURN = r"""
missing: {description: "What has been made because it was missing, and dropped because it was too much.", type: list, elements: str, returned: always}
tables: {description: How many tables are guarded., type: int, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate, gate_triggers

MAY_READ = (
    "SELECT 1 FROM information_schema.user_privileges WHERE grantee = %s AND privilege_type = 'SELECT' "
    "UNION ALL SELECT 1 FROM information_schema.schema_privileges WHERE grantee = %s AND table_schema = 'dr' AND privilege_type = 'SELECT' "
    "UNION ALL SELECT 1 FROM information_schema.table_privileges "
    "WHERE grantee = %s AND table_schema = 'dr' AND table_name = 'gate' AND privilege_type = 'SELECT'")


def missing(conn, readers):
    """What is not there yet: [(words, SQL, values)]."""
    todo: list[tuple[str, str, tuple]] = []
    if not connection.query(conn, "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'dr'"):
        todo.append(("schema dr", gate.SCHEMA, ()))
    if not connection.query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'gate'"):
        todo.append(("table dr.gate", gate.TABLE, ()))
    for reader in readers:
        name, _unused, host = reader.partition("@")
        account = (name, host or "%")
        grantee = "'{}'@'{}'".format(*account)
        if not connection.query(conn, MAY_READ, (grantee, grantee, grantee)):
            todo.append((f"SELECT on dr.gate for {reader}", "GRANT SELECT ON dr.gate TO %s@%s", account))
    return todo


def run(conn, given, check):
    """Look, do what is left (unless `check`), and the module's answer. Raises Fault."""
    gate_triggers.refuse_replica(conn)
    todo = missing(conn, given["readers"])
    guards = gate_triggers.look(conn, given["schemas"], given["pass_accounts"], given["exclude"], anew=given["anew"])
    if not check:
        for words, sql, values in todo:
            connection.execute(conn, sql, values, doing=f"make {words}")
        gate_triggers.install(conn, given["schemas"], given["pass_accounts"], given["exclude"], anew=given["anew"])
    words = [words for words, _sql, _values in todo] + [step.words for step in guards]
    return {"changed": bool(words), "missing": words, "diff": {"before": "", "after": "".join(f"{line}\n" for line in words)},
            "tables": len(gate_triggers.base_tables(conn, given["schemas"], given["exclude"]))}


def main():
    """Entry point."""
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True}, "port": {"type": "int", "default": 3306}, "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "readers": names, "schemas": names, "pass_accounts": {**names, "default": list(gate_triggers.PASS_ACCOUNTS), "no_log": False},
            "exclude": names, "anew": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    with told_plainly(module), connection.connected(given["host"], given["port"], given["user"], given["password"]) as conn:
        result = run(conn, given, module.check_mode)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
