# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""That the standby goes on following while it is copied. The copy is read from one consistent view, which holds no lock but one: who changes how a
table is built waits for whoever reads it. So somebody watches, and where the standby stands still the copy is given up, and its view ended at once: a
loss may be under way, and what the standby has received shall be applied before it takes over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple

from ..faults import Fault
from ..mysql.connection import DatabaseError, Server, connect, execute, value
from ..mysql.replica_status import status

EVERY = 0.5             # seconds between two looks


class Beat(NamedTuple):
    """The newest heartbeat that has arrived, None when none ever has; and whether the server copies."""

    at: float | None
    copies: bool


class Watch:
    """For a `with` block. `through` hands blocks on as long as nothing is wrong. Afterwards `pause_seconds` is the longest time for which the server
    was seen not to copy, `gap_seconds` the longest without a new heartbeat. limit: seconds of either after which it is given up. end: ends a session
    of the server.
    """

    def __init__(self, look: Callable[[], Beat], limit: float, clock: Callable[[], float] = time.monotonic, every: float = EVERY,
                 end: Callable[[int], object] = lambda _session: None) -> None:
        self._look, self._limit, self._clock, self._every, self._end = look, limit, clock, every, end
        self._view: int | None = None
        self.pause_seconds, self.gap_seconds = 0.0, 0.0
        self.wrong: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._newest: float | None = None
        self._arrived = self._looked = self._clock()
        self._pause = 0.0
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10.0)

    def over(self, view: int) -> None:
        """This session holds the view: it is ended where something is wrong, whatever it is at."""
        self._view = view

    def through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The blocks, one after the other. Raises Fault where the standby stands still."""
        for block in blocks:
            self.check()
            yield block

    def check(self) -> None:
        """Raises Fault where something is wrong."""
        if self.wrong:
            raise Fault("copy the standby", left=f"{self.wrong}, so the copy was given up at once for it to go on.",
                        then="Run again when no migration is on its way.")

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._once()
            if self.wrong and self._view is not None:
                with suppress(Fault, DatabaseError, OSError):       # silent or gone: so is its view, or whoever reads sees the next block refused
                    self._end(self._view)
                self._view = None

    def _once(self) -> None:
        now = self._clock()
        try:
            beat = self._look()
        except (Fault, DatabaseError, OSError) as error:
            self.wrong = self.wrong or f"The standby gives no answer any more ({type(error).__name__})"
            return
        if beat.at != self._newest:
            self._newest, self._arrived = beat.at, now
        gap = now - self._arrived if beat.at is not None else 0.0
        self._pause = 0.0 if beat.copies else self._pause + now - self._looked
        self._looked = now
        self.pause_seconds, self.gap_seconds = max(self.pause_seconds, self._pause), max(self.gap_seconds, gap)
        if self._pause > self._limit:
            self.wrong = f"The standby has not copied for {self._pause:.0f} s"
        elif gap > self._limit:
            self.wrong = f"No heartbeat of the writer has been applied for {gap:.0f} s"


class Beside:
    """A connection of its own to a server, of the same account as whoever reads there."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: list[Any] = []

    def look(self) -> Beat:
        """Raises DatabaseFault."""
        newest = value(self._conn(), "SELECT MAX(beat_at) FROM dr.gate", doing="read the newest heartbeat")
        return Beat(None if newest is None else float(newest), status(self._conn()).running)

    def end(self, session: int) -> None:
        """An account may end its own sessions, at either provider. Raises DatabaseFault."""
        execute(self._conn(), "KILL %s", (session,), doing=f"end session {session}")

    def close(self) -> None:
        for conn in self._open:
            conn.close()
        self._open = []

    def _conn(self) -> Any:
        if not self._open:
            self._open = [connect(self._server.host, self._server.port, self._server.user, self._server.password, read_timeout=5.0)]
        return self._open[0]
