# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wires between the processes of a simulated world and what they talk to: every call may be late, lost or answered to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .disks import FakeLedger
from .fakes import FakeDatabase, FakeStore, FakeWishes
from .world import Process

if TYPE_CHECKING:
    from .astray import Address
    from .schedule import Schedule

GRACE = 30.0            # of an agent
KEPT = 3                # renewals by which it is certain that he does not mean to


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


class LettingGo(Remote):
    """An agent's way to its database. Now and then that fails in the moment that hurts most: no answer comes to the statement that retires the
    gate, and it had its effect or not.
    """

    def __init__(self, process: Process, database: FakeDatabase | Address) -> None:
        super().__init__(process, database, GateSilent)
        self._retired: set[int] = set()

    def assign(self, server_uuid: str, site: str, epoch: int) -> Any:
        """It follows a renewal of the gate, in which this process may be late, paused or cut off as it is everywhere: no other moment is added."""
        return self._process.at_once(lambda: self._target.assign(server_uuid, site, epoch), self._failure)

    def unfinished(self) -> Any:
        """Likewise, between two questions to the same server."""
        return self._process.at_once(self._target.unfinished, self._failure)

    def retire(self, epoch: int) -> Any:
        process, world = self._process, self._process.world
        dice = world.dice(f"{process.name} retires {epoch}")
        seconds, way = dice.uniform(0.1, 3.0), dice.choice(("in", "out"))
        if epoch not in self._retired and dice.random() < 0.3 and world.happens(f"{process.name} is cut off ({way}) as it lets go at {epoch}"):
            process.cuts.append((world.now, world.now + seconds, way))
        self._retired.add(epoch)            # once: what is repeated gets through
        return process.call(lambda: self._target.retire(epoch), self._failure)


class HolderStore(Remote):
    """The way to the store of an agent that begins now, which notes what it heard, and whether it can have heard who asks."""

    def __init__(self, process: Process, schedule: Schedule, site: str, timing: Timing) -> None:
        super().__init__(process, schedule.store, Unanswered)
        self._store, self._wishes, self._site, self._listens = schedule.store, schedule.wishes, site, timing.blink / 4
        self._born, self._database, self._kept = process.world.now, schedule.boxes[site].database, 0

    def read(self) -> Seen:
        seen: Seen = self._process.call(self._store.read, self._failure)
        self._store.answered(self._site, seen)
        return seen

    def swap(self, revision: int, record: Record) -> Seen | None:
        def effect() -> Seen | None:
            before = self._store.now.record
            done = self._store.swap(revision, record)
            if done and before and not before.offer and not record.offer and (before.writer, before.epoch + 1) == (self._site, record.epoch):
                self._writes_on(record.epoch)
            if done and before and before.writer == record.writer == self._site:
                self._keeps_it()
            return done
        found: Seen | None = self._process.call(effect, self._failure)
        return found

    def _keeps_it(self) -> None:
        """Who cannot reach his database sells nothing, and lets another site do so. He knows of nothing that happened while he slept."""
        since = self._database.silent_since()
        self._kept += since is not None and self._process.world.now - max(since, self._born, self._process.woke) > GRACE + self._listens * 4
        if self._kept == KEPT:
            self._process.world.violated(f"an agent of {self._site} renews the record, and its database has been silent for more than {GRACE:g} s")

    def _writes_on(self, epoch: int) -> None:
        """By a gate that was retired. Whoever that was for repeats his wish four times within the time for which an agent listens first."""
        world, wish = self._process.world, self._wishes.now
        if world.now - self._born < self._listens and wish and wish.to != self._site and world.now - self._wishes.put_at < self._listens:
            world.violated(f"an agent of {self._site} that has just begun writes on at epoch {epoch}, although {wish.to} asks for the record")


def remote_store(process: Process, store: FakeStore | FakeWishes | FakeLedger) -> Any:
    return Remote(process, store, Unanswered)


def remote_gate(process: Process, database: FakeDatabase) -> Any:
    return Remote(process, database, GateSilent)
