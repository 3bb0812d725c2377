# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verdicts on rows that were left behind, and the report that keeps them, without a server."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.cells import OPAQUE
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import count, spelled_out
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import statement
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Left, load, new_report, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.verdicts import Case, Touch, judge
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

OURS, OTHER, OLDER = ({"id": "5", "name": name} for name in ("ours", "other", "older"))


def verdict(ours, theirs, touch=None, **more):
    found = judge(Case(ours, theirs, touch, more.pop("clash", {}), **more))
    return found and (found.verdict, found.change, *(["renumber"] if found.renumber else []))


@pytest.mark.parametrize(("given", "expected"), [
    # never replicated
    ((OURS, None), ("replay", "insert")),
    ((OURS, OLDER), ("replay", "update")),
    ((None, OURS), ("replay", "delete")),
    # deleted since is not never replicated
    ((OURS, None, Touch("delete", OURS)), ("superseded", "insert")),
    ((OURS, None, Touch("update", OURS)), ("superseded", "insert")),
    ((OURS, None, Touch("delete", None)), ("superseded", "insert")),
    ((OURS, None, Touch("delete", OLDER)), ("conflict", "insert")),
    # the writer went on from the very row, or both went their own way
    ((OURS, OTHER, Touch("update", OURS)), ("superseded", "update")),
    ((OURS, OTHER, Touch("update", OLDER)), ("conflict", "update")),
    ((OURS, OTHER, Touch("update", {**OURS, "name": OPAQUE})), ("conflict", "update")),
    ((OURS, None, Touch("delete", {**OURS, "name": OPAQUE})), ("superseded", "insert")),
    ((None, OTHER, Touch("update", OURS)), ("conflict", "delete")),
    # the writer made a row of its own under the key
    ((OURS, OTHER, Touch("insert")), ("conflict", "update")),
    ((OURS, None, Touch("insert", None, "delete")), ("conflict", "insert")),
    ((None, OTHER, Touch("insert")), None),
    ((OURS, OURS, Touch("update", OLDER)), None),
    ((None, None), None),
])
def test_what_becomes_of_a_row(given, expected):
    assert verdict(*given) == expected


def test_a_number_that_was_given_to_another_row_is_no_conflict():
    assert verdict(OURS, OTHER, Touch("insert"), numbered=True) == ("replay", "insert", "renumber")
    assert verdict(OURS, OTHER, Touch("insert"), numbered=True, clash={"one_seat": OTHER}) == ("conflict", "insert")


def test_a_seat_that_was_sold_to_somebody_else_is_a_conflict():
    assert verdict(OURS, None, clash={"one_seat": OTHER}) == ("conflict", "insert")


def test_without_the_writer_s_log_nothing_is_replayed():
    assert {verdict(*rows, complete=False)[0] for rows in ((OURS, None), (OURS, OTHER), (None, OTHER))} == {"conflict"}


def test_a_copy_that_was_behind_has_nothing_to_give():
    assert verdict(OURS, None, behind=True) == ("superseded", "insert") and verdict(None, OURS, behind=True) is None


def test_a_report_keeps_bytes_and_is_never_overwritten(tmp_path):
    report = new_report("nhn", "u-1", "aws", "u-2")
    report.rows = [Left("t.a", {"id": b"\x00\xff"}, "insert", "replay", "so", {"id": b"\x00\xff", "n": None, "s": "좌석"}, None, {"u": {"id": "1"}})]
    path = save(report, tmp_path)
    again = load(report.id, tmp_path)
    assert again.rows[0].values == report.rows[0].values and again.rows[0].key == {"id": b"\x00\xff"} and again.rows[0].id == "r1"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Fault, match="Nothing was changed in any database"):
        save(report, tmp_path)
    with pytest.raises(Fault, match=report.id):
        load("../x", tmp_path)


def test_statements_of_a_replay():
    table = Table("t", "a", (Column("id", "int", "int"), Column("n", "int", "int"), Column("g", "int", "int", generated=True)), ("id",))
    row = Left("t.a", {"id": "5"}, "insert", "replay", "", {"id": "5", "n": "7"}, None, {})
    assert statement(table, row) == ("INSERT INTO `t`.`a` (`id`, `n`) VALUES (%s, %s)", ["5", "7"])
    assert statement(table, Left(*[getattr(row, name) for name in (
        "table", "key", "change", "verdict", "because", "values", "writer_values", "clash")], renumber=True)) == (
        "INSERT INTO `t`.`a` (`n`) VALUES (%s)", ["7"])
    gone = Left("t.a", {"id": "5"}, "delete", "replay", "", None, {"id": "5", "n": "7"}, {})
    assert statement(table, gone) == ("DELETE FROM `t`.`a` WHERE `id` = %s", ["5"])


def test_sets_of_gtids():
    assert list(spelled_out("u-1:1-3:7,u-2:5")) == ["u-1:1", "u-1:2", "u-1:3", "u-1:7", "u-2:5"] and count("u-1:1-3:7,u-2:5") == 5
    with pytest.raises(Fault, match="tagged"):
        count("u-1:mine:1-3")
