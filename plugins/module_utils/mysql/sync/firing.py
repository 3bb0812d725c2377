# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application's triggers on a copy that is made equal to its source: none may fire for rows that are brought.

What a trigger does came about at the source, and is brought from there like every row; done here once more, a row that it writes elsewhere is there
twice, and a value that it changes is another one. No session can switch triggers off. So those that the source has too, built the same, are dropped
before the first row and made again after the last, from the source's text; what a killed run has dropped, the next one finds lacking and makes.
What only the copy has nobody could make again: that is for a person to drop. The write gate's stay: they let the account that writes here pass.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import execute, query, value
from .altering import alter
from .blueprint import TRIGGER, Made, made
from .guards import Guard
from .owners import refuse_owners
from .tables import quote

Place = tuple[str, str]                 # a trigger's schema and name


@dataclass(frozen=True)
class Fires:
    """A trigger on a table, how it is made, and to whom it belongs (user@host)."""

    table: str
    made: Made
    owner: str


def firing(conn: Any, schemas: Sequence[str]) -> dict[Place, Fires]:
    """Those of a server, in the order in which they were made and fire. Raises DatabaseFault."""
    marks = ", ".join(["%s"] * len(schemas))
    rows = query(conn, (
        "SELECT trigger_schema AS s, trigger_name AS n, event_object_table AS t, definer AS o FROM information_schema.triggers "
        f"WHERE trigger_schema IN ({marks}) AND trigger_name NOT LIKE %s ORDER BY 1, 3, action_timing, event_manipulation, action_order"),
        (*schemas, r"dr\_gate\_%"), doing="look for triggers")
    return {(str(row["s"]), str(row["n"])): Fires(str(row["t"]), made(conn, TRIGGER, str(row["s"]), str(row["n"])), str(row["o"])) for row in rows}


def refuse_moved(before: Mapping[Place, Fires], after: Mapping[Place, Fires]) -> None:
    """Raises Fault for what came, went or was replaced while a view was opened: whether the log tells of that before the view's place or after it,
    and so whether it is for us or for the replica, nobody knows."""
    if moved := sorted(f"{schema}.{name}" for schema, name in {*before, *after} if before.get((schema, name)) != after.get((schema, name))):
        raise Fault("seed again, because of triggers,", ", ".join(moved), left="They came, went or were replaced at the source while writers "
                    "were held for the moment that this server is to be made equal to. Nothing was touched.",
                    then="Run again when the migration is over.")


def refuse_unmakable(target: Any, tables: Collection[Place], ours: Mapping[Place, Fires], guards: Collection[Guard] = ()) -> None:
    """Raises Fault for what `put_aside`, for these tables, and `bring_back` would drop or miss, and for what of `guards` is to be brought, where
    `target` could not make it or its owner is not there; DatabaseFault."""
    there = firing(target, sorted({schema for schema, _name in ours})) if ours else {}
    touched = {*tables, *((place[0], how.table) for place, how in ours.items() if there.get(place) != how)}
    owners = {f"{schema}.{name}": how.owner for (schema, name), how in ours.items() if (schema, how.table) in touched}
    owners |= {f"{each.schema}.{each.name}": each.owner for each in guards}
    refuse_owners(target, {*owners.values()}, "put aside and make again, or bring, the triggers", ", ".join(sorted(owners)))


def drop_replaced(target: Any, ours: Mapping[Place, Fires]) -> None:
    """Drop the target's that the source has built otherwise; `bring_back` makes them. Raises DatabaseFault."""
    for (schema, name), how in firing(target, sorted({schema for schema, _name in ours})).items() if ours else ():
        if ours.get((schema, name), how) != how:
            alter(target, f"DROP TRIGGER IF EXISTS {quote(schema)}.{quote(name)}", (), doing=f"make way for trigger {schema}.{name}")


def put_aside(target: Any, tables: Collection[Place], ours: Mapping[Place, Fires]) -> None:
    """Drop those of the target's triggers on these (schema, table) that are among the source's, `ours`. Raises DatabaseFault."""
    for (schema, name), how in firing(target, sorted({schema for schema, _table in tables})).items() if tables else ():
        if (schema, how.table) in tables and ours.get((schema, name)) == how:
            alter(target, f"DROP TRIGGER IF EXISTS {quote(schema)}.{quote(name)}", (), doing=f"keep trigger {schema}.{name} from firing")


def bring_back(target: Any, ours: Mapping[Place, Fires]) -> list[str]:
    """Make what the target lacks of the source's triggers; "schema.name" of each. Where a table lacks one, the others are made anew with it, for
    they fire in the order in which they were made. Raises DatabaseFault."""
    schemas = sorted({schema for schema, _name in ours})
    there = firing(target, schemas) if schemas else {}
    tables = {(row["s"], row["t"]) for row in query(target, "SELECT table_schema AS s, table_name AS t FROM information_schema.tables "
                                                            "WHERE table_type = 'BASE TABLE'", doing="list the target's tables")}
    lacking = {(place[0], how.table) for place, how in ours.items() if place not in there} & tables
    put_aside(target, lacking, ours)
    before = value(target, "SELECT @@sql_mode"), value(target, "SELECT @@collation_connection")
    wanted = {place: how for place, how in ours.items() if (place[0], how.table) in lacking and (place not in there or there[place] == how)}
    for (schema, name), how in wanted.items():
        execute(target, f"USE {quote(schema)}", ())
        execute(target, "SET SESSION sql_mode = %s, collation_connection = %s", (how.made.mode, how.made.collation or before[1]))
        alter(target, how.made.statement, doing=f"make trigger {schema}.{name} again")
    if wanted:
        execute(target, "SET SESSION sql_mode = %s, collation_connection = %s", before)
    return sorted(f"{schema}.{name}" for schema, name in wanted)
