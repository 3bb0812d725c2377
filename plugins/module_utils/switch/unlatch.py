# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marker away, so that names lead to the primary again: the last step of the way home. Decides; record, marker and edge are handed in.

While the marker stands, names lead to the standby whatever becomes of it. Without it they lead to the primary as long as that one's edge answers.
So it goes only while the record says that the primary writes and its edge lets people in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from . import record
from .observations import Look, Saw


class Refused(Exception):
    """The marker has to stay; the message says why. Nothing was touched."""


class Marker(Protocol):
    """Where it is. Each raises OSError when that does not answer."""

    def stands(self) -> bool:
        """Whether there is one."""

    def set(self, epoch: int) -> None:
        """Write it."""

    def clear(self) -> None:
        """Take it away; there may be none."""


@dataclass(frozen=True)
class Unlatch:
    """`site`: the standby, whose marker it is. `marker`: None where nobody has named one. `edge`: does the primary's answer, as users ask it."""

    site: str
    primary: str
    store: record.Store
    marker: Marker | None
    edge: Callable[[], Look[bool]]

    def plan(self) -> list[dict[str, Any]]:
        """What `run` would do now: [{name, changed, detail}]. Reads only. Raises Refused, OSError."""
        if self.marker is None:
            raise Refused(f"{self.site.upper()} has no marker: `latch` is not in its agent's configuration.")
        home = self.primary.upper()
        if not self.marker.stands():
            held = self._held()
            if held is not None and held.writer == self.site:
                raise Refused(f"No marker stands, but {self.site.upper()} writes (epoch {held.epoch}): names may lead to {home}. "
                              f"Write it again: any object at {self.marker} is one.")
            return [{"name": "judge", "changed": False, "detail": f"No marker stands: names lead to {home} while its edge answers."}]
        self._judge()
        return [{"name": "judge", "changed": False, "detail": f"{home} writes and its edge lets people in."},
                {"name": "marker", "changed": True, "detail": f"Take the marker {self.marker} away: names lead to {home} again."}]

    def run(self) -> Iterator[dict[str, Any]]:
        """Do it, yielding each step as `plan` names it. Raises Refused before anything was touched, OSError."""
        rows = self.plan()
        yield rows[0]
        if len(rows) == 1:
            return
        if self.marker is None:
            raise AssertionError
        self.marker.clear()
        # Whoever takes over sets the marker after it has the record: one that was set while this took it away is set again. Where the record gives no
        # answer nobody knows, and an election is what there is while somebody takes over.
        try:
            held = self._held()
        except OSError as error:
            raise OSError(f"The marker {self.marker} is gone, and {error}. Run this again: had {self.site.upper()} taken over meanwhile, it says "
                          "so.") from error
        if held is not None and held.writer == self.site:
            self.marker.set(held.epoch)
            raise Refused(f"{self.site.upper()} has taken over at epoch {held.epoch} in this very moment; its marker was written again.")
        yield {**rows[1], "detail": f"The marker {self.marker} is gone: names lead to {self.primary.upper()} once checkers have looked."}

    def _held(self) -> record.Record | None:
        try:
            return self.store.read().record
        except record.Unanswered as error:
            raise OSError(f"Who writes is not known: {error}") from error

    def _judge(self) -> None:
        held, here, home = self._held(), self.site.upper(), self.primary.upper()
        if held is None:
            raise Refused("The record says nothing of who writes, so nobody knows where users belong.")
        if held.writer != self.primary:
            raise Refused(f"{held.writer.upper()} writes (epoch {held.epoch}), and the marker leads users there. It goes once {home} writes: "
                          "playbooks/fail_back.yml.")
        if held.offer is not None:
            raise Refused(f"{home} offers the record to {held.offer.to.upper()} at this moment. Look again when that has come to its end.")
        seen = self.edge()
        if seen != Saw(True):
            why = "says that nothing behind it can serve" if isinstance(seen, Saw) else seen.reason
            raise Refused(f"{home} writes, but its edge gives users no answer ({why}). They reach it by way of {here} meanwhile.")
