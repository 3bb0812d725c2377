# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SQL of chunk checksums. Pure text: nothing here opens a connection.

A chunk is a range of keys, open at the start of a table and at its end, so that rows only one side has always fall into one. A
row's digest is SHA-256 over its columns, each written as N (NULL) or as length:bytes: no value can look like a separator, NULL is
not the empty string, and two columns never run together. A chunk's checksum is the 256-bit XOR of its rows' digests: order does not
matter, and rows of a table with a key are all different, so none cancel out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .tables import Column, Table, quote

Key = tuple[Any, ...]

_LONG = frozenset({"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json"})
_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_SPATIAL = frozenset({"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
                      "geometrycollection"})


@dataclass(frozen=True)
class Chunk:
    """Rows with after < key <= upto; None on either side means from the start or to the end of the table."""

    table: Table
    after: Key | None = None
    upto: Key | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """A WHERE condition, and its values."""
        parts, values = [], []
        for bound, more in ((self.after, True), (self.upto, False)):
            if bound is not None:
                text, used = _beyond(self.table.key, bound, more)
                parts.append(text)
                values += used
        return " AND ".join(parts) or "TRUE", values


def checksum_sql(chunk: Chunk) -> tuple[str, list[Any]]:
    """One row: `n` rows and `digest`, 64 hex digits or NULL for none. A table without a key gets `total` besides: XOR alone would
    not see a row that is there twice on one side and four times on the other."""
    condition, values = chunk.condition()
    row = f"SHA2({row_sql(chunk.table)}, 256)"
    total = "" if chunk.table.key else f", CAST(SUM(CAST(CONV(LEFT({row}, 15), 16, 10) AS UNSIGNED)) AS CHAR) AS total"
    return (f"SELECT COUNT(*) AS n, HEX(BIT_XOR(UNHEX({row}))) AS digest{total} FROM {chunk.table.quoted} WHERE {condition}"), values


def digests_sql(chunk: Chunk) -> tuple[str, list[Any]]:
    """Every row of a chunk: its key columns and, last, its digest."""
    condition, values = chunk.condition()
    return f"SELECT {_key_list(chunk.table)}, SHA2({row_sql(chunk.table)}, 256) AS digest FROM {chunk.table.quoted} WHERE {condition}", values


def digests_of_sql(table: Table, keys: Sequence[Key]) -> tuple[str, list[Any]]:
    """The same for the rows with these keys."""
    one = "(" + " AND ".join(f"{quote(name)} = %s" for name in table.key) + ")"
    return (f"SELECT {_key_list(table)}, SHA2({row_sql(table)}, 256) AS digest FROM {table.quoted} WHERE {' OR '.join([one] * len(keys))}",
            [part for key in keys for part in key])


def boundary_sql(table: Table, after: Key | None, rows: int) -> tuple[str, list[Any]]:
    """The key of the last row of a chunk of `rows` rows that begins after a key; no row when fewer are left."""
    condition, values = Chunk(table, after).condition()
    return (f"SELECT {_key_list(table)} FROM {table.quoted} WHERE {condition} ORDER BY {_key_list(table)} LIMIT 1 OFFSET {rows - 1:d}", values)


def row_sql(table: Table) -> str:
    """A row as one unambiguous byte string."""
    return "CONCAT(" + ", ".join(_cell(column) for column in table.stored) + ")"


def _cell(column: Column) -> str:
    """Long values go in as their own SHA-256: CONCAT answers NULL beyond max_allowed_packet, and NULL would be overlooked."""
    canonical = _canonical(column)
    if column.type in _LONG:
        return f"IF({quote(column.name)} IS NULL, 'N', CONCAT('L', OCTET_LENGTH({canonical}), ':', SHA2({canonical}, 256)))"
    return f"IF({quote(column.name)} IS NULL, 'N', CONCAT(OCTET_LENGTH({canonical}), ':', {canonical}))"


def _canonical(column: Column) -> str:
    """The value as bytes that two servers write alike whenever it is the same value, and only then."""
    name = quote(column.name)
    if column.type in _BYTES:
        return name
    if column.type in _TEXT:
        return f"CAST(CONVERT({name} USING utf8mb4) AS BINARY)"
    if column.type == "bit":
        return f"CAST(CAST({name} AS UNSIGNED) AS BINARY)"
    if column.type == "float":                       # as text a FLOAT has six digits, and neighbours look alike
        return f"CAST(CAST({name} AS DOUBLE) AS BINARY)"
    if column.type in _SPATIAL:
        return f"CONCAT(CAST(ST_SRID({name}) AS BINARY), ':', ST_AsBinary({name}))"
    return f"CAST(CAST({name} AS CHAR) AS BINARY)"


def _key_list(table: Table) -> str:
    return ", ".join(quote(name) for name in table.key)


def _beyond(names: Sequence[str], bound: Key, more: bool) -> tuple[str, list[Any]]:
    """(a, b) > (x, y) or (a, b) <= (x, y), written out so that MySQL uses the index: it does not for row constructors.

    a > x OR (a = x AND b > y), with a >= x in front; for <= the same with the last column's comparison including equality.
    """
    strict = ">" if more else "<"
    last = ">" if more else "<="
    text, values = f"{quote(names[-1])} {last} %s", [bound[-1]]
    for name, value in reversed(list(zip(names[:-1], bound[:-1], strict=True))):
        column = quote(name)
        text = f"{column} {strict}= %s AND ({column} {strict} %s OR ({column} = %s AND {text}))"
        values = [value, value, value, *values]
    return f"({text})", values
