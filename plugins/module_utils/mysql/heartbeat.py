# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that crossed: a marker somebody writes to see it arrive, and the heartbeat of the writer's gate.

Threads that run prove nothing: a replica whose link is cut goes on saying "Yes" for a minute. A row that was written on one server
and is there on the other does.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from ..faults import Fault
from ..waiting import FAILED, PENDING, READY, Clock, SystemClock, wait
from . import connection
from .connection import ACCESS_DENIED, DatabaseFault, execute, query, value
from .cures import final, with_cure
from .replica_status import ReplicaStatus, status

POLL_SECONDS = 0.1
NO_TABLE = frozenset({1049, 1146})


def lag_seconds(conn: Any, site: str | None = None, *, own: bool = False) -> float | None:
    """Age of the newest heartbeat that has arrived here from `site` (any other server without one, this one with `own`), in seconds of
    this server's clock. Of several servers in one reign, which a failover inside a cloud leaves, the one that is followed here counts: the clock of
    one that is gone may have been ahead, and nobody measures it any more.

    None when there is none: no table `dr.gate` yet, or no writer has ever beaten. Clock offset between the servers is not in it: see clocks.py.
    """
    condition, values = ("site = %s", [site]) if site else (f"server_uuid {'=' if own else '<>'} @@server_uuid", [])
    try:
        age = value(conn, f"SELECT UNIX_TIMESTAMP(SYSDATE(6)) - beat_at FROM dr.gate WHERE {condition} AND epoch > 0 ORDER BY epoch DESC, "
                    "server_uuid = %s DESC, beat_at DESC LIMIT 1", [*values, "" if own else _followed(conn)], doing="read the lag")
    except DatabaseFault as fault:
        if fault.code in NO_TABLE:
            return None
        raise
    return None if age is None else max(0.0, float(age))


def _followed(conn: Any) -> str:
    """The uuid of the server that this one copies from; "" for none, and where this account may not ask."""
    try:
        return status(conn).source_uuid
    except DatabaseFault as fault:
        if fault.code in ACCESS_DENIED:
            return ""
        raise


def crossing(writer: Any, replica: Any, limit: float, *, schema: str = "dr", clock: Clock | None = None) -> float:
    """Write a marker on the source and wait until it has arrived on the replica. Returns the seconds that took.

    The marker is the row of the writer's server uuid in `schema`.crossing. Raises Fault after `limit` seconds.
    """
    clock = clock or SystemClock()
    token = str(uuid.uuid4())
    table = f"`{schema}`.crossing"
    if not query(writer, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = 'crossing'", (schema,)):
        execute(writer, f"CREATE TABLE {table} (server_uuid CHAR(36) NOT NULL PRIMARY KEY, token CHAR(36) NOT NULL)",
                doing="create the marker's table")
    execute(writer, f"REPLACE INTO {table} VALUES (@@server_uuid, %s)", (token,), doing="write the marker")
    began = clock.now()
    last = ReplicaStatus()

    def look() -> ReplicaStatus | None:
        """None once the marker is here."""
        nonlocal last
        try:
            if query(replica, f"SELECT 1 FROM {table} WHERE token = %s", (token,), doing="look for the marker"):
                return None
        except DatabaseFault as fault:
            if fault.code not in NO_TABLE:       # its table is on the way as well
                raise
        last = status(replica)
        return last

    try:
        wait(look, lambda seen: READY if seen is None else FAILED if final(seen) else PENDING, limit, POLL_SECONDS, clock,
             doing="see a row cross", to=f"from {connection.where(writer)} to {connection.where(replica)}",
             show=str)
    except DatabaseFault:
        raise
    except Fault as fault:
        raise with_cure(fault, last) from None
    return clock.now() - began


@dataclass(frozen=True)
class Reign:
    """The newest reign a server knows of: its number, and whether the server itself had it."""

    epoch: int
    own: bool


def newest_reign(conn: Any) -> Reign | None:
    """None where there is no gate to know it by, or nobody ever had it open. Raises DatabaseFault."""
    try:
        rows = query(conn, "SELECT epoch, server_uuid = @@server_uuid AS own FROM dr.gate WHERE epoch > 0 ORDER BY epoch DESC, beat_at DESC "
                     "LIMIT 1",
                     doing="read the gate")
    except DatabaseFault as fault:
        if fault.code in NO_TABLE:
            return None
        raise
    return Reign(int(rows[0]["epoch"]), bool(int(rows[0]["own"]))) if rows else None


def was_writer(conn: Any) -> bool:
    """The newest reign this server knows of was its own; False where there is no gate to know it by. Raises DatabaseFault."""
    reign = newest_reign(conn)
    return reign is not None and reign.own
