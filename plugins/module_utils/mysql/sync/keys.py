# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a key is: how it is read, found again, ordered and shown. Pure text and values.

A key read on one connection has to find its row on any other, and the index's order has to be the order that ranges are cut by. So no part
of it is ever converted from one character set into another, and none is a label where the index holds a number:

- whole numbers, YEAR, and ENUM, SET and BIT by their number (an ENUM may hold both '' and the error value ''): int
- DECIMAL: Decimal, written without quotes; in quotes it may be compared as a DOUBLE
- text: bytes of the column's own character set, written with that set's introducer. Some sets do not come back from utf8mb4 as they
  went: sjis 5C arrives as 815F. The column's collation decides what is equal, for a column's counts before a literal's
- binary strings: bytes
- dates and times: as MySQL writes them; `pair.prepared` sees to it that a connection takes those that no calendar has

A raw connection (text for every number) and a plain one read the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from .tables import AS_NUMBER, NUMBERS, Column, Table, quote

Key = tuple[Any, ...]

_TEXT = frozenset({"char", "varchar"})          # longer text is in no key as a whole
_MAKE: dict[str, Callable[[Any], Any]] = {**dict.fromkeys((*NUMBERS, *AS_NUMBER, "year"), int), "decimal": Decimal, **dict.fromkeys(_TEXT, bytes)}
_SIGN = 2**63

# Python's names, only for showing keys to people.
_CODECS = {
    "utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "ascii": "ascii", "latin1": "cp1252", "latin2": "iso8859-2", "euckr": "euc_kr",
    "sjis": "shift_jis", "cp932": "cp932", "ujis": "euc_jp", "gbk": "gbk", "gb2312": "gb2312", "gb18030": "gb18030", "big5": "big5",
    "cp1251": "cp1251", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le", "utf32": "utf-32-be"}

_CERTAIN = ("utf8mb4", "utf8mb3", "utf8", "ascii", "latin1", "euckr")       # Python and MySQL make the same bytes of the same text


def key_list(table: Table) -> str:
    """The key's columns as they are selected, for `keyed`. Without names of their own: ORDER BY would take them for the columns."""
    return ", ".join(_read(column) for column in table.key_columns)


def key_order(table: Table) -> str:
    """ORDER BY's list: the index's order."""
    return ", ".join(quote(name) for name in table.key)


def keyed(table: Table, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    """(key, what else was selected) of rows that were selected with `key_list` in front."""
    make = [_MAKE.get(column.type, _same) for column in table.key_columns]
    width = len(make)
    for row in rows:
        yield tuple(each(cell) for each, cell in zip(make, row, strict=False)), tuple(row[width:])


def among(table: Table, keys: Sequence[Key]) -> tuple[str, list[Any]]:
    """The condition that a row has one of these keys, and its values."""
    columns = table.key_columns
    if any(column.type in AS_NUMBER for column in columns):         # IN compares an ENUM with a number as text, = does not
        return _joined(" OR ", (_all_equal(columns, key) for key in keys))
    if len(columns) == 1:
        text, values = _joined(", ", (_literal(columns[0], key[0]) for key in keys))
        return f"{quote(columns[0].name)} IN {text}", values
    text, values = _joined(", ", (_joined(", ", (_literal(column, part) for column, part in zip(columns, key, strict=True))) for key in keys))
    return f"({', '.join(quote(column.name) for column in columns)}) IN {text}", values


def equal(column: Column, part: Any) -> tuple[str, list[Any]]:
    """The condition that a column of a key is this. MySQL compares a SET with numbers as if its 64th member were a sign: only a negative number
    finds it."""
    text, values = _literal(column, part - 2 * _SIGN if column.type == "set" and part >= _SIGN else part)
    return f"{quote(column.name)} = {text}", values


def beyond(table: Table, bound: Key, more: bool) -> tuple[str, list[Any]]:
    """(a, b) > (x, y) or (a, b) <= (x, y), written out so that MySQL uses the index: it does not for row constructors.

    a > x OR (a = x AND b > y), with a >= x in front; for <= the same with the last column's comparison including equality.
    """
    strict = ">" if more else "<"
    *first, (column, part) = zip(table.key_columns, bound, strict=True)
    text, values = _against(column, ">" if more else "<=", part)
    for column, part in reversed(first):
        wide, strictly, same = _against(column, f"{strict}=", part), _against(column, strict, part), equal(column, part)
        text = f"{wide[0]} AND ({strictly[0]} OR ({same[0]} AND {text}))"
        values = [*wide[1], *strictly[1], *same[1], *values]
    return f"({text})", values


def part_of(column: Column, value: Any) -> Any:
    """A part of a key that was written down elsewhere, in a report or in a log: numbers as text or bytes, text as str or bytes. Raises ValueError
    for a str whose bytes in the column's character set are not certain."""
    if column.type == "bit" and isinstance(value, bytes):
        return int.from_bytes(value, "big")
    if column.type in _TEXT and isinstance(value, str):
        if column.charset not in _CERTAIN:
            raise ValueError(f"{value!r} in {column.charset}")
        return value.encode(_CODECS[column.charset])
    return _MAKE.get(column.type, _same)(value)


def shown(table: Table, key: Key) -> dict[str, str]:
    """A key by column, for people."""
    return {column.name: _shown(column, part) for column, part in zip(table.key_columns, key, strict=False)}


def _read(column: Column) -> str:
    name = quote(column.name)
    if column.type in AS_NUMBER:
        return f"CAST({name} AS UNSIGNED)"
    return f"CAST({name} AS BINARY)" if column.type in _TEXT else name


def _literal(column: Column, part: Any) -> tuple[str, list[Any]]:
    if column.type in _TEXT:
        return f"_{column.charset or 'binary'} X'{part.hex()}'", []
    return "%s", [part]


def _against(column: Column, sign: str, part: Any) -> tuple[str, list[Any]]:
    """An index finds no range of ENUM, SET or BIT whatever is written here, so it is written in the index's order: without a sign."""
    text, values = _literal(column, part)
    return f"{_read(column) if column.type in AS_NUMBER else quote(column.name)} {sign} {text}", values


def _all_equal(columns: Sequence[Column], key: Key) -> tuple[str, list[Any]]:
    return _joined(" AND ", (equal(column, part) for column, part in zip(columns, key, strict=True)))


def _joined(between: str, parts: Iterable[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    some = list(parts)
    return f"({between.join(text for text, _unused in some)})", [value for _unused, values in some for value in values]


def _shown(column: Column, part: Any) -> str:
    if not isinstance(part, bytes):
        return str(part)
    try:
        return part.decode(_CODECS[column.charset or ""])
    except (KeyError, UnicodeDecodeError):
        return part.hex()


def _same(value: Any) -> Any:
    return value
