# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows by key or by what must be unique, as the server writes them; and the canonical form in which they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..connection import query
from ..sync.chunks import Key, among, key_list
from ..sync.pair import fetch
from ..sync.tables import Column, Table, quote
from .cells import OPAQUE

Row = dict[str, Any]
BATCH = 200

_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_ODD = {"float": "CAST({0} AS DOUBLE) AS {0}", "vector": "UNHEX(HEX({0})) AS {0}"}
_FLOATS = frozenset({"float", "double"})


def by_key(conn: Any, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """{key: row} of those that are there. `conn` is a raw connection. Raises DatabaseFault."""
    found: dict[Key, Row] = {}
    names, width = [column.name for column in table.stored], len(table.key)
    for start in range(0, len(keys), BATCH):
        condition, values = among(table, keys[start:start + BATCH])
        for row in fetch(conn, f"SELECT {key_list(table)}, {_columns(table)} FROM {table.quoted} WHERE {condition}", values,
                         f"read rows of {table.label}"):
            found[row[:width]] = dict(zip(names, row[width:], strict=True))
    return found


def all_rows(conn: Any, table: Table) -> list[Row]:
    """Every row: for small tables without a key. Raises DatabaseFault."""
    return query(conn, _select(table), (), doing=f"read the rows of {table.label}")


def standing_in_the_way(conn: Any, table: Table, row: Mapping[str, Any], uniques: Mapping[str, Sequence[str]]) -> dict[str, Row]:
    """{index: the row that holds what `row` would bring}, for each unique index where there is one. Raises DatabaseFault."""
    found: dict[str, Row] = {}
    for index, columns in uniques.items():
        if any(row[column] is None for column in columns):
            continue                # NULL is never in the way
        condition = " AND ".join(f"{quote(column)} = %s" for column in columns)
        if rows := query(conn, f"{_select(table)} WHERE {condition} LIMIT 1", [row[column] for column in columns],
                         doing=f"look for what stands in the way in {table.label}"):
            found[index] = rows[0]
    return found


def key_of(table: Table, row: Mapping[str, Any]) -> Key:
    """The key of a row."""
    return tuple(row[name] for name in table.key)


def canonical(table: Table, row: Mapping[str, Any] | None) -> Row | None:
    """A row so that the same value is the same text, whether it came from SELECT or from a log. Generated columns are left out."""
    return None if row is None else {column.name: _canonical(column, row.get(column.name, OPAQUE)) for column in table.stored}


def canonical_key(table: Table, key: Iterable[Any]) -> Key:
    """The same for a key."""
    kinds = {column.name: column for column in table.columns}
    return tuple(_canonical(kinds[name], part) for name, part in zip(table.key, key, strict=True))


def _canonical(column: Column, value: Any) -> Any:
    if value is None or value == OPAQUE:
        return value
    if column.type in _INTEGERS:
        return str(int(value))                      # ZEROFILL shows zeros that are not logged
    if column.type in _FLOATS:
        return repr(float(value))
    return value


def _select(table: Table) -> str:
    return f"SELECT {_columns(table)} FROM {table.quoted}"


def _columns(table: Table) -> str:
    """Every column of its own data; a FLOAT shows six digits of what it holds unless asked for more, and the driver takes a VECTOR for text."""
    return ", ".join(_ODD[column.type].format(quote(column.name)) if column.type in _ODD else quote(column.name) for column in table.stored)
