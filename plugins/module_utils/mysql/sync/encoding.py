# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A row as one byte string that only this row has, in SQL. Pure text.

Read from left to right, and knowing the columns, there is one way to take it apart:

- numbers and times are written out and end in a comma, which is never in them; NULL is N, which is never one of them
- short text and bytes are length:bytes, NULL is N, which is no digit
- long text and bytes, JSON, shapes and vectors are 64 hexadecimal digits (SHA-256 of the value: CONCAT answers NULL beyond
  max_allowed_packet, and a NULL would be overlooked), NULL is N, which is no hexadecimal digit

So no value can look like a separator, NULL is not the empty string, and two columns never run together. Text counts by its bytes:
both sides have the same character set, or are not compared. JSON counts by its text, read back and written again, and
where that is another document by the kinds of its values too; it ends in a comma (see documents).
"""

from __future__ import annotations

from .documents import digest_sql as document_sql
from .tables import AS_NUMBER, Column, Table, quote

LONG = frozenset({
    "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json", "vector", "geometry", "point",
    "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection", "geometrycollection"})
SHORT = frozenset({"char", "varchar", "binary", "varbinary"})

# CONCAT takes these together as they are; others it would convert into each other, or refuse (euckr beside sjis).
_TOGETHER = frozenset({None, "utf8mb4", "utf8mb3", "ascii", "binary"})


def row_sql(table: Table) -> str:
    """The expression. It holds the columns that hold data of their own."""
    return "CONCAT(" + ", ".join(_cell(column) for column in table.stored) + ")"


def digest_sql(table: Table) -> str:
    """SHA-256 of that, as 64 hexadecimal digits."""
    return f"SHA2({row_sql(table)}, 256)"


def _cell(column: Column) -> str:
    """A column that cannot be NULL is not asked whether it is: that is a fifth of the time a row takes."""
    value = _value(column)
    if column.type == "json":
        told = f"{document_sql(quote(column.name))}, ','"
        return f"IFNULL(CONCAT({told}), 'N')" if column.nullable else told
    if column.type in LONG:
        return f"IFNULL(SHA2({value}, 256), 'N')" if column.nullable else f"SHA2({value}, 256)"
    if column.type in SHORT:
        return f"IFNULL(CONCAT(LENGTH({value}), ':', {value}), 'N')" if column.nullable else f"LENGTH({value}), ':', {value}"
    return f"IFNULL({value}, 'N'), ','" if column.nullable else f"{value}, ','"


def _value(column: Column) -> str:
    name = quote(column.name)
    if column.type in AS_NUMBER:
        return f"CAST({name} AS UNSIGNED)"
    if column.type == "float":                       # as text a FLOAT has six digits, and neighbours look alike
        return f"CAST({name} AS DOUBLE)"
    return name if column.charset in _TOGETHER else f"CAST({name} AS BINARY)"
