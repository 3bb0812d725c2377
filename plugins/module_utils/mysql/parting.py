# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy parts from a source that is gone, and nobody waits for more of it than he has to.

MySQL stops the applier first, which takes a moment, and then the thread that fetches. While that one tries to reach a source which does not
answer, it misses the first call to stop and is called again after two seconds (terminate_slave_thread in rpl_replica.cc); STOP REPLICA returns
only then. What may be written here hangs on the applier alone: once it has stopped, no row arrives beside those of new sales. So stopping
and forgetting goes on over a connection of its own, and whoever promotes goes on as soon as the applier has stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

from ..faults import Fault
from ..waiting import FAILED, PENDING, READY, Clock, SystemClock, wait
from . import connection, replication
from .connection import DatabaseFault
from .dialects import Dialect
from .replica_status import ReplicaStatus
from .replication import Promotion

POLL_SECONDS = 0.02
END_SECONDS = 600.0         # more than MySQL's two, than the minute it gives half a transaction (replication.drain), and than rolling that back


class Parting:
    """One parting of one server. `connect`: opens another connection, whose read timeout is END_SECONDS or more. Used by one thread."""

    def __init__(self, connect: Callable[[], Any], dialect: Dialect) -> None:
        self._connect, self._dialect = connect, dialect
        self.source: str | None = None          # whom it parts from, once begun
        self._ending: threading.Thread | None = None
        self._failed: BaseException | None = None

    def begin(self, conn: Any, *, drain_limit: float = 30.0, clock: Clock | None = None) -> Promotion:
        """Apply what has arrived and see the applier stop. Safe to repeat. Raises as replication.promote does; then nothing is forgotten."""
        clock = clock or SystemClock()
        began = clock.now()
        seen = replication.status(conn, self._dialect)
        if not seen.source:
            return Promotion(False, clock.now() - began, channels=seen.channels)
        if not seen.drained and seen.sql == "No" and not seen.sql_error[0]:
            replication.start(conn, self._dialect)          # somebody had stopped it: what it has fetched is still to be applied
        seen = replication.drain(conn, self._dialect, drain_limit, clock=clock)
        self.source = seen.source
        self._ending = threading.Thread(target=self._end)       # a process that is done waits for it before it ends
        self._ending.start()
        wait(lambda: replication.status(conn, self._dialect), self._judge, END_SECONDS, POLL_SECONDS, clock, doing="stop applying",
             to=f"on {connection.where(conn)}", show=str)
        return Promotion(True, clock.now() - began, seen.source, seen.applied, seen.channels)

    def end(self) -> None:
        """Returns once the source is forgotten, or raises why it is not; where nothing was begun there is nothing to wait for."""
        if self._ending is None:
            return
        self._ending.join(END_SECONDS)
        if self._failed is not None:
            raise self._failed
        if self._ending.is_alive():
            raise Fault("forget the source", "of this server", left=f"Stopping has not ended for {END_SECONDS:.0f} s.", then="Run it again.")

    def _judge(self, seen: ReplicaStatus) -> str:
        if not seen.source or seen.sql == "No":
            return READY
        return FAILED if self._failed else PENDING

    def _end(self) -> None:
        try:
            with closing(self._connect()) as conn:
                replication.detach(conn, self._dialect)
        except (DatabaseFault, Fault, OSError) as error:
            self._failed = error
