# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs actions beside each other, a few at a time. A failure is logged, waits before it is tried again, and holds up nobody else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from lab.materialise.plan import Action

log = logging.getLogger("lab.materialise")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


@dataclass
class _Failure:
    action: Action
    count: int
    until: float


class Work:
    """At most one action per name at a time. `act` does an action or raises; the words of what it raised go to the log.

    `ended` is called, in the worker's thread, whenever an action has ended.
    """

    def __init__(self, act: Callable[[Action], None], workers: int = 4, clock: Callable[[], float] = time.monotonic,
                 ended: Callable[[], None] = lambda: None):
        self._act = act
        self._ended = ended
        self._clock = clock
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="act")
        self._running: dict[str, Future[None]] = {}
        self._actions: dict[str, Action] = {}
        self._failures: dict[str, _Failure] = {}

    def submit(self, actions: Iterable[Action]) -> None:
        """Start what is neither running nor waiting after a failure. An action that differs from the failed one need not wait."""
        for action in actions:
            failure = self._failures.get(action.name)
            waiting = failure is not None and failure.action == action and self._clock() < failure.until
            if action.name not in self._running and not waiting:
                self._actions[action.name] = action
                self._running[action.name] = future = self._pool.submit(self._act, action)
                future.add_done_callback(lambda _: self._ended())

    def collect(self) -> list[Action]:
        """The actions that have succeeded since the last call; failures are logged here."""
        done = []
        for name, future in list(self._running.items()):
            if future.done():
                del self._running[name]
                action = self._actions.pop(name)
                if error := future.exception():
                    self._failed(action, error)
                else:
                    self._failures.pop(name, None)
                    log.info("%s %s: done", action.verb, name)
                    done.append(action)
        return done

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def close(self) -> None:
        """Take nothing new on and wait for what is running, so that no container is left half made."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _failed(self, action: Action, error: BaseException) -> None:
        before = self._failures.get(action.name)
        count = before.count + 1 if before and before.action == action else 1
        pause = min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE)
        self._failures[action.name] = _Failure(action, count, self._clock() + pause)
        log.error("%s %s failed (attempt %d, next in %.0f s): %s", action.verb, action.name, count, pause, error)
