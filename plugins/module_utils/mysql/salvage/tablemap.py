# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a table was built when its rows were logged, out of the log's own table map, and which of its columns that still tells of. Pure.

A log outlives a table's definition. Read by today's definition, yesterday's text is a number and nobody notices; so a column counts as
read only where the type and the character set in the log are the column's own (MySQL logs both by default, binlog_row_metadata=MINIMAL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..sync.tables import Column
from .cells import ENUM, SET, metadata, real_type

_NUMERIC = frozenset({1, 2, 9, 3, 8, 4, 5, 13, 246})         # YEAR counts among them
_CHARACTER = frozenset({15, 242, 252, 253, 254})           # and a VECTOR among these
_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_SHAPES = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection", "geometrycollection")
_BLOBS = ("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob")
_TYPES: Mapping[str, int] = {
    "tinyint": 1, "smallint": 2, "int": 3, "float": 4, "double": 5, "bigint": 8, "mediumint": 9, "date": 10, "year": 13, "bit": 16,
    "timestamp": 17, "datetime": 18, "time": 19, "vector": 242, "json": 245, "decimal": 246, "enum": ENUM, "set": SET, "varchar": 15,
    "varbinary": 15, "char": 254, "binary": 254, **dict.fromkeys(_BLOBS, 252), **dict.fromkeys(_SHAPES, 255)}
_INTEGERS = frozenset({1, 2, 3, 8, 9})


@dataclass(frozen=True)
class TableMap:
    """types, metas: of each column; unsigned: by column, of numbers; collations: MySQL's number by column, of text and bytes."""

    label: str
    types: bytes
    metas: list[bytes]
    unsigned: Mapping[int, bool]
    collations: Mapping[int, int]

    @property
    def schema(self) -> str:
        """The schema it was in."""
        return self.label.partition(".")[0]


def table_map(body: bytes) -> tuple[int, TableMap]:
    """(the number it goes by in the events that follow, what it tells)."""
    at = 8
    size = body[at]
    schema = body[at + 1:at + 1 + size].decode()
    at += size + 2
    size = body[at]
    table = body[at + 1:at + 1 + size].decode()
    at += size + 2
    columns, at = length(body, at)
    types = body[at:at + columns]
    size, at = length(body, at + columns)
    metas = metadata(types, body[at:at + size])
    unsigned, collations = _optional(body, at + size + (columns + 7) // 8, types, metas)
    return int.from_bytes(body[:6], "little"), TableMap(f"{schema}.{table}", types, metas, unsigned, collations)


def _optional(body: bytes, at: int, types: bytes, metas: list[bytes]) -> tuple[dict[int, bool], dict[int, int]]:
    numbers = [place for place, kind in enumerate(types) if kind in _NUMERIC]
    texts = [place for place, kind in enumerate(types) if kind in _CHARACTER and real_type(kind, metas[place]) not in (ENUM, SET)]
    unsigned: dict[int, bool] = {}
    collations: dict[int, int] = {}
    while at < len(body):
        kind = body[at]
        size, at = length(body, at + 1)
        value = body[at:at + size]
        at += size
        if kind == 1:
            unsigned = {place: bool(value[index // 8] << index % 8 & 0x80) for index, place in enumerate(numbers) if index // 8 < len(value)}
        elif kind == 2:                                     # most columns have one, the others are named
            first, *rest = _lengths(value)
            collations = dict.fromkeys(texts, first)
            collations |= {texts[index]: other for index, other in zip(rest[::2], rest[1::2], strict=False) if index < len(texts)}
        elif kind == 3 and len(each := _lengths(value)) == len(texts):
            collations = dict(zip(texts, each, strict=True))
    return unsigned, collations


def readable(column: Column, place: int, told: TableMap, charsets: Mapping[int, str]) -> bool:
    """Whether the log's cell is a value of this column as it is today. charsets: {collation: its character set} of the log's server."""
    kind, wanted = real_type(told.types[place], told.metas[place]), _TYPES.get(column.type)
    if kind in _INTEGERS and wanted in _INTEGERS:           # however wide, a number is a number
        return place in told.unsigned
    if kind != wanted:
        return False
    if column.type in _TEXT:
        return (known := _plainly(column.charset)) is not None and _plainly(charsets.get(told.collations.get(place, 0))) == known
    return column.type not in _BYTES or charsets.get(told.collations.get(place, 0)) == "binary"


def _plainly(charset: str | None) -> str | None:
    return "utf8mb3" if charset == "utf8" else charset


def _lengths(value: bytes) -> list[int]:
    found, at = [], 0
    while at < len(value):
        number, at = length(value, at)
        found.append(number)
    return found


def length(data: bytes, at: int) -> tuple[int, int]:
    """(a number of MySQL's variable length, where the next thing begins)."""
    first = data[at]
    if first < 251:
        return first, at + 1
    width = {252: 2, 253: 3, 254: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + width], "little"), at + 1 + width
