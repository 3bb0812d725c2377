#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows an unplanned failover left behind: find and report them, and bring them over by decision."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_salvage
short_description: Rows an unplanned failover left behind, found, reported, and brought over by decision
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - O(mode=find) looks for rows that the old server holds and the writer does not, or not alike, and writes a report with a verdict on each. By
    GTID where both servers have them, else by comparison; the writer's own binary log since it became the writer tells rows that never
    came over from rows it has deleted since. Reads only, but for the report.
  - Where the log does not reach back that far, because it was purged or the provider's own failover emptied it, rows the rest of it does not
    explain are conflicts.
  - Verdicts are C(replay) (nothing stands in its way), C(conflict) (the writer has another row there, has touched a row that
    this one refers to, has rows that refer to one that is to go, or nobody can tell) and C(superseded) (the
    writer had that row and went on from it).
  - O(mode=replay) writes the rows that were decided on to the writer, each with its decision in one transaction (table C(dr.salvaged)), so that a
    second run does nothing. O(mode=discard) writes down that rows are given up. Neither ever happens by itself.
  - O(mode=undecided) tells which reports in O(folder) have rows that nobody has decided on. Reads only.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0.23 on both ends]
options:
  mode: {description: What to do., type: str, choices: [find, replay, discard, undecided], default: find}
  old:
    description: The server that may hold what nobody else does, and an account with C(REPLICATION SLAVE) and C(REPLICATION CLIENT) that may read
      everything there. Needed for O(mode=find).
    type: dict
    suboptions: &account
      site: {description: Site it belongs to., type: str, required: true}
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  writer:
    description: The server whose rows count, and such an account there. For a replay it must be able to write where the gate is open.
    type: dict
    required: true
    suboptions: *account
  schemas: {description: Schemas to look through. Needed for O(mode=find)., type: list, elements: str, default: []}
  ignore: {description: "Tables to leave out, as C(schema.table). One that is on neither server is refused.", type: list, elements: str, default: []}
  since:
    description: Where in its own binary log the writer became the writer. Without it that is where its gate (C(dr.gate)) came to be of this
      reign, or, when it never had one, where the last change of another server is.
    type: dict
    suboptions:
      file: {description: Name of the binary log file., type: str, required: true}
      position: {description: Position in it., type: int, required: true}
  folder: {description: Where reports are., type: path, default: /var/lib/multicloud-dr/salvage}
  report: {description: Id of the report that was decided on., type: str}
  verdicts: {description: "Which of its rows, by verdict.", type: list, elements: str, choices: [replay, conflict, superseded], default: []}
  rows: {description: "Which of its rows, by id.", type: list, elements: str, default: []}
  decided_by: {description: Who decided., type: str}
attributes:
  check_mode: {support: full, description: Finds and judges without writing the report; says which rows would be replayed or given up.}
  diff_mode: {support: none, description: Rows are in the report and nowhere else.}
notes:
  - A search takes as long as a comparison; the host's journal gets a line every half minute of how far it is.
  - A report holds whole rows. It has mode 0600 and is never overwritten; no value of it is in the module's result.
"""

EXAMPLES = r"""
- name: Find what NHN sold last and AWS never heard of
  multicloud.dr.rds_salvage:
    old: {site: nhn, host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}"}
    writer: {site: aws, host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    schemas: [tickets]
  register: left

- name: Bring over what stands in nobody's way
  multicloud.dr.rds_salvage:
    mode: replay
    writer: {site: aws, host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    report: "{{ left.report }}"
    verdicts: [replay]
    decided_by: kim

- name: Look again from a place that is known, on other ports
  multicloud.dr.rds_salvage:
    old: {site: nhn, host: 192.168.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    writer: {site: aws, host: 10.0.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    schemas: [tickets]
    ignore: [tickets.visits]
    since: {file: mysql-bin-changelog.000012, position: 157}
    folder: /var/lib/multicloud-dr/salvage

- name: See what still waits for a decision
  multicloud.dr.rds_salvage:
    mode: undecided
    writer: {site: aws, host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
  register: waiting

- name: Give up one row, by a person's decision
  multicloud.dr.rds_salvage:
    mode: discard
    writer: {site: aws, host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    report: "{{ left.report }}"
    rows: [r17]
    decided_by: kim
"""

RETURN = r"""
report: {description: The report's id; empty when nothing was left behind., type: str, returned: when found or decided}
waiting:
  description: Reports with rows that nobody has decided on, oldest first.
  type: list
  elements: dict
  returned: with O(mode=undecided)
  contains:
    report: {description: Its id., type: str}
    path: {description: Its file., type: str}
    made: {description: "When, in UTC.", type: str}
    old: {description: Site that held the rows., type: str}
    rows: {description: Ids of the rows., type: list, elements: str}
    conflicts: {description: Those of them that stand against what the writer holds., type: list, elements: str}
path: {description: Its file., type: str, returned: when one was written}
method: {description: "gtid or comparison.", type: str, returned: when found}
complete: {description: Whether the writer's log reached back to where it became the writer., type: bool, returned: when found}
counts: {description: Rows by verdict., type: dict, returned: when found}
found:
  description: The first hundred rows, as C(id), C(table), C(change), C(verdict) and C(because).
  type: list
  elements: dict
  returned: when found
done: {description: Ids of the rows that were replayed or given up., type: list, elements: str, returned: when decided}
already: {description: Ids of rows that had been decided on before., type: list, elements: str, returned: when decided}
refused: {description: "Rows that cannot be replayed as things are now, by id, and why.", type: dict, returned: when decided}
undecided: {description: Rows of the report nobody has decided on yet., type: list, elements: str, returned: when decided}
"""

from itertools import islice
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, replay, undecided
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import FOLDER, load, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.verdicts import VERDICTS
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.waiting import waiting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import Tell, now_and_then

SHOWN = 100
ACCOUNT: dict[str, dict[str, Any]] = {
    "site": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def server(given: dict[str, Any]) -> Server:
    """A server, from its option."""
    return Server(*(given[part] for part in ("host", "port", "user", "password")))


def search(given: dict[str, Any], check: bool, tell: Tell | None = None) -> dict[str, Any]:
    """Find and report. tell: see progress. Raises Fault."""
    folder = given["folder"] if not check or Path(given["folder"]).is_dir() else None        # a check makes none
    sides = Sides(server(given["old"]), server(given["writer"]), given["old"]["site"], given["writer"]["site"])
    report = find(sides, given["schemas"], ignore=given["ignore"], since=Position(**given["since"]) if given["since"] else None,
                  folder=folder, tell=tell)
    shown = [{name: row[name] for name in ("id", "table", "change", "verdict", "because")} for row in islice(report.plain_rows(), SHOWN)]
    told = {"method": report.method, "complete": report.complete, "counts": report.counts, "found": shown}
    if check or not report.rows:
        return {"changed": bool(report.rows), "report": "", **told}
    return {"changed": True, "report": report.id, "path": str(save(report, given["folder"])), **told}


def decide(given: dict[str, Any], check: bool, _tell: Tell | None = None) -> dict[str, Any]:
    """Do what was decided. Raises Fault."""
    report, writer = load(given["report"], given["folder"]), server(given["writer"])
    decision = Decision(given["decided_by"], tuple(given["verdicts"]), tuple(given["rows"]), discard=given["mode"] == "discard")
    result = replay(writer, report, decision, check=check)
    with writer.connected() as conn:
        left = undecided(conn, report)
    return {"changed": bool(result.done), "report": report.id, "done": result.done, "already": result.already, "refused": result.refused,
            "undecided": left}


def wait(given: dict[str, Any], _check: bool, _tell: Tell | None = None) -> dict[str, Any]:
    """What waits for a decision. Raises Fault."""
    return {"changed": False, "waiting": [each.plain() for each in waiting(server(given["writer"]), given["folder"])]}


ACTS = {"find": search, "replay": decide, "discard": decide, "undecided": wait}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "mode": {"type": "str", "choices": list(ACTS), "default": "find"},
            "old": {"type": "dict", "options": ACCOUNT},
            "writer": {"type": "dict", "required": True, "options": ACCOUNT},
            "schemas": {"type": "list", "elements": "str", "default": []},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "since": {"type": "dict", "options": {
                "file": {"type": "str", "required": True}, "position": {"type": "int", "required": True}}},
            "folder": {"type": "path", "default": FOLDER},
            "report": {"type": "str"},
            "verdicts": {"type": "list", "elements": "str", "choices": list(VERDICTS), "default": []},
            "rows": {"type": "list", "elements": "str", "default": []},
            "decided_by": {"type": "str"},
        },
        required_if=[("mode", "find", ("old", "schemas")), ("mode", "replay", ("report", "decided_by")),
                     ("mode", "discard", ("report", "decided_by"))],
        supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(**ACTS[module.params["mode"]](module.params, module.check_mode, now_and_then(module.log)))


if __name__ == "__main__":
    main()
