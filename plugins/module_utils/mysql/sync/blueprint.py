# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How everything in some schemas is built, as it was at the moment a copy's rows and its place in the log are of.

A view of rows does not hold still how tables are built: SHOW CREATE tells of now, and a table's turn may come hours after the view. What a
migration has done by then is in the log after that place too, and the replica would stop where it finds it done (1050, 1060, 1061, 1091, 1359). So
all of it is read before writers are held and once more after, and nothing is read a third time: a copy is built from that alone, and what the
migration does is for the replica. Whose rows came after it was built otherwise is told by `refuse_altered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...faults import Fault
from ..connection import DatabaseFault, query
from .identity import Which, numbers, of_table
from .pair import VALUES_AS_THEY_ARE
from .shapes import comparable
from .snapshot import definitions
from .tables import Table, quote

TABLE, VIEW, TRIGGER = "TABLE", "VIEW", "TRIGGER"
_GONE = frozenset({1049, 1146})


@dataclass(frozen=True)
class Made:
    """statement: what makes it; mode, collation: the sql_mode and the collation to run it under. A trigger keeps those it was created under, and a
    view the collation, by which texts in it are alike. "" for a table. born: when a table came to be in its present form, as the server says;
    which: which table it is (identity)."""

    statement: str
    mode: str = VALUES_AS_THEY_ARE
    collation: str = ""
    born: str = ""
    which: Which = ()

    @property
    def alike(self) -> tuple[object, ...]:
        """What is the same as long as it is the same thing, built the same. Where its numbering stands does not matter."""
        return comparable(self.statement), self.mode, self.collation, self.born, self.which


@dataclass(frozen=True)
class Blueprint:
    """things: by (kind, schema, name), those of a schema in the order in which they can be made."""

    things: Mapping[tuple[str, str, str], Made]

    def names(self, kind: str, schema: str) -> list[str]:
        """Tables, views or triggers of a schema."""
        return [name for of, within, name in self.things if (of, within) == (kind, schema)]

    def __getitem__(self, place: tuple[str, str, str]) -> Made:
        return self.things[place]

    def unlike(self, other: Blueprint) -> list[str]:
        """What came, went or was altered between the two, as schema.name."""
        places = [place for place in {**self.things, **other.things}
                  if place not in self.things or place not in other.things or self.things[place].alike != other.things[place].alike]
        return sorted({f"{schema}.{name}" for _kind, schema, name in places})


def altered_since(conn: Any, schemas: Sequence[str], plan: Blueprint) -> list[str]:
    """What was altered, came or went since, as schema.name; the schemas' names while that is being done, or where what came is of a kind that is
    never copied. For the end of a copy: that is in the source's log after the copy's place, and not in the copy. Raises DatabaseFault."""
    try:
        return blueprint(conn, schemas).unlike(plan)
    except Fault as fault:
        if isinstance(fault, DatabaseFault) and fault.code not in _GONE:
            raise
        return sorted(schemas)


def blueprint(conn: Any, schemas: Sequence[str]) -> Blueprint:
    """Read it. conn: one that is `prepared`, outside of any transaction. Raises DatabaseFault; Fault for what cannot be copied (see definitions)."""
    known = numbers(conn)
    return Blueprint({(kind, schema, name): replace(made(conn, kind, schema, name), which=of_table(known, schema, name) if kind == TABLE else ())
                      for schema in schemas for kind, name in _listed(conn, schema)})


def _listed(conn: Any, schema: str) -> Iterator[tuple[str, str]]:
    yield from ((VIEW if kind == "VIEW" else TABLE, name) for name, kind in definitions(conn, schema))
    for row in query(conn, "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = %s "
                           "ORDER BY event_object_table, action_timing, event_manipulation, action_order", (schema,), doing="list the triggers"):
        yield TRIGGER, str(row["name"])


def made(conn: Any, kind: str, schema: str, name: str) -> Made:
    """How one of them is built now. Raises DatabaseFault."""
    row = query(conn, f"SHOW CREATE {kind} {quote(schema)}.{quote(name)}", (), doing=f"read how {schema}.{name} is built")[0]
    statement = row["SQL Original Statement"] if kind == TRIGGER else row[f"Create {kind.title()}"]
    return Made(str(statement), str(row.get("sql_mode", VALUES_AS_THEY_ARE)), str(row.get("collation_connection", "")),
                _born(conn, schema, name) if kind == TABLE else "")


def refuse_altered(conn: Any, table: Table, plan: Blueprint) -> None:
    """Asked once rows of a table were read, and before their view lets go of it: that keeps it from being altered since. Raises Fault when it was
    before, or is another table than the one of the plan; DatabaseFault."""
    then = plan[TABLE, table.schema, table.name]
    try:
        now = replace(made(conn, TABLE, table.schema, table.name),
                      which=of_table(numbers(conn, table.schema, table.name), table.schema, table.name))
    except DatabaseFault as fault:
        if fault.code not in _GONE:
            raise
        raise _altered(table, "is gone") from fault
    if not now.which or now.which != then.which:
        raise _altered(table, "was altered, or another one has come to stand under its name (EXCHANGE PARTITION, RENAME),")
    if now.alike != then.alike:
        raise _altered(table, "was altered")


def _altered(table: Table, how: str) -> Fault:
    return Fault("copy", table.label, left=f"The table {how} at the source after the copy was begun, so the rows that were read are not those it had "
                 "then. The target holds part of the rows.", then="Run again when the migration is over: rows that are right are kept.")


def _born(conn: Any, schema: str, name: str) -> str:
    """Another table may come to stand under this name, and be built alike: online migrations end so."""
    rows = query(conn, "SELECT create_time AS born FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (schema, name),
                 doing=f"read when {schema}.{name} was made")
    return str(rows[0]["born"]) if rows else ""
