# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the other site's database clock is from the one here, measured now and again on a thread of its own: the link may be cut, and
whoever waits for it must not be the one who beats or judges."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..faults import Fault
from ..mysql import clocks, connection
from ..mysql.clocks import Offset

EVERY = 10.0            # seconds between two measurements


class PeerClock:
    """here, there: open a connection to this site's and to the other site's database; `there` None where nobody said how."""

    def __init__(self, here: Callable[[], Any], there: Callable[[], Any] | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._here, self._there, self._clock = here, there, clock
        self._open: list[Any] = []
        self.offset: Offset | None = None       # the latest; it stays when the link is cut, and its bound grows
        self.said: str | None = None            # why the latest measurement failed

    def measure(self) -> float:
        """One measurement; returns the pause before the next. Never raises for a database that does not answer."""
        if self._there is None:
            return EVERY
        try:
            if not self._open:
                self._open = [self._here()]
                self._open.append(self._there())
            here, there = (clocks.read(conn) for conn in self._open)
            self.offset, self.said = clocks.between(there, here, self._clock()), None
        except (Fault, connection.DatabaseError, OSError) as error:
            self.said, self._open = str(error), []
        return EVERY
