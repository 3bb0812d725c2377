# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows by key or by what must be unique, as the server writes them; and the canonical form in which they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...faults import Fault
from ..sync.documents import kinds_sql
from ..sync.keys import Key, among, key_list, keyed, part_of
from ..sync.pair import fetch
from ..sync.rows import exact_columns
from ..sync.tables import Table, quote
from .cells import OPAQUE
from .values import Document, canonical_value, sql_value, taken

Row = dict[str, Any]
BATCH = 200

_WORDED = frozenset({"enum", "set"})


def by_key(conn: Any, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """{key as it was given: row} of those that are there. `conn` is a raw connection, prepared. Raises DatabaseFault, Fault."""
    found: dict[Key, Row] = {}
    for start in range(0, len(keys), BATCH):
        some = {exact_key(table, key): key for key in keys[start:start + BATCH]}
        for _place, key, row in _read(conn, table, [list(some)]):
            if key in some:
                found[some[key]] = row
        lacking = [exact for exact, key in some.items() if key not in found]
        if lacking and any(column.charset for column in table.key_columns):     # spelled otherwise there, and the same to MySQL?
            found |= {some[lacking[place]]: row for place, _key, row in _read(conn, table, [[key] for key in lacking])}
    return found


def exact_key(table: Table, key: Sequence[Any]) -> Key:
    """A key by which `sync.keys` finds its row, made of one that a comparison, a log or a report names. Raises Fault."""
    try:
        return tuple(part_of(column, part) for column, part in zip(table.key_columns, key, strict=True))
    except (ValueError, ArithmeticError) as error:
        raise Fault("find rows", f"of {table.label} by their keys", left=f"What is written down is not exact: {error}. Nothing was done.",
                    then="Search again: a new report has such keys byte by byte.") from error


def _read(conn: Any, table: Table, groups: Sequence[Sequence[Key]]) -> list[tuple[int, Key, Row]]:
    """(the group's place, the key, the row) for each row with one of these keys."""
    texts, values = [], []
    for place, keys in enumerate(groups):
        condition, used = among(table, keys)
        texts.append(f"SELECT {key_list(table)}, {place:d}, {_columns(table)} FROM {table.quoted} WHERE {condition}")
        values += used
    rows = fetch(conn, " UNION ALL ".join(texts), values, f"read rows of {table.label}")
    return [(int(place), key, _row(table, row)) for key, (place, *row) in keyed(table, rows)]


def all_rows(conn: Any, table: Table) -> list[Row]:
    """Every row: for small tables without a key. Raises DatabaseFault."""
    return [_row(table, row) for row in fetch(conn, _select(table), (), f"read the rows of {table.label}")]


def standing_in_the_way(conn: Any, table: Table, row: Mapping[str, Any], uniques: Mapping[str, Sequence[str]]) -> dict[str, Row]:
    """{index: the row that holds what `row` would bring}, for each unique index where there is one. Raises DatabaseFault."""
    found: dict[str, Row] = {}
    by_name = {column.name: column for column in table.columns}
    for index, columns in uniques.items():
        if any(row.get(column) is None for column in columns):
            continue                # NULL is never in the way
        places = [sql_value(by_name[column], row[column]) for column in columns]
        condition = " AND ".join(f"{quote(column)} = {place}" for column, (place, _values) in zip(columns, places, strict=True))
        if rows := fetch(conn, f"{_select(table)} WHERE {condition} LIMIT 1", [value for _place, values in places for value in values],
                         f"look for what stands in the way in {table.label}"):
            found[index] = _row(table, rows[0])
    return found


def with_generated(conn: Any, table: Table, row: Row | Mapping[str, Any], uniques: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """A row with its generated columns as well, read where it is, if any of them must be unique: a seat that is sold once may be told by just that.
    Raises DatabaseFault, Fault."""
    stored = {column.name for column in table.stored}
    if all(stored.issuperset(columns) for columns in uniques.values()):
        return row
    whole = replace(table, columns=tuple(replace(column, generated=False) for column in table.columns))
    return {**row, **next(iter(by_key(conn, whole, [key_of(table, row)]).values()), {})}


def having(conn: Any, table: Table, columns: Sequence[str], wanted: Sequence[Sequence[Any]], *, lock: bool = False) -> list[list[Row]]:
    """For each of the wanted values the rows that MySQL finds by them, as they spell these columns and their key. lock: nobody else has them, or
    refers to them by these columns, until the transaction ends. Raises DatabaseFault."""
    named = {*columns, *table.key}
    slim = replace(table, columns=tuple(column for column in table.columns if column.name in named))
    by_name = {column.name: column for column in table.columns}
    found: list[list[Row]] = [[] for _unused in wanted]
    for start in range(0, len(wanted), BATCH):
        texts, values = [], []
        for number, parts in enumerate(wanted[start:start + BATCH], start):
            places = [sql_value(by_name[column], part) for column, part in zip(columns, parts, strict=True)]
            condition = " AND ".join(f"{quote(column)} = {place}" for column, (place, _used) in zip(columns, places, strict=True))
            texts.append(f"(SELECT {number:d}, {_columns(slim)} FROM {table.quoted} WHERE {condition}{' FOR UPDATE' * lock})")
            values += [value for _place, used in places for value in used]
        for number, *row in fetch(conn, " UNION ALL ".join(texts), values, f"look for rows of {table.label}"):
            found[int(number)].append(_row(slim, row))
    return found


def key_of(table: Table, row: Mapping[str, Any]) -> Key:
    """The key of a row."""
    return tuple(row[name] for name in table.key)


def values_in(table: Table, row: Mapping[str, Any] | None, columns: Sequence[str]) -> Key | None:
    """What a row holds in some columns, canonical; None when it, or one of these, is not there: then nothing is referred to."""
    if row is None:
        return None
    kinds = {column.name: column for column in table.columns}
    found = tuple(canonical_value(kinds[name], row.get(name, OPAQUE)) for name in columns)
    return None if None in found else found


def canonical(table: Table, row: Mapping[str, Any] | None) -> Row | None:
    """A row so that the same value is the same text, whether it came from SELECT or from a log. Generated columns are left out."""
    return None if row is None else {column.name: canonical_value(column, row.get(column.name, OPAQUE)) for column in table.stored}


def canonical_key(table: Table, key: Iterable[Any]) -> Key:
    """The same for a key."""
    kinds = {column.name: column for column in table.columns}
    return tuple(canonical_value(kinds[name], part) for name, part in zip(table.key, key, strict=True))


def _select(table: Table) -> str:
    return f"SELECT {_columns(table)} FROM {table.quoted}"


def _columns(table: Table) -> str:
    """Every column of its own data, exactly; then the words of those that are told by number, and what documents are besides their text."""
    more = {"json": kinds_sql, **dict.fromkeys(_WORDED, "CAST({} AS CHAR)".format)}
    return ", ".join([exact_columns(table), *(more[column.type](quote(column.name)) for column in table.stored if column.type in more)])


def _row(table: Table, values: Sequence[Any]) -> Row:
    more = iter(values[len(table.stored):])
    return {column.name: taken(column, value, next(more) if column.type in _WORDED or column.type == "json" else None)
            for column, value in zip(table.stored, values, strict=False)}


def more_than_text(row: Mapping[str, Any]) -> bool:
    """Whether a row holds a document that cannot be written again from its text."""
    return any(isinstance(value, Document) and value.kinds for value in row.values())
