# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows carried from one server to another without a bit changing, and the statements that put them there.

Text travels as the bytes of its column's character set and is written with that set's introducer, so no conversion happens on the way;
shapes and vectors as MySQL stores them (the SRID is in a shape's first four bytes); FLOAT as the DOUBLE it is; ENUM, SET and BIT as their number.
JSON travels as text: a date or bytes inside a document, which only SQL can put there, would arrive as a plain string, and the look after
writing says so (documents).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..connection import DatabaseError, DatabaseFault, where
from .encoding import LONG, digest_sql
from .keys import Key, among, equal, key_list, keyed
from .pair import fetch
from .tables import AS_NUMBER, Column, Table, quote

BATCH_ROWS = 200
BATCH_BYTES = 8 * 2**20

_ESCAPES = {0: b"\\0", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 39: b"\\'", 92: b"\\\\"}
_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_WRITTEN_OUT = frozenset({"decimal", "float", "double"})
_WIDE = frozenset({"ucs2", "utf16", "utf16le", "utf32"})


@dataclass(frozen=True)
class Row:
    """key; digest: of the row as it is here; values: of the columns that hold data of their own, None, int, str (what MySQL reads as
    it stands) or bytes (what it must take as they are)."""

    key: Key
    digest: str
    values: Sequence[Any]


def read_rows(conn: Any, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """The rows that are there. Raises DatabaseFault."""
    condition, values = among(table, keys)
    found = fetch(conn, f"SELECT {key_list(table)}, {digest_sql(table)}, {exact_columns(table)} FROM {table.quoted} WHERE {condition}",
                  values, f"read rows of {table.label}")
    return {key: Row(key, digest, values) for key, (digest, *values) in keyed(table, found)}


def in_batches(conn: Any, table: Table, keys: Sequence[Key], most: int = BATCH_ROWS) -> Iterator[Sequence[Key]]:
    """The keys in batches whose rows fit into memory and into a statement: `most` rows, BATCH_BYTES unless a row alone is larger."""
    long = [f"IFNULL(LENGTH({quote(column.name)}), 0)" for column in table.stored if column.type in LONG]
    for start in range(0, len(keys), most):
        some = keys[start:start + most]
        if not long:
            yield some
            continue
        condition, values = among(table, some)
        sizes = {key: int(size) for key, (size,) in keyed(table, fetch(
            conn, f"SELECT {key_list(table)}, {' + '.join(long)} FROM {table.quoted} WHERE {condition}", values, f"size rows of {table.label}"))}
        batch: list[Key] = []
        held = 0
        for key in some:
            if batch and held + sizes.get(key, 0) > BATCH_BYTES:
                yield batch
                batch, held = [], 0
            batch.append(key)
            held += sizes.get(key, 0)
        yield batch


def exact_columns(table: Table) -> str:
    """The stored columns, selected so that nothing of them is lost."""
    return ", ".join(_exact(column) for column in table.stored)


def insert_sql(table: Table, rows: Sequence[Sequence[Any]]) -> bytes:
    """One INSERT of these rows' values."""
    names = ", ".join(_name(column) for column in table.stored).encode()
    return b"INSERT INTO %s (%s) VALUES %s" % (_place(table), names, b", ".join(
        b"(" + b", ".join(literal(column, value) for column, value in zip(table.stored, row, strict=True)) + b")" for row in rows))


def update_sql(table: Table, row: Row) -> bytes:
    """One UPDATE that gives the row with this key these values."""
    sets = b", ".join(_name(column).encode() + b" = " + literal(column, value)
                      for column, value in zip(table.stored, row.values, strict=True) if column.name not in table.key)
    key = b" AND ".join(_is(column, part) for column, part in zip(table.key_columns, row.key, strict=True))
    return b"UPDATE %s SET %s WHERE %s" % (_place(table), sets, key)


def literal(column: Column, value: Any) -> bytes:
    """A value as SQL text."""
    if value is None:
        return b"NULL"
    if isinstance(value, int) or column.type in AS_NUMBER:      # a raw connection has them as text, which would be a label, or bits
        return str(int(value)).encode()
    if isinstance(value, Decimal):
        return f"{value:f}".encode()
    if isinstance(value, str):
        return b"'" + _escaped(value.encode()) + b"'"
    charset = "utf8mb4" if column.type == "json" else column.charset if column.type in _TEXT and column.charset else "binary"
    if charset in _WIDE:                            # their code units are longer than a quote
        return f"_{charset} X'{value.hex()}'".encode()
    return f"_{charset}'".encode() + _escaped(value) + b"'"


def _is(column: Column, part: Any) -> bytes:
    """keys.equal as `run` sends it: nothing is formatted any more."""
    text, values = equal(column, part)
    text = text.replace("%%", "%")
    return text.removesuffix("%s").encode() + literal(column, values[0]) if values else text.encode()


def run(conn: Any, sql: bytes, doing: str) -> int:
    """Run a finished statement; how many rows it touched. Raises DatabaseFault."""
    try:
        return int(conn.query(sql))
    except (DatabaseError, OSError) as error:
        raise DatabaseFault(doing, f"as {where(conn)}", error) from error


def _escaped(value: bytes) -> bytes:
    for byte in b"\\\0\n\r\x1a'":                    # the backslash first: the others bring new ones
        value = value.replace(bytes((byte,)), _ESCAPES[byte])
    return value


def _exact(column: Column) -> str:
    name = quote(column.name)
    if column.type in AS_NUMBER:
        return f"CAST({name} AS UNSIGNED)"
    if column.type in _TEXT:
        return f"CAST({name} AS BINARY)"
    if column.type in ("json", "vector"):           # the driver takes both for ASCII
        return f"CAST(CAST({name} AS CHAR) AS BINARY)" if column.type == "json" else f"UNHEX(HEX({name}))"
    if column.type in _WRITTEN_OUT:
        return f"CAST({'CAST(' + name + ' AS DOUBLE)' if column.type == 'float' else name} AS CHAR)"
    return name


def _name(column: Column) -> str:
    return "`" + column.name.replace("`", "``") + "`"           # not `quote`: the driver does not format what `run` sends


def _place(table: Table) -> bytes:
    return table.quoted.replace("%%", "%").encode()
