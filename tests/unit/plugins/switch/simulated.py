# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A world in simulated time: one store, two databases, processes that run the real agent and the real steps.

Every process is a thread, but only the one holding the baton runs; it gives the baton back by sleeping. The next in simulated time
gets it, so a seed decides everything and replays exactly. A call to store or database sleeps before and after it takes effect:
there a process is delayed, paused for a minute, cut off in one direction, or killed.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent, Row, Standing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.wish import Wish


class Over(BaseException):
    """The simulation has ended; unwinds every process."""


class Killed(BaseException):
    """kill -9 of the process that meets it."""


class Simulation:
    """`now`: real time in seconds. `violations`: what must never happen and did."""

    def __init__(self, seed: int, length: float) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.length = length
        self.now = 0.0
        self.violations: list[str] = []
        self.crashes: list[BaseException] = []
        self._queue: list[tuple[float, int, threading.Lock]] = []
        self._order = itertools.count()
        self._ours = threading.Lock()       # the scheduler's own baton
        self._ours.acquire()
        self._threads: list[threading.Thread] = []
        self._ended = False
        self._mine = threading.local()

    def spawn(self, run: Callable[[], None]) -> None:
        """Add a process; it starts when the simulation does."""
        baton = threading.Lock()
        baton.acquire()

        def body() -> None:
            self._mine.baton = baton
            baton.acquire()
            try:
                if not self._ended:
                    run()
            except Over:
                pass
            except BaseException as error:
                self.crashes.append(error)
            self._ours.release()

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        self._threads.append(thread)
        heapq.heappush(self._queue, (self.now, next(self._order), baton))

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass for the calling process."""
        baton = self._mine.baton
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), baton))
        self._ours.release()
        baton.acquire()
        if self._ended:
            raise Over

    def run(self) -> None:
        while self._queue:
            at, _, baton = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            self._ended = self._ended or self.now >= self.length
            baton.release()
            self._ours.acquire()
        for thread in self._threads:
            thread.join()


class Process:
    """How calls of one process fare. `cut`: spans of real time in which its requests, or the answers to them, do not arrive."""

    def __init__(self, world: Simulation, kill: float = 0.0) -> None:
        self.world, self._kill = world, kill
        self.cuts: list[tuple[float, float, str]] = []
        self.offset = world.random.uniform(-1e5, 1e5)      # of its monotonic clock

    def clock(self) -> float:
        return self.world.now + self.offset

    def call(self, effect: Callable[[], Any], failure: type[Exception], timeout: float = 1.0) -> Any:
        self._delay()
        if self._cut("out"):
            self.world.sleep(timeout)
            raise failure("cut off")
        result = effect()
        self._delay()
        if self._cut("in"):
            self.world.sleep(timeout)
            raise failure("the answer was lost")
        return result

    def _delay(self) -> None:
        dice = self.world.random
        if dice.random() < self._kill:
            raise Killed
        fate = dice.random()
        if fate < 0.01:
            self.world.sleep(dice.uniform(1.0, dice.choice((10.0, 60.0))))       # SIGSTOP, a swapping host, a router that lost its mind
        elif fate < 0.4:
            self.world.sleep(dice.uniform(0.0, 0.1))

    def _cut(self, way: str) -> bool:
        return any(start <= self.world.now < end and how in (way, "both") for start, end, how in self.cuts)


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
    """dr.gate of one server in memory, with the meaning of the SQL in gate.py. `source`: the database it copies rows from."""

    def __init__(self, clock: Callable[[], float], server_uuid: str, source: FakeDatabase | None = None) -> None:
        self.clock, self.server_uuid, self.source = clock, server_uuid, source
        self.rows: dict[str, Row] = {}
        self.changed: Callable[[], None] = lambda: None

    def look(self) -> GateLook:
        if self.source is not None:
            self.rows.update(self.source.rows)
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

    def retire(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch:
            return False
        return self._put(own.site, epoch + 1, 0.0)

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


class Remote:
    """`target` as one process reaches it: every call may be late, lost or answered to nobody."""

    def __init__(self, process: Process, target: Any, failure: type[Exception]) -> None:
        self._process, self._target, self._failure = process, target, failure

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._target, name)
        return lambda *arguments: self._process.call(lambda: method(*arguments), self._failure)


def remote_store(process: Process, store: FakeStore | FakeWishes) -> Any:
    return Remote(process, store, Unanswered)


def remote_gate(process: Process, database: FakeDatabase) -> Any:
    return Remote(process, database, GateSilent)


class MemoryJournal(Journal):
    """A journal whose disk is a list; survives the process that wrote it."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def write(self, switch: str, step: str, phase: str, **details: Any) -> None:
        self.kept.append({"switch": switch, "step": step, "phase": phase, **details})

    def lines(self) -> list[dict[str, Any]]:
        return self.kept
