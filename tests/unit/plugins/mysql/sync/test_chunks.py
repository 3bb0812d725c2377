# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranges of keys and the text of checksums."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import (
    Chunk,
    boundary_sql,
    checksum_sql,
    digests_of_sql,
    digests_sql,
    row_sql,
)
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table, quote
from hypothesis import given
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


@pytest.mark.parametrize("make", [checksum_sql, digests_sql])
def test_as_many_marks_as_values(make):
    sql, values = make(Chunk(TWO, (1, 2), (3, 4)))
    assert sql.count("%s") == len(values) == 6 + 2


def test_rows_are_asked_for_by_their_whole_key():
    sql, values = digests_of_sql(TWO, [(1, 2), (3, 4)])
    assert sql.endswith("WHERE (`a` = %s AND `b` = %s) OR (`a` = %s AND `b` = %s)")
    assert values == [1, 2, 3, 4]


def test_a_table_without_a_key_also_counts_equal_rows():
    assert " AS total" in checksum_sql(Chunk(table(x="int")))[0]
    assert " AS total" not in checksum_sql(Chunk(ONE))[0]


def test_null_and_length_are_part_of_every_column():
    text = row_sql(table("id", id="int", note="varchar", data="longblob", price="float"))
    assert text.count("IS NULL, 'N'") == text.count("OCTET_LENGTH(") == 4


def test_long_values_go_in_as_their_digest_and_floats_in_full():
    assert "SHA2(`data`, 256)" in row_sql(table("id", id="int", data="longblob"))
    assert "CAST(`price` AS DOUBLE)" in row_sql(table("id", id="int", price="float"))


def test_generated_columns_are_left_out():
    built = Table("shop", "t", (Column("id", "int", "int"), Column("twice", "int", "int", generated=True)), ("id",))
    assert "twice" not in row_sql(built)


def test_odd_names_are_quoted_for_mysql_and_for_the_driver():
    assert quote("a`b%c") == "`a``b%%c`"
