#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a managed MySQL server says of itself as a replica, and what cures what is wrong with it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_replication_info
short_description: What is wrong with a replica, by name, and the cure
version_added: 0.1.0
author: The multicloud.dr contributors
description:
  - Reads the state of a replica and names everything that is wrong with it, each with what to do.
  - Names are C(binlogs_gone) (MySQL's 1236, after a failover of NHN Cloud's high availability), C(errant), C(silent) (both threads say Yes, no
    error, and nothing arrives), C(gave_up) (its retries ran out), C(source_moved), C(unprimed), C(wrong_password), C(missing_privilege),
    C(row_conflict), C(row_missing), C(missing_table), C(foreign_schema), C(foreign_table), C(missing_definer), C(same_server_id),
    C(no_retention), C(unreachable), C(error).
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
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
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
    assert replica is not None
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
        seen, found = look(wish(module.params), silent_limit=module.params["silent_seconds"])
        module.exit_json(changed=False, replica=seen.facts(), diagnoses=[each.facts() for each in found])


if __name__ == "__main__":
    main()
