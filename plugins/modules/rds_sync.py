#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare two MySQL servers row by row, or copy schemas into an empty one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_sync
short_description: Compare two MySQL servers row by row, or copy schemas into an empty one
version_added: 0.1.0
author: The multicloud.dr contributors
description:
  - O(mode=compare) lets both servers add up checksums (SHA-256) of the same ranges of rows at the same time and reads only ranges
    whose sums differ. It never writes. Rows that are still on their way to a running replica are waited for, not called different.
  - O(mode=copy) copies definitions, rows, views and triggers of schemas from one consistent view, and says where in the source's
    binary log replication continues from exactly there. Accounts are not copied.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0.23 on both ends]
options:
  mode: {description: What to do., type: str, choices: [compare, copy], default: compare}
  source:
    description: The server whose rows count, and an account that may read them. For a copy C(LOCK TABLES) or C(RELOAD), and
      C(REPLICATION CLIENT), besides.
    type: dict
    required: true
    suboptions: &account
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  target:
    description: The server that should be equal. For a copy its account must be able to create what is copied.
    type: dict
    required: true
    suboptions: *account
  schemas: {description: Schemas to compare or copy., type: list, elements: str, required: true}
  ignore:
    description: Tables to leave out of a comparison, as C(schema.table), because each server has its own rows there.
    type: list
    elements: str
    default: []
  chunk_rows: {description: Rows in a range that is claimed and checksummed at a time; fewer where rows are large., type: int, default: 20000}
  settle_seconds: {description: Limit of each wait for a replica to apply what the source has written., type: int, default: 30}
  shown: {description: How many differences are listed; all are counted., type: int, default: 100}
attributes:
  check_mode:
    support: full
    description: A comparison reads only, so it is made. A copy is not made; whether the target is empty is found out.
  diff_mode: {support: none, description: Differences are in the result.}
notes:
  - A copy into a target that holds rows in these schemas is refused.
  - A comparison that finds differences is not a failure of the module; assert RV(equal).
"""

EXAMPLES = r"""
- name: Prove that the standby holds what the primary holds
  multicloud.dr.rds_sync:
    mode: compare
    source: {host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}"}
    target: {host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    schemas: [tickets]
  register: comparison

- name: Stop unless every row is there
  ansible.builtin.assert:
    that: comparison.equal
"""

RETURN = r"""
equal: {description: Whether every table is on both servers, built alike, with the same rows., type: bool, returned: when compared}
tables: {description: Tables compared or copied., type: int, returned: always}
rows_compared: {description: Rows of the source that were compared., type: int, returned: when compared}
differing_rows: {description: Rows that differ, all of them., type: int, returned: when compared}
unsettled_rows: {description: Rows that changed too often on the source to be compared., type: int, returned: when compared}
differences:
  description: The first differences, as C(table), C(key) (columns and values) and C(kind) (missing, extra, different; rows without a key).
  type: list
  elements: dict
  returned: when compared
unsettled: {description: The first unsettled rows, likewise., type: list, elements: dict, returned: when compared}
definitions: {description: Tables and columns that are not alike, as sentences., type: list, elements: str, returned: when compared}
per_table: {description: "Rows, chunks, differing rows and seconds by table.", type: dict, returned: when compared}
chunks: {description: Ranges that were checksummed., type: int, returned: when compared}
position: {description: "File and position in the source's binary log that the copy belongs to.", type: dict, returned: when copied}
rows: {description: Rows copied., type: int, returned: when copied}
held_seconds: {description: How long writes on the source were held up., type: float, returned: when copied}
held_by: {description: "What held them: gate (a lock on C(dr.gate)), flush or tables.", type: str, returned: when copied}
kept_rows: {description: Rows that an attempt cut short had brought and that proved equal., type: int, returned: when copied}
by_table: {description: Rows copied by table., type: dict, returned: when copied}
seconds: {description: How long it took., type: float, returned: always}
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy, rows_in

ACCOUNT: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def run(given: dict[str, Any], check: bool) -> dict[str, Any]:
    """Compare or copy, and the module's answer. Raises Fault."""
    source, target = (Server(*(given[name][part] for part in ("host", "port", "user", "password"))) for name in ("source", "target"))
    schemas = given["schemas"]
    if given["mode"] == "compare":
        found = compare(source, target, schemas, ignore=given["ignore"], chunk_rows=given["chunk_rows"],
                        settle_seconds=given["settle_seconds"], shown=given["shown"])
        return {"changed": False, "equal": found.equal, **asdict(found)}
    if full := rows_in(target, schemas):
        raise Fault("copy", f"into {target}", left=f"It holds rows in {', '.join(full[:10])}; nothing was touched.",
                    then="A copy goes only into empty schemas; compare first if these rows may matter.")
    if check:
        return {"changed": True, "tables": 0, "seconds": 0.0}
    return {"changed": True, **copy(source, target, schemas).facts()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "mode": {"type": "str", "choices": ["compare", "copy"], "default": "compare"},
            "source": {"type": "dict", "required": True, "options": ACCOUNT},
            "target": {"type": "dict", "required": True, "options": ACCOUNT},
            "schemas": {"type": "list", "elements": "str", "required": True},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "chunk_rows": {"type": "int", "default": 20_000},
            "settle_seconds": {"type": "int", "default": 30},
            "shown": {"type": "int", "default": 100},
        }, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(**run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
