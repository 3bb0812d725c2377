# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copy whole schemas into an empty target, from one consistent view: definitions, rows, views, triggers. Users are not copied.

Rows are streamed in batches and never parsed: what the source sends as text or bytes goes into the target as it is. Foreign keys
are not checked while loading, so tables may come in any order; triggers come last, so none fires.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...faults import Fault
from ..connection import DatabaseError, DatabaseFault, Server, execute, query
from ..dialects import Position
from .snapshot import Snapshot, definitions, snapshot
from .tables import Column, Table, describe, quote

BATCH_ROWS = 500


@dataclass(frozen=True)
class Copied:
    """position: replication continues from here; held_seconds: how long the source's writes were held up."""

    position: Position
    tables: int
    rows: int
    seconds: float
    held_seconds: float

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return asdict(self)


def rows_in(target: Server, schemas: Sequence[str]) -> list[str]:
    """Labels of the tables that hold at least one row; [] for a target that is empty. Raises DatabaseFault."""
    with target.connected() as conn:
        return [table.label for table in describe(conn, schemas).values()
                if query(conn, f"SELECT 1 FROM {table.quoted} LIMIT 1", (), doing=f"look for rows in {table.label}")]


def copy(source: Server, target: Server, schemas: Sequence[str], *, keep: Collection[str] = ()) -> Copied:
    """Copy the schemas. Tables and views that are on the target already are replaced, except those named in `keep`: ask `rows_in`
    first whether that loses anything.

    Raises DatabaseFault, Fault. After a failure the target holds part of the rows and must be emptied (copying again does it).
    """
    began = time.monotonic()
    rows = tables = 0
    with snapshot(source, schemas) as view, target.connected() as into:
        for setting in ("foreign_key_checks = 0", "unique_checks = 0", "sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"):
            execute(into, f"SET SESSION {setting}", doing="prepare the target")
        _refuse_unknown_definers(view.conn, into, schemas)
        described = describe(view.conn, schemas)
        for schema in schemas:
            parts = definitions(view.conn, schema)
            create_schema(view.conn, into, schema)
            _make_room(into, schema, keep)
            views = [name for name, kind in parts if kind == "VIEW"]
            for name in (name for name, kind in parts if kind == "BASE TABLE"):
                table = described[f"{schema}.{name}"]
                _create(view, into, schema, "TABLE", name)
                rows += _copy_rows(view, into, table)
                tables += 1
            _create_views(view, into, schema, views)
            for row in query(view.conn, "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = %s "
                                        "ORDER BY event_object_table, action_timing, event_manipulation, action_order", (schema,)):
                _create(view, into, schema, "TRIGGER", row["name"])
    return Copied(view.position, tables, rows, round(time.monotonic() - began, 3), view.held_seconds)


def create_schema(source: Any, into: Any, schema: str) -> None:
    """Create a schema that is not on the target yet, with the source's character set. Raises Fault when the source has none."""
    if query(into, "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (schema,)):
        return
    like = query(source, "SELECT default_character_set_name AS cs, default_collation_name AS co FROM information_schema.schemata "
                         "WHERE schema_name = %s", (schema,))
    if not like:
        raise Fault("copy the schema", schema, left="The source has no such schema.", then="Create it there, or leave it out.")
    execute(into, f"CREATE DATABASE {quote(schema)} CHARACTER SET {like[0]['cs']} COLLATE {like[0]['co']}", (),
            doing=f"create schema {schema} on the target")


def _refuse_unknown_definers(source: Any, into: Any, schemas: Sequence[str]) -> None:
    """A trigger or view whose definer is missing can be created, and then fails every statement that meets it (1449)."""
    marks = ", ".join(["%s"] * len(schemas))
    asked = (f"SELECT definer FROM information_schema.triggers WHERE trigger_schema IN ({marks}) "
             f"UNION SELECT definer FROM information_schema.views WHERE table_schema IN ({marks})")
    definers = {str(row["DEFINER"]) for row in query(source, asked, (*schemas, *schemas))}
    there = {str(row["who"]) for row in query(into, "SELECT CONCAT(user, '@', host) AS who FROM mysql.user")}
    if missing := sorted(definers - there):
        raise Fault("copy triggers and views", "of " + ", ".join(schemas), left=f"They belong to {', '.join(missing)}, which the target does "
                    "not have. Nothing was touched.", then="Create the accounts first (db_accounts).")


def _make_room(into: Any, schema: str, keep: Collection[str]) -> None:
    for name, kind in definitions(into, schema):
        if name not in keep:
            execute(into, f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {quote(schema)}.{quote(name)}", (),
                    doing=f"make room for {schema}.{name}")


def _create_views(view: Snapshot, into: Any, schema: str, names: Sequence[str]) -> None:
    """Views may stand on other views: those that cannot be created yet are tried again after the others."""
    left = list(names)
    while left:
        later = []
        for name in left:
            try:
                _create(view, into, schema, "VIEW", name)
            except DatabaseFault as fault:
                if fault.code != 1146 or len(left) == 1:
                    raise
                later.append(name)
        if len(later) == len(left):
            raise Fault("create the views", ", ".join(f"{schema}.{name}" for name in left),
                        left="They stand on tables or views of schemas that are not copied.", then="Name those schemas as well.")
        left = later


def _create(view: Snapshot, into: Any, schema: str, kind: str, name: str) -> None:
    row = query(view.conn, f"SHOW CREATE {kind} {quote(schema)}.{quote(name)}", (), doing=f"read how {schema}.{name} is built")[0]
    mode = str(row.get("sql_mode", "NO_AUTO_VALUE_ON_ZERO"))       # a trigger keeps the mode it was created under
    execute(into, f"USE {quote(schema)}", ())
    execute(into, "SET SESSION sql_mode = %s", (mode,))
    statement = row["SQL Original Statement"] if kind == "TRIGGER" else row[f"Create {kind.title()}"]
    execute(into, str(statement), doing=f"create {kind.lower()} {schema}.{name} on the target")
    execute(into, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")


def _copy_rows(view: Snapshot, into: Any, table: Table) -> int:
    columns = table.stored
    listed = ", ".join(quote(column.name) for column in columns)
    insert = f"INSERT INTO {table.quoted} ({listed}) VALUES ({', '.join(['%s'] * len(columns))})"
    count = 0
    for batch in _batches(view.conn, table, columns):
        try:
            with into.cursor() as cursor:
                cursor.executemany(insert, batch)
        except DatabaseError as error:
            raise DatabaseFault("write rows", f"of {table.label} after {count} rows", error,
                                left="The target holds part of the rows.", then="Run again: seeding starts over.") from error
        count += len(batch)
    return count


def _batches(conn: Any, table: Table, columns: Sequence[Column]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table in key order, a few hundred at a time and never all in memory."""
    from pymysql.cursors import SSCursor  # here, because a host without the driver must get this far to be told so

    listed = ", ".join(_exact(column) for column in columns)
    order = f" ORDER BY {', '.join(quote(name) for name in table.key)}" if table.key else ""
    with conn.cursor(SSCursor) as cursor:
        try:
            cursor.execute(f"SELECT {listed} FROM {table.quoted}{order}", ())
            while batch := cursor.fetchmany(BATCH_ROWS):
                yield list(batch)
        except DatabaseError as error:
            raise DatabaseFault("read rows", f"of {table.label}", error, left="The target holds part of the rows.",
                                then="Run again: seeding starts over.") from error


def _exact(column: Column) -> str:
    """A column so that its text holds all of its value: a FLOAT shows six digits of it."""
    return f"CAST({quote(column.name)} AS DOUBLE)" if column.type == "float" else quote(column.name)
