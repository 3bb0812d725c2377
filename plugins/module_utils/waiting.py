# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bounded waiting: a pure judge, an injected clock, three answers. Pure: no Ansible, no HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from .faults import TimedOut, WentWrong

READY, PENDING, FAILED = "ready", "pending", "failed"

Seen = TypeVar("Seen")


class Clock(Protocol):
    """Seconds that only move forward, and a way to let some pass."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own monotonic clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        time.sleep(seconds)


def wait(
    look: Callable[[], Seen],
    judge: Callable[[Seen], str],
    limit: float,
    pause: float = 10.0,
    clock: Clock | None = None,
    *,
    doing: str = "see it become ready",
    to: str = "",
    show: Callable[[Seen], Any] = lambda seen: seen,
) -> Seen:
    """Look until the judge says "ready" and return what was seen then.

    limit, pause: seconds; show: what of the seen thing may be quoted in a message (keep secrets out).
    Raises WentWrong at once when the judge says "failed", TimedOut after limit; both quote what was last seen.
    """
    clock = clock or SystemClock()
    started = clock.now()
    while True:
        seen = look()
        verdict = judge(seen)
        if verdict == READY:
            return seen
        spent = clock.now() - started
        if verdict == FAILED:
            raise WentWrong(doing, to, left=f"After {spent:.0f} s it was last seen as {show(seen)!r}, a state it does not leave by itself.",
                            then="Look into it there; a new run starts from what it finds.")
        if spent + pause > limit:
            raise TimedOut(doing, to, left=f"After {spent:.0f} s (limit {limit:.0f} s) it was last seen as {show(seen)!r}.",
                           then="Run again to go on waiting.")
        clock.sleep(pause)
