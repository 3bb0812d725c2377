# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A wish: somebody at a site asks the holder of the record to hand it over. A key of its own beside the record, so that asking never looks
like a sign of life of the holder.

A wish counts only while it is being repeated: whoever asks writes it anew with a higher count, and whoever is asked has itself seen it
change. One that was left behind by a process that died is nobody's wish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Wish:
    """`to`: the site that asks. `count`: grows with every repetition."""

    to: str
    count: int


class Wishes(Protocol):
    """Where wishes are kept. Both calls raise record.Unanswered when the outcome is not known."""

    def read(self) -> Wish | None:
        """The latest wish, by a linearizable read."""

    def put(self, wish: Wish) -> None:
        """Write it over whatever is there: it decides nothing by itself."""


class Hearing:
    """The asked side. `valid`: seconds, on `clock`, for which a wish counts after it was seen to change."""

    def __init__(self, site: str, wishes: Wishes, valid: float, clock: Callable[[], float]) -> None:
        self._site, self._wishes, self._valid, self._clock = site, wishes, valid, clock
        self._latest: tuple[Wish | None] | None = None      # None before the first look
        self._changed: float | None = None
        self._listens: float | None = None                  # since when, on `clock`

    @property
    def attentive(self) -> bool:
        """Whoever asks would have been heard by now: he repeats it four times within `valid`, and the first look counts for nothing."""
        return self._listens is not None and self._clock() - self._listens >= self._valid / 4

    def forget(self) -> None:
        """Nobody here is to be asked now. What changes until somebody listens again was meant for another holder."""
        self._latest = self._changed = self._listens = None

    def asked_by(self) -> str | None:
        """The other site that is asking now, None when nobody does. Raises record.Unanswered."""
        wish = self._wishes.read()
        if self._listens is None:
            self._listens = self._clock()
        if self._latest is not None and wish is not None and _newer(wish, self._latest[0]):
            self._changed = self._clock()
        self._latest = (wish,)
        if wish is None or wish.to == self._site or self._changed is None or self._clock() - self._changed > self._valid:
            return None
        return wish.to


def _newer(wish: Wish, before: Wish | None) -> bool:
    """Somebody has repeated it. One that counts less comes from a store that was set back, and nobody need be asking."""
    return before is None or wish.count > before.count or wish.to != before.to


class Asking:
    """The asking side: repeats the wish of `site` whenever `every` seconds have passed on `clock`."""

    def __init__(self, site: str, wishes: Wishes, every: float, clock: Callable[[], float]) -> None:
        self._site, self._wishes, self._every, self._clock = site, wishes, every, clock
        self._count: int | None = None
        self._put = float("-inf")

    def repeat(self) -> None:
        """Once more, if it is time. Raises record.Unanswered."""
        if self._clock() - self._put < self._every:
            return
        if self._count is None:
            earlier = self._wishes.read()
            self._count = earlier.count if earlier else 0
        self._count += 1
        self._wishes.put(Wish(self._site, self._count))
        self._put = self._clock()
