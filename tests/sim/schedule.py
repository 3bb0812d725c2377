# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One seeded world of two sites: agents, actors, operators who are wrong, buyers; and what must never be seen in it.

Two gates are never valid at the same instant, nobody acknowledges a purchase while the other site may write, and what follows a switch comes
after it, touches no true writer, and is done in the end. Nobody sells by a copy that is not proven equal, and nobody who could know better takes
a record that was set back.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards, chain, record
from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import Limits
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .astray import stop_copying
from .buyer import Buyer
from .copying import Line, Sale
from .disks import FakeLedger, MemoryLines
from .fakes import Box, FakeStore, FakeWishes
from .following import Marker, Wished
from .glass import Glass
from .history import History
from .hosts import TIMING, Host
from .past import Past
from .world import Process, Simulation

QUICK = Timing(ttl=3.0, margin=0.6, renew=0.7)      # what a site may go by that was not, or not yet, told of a change
LENGTH = 75.0
# A database's clock steps back by less than so many margins: the gate shuts one before the TTL ends, and who waits for it waits one longer. A
# step by more than both together is more than the switch can bear.
STEPS_BACK_BY = 2.0
SITES = ("nhn", "aws")
SET_BACK = "the record is set back"


class Schedule:
    """One world; `takeovers` counts switches that opened a gate, `planned` those of them that the writer was asked for; `stopped`: copies that
    somebody stopped while an address of the other site led to them. `calm`: after all the trouble so long nothing goes wrong, and by its end somebody
    must be selling, or a person must have been needed. `lost`: the store is, for good, and a person makes the record anew (glass.py).
    """

    def __init__(self, seed: int, only: Collection[str] | None = None, calm: float = 0.0, lost: bool = False) -> None:
        self.world = world = Simulation(seed, LENGTH, calm, only)
        self.store = FakeStore(world)
        first = Box(world, "nhn", None)
        self.boxes = {"nhn": first, "aws": Box(world, "aws", first.database)}
        self.history = History(world, self.store, self.boxes)
        for box in self.boxes.values():
            box.database.changed = partial(self._check, box)
            box.database.applied = partial(self.history.applied, box)
        self.wishes = FakeWishes(self.store)
        self.takeovers = self.planned = self.stopped = 0
        self.limits = Limits(takeovers=world.dice("limits").choice((1, 1, 2, 3)))       # within so short a time nobody comes to three
        self.met: set[str] = set()                      # names of verdicts that anybody's actor has come to
        self.ledger = FakeLedger(self.store)
        self.disks: dict[str, MemoryLines] = {}         # by the node that keeps its journal there
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
            rare = world.dice(f"rare trouble with the database of {site}").random()         # as it leaves little room for anything else
            box.database.stuck = self._spans(f"{site} cannot apply what arrives", 40, "stuck") if rare < 0.4 else []
            box.database.line = Line(delay, stalls, [*self._spans(f"{site} applies nothing", 8, "busy"), *box.database.stuck])
            box.database.silent = self._spans(f"the database of {site} is silent", 60, "silent database") if 0.2 < rare < 0.5 else []
        self.dark = {site: self._spans(f"the edge of {site} is dark", 20, "dark") for site in SITES}
        vanishes, at = dice.random() < 0.1, dice.uniform(20, LENGTH)
        if vanishes and world.happens("the record vanishes"):
            self.store.vanishes = at
        past = world.dice("the past of the record")
        falls, when, far = past.random() < 0.1, past.uniform(10, LENGTH - 20), past.random() < 0.5
        if falls and world.happens(SET_BACK):
            self.store.past = Past(when, far)
        # Only who stands by needs a marker: names lead to the other one until it is there.
        markers = {"aws": Marker(self._spans("the marker gives no answer", 40, "marker"))}
        self.sites = {site: Site(self, site, markers.get(site)) for site in SITES}
        for each in self.sites.values():
            each.live()
        self.glass = Glass(self) if lost else None
        if self.glass:
            world.spawn(self.glass.live)

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
        for node, disk in self.disks.items():
            self._check_journal(node, disk)
        if self.world.calm:
            self._check_calm()

    def _check_calm(self) -> None:
        held = self.store.now.record
        selling = [site for site, box in self.boxes.items() if box.valid_until() > self.world.now]
        if held is None or not {"the record vanishes", SET_BACK}.isdisjoint(self.world.happened):
            return                          # a person has to claim it, or to restore it
        if selling != [held.writer]:
            self.world.violated(f"after {self.world.calm:g} s of calm nobody sells, and the record says {record.describe(self.store.now)}")
        else:
            self._check_done(self.sites[held.writer])

    def _check_done(self, site: Site) -> None:
        """Whatever a switch to it began, by whichever host, has come to its end."""
        kept = [Journal(host.disk, lambda: 0.0) for host in site.hosts if not host.gone]
        latest = max((journal for journal in kept if journal.made()), key=lambda journal: (journal.made() or {})["epoch"], default=None)
        if latest and (left := latest.left(afterwards.NAMES)):
            self.world.violated(f"after {self.world.calm:g} s of calm the switch to {site.name} has this left to do: {', '.join(left)}")
        taken = self.store.taken.get(site.name)
        if site.marker and taken and (site.marker.now or 0) < taken:
            self.world.violated(f"after {self.world.calm:g} s of calm {site.name} sells since epoch {taken}, and the marker says {site.marker.now}")

    def _check_journal(self, node: str, disk: MemoryLines) -> None:
        """Whoever was killed wherever: the chain on disk holds, and what was copied is what is there."""
        held = chain.read(disk.texts)
        for fault in held.faults:
            self.world.violated(f"the journal of {node} does not hold: {fault}")
        copied = [text for name, text in sorted(self.ledger.kept.items()) if name.startswith(f"{node}/")]
        if copied != disk.texts[:len(copied)]:
            self.world.violated(f"the copy of the journal of {node} is not what was written")

    def _check(self, box: Box) -> None:
        now = self.world.now
        self._check_proof(box)
        self._cut_when_it_hurts(box)
        if box.valid_until() <= now:
            return
        box.opened.add(int(now))
        if box.database.unfinished():
            self.world.violated(f"{box.site} sells by a copy from which somebody has taken rows")
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
        box.let_go, box.let_go_at = own.epoch, self.world.now
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
        # A reign begins one epoch after the one for which somebody has said so, and two after it where its holder has let go.
        if self.glass and (box.reigned, box.site) == (self.glass.epoch, self.glass.writer):
            return                      # it goes on, by rows that are its own
        if box.reigned > record.FIRST_EPOCH and not box.proven and not {box.reigned - 1, box.reigned - 2} & box.said:
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


class Site:
    """Everybody at one site. `whole`: its hosts that do all that a host does, where there are two of them. `marker`: None where it needs none."""

    def __init__(self, schedule: Schedule, name: str, marker: Marker | None) -> None:
        self.schedule, self.name, self.marker = schedule, name, marker
        self.world = world = schedule.world
        self.box = schedule.boxes[name]
        self.dice = world.dice(name)
        cuts: list[tuple[float, float, str]] = []
        for number in range(self.dice.randrange(3)):
            start, seconds, way = self.dice.uniform(5, LENGTH), self.dice.uniform(1, 40), self.dice.choice(("in", "out", "both"))
            if world.happens(f"{name} is cut off {number} ({way})", "cut"):
                cuts.append((start, min(start + seconds, LENGTH), way))
        self.timings = (TIMING, TIMING)             # before and after a moment, for whoever starts then
        dice, turns = world.dice(f"timing of {name}"), [(TIMING, QUICK), (QUICK, TIMING), (QUICK, QUICK)]
        self.turns = dice.uniform(0, LENGTH)
        # Mostly both or neither, as when somebody rolls out a change.
        if dice.random() < (0.8 if world.dice("timing").random() < 0.25 else 0.05) and world.happens(f"{name} goes by another timing"):
            self.timings = dice.choice(turns)
        lost: list[tuple[float, float, str]] = []
        away, start, seconds = self.dice.random() < 0.4, self.dice.uniform(5, LENGTH - 20), self.dice.uniform(15, 40)
        if self.timings[0] is not self.timings[1]:      # when it matters most what the gate was opened by, or has not been renewed by yet
            away, start = True, self.turns + self.dice.uniform(0.1, self.dice.choice((0.4, 4)))
        if away and world.happens(f"every agent of {name} is cut off"):      # and its database is not: whoever comes in can still buy there
            lost.append((start, min(start + seconds, LENGTH), "both"))
        self.capacity = Wished(world, self.box)
        self.hosts = [Host(self, "", Process(world, f"agent of {name}", cuts=[*cuts, *lost]), [])]
        self.whole: list[Host] = []
        if self.dice.random() < 0.5 and world.happens(f"{name} has a second agent"):
            whole = world.dice(f"second host of {name}").random() < 0.5
            astray = [] if whole else self._astray()
            self.hosts.append(Host(self, "second ", Process(world, f"second agent of {name}", cuts=lost), astray))
            if whole and world.happens(f"the second host of {name} is a whole one"):
                self.whole = list(self.hosts)

    def _astray(self) -> list[tuple[float, float]]:
        """When the second agent's address leads to the other site's database: seldom, as such an agent is of no use then."""
        dice = self.world.dice(f"address of the second agent of {self.name}")
        seldom, start, seconds = dice.random() < 0.2, dice.uniform(0, LENGTH), dice.uniform(5, 60)
        if not (seldom and self.world.happens(f"the second agent of {self.name} is led to the other site's database", "astray")):
            return []
        if dice.random() < 0.5 and self.world.happens(f"the copy that the second agent of {self.name} is led to is stopped", "halt"):
            seconds += 20.0                     # until every row in it has run out, and for a while from then on
            self.world.spawn(partial(self._stopped_copy, start, min(start + seconds, LENGTH)))
        return [(start, min(start + seconds, LENGTH))]

    def _stopped_copy(self, start: float, end: float) -> None:
        self.world.sleep(start)
        other = next(box for site, box in self.schedule.boxes.items() if site != self.name)
        self.schedule.stopped += stop_copying(other, end)

    @property
    def timing(self) -> Timing:
        return self.timings[self.world.now >= self.turns]

    def live(self) -> None:
        world = self.world
        for host in self.hosts:
            host.live(whole=not host.called or host in self.whole)
        for host in self.whole:
            host.look_beside()
        for run in (self._fail_over_inside, self._step_clock_back, self._made_a_copy, self._repaired, self._roll_out):
            world.spawn(run)
        buyer = Buyer(Process(world, f"buyer at {self.name}", pause=0.05), self.box, partial(self.schedule.history.committed, self.box),
                      partial(self.schedule.acknowledged, self.box))
        self.schedule.buyers.append(buyer)
        world.spawn(buyer.live)

    def _roll_out(self) -> None:
        """The other timing: the agent starts anew with it, and is back before anybody could miss it."""
        self.world.sleep(self.turns)
        first = self.hosts[0]
        if self.timings[0] is not self.timings[1] and not first.gone:
            self.world.tell(f"{self.name} goes by another timing")
            first.start()
            self.world.ring(first.bell)         # it looks at once

    def _step_clock_back(self) -> None:
        """As a time service does that corrects a database's clock: at any time, or when it hurts most, in the last seconds of a gate that nobody
        renews any more. Never twice within one validity.
        """
        world, dice, number = self.world, self.world.dice(f"clock steps of {self.name}"), 0
        margin = min(timing.margin for timing in self.timings)
        while True:
            world.sleep(dice.uniform(TIMING.ttl + TIMING.margin, LENGTH / 3))
            number, last = number + 1, dice.uniform(0.0, TIMING.gate_valid)
            seconds = STEPS_BACK_BY * margin * dice.choice((0.99, dice.random()))
            while last < TIMING.gate_valid - TIMING.renew and not 0.0 < (left := self.box.valid_until() - world.now) <= last:
                world.sleep(max(left - last, TIMING.beat) if left > last else TIMING.renew)
            if world.happens(f"the clock of {self.name} steps back {number}", "clock"):
                world.tell(f"the database clock of {self.name} steps back by {seconds:.2f} s")
                self.box.ahead -= seconds
                self.schedule._check(self.box)

    def _fail_over_inside(self) -> None:
        dice, number = self.world.dice(f"provider of {self.name}"), 0
        while dice.random() < 0.6:
            self.world.sleep(dice.uniform(5, LENGTH / 2))
            number += 1
            if self.box.database.source is None and self.world.happens(f"failover inside {self.name} {number}", "failover"):
                self.world.tell(f"{self.name} has a new database server")
                self.box.replace_server()

    def _made_a_copy(self) -> None:
        """Somebody has this site follow the one that writes, so that the service can go home, and compares both a while later."""
        dice, number, here = self.world.dice(f"copy at {self.name}"), 0, self.box.database
        there = next(box for site, box in self.schedule.boxes.items() if site != self.name)
        while True:
            self.world.sleep(dice.uniform(2, 8))
            held = self.schedule.store.now.record
            self.box.proven = self.box.proven or here.source is not None
            if here.source or there.database.source or held is None or held.writer != there.site or self.box.valid_until() > self.world.now:
                continue
            number += 1
            if self.world.happens(f"{self.name} is made a copy {number}"):
                self.world.tell(f"{self.name} is made a copy of {there.site}")
                here.follow(there.database)
                self.box.proven = False

    def _repaired(self) -> None:
        """Somebody repairs the copy here: he takes rows out, and brings them anew. Never at a writer, and who takes the record finds it begun."""
        here = self.box.database
        for start, end in self.schedule._spans(f"the copy at {self.name} is repaired", 10, "repair"):
            self.world.sleep(max(0.0, start - self.world.now))
            held = self.schedule.store.now.record
            if here.source and held and held.writer != self.name and self.box.valid_until() <= self.world.now < end:
                self.world.tell(f"the copy at {self.name} is being repaired for {end - self.world.now:.1f} s")
                here.torn_until = end


def play(seed: int, only: Collection[str] | None = None, calm: float = 0.0, lost: bool = False) -> Schedule:
    """One world, to its end. Raises AssertionError when one of its processes met an error that nobody foresaw."""
    schedule = Schedule(seed, only, calm, lost)
    schedule.play()
    return schedule
