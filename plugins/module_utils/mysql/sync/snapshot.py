# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A view of some schemas that nothing moves under, and the place in the binary log that belongs to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import ACCESS_DENIED, DatabaseFault, Server, execute, query
from ..dialects import Position
from ..replication import binlog_position
from .tables import describe

LOCK_LIMIT = 5      # seconds to wait for the lock: while we wait, every new write waits behind us


@dataclass(frozen=True)
class Snapshot:
    """conn: a raw connection inside a REPEATABLE READ transaction; position: where replication continues from exactly here;
    held_seconds: how long writes were held up."""

    conn: Any
    position: Position
    held_seconds: float


@contextmanager
def snapshot(source: Server, schemas: Sequence[str]) -> Iterator[Snapshot]:
    """Hold writes just long enough to open the view and to read the position.

    Uses FLUSH TABLES WITH READ LOCK (needs RELOAD), or where that is refused, as on AWS, LOCK TABLES on the tables of the schemas:
    a transaction that has touched them has then ended, and one that has not cannot. Raises DatabaseFault, Fault.
    """
    with source.connected() as lock, source.connected(raw=True) as conn:
        execute(lock, f"SET SESSION lock_wait_timeout = {LOCK_LIMIT}")
        execute(conn, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        began = time.monotonic()
        _lock(lock, schemas)
        try:
            execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", doing="open a consistent view")
            position = binlog_position(lock)
        finally:
            execute(lock, "UNLOCK TABLES", doing="let writes go on")
        yield Snapshot(conn, position, round(time.monotonic() - began, 4))


def _lock(conn: Any, schemas: Sequence[str]) -> None:
    try:
        execute(conn, "FLUSH TABLES WITH READ LOCK", doing="hold writes for a moment")
        return
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED:
            raise _stuck(fault) from fault
    tables = describe(conn, schemas).values()
    if not tables:
        raise Fault("hold writes for a moment", ", ".join(schemas), left="The schemas hold no tables.", then="Name those that do.")
    try:
        execute(conn, "LOCK TABLES " + ", ".join(f"{table.quoted} READ" for table in tables), (), doing="hold writes for a moment")
    except DatabaseFault as fault:
        raise _stuck(fault) from fault


def _stuck(fault: DatabaseFault) -> Fault:
    if fault.code != 1205:
        return fault
    return Fault(fault.doing, fault.to, answer=fault.answer, left=f"A statement or transaction has been open for more than {LOCK_LIMIT} s; "
                 "writes go on, nothing was copied.", then="Look for it in information_schema.innodb_trx, then run again.")


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
