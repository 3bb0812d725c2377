# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A planned switch, both sides at once: the real steps at AWS, the real agent at NHN, one clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, steps, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    NoAnswer,
    NotLooked,
    Observations,
    PeerView,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from tests.sim.fakes import FakeDatabase

from .test_handover import PREPARED, WRITING, Holder

T = TIMINGS["default"]


class Killed(BaseException):
    """kill -9."""


class Pair:
    """NHN writes, its agent alive; a switch to AWS is run. `arrives`: does what NHN writes still reach AWS?"""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.holder = Holder()
        self.holder.asks = False
        self.arrives = True
        self.on_sleep: Callable[[], None] = lambda: None
        self.table = FakeDatabase(lambda: self.holder.now + 9e6, "server-aws", self.holder.table)
        self.open_both = False
        self.live(6)

    def live(self, seconds: float) -> None:
        end = self.holder.now + seconds
        while self.holder.now < end - 1e-9:
            self.holder.live(0.05)
            self.open_both = self.open_both or (self.holder.open and self.table.valid_until() > self.table.clock())
        self.on_sleep()

    def follows(self) -> str | None:
        return "nhn" if self.table.source else None

    def applies(self) -> str | None:
        return self.follows()

    def unfinished(self) -> str | None:
        return None

    def promote(self) -> str:
        self.table.source = None
        return "Applied."

    def stand_alone(self) -> str:
        return "Alone."

    def switch(self) -> steps.Switch:
        own: list[record.Sight] = []

        def look() -> tuple[Observations, record.Sight]:
            own[:] = [record.look(self.holder, own[0] if own else None, T, lambda: self.holder.now)]
            held = own[0].seen.record
            assert held is not None
            view = RecordView(held.writer, held.epoch, own[0].unchanged, own[0].alive, held.offer.to if held.offer else None)
            stopped = Journal(self.path, lambda: 0.0).unfinished()
            return Observations("aws", Saw(view), Saw(GateView(False, None)), Saw(ReplicaView(True, 0.3)), Saw(True), Saw(True),
                                unfinished=stopped["step"] if stopped else None, compared=Saw(ComparedView(True, 60.0))), own[0]

        return steps.Switch(
            site="aws", timing=T, store=self.holder, gate=Copy(self), database=self, latch=None, look=look, sessions=None,
            writer_answers=lambda: Saw(True), journal=Journal(self.path, lambda: self.holder.now), clock=lambda: self.holder.now,
            wall=lambda: self.holder.now, sleep=self.live, wishes=self.holder.key, planned=True)

    def run(self) -> list[dict[str, Any]]:
        return list(steps.run(self.switch(), patience=10))


class Copy:
    """AWS's table, as far as replication brings it."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def __getattr__(self, name: str) -> Any:
        table = self._pair.table
        if name == "look" and not self._pair.arrives:
            source, table.source = table.source, None
            try:
                seen = table.look()
            finally:
                table.source = source
            return lambda: seen
        return getattr(table, name)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path / "journal.jsonl")


def test_the_whole_way(pair: Pair) -> None:
    rows = pair.run()
    assert [row["name"] for row in rows] == [
        "judge", "ask_holder", "catch_up", "take_record", "close_gate", "promote", "open_gate", "latch", "stand_alone", "prove", "widen",
        "fence", "protect"]
    assert rows[0]["detail"].startswith("PLANNED_SWITCH: Somebody asks to move the service from NHN, which lives, to AWS")
    held = pair.holder.seen.record
    assert held and (held.writer, held.epoch, held.offer) == ("aws", 3, None)
    assert pair.table.valid_until() > pair.table.clock() and not pair.holder.open and not pair.open_both
    stopped = next(row for row in rows if row["name"] == "ask_holder")
    opened = next(row for row in rows if row["name"] == "open_gate")
    assert opened["started"] + opened["seconds"] - stopped["started"] - stopped["seconds"] < 1.0, "nobody sells in between"


def test_without_asking_a_writer_that_lives_is_left_alone(pair: Pair) -> None:
    switch = pair.switch()
    switch.planned = False
    with pytest.raises(steps.SwitchRefused, match="NORMAL"):
        list(steps.run(switch, patience=10))


def test_nothing_is_taken_before_everything_has_arrived_and_nhn_writes_on(pair: Pair) -> None:
    pair.table.look()
    pair.arrives = False
    with pytest.raises(steps.StepFailed, match="has not arrived"):
        pair.run()
    assert pair.holder.offer and pair.follows()
    pair.live(T.blink * 2 + 2)
    assert pair.holder.open and pair.holder.seen.record and pair.holder.seen.record.writer == "nhn" and not pair.holder.offer


def test_a_holder_that_does_not_stop_is_named(pair: Pair) -> None:
    pair.holder.agent._hearing = None               # an older agent: it does not listen
    with pytest.raises(steps.StepFailed, match=r"has not handed the record over \(now: writer nhn, epoch 1"):
        pair.run()
    assert pair.holder.open


class There:
    """NHN's database, over the link."""

    def __init__(self, *at_work: Transaction | Exception) -> None:
        self.at_work = at_work

    def running(self) -> list[Transaction]:
        if isinstance(self.at_work[0], Exception):
            raise self.at_work[0]
        return [each for each in self.at_work if isinstance(each, Transaction)]


def test_a_holder_that_would_wait_for_what_nobody_can_end_is_not_asked(pair: Pair) -> None:
    switch = pair.switch()
    switch.other = There(WRITING, PREPARED)  # type: ignore[assignment]
    for go in (steps.plan, steps.run):
        with pytest.raises(steps.StepFailed, match=r"nhn cannot stop now: an XA transaction that was prepared \(since .* It was not asked"):
            list(go(switch, patience=10))
    assert pair.holder.key.now is None and pair.holder.open


@pytest.mark.parametrize("there", [There(WRITING), There(GateSilent("timed out"))])
def test_what_ends_or_cannot_be_seen_from_here_keeps_nobody_from_asking(pair: Pair, there: There) -> None:
    switch = pair.switch()
    switch.other = there  # type: ignore[assignment]
    assert next(row for row in steps.run(switch, patience=10) if row["name"] == "open_gate")["changed"]


def test_a_switch_that_comes_to_nothing_never_turns_into_a_takeover(pair: Pair) -> None:
    """An agent beside would take over from a holder that is silent for long enough, and lose what has not arrived."""
    pair.table.look()
    pair.arrives = False
    longest, since, seen = 0.0, pair.holder.now, pair.holder.seen

    def watch() -> None:
        nonlocal longest, since, seen
        if pair.holder.seen != seen:
            since, seen = pair.holder.now, pair.holder.seen
        longest = max(longest, pair.holder.now - since)

    pair.on_sleep = watch
    with pytest.raises(steps.StepFailed, match="has not arrived"):
        pair.run()
    for _ in range(200):
        pair.live(0.05)
    assert T.catch_up < longest < T.takeover - T.margin and pair.holder.open


@pytest.mark.parametrize("after", range(1, 60, 4))
def test_killed_anywhere_nhn_writes_on_or_the_next_run_ends_it(pair: Pair, after: int) -> None:
    left = [after]

    def fuse() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    pair.on_sleep = fuse
    try:
        pair.run()
    except Killed:
        pair.on_sleep = lambda: None
        pair.live(T.blink * 2 + 3)
        record_now = pair.holder.seen.record
        assert pair.holder.open != (record_now is not None and record_now.writer == "aws"), "somebody sells, or the switch is to be finished"
        pair.on_sleep = lambda: None
        pair.run()
    assert pair.holder.seen.record and pair.holder.seen.record.writer == "aws" and not pair.open_both
    assert pair.table.valid_until() > pair.table.clock()


def test_check_mode_tells_the_same_steps_and_asks_nobody(pair: Pair) -> None:
    told = steps.plan(pair.switch(), patience=10)
    assert pair.holder.key.now is None and pair.holder.open
    assert [row["name"] for row in told] == [row["name"] for row in pair.run()]


@pytest.mark.parametrize(("replica", "writer", "said"), [
    (Saw(ReplicaView(False, 0.2)), "nhn", "STANDBY_UNFIT"), (Saw(ReplicaView(True, 99.0)), "nhn", "LINK_LOST"),
    (Saw(ReplicaView(True, None)), "nhn", "LINK_LOST"), (NoAnswer("refused"), "nhn", "STANDBY_DOWN"), (NotLooked(), "nhn", "BLIND")])
def test_a_copy_that_is_not_fit_is_not_moved_to(replica: Any, writer: str, said: str) -> None:
    seen = Observations("aws", Saw(RecordView(writer, 1, 0.5)), Saw(GateView(False, None)), replica, Saw(True), Saw(True))
    found = verdict.judge_planned(seen, T)
    assert found.action == verdict.NONE and found.verdict in (said, "LINK_LOST", "STANDBY_UNFIT")


@pytest.mark.parametrize(("profile", "lag", "allowed", "fit"), [
    ("default", 5.0, 30.0, True), ("default", 5.1, 30.0, False), ("fast", 2.5, 30.0, True), ("fast", 2.6, 30.0, False), ("default", 1.1, 1.0, False)])
def test_a_copy_is_moved_to_when_it_can_catch_up_while_buyers_wait(profile: str, lag: float, allowed: float, fit: bool) -> None:
    seen = Observations("aws", Saw(RecordView("nhn", 1, 0.5)), Saw(GateView(False, None)), Saw(ReplicaView(True, lag)), Saw(True), Saw(True),
                        peer=Saw(PeerView(True, False, "NORMAL")), compared=Saw(ComparedView(True, 60.0)))
    found = verdict.judge_planned(seen, TIMINGS[profile], verdict.Limits(lag_seconds=allowed))
    assert (found.action == verdict.TAKE_OVER) == fit and (fit or f"is {lag} s behind" in found.because)


def test_an_edge_that_is_lost_is_a_reason_to_move(pair: Pair) -> None:
    lost = (NoAnswer("timed out"), Saw(True))
    seen = Observations("aws", Saw(RecordView("nhn", 1, 0.5)), Saw(GateView(False, None)), Saw(ReplicaView(True, 0.2)), *lost,
                        compared=Saw(ComparedView(True, 60.0)))
    assert verdict.judge(seen, T).verdict == "EDGE_LOST" and verdict.judge_planned(seen, T).verdict == "PLANNED_SWITCH"
    seen = Observations("aws", seen.record, seen.gate, Saw(ReplicaView(True, 99.0)), *lost)
    assert verdict.judge_planned(seen, T).verdict == "STANDBY_UNFIT"


def test_an_offer_made_to_another_is_not_ours() -> None:
    seen = Observations("aws", Saw(RecordView("nhn", 2, 0.5, True, "third")), Saw(GateView(False, None)), Saw(ReplicaView(True, 0.2)), Saw(True))
    assert verdict.judge_planned(seen, T).verdict == "OFFERED" and Record("nhn", 2, 1).offer is None
