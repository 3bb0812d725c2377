# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Simulated time, processes that take turns in it, and what may happen to them.

Every process has a stack of its own (a greenlet), and one of them runs: by sleeping it hands over to the next in simulated time, so a seed
decides everything and replays exactly. Threads that handed on a lock took twice as long for the same. A call to store or database sleeps
before and after it takes effect: there a process is delayed, paused for a minute, cut off in one direction, or killed.

Everything that may go wrong is an event with a name, and every process has dice of its own. So a world can be played again with only some
of its events, the rest being as it was: that is how a failing schedule is shrunk (shrink.py).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Collection
from typing import Any

from greenlet import getcurrent, greenlet

# How many of the worlds know no pauses, how many no kills, and so on. With everything that can go wrong in each of them, little else was left:
# of a hundred worlds nine saw a writer let go that was asked to.
SPARED = 0.3


class Over(BaseException):
    """The simulation has ended; unwinds every process."""


class Killed(BaseException):
    """kill -9 of the process that meets it."""


class _Turn:
    """Whose turn it is; nobody's once its sleeper was woken earlier."""

    __slots__ = ("void", "whose")

    def __init__(self, whose: greenlet) -> None:
        self.whose = whose
        self.void = False


class Bell:
    """Wakes the one who sleeps by it. Rung while nobody does, it ends the next sleep at once, as threading.Event does."""

    def __init__(self) -> None:
        self.turn: _Turn | None = None
        self.rung = False


class Simulation:
    """`now`: real time in seconds. `trouble`: so long things go wrong, then it is `calm` for so long. `only`: events that may happen, None
    for all. `happened`: those that did. `violations`: what must never happen and did. `told`: (time, sentence) of everything worth telling
    when it is replayed.
    """

    def __init__(self, seed: int, trouble: float, calm: float = 0.0, only: Collection[str] | None = None) -> None:
        self.seed, self.trouble, self.calm = seed, trouble, calm
        self.length = trouble + calm
        self.late = self.dice("wires").choice((0.1, 0.01))      # the most by which a call that nothing befalls is late each way, in seconds
        self.now = 0.0
        self.happened: list[str] = []
        self.violations: list[str] = []
        self.told: list[tuple[float, str]] = []
        self.crashes: list[BaseException] = []
        self._kinds: dict[str, bool] = {}       # of trouble, and whether this world is spared them
        self._only = None if only is None else frozenset(only)
        self._queue: list[tuple[float, int, _Turn]] = []      # by time, then by who was first to ask for it
        self._order = itertools.count()
        self._ended = False

    def dice(self, name: str) -> random.Random:
        """Dice of whatever has that name."""
        return random.Random(f"{self.seed} {name}")

    def happens(self, event: str, kind: str | None = None) -> bool:
        """The dice said that `event` happens. Does it? `kind`: of trouble; there are worlds that are spared it."""
        if self.now >= self.trouble or (self._only is not None and event not in self._only) or (kind and self._spared(kind)):
            return False
        self.happened.append(event)
        return True

    def _spared(self, kind: str) -> bool:
        if kind not in self._kinds:
            self._kinds[kind] = self.dice(f"any {kind}").random() < SPARED
        return self._kinds[kind]

    def tell(self, sentence: str) -> None:
        """For whoever replays."""
        self.told.append((self.now, sentence))

    def violated(self, sentence: str) -> None:
        """What must never happen has."""
        self.violations.append(f"at {self.now:.3f} s {sentence}")
        self.tell(f"VIOLATION: {sentence}")

    def spawn(self, run: Callable[[], None]) -> None:
        """Add a process; it starts when the simulation does."""
        def body() -> None:
            try:
                if not self._ended:
                    run()
            except Over:
                pass
            except BaseException as error:
                self.crashes.append(error)

        self._queue_up(0.0, greenlet(body))

    def sleep(self, seconds: float, bell: Bell | None = None) -> None:
        """Let simulated time pass for the calling process, until `bell` rings at most."""
        me = getcurrent()
        turn = self._queue_up(0.0 if bell and bell.rung else seconds, me)
        if bell:
            bell.turn = turn
        first = self._next()
        assert first is not None        # our own turn is there at least
        if first is not me:
            first.switch()
        if bell:
            bell.turn, bell.rung = None, False
        if self._ended:
            raise Over

    def ring(self, bell: Bell) -> None:
        """End the sleep of whoever sleeps by it."""
        bell.rung = True
        if bell.turn and not bell.turn.void:
            bell.turn.void = True
            bell.turn = self._queue_up(0.0, bell.turn.whose)

    def _queue_up(self, seconds: float, whose: greenlet) -> _Turn:
        turn = _Turn(whose)
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), turn))
        return turn

    def _next(self) -> greenlet | None:
        """Whose turn it is: simulated time has come to it. None when nobody is left."""
        while self._queue:
            at, _, turn = heapq.heappop(self._queue)
            if not turn.void:
                if at >= self.length:
                    self._ended, self.now = True, self.length
                elif at > self.now:
                    self.now = at
                return turn.whose
        return None

    def run(self) -> None:
        """Play it to its end. A process that ends hands over to whoever made it, which is here."""
        while (first := self._next()) is not None:
            first.switch()


class Process:
    """How calls of one process fare. `kill`, `pause`: how likely that is at each point where it may be. `cuts`: spans of real time in which
    its requests ("out"), or the answers to them ("in"), do not arrive.
    """

    def __init__(self, world: Simulation, name: str, *, kill: float = 0.0, pause: float = 0.01,
                 cuts: Collection[tuple[float, float, str]] = ()) -> None:
        self.world, self.name, self._kill, self._pause, self.cuts = world, name, kill, pause, list(cuts)
        self.dice = world.dice(name)
        self.offset = self.dice.uniform(-1e5, 1e5)      # of its monotonic clock
        self.down = False               # it has died, and is not there again yet
        self.points = 0
        self.woke = 0.0                 # from its last pause: what it was told before that it hears now

    def clock(self) -> float:
        return self.world.now + self.offset

    def call(self, effect: Callable[[], Any], failure: type[Exception], timeout: float = 1.0) -> Any:
        self.point()
        if self._cut("out"):
            self.world.sleep(timeout)
            raise failure("cut off")
        result = effect()
        self.point()
        if self._cut("in"):
            self.world.sleep(timeout)
            raise failure("the answer was lost")
        return result

    def at_once(self, effect: Callable[[], Any], failure: type[Exception]) -> Any:
        """A call that takes no time, in one moment with what was done before it."""
        if self._cut("out"):
            raise failure("cut off")
        result = effect()
        if self._cut("in"):
            raise failure("the answer was lost")
        return result

    def point(self) -> None:
        """A moment in which this process may be late, paused or killed."""
        throw, self.points = self.dice.random, self.points + 1
        killed, fate, short, long = throw(), throw(), throw(), throw()
        if killed < self._kill and self.world.happens(f"kill {self.name} at point {self.points}", "kill"):
            self.world.tell(f"{self.name} is killed")
            raise Killed
        if fate < self._pause:          # SIGSTOP, a swapping host, a router that lost its mind
            seconds = 1.0 + short * (9.0 if long < 0.5 else 59.0)
            if self.world.happens(f"pause {self.name} at point {self.points}", "pause"):
                self.world.tell(f"{self.name} is paused for {seconds:.1f} s")
                self.world.sleep(seconds)
                self.woke = self.world.now
        elif fate < 0.4:
            self.world.sleep(short * self.world.late)

    def _cut(self, way: str) -> bool:
        return bool(self.cuts) and any(start <= self.world.now < end and how in (way, "both") for start, end, how in self.cuts)
