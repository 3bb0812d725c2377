# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The writer's edge, asked now and again on a thread of its own: a site that has gone dark answers after its whole time limit, and whoever
takes over must not wait for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .observations import Look, NotLooked

EVERY = 1.0             # seconds between two questions


class EdgeWatch:
    """`edges`: {site: URL}. `ask`: one bounded question. `writer`: the site the record names now, None when nobody knows.
    `valid`: seconds for which an answer counts. `clock`: monotonic seconds.
    """

    def __init__(self, edges: Mapping[str, str], ask: Callable[[str], Look[bool]], writer: Callable[[], str | None], valid: float,
                 clock: Callable[[], float]) -> None:
        self._edges, self._ask, self._writer, self._valid, self._clock = edges, ask, writer, valid, clock
        self._latest: tuple[str, float, Look[bool]] | None = None      # whose edge, when the question was put, the answer

    def tend(self) -> float:
        """One question. Returns the pause before the next."""
        site = self._writer()
        if site is not None and site in self._edges:
            began = self._clock()
            self._latest = (site, began, self._ask(self._edges[site]))
        return EVERY

    def look(self, site: str) -> Look[bool]:
        """What the edge of `site` said last, while that still counts."""
        if site not in self._edges:
            return NotLooked(f"no edge of {site} is configured")
        latest = self._latest
        if latest is None or latest[0] != site:
            return NotLooked(f"the edge of {site} has not been asked yet")
        age = self._clock() - latest[1]
        return latest[2] if age <= self._valid else NotLooked(f"the edge of {site} was last asked {age:.1f} s ago")
