# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tables there are and how their rows are told apart, read from information_schema."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import query

NUMBERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
AS_NUMBER = frozenset({"enum", "set", "bit"})       # told apart by their number: an ENUM may hold both '' and the error value ''
# A FLOAT in a key is not found by the value it shows, JSON cannot be in one.
_NO_KEY = frozenset({"float", "double", "json"})


@dataclass(frozen=True)
class Column:
    """One column. type: information_schema's data_type; definition: everything two sides must agree on, for comparing; charset of
    text, None for everything else; octets: the most bytes that text or bytes in it may have."""

    name: str
    type: str
    definition: str
    generated: bool = False
    nullable: bool = True
    charset: str | None = None
    octets: int = 0


@dataclass(frozen=True)
class Table:
    """A base table. key: columns of the primary key, else of a unique index without NULLs, else (); row_bytes, about_rows: a row's average size
    and their number as the server guesses them, 0 when it does not know."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    row_bytes: int = 0
    about_rows: int = 0

    @property
    def label(self) -> str:
        """schema.table, for people."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """`schema`.`table`, for SQL."""
        return f"{quote(self.schema)}.{quote(self.name)}"

    @property
    def stored(self) -> tuple[Column, ...]:
        """Columns that hold data of their own; generated ones follow from them."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The key's columns, in its order."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def has_number_key(self) -> bool:
        """The key is one whole number: ranges of it can be computed."""
        return len(self.key) == 1 and self.key_columns[0].type in NUMBERS

    @property
    def built(self) -> str:
        """How it is built, in 16 hexadecimal digits: other columns, or another key, make others."""
        about = ([(column.name, column.definition, column.charset) for column in self.columns], self.key)
        return hashlib.sha256(repr(about).encode()).hexdigest()[:16]

    @property
    def cuttable(self) -> bool:
        """MySQL finds a range of keys by its index. It does not for an ENUM, SET or BIT in front, though it finds single ones."""
        return bool(self.key) and self.key_columns[0].type not in AS_NUMBER


def plainly(name: str | None) -> str | None:
    """A character set or a collation by its name of today: until MySQL 8.0.30 those of utf8mb3 were called utf8."""
    return "utf8mb3" + name[4:] if name is not None and (name == "utf8" or name.startswith("utf8_")) else name


def quote(name: str) -> str:
    """An identifier in backquotes; % doubled, because the driver formats every statement that has values."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def describe(conn: Any, schemas: Sequence[str], name: str | None = None) -> dict[str, Table]:
    """The base tables of these schemas, or those of that name only, by label, in order. Raises DatabaseFault; Fault for two with one label."""
    marks = ", ".join(["%s"] * len(schemas))
    only, values = (" AND {}table_name = %s", (*schemas, name)) if name is not None else ("", tuple(schemas))
    columns: dict[tuple[str, str], list[Column]] = {}
    sizes: dict[tuple[str, str], tuple[int, int]] = {}
    for row in query(conn, (
            "SELECT c.table_schema AS s, c.table_name AS t, c.column_name AS c, c.data_type AS type, c.column_type AS full, "
            "c.is_nullable AS nullable, c.collation_name AS collation, c.extra AS extra, c.generation_expression AS expression, "
            "c.character_set_name AS charset, c.srs_id AS srs, c.character_octet_length AS octets, b.avg_row_length AS size, b.table_rows AS n "
            "FROM information_schema.columns AS c JOIN information_schema.tables AS b "
            "ON b.table_schema = c.table_schema AND b.table_name = c.table_name AND b.table_type = 'BASE TABLE' "
            f"WHERE c.table_schema IN ({marks}){only.format('c.')} ORDER BY c.table_schema, c.table_name, c.ordinal_position"), values,
            doing="read the columns"):
        place = (row["s"], row["t"])
        sizes[place] = int(row["size"] or 0), int(row["n"] or 0)
        columns.setdefault(place, []).append(_column(row))
    indexes: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in query(conn, (
            "SELECT table_schema AS s, table_name AS t, index_name AS i, column_name AS c, sub_part AS part, nullable AS nullable "
            f"FROM information_schema.statistics WHERE table_schema IN ({marks}){only.format('')} AND non_unique = 0 "
            "ORDER BY table_schema, table_name, index_name <> 'PRIMARY', index_name, seq_in_index"), values, doing="read the indexes"):
        indexes.setdefault((row["s"], row["t"]), {}).setdefault(row["i"], []).append(row)
    if twice := sorted(label for label, times in Counter(f"{s}.{t}" for s, t in columns).items() if times > 1):
        raise Fault("tell tables apart", ", ".join(twice), left="Schemas and tables with a dot in their names come to the same there.",
                    then="Look at these schemas one by one.")
    return {
        f"{s}.{t}": Table(s, t, tuple(of), _key(of, indexes.get((s, t), {}).values()), *sizes[s, t]) for (s, t), of in columns.items()
    }


def column_faults(mine: Table, theirs: Table, sides: tuple[str, str] = ("the source", "the target")) -> Iterable[str]:
    """What two servers' definitions of a table disagree in, column by column and key by key, as sentences. sides: what they are called."""
    here, there = sides
    left, right = ({column.name: column.definition for column in table.columns} for table in (mine, theirs))
    for name in sorted({*left, *right}):
        if left.get(name) != right.get(name):
            yield f"{mine.label}.{name}: {left.get(name) or 'absent'} on {here}, {right.get(name) or 'absent'} on {there}"
    if left.keys() == right.keys() and [*left] != [*right]:         # a replica applies row events by where a column stands, not by its name
        yield f"{mine.label}: its columns stand in another order, {', '.join(left)} on {here}, {', '.join(right)} on {there}"
    if mine.key != theirs.key:
        yield f"{mine.label}: key ({', '.join(mine.key)}) on {here}, ({', '.join(theirs.key)}) on {there}"


def _column(row: dict[str, Any]) -> Column:
    generated = "GENERATED" in row["extra"] and "DEFAULT_GENERATED" not in row["extra"]
    definition = " ".join(str(part) for part in (
        row["full"], "NULL" if row["nullable"] == "YES" else "NOT NULL", plainly(row["collation"]) or "",
        f"SRID {row['srs']}" if row["srs"] is not None else "",
        " ".join(word for word in row["extra"].split() if word in ("auto_increment", "INVISIBLE", "VIRTUAL", "STORED")),
        row["expression"] if generated else "") if part)
    return Column(row["c"], row["type"].lower(), definition, generated, row["nullable"] == "YES", plainly(row["charset"]),
                  int(row.get("octets") or 0))


def _key(columns: Sequence[Column], indexes: Iterable[Sequence[dict[str, Any]]]) -> tuple[str, ...]:
    types = {column.name: column.type for column in columns if not column.generated}
    for index in indexes:
        if all(part["c"] in types and types[part["c"]] not in _NO_KEY and part["part"] is None and part["nullable"] != "YES" for part in index):
            return tuple(part["c"] for part in index)
    return ()
