# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a row that differs counts as a difference. Two scripted servers, no database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

TABLE = Table("shop", "seats", (Column("id", "int", "int"), Column("buyer", "varchar", "varchar(20)")), ("id",))


@pytest.fixture
def work(monkeypatch):
    """A comparison whose servers answer from `looks`: [(source's rows, target's rows), ...], each {id: digest}."""
    def make(*looks, caught_up=True):
        seen = list(looks)

        def query(conn, sql, values=None, *, doing=""):
            rows = seen[0][0] if conn == "source" else seen[0][1]
            if conn == "source" and len(seen) > 1:      # the source is asked last in every round
                seen.pop(0)
            return [{"id": key, "digest": digest} for key, digest in rows.items()]

        monkeypatch.setattr(compare, "query", query)
        monkeypatch.setattr(compare._Work, "caught_up", lambda self: caught_up)
        return compare._Work("source", "target", ThreadPoolExecutor(1), compare.Comparison(), 1.0, 2, None)

    return make


def test_a_row_that_arrives_meanwhile_is_equal(work):
    job = work(({7: "new"}, {7: "new"}))
    compare._settle(job, TABLE, {(7,): "new"})
    assert job.found.equal


def test_a_row_the_source_no_longer_changes_is_a_difference(work):
    job = work(({7: "new"}, {7: "old"}))
    compare._settle(job, TABLE, {(7,): "new"})
    assert job.found.differences == [{"table": "shop.seats", "key": {"id": "7"}, "kind": "different"}]


@pytest.mark.parametrize(("rows", "kind"), [(({7: "x"}, {}), "missing"), (({}, {7: "x"}), "extra")])
def test_missing_and_extra_rows_are_told_apart(work, rows, kind):
    job = work(rows)
    compare._settle(job, TABLE, {(7,): rows[0].get(7)})
    assert [found["kind"] for found in job.found.differences] == [kind]


def test_a_row_that_never_holds_still_is_neither_equal_nor_different(work):
    job = work(*[({7: f"v{turn}"}, {7: f"v{turn - 1}"}) for turn in range(1, 9)])
    compare._settle(job, TABLE, {(7,): "v0"})
    assert (job.found.differing_rows, job.found.unsettled_rows, job.found.equal) == (0, 1, False)


def test_a_replica_that_does_not_catch_up_leaves_rows_unsettled(work):
    job = work(({7: "new"}, {7: "old"}), caught_up=False)
    compare._settle(job, TABLE, {(7,): "new"})
    assert (job.found.differing_rows, job.found.unsettled_rows) == (0, 1)


def test_all_differences_are_counted_and_a_few_are_shown(work):
    job = work(({}, {key: "x" for key in range(9)}))
    compare._settle(job, TABLE, {(key,): None for key in range(9)})
    assert job.found.differing_rows == 9 and len(job.found.differences) == 2


def test_columns_that_differ_are_named_one_by_one():
    other = Table("shop", "seats", (Column("id", "bigint", "bigint"),), ("id",))
    assert list(compare._column_faults(TABLE, other)) == [
        "shop.seats.buyer: varchar(20) on the source, absent on the target",
        "shop.seats.id: int on the source, bigint on the target",
    ]
