# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a row that differs counts as a difference, and how tables are cut. Scripted servers, no database."""

from __future__ import annotations

import io
import itertools
from contextlib import contextmanager
from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import cutting, look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.book import BLOCK, DENSE, PrivateBook, cut, rows_a_chunk
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import Chunk
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import Comparison
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.look import Found, Look, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table, column_faults

from tests.unit.plugins.still_clock import StillClock

TABLE = Table("shop", "seats", (Column("id", "int", "int"), Column("buyer", "varchar", "varchar(20)")), ("id",))


class Pair:
    """Answers from `looks`: [(source's rows, target's rows), ...], each {id: digest}."""

    here, there = "source", "target"

    def __init__(self, looks, caught_up, holds):
        self.looks, self.caught, self.holds = list(looks), caught_up, list(holds)

    def fetch(self, conn, sql, values, doing):
        rows = self.looks[0][0] if conn == "source" else self.looks[0][1]
        if conn == "source" and len(self.looks) > 1:      # the source is asked last in every round
            self.looks.pop(0)
        return list(rows.items())

    def caught_up(self):
        return self.caught

    def follows(self):
        return bool(self.holds)

    def holds_still(self):
        return self.holds.pop(0) if len(self.holds) > 1 else self.holds[0]

    @contextmanager
    def holding(self):
        yield


def settled(monkeypatch, suspects, *looks, caught_up=True, holds=(True,)):
    """holds: whether a row that was held came through unchanged, one after the other; none for a target that follows nobody."""
    pair = Pair(looks, caught_up, holds)
    monkeypatch.setattr(look, "fetch", pair.fetch)
    return settle(pair, TABLE, suspects)


def test_a_row_that_arrives_meanwhile_is_equal(monkeypatch):
    assert settled(monkeypatch, {(7,): ("new", None)}, ({7: "new"}, {7: "new"})) == ([], [])


def test_a_row_the_source_no_longer_changes_is_a_difference(monkeypatch):
    for holds in ((True,), ()):
        assert settled(monkeypatch, {(7,): ("new", "old")}, ({7: "new"}, {7: "old"}), holds=holds) == ([Found((7,), "new", "old")], [])


def test_a_row_that_was_the_same_at_two_looks_and_comes_and_goes_is_no_difference(monkeypatch):
    """A seat that is held and released, on a replica that is behind: absent here and there on the other side whenever it is looked at."""
    looks = ({}, {7: "held"}), ({}, {7: "held"})
    assert settled(monkeypatch, {(7,): (None, "held")}, *looks, holds=(False,)) == ([], [(7,)])
    assert settled(monkeypatch, {(7,): (None, "held")}, *looks, holds=(False, True)) == ([Found((7,), None, "held")], [])


def test_of_rows_that_are_held_together_one_that_moves_does_not_hide_the_others(monkeypatch):
    looks = [({}, {7: "a", 8: "b"})]
    found, moving = settled(monkeypatch, {(7,): (None, "a"), (8,): (None, "b")}, *looks, holds=(False, True, False))
    assert found == [Found((7,), None, "a")] and moving == [(8,)]


def test_a_row_whose_target_changes_is_not_told_from_one_look(monkeypatch):
    looks = [({7: "v"}, {7: f"w{turn}"}) for turn in range(1, 9)]
    assert settled(monkeypatch, {(7,): ("v", "w0")}, *looks) == ([], [(7,)])


@pytest.mark.parametrize(("rows", "kind"), [(({7: "x"}, {}), "missing"), (({}, {7: "x"}), "extra"), (({7: "x"}, {7: "y"}), "different")])
def test_missing_extra_and_different_rows_are_told_apart(monkeypatch, rows, kind):
    found, _ = settled(monkeypatch, {(7,): (rows[0].get(7), rows[1].get(7))}, rows)
    assert [row.kind for row in found] == [kind]


def test_a_row_that_never_holds_still_is_neither_equal_nor_different(monkeypatch):
    looks = [({7: f"v{turn}"}, {7: f"v{turn - 1}"}) for turn in range(1, 9)]
    assert settled(monkeypatch, {(7,): ("v0", None)}, *looks) == ([], [(7,)])


def test_a_replica_that_does_not_catch_up_leaves_rows_unsettled(monkeypatch):
    assert settled(monkeypatch, {(7,): ("new", "old")}, ({7: "new"}, {7: "old"}), caught_up=False) == ([], [(7,)])


def test_columns_that_differ_are_named_one_by_one():
    other = Table("shop", "seats", (Column("id", "bigint", "bigint"),), ())
    assert list(column_faults(TABLE, other)) == [
        "shop.seats.buyer: varchar(20) on the source, absent on the target",
        "shop.seats.id: int on the source, bigint on the target",
        "shop.seats: key (id) on the source, () on the target",
    ]


def test_what_makes_a_table_another_is_named_whatever_it_is():
    """Else a comparison would go through all rows and then take what was so from the beginning for a change meanwhile."""
    first, last = TABLE.columns[0], TABLE.columns[-1]
    others = (replace(TABLE, columns=TABLE.columns[::-1]), replace(TABLE, key=()), replace(TABLE, columns=(replace(first, name="x"), last)),
              replace(TABLE, columns=(replace(first, definition="x"), last)), replace(TABLE, columns=(first,)))
    for other in others:
        assert other.built != TABLE.built and list(column_faults(TABLE, other)), other
    assert list(column_faults(TABLE, others[0])) == [
        "shop.seats: its columns stand in another order, id, buyer on the source, buyer, id on the target"]


def keyed(monkeypatch, ids):
    """A source that counts rows off; the list says how often it was asked."""
    asked = []

    def fetch(conn, sql, values, doing):
        asked.append(values)
        rows = int(sql.rsplit(" ", 1)[1]) + 1
        left = sorted(key for key in ids if not values or key > values[0])
        return [(left[rows - 1],)] if len(left) >= rows else []

    monkeypatch.setattr(cutting, "fetch", fetch)
    return asked


def chunks(table=TABLE, rows=10):
    found, after, ended = [], None, False
    while not ended:
        more, ended = cut("source", table, after, rows)
        found, after = found + more, more[-1].upto
    return found


@pytest.mark.parametrize("ids", [range(1, 501), range(0, 50_000, 100), [*range(300), 5000, *range(9000, 9900, 3)], [-5, 2**63], []])
def test_chunks_follow_each_other_and_none_holds_more_than_it_may(monkeypatch, ids):
    keyed(monkeypatch, ids)
    found = chunks()
    assert found[0].after is None and found[-1].upto is None
    assert all(one.upto == other.after for one, other in itertools.pairwise(found))
    for chunk in found:
        inside = [key for key in ids if (chunk.after is None or key > chunk.after[0]) and (chunk.upto is None or key <= chunk.upto[0])]
        assert len(inside) <= 10 * DENSE


def test_dense_keys_are_counted_off_once_a_block(monkeypatch):
    asked = keyed(monkeypatch, range(10 * BLOCK * 5))
    assert len(chunks()) >= 5 * BLOCK and len(asked) <= 7


def test_what_cannot_be_cut_is_one_chunk(monkeypatch):
    keyed(monkeypatch, [])
    for table in (Table("shop", "t", TABLE.columns, ()), Table("shop", "t", (Column("id", "enum", "enum"),), ("id",))):
        assert cut("source", table, None, 10) == ([Chunk(table)], True)


def test_large_rows_make_small_chunks():
    assert rows_a_chunk(TABLE, 20_000) == 20_000
    assert rows_a_chunk(Table("shop", "t", TABLE.columns, ("id",), 2**20), 20_000) == 50
    assert rows_a_chunk(TABLE, 3) == 3


def test_what_was_found_is_kept_outside_memory_and_read_again(monkeypatch):
    keyed(monkeypatch, [])
    pages = PrivateBook([TABLE], 10, StillClock())
    with pages.desk() as desk:
        assert desk.claim("source") == Chunk(TABLE)
        desk.done(Look(3, [Found((1,), "a", None), Found((2,), None, "b")], [(9,)]))
        assert desk.claim("source") is None
    assert [[row.kind for row in rows] for rows in pages.found("shop.seats")] == [["missing", "extra"]]
    assert list(pages.unsettled("shop.seats")) == [[(9,)]]
    assert pages.tallies()["shop.seats"].facts() == {"rows": 3, "chunks": 1, "differing": 2, "unsettled": 1, "seconds": 0.0}


def test_a_disk_that_takes_no_more_is_told_by_every_thread(monkeypatch):
    keyed(monkeypatch, [])
    pages = PrivateBook([TABLE], 10, StillClock())
    full = io.BufferedWriter(io.FileIO("/dev/full", "wb"))
    monkeypatch.setattr(pages, "_spool", full)
    with pages.desk() as desk:
        desk.claim("source")
        for _unused in range(2):        # the second finds the file closed
            with pytest.raises(Fault, match=r"(?s)keep the rows that differ.*not finished\. Make room there, then run again"):
                desk.done(Look(1, [Found((1,), "a", None)], []))
    assert full.closed


@pytest.mark.parametrize("unlike", [{"differing_rows": 1}, {"unsettled_rows": 1}, {"definitions": ["shop.seats: only on the source"]}])
def test_equal_is_said_only_when_nothing_is_left_open(unlike):
    assert Comparison(rows_compared=5).equal and not Comparison(rows_compared=5, **unlike).equal
