# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting: three answers, a clock that does not sleep, and what was last seen in every message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import TimedOut, WentWrong
from ansible_collections.multicloud.dr.plugins.module_utils.waiting import FAILED, PENDING, READY, wait

from tests.unit.plugins.still_clock import StillClock


def script(*states: str) -> Callable[[], str]:
    """A look that sees these states in turn and then the last one for ever."""
    left = list(states)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def judge(seen: str) -> str:
    return {"up": READY, "error": FAILED}.get(seen, PENDING)


def test_what_is_ready_is_not_waited_for() -> None:
    clock = StillClock()
    assert wait(script("up"), judge, limit=0, clock=clock) == "up"
    assert clock.now() == 0


def test_waits_one_pause_for_each_look_that_was_not_enough() -> None:
    clock = StillClock()
    wait(script("down", "half", "up"), judge, limit=300, pause=10, clock=clock)
    assert clock.now() == 20


def test_a_failed_state_ends_it_at_once() -> None:
    clock = StillClock()
    with pytest.raises(WentWrong, match="last seen as 'error'"):
        wait(script("down", "error"), judge, limit=3600, pause=10, clock=clock)
    assert clock.now() == 10


def test_never_longer_than_the_limit_and_says_what_it_last_saw() -> None:
    clock = StillClock()
    with pytest.raises(TimedOut, match=r"Could not see it run srv[\s\S]*last seen as 'down'"):
        wait(script("down"), judge, limit=35, pause=10, clock=clock, doing="see it run", to="srv")
    assert clock.now() == 30


def test_only_what_may_be_shown_is_quoted() -> None:
    with pytest.raises(TimedOut) as caught:
        wait(script("CANARY-3"), judge, limit=0, clock=StillClock(), show=lambda seen: "hidden")
    assert "CANARY" not in str(caught.value)
