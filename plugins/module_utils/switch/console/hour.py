# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One figure over the last hour, in little memory: the worst of every ten seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable

BUCKET = 10.0           # seconds
BUCKETS = 360           # an hour


class Hour:
    """`clock`: monotonic seconds. One thread notes, others read."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._worst: dict[int, float] = {}      # number of the bucket: highest figure in it
        self._began = self._number()
        self._lock = threading.Lock()

    def note(self, figure: float | None) -> None:
        """What it is now; None when nobody knows, which leaves a gap unless somebody did within the same ten seconds."""
        number = self._number()
        with self._lock:
            if figure is not None:
                self._worst[number] = max(figure, self._worst.get(number, figure))
            for old in [each for each in self._worst if each <= number - BUCKETS]:
                del self._worst[old]

    def series(self) -> list[float | None]:
        """Oldest first, up to now: at most an hour, and no more than was watched. None where nobody knew."""
        number = self._number()
        with self._lock:
            return [None if (worst := self._worst.get(each)) is None else round(worst, 2)
                    for each in range(max(self._began, number - BUCKETS + 1), number + 1)]

    def _number(self) -> int:
        return int(self._clock() // BUCKET)
