#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a managed MySQL server says of itself as a replica, and what cures what is wrong with it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_replication_info
short_description: What is wrong with a replica, by name, and the cure
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads the state of a replica and names everything that is wrong with it, each with what to do.
  - Names are C(binlogs_gone) (MySQL's 1236, after a failover of NHN Cloud's high availability), C(errant), C(silent) (both threads say Yes, no
    error, and nothing arrives), C(gave_up) (its retries ran out), C(source_moved), C(unprimed), C(wrong_password), C(missing_privilege),
    C(account_locked), C(password_expired), C(source_full), C(row_conflict), C(row_missing), C(missing_table), C(foreign_schema), C(foreign_table)
    (what a provider keeps for itself), C(table_unlike), C(missing_definer), C(same_server_id), C(gtids_off), C(packet_too_large),
    C(done_already) (a migration of the source's that was made here too), C(account_unlike), C(unknown_xa), C(waited_too_long), C(no_room),
    C(relay_log_spoiled), C(no_retention), C(other_channel) (it follows another by a channel with a name, which is none of ours), C(unreachable),
    C(error).
  - What a worker of the applier stopped on is told in the worker's words, which name the table and the key, where the account may read
    C(performance_schema).
options:
  replica:
    description: The server, and an account with C(REPLICATION CLIENT) that may read C(dr.gate) there.
    type: dict
    required: true
    suboptions:
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
      dialect: {description: Who runs the server., type: str, choices: [plain, nhn_rds, aws_rds], required: true}
  source:
    description: The server it should follow, and an account that may read C(dr.gate) there. Without it silence,
      a changed address and errant transactions are not looked for; one that does not answer counts as one that goes on writing.
    type: dict
    suboptions:
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  silent_seconds: {description: A heartbeat older than this is silence., type: int, default: 30}
attributes:
  check_mode: {support: full, description: Reads only.}
  diff_mode: {support: none, description: Changes nothing.}
"""

EXAMPLES = r"""
- name: See how the standby follows
  multicloud.dr.rds_replication_info:
    replica: {host: 10.0.10.50, port: 3306, user: admin, password: "{{ admin_password }}", dialect: aws_rds}
    source: {host: 192.168.10.50, port: 3306, user: dr_agent, password: "{{ agent_password }}"}
    silent_seconds: 10
  register: seen

- name: Stop when something is wrong
  ansible.builtin.assert:
    that: seen.diagnoses | length == 0
    fail_msg: "{{ seen.diagnoses | map(attribute='cure') | join(' ') }}"
"""

RETURN = r"""
replica: {description: "State, source, threads, positions and errors.", type: dict, returned: always}
diagnoses:
  description: What is wrong, the most urgent first, as C(name), C(words) (MySQL's own where it has some), C(cure) and C(final) (waiting does not
    mend it).
  type: list
  elements: dict
  returned: always
compared:
  description: What its last comparison with its source found, as M(multicloud.dr.rds_sync) kept it; null where it was never compared.
  type: dict
  returned: always
  contains:
    equal: {description: Whether all that was compared was alike., type: bool}
    outdated: {description: "Whether this server has been the writer since, so that nothing is proven of it.", type: bool}
    age_seconds: {description: Since its first look., type: float}
    epoch: {description: "Of the source as the writer then, 0 where it was none.", type: int}
    tables: {description: Tables compared., type: int}
    rows_compared: {description: Rows compared., type: int}
    differing_rows: {description: Rows that differed., type: int}
    definitions: {description: Tables and columns that were not built alike., type: int}
    schemas: {description: Schemas compared., type: list, elements: str}
    left_out: {description: Tables of them that were left out., type: list, elements: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import compared
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import DIALECTS, Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, look

ACCOUNT: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def wish(given: dict[str, Any]) -> Wish:
    """Whom to look at, from the module's parameters."""
    replica, source = (Server(*(given[name][part] for part in ("host", "port", "user", "password"))) if given[name] else None
                       for name in ("replica", "source"))
    if replica is None:
        raise AssertionError
    return Wish("replicating", replica, given["replica"]["dialect"], reader=source,
                source=Source(source.host, source.port, "", "") if source else None)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "replica": {"type": "dict", "required": True, "options": {
                **ACCOUNT, "dialect": {"type": "str", "choices": list(DIALECTS), "required": True}}},
            "source": {"type": "dict", "options": ACCOUNT},
            "silent_seconds": {"type": "int", "default": 30},
        }, supports_check_mode=True)
    with told_plainly(module):
        wished = wish(module.params)
        seen, found = look(wished, silent_limit=module.params["silent_seconds"])
        with wished.replica.connected() as conn:
            kept = compared.last(conn)
        module.exit_json(changed=False, replica=seen.facts(), diagnoses=[each.facts() for each in found], compared=kept.facts() if kept else None)


if __name__ == "__main__":
    main()
