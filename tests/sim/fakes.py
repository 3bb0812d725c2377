# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the processes of a simulated world talk to: one store, databases of two sites, a journal, and the wires between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent, Row, Standing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.wish import Wish

from .world import Process, Simulation


class FakeStore:
    """A linearizable register shared by everybody. `silent`: spans without quorum."""

    def __init__(self, world: Simulation) -> None:
        self.world = world
        self.now = Seen(None, 0)
        self._revision = 0
        self.silent: list[tuple[float, float]] = []
        self.vanishes: float | None = None

    def _up(self) -> None:
        if any(start <= self.world.now < end for start, end in self.silent):
            raise Unanswered("no quorum")
        if self.vanishes is not None and self.world.now >= self.vanishes:
            self.now, self.vanishes = Seen(None, 0), None

    def read(self) -> Seen:
        self._up()
        return self.now

    def swap(self, revision: int, record: Record) -> Seen | None:
        self._up()
        if self.now.revision != revision:
            return None
        self._revision += 1
        self.now = Seen(record, self._revision)
        return self.now


class FakeWishes:
    """The key beside it, silent whenever the store is."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.now: Wish | None = None

    def read(self) -> Wish | None:
        self._store.read()
        return self.now

    def put(self, wish: Wish) -> None:
        self._store.read()
        self.now = wish


class FakeDatabase:
    """dr.gate of one server in memory, with the meaning of the SQL in gate.py. `source`: the database it copies rows from; `mine`: servers it has
    been, whose rows never come back from there.
    """

    def __init__(self, clock: Callable[[], float], server_uuid: str, source: FakeDatabase | None = None) -> None:
        self.clock, self.server_uuid, self.source = clock, server_uuid, source
        self.rows: dict[str, Row] = {}
        self.mine = {server_uuid}
        self.changed: Callable[[], None] = lambda: None

    def look(self) -> GateLook:
        if self.source is not None:
            self.rows.update((uuid, row) for uuid, row in self.source.rows.items() if uuid not in self.mine)
        return GateLook(self.clock(), self.server_uuid, tuple(self.rows.values()))

    def renew(self, epoch: int, valid_until: float) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch:
            return False
        return self._put(own.site, epoch, max(own.valid_until, valid_until))

    def beat(self, epoch: int) -> float | None:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch or own.valid_until <= self.clock():
            return None
        self._put(own.site, epoch, own.valid_until)
        return own.valid_until - self.clock()

    def open(self, site: str, epoch: int, valid_until: float) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is not None and own.epoch > epoch:
            return False
        return self._put(site, epoch, valid_until)

    def close(self) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.valid_until <= self.clock():
            return False
        return self._put(own.site, own.epoch, 0.0)

    def fence(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        return own is not None and own.epoch < epoch and self.close()

    def retire(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch:
            return False
        return self._put(own.site, epoch + 1, 0.0)

    def mark(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        return own is not None and own.epoch == epoch and own.valid_until <= self.clock() and self._put(own.site, epoch, own.valid_until)

    def standing(self) -> Standing:
        return Standing("somebody" if self.source else None, bool(self.source), bool(self.source))

    def valid_until(self) -> float:
        own = self.rows.get(self.server_uuid)
        return own.valid_until if own else 0.0

    def _put(self, site: str, epoch: int, valid_until: float) -> bool:
        own = self.rows.get(self.server_uuid)
        self.rows[self.server_uuid] = Row(self.server_uuid, site, epoch, valid_until, own.sequence + 1 if own else 1, self.clock())
        self.changed()
        return True


class Box:
    """One database with a clock of its own, and the history of its validity."""

    def __init__(self, world: Simulation, site: str, source: FakeDatabase | None) -> None:
        self.world, self.site = world, site
        self.ahead = world.dice(f"clock of {site}").uniform(-3600.0, 3600.0)
        self.database = FakeDatabase(lambda: 1e6 + world.now + self.ahead, f"server-{site}", source)
        self.opened: set[int] = set()
        self.replaced: list[float] = []
        self.failovers = 0
        self.proven = source is not None        # its rows were compared with those of the database it copies, and are alike
        self.reigned = 0                # the latest epoch of this site that its database knows
        self.succeeded = 0              # new servers that were opened while a row of their predecessor was still valid

    def valid_until(self) -> float:
        """When the last gate of this site shuts, in real time, if nobody touches it. A server that its provider has replaced may still be
        up somewhere and takes writes until its row has run out, so every server the site ever had counts.
        """
        return max([self.database.valid_until(), *self.replaced]) - 1e6 - self.ahead

    def epoch(self) -> int:
        """Of the latest reign that any server of this site had or has let go."""
        return max((row.epoch for row in self.database.rows.values() if row.site == self.site), default=0)

    def replace_server(self) -> None:
        """The provider's own failover: a new server with the rows of the old one, which is gone for the agent and perhaps for nobody else."""
        self.replaced.append(self.database.valid_until())
        self.failovers += 1
        self.database.server_uuid = f"server-{self.site}-{self.failovers}"
        self.database.mine.add(self.database.server_uuid)


class Standalone:
    """Promotion of a fake database."""

    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    def follows(self) -> str | None:
        return self._database.source.server_uuid if self._database.source else None

    def applies(self) -> str | None:
        return self.follows()

    def unfinished(self) -> str | None:
        return None

    def promote(self) -> str:
        self._database.look()
        self._database.source = None
        return "promoted"

    def stand_alone(self) -> str:
        return "alone"


class Remote:
    """`target` as one process reaches it: every call may be late, lost or answered to nobody."""

    def __init__(self, process: Process, target: Any, failure: type[Exception]) -> None:
        self._process, self._target, self._failure = process, target, failure

    def __str__(self) -> str:
        return str(self._target)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        if not callable(method):
            return method                   # a setting
        return lambda *arguments: self._process.call(lambda: method(*arguments), self._failure)


def remote_store(process: Process, store: FakeStore | FakeWishes | FakeLedger) -> Any:
    return Remote(process, store, Unanswered)


def remote_gate(process: Process, database: FakeDatabase) -> Any:
    return Remote(process, database, GateSilent)


class MemoryLines:
    """A disk that is a list; survives the process that wrote it. A kill may leave its last line torn."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._held = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        if self._held:
            raise Busy("Another switch is running.")
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def read(self) -> list[str]:
        return list(self.texts)

    def append(self, text: str) -> None:
        self.texts.append(text)

    def stamp(self) -> object:
        return (len(self.texts), self.texts[-1] if self.texts else "")


class FakeLedger:
    """Where copies of journals are kept, silent whenever the store is."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.kept: dict[str, str] = {}

    def add(self, name: str, text: str) -> bool:
        self._store.read()
        return self.kept.setdefault(name, text) is text

    def under(self, prefix: str) -> list[tuple[str, str]]:
        self._store.read()
        return sorted((name, text) for name, text in self.kept.items() if name.startswith(prefix))
