# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page is told, kept between two looks: the other agent's last words, the last hour, and one answer for everybody who listens."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..conclusion import Limits
from ..probes import finite
from .hour import BUCKET, Hour
from .view import Here, Peer, rpo_of, view

KEPT = 1.0              # seconds for which an answer is good for everybody


@dataclass(frozen=True)
class Sources:
    """Where it comes from. `status`: the agent's own /status; `journal`: its lines, oldest first; `seen_seconds`: how old the latest look is, None
    before the first. `clock`: monotonic seconds; `wall`: epoch seconds, for people. `sites`, `fresh_seconds`, `limits`: see view.Here.
    """

    status: Callable[[], Mapping[str, Any]]
    journal: Callable[[], Sequence[Mapping[str, Any]]]
    seen_seconds: Callable[[], float | None]
    sites: Sequence[str]
    fresh_seconds: float
    limits: Limits
    clock: Callable[[], float]
    wall: Callable[[], float]


class Outlook:
    """One for an agent; asked by every server's thread."""

    def __init__(self, sources: Sources) -> None:
        self._from = sources
        self._hour = Hour(sources.clock)
        self._heard: tuple[float, Mapping[str, Any]] | None = None      # when the other agent said something last, and what
        self._kept: tuple[float, str] | None = None
        self._lock = threading.Lock()

    def hear(self, status: Mapping[str, Any]) -> None:
        """The other agent has said this just now."""
        self._heard = (self._from.clock(), status)

    def note(self, rpo: float | None) -> None:
        """What would be lost at most now, as measured here; where this is the writer's site, the other agent's figure is taken."""
        peer = self._peer()
        if rpo is None and peer.heard_seconds is not None and peer.heard_seconds <= self._from.fresh_seconds:
            rpo = finite(rpo_of(peer.status))
        self._hour.note(rpo)

    def data(self) -> str:
        """JSON of view.view()."""
        with self._lock:
            now = self._from.clock()
            if self._kept is None or now - self._kept[0] >= KEPT:
                self._kept = (now, self._text())
            return self._kept[1]

    def readiness(self) -> dict[str, Any]:
        """The score as the page shows it, as plain data."""
        return dict(json.loads(self.data())["readiness"])

    def piece(self) -> str:
        """The same as one server-sent event."""
        return f"retry: 2000\ndata: {self.data()}\n\n"

    def _peer(self) -> Peer:
        heard = self._heard
        return Peer(heard[1], self._from.clock() - heard[0]) if heard else Peer()

    def _text(self) -> str:
        where, status = self._from, self._from.status()
        here = Here(where.sites, where.seen_seconds(), where.fresh_seconds, self._hour.series(), BUCKET, where.journal(), where.wall(), where.limits)
        try:
            return _json(view(status, self._peer(), here))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):      # of another release, or a liar: not heard, then
            self._heard = None
            traceback.print_exc()
            return _json(view(status, Peer(), here))


def _json(shown: dict[str, Any]) -> str:
    return json.dumps(shown, sort_keys=True, allow_nan=False)
