# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a switch: order, refusal, check mode, and convergence after a kill at every single point."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, record, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import Mirror
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import ComparedView, NoAnswer, Observations, ReplicaView, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from tests.sim.fakes import FakeDatabase

T = TIMINGS["default"]


class Killed(BaseException):
    """kill -9."""


@dataclass
class World:
    """A standby whose writer fell silent twenty seconds ago. `fuse`: calls that still happen before the process is killed."""

    path: Path
    now: float = 1000.0
    lag: float | None = 0.4
    fuse: int | None = None
    calls: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=lambda: Seen(Record("nhn", 1, 40), 40))
    source: str | None = "192.168.10.50:3306"
    applying: bool = True
    marker: int | None = None
    recently: int = 0
    at_work: dict[int, Transaction] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    ledger: dict[str, str] = field(default_factory=dict)
    ledger_is_silent: bool = False
    half: str | None = None

    def __post_init__(self) -> None:
        self.table = FakeDatabase(lambda: self.now + 5e6, "server-aws")

    def tick(self, name: str) -> None:
        if self.fuse == 0:
            raise Killed
        self.fuse = None if self.fuse is None else self.fuse - 1
        self.calls.append(name)

    # store
    def read(self) -> Seen:
        self.tick("read")
        return self.seen

    def swap(self, revision: int, new: Record) -> Seen | None:
        self.tick("swap")
        if revision != self.seen.revision:
            return None
        self.seen = Seen(new, revision + 1)
        self.tick("swapped")
        return self.seen

    # database
    def follows(self) -> str | None:
        return self.source

    def applies(self) -> str | None:
        return self.source if self.applying else None

    def unfinished(self) -> str | None:
        self.tick("unfinished")
        return self.half

    def promote(self) -> str:
        self.tick("promote")
        self.applying = False
        self.tick("promoted")
        return "Applied all that had arrived, then stopped following."

    def stand_alone(self) -> str:
        self.tick("stand_alone")
        self.source = None
        self.tick("stood alone")
        return "Nothing will arrive any more."

    # sessions
    def running(self) -> tuple[Transaction, ...]:
        return tuple(self.at_work.values())

    def kill(self, thread: int) -> bool:
        self.tick("kill")
        self.ended.append(thread)
        return self.at_work.pop(thread, None) is not None

    # latch
    def epoch(self) -> int | None:
        return self.marker

    def set(self, epoch: int) -> None:
        self.tick("put")
        self.marker = epoch
        self.tick("was put")

    def __getattr__(self, name: str) -> Any:
        if name not in ("look", "open", "close", "beat", "renew"):
            raise AttributeError(name)
        method = getattr(self.table, name)

        def call(*arguments: Any) -> Any:
            self.tick(name)
            return method(*arguments)
        return call

    # ledger
    def add(self, name: str, text: str) -> bool:
        self.tick("copy")
        if self.ledger_is_silent:
            raise record.Unanswered("no member answers")
        return self.ledger.setdefault(name, text) is text

    def under(self, prefix: str) -> list[tuple[str, str]]:
        self.tick("copies")
        if self.ledger_is_silent:
            raise record.Unanswered("no member answers")
        return sorted((name, text) for name, text in self.ledger.items() if name.startswith(prefix))

    def journal(self) -> Journal:
        return Journal(self.path, lambda: self.now, Mirror(self, "aws.host", lambda: self.now))

    def switch(self, **more: Any) -> steps.Switch:
        def look() -> tuple[Observations, record.Sight]:
            sight = record.Sight(self.seen, self.now - 20, self.now, self.now, True)
            unfinished = self.journal().unfinished()
            gate = self.table.look()
            return Observations(
                "aws", probes.view_record(sight, None, T, self.now), gate=probes.view_gate(gate, "aws"), writer_edge=NoAnswer("timed out"),
                replica=Saw(ReplicaView(False, self.lag)), compared=Saw(ComparedView(True, 60.0)),
                unfinished=unfinished["step"] if unfinished else None, takeovers=self.recently), sight

        def sleep(seconds: float) -> None:
            self.now += seconds

        return steps.Switch(
            site="aws", timing=T, store=self, gate=self, database=self, sessions=self, latch=self, look=look, journal=self.journal(),
            writer_answers=lambda: Saw(self.table.look().valid_for > 0), clock=lambda: self.now, wall=lambda: self.now, sleep=sleep, **more)

    @property
    def state(self) -> tuple[Any, ...]:
        return (self.seen.record and (self.seen.record.writer, self.seen.record.epoch), self.source, self.marker,
                self.table.look().own and self.table.look().own.epoch, self.table.look().valid_for > 0)


AFTERWARDS = [("widen", False), ("fence", False), ("protect", False)]     # of a site where nobody has said how; test_afterwards.py
DONE = (("aws", 2), None, 2, 2, True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "journal.jsonl")


def test_what_would_apply_again_is_left_alone_once_the_gate_is_open(world: World) -> None:
    """Half a transaction, and killed between opening and forgetting the source: promoting again would start the applier beside sales."""
    world.fuse = next(at for at in range(200) if _open_after(world, at))
    with pytest.raises(Killed):
        list(steps.run(world.switch()))
    assert world.table.look().valid_for > 0 and world.source is not None
    world.fuse, world.applying = None, True
    world.calls.clear()
    list(steps.run(world.switch()))
    assert world.state == DONE and "promote" not in world.calls and "stand_alone" in world.calls


def _open_after(world: World, at: int) -> bool:
    """Whether somebody who is killed at that point has opened the gate, and not gone on to the marker."""
    other = World(world.path.with_name(f"try-{at}.jsonl"))
    other.fuse = at
    with suppress(Killed):
        list(steps.run(other.switch()))
    return other.table.look().valid_for > 0 and other.marker is None


def test_the_whole_way(world: World) -> None:
    rows = list(steps.run(world.switch()))
    assert [(row["name"], row["changed"]) for row in rows] == [
        ("judge", False), ("take_record", True), ("close_gate", False), ("promote", True), ("open_gate", True), ("latch", True),
        ("stand_alone", True), ("prove", False), *AFTERWARDS]
    assert world.state == DONE
    acted = [call for call in world.calls if call in ("swap", "promote", "open", "put", "stand_alone")]
    assert acted == ["swap", "promote", "swap", "open", "put", "stand_alone"], "record, database, renewal, gate, users: in this order"
    assert all(row.keys() == {"name", "started", "seconds", "changed", "detail"} for row in rows)
    again = list(steps.run(world.switch()))
    assert [(row["name"], row["changed"]) for row in again] == [("judge", False)], "what is done is not done again"


def test_what_would_be_done_if_the_writer_were_lost_is_what_is_then_done(world: World) -> None:
    """As `drill.yml --check` tells it while the writer lives."""
    lost = world.switch()
    living = world.switch()

    def look() -> tuple[Observations, record.Sight | None]:
        seen, _old = lost.look()
        sight = record.Sight(world.seen, world.now, world.now, world.now, True)
        return replace(seen, record=probes.view_record(sight, None, T, world.now), writer_edge=Saw(True)), sight
    living.look = look
    with pytest.raises(steps.SwitchRefused):
        steps.plan(living)
    told = steps.plan_if_lost(living)
    assert not {"swap", "open", "put", "promote", "close", "kill", "copy"} & set(world.calls), "it only reads"
    assert [(row["name"], row["changed"]) for row in told] == [(row["name"], row["changed"]) for row in steps.run(lost)]
    assert told[0]["detail"].startswith("SITE_LOST")


def test_what_is_being_written_here_is_ended_before_the_promotion_and_readers_are_not(world: World) -> None:
    world.at_work = {7: Transaction(7, "900", "t", "dr_sync", rows=40), 8: Transaction(8, "281479271677952", "t", "app"),
                     0: Transaction(0, "902", "t", rows=1)}         # an XA transaction that the source had prepared
    told = steps.plan(world.switch())
    assert told[2]["detail"] == "End what is being written here by dr_sync."
    rows = {row["name"]: row for row in steps.run(world.switch())}
    assert rows["close_gate"]["changed"] and "ended dr_sync (thread 7)" in rows["close_gate"]["detail"]
    assert world.ended == [7] and set(world.at_work) == {0, 8}
    assert world.calls.index("kill") < world.calls.index("promote")
    world.at_work[9] = Transaction(9, "901", "t", "app", rows=1)
    world.marker = None
    for step, phase in (("judge", "begun"), ("take_record", "after"), ("latch", "failed")):       # a run that was stopped at its latch
        world.journal().write("stopped", step, phase)
    assert {row["name"]: row["changed"] for row in steps.run(world.switch())}["latch"]
    assert world.ended == [7] and world.calls.count("close") == 1, "a buyer of this reign is not ended by a switch that is run again"


def test_a_gate_that_an_earlier_reign_left_open_is_shut(world: World) -> None:
    now = world.table.look().now
    world.seen = Seen(Record("nhn", 5, 40), 40)
    world.table.open("aws", 3, now + 60)
    world.at_work = {8: Transaction(8, "281479271677952", "t", "app")}
    assert "Close the gate of database server server-aws" in steps.plan(world.switch())[2]["detail"]
    list(steps.run(world.switch()))
    assert world.calls.index("close") < world.calls.index("kill") < world.calls.index("promote") < world.calls.index("open")
    assert world.table.look().own.epoch == 6


def test_who_cannot_be_ended_stops_the_switch_before_the_promotion(world: World) -> None:
    world.at_work = {7: Transaction(7, "900", "t", "dr_sync", rows=40)}
    world.kill = lambda thread: True     # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match=r"still running 10 s after it was to be ended: dr_sync \(thread 7"):
        list(steps.run(world.switch()))
    assert world.source is not None and world.table.look().valid_for == 0


POINTS = 50     # calls of anything that a switch makes: the record, the gate, the database, the marker, the journal's copy


def test_who_has_begun_to_fill_the_database_meanwhile_is_noticed_before_the_record_is_taken(world: World) -> None:
    world.half = "is being made equal to its source, and that has not ended"
    with pytest.raises(steps.StepFailed, match=r"The database of aws is being made equal to its source.*nobody may sell by them"):
        list(steps.run(world.switch()))
    assert world.seen.record == Record("nhn", 1, 40) and world.applying
    world.half = None
    list(steps.run(world.switch()))
    assert world.state == DONE


def test_rows_that_somebody_has_begun_to_take_out_open_no_gate(world: World) -> None:
    """After the record was taken, and before the gate was shut and all that was being written here ended."""
    world.at_work = {7: Transaction(7, "900", "t", "dr_sync", rows=40)}
    kill = world.kill

    def ended(thread: int) -> bool:
        world.half = "is being made equal to its source, and that has not ended"
        return kill(thread)

    world.kill = ended      # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(steps.StepFailed, match=r"nobody may sell by them\. The gate stays shut"):
            list(steps.run(world.switch()))
        assert world.table.look().valid_for == 0 and world.marker is None and "open" not in world.calls
    world.half = None
    list(steps.run(world.switch()))
    assert world.state == DONE


@pytest.mark.parametrize(("before", "left"), [("promote", {"applying": True, "marker": None}), ("put", {"marker": None}), (
    "stand_alone", {"source": "192.168.10.50:3306"})])
def test_a_run_that_has_slept_touches_nothing_of_a_later_reign(world: World, before: str, left: dict[str, Any]) -> None:
    """The service went home meanwhile, and this database was made its copy."""
    step = next(each for each in steps.STEPS if each.name == {"put": "latch"}.get(before, before))
    pending = type(step).pending

    def slept(self: Any, on: Any) -> Any:
        todo = pending(self, on)
        world.seen = Seen(Record("nhn", 5, 90), 90)
        world.now += 3600
        return todo
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(step), "pending", slept)
        with pytest.raises(steps.StepFailed, match="aws took the record at epoch 2, and by now it says writer nhn, epoch 5"):
            list(steps.run(world.switch()))
    assert before not in world.calls and {name: getattr(world, name) for name in left} == left


def test_a_promotion_that_a_later_reign_has_overtaken_is_told(world: World) -> None:
    promote = world.promote

    def slept() -> str:
        world.seen = Seen(Record("nhn", 5, 90), 90)
        return promote()
    world.promote = slept       # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match="promoted nevertheless, in between"):
        list(steps.run(world.switch()))
    assert world.marker is None


def test_users_are_sent_where_sales_are_on_though_the_record_is_silent(world: World) -> None:
    opened = world.table.open

    def silent() -> Seen:
        raise record.Unanswered("no quorum")

    def then_silent(*arguments: Any) -> bool:
        done = opened(*arguments)
        world.read = silent       # type: ignore[method-assign]
        return done
    world.table.open = then_silent       # type: ignore[method-assign]
    list(steps.run(world.switch()))
    assert world.state == DONE


def test_how_many_points_there_are(world: World) -> None:
    list(steps.run(world.switch()))
    assert len(world.calls) == POINTS


@pytest.mark.parametrize("lost", [False, True], ids=["", "the disk is lost"])
@pytest.mark.parametrize("fuse", range(POINTS))
def test_killed_anywhere_and_run_again(tmp_path: Path, fuse: int, lost: bool) -> None:
    world = World(tmp_path / "journal.jsonl", fuse=fuse)
    with pytest.raises(Killed):
        list(steps.run(world.switch()))
    world.fuse = None
    if lost and world.path.exists():
        held = world.journal().unfinished()
        world.path.unlink()
        world.journal().restore()
        if held and fuse > 8:           # the line from before the kill was copied before the step began
            assert world.journal().unfinished() is not None
    list(steps.run(world.switch()))
    assert world.state == DONE
    assert [line["epoch"] for line in world.journal().lines() if line["phase"] == "finished"] == [2]
    world.journal().copy()          # as the agent does now and again
    kept = world.journal().checked()
    assert kept.faults == () and kept.copied == kept.lines


def test_a_switch_does_not_wait_for_the_copy_of_its_journal(world: World) -> None:
    world.ledger_is_silent = True
    list(steps.run(world.switch()))
    assert world.state == DONE
    assert sum(call in ("copy", "copies") for call in world.calls) == 1, "a store that was silent is left alone for a while"
    world.ledger_is_silent = False
    assert world.journal().checked().copied == 0
    world.journal().copy()
    assert world.journal().checked().copied == len(world.journal().lines()), "what could not be copied is copied later"


def test_every_step_says_how_to_abort_and_a_failure_repeats_it(world: World) -> None:
    assert all(step.abort.endswith(".") for step in steps.PLANNED_STEPS)
    world.set = lambda epoch: (_ for _ in ()).throw(OSError("503"))     # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match="To abort instead: There is nothing to abort: this site sells"):
        list(steps.run(world.switch()))


def test_check_mode_tells_the_steps_it_would_take(world: World) -> None:
    before = world.state
    told = steps.plan(world.switch())
    assert world.state == before and not world.path.exists()
    done = list(steps.run(world.switch()))
    assert [(row["name"], row["changed"]) for row in told] == [(row["name"], row["changed"]) for row in done]


def test_a_writer_that_renews_is_left_alone(world: World) -> None:
    on = world.switch()
    look = on.look

    def fresh() -> tuple[Observations, record.Sight]:
        seen, _ = look()
        sight = record.Sight(world.seen, world.now - 1, world.now, world.now, True)
        return Observations("aws", probes.view_record(sight, None, T, world.now), seen.gate, Saw(ReplicaView(True, 0.3)), Saw(True)), sight

    on.look = fresh
    with pytest.raises(steps.SwitchRefused, match="NORMAL: NHN holds the record and renews it"):
        list(steps.run(on))
    assert world.calls == [] and not world.path.exists()


def test_a_named_override_is_used_and_written_down(world: World) -> None:
    world.lag = 300.0
    with pytest.raises(steps.SwitchRefused, match="An operator may override this by name, for this epoch alone: accept_lag:1"):
        list(steps.run(world.switch()))
    rows = list(steps.run(world.switch(overrides=frozenset({"accept_lag:1"}))))
    assert world.state == DONE
    assert rows[0]["detail"].endswith("Overridden by name: accept_lag:1.")
    assert world.journal().lines()[0]["overrides"] == ["accept_lag:1"]


def test_an_override_counts_once(world: World) -> None:
    world.lag = 300.0
    list(steps.run(world.switch(overrides=frozenset({"accept_lag:1"}))))
    world.seen, world.source = Seen(Record("nhn", 3, 90), 90), "192.168.10.50:3306"       # went home since, and is lost again
    with pytest.raises(steps.SwitchRefused, match=r"accept_lag:1 was for another epoch and counts no more.*for this epoch alone: accept_lag:3"):
        list(steps.run(world.switch(overrides=frozenset({"accept_lag:1"}))))


def test_an_override_holds_for_every_try_until_the_record_is_taken(world: World) -> None:
    world.lag = 300.0
    world.fuse = 5
    with pytest.raises(Killed):
        list(steps.run(world.switch(overrides=frozenset({"accept_lag:1"}))))
    world.fuse = None
    list(steps.run(world.switch(overrides=frozenset({"accept_lag:1"}))))
    assert world.state == DONE


def test_a_site_that_took_over_too_often_asks_a_person(world: World) -> None:
    world.recently = 3
    with pytest.raises(steps.SwitchRefused, match=r"FLAPPING.*accept_flapping:1"):
        list(steps.run(world.switch()))
    list(steps.run(world.switch(overrides=frozenset({"accept_flapping:1"}))))
    assert world.state == DONE


def test_an_override_does_not_open_a_held_record(world: World) -> None:
    world.seen = Seen(Record("nhn", 1, 40), 40)
    on = world.switch(overrides=frozenset({"accept_lag:1"}))
    on.look = lambda: (Observations("aws"), None)
    with pytest.raises(steps.SwitchRefused, match="BLIND"):
        list(steps.run(on))


def test_a_failed_step_says_what_is_left(world: World) -> None:
    def refuse(epoch: int) -> None:
        raise OSError("Could not write s3://latch/marker: 503 SlowDown")

    world.set = refuse      # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match=r"step 'latch' for aws: .*503 SlowDown.*run the switch again"):
        list(steps.run(world.switch()))
    unfinished = world.journal().unfinished()
    assert unfinished is not None and unfinished["step"] == "latch"
    assert world.table.look().valid_for > 0, "sales work although users are not sent here yet"


def test_who_tries_again_and_again_fills_no_disk(world: World) -> None:
    """The marker cannot be written for as long as S3 is away; sales are on, and the agent tries every few seconds."""
    put, broken = world.set, ["503 SlowDown"]

    def refuse(epoch: int) -> None:
        if broken:
            raise OSError(broken[0])
        put(epoch)

    world.set = refuse      # type: ignore[method-assign]
    for _ in range(2):      # the first run, and the first that goes on from it
        with pytest.raises(steps.StepFailed, match="503 SlowDown"):
            list(steps.run(world.switch()))
    written = len(world.journal().lines())
    for _ in range(5):
        with pytest.raises(steps.StepFailed, match="503 SlowDown"):
            list(steps.run(world.switch()))
    assert len(world.journal().lines()) == written
    broken[0] = "403 AccessDenied"
    with pytest.raises(steps.StepFailed, match="403 AccessDenied"):
        list(steps.run(world.switch()))
    assert len(world.journal().lines()) == written + 1, "another reason is news"
    broken.clear()
    assert [row["name"] for row in steps.run(world.switch())][-1] == "protect" and world.state == DONE
    assert world.journal().last()["steps"][-4]["name"] == "prove" and world.journal().checked().faults == ()


def test_without_an_agent_the_proof_fails_in_bounded_time(world: World) -> None:
    on = world.switch()
    on.writer_answers = lambda: NoAnswer("connection refused")
    with pytest.raises(steps.StepFailed, match=r"for 10 s the agent here has not answered /writer with 200 \(last: connection refused\)"):
        list(steps.run(on))
    assert world.now - 1000.0 <= 11
