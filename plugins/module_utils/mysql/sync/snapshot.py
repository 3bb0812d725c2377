# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Views of some schemas that nothing moves under, and the place in the binary log that belongs to them.

Several views see the same rows when nothing is committed between the first and the last, and the position is exact when no commit is
half done: a transaction is in the binary log for a moment before its rows can be seen. So writers are held for the milliseconds it
takes to open the views and to read the position, by the first of these that the account may and the server has:

gate     LOCK TABLES dr.gate WRITE. Every statement that writes to a guarded table reads dr.gate in that table's trigger, so its
         transaction holds a shared lock on dr.gate until its commit is whole: once we have the lock, no such commit is under way
         and none can begin. Tables without the gate's triggers are locked READ beside it. Needs LOCK TABLES, which AWS grants too.
         Not on a server that copies from another: row events fire no trigger, so what it applies would go on.
flush    FLUSH TABLES WITH READ LOCK. Needs RELOAD.
tables   LOCK TABLES on every table of the schemas, which an applier waits for as well.

Closing the gate (valid_until = 0) and opening it again would hold writers as well, but it is the agent's to say whether the gate is
open: a switch that begins within these milliseconds finds it shut, has nothing to close, and we would open it behind its back. A lock
leaves the gate's word alone, makes writers wait instead of refusing them, and goes with our connection should we be killed. Should we be
stopped instead, or the link fall silent, the server hangs up by itself after HOLD_LIMIT seconds: well within what a gate is valid for.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ...waiting import Clock, SystemClock
from ..connection import ACCESS_DENIED, DatabaseFault, Server, execute, lasting, query
from ..dialects import Position
from ..replication import binlog_position
from .pair import prepared
from .tables import describe, quote

LOCK_LIMIT = 1      # seconds one attempt waits for its lock: as long as we wait, every new write and the gate's beats wait behind us
HOLD_LIMIT = 2      # seconds after which the server ends a session of ours that holds writers and says nothing
IDLE_LIMIT = 600    # and one that holds nobody
STALL_LIMIT = 3600  # seconds for which whoever reads from a view may take nothing: what it is for may have to wait for a store and its retries
TABLE_LIMIT = 60    # seconds a view waits for a table that is being altered; who alters it may wait for another view of ours
ATTEMPTS = 5
PAUSE = 1.0         # seconds between attempts, for writers and the agent to catch up

GATE = ("dr", "gate")
NOTHING_READ = "nothing_read"
_GONE = frozenset({1049, 1146})
_TIMED_OUT = frozenset({1205, 1213})
_HUNG_UP = frozenset({0, 2006, 2013, 4031})


@dataclass(frozen=True)
class Snapshot:
    """views: raw connections, each inside a REPEATABLE READ transaction on the same moment; position: where replication continues
    from exactly there; held_seconds: how long writes were held up; held_by: gate, flush or tables."""

    views: tuple[Any, ...]
    position: Position
    held_seconds: float
    held_by: str

    @property
    def conn(self) -> Any:
        """The first view."""
        return self.views[0]

    def let_go(self) -> None:
        """Of the tables that were read so far. A view keeps everybody from altering whatever was read in it, and who waits for that keeps all
        others from the table: to be called after each, as mysqldump does. What is read later is still of the same moment, or MySQL refuses (1412).
        No view may be in the middle of an answer. Raises DatabaseFault."""
        for view in self.views:
            execute(view, f"ROLLBACK TO SAVEPOINT {NOTHING_READ}", doing="let go of a table that was read")


@contextmanager
def snapshot(source: Server, schemas: Sequence[str], views: int = 1, *, clock: Clock | None = None) -> Iterator[Snapshot]:
    """Hold writers just long enough to open the views and to read the position. Raises DatabaseFault, Fault."""
    with source.connected() as lock, ExitStack() as stack:
        execute(lock, f"SET SESSION lock_wait_timeout = {LOCK_LIMIT}")
        conns = tuple(stack.enter_context(source.connected(raw=True)) for _unused in range(views))
        for conn in conns:
            execute(lasting(prepared(conn)), "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            execute(conn, f"SET SESSION net_write_timeout = {STALL_LIMIT}, lock_wait_timeout = {TABLE_LIMIT}",
                    doing="say how long rows may wait for us")
        held_by, began = _hold(lock, schemas, clock or SystemClock())
        try:
            for conn in conns:
                execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", doing="open a consistent view")
                execute(conn, f"SAVEPOINT {NOTHING_READ}", doing="open a consistent view")
            # That the session is still there to answer proves that it has held writers all the while.
            position = binlog_position(lock)
            execute(lock, "UNLOCK TABLES", doing="let writes go on")
        except DatabaseFault as fault:
            raise _let_go(fault) from fault
        yield Snapshot(conns, position, round(time.monotonic() - began, 4), held_by)


def guarded(conn: Any, schemas: Sequence[str]) -> set[str] | None:
    """Labels of the tables whose every INSERT, UPDATE and DELETE reads dr.gate; None when this server has no gate. Raises DatabaseFault."""
    if not query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", GATE):
        return None
    marks = ", ".join(["%s"] * len(schemas))
    rows = query(conn, (
        "SELECT event_object_schema AS s, event_object_table AS t, COUNT(DISTINCT event_manipulation) AS events "
        f"FROM information_schema.triggers WHERE event_object_schema IN ({marks}) AND action_timing = 'BEFORE' "
        "AND REPLACE(action_statement, '`', '') LIKE '%%dr.gate%%' GROUP BY 1, 2"), schemas, doing="read which tables the gate guards")
    return {f"{row['s']}.{row['t']}" for row in rows if int(row["events"]) == 3}


def lock_sql(labels: Collection[tuple[str, str]], guarded_labels: Collection[str] | None) -> str:
    """The LOCK TABLES statement that holds writers of these tables, given as (label, quoted). guarded_labels: see `guarded`."""
    gate = ".".join(GATE)
    loose = [f"{quoted} READ" for label, quoted in labels if label != gate and label not in (guarded_labels or ())]
    if guarded_labels is not None or any(label == gate for label, _quoted in labels):
        loose.insert(0, f"{quote(GATE[0])}.{quote(GATE[1])} WRITE")
    return "LOCK TABLES " + ", ".join(loose)


def _hold(conn: Any, schemas: Sequence[str], clock: Clock) -> tuple[str, float]:
    """Returns by what writers are held, and when (monotonic seconds) that attempt began."""
    tables = [(table.label, table.quoted) for table in describe(conn, schemas).values()]
    behind = None if query(conn, "SHOW REPLICA STATUS", doing="ask whether it copies from another") else guarded(conn, schemas)
    for left in reversed(range(ATTEMPTS)):
        _patience(conn, HOLD_LIMIT)
        began = time.monotonic()
        try:
            return _lock(conn, schemas, tables, behind), began
        except DatabaseFault as fault:
            if fault.code not in _TIMED_OUT:
                raise
            if not left:
                raise _stuck(fault) from fault
        _patience(conn, IDLE_LIMIT)
        clock.sleep(PAUSE)
    raise AssertionError("not reached")


def _lock(conn: Any, schemas: Sequence[str], tables: Collection[tuple[str, str]], behind: Collection[str] | None) -> str:
    if behind:
        try:
            execute(conn, lock_sql(tables, behind), (), doing="hold writes for a moment")
            return "gate"
        except DatabaseFault as fault:
            if fault.code not in ACCESS_DENIED | _GONE:
                raise
    try:
        execute(conn, "FLUSH TABLES WITH READ LOCK", doing="hold writes for a moment")
        return "flush"
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED:
            raise
    if not tables:
        raise Fault("hold writes for a moment", ", ".join(schemas), left="The schemas hold no tables.", then="Name those that do.")
    execute(conn, lock_sql(tables, None), (), doing="hold writes for a moment")
    return "tables"


def _patience(conn: Any, seconds: int) -> None:
    execute(conn, f"SET SESSION wait_timeout = {seconds}, net_read_timeout = {seconds}, net_write_timeout = {seconds}",
            doing="say how long we may be silent")


def _let_go(fault: DatabaseFault) -> DatabaseFault | Fault:
    if fault.code not in _HUNG_UP:
        return fault            # the lock goes with the connection
    return Fault(fault.doing, fault.to, answer=fault.answer, left=f"Writers were held, and nothing was heard of us for {HOLD_LIMIT} s, so the server "
                 "has let them go on. There is no moment to copy; nothing was.", then="Run again when this host and the link have the time.")


def _stuck(fault: DatabaseFault) -> Fault:
    return Fault(fault.doing, fault.to, answer=fault.answer, left=f"A statement or transaction stood in the way {ATTEMPTS} times; writes go "
                 "on, nothing was copied.", then="Look for it in information_schema.innodb_trx, then run again.")


def definitions(conn: Any, schema: str) -> list[tuple[str, str]]:
    """(name, kind) of everything in a schema we know how to move: kind "BASE TABLE" or "VIEW". Raises Fault for what we do not."""
    others = query(conn, (
        "SELECT routine_name AS name, routine_type AS kind FROM information_schema.routines WHERE routine_schema = %s "
        "UNION ALL SELECT event_name, 'EVENT' FROM information_schema.events WHERE event_schema = %s"), (schema, schema))
    if others:
        listed = ", ".join(f"{row['kind'].lower()} {row['name']}" for row in others)
        raise Fault("copy the schema", schema, left=f"It holds {listed}; only tables, views and triggers are copied. Nothing was touched.",
                    then="Create those on the target by their own migration, and leave this schema's seeding to a dump.")
    rows = query(conn, "SELECT table_name AS name, table_type AS kind FROM information_schema.tables WHERE table_schema = %s "
                       "ORDER BY table_name", (schema,))
    return [(row["name"], row["kind"]) for row in rows]
