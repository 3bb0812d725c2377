# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent of one site: renews or watches the record, tends the gate by what the record says, and hands both over when it is asked to.
Taking the record is not done here (actor.py decides, steps.py does).

Two passes, each called again and again by its own thread (or by a simulation): `tend_record` talks to the record and then to the
database, `tend_gate` only to the database, so that a slow record never delays a heartbeat. Each returns the pause before the next.
Stopping an agent leaves its gate to run out: a restart must not close sales.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from . import record
from .drain import LOOK_EVERY, Drain, Sessions
from .gate import GateLook, GateSilent, GateTable, Standing, may_open, may_succeed, refuse_others, retired
from .memory import Forgetful, Memory
from .record import Seen, Sight
from .release import Release
from .remembered import Known
from .timing import Timing
from .wish import Hearing, Wishes

GRACE = 0.2         # seconds from an edge's last look to the last request that it had sent before: way there and the database's first look at it


class Agent:
    """`gate` and `pulse` are two connections to the same database, one for each pass. `clock`: monotonic seconds.
    `maintenance`: asked in every pass; while true the record is kept and the gate is closed.
    `grace`: seconds without any answer from the database after which the record is no longer renewed, so that the other site may take it.
    `sessions`: who is at work there; once the gate was closed they may end for `renew` seconds, then they are ended.
    `wishes`: where another site asks for the record; None where nobody may. `notice`: seconds for which the edges are told to send nobody
    any more before the gate is shut for that; it ends sooner once all have heard. `edges_told`: when the last of them was told, given since
    when they are; None while one was not, or where nobody knows. `memory`: what this host has seen of the record before.
    `unnamed`: (server_uuid, site) of the other site's copy, where nothing in it says whose it is; None when there is none, or nobody knows.
    """

    def __init__(
        self, site: str, primary: str, timing: Timing, *, store: record.Store, gate: GateTable, pulse: GateTable,
        clock: Callable[[], float], maintenance: Callable[[], bool] = lambda: False, grace: float = 30.0,
        sessions: Sessions | None = None, wishes: Wishes | None = None,
        memory: Memory | None = None, notice: float = 0.75, edges_told: Callable[[float], float | None] = lambda _since: None,
        hurry: Callable[[], None] = lambda: None, unnamed: Callable[[], tuple[str, str] | None] = lambda: None,
    ) -> None:
        self.site, self.primary, self.timing, self.clock, self.grace = site, primary, timing, clock, grace
        self.maintenance = maintenance
        self._store, self._gate, self._pulse = store, gate, pulse
        self._sessions = sessions
        self._drain: Drain | None = None            # under way after a close; begun by one pass, tended by the other
        self._memory, self._notice, self._edges_told, self._hurry = memory or Forgetful(), notice, edges_told, hurry
        self._unnamed = unnamed
        self._leaving: float | None = None          # since when the edges are told so, on `clock`
        self._release = Release(site, gate, sessions, timing, clock)
        self._hearing = Hearing(site, wishes, timing.blink, clock) if wishes else None
        self._asked_at = clock()                    # until when whoever the record is for was heard to ask before it was offered
        self._deaf_until: float | None = None       # who asks now was asked for in vain: until he has given up nobody is stopped for again
        self._offered: tuple[str, float] | None = None      # to whom, and since when that stands as far as this agent knows, on `clock`
        self._held: Seen | None = None              # our own latest renewal; None when the record must be read first
        self._epoch: int | None = None              # at which this site last knew itself the writer; None when another one is
        self._others_wait = timing.takeover         # as the record says since our latest renewal
        self._lowering: float | None = None         # since when nobody is known to have renewed by a longer timing than ours, on `clock`
        self._shut_at: float | None = None          # when the gate here runs out, on `clock`; None when it is shut
        self._database_answered = clock()
        # What /status and /metrics tell. Each is written by one pass only and replaced as a whole.
        self.sight: Sight | None = None
        self.gate_look: GateLook | None = None
        self.gate_looked_at: float | None = None
        self.record_said: str | None = None         # the last complaint about the record; None when it answered
        self.gate_said: str | None = None           # the last complaint about the database; None when all is well
        self.drain_said: str | None = None          # how the drain after the last close went or goes; None before any
        self.kept_said: str | None = None           # why the record was not handed over when it was asked for last; None when it was
        self.renewals = 0
        self.beats = 0

    @property
    def is_writer(self) -> bool:
        """The gate is valid here, as the database said it within this validity."""
        shut_at = self._shut_at
        return shut_at is not None and self.clock() < shut_at

    @property
    def free(self) -> bool:
        """The record is another site's, and was seen unchanged for as long as it must be before it may be taken."""
        sight = self.sight
        held = sight.seen.record if sight else None
        return bool(sight and held and held.writer != self.site and sight.unchanged >= record.needed(held, self.timing))

    @property
    def leaving(self) -> bool:
        """Another site has asked for the record: what is under way here may end, and nobody new shall come."""
        return self._leaving is not None

    def tend_record(self) -> float:
        """One pass over the record, then over the gate. Never raises for a store or database that does not answer."""
        try:
            seen = self._held or self._look()
            self.record_said = None
            if seen.record is None:
                self._claim()
            elif seen.record.writer == self.site:
                return self._hold(seen)
            else:
                self._stand_by()
                return self._until_free()
        except record.Unanswered as error:
            self._held, self.record_said = None, str(error)
            return self.timing.beat     # an election is soon over, and who watches counts from the first answer after it
        except record.Refused as error:
            self.record_said = str(error)
        except GateSilent as error:
            self.gate_said = str(error)
        return self.timing.watch

    def tend_gate(self) -> float:
        """One heartbeat, unless another site is known to write. A record that is silent for a moment changes nothing here: the gate
        stays valid for as long as the last renewal said, and the database itself refuses the beat after that.
        """
        epoch = self._epoch
        if epoch is None or self.maintenance():
            self._shut_at = None
            self._tend_drain()
            return self.timing.beat
        began, was_open = self.clock(), self._shut_at is not None
        try:
            left = self._pulse.beat(epoch)
            if left and left > self._others_wait:
                self._pulse.close()             # its clock has stepped back: others would not wait for as long as this gate then is valid
                self.gate_said = (f"the database's clock has stepped back by {left - self.timing.gate_valid:.0f} s or more; the gate was shut at "
                                  "once, and opens with the next renewal")
                left = None
            self._shut_at = began + left if left else None
            self.beats += bool(left)
        except GateSilent as error:
            self._shut_at, self.gate_said = None, str(error)
        if was_open and self._shut_at is None:
            self._hurry()
        return self.timing.beat

    def _look(self) -> Seen:
        self.sight = record.look(self._store, self.sight, self.timing, self.clock, self._known(self.gate_look))
        self._refuse_set_back(self.sight)
        seen = self.sight.seen
        if seen.record is not None:
            self._memory.remember(seen.record.epoch)
        self._lowering = None           # somebody else may have renewed
        return seen

    def _known(self, gate: GateLook | None) -> Known:
        return Known(self._memory.highest(), gate.rows if gate else ())

    def _refuse_set_back(self, sight: Sight) -> None:
        if sight.set_back:
            self._held, self._epoch = None, None        # beats end, and the gate runs out
            with suppress(GateSilent):
                self._look_at_gate()                    # for the next look, and for whoever asks for the status
        record.refuse_set_back(sight)

    def _look_at_gate(self) -> GateLook:
        """Raises GateSilent, and OthersServer, which is one: of the database of this site nothing is known then."""
        look = self._gate.look()
        self.gate_look, self.gate_looked_at = look, self.clock()
        refuse_others(look, self.site)
        self.gate_said, self._database_answered = None, self.gate_looked_at
        return look

    def _claim(self) -> None:
        known = (self._look_at_gate().remembered_epoch, self._memory.highest())
        self._held = record.claim(self._store, self.site, self.primary, max((each for each in known if each is not None), default=None),
                                  self.timing.takeover)
        self._memory.remember(record.FIRST_EPOCH)

    def _until_free(self) -> float:
        """The pause before the next look at another's record: short enough that the look after TTL + margin is not late."""
        if self.sight is None or self.sight.seen.record is None:        # it was looked at a moment ago, and is another's
            raise AssertionError
        if self.sight.seen.record.offer:
            return self.timing.beat         # it changes hands any moment
        left = record.needed(self.sight.seen.record, self.timing) - self.sight.unchanged
        return min(self.timing.watch, left) if left > 0 else self.timing.watch

    def _stand_by(self) -> None:
        """Somebody else writes. A gate that is still open here is closed at once instead of being left to run out, and whoever began
        while it was open is not left to commit: nobody would ever acknowledge it, and the other site's database will not have it.
        """
        wrote, self._held, self._epoch = self._epoch is not None, None, None
        self._release.end()
        if self._hearing:
            self._hearing.forget()
        self._leaving, self._deaf_until, self._offered = None, None, None
        if self._look_at_gate().valid_for:
            self._gate.close()
            wrote = True
        if wrote:
            self._begin_drain()

    def _begin_drain(self) -> None:
        if self._sessions is not None:
            self._drain = Drain(self._sessions, self.clock, self.timing.renew)

    def _tend_drain(self) -> None:
        """One look. Beats are far enough apart for it."""
        work = self._drain
        if work is None:
            return
        try:
            done = work.tend()
            self.drain_said = f"Closed: {work.result}." if done else f"Closed; {len(work.older)} older transactions run."
        except GateSilent as error:
            done, self.drain_said = False, f"Closed; what runs is not known: {error}"
        if done and self._drain is work:
            self._drain = None

    def _hold(self, seen: Seen) -> float:
        """Renew, then move the gate. Its validity counts from the database's clock as it was *before* the renewal."""
        if seen.record is None:
            raise AssertionError
        if seen.record.offer is not None or self._release.to is not None:
            return self._let_go(seen)
        if self._offered is not None:           # taken back, by this agent or another one of this site: for nothing, as after a vain release
            self.kept_said = f"{self._offered[0]} asked for the record and did not take it while it was offered; {self.site} keeps it."
            self._offered, self._deaf_until = None, self.clock() + self.timing.ttl * 2
        before: GateLook | None = None
        try:
            before = self._look_at_gate()
        except GateSilent as error:
            self.gate_said = str(error)
            if self.clock() - self._database_answered > self.grace:
                self._held = None
                self.record_said = f"not renewed: this site's database has been silent for more than {self.grace:g} s ({error})"
                return self.timing.watch
        self._others_wait = self._takeover(seen.record)
        self._held = record.renew(self._store, seen, self._others_wait)
        if self._held is None:
            return self.timing.beat     # somebody changed the record: read it at once, and write nothing until then
        self._epoch = seen.record.epoch
        self._memory.remember(self._epoch)
        now = self.clock()
        # The gate was looked at before that renewal, so what it remembers counts against it.
        self.sight = Sight(self._held, since=now, last=now, looked=now, alive=True, reached=self._known(before).reached(self.site))
        self._refuse_set_back(self.sight)
        self.renewals += 1
        if before is None:
            return self.timing.beat     # it may be a new server that answers next: sales wait for nothing else
        # By another agent host of this site, which lets go, or by one that has died since: in either case this one brings it to its end with it.
        stopped = retired(before, self.site, self._epoch)
        to = self._may_have_it(before, stopped, seen.record.epoch)
        if to and (stopped or (self._leaving is not None and self._noticed(self._leaving, now))):
            self._leaving = self._leaving or now
            self._held, self._epoch, self._shut_at = None, None, None
            self._release.begin(to, seen.record.epoch)
            return LOOK_EVERY
        self._leaving = (self._leaving or now) if to else None
        if stopped and to is None and self._deaf_until is None and self._hearing and not self._hearing.attentive:
            return self.timing.beat     # by another host of this site, perhaps, for somebody whom this agent has not had the time to hear
        pause = self._move_gate(before, seen.record.epoch)
        self._name_copy(before, seen.record.epoch)
        return min(pause, self._notice, LOOK_EVERY) if to else pause

    def _may_have_it(self, before: GateLook, stopped: bool, epoch: int) -> str | None:
        """Who asks for the record and can be given it; None while nobody does, or what would be waited for ends better while people can buy.
        `stopped`: they cannot. `epoch`: the record's.
        """
        to = self._asked()
        if to is None:
            self._deaf_until = None
        elif self._deaf_until is None or self.clock() >= self._deaf_until:
            why = None if stopped else self._release.hindrance(before, epoch)
            self.kept_said = f"{to} asks for the record, and {self.site} keeps it: {why}." if why else None
            return None if why else to
        return None

    def _noticed(self, leaving: float, now: float) -> bool:
        """Have the edges been told for long enough that no request can still be on its way here? GRACE covers the one that was."""
        told = self._edges_told(leaving)
        return now - leaving >= self._notice or (told is not None and now - told >= GRACE)

    def _takeover(self, held: record.Record) -> float:
        """After how long others may take the record. A longer time than ours was promised by this site before, by an agent with an older
        configuration or by another host's: gates that were opened by it may be valid for as long, so it stands until they are not.
        """
        own, now = self.timing.takeover, self.clock()
        if not held.takeover or held.takeover <= own:
            return own
        if self._lowering is None:
            self._lowering = now
        return own if now - self._lowering >= held.takeover else held.takeover

    def _asked(self) -> str | None:
        return self._hearing.asked_by() if self._hearing else None

    def _let_go(self, seen: Seen) -> float:
        """A release is under way, or the offer is made. Nothing is written meanwhile; when nobody asks any more, when what is older does
        not end, or when the offer has stood for long enough, however much somebody goes on asking, this site writes on.
        """
        if seen.record is None:
            raise AssertionError
        self._held, self._epoch, self._shut_at = None, None, None
        asked, offer = self._asked(), seen.record.offer
        if offer is None:
            vain = self._release.vain(seen.record.epoch)
            if asked == self._release.to and vain is None:
                self._asked_at = self.clock()
                self._release.tend(self._store, seen)
                return LOOK_EVERY
            if vain is not None:
                self.kept_said = f"{self._release.to} asked for the record, and {self.site} keeps it: {vain}."
                self._deaf_until = self.clock() + self.timing.ttl * 2
            self._leaving = None
            self._release.end()
            return 0.0
        self._release.end()
        self._leaving = None
        now = self.clock()
        if self._offered is None:       # one that this agent has not seen come may be as old as any; or another host's, and about to be taken
            fresh = self.sight is not None and self.sight.alive
            self._offered = (offer.to, now if fresh else now - self.timing.offer_stands + self.timing.watch)
        if now - self._offered[1] >= self.timing.offer_stands or (asked != offer.to and now - self._asked_at > self.timing.blink):
            self._held = record.go_on(self._store, seen, seen.record.epoch)
        return self.timing.beat

    def _move_gate(self, before: GateLook, epoch: int) -> float:
        """Returns the pause before the next renewal."""
        if self.maintenance():
            if before.valid_for:
                self._gate.close()
                self._begin_drain()
            return self.timing.renew
        self._drain = None
        until = before.now + self.timing.gate_valid
        if before.own is not None and before.own.epoch == epoch:
            self._gate.renew(epoch, until)
        elif may_open(before, self.site, epoch, record.FIRST_EPOCH, self._stands(before, epoch)):
            if half := self._gate.unfinished():
                self.gate_said = f"shut: server {before.server_uuid} {half}, so it holds part of the rows, and nobody may sell by them"
            else:
                self._gate.open(self.site, epoch, until)
        elif retired(before, self.site, epoch):
            self._held = record.go_on(self._store, self._held, epoch + 1) if self._held else None
            return 0.0
        else:
            self.gate_said = f"shut: epoch {epoch} has not been opened on server {before.server_uuid}; finish the switch to {self.site}"
        return self.timing.renew

    def _name_copy(self, before: GateLook, epoch: int) -> None:
        """A copy that never wrote has no row of its own, so nothing in it tells an agent that was led there by mistake from its rightful one.
        Only what is written here reaches it without being a transaction that its source never had.
        """
        copy = self._unnamed() if before.valid_for else None
        if copy and not before.has_row(copy[0]):
            self._gate.assign(*copy, epoch)

    def _stands(self, look: GateLook, epoch: int) -> Standing:
        """Asked only where the answer matters: of a server that may be another's successor. Raises GateSilent."""
        return self._gate.standing() if not look.rows or may_succeed(look, self.site, epoch) else Standing(None, False, False)
