# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the other agent hosts of this site have written down, by etcd's copies of their journals. A journal is one host's: when that is lost in the
middle of a switch, the host beside it goes on, and knows that nobody has seen a copy follow since. It decides nothing about who may write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .journal import Journal, LastRead
from .record import Unanswered


class Beside:
    """`ask`: the journals of the others (Journal.beside). `refresh` asks, for whoever may wait; the rest goes by what that found last, and by
    `own`, the journal of this host.
    """

    def __init__(self, ask: Callable[[], list[tuple[str, ...]]]) -> None:
        self._ask = ask
        self._others: tuple[Journal, ...] = ()

    def refresh(self) -> None:
        """Ask once. What gives no answer stays as it was."""
        try:
            self._others = tuple(Journal(_Copied(texts), lambda: 0.0) for texts in self._ask())
        except Unanswered:
            return

    def unfinished(self, epoch: int, own: Journal) -> dict[str, Any] | None:
        """A switch of another host that took the record at `epoch` and did not finish, unless this host has finished it."""
        if any(line["phase"] == "finished" and line.get("epoch") == epoch for line in own.lines()):
            return None
        return next((found for other in self._others if (found := other.unfinished()) and found["epoch"] == epoch), None)

    def unprotected(self, epoch: int, own: Journal) -> dict[str, Any] | None:
        """A switch of another host that made this site the writer, at `epoch` or before, later than any of this host; as Journal.unprotected."""
        mine = own.made()
        for other in self._others:
            found = other.unprotected(epoch)
            if found and (mine is None or (found["epoch"] or epoch) > (mine["epoch"] or 0)) and not own.protected(found["switch"]):
                return found
        return None


class _Copied(LastRead):
    """Lines that are somebody else's."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._known = (len(texts), list(texts))
