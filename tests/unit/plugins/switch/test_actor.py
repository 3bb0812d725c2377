# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent does about a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import actor
from ansible_collections.multicloud.dr.plugins.module_utils.switch.actor import AGAIN, AGAIN_MOST, AUTOMATIC, MANAGED, Actor
from ansible_collections.multicloud.dr.plugins.module_utils.switch.edge_watch import EdgeWatch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NoAnswer, NotLooked, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.steps import StepFailed
from ansible_collections.multicloud.dr.plugins.module_utils.switch.verdict import NONE, RESUME, TAKE_OVER, Verdict


class Case:
    """An actor whose verdict is given; counts switches and keeps what was said."""

    def __init__(self, mode: str, action: str, trouble: Exception | None = None) -> None:
        self.found, self.trouble = Verdict("X", action, "Because."), trouble
        self.runs = 0
        self.said: list[str] = []
        self.actor = Actor(mode, lambda: self.found, self.switch, say=self.said.append, pause=0.25)

    def switch(self) -> Iterator[dict[str, Any]]:
        self.runs += 1
        yield {"name": "judge", "detail": "X: Because."}
        if self.trouble:
            raise self.trouble
        yield {"name": "promote", "detail": "Applied."}


@pytest.mark.parametrize(("mode", "action", "runs", "asks"), [
    (AUTOMATIC, NONE, 0, False), (AUTOMATIC, TAKE_OVER, 1, False), (AUTOMATIC, RESUME, 1, False),
    (MANAGED, NONE, 0, False), (MANAGED, TAKE_OVER, 0, True), (MANAGED, RESUME, 1, False)])
def test_who_acts_and_who_asks(mode: str, action: str, runs: int, asks: bool) -> None:
    case = Case(mode, action)
    assert case.actor.tend() == 0.25
    assert (case.runs, case.actor.asks is not None) == (runs, asks)


def test_a_person_is_asked_once_and_no_longer_than_needed() -> None:
    case = Case(MANAGED, TAKE_OVER)
    for _ in range(3):
        case.actor.tend()
    assert case.said == ["Waiting for a person to run fail_over.yml: Because."]
    case.found = Verdict("NORMAL", NONE, "It came back.")
    case.actor.tend()
    assert case.actor.asks is None


def test_what_goes_wrong_is_said_once_and_tried_again() -> None:
    case = Case(AUTOMATIC, TAKE_OVER, StepFailed("The database is gone."))
    assert [case.actor.tend() for _ in range(5)] == [AGAIN, AGAIN * 2, AGAIN * 4, AGAIN_MOST, AGAIN_MOST]
    assert case.runs == 5 and case.said.count("The database is gone.") == 1 and case.actor.said == "The database is gone."
    case.trouble = None
    case.actor.tend()
    assert case.actor.said is None and case.said[-1] == "promote: Applied."
    case.trouble = OSError(28, "No space left on device")
    assert case.actor.tend() == AGAIN and case.said[-1] == "[Errno 28] No space left on device", "another trouble begins anew, and ends no agent"


def test_somebody_else_s_switch_is_left_alone() -> None:
    case = Case(AUTOMATIC, RESUME, Busy("another"))
    assert case.actor.tend() == AGAIN and case.actor.said is None


def test_an_error_that_nobody_foresaw_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        Case(AUTOMATIC, TAKE_OVER, ZeroDivisionError()).actor.tend()
    assert actor.MODES == (AUTOMATIC, MANAGED)


def test_an_edge_is_known_by_its_latest_answer_while_that_is_fresh() -> None:
    now, writer, answer = [10.0], ["nhn"], [Saw(True)]
    watch = EdgeWatch({"nhn": "http://nhn", "aws": "http://aws"}, lambda url: answer[0], "aws", lambda: writer[0], 5.0, lambda: now[0])
    assert isinstance(watch.look("nhn"), NotLooked)
    watch.tend()
    assert isinstance(watch.look("aws"), NotLooked), "ours is asked by itself"
    watch.tend_own()
    assert watch.look("nhn") == watch.look("aws") == Saw(True), "the writer's and our own"
    assert isinstance(watch.look("third"), NotLooked), "another one's answer is not its own"
    answer[0] = NoAnswer("timed out")
    now[0] = 14.0
    assert watch.look("nhn") == Saw(True)
    watch.tend()
    assert watch.look("nhn") == NoAnswer("timed out")
    now[0] = 19.5
    assert isinstance(watch.look("nhn"), NotLooked), "too old to count"
    writer[0] = "third"
    watch.tend()
    assert watch.look("third") == NotLooked("no edge of third is configured")


@pytest.mark.parametrize(("edge", "behind", "seen"), [
    (True, True, Saw(True)), (True, False, Saw(False)), (False, True, Saw(False)), (True, None, NoAnswer("silent")),
])
def test_our_own_front_door_is_worth_what_stands_behind_it(edge: bool, behind: bool | None, seen: object) -> None:
    answers = {"http://aws": Saw(edge), "http://nhn": Saw(True), "http://aws:8081/readyz": NoAnswer("silent") if behind is None else Saw(behind)}
    watch = EdgeWatch({"nhn": "http://nhn", "aws": "http://aws"}, answers.__getitem__, "aws", lambda: "nhn", 5.0, lambda: 1.0, "http://aws:8081/readyz")
    watch.tend()
    watch.tend_own()
    assert (watch.look("aws"), watch.look("nhn")) == (seen, Saw(True)), "what stands behind another's is not ours to ask"
