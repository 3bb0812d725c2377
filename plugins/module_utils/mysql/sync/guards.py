# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's triggers that a source has and its copy has not: made at the copy while that is made equal and follows nobody.

A table that was made on the copy by hand has the source's columns and none of its triggers, and nothing that is compared tells. Promoted, it would
take writes while the gate is shut. By replication they come to a copy only when they are made at the writer, so here they are
brought as a copy brings them: with the source's text, owner and mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..connection import execute, query, value
from .altering import alter
from .blueprint import TRIGGER, Made, made
from .tables import quote

_BODY = " FOR EACH ROW BEGIN DECLARE good_until "       # how ours go on behind the table's name (switch.gate_triggers)


@dataclass(frozen=True)
class Guard:
    """A trigger of the gate at the source. owner: user@host; how: as `lacking` reads it."""

    schema: str
    table: str
    event: str
    name: str
    owner: str
    how: Made | None = None


def lacking(view: Any, target: Any, schemas: Sequence[str]) -> list[Guard]:
    """Those of the source for which the target has none on the same table and event, as they are built now: to be asked for, and to be brought
    hours later, when they may be others there. Raises DatabaseFault."""
    there = {(each.schema, each.table, each.event) for each in _guards(target, schemas)}
    tables = {(row["s"], row["t"]) for row in query(target, "SELECT table_schema AS s, table_name AS t FROM information_schema.tables "
                                                    "WHERE table_type = 'BASE TABLE'", doing="list the target's tables")}
    return [replace(each, how=made(view, TRIGGER, each.schema, each.name)) for each in _guards(view, schemas)
            if (each.schema, each.table) in tables and (each.schema, each.table, each.event) not in there]


def bring(conn: Any, guards: Sequence[Guard]) -> None:
    """Make what was `lacking`. conn: to the target, as the account that seeds it. Raises DatabaseFault."""
    before = value(conn, "SELECT @@sql_mode")
    for each in guards:
        execute(conn, f"USE {quote(each.schema)}", ())
        if each.how is None:
            raise AssertionError
        execute(conn, "SET SESSION sql_mode = %s", (each.how.mode,))
        alter(conn, _in_front(conn, each, each.how.statement), doing=f"make {each.name} on {each.schema}.{each.table}")
    execute(conn, "SET SESSION sql_mode = %s", (before,))


def _in_front(conn: Any, guard: Guard, statement: str) -> str:
    """The statement that makes it before triggers of others, so that nothing of theirs happens in a write that is refused."""
    others = query(conn, (
        "SELECT trigger_name AS name FROM information_schema.triggers WHERE event_object_schema = %s AND event_object_table = %s "
        "AND event_manipulation = %s AND action_timing = 'BEFORE' ORDER BY action_order LIMIT 1"), (guard.schema, guard.table, guard.event),
        doing=f"look for triggers on {guard.schema}.{guard.table}")
    if not others:
        return statement
    first = "`" + str(others[0]["name"]).replace("`", "``") + "`"
    return statement.replace(_BODY, _BODY.replace("ROW ", f"ROW PRECEDES {first} ", 1), 1)


def _guards(conn: Any, schemas: Sequence[str]) -> list[Guard]:
    marks = ", ".join(["%s"] * len(schemas))
    return [Guard(row["s"], row["t"], row["e"], row["n"], row["o"]) for row in query(conn, (
        "SELECT event_object_schema AS s, event_object_table AS t, event_manipulation AS e, trigger_name AS n, definer AS o "
        "FROM information_schema.triggers "
        f"WHERE event_object_schema IN ({marks}) AND action_timing = 'BEFORE' AND trigger_name LIKE %s AND action_statement LIKE %s "
        "ORDER BY 1, 2, 3"), (*schemas, r"dr\_gate\_%", "%dr.gate %"), doing="read which tables the gate guards")]
