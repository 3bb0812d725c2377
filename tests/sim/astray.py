# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An address that leads to the other site's database for a while: somebody has swapped two, or a name resolves elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fakes import Box

CHANGES = ("renew", "beat", "open", "close", "retire", "mark")


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
            own = database.rows.get(database.server_uuid)
            if self.asks and own and own.site != self._box.site and name in CHANGES:
                return None
            found = method(*arguments)
            if own and own.site != self._box.site and (database.rows.get(database.server_uuid) != own or (name == "kill" and found)):
                self._box.world.violated(f"an agent of {self._box.site} changes something at the database of {self._other.site} ({name})")
            return found
        return do
