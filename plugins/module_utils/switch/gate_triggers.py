# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Triggers that make a database refuse writes while its gate is shut: BEFORE INSERT, UPDATE and DELETE on every application table.

What each asks: has the server that runs me a valid row in dr.gate now? By a plain read (one that locks stalls and deadlocks with the
renewal), by SYSDATE(6) (NOW() is fixed when the statement starts, and `SET timestamp` moves it), and it lets pass by USER(), who
logged in (CURRENT_USER() is the trigger's definer, whoever writes). Row events that a replica applies fire no trigger at all.

`wanted_body` and `plan` are pure. Triggers are made once, on the writer, and travel by replication; `install` and `remove` refuse a
server that follows another, where they would be transactions its source never had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..faults import Fault
from ..mysql import connection
from ..mysql.briefly import briefly, patiently
from ..mysql.connection import execute, query
from ..mysql.replication import status
from ..mysql.sync.foreign import foreign_keys

EVENTS = ("INSERT", "UPDATE", "DELETE")
PASS_ACCOUNTS = ("dr_sync",)
REFUSAL = "dr.gate:"            # how every refusal begins; the application knows it by this
PREFIX = "dr_gate_"             # of every trigger of ours, and of nobody else's
NOT_GATED = frozenset({"dr", "mysql", "sys", "information_schema", "performance_schema"})
LOCK_WAIT, ATTEMPTS = 2, 5      # seconds a CREATE or DROP may queue behind a transaction, everybody else behind it; how often it tries

Table = tuple[str, str]         # (schema, table)


class Statement(NamedTuple):
    """One step of a plan: what it does in words, and its SQL without placeholders."""

    words: str
    sql: str


@dataclass(frozen=True)
class Trigger:
    """One BEFORE trigger as the server has it. order: its place among those of the same table and event, from 1."""

    schema: str
    table: str
    event: str
    name: str
    order: int
    body: str
    definer: str

    @property
    def ours(self) -> bool:
        return self.name.startswith(PREFIX)


def wanted_body(pass_accounts: Sequence[str] = PASS_ACCOUNTS) -> str:
    """The text of every trigger. `pass_accounts`: user names that write where the gate is shut."""
    # Compared as bytes, as MySQL tells names apart; a name may hold an @, a host may not.
    listed = ", ".join(_text(name) for name in pass_accounts)
    passes = f"CAST(LEFT(USER(), CHAR_LENGTH(USER()) - LOCATE('@', REVERSE(USER()))) AS BINARY) NOT IN ({listed})" if listed else "TRUE"
    # SELECT INTO and not IF EXISTS (SELECT): InnoDB takes a shared lock for a subquery in a statement that writes, and one open
    # transaction would then stall the renewal. No COUNT, which costs as much again as all the rest. Who it is is asked last: where the
    # gate is open, which is where sales are, never.
    return (
        "BEGIN DECLARE good_until DECIMAL(16,6); "
        "SELECT valid_until INTO good_until FROM dr.gate WHERE server_uuid = @@server_uuid; "
        f"IF (good_until IS NULL OR good_until <= UNIX_TIMESTAMP(SYSDATE(6))) AND {passes} THEN "
        f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL} shut on this server, so it takes no writes'; END IF; END")


def plan(tables: Iterable[Table], have: Iterable[Trigger], body: str, definer: str, *, anew: bool = False) -> list[Statement]:
    """What leads from the BEFORE triggers there are, in the schemas looked at, to ours on exactly `tables`; [] when nothing is left.

    Triggers of others are never touched; ours come before them, so that nothing of theirs happens in a write that is refused. A new
    trigger is made before a stale one is dropped: at no moment is a table without one that had one. No statement needs one of ours to be there
    already: on a copy that lacks it, replication would stop at that. anew: all of ours are taken for stale, so that such a copy gets them.
    """
    have = sorted(have, key=lambda each: each.order)
    taken = {(each.schema, each.name) for each in have}
    wanted = [(schema, table, event) for schema, table in sorted(set(tables)) for event in EVENTS]
    create: list[Statement] = []
    good: set[Trigger] = set()
    for schema, table, event in wanted:
        here = [each for each in have if (each.schema, each.table, each.event) == (schema, table, event)]
        first = here[0] if here else None
        if not anew and first is not None and first.ours and (first.body, first.definer) == (body, definer):
            good.add(first)
            continue
        theirs = next((each.name for each in here if not each.ours), None)
        name = _free_name(schema, table, event, taken)
        taken.add((schema, name))
        words = f"guard {schema}.{table} against {event}" + (" anew" if any(each.ours for each in here) else "")
        create.append(Statement(words, create_sql(schema, table, event, name, body, precedes=theirs)))
    stale = [each for each in have if each.ours and each not in good]
    return create + [Statement(f"drop {each.name} of {each.schema}.{each.table}", drop_sql(each)) for each in stale]


def create_sql(schema: str, table: str, event: str, name: str, body: str, precedes: str | None = None) -> str:
    """CREATE TRIGGER, before the trigger `precedes` of the same table and event when there is one."""
    order = f"PRECEDES {_name(precedes)} " if precedes else ""
    return f"CREATE TRIGGER {_name(schema)}.{_name(name)} BEFORE {event} ON {_name(schema)}.{_name(table)} FOR EACH ROW {order}{body}"


def drop_sql(trigger: Trigger) -> str:
    return f"DROP TRIGGER IF EXISTS {_name(trigger.schema)}.{_name(trigger.name)}"


def ungated(tables: Iterable[Table], have: Iterable[Trigger]) -> list[str]:
    """Tables, as schema.table, that lack one of our three triggers or hold one under our name that asks for no gate."""
    guarded = {(each.schema, each.table, each.event) for each in have if each.ours and REFUSAL in each.body and "dr.gate " in each.body}
    return sorted(f"{schema}.{table}" for schema, table in set(tables)
                  if any((schema, table, event) not in guarded for event in EVENTS))


def base_tables(conn: Any, schemas: Sequence[str], exclude: Iterable[str] = ()) -> list[Table]:
    """Every base table of `schemas` but those in `exclude` (schema.table). Raises DatabaseFault."""
    if not schemas:
        return []
    rows = query(conn, (
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables "
        f"WHERE table_type = 'BASE TABLE' AND table_schema IN ({_marks(schemas)})"), schemas, doing="list the application's tables")
    left_out = set(exclude)
    return [(row["s"], row["t"]) for row in rows if f"{row['s']}.{row['t']}" not in left_out]


def before_triggers(conn: Any, schemas: Sequence[str]) -> list[Trigger]:
    """Every BEFORE trigger in `schemas`. Raises DatabaseFault."""
    if not schemas:
        return []
    rows = query(conn, (
        "SELECT event_object_schema AS s, event_object_table AS t, event_manipulation AS e, trigger_name AS n, action_order AS o, "
        "action_statement AS b, definer AS d FROM information_schema.triggers "
        f"WHERE action_timing = 'BEFORE' AND event_object_schema IN ({_marks(schemas)})"), schemas, doing="read the triggers there are")
    return [Trigger(row["s"], row["t"], row["e"], row["n"], int(row["o"]), row["b"], row["d"]) for row in rows]


def look(conn: Any, schemas: Sequence[str], pass_accounts: Sequence[str] = PASS_ACCOUNTS, exclude: Iterable[str] = (), *,
         anew: bool = False) -> list[Statement]:
    """What is left to do on this server. anew: see plan. Reads only. Raises DatabaseFault, and Fault for schemas that must not be gated."""
    if wrong := sorted(NOT_GATED & set(schemas)):
        raise Fault("guard the application's tables", connection.where(conn), left="Nothing was touched.",
                    then=f"schemas: {', '.join(wrong)} cannot be guarded; name the application's own.")
    definer = str(connection.value(conn, "SELECT CURRENT_USER()", doing="ask who we are"))
    tables = base_tables(conn, schemas, exclude)
    if loose := reached(conn, schemas, tables):
        raise Fault("guard the application's tables", connection.where(conn), left="Rows of " + ", ".join(
            f"{child} change with those of {parent}" for child, parent in loose) + ", by ON DELETE or ON UPDATE CASCADE or SET NULL, and no trigger "
            "sees that. Nothing was touched.", then="exclude: guard the parent as well, or leave out both.")
    return plan(tables, before_triggers(conn, schemas), wanted_body(pass_accounts), definer, anew=anew)


def reached(conn: Any, schemas: Sequence[str], tables: Iterable[Table]) -> list[tuple[str, str]]:
    """(child, parent) as schema.table: guarded tables whose rows a foreign key changes with those of a table that is not. A cascade fires no trigger,
    so the child takes writes while the gate is shut. Raises DatabaseFault."""
    guarded = set(tables)
    if not guarded:
        return []
    return sorted({(".".join(key.child), ".".join(key.parent)) for key in foreign_keys(conn, schemas)
                   if (key.spreads_delete or key.spreads_update) and key.child in guarded and key.parent not in guarded})


def install(conn: Any, schemas: Sequence[str], pass_accounts: Sequence[str] = PASS_ACCOUNTS, exclude: Iterable[str] = (), *,
            anew: bool = False) -> list[Statement]:
    """Make it so, and return what was done; [] when all was there. dr.gate must exist. anew: see plan. Raises DatabaseFault, Fault."""
    refuse_replica(conn)
    todo = look(conn, schemas, pass_accounts, exclude, anew=anew)
    if todo:
        _refuse_unfit(conn)
    return _run(conn, todo)


def remove(conn: Any, schemas: Sequence[str]) -> list[Statement]:
    """Drop every trigger of ours in `schemas`, and return what was done. Raises DatabaseFault, Fault."""
    refuse_replica(conn)
    return _run(conn, removal(conn, schemas))


def removal(conn: Any, schemas: Sequence[str]) -> list[Statement]:
    """What `remove` would do. Reads only."""
    return plan((), before_triggers(conn, schemas), "", "")


def refuse_replica(conn: Any) -> None:
    """Raises Fault when the server follows another."""
    source = status(conn).source
    if source is not None:
        raise Fault("make or drop triggers of the gate", connection.where(conn), left=f"The server follows {source}; nothing was touched.",
                    then="Do it on the writer: triggers travel by replication, and made here they would be a transaction the writer never had.")


def _refuse_unfit(conn: Any) -> None:
    """A trigger may name a table that is not there, and then every write fails; a clock that sessions can set is no clock."""
    query(conn, "SELECT 1 FROM dr.gate LIMIT 0", doing="find the table of the gate")
    execute(conn, "SET SESSION timestamp = 1")
    try:
        movable = int(connection.value(conn, "SELECT UNIX_TIMESTAMP(SYSDATE())", doing="ask which clock SYSDATE is")) == 1
    finally:
        execute(conn, "SET SESSION timestamp = DEFAULT")
    if movable:
        raise Fault("make triggers of the gate", connection.where(conn), left="The server runs with sysdate-is-now; nothing was touched.",
                    then="Turn it off: with it SYSDATE stands still within a statement and any session can set it.")


def _run(conn: Any, steps: list[Statement]) -> list[Statement]:
    if steps:
        with briefly(conn, LOCK_WAIT):
            for step in steps:
                patiently(conn, step.sql, attempts=ATTEMPTS, doing=step.words)
    return steps


def _free_name(schema: str, table: str, event: str, taken: set[tuple[str, str]]) -> str:
    """A renamed table keeps its triggers under their names, and a stale one is still there while the new one is made."""
    mark = hashlib.sha256(table.encode()).hexdigest()[:10]
    stem = f"{PREFIX}{event.lower()}_{mark}"
    return next(name for name in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if (schema, name) not in taken)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _name(identifier: str) -> str:
    return "`" + identifier.replace("`", "``") + "`"


def _text(value: str) -> str:
    """A literal that means the same whatever the session's sql_mode is: NO_BACKSLASH_ESCAPES must not matter."""
    return "'" + value.replace("'", "''") + "'" if "\\" not in value else "X'" + value.encode().hex() + "'"
