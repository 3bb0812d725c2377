# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is far away, asked now and again on a thread of its own: a site that has gone dark answers after its whole time limit, and whoever
takes over must not wait for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from .observations import Look, NotLooked, Saw

T = TypeVar("T")
EVERY = 1.0             # seconds between two questions


class Watch(Generic[T]):
    """One question. `what`: for sentences; `ask`: bounded. `valid`: seconds for which an answer counts. `clock`: monotonic seconds.
    `every`: seconds between two questions.
    """

    def __init__(self, what: str, ask: Callable[[], Look[T]], valid: float, clock: Callable[[], float], every: float = EVERY) -> None:
        self._what, self._ask, self._valid, self._clock, self._every = what, ask, valid, clock, every
        self._latest: tuple[float, Look[T]] | None = None       # when the question was put, the answer

    def tend(self) -> float:
        """One question. Returns the pause before the next."""
        began = self._clock()
        self._latest = (began, self._ask())
        return self._every

    def look(self) -> Look[T]:
        """What was answered last, while that still counts."""
        latest = self._latest
        if latest is None:
            return NotLooked(f"{self._what} has not been asked yet")
        age = self._clock() - latest[0]
        return latest[1] if age <= self._valid else NotLooked(f"{self._what} was last asked {age:.1f} s ago")


class EdgeWatch:
    """`edges`: {site: URL}. `ask`: one bounded question. `site`: whose edge is asked besides the writer's. `writer`: the site the record
    names now, None when nobody knows. `valid`, `clock`: as above. `application`: URL at which our own edge answers for the application behind it
    alone; empty where the edge's own answer has to do. A front door that opens on an empty house is none to move the service to.
    """

    def __init__(self, edges: Mapping[str, str], ask: Callable[[str], Look[bool]], site: str, writer: Callable[[], str | None], valid: float,
                 clock: Callable[[], float], application: str = "") -> None:
        self._edges, self._ask, self._site, self._writer, self._valid, self._clock = edges, ask, site, writer, valid, clock
        self._application = application
        self._watches: dict[str, Watch[bool]] = {}

    def tend(self) -> float:
        """One question to the writer's edge, where that is not ours. Returns the pause before the next."""
        writer = self._writer()
        return EVERY if writer == self._site else self._tend(writer)

    def tend_own(self) -> float:
        """Likewise to our own, on another thread: what is far away delays no answer from here."""
        return self._tend(self._site)

    def _tend(self, site: str | None) -> float:
        if site is not None and site in self._edges:
            self._watches.setdefault(site, self._watch(site)).tend()
        return EVERY

    def look(self, site: str) -> Look[bool]:
        """What the edge of `site` said last, while that still counts."""
        if site not in self._edges:
            return NotLooked(f"no edge of {site} is configured")
        return (self._watches.get(site) or self._watch(site)).look()

    def _watch(self, site: str) -> Watch[bool]:
        return Watch(f"the edge of {site}", lambda: self._answer(site), self._valid, self._clock)

    def _answer(self, site: str) -> Look[bool]:
        seen = self._ask(self._edges[site])
        if seen == Saw(True) and site == self._site and self._application:
            return self._ask(self._application)
        return seen
