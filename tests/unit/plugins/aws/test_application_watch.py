# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an instance at AWS does about an application that hangs: roles/aws_web/files/application_watch.py on a clock that does not sleep."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

WATCH = runpy.run_path(str(Path(__file__).parents[4] / "roles" / "aws_web" / "files" / "application_watch.py"))


class Enough(Exception):
    """The test has seen what it wanted to see."""


class Clock:
    def __init__(self, until: float) -> None:
        self.time, self.until = 0.0, until

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.time > self.until:
            raise Enough


def seen(until: float, answers: Callable[[float], bool], runs: Callable[[float], bool] = lambda _: True) -> list[tuple[float, str]]:
    """[(second, what was ordered)] of so many seconds."""
    clock, ordered = Clock(until), list[tuple[float, str]]()
    try:
        WATCH["watch"](lambda: answers(clock.time), lambda: runs(clock.time), lambda *words: ordered.append((clock.time, words[0])), clock)
    except Enough:
        return ordered
    return [*ordered, (clock.time, "over")]


def test_who_answers_is_left_alone_and_a_short_silence_as_well() -> None:
    assert seen(3600, lambda _: True) == []
    assert seen(3600, lambda now: not 600 <= now < 700) == []


def test_who_hangs_is_started_again_and_that_helps() -> None:
    assert seen(3600, lambda now: not 600 <= now < 800) == [(710, "restart")]


def test_an_image_that_is_pulled_for_long_is_not_disturbed() -> None:
    assert seen(7200, lambda now: now > 3000, runs=lambda now: now > 2950) == []


def test_a_machine_on_which_no_start_helps_is_handed_back() -> None:
    """It is off then, which the group sees by itself, and another takes its place."""
    assert seen(3600, lambda _: False) == [*((120.0 * number, "restart") for number in range(1, 6)), (720, "poweroff"), (720, "over")]
    # A start that helped for a while counts no more.
    assert [what for _, what in seen(3600, lambda now: now % 600 < 300)].count("poweroff") == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/healthz", "http://127.0.0.1:0/healthz"])
def test_a_door_that_is_shut_is_no_answer(url: str) -> None:
    assert WATCH["answers"](url) is False
