# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a table tells its rows apart besides its key, and which rows must be there before others. Read from information_schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..connection import query
from ..sync.tables import Table


@dataclass(frozen=True)
class Shape:
    """uniques: {index: its columns}, without the key's own and without indexes over expressions. numbered: the key is an
    AUTO_INCREMENT number nobody refers to, and something else is unique: two rows with one number may be two facts, not one."""

    table: Table
    uniques: dict[str, tuple[str, ...]]
    numbered: bool


def shapes(conn: Any, tables: Iterable[Table]) -> dict[str, Shape]:
    """The shapes of these tables, by label. Raises DatabaseFault."""
    return {table.label: _shape(conn, table) for table in tables}


def _shape(conn: Any, table: Table) -> Shape:
    place = (table.schema, table.name)
    indexes: dict[str, list[str | None]] = {}
    for row in query(conn, "SELECT index_name AS i, column_name AS c FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s "
                           "AND non_unique = 0 ORDER BY index_name, seq_in_index", place, doing=f"read the indexes of {table.label}"):
        indexes.setdefault(row["i"], []).append(row["c"])
    uniques = {name: tuple(str(column) for column in columns) for name, columns in indexes.items()
               if None not in columns and tuple(columns) != table.key}
    counting = query(conn, "SELECT 1 FROM information_schema.columns WHERE table_schema = %s AND table_name = %s AND column_name = %s "
                           "AND extra LIKE '%%auto_increment%%'", (*place, table.key[0])) if len(table.key) == 1 else []
    referred = query(conn, "SELECT 1 FROM information_schema.key_column_usage WHERE referenced_table_schema = %s AND referenced_table_name = %s "
                           "LIMIT 1", place)
    return Shape(table, uniques, bool(counting and uniques and not referred))


def parents_first(conn: Any, labels: Sequence[str]) -> list[str]:
    """The tables in an order in which foreign keys are satisfied; tables that refer to each other stay in their order. Raises DatabaseFault."""
    refers: Mapping[str, set[str]] = {label: set() for label in labels}
    for row in query(conn, "SELECT CONCAT(table_schema, '.', table_name) AS child, CONCAT(referenced_table_schema, '.', referenced_table_name) "
                           "AS parent FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL",
                     doing="read which tables refer to which"):
        if row["child"] in refers and row["parent"] in refers and row["child"] != row["parent"]:
            refers[row["child"]].add(row["parent"])
    order: list[str] = []
    while left := [label for label in labels if label not in order]:
        free = [label for label in left if refers[label] <= set(order)]
        order += free or left[:1]
    return order
