#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the gate."""

from __future__ import annotations

DOCUMENTATION = r"""
module: db_gate
short_description: Make the table that decides whether a database may take sales
version_added: 0.1.0
author: The multicloud.dr contributors
description:
  - Makes schema C(dr) and its table C(gate) on the writer's database; both reach the standby by replication. Rows are the agents' business.
  - Grants SELECT on the table to accounts that cannot read it yet.
options:
  host: {description: Where the database answers., type: str, required: true}
  port: {description: TCP port., type: int, default: 3306}
  user: {description: Account that may create schema and table., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  readers:
    description: Accounts (C(name) or C(name@host)) that must be able to read the gate. Leave out those that can read every schema anyway.
    type: list
    elements: str
    default: []
attributes:
  check_mode: {support: full, description: Says what is missing.}
"""

EXAMPLES = r"""
- multicloud.dr.db_gate:
    host: 192.168.10.50
    user: dr_agent
    password: "{{ vault_db_agent_password }}"
"""

RETURN = r"""
missing: {description: What was missing and has been made., type: list, elements: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

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
        name, _, host = reader.partition("@")
        account = (name, host or "%")
        grantee = "'{}'@'{}'".format(*account)
        if not connection.query(conn, MAY_READ, (grantee, grantee, grantee)):
            todo.append((f"SELECT on dr.gate for {reader}", "GRANT SELECT ON dr.gate TO %s@%s", account))
    return todo


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True}, "port": {"type": "int", "default": 3306}, "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "readers": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    with told_plainly(module), connection.connected(given["host"], given["port"], given["user"], given["password"]) as conn:
        todo = missing(conn, given["readers"])
        for words, sql, values in [] if module.check_mode else todo:
            connection.execute(conn, sql, values, doing=f"make {words}")
    words = [words for words, _sql, _values in todo]
    module.exit_json(changed=bool(todo), missing=words, diff={"before": "", "after": "".join(f"{line}\n" for line in words)})


if __name__ == "__main__":
    main()
