#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a managed MySQL server follow another, or stand alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_replication
short_description: Make a managed MySQL server follow another, or stand alone
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Steers binary log replication through whatever the provider allows, which is the C(mysql.rds_*) procedures
    on Amazon RDS, the C(mysql.tcrds_*) procedures on NHN Cloud RDS, and plain statements elsewhere.
  - A replica without a source is seeded first, but only when it holds no rows. A copy that was interrupted starts over.
  - Starts from file and position. A replica that came to its rows by GTID alone, without a gap, goes on by GTID where both ends have
    them (gtid_mode ON) and the provider's procedure does; one that was seeded by a copy cannot, its rows came without theirs.
  - A source that answers at another address now, and is the same server still, is followed there from where the replica stands.
  - A replica that says it runs and gets nothing, though the source answers and beats, is stopped and started.
  - Only the channel without a name is steered. A server that follows another by a channel with a name, for which Amazon RDS has procedures, does
    not stand alone, so O(state=promoted), O(state=detached) and O(state=stopped) are refused with how to end that; nothing here ends it.
  - Refuses to make a replica of the writer, that is of a server whose own gate (C(dr.gate)) is open.
  - O(state=replicating) ends in a proof. A marker row written on the source must be seen on the replica within O(lag_seconds).
  - Logs in to the source once over TLS as the replication account. That puts its password into the source's
    C(caching_sha2_password) cache, which is what lets in a replica that cannot use TLS, as on NHN Cloud.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0.23 on both ends]
options:
  state:
    description:
      - V(replicating) follows O(source), seeded, running and proven.
      - V(stopped) keeps the source but runs no thread.
      - V(promoted) applies everything that has arrived, then forgets the source. Make sure first that the source takes no more writes.
      - V(detached) forgets the source at once, whatever is still unapplied.
    type: str
    choices: [replicating, stopped, promoted, detached]
    default: replicating
  replica:
    description: The server that follows, and an account that may call the provider's procedures there.
    type: dict
    required: true
    suboptions:
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
      dialect:
        description: Who runs the server.
        type: str
        choices: [plain, nhn_rds, aws_rds]
        required: true
      high_availability:
        description: The provider keeps a candidate beside it. Following an external source would break that on NHN Cloud, so it is refused.
        type: bool
        default: false
  source:
    description:
      - The server that is followed, and an account that may read everything there and create the marker's table. Reading a
        consistent copy takes C(RELOAD) or C(LOCK TABLES), and C(REPLICATION CLIENT).
      - Needed for O(state=replicating).
    type: dict
    suboptions:
      host: {description: "Address or name; NHN Cloud takes an address only, a name is looked up here.", type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  replication_user: {description: Account on the source the replica logs in with. Needs C(REPLICATION SLAVE)., type: str}
  replication_password: {description: Its password., type: str}
  source_tls:
    description: Encrypt the replication connection, where the provider's procedure can (Amazon RDS and plain MySQL).
    type: bool
    default: true
  seed:
    description: How to fill a replica that is empty.
    type: dict
    suboptions:
      schemas: {description: Schemas to copy from the source., type: list, elements: str, required: true}
  position:
    description: Where a replica that was seeded by other means goes on from, in the source's binary log. Replaces O(seed).
    type: dict
    suboptions:
      file: {description: Name of the binary log file., type: str, required: true}
      position: {description: Position in it., type: int, required: true}
  gtids: {description: Go on by GTID where that is possible., type: bool, default: true}
  accept_errant:
    description: Go on by GTID although this replica has transactions its source never had, which the source then never learns of. Or from
      O(position) although this replica was the last writer it knows of.
    type: bool
    default: false
  proof_schema: {description: Schema the marker's table is in. Must be on both servers., type: str, default: dr}
  wait_seconds:
    description: Limit for starting, for catching up with the source, and for applying what has arrived before a promotion.
    type: int
    default: 300
  lag_seconds: {description: Limit for the marker row to cross., type: int, default: 30}
  progress_file:
    description: A file that gets one JSON object a line about once a second during long work. Among others C(doing), C(table), C(rows), and C(of)
      how many, which is a guess. The host's journal gets a line every half minute in any case, save while one statement runs, one that adds up a
      table without a key, or gives a large one its keys in the end.
    type: path
  binlog_retention_hours:
    description:
      - At least so long the replica keeps its own binary logs, where the provider has a procedure for that (Amazon RDS, at most 168).
        Going back after a failover, and salvage, need them. On NHN Cloud a parameter group says it.
    type: int
attributes:
  check_mode: {support: full, description: "Looks at both servers, says which moves are left and makes none. Logs in as the replication account too."}
  diff_mode: {support: full, description: Shows state and source on both sides.}
"""

EXAMPLES = r"""
- name: The standby follows the primary
  multicloud.dr.rds_replication:
    state: replicating
    source: {host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}"}
    replica: {host: 10.0.10.50, user: admin, password: "{{ admin_password }}", dialect: aws_rds}
    replication_user: dr_repl
    replication_password: "{{ replication_password }}"
    seed: {schemas: [tickets, dr]}

- name: The standby stands alone
  multicloud.dr.rds_replication:
    state: promoted
    replica: {host: 10.0.10.50, user: admin, password: "{{ admin_password }}", dialect: aws_rds}

- name: A copy that was loaded by other means goes on from its place, on other ports, and keeps its own logs for failing back
  multicloud.dr.rds_replication:
    source: {host: 192.168.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    replica: {host: 10.0.10.50, port: 3307, user: admin, password: "{{ admin_password }}", dialect: aws_rds}
    replication_user: dr_repl
    replication_password: "{{ replication_password }}"
    source_tls: false
    position: {file: mysql-bin.000042, position: 4711}
    gtids: false
    proof_schema: dr
    progress_file: /var/lib/multicloud-dr/seed.jsonl
    wait_seconds: 600
    lag_seconds: 60
    binlog_retention_hours: 72

- name: NHN follows AWS again, without a candidate beside it, though it holds transactions that AWS never had
  multicloud.dr.rds_replication:
    source: {host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    replica: {host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}", dialect: nhn_rds, high_availability: false}
    replication_user: dr_repl
    replication_password: "{{ replication_password }}"
    accept_errant: true
"""

RETURN = r"""
moves: {description: "What was done, in order: retain, seed, stop, reset, point, start, drain.", type: list, elements: str, returned: always}
replica:
  description: State (replicating, stopped, detached), source, threads, positions and errors of the replica, as they are now; and as C(channels)
    whom it follows by channels with a name, which are left alone.
  type: dict
  returned: always
seeded:
  description: Position, tables, rows and seconds of the copy, and held_seconds, for which writes on the source were held up.
  type: dict
  returned: when a copy was made
by_gtid: {description: Whether the source was asked for what the replica's GTIDs lack., type: bool, returned: always}
promotion: {description: "Seconds it took, source, applied position, and channels that go on.", type: dict, returned: when promoted}
crossed_seconds:
  description: Seconds from writing the marker on the source to seeing it on the replica.
  type: float
  returned: when replicating
lag_seconds:
  description: Age of the writer's newest heartbeat on the replica.
  type: float
  returned: when replicating and a heartbeat has arrived
"""

from dataclasses import asdict, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import DIALECTS, Position, Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import STATES
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Outcome, Wish, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.asked import refuse_unfit_progress
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import told_to

ACCOUNT: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def wish(given: dict[str, Any]) -> Wish:
    """What is asked for, from the module's parameters."""
    def server(name: str) -> Server:
        return Server(*(given[name][part] for part in ("host", "port", "user", "password")))

    source = given["source"]
    return Wish(
        state=given["state"], replica=server("replica"), dialect=given["replica"]["dialect"],
        reader=server("source") if source else None,
        source=Source(source["host"], source["port"], given["replication_user"], given["replication_password"], given["source_tls"])
        if source else None,
        schemas=tuple(given["seed"]["schemas"]) if given["seed"] else (), position=Position(**given["position"]) if given["position"] else None,
        proof_schema=given["proof_schema"], wait_seconds=given["wait_seconds"], lag_seconds=given["lag_seconds"],
        retention_hours=given["binlog_retention_hours"], high_availability=given["replica"]["high_availability"], gtids=given["gtids"],
        accept_errant=given["accept_errant"])


def result(outcome: Outcome) -> dict[str, Any]:
    """The module's answer."""
    shown = [{"state": seen.state, "source": seen.source} for seen in (outcome.before, outcome.after)]
    if outcome.foreseen:
        shown[1] = outcome.foreseen
    more = {"seeded": outcome.seeded.facts() if outcome.seeded else None, "promotion": asdict(outcome.promotion) if outcome.promotion else None,
            "crossed_seconds": outcome.crossed_seconds, "lag_seconds": outcome.lag_seconds}
    return {"changed": bool(outcome.moves), "moves": outcome.moves, "replica": outcome.after.facts(), "by_gtid": outcome.by_gtid,
            "diff": {"before": shown[0], "after": shown[1]}, **{name: value for name, value in more.items() if value is not None}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "default": "replicating"},
            "replica": {"type": "dict", "required": True, "options": {
                **ACCOUNT, "dialect": {"type": "str", "choices": list(DIALECTS), "required": True},
                "high_availability": {"type": "bool", "default": False}}},
            "source": {"type": "dict", "options": ACCOUNT},
            "replication_user": {"type": "str"},
            "replication_password": {"type": "str", "no_log": True},
            "source_tls": {"type": "bool", "default": True},
            "seed": {"type": "dict", "options": {"schemas": {"type": "list", "elements": "str", "required": True}}},
            "position": {"type": "dict", "options": {
                "file": {"type": "str", "required": True}, "position": {"type": "int", "required": True}}},
            "gtids": {"type": "bool", "default": True},
            "accept_errant": {"type": "bool", "default": False},
            "proof_schema": {"type": "str", "default": "dr"},
            "progress_file": {"type": "path"},
            "wait_seconds": {"type": "int", "default": 300},
            "lag_seconds": {"type": "int", "default": 30},
            "binlog_retention_hours": {"type": "int"},
        },
        required_if=[("state", "replicating", ("source", "replication_user", "replication_password"))],
        mutually_exclusive=[("seed", "position")], supports_check_mode=True)
    with told_plainly(module):
        refuse_unfit_progress(module.params["progress_file"])
        wanted = replace(wish(module.params), tell=told_to(module.log, module.params["progress_file"], module.warn))
        module.exit_json(**result(settle(wanted, check=module.check_mode)))


if __name__ == "__main__":
    main()
