# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Foreign keys: which table comes first, what a change would take with it, and whether a row was left without its parent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..connection import query
from .keys import Key, among
from .pair import fetch
from .tables import Table, quote

_SPREADS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


@dataclass(frozen=True)
class ForeignKey:
    """child.columns refer to parent.parent_columns; child and parent are labels, (schema, table) each. spreads_*: a change of
    the parent changes children, instead of being refused."""

    child: tuple[str, str]
    columns: tuple[str, ...]
    parent: tuple[str, str]
    parent_columns: tuple[str, ...]
    spreads_delete: bool
    spreads_update: bool

    def joined(self) -> str:
        """child AS c with its parent AS p."""
        on = " AND ".join(f"p.{quote(mine)} = c.{quote(its)}" for its, mine in zip(self.columns, self.parent_columns, strict=True))
        return f"{_quoted(self.child)} AS c LEFT JOIN {_quoted(self.parent)} AS p ON {on}"

    def orphan(self) -> str:
        """The condition that a child row refers to a parent that is not there."""
        return " AND ".join(f"c.{quote(name)} IS NOT NULL" for name in self.columns) + f" AND p.{quote(self.parent_columns[0])} IS NULL"


def foreign_keys(conn: Any, schemas: Sequence[str]) -> list[ForeignKey]:
    """Those that begin or end in these schemas. Raises DatabaseFault."""
    return [ForeignKey((of[0]["s"], of[0]["t"]), tuple(row["c"] for row in of), (of[0]["ps"], of[0]["pt"]), tuple(row["pc"] for row in of),
                       of[0]["d"] in _SPREADS, of[0]["u"] in _SPREADS) for of in foreign_key_rows(conn, schemas).values()]


def foreign_key_rows(conn: Any, schemas: Sequence[str]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """The same as the server tells of them, a row a column, by (schema, constraint, table): s, t, c child's schema, table and column; ps,
    pt, pc the parent's; u, d the rules for updates and deletions. Raises DatabaseFault."""
    marks = ", ".join(["%s"] * len(schemas))
    parts: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in query(conn, (
            "SELECT k.constraint_schema AS cs, k.constraint_name AS cn, k.table_schema AS s, k.table_name AS t, k.column_name AS c, "
            "k.referenced_table_schema AS ps, k.referenced_table_name AS pt, k.referenced_column_name AS pc, r.update_rule AS u, r.delete_rule AS d "
            "FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r "
            "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name "
            f"WHERE k.referenced_table_name IS NOT NULL AND (k.table_schema IN ({marks}) OR k.referenced_table_schema IN ({marks})) "
            "ORDER BY k.constraint_schema, k.constraint_name, k.table_name, k.ordinal_position"),
            (*schemas, *schemas), doing="read the foreign keys"):
        parts.setdefault((row["cs"], row["cn"], row["t"]), []).append(row)
    return parts


def parents_first(tables: Iterable[Table], keys: Sequence[ForeignKey]) -> list[Table]:
    """Every table after those it refers to; where they go round in a circle, somewhere the circle is opened."""
    by_name = {(table.schema, table.name): table for table in sorted(tables, key=lambda table: table.label)}
    done: dict[tuple[str, str], Table] = {}
    begun: set[tuple[str, str]] = set()

    def visit(name: tuple[str, str]) -> None:
        if name in begun or name not in by_name:
            return
        begun.add(name)
        for key in keys:
            if key.child == name:
                visit(key.parent)
        done[name] = by_name[name]

    for name in by_name:
        visit(name)
    return list(done.values())


def takes_children_along(conn: Any, table: Table, gone: Sequence[Key], keys: Sequence[ForeignKey]) -> bool:
    """Would deleting these rows delete or change rows that refer to them? Raises DatabaseFault."""
    return spreads(conn, table, *among(table, gone), keys)


def spreads(conn: Any, table: Table, condition: str, values: Sequence[Any], keys: Sequence[ForeignKey]) -> bool:
    """The same for the rows of a condition. Raises DatabaseFault."""
    name = (table.schema, table.name)
    for key in keys:
        if key.parent == name and key.spreads_delete:
            listed = ", ".join(quote(column) for column in key.parent_columns)
            within = f"({', '.join(quote(column) for column in key.columns)}) IN (SELECT {listed} FROM {table.quoted} WHERE {condition})"
            if fetch(conn, f"SELECT 1 FROM {_quoted(key.child)} WHERE {within} LIMIT 1", values, f"look for rows that refer to {table.label}"):
                return True
    return False


def update_spreads(table: Table, keys: Sequence[ForeignKey]) -> bool:
    """May an update of a row, its key excepted, change rows that refer to it?"""
    name = (table.schema, table.name)
    return any(key.parent == name and key.spreads_update and not set(key.parent_columns) <= set(table.key) for key in keys)


def orphans(conn: Any, touched: Iterable[Table], keys: Sequence[ForeignKey]) -> Counter[tuple[Any, ...]]:
    """What rows of, or below, these tables refer to that is not there, and how many do: {(foreign key's place, *values): rows}. Told apart, because
    one that is put right does not make up for another. Raises DatabaseFault."""
    names = {(table.schema, table.name) for table in touched}
    found: Counter[tuple[Any, ...]] = Counter()
    for place, key in enumerate(keys):
        if key.child in names or key.parent in names:
            columns = ", ".join(f"c.{quote(name)}" for name in key.columns)
            for *values, rows in fetch(conn, f"SELECT {columns}, COUNT(*) FROM {key.joined()} WHERE {key.orphan()} GROUP BY {columns}", (),
                                       "look for rows without their parent"):
                found[place, *values] += int(rows)
    return found


def _quoted(name: tuple[str, str]) -> str:
    return f"{quote(name[0])}.{quote(name[1])}"
