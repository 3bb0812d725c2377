# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far long work has come, and of how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import stream
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, loading, moving
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.book import PrivateBook, Tally
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import How, Telling
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import Difference
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.moving import Mover, Pair, Size
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import Progress, now_and_then, sentence, through_log
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

from tests.unit.plugins.still_clock import StillClock

ID = (Column("id", "int", "int"),)
TABLES = {f"shop.{name}": Table("shop", name, ID, ("id",), about_rows=rows) for name, rows in (("seats", 1000), ("events", 10), ("new", 0))}


@pytest.mark.parametrize(("tallies", "done", "of", "of_seats", "said"), [
    ({}, False, 1010, None, "compared 0 of about 1010 rows in 0 chunks of 0 tables: 0 differ, 0 do not hold still"),
    ({"shop.seats": Tally(300, 3)}, False, 1010, 1000, "compared 300 of about 1010 rows in 3 chunks of 1 tables: 0 differ, 0 do not hold still"),
    # a server's guess is none once more was seen, and what was never guessed counts as it comes
    ({"shop.seats": Tally(1200, 9), "shop.new": Tally(5, 1)}, False, 1215, 1200,
     "compared 1205 of about 1215 rows in 10 chunks of 2 tables: 0 differ, 0 do not hold still"),
    ({"shop.seats": Tally(900, 9), "shop.events": Tally(11, 1), "shop.new": Tally(0, 1)}, True, 911, 900,
     "compared 911 rows in 11 chunks of 3 tables: 0 differ, 0 do not hold still")])
def test_a_comparison_says_how_far_it_is(tallies: dict[str, Tally], done: bool, of: int, of_seats: int | None, said: str) -> None:
    told: list[Mapping[str, Any]] = []
    book = PrivateBook(list(TABLES.values()), 10, StillClock(), dict(tallies))
    Telling(book, TABLES, How(progress=told.append, clock=StillClock())).at_last(done=done)
    [line] = told
    assert (line["of"], line["done"]) == (of, done) and line["rows"] == sum(tally.rows for tally in tallies.values())
    assert {label: each["of"] for label, each in line["tables"].items()}.get("shop.seats") == of_seats
    journal: list[str] = []
    now_and_then(journal.append, every=0.0)(line)
    assert journal == [said]


def test_a_line_has_the_tables_that_moved_since_the_last_and_the_sums_of_all() -> None:
    """Of ten thousand tables each second's line was megabytes."""
    told: list[Mapping[str, Any]] = []
    tallies = {"shop.seats": Tally(300, 3), "shop.events": Tally(10, 1)}
    telling = Telling(PrivateBook(list(TABLES.values()), 10, StillClock(), tallies), TABLES, How(progress=told.append, clock=StillClock()))
    telling.at_last(done=False)
    tallies["shop.seats"].rows += 100
    telling.at_last(done=False)
    telling.at_last(done=False)
    telling.at_last(done=True)
    assert [[*line["tables"]] for line in told] == [["shop.seats", "shop.events"], ["shop.seats"], [], ["shop.seats", "shop.events"]]
    assert [(line["rows"], line["begun"]) for line in told] == [(310, 2), (410, 2), (410, 2), (410, 2)]


def test_rows_that_are_taken_away_are_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a copy with millions that the source has not, nothing was heard until all were gone."""
    @contextmanager
    def transaction(*_given: object) -> Iterator[None]:
        yield

    for name, does in (("refuse_unwritable", lambda *_given: None), ("prepared", lambda conn: conn), ("execute", lambda *_given, **_more: 0),
                       ("_delete", lambda _target, _table, keys: len(keys)), ("_transaction", transaction)):
        monkeypatch.setattr(aligning, name, does)
    told: list[Mapping[str, Any]] = []
    found = [Difference(TABLES["shop.seats"], there=tuple((number,) for number in range(900))), Difference(TABLES["shop.events"], keyless=False)]
    aligning.align(None, None, found, tell=told.append)
    assert [(line["table"], line["rows"], line["of"]) for line in told if line["doing"] == "delete"] == [("shop.seats", 900, 900)]


def test_a_table_without_a_key_is_told_of_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocks(*_given: object) -> Iterator[SimpleNamespace]:
        yield from (SimpleNamespace(rows=500) for _unused in range(4))

    monkeypatch.setattr(loading, "stream", blocks)
    monkeypatch.setattr(loading, "write", lambda *_given: None)
    told: list[Mapping[str, Any]] = []
    monkeypatch.setattr(moving, "execute", lambda *_given, **_more: 0)
    monkeypatch.setattr(moving, "next_end", lambda *_given: None)
    mover = Mover([Pair(None, None)], Progress("copy", told.append, every=0.0))
    assert mover.move(Table("shop", "loose", ID, ()), Size(2000, 100)).rows == 2000
    assert [line["rows"] for line in told] == [500, 1000, 1500, 2000, 2000]


def test_a_log_that_is_read_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """By each of its events, whether or not it is of a row that is looked for."""
    places: list[tuple[str, int]] = []
    monkeypatch.setattr(stream, "through_log", lambda _tell: lambda *place: places.append(place))
    monkeypatch.setattr(stream, "query", lambda *_given, **_more: [])
    monkeypatch.setattr(stream, "execute", lambda *_given, **_more: 0)
    monkeypatch.setattr(stream, "_events", lambda *_given: iter([((0, 99, 1, 0, end, 0), b"") for end in (300, 700)]))
    assert not list(stream.changes(SimpleNamespace(connected=nullcontext), {}, Position("binlog.000007", 4)))    # type: ignore[arg-type]
    assert places == [("binlog.000007", 300), ("binlog.000007", 700)]


def test_how_far_a_log_is_read_is_said_once_a_second() -> None:
    now, told = [0.0], list[Mapping[str, Any]]()
    at = through_log(told.append, now=lambda: now[0])
    for now[0], place in ((0.5, 100), (1.2, 200), (1.9, 300), (2.3, 400)):
        at("binlog.000007", place)
    assert [sentence(line) for line in told] == ["read binlog.000007 up to byte 200", "read binlog.000007 up to byte 400"]
    through_log(None, every=0.0)("binlog.000007", 4)
