# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a comparison has come, and of how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.book import PrivateBook, Tally
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import How, Telling
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import now_and_then
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
