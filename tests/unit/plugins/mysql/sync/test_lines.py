# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows as lines: what a reader that knows only the documented rules of LOAD DATA gets out of them."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import lines
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.lines import Into
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table
from hypothesis import given
from hypothesis import strategies as st


def table(*key, **columns):
    return Table("shop", "t%", tuple(Column(name, kind, kind) for name, kind in columns.items()), key)


MIXED = table("id", id="bigint", v="varchar", b="longblob", e="enum", f="float", j="json")
TEXTS = table("a", a="varchar", b="varbinary")


def read_file(data):
    """Rows of fields, as the reference of LOAD DATA tells it: commas, single quotes, backslashes, the bare word NULL."""
    rows, row, field, quoted, was_quoted, at = [], [], b"", False, False, 0
    while at < len(data):
        byte = data[at:at + 1]
        if quoted and byte == b"\\":
            at += 1
            field += data[at:at + 1]
        elif quoted and byte == b"'":
            quoted = False
        elif quoted:
            field += byte
        elif byte == b"'":
            quoted = was_quoted = True
        elif byte in b",\n":
            row.append(None if field == b"NULL" and not was_quoted else field)
            field, was_quoted = b"", False
            if byte == b"\n":
                rows.append(tuple(row))
                row = []
        else:
            field += byte
        at += 1
    return rows


VALUES = st.none() | st.binary(max_size=9) | st.sampled_from([b"NULL", b"'", b"\\", b"\\'", b",", b"\n", b"'),('", b"\\N", b"\x00"])


@given(st.lists(st.tuples(VALUES, VALUES), max_size=5))
def test_whatever_bytes_a_row_holds_come_out_again(rows):
    assert read_file(b"".join(lines.line(TEXTS, row, Into.FILE) + b"\n" for row in rows)) == rows
    inserted = lines.join([lines.line(TEXTS, row, Into.INSERT) for row in rows], Into.INSERT)
    assert inserted.count(b"_binary'") >= sum(cell is not None for row in rows for cell in row)


def test_a_line_says_what_each_value_is():
    row = (b"-7", None, b"it's", b"2", b"0.30000001192092896", b'{"a": 1}')
    assert lines.line(MIXED, row, Into.FILE) == b"-7,NULL,'it\\'s',2,0.30000001192092896,'{\"a\": 1}'"
    assert lines.line(MIXED, row, Into.INSERT) == (
        b"-7,NULL,_binary'it\\'s',2,0.30000001192092896,CONVERT(_binary'{\"a\": 1}' USING utf8mb4)")


def test_the_statements():
    load = lines.load_sql(MIXED)
    assert "`shop`.`t%` CHARACTER SET binary" in load           # sent by hand, so no percent sign is doubled
    assert "(`id`, `v`, `b`, @c3, `f`, @c5) SET `e` = CAST(@c3 AS UNSIGNED), `j` = CONVERT(@c5 USING utf8mb4)" in load
    assert lines.insert_sql(MIXED, b"1,NULL").startswith(b"INSERT INTO `shop`.`t%` (`id`, `v`, `b`, `e`, `f`, `j`) VALUES (1,NULL)")
    block = lines.block_sql(MIXED, "TRUE", Into.FILE)
    assert "`t%%` WHERE TRUE" in block and "SUM(`e` + 0 = 0)" in block and "SEPARATOR '\\n'" in block
    assert "CAST(`f` AS DOUBLE)" in block and "CAST(`v` AS BINARY)" in block and "CAST(`b`" not in block


def test_generated_columns_stay_at_home():
    given_table = Table("s", "t", (Column("a", "int", "int"), Column("twice", "int", "int", generated=True)), ("a",))
    assert "twice" not in lines.block_sql(given_table, "TRUE", Into.FILE) + lines.load_sql(given_table) + lines.cells_sql(given_table)
