# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeded schedules of pauses, cuts, kills, quorum loss and operators who are wrong: two gates are never valid at the same instant."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import agent as agent_module
from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, steps, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.actor import AUTOMATIC, Actor
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.memory import Forgetful
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import GateView, Observations, RecordView, ReplicaView, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.planned import CatchUp
from ansible_collections.multicloud.dr.plugins.module_utils.switch.release import Release
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .simulated import FakeDatabase, FakeStore, FakeWishes, Killed, MemoryJournal, Process, Simulation, remote_gate, remote_store

TIMING = Timing(beat=2.0)
SCHEDULES = 300
PLANTED = 1000          # a bug is rarer than that in no test here; most are met within the first hundred
LENGTH = 75.0
SITES = ("nhn", "aws")


class Box:
    """One database with a clock of its own, and the history of its validity."""

    def __init__(self, world: Simulation, site: str, source: FakeDatabase | None) -> None:
        self.world, self.site = world, site
        self.ahead = world.random.uniform(-3600.0, 3600.0)
        self.database = FakeDatabase(lambda: 1e6 + world.now + self.ahead, f"server-{site}", source)
        self.opened: set[int] = set()
        self.replaced: list[float] = []
        self.failovers = 0
        self.succeeded = 0              # new servers that were opened while a row of their predecessor was still valid

    def valid_until(self) -> float:
        """When the last gate of this site shuts, in real time, if nobody touches it. A server that its provider has replaced may still be
        up somewhere and takes writes until its row has run out, so every server the site ever had counts.
        """
        return max([self.database.valid_until(), *self.replaced]) - 1e6 - self.ahead

    def replace_server(self) -> None:
        """The provider's own failover: a new server with the rows of the old one, which is gone for the agent and perhaps for nobody else."""
        self.replaced.append(self.database.valid_until())
        self.failovers += 1
        self.database.server_uuid = f"server-{self.site}-{self.failovers}"


class Schedule:
    """One seeded world; `takeovers` counts switches that opened a gate, `planned` those of them that the writer was asked for."""

    def __init__(self, seed: int) -> None:
        self.world = world = Simulation(seed, LENGTH)
        dice = world.random
        self.store = FakeStore(world)
        first = Box(world, "nhn", None)
        self.boxes = {"nhn": first, "aws": Box(world, "aws", first.database)}
        for box in self.boxes.values():
            box.database.changed = partial(self._check, box)
        self.wishes = FakeWishes(self.store)
        self.takeovers = self.planned = 0
        for _ in range(dice.randrange(3)):
            start = dice.uniform(5, LENGTH)
            self.store.silent.append((start, start + dice.uniform(1, 30)))
        if dice.random() < 0.1:
            self.store.vanishes = dice.uniform(20, LENGTH)
        for site in SITES:
            self._site(site)

    def _site(self, site: str) -> None:
        world, dice, box = self.world, self.world.random, self.boxes[site]
        process = Process(world)
        cuts = []
        for _ in range(dice.randrange(3)):
            start = dice.uniform(5, LENGTH)
            cuts.append((start, start + dice.uniform(1, 40), dice.choice(("in", "out", "both"))))
        process.cuts = cuts
        current: list[Agent] = []
        second: list[Agent] = []

        memory = Forgetful()                # this host's disk: outlives its agents

        def start_agent(current: list[Agent] = current, process: Process = process, memory: Forgetful = memory) -> None:
            current[:] = [Agent(site, "nhn", TIMING, store=remote_store(process, self.store), gate=remote_gate(process, box.database),
                                pulse=remote_gate(process, box.database), clock=process.clock,
                                wishes=remote_store(process, self.wishes), memory=memory)]

        def tend(which: str, current: list[Agent] = current, start_agent: Callable[[], None] = start_agent) -> None:
            while True:
                mine = current[0]
                world.sleep(getattr(mine, which)())
                if which == "tend_record" and dice.random() < 0.04:        # the agent dies and is restarted, with no memory
                    world.sleep(dice.uniform(0.1, 50))
                    start_agent()

        def step_clock_back() -> None:
            world.sleep(dice.uniform(5, LENGTH))
            box.ahead -= TIMING.margin * 0.99
            self._check(box)

        def fail_over_inside() -> None:
            own_dice = random.Random(f"{world.seed} {site}")       # of its own, so that it changes nothing in worlds that have none
            while own_dice.random() < 0.4:
                world.sleep(own_dice.uniform(5, LENGTH / 2))
                if box.database.source is None:
                    box.replace_server()

        start_agent()
        if random.Random(f"{world.seed} {site} second").random() < 0.5:     # a second agent host at the same site
            beside = Process(world)
            start_second = partial(start_agent, second, beside, Forgetful())
            start_second()
            world.spawn(lambda: tend("tend_record", second, start_second))
        world.spawn(fail_over_inside)
        world.spawn(lambda: tend("tend_record"))
        world.spawn(lambda: tend("tend_gate"))
        world.spawn(step_clock_back)
        journal = MemoryJournal()
        world.spawn(lambda: self._operator(site, current, cuts, journal))
        world.spawn(lambda: self._actor(site, current, cuts, journal))

    def _actor(self, site: str, current: list[Agent], cuts: list[tuple[float, float, str]], journal: MemoryJournal) -> None:
        """Acts by itself on what the agent of this site sees, beside everybody else who does."""
        world = self.world

        def switch() -> Any:
            on = self._switch(site, current, cuts, journal)
            return self._counted(on, steps.run(on))

        def judge() -> verdict.Verdict:
            return verdict.judge(self._seen(site, current[0].sight, journal), TIMING)

        actor = Actor(AUTOMATIC, judge, switch, say=lambda _said: None, pause=TIMING.renew)
        while True:
            try:
                world.sleep(actor.tend())
            except Killed:
                world.sleep(world.random.uniform(0.1, 20))

    def _operator(self, site: str, current: list[Agent], cuts: list[tuple[float, float, str]], journal: MemoryJournal) -> None:
        """Tries to make his site the writer whenever he feels like it, on observations that need not be true; is killed now and then."""
        world = self.world
        while True:
            world.sleep(world.random.uniform(1, 8))
            on = self._switch(site, current, cuts, journal, planned=world.random.random() < 0.5)
            try:
                for _step in self._counted(on, steps.run(on)):
                    pass
            except (steps.SwitchRefused, steps.StepFailed, record.Unanswered, record.Refused, Killed):
                continue

    def _counted(self, on: steps.Switch, run: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        asked = False
        for step in run:
            asked = asked or step["name"] == "catch_up"
            if step["name"] == "open_gate" and step["changed"]:
                self.takeovers += 1
                self.planned += asked
            yield step

    def _seen(self, site: str, sight: record.Sight | None, journal: MemoryJournal) -> Observations:
        unfinished = journal.unfinished()
        held = sight.seen.record if sight else None
        view = RecordView(held.writer if held else None, held.epoch if held else 0, sight.unchanged if sight else 0.0,
                          bool(sight and sight.alive), held.offer.to if held and held.offer else None)
        return Observations(site, Saw(view), replica=Saw(ReplicaView(True, 0.0)), writer_edge=Saw(True),
                            unfinished=unfinished and unfinished["step"], gate=Saw(GateView(False, view.epoch)))

    def _switch(self, site: str, current: list[Agent], cuts: list[tuple[float, float, str]], journal: MemoryJournal, *,
                planned: bool = False) -> steps.Switch:
        """A switch to `site` from its host."""
        world, box = self.world, self.boxes[site]
        process = Process(world, kill=0.02)
        process.offset, process.cuts = current[0].clock.__self__.offset, cuts   # same host, same clock
        own: list[record.Sight] = []

        def look() -> tuple[Observations, record.Sight]:
            sight = record.look(remote_store(process, self.store), own[0] if own else current[0].sight, TIMING, process.clock)
            own[:] = [sight]
            return self._seen(site, sight, journal), sight

        return steps.Switch(
            site=site, timing=TIMING, store=remote_store(process, self.store), gate=remote_gate(process, box.database),
            database=Standalone(box.database), sessions=None, latch=None, look=look, writer_answers=lambda: Saw(True), journal=journal,
            clock=process.clock, wall=process.clock, sleep=world.sleep, wishes=remote_store(process, self.wishes), planned=planned)

    def _check(self, box: Box) -> None:
        now = self.world.now
        if box.valid_until() > now:
            box.opened.add(int(now))
            box.succeeded += bool(box.replaced) and box.database.valid_until() > 0 and max(box.replaced) - 1e6 - box.ahead > now
            for other in self.boxes.values():
                if other is not box and other.valid_until() > now:
                    self.world.violations.append(f"at {now:.3f} s {box.site} is open while {other.site} is until {other.valid_until():.3f} s")


class Standalone:
    """Promotion of a fake database."""

    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    def follows(self) -> str | None:
        return self._database.source.server_uuid if self._database.source else None

    def promote(self) -> str:
        self._database.look()
        self._database.source = None
        return "promoted"


def play(seed: int) -> Schedule:
    schedule = Schedule(seed)
    schedule.world.run()
    assert not schedule.world.crashes, f"seed {seed}: {schedule.world.crashes[0]!r}"
    return schedule


def test_two_gates_are_never_valid_at_once() -> None:
    takeovers = planned = opened = succeeded = 0
    for seed in range(SCHEDULES):
        schedule = play(seed)
        assert not schedule.world.violations, f"seed {seed}: {schedule.world.violations[0]}"
        takeovers += schedule.takeovers
        planned += schedule.planned
        opened += all(box.opened for box in schedule.boxes.values())
        succeeded += any(box.succeeded for box in schedule.boxes.values())
    # A simulation in which nothing ever happens proves nothing.
    assert opened > SCHEDULES / 10 and takeovers > SCHEDULES / 5, f"{opened} schedules in which both sites wrote, {takeovers} takeovers"
    assert planned > SCHEDULES / 10, f"{planned} takeovers that the writer was asked for"
    assert succeeded > SCHEDULES / 20, f"{succeeded} schedules in which a new server of the same site opened beside its predecessor"


def test_a_seed_replays_exactly() -> None:
    once, again = play(7), play(7)
    assert once.store.now == again.store.now
    assert {site: box.database.rows for site, box in once.boxes.items()} == {site: box.database.rows for site, box in again.boxes.items()}


def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timing, "takeover", property(lambda self: self.ttl / 2))


def _clock_after_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    move = Agent._move_gate
    monkeypatch.setattr(Agent, "_move_gate", lambda self, before, epoch: move(self, self._look_at_gate(), epoch))


def _swap_on_whatever_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(store, sight, site, timing, clock):
        for _ in range(20):     # thinks long before it acts
            seen = store.read()
        if sight.unchanged < timing.takeover or seen.record is None:
            raise record.Refused("no")
        return store.swap(seen.revision, record.Record(site, seen.record.epoch + 1, seen.record.counter + 1)) or seen
    monkeypatch.setattr(record, "take", take)


def _gate_moves_without_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module.record, "renew", lambda store, held: held)


def _claim_what_vanished(monkeypatch: pytest.MonkeyPatch) -> None:
    def claim(self: Agent) -> None:
        held = record.claim(self._store, self.site, self.site, None)
        self._hold(held)
    monkeypatch.setattr(Agent, "_claim", claim)
    monkeypatch.setattr(agent_module, "may_open", lambda *_: True)


def _gate_without_margin_for_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timing, "gate_valid", property(lambda self: self.ttl + self.margin + 0.5))


def _closed_instead_of_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewal that is on its way opens again what was closed for the offer."""
    monkeypatch.setattr(FakeDatabase, "retire", lambda self, epoch: self.close())

    def tend(self: Release, store: Any, seen: Any) -> Any:
        own = self._gate.look().own
        return record.offer(store, seen, seen.record.epoch + 1, record.Offer(self.to or "", own.server_uuid, own.sequence)) if own else None
    monkeypatch.setattr(Release, "tend", tend)


def _offered_before_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def let_go(self: Agent, seen: Any) -> float:
        if seen.record.offer is None:
            record.offer(self._store, seen, seen.record.epoch + 1, record.Offer(self._release.to or "", "", 0))
            self._release.end()
        return self.timing.beat
    monkeypatch.setattr(Release, "begin", lambda self, to, epoch: setattr(self, "to", to))
    monkeypatch.setattr(Agent, "_let_go", let_go)
    monkeypatch.setattr(CatchUp, "_arrived", lambda *_: True)


def _writes_on_whatever_the_record_says_by_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def go_on(store: Any, held: Any, epoch: int) -> Any:
        for _ in range(20):         # thinks long before it acts
            seen = store.read()
        return store.swap(seen.revision, record.Record(held.record.writer, epoch, seen.record.counter + 1)) if seen.record else None
    monkeypatch.setattr(record, "go_on", go_on)


def _offered_beside_a_predecessor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider's failover has brought a new server a moment ago, and the row of the one before is still valid."""
    tend = Release.tend

    def only_own(self: Release, store: Any, seen: Any) -> Any:
        gate, self._gate = self._gate, OwnRowOnly(self._gate)
        try:
            return tend(self, store, seen)
        finally:
            self._gate = gate
    monkeypatch.setattr(Release, "tend", only_own)


class OwnRowOnly:
    def __init__(self, gate: Any) -> None:
        self.retire, self._gate = gate.retire, gate

    def look(self) -> Any:
        look = self._gate.look()
        return replace(look, rows=tuple(row for row in look.rows if row is look.own))


def _takes_what_was_not_offered_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(store: Any, sight: Any, site: str, timing: Any, clock: Any) -> Any:
        seen = store.read()
        return store.swap(seen.revision, record.Record(site, seen.record.epoch + 1, 1)) or seen if seen.record else seen
    monkeypatch.setattr(record, "take", take)


@pytest.mark.parametrize("plant", [
    _impatient, _clock_after_renewal, _swap_on_whatever_is_there, _gate_moves_without_renewal, _claim_what_vanished,
    _gate_without_margin_for_clocks, _closed_instead_of_retired, _offered_before_it_stopped, _writes_on_whatever_the_record_says_by_now,
    _takes_what_was_not_offered_to_it, pytest.param(_offered_beside_a_predecessor, marks=pytest.mark.long),
])
def test_a_planted_bug_is_caught(plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(play(seed).world.violations for seed in range(PLANTED)), "no schedule noticed"


def test_timing_is_what_the_simulation_assumes() -> None:
    assert replace(TIMING, beat=0.25) == Timing()
