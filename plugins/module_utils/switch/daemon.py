# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent as a service: `python3 -m multicloud_dr.switch.daemon [CONFIG]`, under systemd with Type=notify.

Sixteen loops (record, gate, witness, the writer's edge, our own, the record's members, the other agent, the way there, the journal, the other
clock, acting and whether another process does, what follows a switch, what is on this disk, news of the record, whether a copy is kept out, and
how ready both sites are) and one HTTP server for each address. SIGTERM ends it and touches nothing: a restart must not close sales, and a gate
nobody renews closes by itself. To close it on purpose, put the site into maintenance first.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ..aloud import aloud
from . import afterwards, backup_wish, probes, running, steps, verdict, web
from .actor import Actor
from .agent import Agent
from .askers import Askers
from .assembly import make_switch
from .beside import Beside
from .config import CONFIG, Config, read_config
from .console.outlook import Outlook, Sources
from .databases import LocalSessions, Tables, connect_database, connect_peer, make_gate
from .edge_watch import EdgeWatch, Watch
from .gate import GateSilent
from .journal import Busy, FileLines, Journal, LastRead
from .mirror import JournalView
from .observations import Look, NoAnswer, NotLooked, Observations, Saw, to_plain
from .parts import make_backups, make_link, make_members, make_memory, make_news, make_peer, make_store, make_wishes
from .peer_clock import PeerClock
from .priming import make_priming
from .provisions import Provisions
from .record import Sight, Unanswered
from .same_boot import offset_to_plain, sight_to_plain
from .witness import Witness
from .words import in_words

LOOK_EVERY = 1.0    # seconds between two looks of the witness
TABLES_EVERY = 15.0     # likewise, at tables without triggers
BESIDE_EVERY = 2.0      # likewise, at what only makes the verdict's sentence better: the members, the other agent, the way there
JOURNAL_EVERY = 60.0    # likewise, at the journal and its copy
READINESS_EVERY = 60.0  # likewise, at what makes the score of readiness beside the verdicts
AFTERWARDS_EVERY = 15.0     # likewise, at what a switch has left to do, and whether a copy follows


@dataclass(frozen=True)
class DiskSaid:
    """What the disk said last, beside the journal. `backup_asked`: the epoch for which one was asked for; `backup_made`: epoch seconds."""

    maintenance: bool
    backup_asked: int | None = None
    backup_made: float | None = None


class Service:
    """One agent, its witness and what they tell the outside."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.stop = threading.Event()
        self.askers = Askers(time.monotonic)
        self._door = web.Door(config.timing.renew, time.monotonic)     # transactions may end for as long once the gate was shut
        self.hurry = threading.Event()          # the record's loop shall come round at once
        self.acting = threading.Event()         # likewise, the one who acts
        self._acts_at = float("-inf")
        self._acts_now = False                  # whatever pause is left: set by another thread than the one who acts
        self._news_of_record = make_news(config)
        self._free = False
        self.agent = Agent(config.site, config.primary, config.timing, store=make_store(config), gate=make_gate(config),
                           pulse=make_gate(config), clock=time.monotonic, maintenance=config.maintenance,
                           grace=float(config.raw.get("database_grace_seconds", 30.0)), sessions=LocalSessions(config), wishes=make_wishes(config),
                           memory=make_memory(config), notice=float(config.raw.get("notice_seconds", 0.75)),
                           edges_told=lambda since: self.askers.all_told(web.LEAVING, since), hurry=self.hurry.set,
                           unnamed=lambda: probes.unnamed(self.peer.look(), config.site))
        timing = config.timing
        self.edge = EdgeWatch(config.raw["edges"], lambda url: probes.edge_answers(url, timing.blink / 2), config.site, self._writer,
                              timing.blink * 2, time.monotonic, config.raw.get("application") or "")
        self.members = Watch("the members that keep the record", make_members(config), timing.blink * 2, time.monotonic, BESIDE_EVERY)
        self._file = FileLines(config.journal_path)
        self._stamp: object = None
        self._lines = LastRead(self._file)
        self._kept = Journal(self._lines, time.time)        # to read from; whoever writes has one of his own
        self._beside = Beside(config.journal().beside)
        self._backups = make_backups(config)
        self._disk = DiskSaid(config.maintenance())
        self._disk_said: str | None = None
        self.tend_disk()
        sites = sorted({config.site, *config.raw["edges"]}, key=lambda site: (site != config.primary, site))
        self.outlook = Outlook(Sources(self.status, self._kept.lines, self._seen_seconds, sites, timing.blink * 2, config.limits,
                                       time.monotonic, time.time))
        self.provisions = Provisions(config.raw)
        self._readiness: dict[str, Any] | None = None       # with when it was weighed, in epoch seconds
        self.peer = Watch("the other site's agent", make_peer(config, self.outlook.hear), timing.blink * 2, time.monotonic, BESIDE_EVERY)
        self.link = Watch("the way to the other site", make_link(config), timing.blink * 2, time.monotonic, BESIDE_EVERY)
        self.journal = Watch("the journal", self._check_journal, JOURNAL_EVERY * 2, time.monotonic, JOURNAL_EVERY)
        watched = (self.edge.look, self.members.look, self.peer.look, self.link.look)
        self._witness, self._tables = Witness(config, *watched, self._beside), Tables(config)
        self._acting = Witness(config, *watched, self._beside)            # with connections of its own, for another thread
        self.actor = Actor(config.mode, self.verdict, self._switch, say=aloud, pause=timing.beat)
        self.afterwards_said: str | None = None
        self._score_said: str | None = None
        self._after: steps.Switch | None = None     # made when there is something to do
        self._peer = PeerClock(lambda: connect_database(config), connect_peer(config))
        self.priming = make_priming(config, say=aloud)
        self._ungated: list[str] | None = None      # None: not known
        self._tables_at = float("-inf")
        self._seen = Observations(config.site)
        self._seen_at = float("-inf")
        self._said = ""
        self._known: tuple[Observations, verdict.Verdict] | None = None     # the latest of `verdict`, as a whole: threads ask at once
        self._kept_said: str | None = None
        self._began = self._passed = time.monotonic()

    def tend_record(self) -> float:
        pause = self.agent.tend_record()
        self._passed = time.monotonic()
        if (free := self.agent.free) and not self._free:
            self._acts_now = True
            self.acting.set()           # whoever acts comes round at once as well, the first time
        self._free = free
        if (kept := self.agent.kept_said) != self._kept_said:
            self._kept_said = kept
            if kept:
                aloud(kept)
        return pause

    def act(self) -> float:
        """A switch may run here in a process of its own (fail_over.yml): each line that it journals can be the one that makes this site the
        writer, and buyers wait until edges hear that from here, so the record's loop comes round at once. Looked at with every beat by the one who
        acts: he writes a journal himself, and so waits for a disk that hangs anyway, and no heartbeat waits for him.
        """
        with suppress(OSError):             # told by `journal`
            if (stamp := self._file.stamp()) != self._stamp:
                self._stamp = stamp
                self.hurry.set()
        if self._acts_now or time.monotonic() >= self._acts_at:
            self._acts_now = False              # before he looks: what is set while he does counts for the next time
            pause = self.actor.tend()
            self._acts_at = time.monotonic() + pause
        return self.config.timing.beat

    def hear(self) -> float:
        """Listen for renewals by another site: each is looked at when it comes and not up to half of their pause later, as the wait for a record
        that stands still counts from the first look at it. Whoever writes needs no news of himself.
        """
        if self._writer() not in (None, self.config.site):
            with suppress(Unanswered):
                for _renewal in self._news_of_record.heard():
                    self.hurry.set()
                    if self.stop.is_set() or self._writer() == self.config.site:
                        break
        return self.config.timing.watch

    def observe(self) -> float:
        """One look at everything else, and one line in the log when the verdict changes."""
        sight, silent = self._sight()
        self._witness.offset = self._peer.offset
        self._seen = self._witness.observe(sight, silent)
        self._seen_at = time.monotonic()
        if self._seen_at - self._tables_at >= TABLES_EVERY:
            self._tables_at = self._seen_at
            try:
                self._ungated = self._tables.ungated()
            except GateSilent:
                self._ungated = None
        replica = self._seen.replica
        self.outlook.note(replica.value.rpo_seconds if isinstance(replica, Saw) else None)
        found = self.verdict()
        if found.verdict != self._said:
            self._said = found.verdict
            aloud(f"{found.verdict}: {found.because}")
        return LOOK_EVERY

    def tend_disk(self) -> float:
        """Read what `status` tells of this disk: whoever answers edges must not wait for one that hangs."""
        try:
            self._lines.refresh()
            asked = self._backups.asked() if self._backups else None
            self._disk = DiskSaid(self.config.maintenance(), asked, backup_wish.backup_made())
            self._disk_said = None
        except OSError as error:
            self._disk_said = self._news(self._disk_said, f"What is kept on this disk cannot be read, so it is told as it was: {error}")
        return LOOK_EVERY

    def _check_journal(self) -> Look[JournalView]:
        """Bring back what a new disk has lost, copy what etcd does not have yet, and see whether both hold."""
        kept = self.config.journal()
        try:
            if restored := kept.restore():
                aloud(f"The journal of switches was not on this disk; {restored} lines are back from etcd.")
            kept.copy()
            self._beside.refresh()
            return Saw(kept.checked())
        except Busy:
            return NotLooked("a switch is running")
        except OSError as error:                    # a disk that takes no writes any more: sales do not wait for it
            return NoAnswer(f"the disk does not take it back from etcd, or does not give it: {error}")

    def measure(self) -> float:
        """One measurement of how far the other database's clock is from the one here."""
        return self._peer.measure()

    def tend_afterwards(self) -> float:
        """What the last switch to this site has left to do, and the end of the alarm once a copy follows."""
        try:
            if self._kept.left(afterwards.NAMES):
                self._after = self._after or make_switch(self.config, lasting=True)
                for step in afterwards.tend(self._after):
                    aloud(f"{step['name']}: {step['detail']}")
            seen = self._current()
            peer = seen.peer.value if isinstance(seen.peer, Saw) else None
            if seen.alone and peer and peer.protects(self.config.limits.lag_seconds):
                beside = self._beside.unprotected(seen.record.value.epoch, self._kept) if isinstance(seen.record, Saw) else None
                self.config.journal().protect(f"A copy follows {self.config.site}, {peer.lag_seconds:.1f} s behind.", beside)
        except (Busy, Unanswered, GateSilent):
            pass                                    # a switch is running, or nobody knows who writes, or whether here: later
        except OSError as error:                    # a full disk, say: what follows a switch waits, sales do not
            self.afterwards_said = self._news(self.afterwards_said, f"What follows a switch cannot be written down: {error}")
        return AFTERWARDS_EVERY

    def tend_readiness(self) -> float:
        """What both sites have laid in, and how ready they are with it: once a minute, for people and trends; at first more often, until the agents
        have heard each other.
        """
        self.provisions.look()
        if self._seen_seconds() is None:
            return LOOK_EVERY
        try:
            self._readiness = {**self.outlook.readiness(), "weighed": round(time.time())}
        except Exception as error:          # whatever it is: a score is for people, and no reason to end who keeps the gate open
            self._readiness, self._score_said = None, self._news(self._score_said, f"How ready both sites are cannot be weighed: {error!r}")
        return READINESS_EVERY if time.monotonic() - self._began >= READINESS_EVERY else READINESS_EVERY / 12

    def _news(self, before: str | None, said: str) -> str:
        """Into the log once."""
        if said != before:
            aloud(said)
        return said

    def _protection(self, seen: Observations, found: verdict.Verdict) -> dict[str, Any]:
        """Does what is sold here exist anywhere else? `unprotected` None: not the writer, or not known. `since`: of the switch after which no
        copy has followed. `backup_asked`, `backup_made`: for that switch, and when; epoch seconds. `left`: steps that are not done.
        """
        writer = isinstance(seen.record, Saw) and seen.record.value.writer == self.config.site
        epoch = seen.record.value.epoch if writer and isinstance(seen.record, Saw) else None
        made = (self._kept.unprotected(epoch) or self._beside.unprotected(epoch, self._kept)) if epoch else None
        known = isinstance(seen.peer, Saw) and seen.peer.value.following is not None
        backup = self._disk.backup_made
        return {
            "unprotected": (made is not None or found.verdict == "UNPROTECTED") if writer and (made is not None or known) else None,
            "since": made["since"] if made else None,
            "backup_asked": bool(made and self._disk.backup_asked is not None),
            "backup_made": backup if made and backup and backup > made["since"] else None,
            "left": self._kept.left(afterwards.NAMES) if writer else {},
        }

    def _writer(self) -> str | None:
        sight = self.agent.sight
        return sight.seen.record.writer if sight and sight.seen.record else None

    def _look(self) -> tuple[Observations, Sight | None]:
        """Everything as it is now, for a switch made by this agent: only the edge is asked elsewhere."""
        sight, silent = self._sight()
        self._acting.offset = self._peer.offset
        return self._acting.observe(sight, silent), sight

    def _sight(self) -> tuple[Sight | None, str | None]:
        """The record as the agent saw it last, and why it has not seen it since, if so."""
        sight = self.agent.sight
        return sight, self.agent.record_said if sight is None or self._stale(sight.looked) else None

    def _switch(self) -> Iterator[dict[str, Any]]:
        """One run of the switch; the agent comes round at once after each step that changes what it has to do."""
        for step in steps.run(make_switch(self.config, look=self._look, watched=lambda: self.agent.sight, lasting=True)):
            self.hurry.set()
            yield step

    def _judged(self, seen: Observations) -> verdict.Verdict:
        return verdict.judge(seen, self.config.timing, self.config.limits)

    def verdict(self) -> verdict.Verdict:
        """Asked with every beat, and judged anew when what it is judged by has changed: it depends on nothing else."""
        seen, known = self._current(), self._known
        if known is None or known[0] != seen:
            self._known = known = seen, self._judged(seen)
        return known[1]

    def status(self) -> dict[str, Any]:
        """The whole of /status. Times in seconds; `sight` for a switch on this host, the rest for people and monitors."""
        agent, seen = self.agent, self._current()
        found, look = self._judged(seen), agent.gate_look
        sight = agent.sight
        record = sight.seen.record if sight else None
        told = {
            "site": self.config.site, "primary": self.config.primary, "topology": self.config.topology,
            "writer": agent.is_writer, "maintenance": seen.maintenance, "renewals": agent.renewals, "beats": agent.beats,
            "record": {**(record.to_plain() if record else {}), "unchanged_seconds": round(sight.unchanged, 3) if sight else None,
                       "said": agent.record_said, "kept": agent.kept_said},
            "gate": {"server_uuid": look.server_uuid if look else None, "epoch": look.own.epoch if look and look.own else None,
                     "whose": look.whose if look else None,
                     "age_seconds": look.age(record.writer) if look and record else None, "said": agent.gate_said,
                     "drain": agent.drain_said, "ungated": self._ungated},
            "observations": {name: to_plain(getattr(seen, name))
                             for name in ("record", "gate", "replica", "writer_edge", "own_edge", "members", "peer", "link", "compared")},
            "clock": offset_to_plain(self._peer.offset, self._peer.said, time.monotonic()), "verdict": vars(found), "sight": sight_to_plain(sight),
            "if_lost": vars(verdict.if_lost(seen, self.config.timing, self.config.limits)),
            "journal": to_plain(self.journal.look()), "switched": self._kept.last(), "protection": self._protection(seen, found),
            "provisions": self.provisions.told(), "readiness": self._readiness,
            "mode": self.config.mode, "asks": self.actor.asks is not None, "acting_said": self.actor.said,
        }
        return {**told, "words": in_words(told)}

    def _seen_seconds(self) -> float | None:
        """How old the latest look is; None before the first."""
        age = time.monotonic() - self._seen_at
        return None if age == float("inf") else round(age, 1)

    def writer(self) -> int:
        """The code of /writer."""
        return self._door.code(self.agent.is_writer, self.agent.leaving)

    def end(self) -> None:
        """Tell every loop to stop."""
        self.stop.set()
        self.hurry.set()
        self.acting.set()

    def alive(self) -> bool:
        """The record's loop has come round within a TTL; what watchdogs ask."""
        return time.monotonic() - self._passed < self.config.timing.ttl

    def _stale(self, at: float) -> bool:
        return time.monotonic() - at > self.config.timing.blink

    def _current(self) -> Observations:
        """What was seen, with the record and the flag for maintenance as they are known now; nothing else once it is too old to count."""
        now = time.monotonic()
        age = now - self._seen_at
        if age <= self.config.timing.blink + LOOK_EVERY:
            sight, silent = self._sight()
            record = probes.view_record(sight, silent, self.config.timing, now)
            return replace(self._seen, record=record, maintenance=self._disk.maintenance)
        old = NotLooked("nothing has been looked at yet" if age == float("inf") else f"the last look is {age:.1f} s old")
        return Observations(self.config.site, old, old, old, old, old, old, old, old, old, maintenance=self._disk.maintenance)


def main(arguments: list[str]) -> int:
    try:
        config = read_config(arguments[0] if arguments else CONFIG)
        service = Service(config)
        servers = [web.serve(address, int(config.raw["listen"]["port"]), service.writer, service.status, service.askers, service.outlook)
                   for address in config.raw["listen"]["addresses"]]
    except (OSError, ValueError) as error:          # BadConfig, or a path that can be none
        aloud(f"The agent cannot start: {error}", to=sys.stderr)
        return 1
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_unused: service.end())
    failed: list[BaseException] = []
    passes = ((service.tend_record, service.hurry), (service.act, service.acting), *((one_pass, service.stop) for one_pass in (
        service.agent.tend_gate, service.observe, service.edge.tend, service.edge.tend_own, service.members.tend, service.peer.tend,
        service.link.tend, service.journal.tend, service.measure, service.tend_afterwards, service.tend_disk, service.hear,
        service.priming.tend, service.tend_readiness)))
    threads = [threading.Thread(target=running.loop, args=(service, one_pass, wake, failed), daemon=True) for one_pass, wake in passes]
    threads += [threading.Thread(target=running.serve, args=(service, server, failed), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    running.notify("READY=1")
    while not service.stop.wait(1.0):
        if service.alive():
            running.notify("WATCHDOG=1")
    running.notify("STOPPING=1")
    for server in servers:
        server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
