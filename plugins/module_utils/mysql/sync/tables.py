# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tables there are and how their rows are told apart, read from information_schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...faults import BadInput
from ..connection import query

# Types whose order in an index is not the order their values compare in, or whose values do not survive a round trip.
_NO_KEY = frozenset({"enum", "set", "float", "double", "json", "bit"})
_UNSUPPORTED = frozenset({"vector"})


@dataclass(frozen=True)
class Column:
    """One column. type: information_schema's data_type; definition: everything two sides must agree on, for comparing."""

    name: str
    type: str
    definition: str
    generated: bool = False


@dataclass(frozen=True)
class Table:
    """A base table. key: columns of the primary key, else of a unique index without NULLs, else ()."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

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


def quote(name: str) -> str:
    """An identifier in backquotes; % doubled, because the driver formats every statement that has values."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def describe(conn: Any, schemas: Sequence[str]) -> dict[str, Table]:
    """The base tables of these schemas by label, in order. Raises DatabaseFault, and BadInput for columns we cannot copy or compare."""
    marks = ", ".join(["%s"] * len(schemas))
    columns: dict[tuple[str, str], list[Column]] = {}
    for row in query(conn, (
        "SELECT c.table_schema AS s, c.table_name AS t, c.column_name AS c, c.data_type AS type, c.column_type AS full, "
        "c.is_nullable AS nullable, c.collation_name AS collation, c.extra AS extra, c.generation_expression AS expression "
        "FROM information_schema.columns AS c JOIN information_schema.tables AS b "
        "ON b.table_schema = c.table_schema AND b.table_name = c.table_name AND b.table_type = 'BASE TABLE' "
        f"WHERE c.table_schema IN ({marks}) ORDER BY c.table_schema, c.table_name, c.ordinal_position"), schemas, doing="read the columns"):
        generated = "GENERATED" in row["extra"] and "DEFAULT_GENERATED" not in row["extra"]
        definition = " ".join(str(part) for part in (
            row["full"], "NULL" if row["nullable"] == "YES" else "NOT NULL", row["collation"] or "", row["expression"] if generated else "") if part)
        columns.setdefault((row["s"], row["t"]), []).append(Column(row["c"], row["type"].lower(), definition, generated))
    refused = [f"{s}.{t}.{column.name}: type {column.type} is not supported"
               for (s, t), of in columns.items() for column in of if column.type in _UNSUPPORTED]
    if refused:
        raise BadInput(refused)
    indexes: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in query(conn, (
        "SELECT table_schema AS s, table_name AS t, index_name AS i, column_name AS c, sub_part AS part, nullable AS nullable "
        f"FROM information_schema.statistics WHERE table_schema IN ({marks}) AND non_unique = 0 "
        "ORDER BY table_schema, table_name, index_name <> 'PRIMARY', index_name, seq_in_index"), schemas, doing="read the indexes"):
        indexes.setdefault((row["s"], row["t"]), {}).setdefault(row["i"], []).append(row)
    return {
        f"{s}.{t}": Table(s, t, tuple(of), _key(of, indexes.get((s, t), {}).values())) for (s, t), of in columns.items()
    }


def _key(columns: Sequence[Column], indexes: Iterable[Sequence[dict[str, Any]]]) -> tuple[str, ...]:
    types = {column.name: column.type for column in columns if not column.generated}
    for index in indexes:
        if all(part["c"] in types and types[part["c"]] not in _NO_KEY and part["part"] is None and part["nullable"] != "YES" for part in index):
            return tuple(part["c"] for part in index)
    return ()
