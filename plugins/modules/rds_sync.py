#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare two MySQL servers row by row, repair what differs, or copy schemas into an empty one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_sync
short_description: Compare two MySQL servers row by row, repair what differs, or copy schemas into an empty one
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - O(mode=compare) lets both servers add up checksums (SHA-256) of the same ranges of rows at the same time and reads only ranges
    whose sums differ. It writes nothing, except to a checkpoint when O(checkpoint) names one. Rows that are still on their way to a
    running replica are waited for, not called different.
  - O(mode=repair) compares, then moves only the rows that differ to the target, deletions included, in bounded transactions and in the
    order that foreign keys and unique keys ask for. Each row is looked at again under a lock, written only if it still differs, and read again
    before the transaction ends; what has changed meanwhile is settled first, so a target may go on following its source.
  - O(mode=copy) copies definitions, rows, views and triggers of schemas from one consistent view, and says where in the source's
    binary log replication continues from exactly there. Accounts are not copied.
requirements: [PyMySQL >= 1.0.2, MySQL >= 8.0.23 on both ends]
options:
  mode: {description: What to do., type: str, choices: [compare, repair, copy], default: compare}
  source:
    description: The server whose rows count, and an account that may read them; with C(REPLICATION CLIENT) for a repair or a copy, for a copy
      C(PROCESS), and C(LOCK TABLES) or C(RELOAD), besides. Authority DDL of NHN Cloud and the administrator at AWS have all of these.
    type: dict
    required: true
    suboptions: &account
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  target:
    description: The server that should be equal. For a copy its account must be able to create what is copied; for a repair it must be able to
      write, and be the one that the write gate lets pass where there is one.
    type: dict
    required: true
    suboptions: *account
  schemas: {description: "Schemas to compare, repair or copy.", type: list, elements: str, required: true}
  ignore:
    description: Tables to leave out of a comparison or repair, as C(schema.table), because each server has its own rows there.
      A name that is no table of O(schemas) on either server is refused.
    type: list
    elements: str
    default: []
  chunk_rows: {description: Rows in a range that is claimed and checksummed at a time; fewer where rows are large., type: int, default: 20000}
  settle_seconds: {description: Limit of each wait for a replica to apply what the source has written., type: int, default: 30}
  shown: {description: How many differences are listed; all are counted., type: int, default: 100}
  threads: {description: Ranges that are compared at a time; each takes one connection to either server., type: int, default: 2}
  checkpoint:
    description:
      - Name of a table C(dr.sync_NAME) on the target through which the comparison can be resumed after it was killed, and shared with workers on
        other hosts. It is made when it is not there, belongs to one comparison, and answers again when that is finished. Then nothing is looked at
        any more, and RV(age_seconds) says how old the answer is; use a name for each comparison.
      - A repair takes up what was found under this name, and drops it when it has come to its end.
      - Not kept in check mode. Not together with O(accept_writer_target). Not allowed in a target that is the writer, nor in one that follows by GTID
        unless the account may keep it out of the binary log (C(SESSION_VARIABLES_ADMIN)), since its source would lack those transactions.
    type: str
  keep:
    description:
      - Keep what the comparison found in the table C(dr.compared) of the source, for the row to arrive at the target by replication. That is what the
        agent of the target's site decides by when the source is gone (see M(multicloud.dr.site_switch)). The source's account must be able to write
        there, and the source must not copy from anybody itself.
      - A comparison that found nothing but unsettled rows says neither, and what was kept before stays. Nothing is kept in check mode.
      - That row is the outcome and its time, new with every run. It changes nothing of what is compared, so C(changed) stays false.
    type: bool
    default: false
  max_lag_seconds:
    description:
      - Pause while the newest heartbeat that has arrived on the target (C(dr.gate)) is older, for ten minutes at most each time. How far both
        servers' clocks are apart is measured and added.
      - Where no heartbeat has ever arrived, nobody knows how far the target is behind, and there is no pause. A warning says so, and RV(lag_unknown).
    type: float
  progress_file:
    description: A file that gets one JSON object a line about once a second while this runs. Among others C(rows), and C(of) how many, which is the
      source's guess until C(done); of a comparison also C(tables), those that were looked at since the line before, and all of them in the last. The
      host's journal gets a line every half minute in any case, save while one statement runs, one that adds up a table without a key, or gives a
      large one its keys in the end.
    type: path
  accept_writer_target:
    description: Repair the target, or copy into it, even if it is the writer by its own gate, or was the last one it knows of and its gate
      has run out, or is what the source copies from. Its newest rows are lost where the source does not have them.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: A comparison is made, without a checkpoint. Of a repair only the comparison is made, and what a repair would refuse is refused (to
      see what differs on such a target, compare). A copy is not made; whether the target is empty is found out.
  diff_mode: {support: none, description: Differences are in the result.}
notes:
  - A copy into a target that holds rows in these schemas is refused, unless they came from a copy that was cut short (a table C(_seeding) says
    so in each schema). Such a copy is taken up again, and rows that prove equal are kept.
  - A migration at the source while a copy is made ends it when the table's turn had not come, or when other rows have come to stand under its name
    (C(EXCHANGE PARTITION), C(RENAME)), which is told by InnoDB's number of the table (C(INNODB_TABLES), hence C(PROCESS)). Tables that are done are
    let go of, and what is altered then is named in RV(altered_since), with a warning.
  - A copy is another one than whatever was compared there before, so what was kept of that is taken away at the source.
  - One copy at a time goes into a target, and nobody else may write into its schemas meanwhile, which is counted in the end.
  - A comparison that finds differences is not a failure of the module; assert RV(equal). The same goes for rows that a repair could not write.
  - A repair is refused when the target is the writer or was the last one it knows of, when the source copies from it, when columns or keys of tables
    are built differently, and when a table without a key that differs has more than 100,000 rows; nothing is written then. It stops when the
    target becomes the writer.
  - Column defaults, unique indexes, foreign keys, CHECK constraints and storage engines that differ are named in RV(definitions) and make RV(equal)
    false, and so is what a schema gives to tables that name no character set (ALTER DATABASE on the target mends it; a copy does that).
    Rows are compared and repaired all the same. Other indexes, triggers and views are not compared.
  - Triggers on the target fire for repaired rows; no session can switch them off. Rows that they change on their way in are written again or
    reported, other compared rows that they change are repaired by another comparison, and RV(triggers) names them.
  - JSON documents are alike when MySQL makes the same text of both (1 is not 1.0). One with dates, times, bytes or long decimals, which only SQL can
    make, is told apart from its text, not written by a repair, and keeps a copy from being made.
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

- name: Move what differs, and nothing else
  multicloud.dr.rds_sync:
    mode: repair
    source: {host: 192.168.10.50, user: dr_sync, password: "{{ sync_password }}"}
    target: {host: 10.0.10.50, user: dr_sync, password: "{{ sync_password }}"}
    schemas: [tickets]
    checkpoint: after_the_outage
    max_lag_seconds: 5

- name: Prove it for the agent that has to decide when the primary is gone
  multicloud.dr.rds_sync:
    source: {host: 192.168.10.50, user: dr_agent, password: "{{ agent_password }}"}
    target: {host: 10.0.10.50, user: dr_agent, password: "{{ agent_password }}"}
    schemas: [tickets, dr]
    ignore: [dr.gate, dr.crossing, dr.compared]
    keep: true

- name: Compare large tables while somebody watches
  multicloud.dr.rds_sync:
    mode: compare
    source: {host: 192.168.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    target: {host: 10.0.10.50, port: 3307, user: dr_agent, password: "{{ agent_password }}"}
    schemas: [tickets]
    ignore: [tickets.visits]
    chunk_rows: 50000
    threads: 4
    settle_seconds: 60
    shown: 20
    progress_file: /var/lib/multicloud-dr/sync.jsonl

- name: Repair the writer itself, though what the source lacks is lost
  multicloud.dr.rds_sync:
    mode: repair
    source: {host: 10.0.10.50, user: dr_sync, password: "{{ sync_password }}"}
    target: {host: 192.168.10.50, user: dr_sync, password: "{{ sync_password }}"}
    schemas: [tickets]
    accept_writer_target: true
"""

RETURN = r"""
equal:
  description: Whether every table is on both servers, built alike, with the same rows. Of a comparison that had been finished, whether they were,
    RV(age_seconds) ago.
  type: bool
  returned: when compared or repaired
age_seconds:
  description: Seconds since the first look at a row. With a checkpoint that may have been long ago.
  type: float
  returned: when compared or repaired
lag_unknown:
  description: Whether O(max_lag_seconds) was given in vain, since no heartbeat has arrived on the target.
  type: bool
  returned: when compared or repaired
tables: {description: Tables compared or copied., type: int, returned: always}
rows_compared: {description: Rows of the source that were compared., type: int, returned: when compared or repaired}
differing_rows: {description: "Rows that differ, all of them.", type: int, returned: when compared or repaired}
unsettled_rows: {description: Rows that changed too often on the source to be compared., type: int, returned: when compared or repaired}
differences:
  description: The first differences, as C(table), C(key) (columns and values) and C(kind) (missing, extra, different; rows without a key).
  type: list
  elements: dict
  returned: when compared or repaired
unsettled: {description: "The first unsettled rows, likewise.", type: list, elements: dict, returned: when compared or repaired}
definitions:
  description: Tables, columns, defaults, keys, constraints and schemas' character sets that are not alike, as sentences.
  type: list
  elements: str
  returned: when compared or repaired
kept: {description: Whether what was found is kept and has arrived at the target., type: bool, returned: when it was to be kept}
per_table: {description: "Rows, chunks, differing rows and seconds by table.", type: dict, returned: when compared or repaired}
inserted: {description: Rows the target did not have., type: int, returned: when repaired}
updated: {description: Rows that were different., type: int, returned: when repaired}
deleted: {description: Rows only the target had., type: int, returned: when repaired}
left: {description: "Rows that differ still, all of them. In check mode: rows that a repair would write.", type: int, returned: when repaired}
not_repaired: {description: "The first of them, as C(table), C(key), C(kind) and C(why).", type: list, elements: dict, returned: when repaired}
triggers: {description: "The target's own triggers on repaired tables, which have fired.", type: list, elements: str, returned: when repaired}
passes: {description: Comparisons that were made., type: int, returned: when repaired}
accepted_writer_target: {description: Whether the target was allowed to be the writer., type: bool, returned: when repaired}
chunks: {description: Ranges that were checksummed., type: int, returned: when compared or repaired}
position: {description: "File and position in the source's binary log that the copy belongs to.", type: dict, returned: when copied}
rows: {description: Rows copied., type: int, returned: when copied}
held_seconds: {description: How long writes on the source were held up., type: float, returned: when copied}
held_by: {description: "What held them: gate (a lock on C(dr.gate)), flush or tables.", type: str, returned: when copied}
kept_rows: {description: Rows that an attempt cut short had brought and that proved equal., type: int, returned: when copied}
by_table: {description: Rows copied by table., type: dict, returned: when copied}
altered_since:
  description: What was altered at the source, came or went there after the moment of the copy, as C(schema.name). A replica that follows from
    RV(position) does the same; a copy that nobody follows with lacks it.
  type: list
  elements: str
  returned: when copied
source_uuid: {description: The server whose binary log the position is in., type: str, returned: when copied}
seconds: {description: How long it took., type: float, returned: always}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.asked import refuse_unfit
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import LAG_UNKNOWN, How, survey
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.keeping import begun_in, keep
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import Tell, told_to
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.seeding import copy_resumably

ACCOUNT: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def run(given: dict[str, Any], check: bool, tell: Tell | None = None) -> dict[str, Any]:
    """Compare or copy, and the module's answer. tell: see progress. Raises Fault."""
    refuse_unfit(given)
    source, target = (Server(*(given[name][part] for part in ("host", "port", "user", "password"))) for name in ("source", "target"))
    schemas = given["schemas"]
    if given["mode"] != "copy":
        how = How(given["chunk_rows"], given["settle_seconds"], given["shown"], given["threads"], None if check else given["checkpoint"],
                  given["max_lag_seconds"], progress=tell)
        if given["mode"] == "compare":
            return {"changed": False, **_compared(source, target, given, how, check)}
        done = repair(source, target, schemas, ignore=given["ignore"], how=how, check=check, accept_writer_target=given["accept_writer_target"])
        return {"changed": bool(done.left if check else done.counts.written), **done.facts()}
    copied = copy_resumably(source, target, schemas, check=check, accept_writer_target=given["accept_writer_target"], tell=tell)
    return {"changed": True, **(copied.facts() if copied else {"tables": 0, "seconds": 0.0})}


def _compared(source: Server, target: Server, given: dict[str, Any], how: How, check: bool) -> dict[str, Any]:
    epoch = begun_in(source) if given["keep"] else 0
    seen = survey(source, target, given["schemas"], ignore=given["ignore"], how=how)
    found = seen.comparison
    if check or not given["keep"]:
        return found.facts()
    return {**found.facts(), "kept": keep(source, target, found, given["schemas"], given["ignore"], epoch=epoch, age=seen.book.age(),
                                          limit=how.settle_seconds)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "mode": {"type": "str", "choices": ["compare", "repair", "copy"], "default": "compare"},
            "source": {"type": "dict", "required": True, "options": ACCOUNT},
            "target": {"type": "dict", "required": True, "options": ACCOUNT},
            "schemas": {"type": "list", "elements": "str", "required": True},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "chunk_rows": {"type": "int", "default": 20_000},
            "settle_seconds": {"type": "int", "default": 30},
            "shown": {"type": "int", "default": 100},
            "threads": {"type": "int", "default": 2},
            "checkpoint": {"type": "str"},
            "keep": {"type": "bool", "default": False},
            "max_lag_seconds": {"type": "float"},
            "progress_file": {"type": "path"},
            "accept_writer_target": {"type": "bool", "default": False},
        }, supports_check_mode=True)
    with told_plainly(module):
        result = run(module.params, module.check_mode, told_to(module.log, module.params["progress_file"], module.warn))
        if result.get("accepted_writer_target") and result["changed"]:
            module.warn(f"accept_writer_target: rows were written into {module.params['target']['host']} even if it is the writer.")
        if result.get("triggers"):
            module.warn("These triggers on the target have fired for repaired rows: " + ", ".join(result["triggers"]))
        if result.get("altered_since"):
            module.warn(f"Altered at the source while it was copied, and not in the copy: {', '.join(result['altered_since'])}. A replica that "
                        "follows from `position` does it as well; without one, copy again.")
        if result.get("lag_unknown"):
            module.warn(LAG_UNKNOWN)
        if result.get("kept") is False:
            module.warn("What the comparison found has not arrived at the target, or says neither equal nor different: the agent there goes by the "
                        "comparison before.")
        module.exit_json(**result)


if __name__ == "__main__":
    main()
