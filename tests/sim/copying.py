# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How rows come from one simulated database to the other: in the order of their commits, late, and now and then not at all for a while.

Everything is told in real time of the world, and depends on it alone: where a copy stands is worked out when somebody looks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Sale:
    """One purchase as a row. `epoch`: of the reign in which it was begun."""

    number: int
    site: str
    epoch: int


class Line:
    """The way into one copy. `delay`: seconds from a commit there to its being here; `stalls`: spans in which nothing arrives; `busy`: spans in
    which nothing of what has arrived is applied.
    """

    def __init__(self, delay: float = 0.0, stalls: Collection[tuple[float, float]] = (), busy: Collection[tuple[float, float]] = ()) -> None:
        self.delay, self._stalls, self._busy = delay, sorted(stalls), sorted(busy)

    def stall(self, start: float, end: float) -> None:
        """One more span in which nothing arrives; it has not begun yet."""
        self._stalls = sorted([*self._stalls, (start, end)])

    def arrives(self, committed: float) -> float:
        """When that is here."""
        return _after(committed + self.delay, self._stalls)

    def applied(self, committed: float) -> float:
        """When it is in the tables here."""
        return _after(self.arrives(committed), self._busy)


def _after(at: float, spans: Collection[tuple[float, float]]) -> float:
    for start, end in spans:
        if start <= at < end:
            at = end
    return at
