# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranges of keys and the text of checksums."""

from __future__ import annotations

import itertools
import re

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import (
    PIECES,
    Chunk,
    boundary_sql,
    checksum_sql,
    digests_of_sql,
    digests_sql,
    heaps_sql,
)
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.keys import among
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table, quote
from hypothesis import given, settings
from hypothesis import strategies as st


def table(*key, **columns):
    return Table("shop", "t", tuple(Column(name, kind, kind) for name, kind in columns.items()), key)


ONE = table("id", id="bigint", name="varchar")
TWO = table("a", "b", a="int", b="int")


def holds(chunk, row):
    """Evaluate a condition as MySQL would: its text is made of column names, comparisons, AND and OR."""
    text, values = chunk.condition()
    for value in values:
        text = text.replace("%s", repr(value), 1)
    text = text.replace("TRUE", "True").replace(" AND ", " and ").replace(" OR ", " or ").replace(" = ", " == ").replace("`", "")
    return eval(text, {}, dict(zip(chunk.table.key, row, strict=True)))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), unique=True, max_size=6),
       st.tuples(st.integers(-1, 7), st.integers(-1, 7)))
def test_every_row_falls_into_exactly_one_chunk(bounds, row):
    edges = [None, *sorted(bounds), None]
    chunks = [Chunk(TWO, after, upto) for after, upto in itertools.pairwise(edges)]
    assert sum(holds(chunk, row) for chunk in chunks) == 1


def test_the_first_and_the_last_chunk_are_open():
    assert Chunk(ONE).condition() == ("TRUE", [])
    assert Chunk(ONE, upto=(5,)).condition() == ("(`id` <= %s)", [5])
    assert Chunk(ONE, after=(5,)).condition() == ("(`id` > %s)", [5])


def test_the_next_boundary_is_the_last_row_of_a_chunk():
    sql, values = boundary_sql(ONE, (5,), 1000)
    assert sql.endswith("WHERE (`id` > %s) ORDER BY `id` LIMIT 1 OFFSET 999")
    assert values == [5]


@settings(deadline=None)
@given(st.integers(-50, 50), st.integers(1, 60), st.integers(-60, 120))
def test_the_pieces_of_a_chunk_hold_what_it_holds_and_nothing_twice(start, span, row):
    chunk = Chunk(ONE, (start,), (start + span,))
    assert len(chunk.pieces()) == min(span, PIECES)
    assert sum(holds(piece, (row,)) for piece in chunk.pieces()) == holds(chunk, (row,))


def test_only_whole_numbers_are_computed_with():
    assert Chunk(ONE, None, (5,)).pieces() == [Chunk(ONE, None, (5,))]
    assert len(Chunk(table("id", id="varchar"), ("a",), ("b",)).pieces()) == len(Chunk(TWO, (1, 1), (9, 9)).pieces()) == 1


@pytest.mark.parametrize("make", [checksum_sql, digests_sql, lambda chunk: heaps_sql(chunk, 9)])
def test_as_many_marks_as_values(make):
    sql, values = make(Chunk(TWO, (1, 2), (3, 4)))
    assert sql.count("%s") == len(values) == 6 + 2


def test_several_chunks_are_one_question():
    sql, values = checksum_sql(*Chunk(ONE, (0,), (100,)).pieces())
    assert sql.count(" UNION ALL ") == PIECES - 1 and "SELECT 4 AS part" in sql
    assert values[:4] == [0, 5, 5, 10] and len(values) == 2 * PIECES


def test_rows_are_asked_for_by_their_whole_key():
    sql, values = digests_of_sql(TWO, [(1, 2), (3, 4)])
    assert sql.endswith("WHERE (`a`, `b`) IN ((%s, %s), (%s, %s))")
    assert values == [1, 2, 3, 4]
    assert among(ONE, [(1,), (2,)]) == ("`id` IN (%s, %s)", [1, 2])


def test_rows_of_some_heaps_are_asked_for_by_the_same_function_the_heaps_are_made_with():
    heaps = "MOD(CRC32(`a`) + 3 * CRC32(`b`), 16)"
    assert f"{heaps} IN (7, 9)" in digests_sql(Chunk(TWO), [7, 9], 16)[0]
    assert heaps_sql(Chunk(TWO), 16)[0].endswith(f"GROUP BY {heaps}")


def test_a_table_without_a_key_also_adds_up_128_bits_of_every_row():
    """Every statement's SUBSTRs, together, take so many digits, and none twice; that the server adds them up is seen on real ones."""
    sql, _ = checksum_sql(Chunk(table(x="int")))
    digits = [digit for start, count in re.findall(r"CONV\(SUBSTR\(SHA2\(.*?, 256\), (\d+), (\d+)\), 16, 10\)", sql)
              for digit in range(int(start), int(start) + int(count))]
    assert sorted(digits) == list(range(1, 33)) and all(int(count) <= 16 for count in re.findall(r", (\d+)\), 16, 10\)", sql))
    assert sql.count("SUM(CAST(CONV(") == 2 and " AS total" in sql
    assert " AS total" not in checksum_sql(Chunk(ONE))[0]


def test_odd_names_are_quoted_for_mysql_and_for_the_driver():
    assert quote("a`b%c") == "`a``b%%c`"
