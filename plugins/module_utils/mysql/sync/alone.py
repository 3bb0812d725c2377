# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time fills a server: a lock there, which ends with the run that holds it.

A second one would take the half copy of the first for that of one which was killed, take out what does not belong to its own view, and leave the
first with a position to which the rows do not belong. The lock is MySQL's GET_LOCK, which dies with its session, and takes no privilege. The
session does nothing else and says something every few seconds, so a host that is gone holds nobody up for longer than SILENT_LIMIT; and
one that was asleep for so long may have lost it, so it is asked after before every commit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import DatabaseError, Server, execute, query, value, where

NAME = "multicloud.dr fills this server"
SILENT_LIMIT = 60       # seconds without a word after which the server ends the session, and the lock with it
PULSE = 10.0            # seconds between words
PATIENCE = 3            # seconds for a server to notice that the run before has died


@dataclass(frozen=True)
class Turn:
    """Held until its `with` block ends. session: the server's number of the one that holds it."""

    session: int

    def refuse_lost(self, conn: Any) -> None:
        """Asked of the same server on any connection. Raises Fault when another may be filling it by now; DatabaseFault."""
        if _holder(conn) != self.session:
            raise Fault("go on filling", where(conn), left=f"Nothing was heard of this run for {SILENT_LIMIT} s, or its session was ended, so "
                        "another may have begun. What was not committed is taken back; the target holds part of the rows.", then="Run again.")


@contextmanager
def alone(target: Server) -> Iterator[Turn]:
    """For a `with` block in which nobody else fills the target. Raises Fault when somebody does, and nothing was touched then; DatabaseFault."""
    ended = threading.Event()
    with target.connected(read_timeout=PATIENCE + PULSE, write_timeout=PULSE) as conn:
        execute(conn, f"SET SESSION wait_timeout = {SILENT_LIMIT}", doing="say how long we may be silent")
        if value(conn, "SELECT GET_LOCK(%s, %s)", (NAME, PATIENCE), doing="be alone") != 1:
            raise _company(conn, _holder(conn))
        turn = Turn(int(value(conn, "SELECT CONNECTION_ID()", doing="be alone")))
        pulse = threading.Thread(target=_beat, args=(conn, ended), daemon=True)
        pulse.start()
        try:
            yield turn
        finally:
            ended.set()
            pulse.join()
            with suppress(DatabaseError, OSError):      # a session that is gone holds nothing
                execute(conn, "DO RELEASE_LOCK(%s)", (NAME,))


def refuse_company(conn: Any) -> None:
    """For whoever only wants to know whether it could be alone. Raises Fault, DatabaseFault."""
    if holder := _holder(conn):
        raise _company(conn, holder)


def _holder(conn: Any) -> int:
    """Number of the session that holds the lock, 0 for none."""
    return int(value(conn, "SELECT IS_USED_LOCK(%s)", (NAME,), doing="ask who fills this server") or 0)


def _company(conn: Any, holder: int) -> Fault:
    seen = query(conn, "SHOW PROCESSLIST", doing="ask who fills this server")
    hosts = [f" from {row['Host']}" for row in seen if int(row["Id"]) == holder]
    return Fault("fill", where(conn), left=f"Another run is filling it: session {holder}{''.join(hosts)}. Nothing was touched.",
                 then="Wait until that one has ended; should nothing be left of it, the server ends it within "
                 f"{SILENT_LIMIT} s.")


def _beat(conn: Any, ended: threading.Event) -> None:
    with suppress(DatabaseError, OSError):              # that it is lost shows where it matters: see Turn.refuse_lost
        while not ended.wait(PULSE):
            execute(conn, "DO 0")
