# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One seeded world of two sites: agents, actors, operators who are wrong, buyers; and what must never be seen in it.

Two gates are never valid at the same instant, nobody acknowledges a purchase while the other site may write, and what follows a switch comes
after it, touches no true writer, and is done in the end. Nobody sells by a copy that is not proven equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards, chain, record, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.actor import AUTOMATIC, Actor
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy, Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.memory import Forgetful
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import Mirror
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Observations, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .buyer import Buyer
from .copying import Line, Sale
from .fakes import (
    Box,
    FakeLedger,
    FakeStore,
    FakeWishes,
    HolderStore,
    HostJournal,
    LettingGo,
    MemoryLines,
    Remote,
    Standalone,
    remote_gate,
    remote_store,
)
from .following import OtherBox, Wished
from .history import History
from .seeing import Eyes
from .world import Bell, Killed, Process, Simulation

TIMING = Timing()
QUICK = Timing(ttl=3.0, margin=0.6, renew=0.7)      # what a site may go by that was not, or not yet, told of a change
LENGTH = 75.0
# A database's clock steps back by less than so many margins: the gate shuts one before the TTL ends, and who waits for it waits one longer. A
# step by more than both together is more than the switch can bear.
STEPS_BACK_BY = 2.0
SITES = ("nhn", "aws")


class Schedule:
    """One world; `takeovers` counts switches that opened a gate, `planned` those of them that the writer was asked for. `calm`: after all the
    trouble so long nothing goes wrong, and by its end somebody must be selling, or a person must have been needed.
    """

    def __init__(self, seed: int, only: Collection[str] | None = None, calm: float = 0.0) -> None:
        self.world = world = Simulation(seed, LENGTH, calm, only)
        self.store = FakeStore(world)
        first = Box(world, "nhn", None)
        self.boxes = {"nhn": first, "aws": Box(world, "aws", first.database)}
        self.history = History(world, self.store, self.boxes)
        for box in self.boxes.values():
            box.database.changed = partial(self._check, box)
            box.database.applied = partial(self.history.applied, box)
        self.wishes = FakeWishes(self.store)
        self.takeovers = self.planned = 0
        self.ledger = FakeLedger(self.store)
        self.disks: dict[str, MemoryLines] = {}
        self.buyers: list[Buyer] = []
        dice = world.dice("store")
        for number in range(dice.randrange(3)):
            start, seconds = dice.uniform(5, LENGTH), dice.uniform(1, 30)
            if world.happens(f"quorum lost {number}", "quorum"):
                self.store.silent.append((start, min(start + seconds, LENGTH)))
        self.links: list[tuple[float, float]] = []
        dice_of_link = world.dice("link")
        for number in range(dice_of_link.randrange(1, 4)):
            start, seconds = dice_of_link.uniform(0, LENGTH), dice_of_link.uniform(10, 50)
            if world.happens(f"the link is cut {number}", "link"):
                self.links.append((start, min(start + seconds, LENGTH)))
        delay = world.dice("replication").choice((0.02, 0.2, 0.6))
        for site, box in self.boxes.items():
            stalls = [*self.links, *self._spans(f"replication to {site} stalls", 15, "stall")]
            box.database.line = Line(delay, stalls, self._spans(f"{site} applies nothing", 8, "busy"))
        vanishes, at = dice.random() < 0.1, dice.uniform(20, LENGTH)
        if vanishes and world.happens("the record vanishes"):
            self.store.vanishes = at
        for site in SITES:
            _Site(self, site).live()

    def _spans(self, event: str, most: float, kind: str) -> list[tuple[float, float]]:
        """When that goes on, up to `most` seconds each time."""
        dice, found = self.world.dice(event), []
        for number in range(dice.randrange(3)):
            start, seconds = dice.uniform(0, LENGTH), dice.uniform(1, most)
            if self.world.happens(f"{event} {number}", kind):
                found.append((start, min(start + seconds, LENGTH)))
        return found

    def play(self) -> None:
        self.world.run()
        if self.world.crashes:
            raise AssertionError(f"seed {self.world.seed}: {self.world.crashes[0]!r}") from self.world.crashes[0]
        for site, disk in self.disks.items():
            self._check_journal(site, disk)
        if self.world.calm:
            self._check_calm()

    def _check_calm(self) -> None:
        held = self.store.now.record
        selling = [site for site, box in self.boxes.items() if box.valid_until() > self.world.now]
        if held is None or "the record vanishes" in self.world.happened:
            return                          # a person has to claim it, or to restore it
        if selling != [held.writer]:
            self.world.violated(f"after {self.world.calm:g} s of calm nobody sells, and the record says {record.describe(self.store.now)}")
        elif left := Journal(self.disks[held.writer], lambda: 0.0).left(afterwards.NAMES):
            self.world.violated(f"after {self.world.calm:g} s of calm the switch to {held.writer} has this left to do: {', '.join(left)}")

    def _check_journal(self, site: str, disk: MemoryLines) -> None:
        """Whoever was killed wherever: the chain on disk holds, and what was copied is what is there."""
        held = chain.read(disk.texts)
        for fault in held.faults:
            self.world.violated(f"the journal of {site} does not hold: {fault}")
        copied = [text for name, text in sorted(self.ledger.kept.items()) if name.startswith(f"{site}/")]
        if copied != disk.texts[:len(copied)]:
            self.world.violated(f"the copy of the journal of {site} is not what was written")

    def _check(self, box: Box) -> None:
        now = self.world.now
        self._check_proof(box)
        self._cut_when_it_hurts(box)
        if box.valid_until() <= now:
            return
        box.opened.add(int(now))
        if (row := box.database.rows.get(box.database.server_uuid)) and row.valid_until > box.database.clock():
            self.history.opened(box, row.epoch)
        box.succeeded += bool(box.replaced) and box.database.valid_until() > 0 and max(box.replaced) - 1e6 - box.ahead > now
        for other in self.boxes.values():
            if other is not box and other.valid_until() > now:
                self.world.violated(f"{box.site} is open while {other.site} is until {other.valid_until():.3f} s")

    def _cut_when_it_hurts(self, box: Box) -> None:
        """A tunnel that dies a moment after a gate was retired: the row that says so has arrived, and what is waited for has not been committed."""
        own = box.database.rows.get(box.database.server_uuid)
        if own is None or own.valid_until or own.epoch <= box.let_go:
            return
        box.let_go = own.epoch
        other = next(each for each in self.boxes.values() if each is not box)
        dice = self.world.dice(f"{box.site} lets go at {own.epoch}")
        start, seconds = self.world.now + other.database.line.delay + dice.uniform(0.01, 0.5), dice.uniform(0.5, 3.0)
        if dice.random() < 0.4 and self.world.happens(f"replication to {other.site} stalls while {box.site} lets go at {own.epoch}"):
            other.database.line.stall(start, start + seconds)

    def _check_proof(self, box: Box) -> None:
        """The very first writer is nobody's copy, and who writes on after an offer that came to nothing is his own."""
        until = box.database.valid_until()
        if box.epoch() <= box.reigned or 0 < until <= box.database.clock():     # a word that comes too late opens nothing
            return
        box.reigned = box.epoch()
        if not until:                   # it was retired
            return
        if box.reigned > record.FIRST_EPOCH and not box.proven:
            self.world.violated(f"{box.site} sells by a copy that nobody has compared, and nobody has said that it may")
        box.proven = False

    def acknowledged(self, box: Box, epoch: int, sale: Sale | None) -> None:
        """A buyer at `box` was told that he has his seat, which was sold in the reign of `epoch`. If that was ended by its holder since, everything
        sold in it had arrived at the other site before that one was opened: a reply that was on its way meanwhile is late, and true.
        """
        self.history.told(box, sale)
        if box.epoch() > epoch:
            return
        for other in self.boxes.values():
            if other is not box and other.valid_until() > self.world.now:
                self.world.violated(f"{box.site} acknowledges a purchase while {other.site} is open until {other.valid_until():.3f} s")


class _Site:
    """Everybody at one site."""

    def __init__(self, schedule: Schedule, site: str) -> None:
        self.schedule, self.site = schedule, site
        self.world = world = schedule.world
        self.box = schedule.boxes[site]
        self.dice = world.dice(site)
        self.cuts: list[tuple[float, float, str]] = []
        for number in range(self.dice.randrange(3)):
            start, seconds, way = self.dice.uniform(5, LENGTH), self.dice.uniform(1, 40), self.dice.choice(("in", "out", "both"))
            if world.happens(f"{site} is cut off {number} ({way})", "cut"):
                self.cuts.append((start, min(start + seconds, LENGTH), way))
        self.timings = (TIMING, TIMING)             # before and after a moment, for whoever starts then
        dice, turns = world.dice(f"timing of {site}"), [(TIMING, QUICK), (QUICK, TIMING), (QUICK, QUICK)]
        self.turns = dice.uniform(0, LENGTH)
        # Mostly both or neither, as when somebody rolls out a change.
        if dice.random() < (0.8 if world.dice("timing").random() < 0.25 else 0.05) and world.happens(f"{site} goes by another timing"):
            self.timings = dice.choice(turns)
        self.lost: list[tuple[float, float, str]] = []
        lost, start, seconds = self.dice.random() < 0.4, self.dice.uniform(5, LENGTH - 20), self.dice.uniform(15, 40)
        if self.timings[0] is not self.timings[1]:      # when it matters most what the gate was opened by, or has not been renewed by yet
            lost, start = True, self.turns + self.dice.uniform(0.1, self.dice.choice((0.4, 4)))
        if lost and world.happens(f"every agent of {site} is cut off"):      # and its database is not: whoever comes in can still buy there
            self.lost.append((start, min(start + seconds, LENGTH), "both"))
        self.host = Process(world, f"agent of {site}", cuts=[*self.cuts, *self.lost])
        self.memory = Forgetful()           # this host's disk: outlives its agents
        self.disk = schedule.disks[site] = MemoryLines()
        self.eyes = Eyes(world, self.box, self.disk, HostJournal(self.disk, self.host.clock), schedule.links)
        self.agents: list[Agent] = []
        self.bell = Bell()                  # wakes its record's pass
        self.runs = 0
        self.capacity, self.backups = Wished(world, self.box), Wished(world, self.box)

    @property
    def timing(self) -> Timing:
        return self.timings[self.world.now >= self.turns]

    def live(self) -> None:
        world = self.world
        self._start(self.agents, self.host, self.memory, self.bell)
        if self.dice.random() < 0.5 and world.happens(f"{self.site} has a second agent"):
            second: list[Agent] = []
            beside, disk, bell = Process(world, f"second agent of {self.site}", cuts=self.lost), Forgetful(), Bell()
            self._start(second, beside, disk, bell)
            world.spawn(lambda: self._tend_record(second, beside, disk, bell))
        for run in (self._fail_over_inside, lambda: self._tend_record(self.agents, self.host, self.memory, self.bell), self._tend_gate,
                    self._step_clock_back, self._operator, self._actor, self._afterwards, self._made_a_copy, self._roll_out):
            world.spawn(run)
        buyer = Buyer(Process(world, f"buyer at {self.site}", pause=0.05), self.box, partial(self.schedule.history.committed, self.box),
                      partial(self.schedule.acknowledged, self.box))
        self.schedule.buyers.append(buyer)
        world.spawn(buyer.live)

    def _roll_out(self) -> None:
        """The other timing: the agent starts anew with it, and is back before anybody could miss it."""
        self.world.sleep(self.turns)
        if self.timings[0] is not self.timings[1]:
            self.world.tell(f"{self.site} goes by another timing")
            self._start(self.agents, self.host, self.memory, self.bell)
            self.world.ring(self.bell)          # it looks at once

    def _start(self, current: list[Agent], process: Process, memory: Forgetful, bell: Bell) -> None:
        schedule = self.schedule
        current[:] = [Agent(self.site, "nhn", self.timing, store=HolderStore(process, schedule.store, self.site),
                            gate=LettingGo(process, self.box.database), pulse=remote_gate(process, self.box.database), clock=process.clock,
                            sessions=remote_gate(process, self.box.database), wishes=remote_store(process, schedule.wishes), memory=memory,
                            hurry=partial(self.world.ring, bell))]

    def _tend_record(self, current: list[Agent], process: Process, memory: Forgetful, bell: Bell) -> None:
        dice, passes = self.world.dice(f"{process.name} tend_record"), 0
        while True:
            self.world.sleep(current[0].tend_record(), bell)
            passes += 1
            dies, seconds = dice.random() < 0.04, dice.uniform(0.1, 50)
            if dies and self.world.happens(f"{process.name} dies after pass {passes}", "death"):
                self.world.tell(f"{process.name} dies and comes back in {seconds:.1f} s, without memory")
                process.down = True
                self.world.sleep(seconds)
                process.down = False
                self._start(current, process, memory, bell)

    def _tend_gate(self) -> None:
        while True:
            self.world.sleep(self._leisurely(TIMING.beat if self.host.down else self.agents[0].tend_gate()))

    def _leisurely(self, pause: float) -> float:
        """Nothing hangs on quick passes once all is calm, and they take long to play."""
        return pause if self.world.now < self.world.trouble else max(pause, TIMING.renew)

    def _step_clock_back(self) -> None:
        """As a time service does that corrects a database's clock: at any time, or when it hurts most, in the last seconds of a gate that nobody
        renews any more. Never twice within one validity.
        """
        world, dice, number = self.world, self.world.dice(f"clock steps of {self.site}"), 0
        margin = min(timing.margin for timing in self.timings)
        while True:
            world.sleep(dice.uniform(TIMING.ttl + TIMING.margin, LENGTH / 3))
            number, last = number + 1, dice.uniform(0.0, TIMING.gate_valid)
            seconds = STEPS_BACK_BY * margin * dice.choice((0.99, dice.random()))
            while last < TIMING.gate_valid - TIMING.renew and not 0.0 < (left := self.box.valid_until() - world.now) <= last:
                world.sleep(max(left - last, TIMING.beat) if left > last else TIMING.renew)
            if world.happens(f"the clock of {self.site} steps back {number}", "clock"):
                world.tell(f"the database clock of {self.site} steps back by {seconds:.2f} s")
                self.box.ahead -= seconds
                self.schedule._check(self.box)

    def _fail_over_inside(self) -> None:
        dice, number = self.world.dice(f"provider of {self.site}"), 0
        while dice.random() < 0.6:
            self.world.sleep(dice.uniform(5, LENGTH / 2))
            number += 1
            if self.box.database.source is None and self.world.happens(f"failover inside {self.site} {number}", "failover"):
                self.world.tell(f"{self.site} has a new database server")
                self.box.replace_server()

    def _actor(self) -> None:
        """Acts by itself on what the agent of this site sees, beside everybody else who does."""
        dice = self.world.dice(f"actor of {self.site}")

        def switch() -> Any:
            on = self._switch("actor")
            return self._counted(on, steps.run(on))

        actor = Actor(AUTOMATIC, lambda: self.eyes.judge(self.agents[0].sight, self.timing), switch, say=lambda _said: None, pause=TIMING.beat)
        while True:
            try:
                self.world.sleep(self._leisurely(actor.tend()))
            except Killed:
                self.world.sleep(dice.uniform(0.1, 20))

    def _made_a_copy(self) -> None:
        """Somebody has this site follow the one that writes, so that the service can go home, and compares both a while later."""
        dice, number, here = self.world.dice(f"copy at {self.site}"), 0, self.box.database
        there = next(box for site, box in self.schedule.boxes.items() if site != self.site)
        while True:
            self.world.sleep(dice.uniform(2, 8))
            held = self.schedule.store.now.record
            self.box.proven = self.box.proven or here.source is not None
            if here.source or there.database.source or held is None or held.writer != there.site or self.box.valid_until() > self.world.now:
                continue
            number += 1
            if self.world.happens(f"{self.site} is made a copy {number}"):
                self.world.tell(f"{self.site} is made a copy of {there.site}")
                here.follow(there.database)
                self.box.proven = False

    def _afterwards(self) -> None:
        """Goes on with what a switch has left to do."""
        dice = self.world.dice(f"afterwards at {self.site}")
        while True:
            self.world.sleep(dice.uniform(1, 5))
            try:
                for _step in afterwards.tend(self._switch("agent", pause=0.1)):      # it has time, and the world goes on meanwhile
                    pass
            except (record.Unanswered, Busy, Killed):
                continue

    def _operator(self) -> None:
        """Tries to make his site the writer whenever he feels like it, on observations that need not be true; is killed now and then."""
        dice, tries = self.world.dice(f"operator of {self.site}"), 0
        while True:
            self.world.sleep(dice.uniform(0.5, 3))
            tries += 1
            planned = dice.random() < 0.8
            if not self.world.happens(f"operator of {self.site} tries {tries}"):
                continue
            on = self._switch("operator", planned=planned)
            try:
                for _step in self._counted(on, steps.run(on)):
                    pass
            except (steps.SwitchRefused, steps.StepFailed, record.Unanswered, record.Refused, Busy, Killed):
                continue

    def _counted(self, on: steps.Switch, run: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        asked = False
        for step in run:
            asked = asked or step["name"] == "catch_up"
            if step["changed"]:
                self.world.tell(f"switch to {self.site}: {step['name']}: {step['detail']}")
            if step["name"] == "open_gate" and step["changed"]:
                self.schedule.takeovers += 1
                self.schedule.planned += asked
            yield step

    def _switch(self, who: str, *, planned: bool = False, pause: float = 0.01) -> steps.Switch:
        """A switch to this site from its host."""
        world, schedule = self.world, self.schedule
        other = next(each for each in SITES if each != self.site)
        self.runs += 1
        # Who asks a writer that lives and waits for it has many moments in which he can be killed.
        process = Process(world, f"{who}'s switch {self.runs} to {self.site}", kill=0.003 if planned else 0.01, pause=pause, cuts=self.host.cuts)
        process.offset = self.host.offset           # same host, same clock
        own: list[record.Sight] = []
        timing = self.timing

        def look() -> tuple[Observations, record.Sight]:
            sight = record.look(remote_store(process, schedule.store), own[0] if own else self.agents[0].sight, timing, process.clock)
            own[:] = [sight]
            return self.eyes.look(sight), sight

        journal = HostJournal(self.disk, process.clock, Mirror(remote_store(process, schedule.ledger), self.site, process.clock))
        return steps.Switch(
            site=self.site, timing=timing, store=remote_store(process, schedule.store), gate=remote_gate(process, self.box.database),
            database=Standalone(self.box.database), sessions=remote_gate(process, self.box.database), latch=None, look=look,
            writer_answers=lambda: Saw(True), journal=journal, clock=process.clock, wall=process.clock, sleep=world.sleep,
            wishes=remote_store(process, schedule.wishes), planned=planned,
            capacity=Remote(process, self.capacity, OSError), backups=Remote(process, self.backups, OSError),
            other=Remote(process, OtherBox(schedule.store, schedule.boxes[other], schedule.links), GateSilent))


def play(seed: int, only: Collection[str] | None = None, calm: float = 0.0) -> Schedule:
    """One world, to its end. Raises AssertionError when one of its processes met an error that nobody foresaw."""
    schedule = Schedule(seed, only, calm)
    schedule.play()
    return schedule
