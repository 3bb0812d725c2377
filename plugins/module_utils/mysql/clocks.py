# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far two database servers' clocks are apart, and what that makes of a heartbeat's age. Reads only.

A heartbeat carries the writer's clock and its age is read off the standby's, so a standby that is half a second slow calls a copy half
a second fresher than it is. Both clocks are read over the network as NTP does it: several round trips, of which the quickest says most,
and half of that round trip is how wrong it can be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .connection import value

ROUNDS = 7
DRIFT = 200e-6          # seconds a second: clocks that are not disciplined at all drift less


@dataclass(frozen=True)
class Reading:
    """A server's clock against this host's monotonic one. ahead: seconds it shows more; bound: how wrong that can be."""

    ahead: float
    bound: float


@dataclass(frozen=True)
class Offset:
    """seconds: the source's clock less the replica's; bound: how wrong that can be; measured: when, in monotonic seconds of this host."""

    seconds: float
    bound: float
    measured: float = 0.0

    def bound_at(self, now: float) -> float:
        """The bound as time goes by without another measurement."""
        return self.bound + DRIFT * max(0.0, now - self.measured)

    def as_of(self, now: float) -> Offset:
        """The same as it is now, for who cannot tell how long ago it was measured."""
        return Offset(self.seconds, self.bound_at(now), max(now, self.measured))


def read(conn: Any, rounds: int = ROUNDS, clock: Callable[[], float] = time.monotonic) -> Reading:
    """Read a server's clock by its quickest round trip of several. SYSDATE, because NOW can be set by a session. Raises DatabaseFault."""
    best: Reading | None = None
    for _unused in range(rounds):
        sent = clock()
        shown = float(value(conn, "SELECT UNIX_TIMESTAMP(SYSDATE(6))", doing="read the server's clock"))
        trip = clock() - sent
        if best is None or trip / 2 < best.bound:
            best = Reading(shown - (sent + trip / 2), trip / 2)
    if best is None:
        raise AssertionError
    return best


def between(source: Reading, replica: Reading, measured: float = 0.0) -> Offset:
    """The offset of two clocks that were read on one host. What each can be wrong by adds up."""
    return Offset(source.ahead - replica.ahead, source.bound + replica.bound, measured)


def rpo_seconds(age: float, offset: Offset, now: float) -> float:
    """What would be lost at most if the source were lost now: the heartbeat's age by the replica's clock, the offset and its bound added."""
    return max(0.0, age + offset.seconds) + offset.bound_at(now)
