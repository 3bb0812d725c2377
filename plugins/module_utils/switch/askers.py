# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who asks whether this site writes, and what each was told last. So a writer that is about to let go knows when every edge has heard of it,
and keeps nobody waiting longer than that.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

RECENT = 2.0        # seconds: who has not asked for that long is not waited for


class Askers:
    """`clock`: monotonic seconds. Told by the threads that answer, asked by the one that tends the record."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._heard: dict[str, tuple[int, float, float]] = {}       # by address: the code, since when it is told so, and when last

    def told(self, asker: str, code: int) -> None:
        """This one has asked and was told so."""
        with self._lock:
            now, before = self._clock(), self._heard.get(asker)
            self._heard[asker] = (code, before[1] if before and before[0] == code else now, now)

    def all_told(self, code: int, since: float) -> float | None:
        """When the last of all who ask was told `code`, at `since` or later; None while somebody has not been. Where nobody asks, nobody is
        waited for: `since`.
        """
        with self._lock:
            now = self._clock()
            self._heard = {asker: each for asker, each in self._heard.items() if now - each[2] <= RECENT}
            heard = list(self._heard.values())
        if any(said != code or last < since for said, _unused, last in heard):
            return None
        return max([since, *(first for _code, first, _last in heard)])
