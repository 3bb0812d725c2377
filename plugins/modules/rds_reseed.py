#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a replica that lost its place follow again, without a dump and without losing what only it has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_reseed
short_description: Make a replica that lost its place follow again, without a dump
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - For a replica whose source has no logs for it any more (NHN Cloud deletes them all when its high availability fails over), and for an
    old primary that is to follow the site that took over from it.
  - Writes what only the replica has to a salvage report, then opens a view of the source together with a place in its log, makes the
    replica equal to that view by moving only rows that differ, and follows from that place. It gets the gate's triggers that it lacks.
  - A replica that holds no row at all, as one that was built anew, is seeded by a copy.
  - A replica with nothing wrong that a new seed would cure is only made sure of. A run that was killed is made again and goes on.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0.23 on both ends]
options:
  replica:
    description: The server that follows, and an account that may call the provider's procedures there.
    type: dict
    required: true
    suboptions:
      site: {description: Site it belongs to., type: str, required: true}
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
      dialect: {description: Who runs the server., type: str, choices: [plain, nhn_rds, aws_rds], required: true}
      high_availability: {description: The provider keeps a candidate beside it; refused., type: bool, default: false}
  source:
    description: The server that is followed, and an account as M(multicloud.dr.rds_replication) needs it there.
    type: dict
    required: true
    suboptions:
      site: {description: Site it belongs to., type: str, required: true}
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  sync_user: {description: Account on the replica whose writes its gate lets pass., type: str, required: true}
  sync_password: {description: Its password., type: str, required: true}
  replication_user: {description: Account on the source the replica logs in with., type: str, required: true}
  replication_password: {description: Its password., type: str, required: true}
  source_tls: {description: Encrypt the replication connection where the provider's procedure can., type: bool, default: true}
  schemas: {description: "Schemas that are made equal; C(dr) must be among them.", type: list, elements: str, required: true}
  ignore:
    description: Tables not looked through for rows to salvage, as C(schema.table). One that is on neither server is refused.
    type: list
    elements: str
    default: []
  folder: {description: Where salvage reports go., type: path, default: /var/lib/multicloud-dr/salvage}
  force: {description: Do it even when nothing is wrong., type: bool, default: false}
  progress_file:
    description: A file that gets one JSON object a line about once a second during long work. Among others C(doing), C(table), C(rows), and C(of)
      how many, which is a guess. The host's journal gets a line every half minute in any case, save while one statement runs, one that adds up a
      table without a key, or gives a large one its keys in the end.
    type: path
  wait_seconds: {description: Limit for starting and for catching up., type: int, default: 300}
  lag_seconds: {description: Limit for the marker row to cross., type: int, default: 30}
attributes:
  check_mode: {support: full, description: Looks and says which moves are left.}
  diff_mode: {support: full, description: Shows state and source on both sides.}
"""

EXAMPLES = r"""
- name: The standby follows again after NHN's database has failed over
  multicloud.dr.rds_reseed:
    source: {site: nhn, host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}"}
    replica: {site: aws, host: 10.0.10.50, user: admin, password: "{{ admin_password }}", dialect: aws_rds}
    sync_user: dr_sync
    sync_password: "{{ sync_password }}"
    replication_user: dr_repl
    replication_password: "{{ replication_password }}"
    schemas: [tickets, dr]

- name: Do it though nothing is wrong, on other ports; visits are nobody's loss
  multicloud.dr.rds_reseed:
    source: {site: nhn, host: 192.168.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    replica: {site: aws, host: 10.0.10.50, port: 3307, user: admin, password: "{{ admin_password }}", dialect: aws_rds, high_availability: false}
    sync_user: dr_sync
    sync_password: "{{ sync_password }}"
    replication_user: dr_repl
    replication_password: "{{ replication_password }}"
    source_tls: false
    schemas: [tickets, dr]
    ignore: [tickets.visits]
    folder: /var/lib/multicloud-dr/salvage
    progress_file: /var/lib/multicloud-dr/reseed.jsonl
    force: true
    wait_seconds: 900
    lag_seconds: 60
"""

RETURN = r"""
moves: {description: "What was done, in order: salvage, detach, align, or seed; point, start.", type: list, elements: str, returned: always}
replica: {description: "State, source, threads, positions and errors of the replica, as they are now.", type: dict, returned: always}
report: {description: Id of the salvage report; empty when only this replica had nothing., type: str, returned: always}
path: {description: Its file., type: str, returned: when one was written}
counts: {description: Its rows by verdict., type: dict, returned: always}
rows: {description: Rows written to the replica or taken away from it., type: int, returned: always}
guards: {description: "The gate's triggers that the source has and the replica lacked, made there: C(schema.table: EVENT).", type: list,
         elements: str, returned: always}
triggers:
  description: Triggers of the application that were made on the replica, as C(schema.name). None may fire for rows that are brought, so those on
    tables that differ are dropped first and made again from the source's text; others are those that it lacked. One that only the replica has is
    refused there, and named in RV(unbrought) elsewhere.
  type: list
  elements: str
  returned: always
unbrought:
  description: Sentences on the views, routines, events, indexes, foreign keys, constraints, defaults and default character sets that are not as at
    the source, and on triggers that only the replica has. What the log told of them while nobody read it comes by nothing; make them as they are at
    the source, or drop what only the replica has.
  type: list
  elements: str
  returned: always
crossed_seconds: {description: Seconds from writing the marker on the source to seeing it here., type: float, returned: when it follows}
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import DIALECTS, Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, Reseeded, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import FOLDER
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.asked import refuse_unfit_progress
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import told_to

TEXT: dict[str, Any] = {"type": "str", "required": True}
SECRET: dict[str, Any] = {**TEXT, "no_log": True}
ACCOUNT: dict[str, dict[str, Any]] = {"site": TEXT, "host": TEXT, "port": {"type": "int", "default": 3306}, "user": TEXT, "password": SECRET}


def plan(given: dict[str, Any]) -> Plan:
    """What is asked for, from the module's parameters."""
    replica, source = (Server(*(given[name][part] for part in ("host", "port", "user", "password"))) for name in ("replica", "source"))
    wish = Wish(
        "replicating", replica, given["replica"]["dialect"], reader=source,
        source=Source(source.host, source.port, given["replication_user"], given["replication_password"], given["source_tls"]),
        schemas=tuple(given["schemas"]), wait_seconds=given["wait_seconds"], lag_seconds=given["lag_seconds"],
        high_availability=given["replica"]["high_availability"])
    return Plan(wish, Server(replica.host, replica.port, given["sync_user"], given["sync_password"]), given["source"]["site"],
                given["replica"]["site"], given["folder"], tuple(given["ignore"]), force=given["force"])


def result(done: Reseeded) -> dict[str, Any]:
    """The module's answer."""
    after = done.outcome.after if done.outcome else done.before
    told = {"report": done.report.id if done.report else "", "counts": done.report.counts if done.report else {}, "rows": done.rows,
            "guards": list(done.guards), "triggers": list(done.triggers), "unbrought": list(done.unbrought)}
    if done.report_path:
        told["path"] = done.report_path
    if done.outcome and done.outcome.crossed_seconds is not None:
        told["crossed_seconds"] = done.outcome.crossed_seconds
    shown = [{"state": seen.state, "source": seen.source} for seen in (done.before, after)]
    return {"changed": bool(done.moves), "moves": done.moves, "replica": after.facts(), "diff": {"before": shown[0], "after": shown[1]}, **told}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "replica": {"type": "dict", "required": True, "options": {
                **ACCOUNT, "dialect": {**TEXT, "choices": list(DIALECTS)}, "high_availability": {"type": "bool", "default": False}}},
            "source": {"type": "dict", "required": True, "options": ACCOUNT},
            "sync_user": TEXT, "sync_password": SECRET, "replication_user": TEXT, "replication_password": SECRET,
            "source_tls": {"type": "bool", "default": True},
            "schemas": {"type": "list", "elements": "str", "required": True},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "folder": {"type": "path", "default": FOLDER},
            "force": {"type": "bool", "default": False},
            "progress_file": {"type": "path"},
            "wait_seconds": {"type": "int", "default": 300},
            "lag_seconds": {"type": "int", "default": 30},
        }, supports_check_mode=True)
    with told_plainly(module):
        refuse_unfit_progress(module.params["progress_file"])
        wanted = plan(module.params)
        wanted = replace(wanted, wish=replace(wanted.wish, tell=told_to(module.log, module.params["progress_file"], module.warn)))
        done = reseed(wanted, check=module.check_mode)
        if done.unbrought:
            module.warn("Not as at the source, and brought by nothing from here on: " + "; ".join(done.unbrought) + ". Make them as they are "
                        "there, or drop what only this server has; a copy into an empty server has all but routines and events.")
        module.exit_json(**result(done))


if __name__ == "__main__":
    main()
