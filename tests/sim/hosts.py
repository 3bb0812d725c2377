# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One agent host of a simulated site: its agent, and where it is a whole one its actor, its journal, and operators who come in by it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards, record, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.actor import AUTOMATIC, Actor
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.beside import Beside
from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import ACCEPT_FLAPPING, ACCEPT_LAG, ACCEPT_UNPROVEN
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import UNASKED, Busy
from ansible_collections.multicloud.dr.plugins.module_utils.switch.memory import Forgetful
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import Mirror
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Observations, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.remembered import Known
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .astray import Address
from .careful import Careful, Sessions, WatchedGate, WatchedStore
from .disks import HostJournal, MemoryLines
from .fakes import Standalone
from .following import OtherBox, Wished
from .seeing import Eyes
from .wires import HolderStore, LettingGo, Remote, remote_gate, remote_store
from .world import Bell, Killed, Process

if TYPE_CHECKING:
    from .schedule import Site

TIMING = Timing()


class Host:
    """`called`: "" for the first of its site, "second " for the other. `process`: its agent's. `beside`: what other hosts of the site wrote down, by
    etcd's copies; None where there are none. `gone`: it is lost for good. `astray`: when its agent's address leads to the other site's database.
    """

    def __init__(self, site: Site, called: str, process: Process, astray: list[tuple[float, float]]) -> None:
        self.site, self.called, self.process = site, called, process
        self.schedule, self.world, self.box = site.schedule, site.world, site.box
        self.address = Address(self.box, next(box for box in self.schedule.boxes.values() if box is not self.box), astray)
        self.memory = Forgetful()           # this host's disk: outlives its agents
        self.disk = MemoryLines()
        self.node = f"{site.name}.{called.strip() or 'first'}"
        self.bell = Bell()                  # wakes its record's pass
        self.agents: list[Agent] = []
        self.beside: Beside | None = None
        self.gone = False
        self.alone = 0                      # times that a switch which asked nobody opened the gate from here, and told so
        self.eyes = Eyes(self)
        self.backups = Wished(self.world, self.box)
        self._runs = 0
        self._known = -1                    # lines that etcd had when it was asked for them last
        self._named: set[str] = set()       # every override that an operator here has ever said

    def live(self, whole: bool) -> None:
        """`whole`: it does all that a host does, and not its record's pass alone."""
        self.start()
        self.world.spawn(self._tend_record)
        if whole:
            self.schedule.disks[self.node] = self.disk
            for run in (self._tend_gate, self._operator, self._actor, self._afterwards):
                self.world.spawn(run)

    def look_beside(self) -> None:
        """There is another whole host: ask now and again for what it has written down."""
        journal, kept = self.journal(self.process), self.schedule.ledger.kept

        def ask() -> list[tuple[str, ...]]:
            heard = journal.beside()
            self._known = len(kept)
            return heard
        self.beside = Beside(ask)
        self.world.spawn(self._look_beside)

    def start(self) -> None:
        """An agent begins, without memory."""
        process = self.process
        self.agents[:] = [Agent(
            self.site.name, "nhn", self.site.timing, store=HolderStore(process, self.schedule, self.site.name, self.site.timing),
            gate=LettingGo(process, self.address), pulse=remote_gate(process, self.address), clock=process.clock,
            sessions=remote_gate(process, self.address), wishes=remote_store(process, self.schedule.wishes), memory=self.memory,
            hurry=partial(self.world.ring, self.bell), unnamed=self._unnamed)]

    def _unnamed(self) -> tuple[str, str] | None:
        """What the other site's agent says of its copy, where the link carries that."""
        other = next(box for box in self.schedule.boxes.values() if box is not self.box)
        silent = any(start <= self.world.now < end for start, end in self.schedule.links) or other.database.silent_since() is not None
        return None if silent or not other.database.source or other.database.whose() else (other.database.server_uuid, other.site)

    def journal(self, process: Process) -> HostJournal:
        """The one of this host, as that process reads and writes it."""
        return HostJournal(self.disk, process.clock, Mirror(remote_store(process, self.schedule.ledger), self.node, process.clock))

    def _tend_record(self) -> None:
        process = self.process
        dice, passes = self.world.dice(f"{process.name} tend_record"), 0
        while not self.gone:
            self.world.sleep(self.agents[0].tend_record(), self.bell)
            passes += 1
            dies, seconds = dice.random() < 0.04, dice.uniform(0.1, 50)
            if dies and self.world.happens(f"{process.name} dies after pass {passes}", "death"):
                self.world.tell(f"{process.name} dies and comes back in {seconds:.1f} s, without memory")
                process.down = True
                self.world.sleep(seconds)
                process.down = False
                self.start()

    def _tend_gate(self) -> None:
        while not self.gone:
            self.world.sleep(self.leisurely(TIMING.beat if self.process.down else self.agents[0].tend_gate()))

    def leisurely(self, pause: float) -> float:
        """Nothing hangs on quick passes once all is calm, and they take long to play."""
        return pause if self.world.now < self.world.trouble else max(pause, TIMING.renew)

    def _look_beside(self) -> None:
        dice = self.world.dice(f"{self.called}journals beside at {self.site.name}")
        while not self.gone and self.beside:
            if self._known != len(self.schedule.ledger.kept):       # else it would hear what it has heard
                self.beside.refresh()
                self.eyes.heard += 1
            self.world.sleep(dice.uniform(5, 60))

    def _actor(self) -> None:
        """Acts by itself on what the agent of this host sees, beside everybody else who does."""
        dice = self.world.dice(f"{self.called}actor of {self.site.name}")

        def switch() -> Any:
            on = self.switch("actor")
            return self._counted(on, steps.run(on))

        actor = Actor(AUTOMATIC, lambda: self.eyes.judge(self.agents[0].sight, self.site.timing), switch, say=lambda _said: None, pause=TIMING.beat)
        while not self.gone:
            try:
                self.world.sleep(self.leisurely(TIMING.beat if self.process.down else actor.tend()))
            except Killed:
                self.world.sleep(dice.uniform(0.1, 20))

    def _afterwards(self) -> None:
        """Goes on with what a switch has left to do."""
        dice = self.world.dice(f"{self.called}afterwards at {self.site.name}")
        while not self.gone:
            self.world.sleep(dice.uniform(1, 5))
            try:
                for _step in afterwards.tend(self.switch("agent", pause=0.1)):      # it has time, and the world goes on meanwhile
                    pass
            except (record.Unanswered, Busy, GateSilent, Killed):
                continue

    def _operator(self) -> None:
        """Tries to make his site the writer whenever he feels like it, on observations that need not be true; is killed now and then. What he is
        told to say by name he says at times, and never again takes back.
        """
        who = f"{self.called}operator of {self.site.name}"
        dice, tries, says = self.world.dice(who), 0, self.world.dice(f"{who} says")
        while not self.gone:
            self.world.sleep(dice.uniform(0.5, 3))
            tries += 1
            planned = dice.random() < 0.8
            if not self.world.happens(f"{who} tries {tries}"):
                continue
            try:
                self._run(planned)
            except steps.SwitchRefused as refused:
                wanted = refused.found.override
                if wanted and says.random() < 0.1 and self.world.happens(f"{who} says {wanted} at try {tries}", "override"):
                    self.world.tell(f"{who} says {wanted}")
                    self._named.add(wanted)

    def _run(self, planned: bool) -> None:
        on = self.switch("operator", planned=planned)
        on.overrides = frozenset(self._named)
        try:
            for _step in self._counted(on, steps.run(on)):
                pass
        except (steps.StepFailed, record.Unanswered, record.Refused, Busy, Killed):
            return

    def _counted(self, on: steps.Switch, run: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        asked = unasked = False
        for step in run:
            asked = asked or step["name"] == "catch_up"
            if step["name"] == "judge":
                unasked = str(step["detail"]).partition(":")[0] in UNASKED      # and not one that only goes on, whoever was asked before
                self.box.said |= _named_for(on, ACCEPT_UNPROVEN)
                self.box.said_behind |= _named_for(on, ACCEPT_UNPROVEN, ACCEPT_LAG)
            if step["changed"]:
                self.world.tell(f"switch to {self.site.name}: {step['name']}: {step['detail']}")
            unasked = unasked and (on.epoch is not None or step["name"] == "judge")     # else it tells what another run has done
            if step["name"] == "take_record" and step["changed"] and unasked:
                self._took(on)
            if step["name"] == "open_gate" and step["changed"]:
                self.alone += unasked
                self.schedule.takeovers += 1
                self.schedule.planned += asked
            yield step

    def _took(self, on: steps.Switch) -> None:
        """The record, without asking for it."""
        limit, before = self.schedule.limits.takeovers, (on.epoch or 0) - 1
        if self.alone >= limit and f"{ACCEPT_FLAPPING}:{before}" not in on.overrides:
            self.world.violated(f"{self.site.name} takes over once more, after {self.alone} times (limit {limit}), and nobody has said that it may")

    def lost(self) -> None:
        """For good, with whoever runs a switch on it."""
        self.gone = self.process.down = True
        self.world.tell(f"the {self.called or 'first '}host of {self.site.name} is lost")
        raise Killed

    def switch(self, who: str, *, planned: bool = False, pause: float = 0.01) -> steps.Switch:
        """A switch to this site from this host."""
        world, schedule, site, box = self.world, self.schedule, self.site, self.box
        other = next(each for each in schedule.boxes.values() if each is not box)
        self._runs += 1
        # Who asks a writer that lives and waits for it has many moments in which he can be killed.
        process = Process(world, f"{self.called}{who}'s switch {self._runs} to {site.name}", kill=0.003 if planned else 0.01, pause=pause,
                          cuts=self.process.cuts)
        process.offset = self.process.offset           # same host, same clock
        own: list[record.Sight] = []
        timing, careful = site.timing, Careful(process, schedule.store, box, lambda: on.epoch, self.memory.highest)
        store = WatchedStore(process, schedule.store, careful)

        def look() -> tuple[Observations, record.Sight]:
            known = Known(self.memory.highest(), () if box.database.silent_since() is not None else tuple(box.database.rows.values()))
            sight = record.look(store, own[0] if own else self.agents[0].sight, timing, process.clock, known)
            own[:] = [sight]
            careful.looks()
            return self.eyes.look(sight, process.clock(), timing), sight

        on = steps.Switch(
            site=site.name, timing=timing, store=store, gate=WatchedGate(process, box.database, careful),
            database=Standalone(box.database, careful), sessions=Sessions(process, box.database, careful),
            latch=Remote(process, site.marker.by(self, careful), OSError) if site.marker else None, look=look,
            writer_answers=lambda: Saw(True), journal=self.journal(process), clock=process.clock, wall=process.clock, sleep=world.sleep,
            wishes=remote_store(process, schedule.wishes), planned=planned, limits=schedule.limits,
            capacity=Remote(process, site.capacity, OSError), backups=Remote(process, self.backups, OSError),
            other=Remote(process, OtherBox(schedule.store, other, schedule.links), GateSilent), remembers=self.memory.highest,
            watched=(lambda: self.agents[0].sight) if who == "actor" else lambda: None)      # who comes in sees with eyes of his own
        return on


def _named_for(on: steps.Switch, *names: str) -> set[int]:
    """The epoch of the record for which somebody has said one of these; nothing when nobody has."""
    held = on.sight.seen.record if on.sight else None
    return {held.epoch} if held and not on.overrides.isdisjoint(f"{name}:{held.epoch}" for name in names) else set()
