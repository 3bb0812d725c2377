# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What follows a switch in a simulated world: machines and backups that are asked for, and the other site's database."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent

from .careful import Careful
from .fakes import Box, FakeStore
from .world import Simulation

if TYPE_CHECKING:
    from .hosts import Host


class Wished:
    """Machines and a backup of one site, as Capacity and Backups. Neither may be asked for before users are served there."""

    wanted = 3

    def __init__(self, world: Simulation, box: Box) -> None:
        self._world, self._box = world, box
        self._machines = 2
        self._asked: int | None = None

    def __str__(self) -> str:
        return f"the machines of {self._box.site}"

    def now(self) -> int:
        return self._machines

    def widen(self) -> None:
        self._served(0)
        self._machines = self.wanted

    def asked(self) -> int | None:
        return self._asked

    def ask(self, epoch: int) -> None:
        self._served(epoch)
        self._asked = epoch

    def _served(self, epoch: int) -> None:
        if not any(row.site == self._box.site and row.epoch >= epoch for row in self._box.database.rows.values()):
            self._world.violated(f"{self._box.site} does what follows a switch although its gate was never opened for it")


class Marker:
    """What sends users to a site once it has taken over. `silent`: spans of real time in which nobody can read or write it. `now`: its epoch."""

    def __init__(self, silent: Collection[tuple[float, float]]) -> None:
        self.silent = silent
        self.now: int | None = None

    def by(self, host: Host, careful: Careful) -> _MarkerBy:
        return _MarkerBy(self, host, careful)


class _MarkerBy:
    """It, as a switch that runs on `host` reaches it. Where another whole host is there, the first that meets its silence may be lost then."""

    def __init__(self, marker: Marker, host: Host, careful: Careful) -> None:
        self._marker, self._host, self._careful = marker, host, careful

    def epoch(self) -> int | None:
        self._answers()
        return self._marker.now

    def set(self, epoch: int) -> None:
        self._answers()
        self._careful.does("writes the marker")
        self._marker.now = epoch

    def _answers(self) -> None:
        world, host = self._host.world, self._host
        if not any(start <= world.now < end for start, end in self._marker.silent):
            return
        if host.site.whole and not any(each.gone for each in host.site.whole) and world.happens(
                f"the {host.called or 'first '}host of {host.site.name} is lost", "loss"):
            host.lost()
        raise OSError("the marker gives no answer")


class OtherBox:
    """The other site's database, as who was made the writer may reach it. `cuts`: spans of real time in which the link carries nothing."""

    def __init__(self, store: FakeStore, box: Box, cuts: Collection[tuple[float, float]]) -> None:
        self._store, self._box, self._cuts = store, box, cuts

    def look(self) -> GateLook:
        if any(start <= self._box.world.now < end for start, end in self._cuts):
            raise GateSilent("the link is cut")
        return self._box.database.look()

    def fence(self, epoch: int) -> bool:
        own, held = self._box.database.rows.get(self._box.database.server_uuid), self._store.now.record
        shut = self._box.database.fence(epoch)
        if shut and own and held and (held.writer, held.epoch) == (self._box.site, own.epoch):
            self._box.world.violated(f"the gate of {held.writer}, which holds the record at epoch {held.epoch}, is shut by a fence of epoch {epoch}")
        return shut

    def running(self) -> tuple[Transaction, ...]:
        return self._box.database.running()

    def kill(self, thread: int) -> bool:
        return self._box.database.kill(thread)
