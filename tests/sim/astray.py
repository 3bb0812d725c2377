# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An address that leads to the other site's database for a while: somebody has swapped two, or a name resolves elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

SOON = 0.5              # seconds between two looks

if TYPE_CHECKING:
    from .fakes import Box

CHANGES = ("renew", "beat", "open", "close", "retire", "mark", "assign")


class Address:
    """Where an agent of `box`'s site finds its database: that of `other` in `spans`. Nothing may be changed there, and nobody ended. `asks`: each
    statement asks whose the server is, as Gate has it.
    """

    asks = True

    def __init__(self, box: Box, other: Box, spans: list[tuple[float, float]]) -> None:
        self._box, self._other, self._spans = box, other, spans

    def __getattr__(self, name: str) -> Any:
        now = self._box.world.now
        if not self._spans or not any(start <= now < end for start, end in self._spans):
            return getattr(self._box.database, name)
        method = getattr(self._other.database, name)
        return self._there(name, method) if name in (*CHANGES, "kill") else method

    def _there(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        database = self._other.database

        def do(*arguments: Any) -> Any:
            own, whose = database.rows.get(database.server_uuid), database.whose()
            if self.asks and whose not in (None, self._box.site) and name in CHANGES:
                return None
            found = method(*arguments)
            if whose not in (None, self._box.site) and (database.rows.get(database.server_uuid) != own or (name == "kill" and found)):
                self._box.world.violated(f"an agent of {self._box.site} changes something at the database of {self._other.site} ({name})")
            return found
        return do


def stop_copying(other: Box, end: float) -> bool:
    """Somebody stops the copy there until `end`, while an address leads to it: then it looks like a server that has come in another's place. Never
    before all is there that was written when its writer had said whose it is: until then nobody can know. Whether it was stopped.
    """
    world, copy = other.world, other.database
    while not copy.told_whose_it_is():
        if world.now >= end - SOON:
            return False
        world.sleep(SOON)
    world.tell(f"somebody stops the copy at {other.site}")
    copy.line.stall(world.now, end)
    copy.halted_until = end
    return True
