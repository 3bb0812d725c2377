# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bugs planted on purpose, each a way in which the switch could be wrong. The simulation must notice every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards, record, rules_away, rules_here, steps, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch import agent as agent_module
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.beside import Beside
from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import RESUME, Case, Limits, Verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.planned import CatchUp
from ansible_collections.multicloud.dr.plugins.module_utils.switch.release import Release
from ansible_collections.multicloud.dr.plugins.module_utils.switch.remembered import NOTHING
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.wish import Hearing
from pytest import MonkeyPatch

from .astray import Address
from .buyer import Buyer
from .fakes import FakeDatabase


def taken_over_without_the_margin(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(Timing, "takeover", property(lambda self: self.ttl))


def by_its_own_timing_alone(monkeypatch: MonkeyPatch) -> None:
    """Whoever looks does not ask what the holder goes by."""
    monkeypatch.setattr(record, "needed", lambda _held, timing: timing.takeover)
    monkeypatch.setattr(Case, "takeover", property(lambda self: self.timing.takeover))


def a_shorter_timing_at_once(monkeypatch: MonkeyPatch) -> None:
    """Gates that the agent before opened by a longer timing are still valid."""
    monkeypatch.setattr(Agent, "_takeover", lambda self, _held: self.timing.takeover)


def clock_after_renewal(monkeypatch: MonkeyPatch) -> None:
    move = Agent._move_gate
    monkeypatch.setattr(Agent, "_move_gate", lambda self, before, epoch: move(self, self._look_at_gate(), epoch))


def swap_on_whatever_is_there(monkeypatch: MonkeyPatch) -> None:
    def take(store, sight, site, timing, clock, _arrived=None, _known=None):
        for _ in range(20):     # thinks long before it acts
            seen = store.read()
        if sight.unchanged < timing.takeover or seen.record is None:
            raise record.Refused("no")
        return store.swap(seen.revision, record.Record(site, seen.record.epoch + 1, seen.record.counter + 1)) or seen
    monkeypatch.setattr(record, "take", take)


def gate_moves_without_renewal(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module.record, "renew", lambda store, held, _takeover: held)


def claim_what_vanished(monkeypatch: MonkeyPatch) -> None:
    def claim(self: Agent) -> None:
        held = record.claim(self._store, self.site, self.site, None)
        self._hold(held)
    monkeypatch.setattr(Agent, "_claim", claim)
    monkeypatch.setattr(agent_module, "may_open", lambda *_: True)


def gate_without_the_margin(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(Timing, "gate_valid", property(lambda self: self.ttl))


def closed_instead_of_retired(monkeypatch: MonkeyPatch) -> None:
    """A renewal that is on its way opens again what was closed for the offer."""
    monkeypatch.setattr(FakeDatabase, "retire", lambda self, epoch: self.close())

    def tend(self: Release, store: Any, seen: Any) -> Any:
        own = self._gate.look().own
        return record.offer(store, seen, seen.record.epoch + 1, record.Offer(self.to or "", own.server_uuid, own.sequence)) if own else None
    monkeypatch.setattr(Release, "tend", tend)


def offered_before_it_stopped(monkeypatch: MonkeyPatch) -> None:
    def let_go(self: Agent, seen: Any) -> float:
        if seen.record.offer is None:
            record.offer(self._store, seen, seen.record.epoch + 1, record.Offer(self._release.to or "", "", 0))
            self._release.end()
        return self.timing.beat
    monkeypatch.setattr(Release, "begin", lambda self, to, epoch: setattr(self, "to", to))
    monkeypatch.setattr(Agent, "_let_go", let_go)

    def arrived(_self: CatchUp, on: Any, offer: record.Offer) -> bool:
        on.arrived = offer
        return True
    monkeypatch.setattr(CatchUp, "_arrived", arrived)


def takes_before_everything_has_arrived(monkeypatch: MonkeyPatch) -> None:
    """The catch-up is left out."""
    def arrived(_self: CatchUp, on: Any, offer: record.Offer) -> bool:
        on.arrived = offer
        return True
    monkeypatch.setattr(CatchUp, "_arrived", arrived)


def sells_without_a_promotion(monkeypatch: MonkeyPatch) -> None:
    """What has arrived may not be applied yet, and what was written elsewhere still arrives."""
    monkeypatch.setattr(type(next(step for step in steps.STEPS if step.name == "promote")), "pending", lambda _self, _on: None)


def offers_the_row_that_retired_the_gate(monkeypatch: MonkeyPatch) -> None:
    """What commits while it is waited for stands behind that one."""
    retired: dict[str, int] = {}
    retire, offer = FakeDatabase.retire, record.offer

    def noted(self: FakeDatabase, epoch: int) -> bool:
        done = retire(self, epoch)
        if done:
            retired[self.server_uuid] = self.rows[self.server_uuid].sequence
        return done
    monkeypatch.setattr(FakeDatabase, "retire", noted)
    monkeypatch.setattr(record, "offer", lambda store, held, epoch, made: offer(
        store, held, epoch, replace(made, sequence=retired.get(made.server_uuid, made.sequence))))


def offers_while_somebody_is_at_work(monkeypatch: MonkeyPatch) -> None:
    """The drain is left out."""
    monkeypatch.setattr(Release, "_await", lambda self: setattr(self, "_retired", True))


def drains_before_the_gate_is_shut(monkeypatch: MonkeyPatch) -> None:
    """Who begins between the drain's last look and the statement that retires the gate is not waited for."""
    await_, whole = Release._await, Release.tend

    def begin(self: Release, to: str, epoch: int) -> None:
        self.to, self._began, self._epoch, self._drain = to, self._clock(), epoch, None
        await_(self)

    def tend(self: Release, store: Any, seen: Any) -> Any:
        return whole(self, store, seen) if self._drain is None or self._drain.tend() else None
    monkeypatch.setattr(Release, "begin", begin)
    monkeypatch.setattr(Release, "tend", tend)
    monkeypatch.setattr(Release, "_await", lambda self: setattr(self, "_retired", True))


def writes_on_whatever_the_record_says_by_now(monkeypatch: MonkeyPatch) -> None:
    def go_on(store: Any, held: Any, epoch: int) -> Any:
        for _ in range(20):         # thinks long before it acts
            seen = store.read()
        return store.swap(seen.revision, record.Record(held.record.writer, epoch, seen.record.counter + 1)) if seen.record else None
    monkeypatch.setattr(record, "go_on", go_on)


def offered_beside_a_predecessor(monkeypatch: MonkeyPatch) -> None:
    """The provider's failover has brought a new server a moment ago, and the row of the one before is still valid."""
    tend = Release.tend

    def only_own(self: Release, store: Any, seen: Any) -> Any:
        gate, self._gate = self._gate, OwnRowOnly(self._gate)
        try:
            return tend(self, store, seen)
        finally:
            self._gate = gate
    monkeypatch.setattr(Release, "hindrance", lambda _self, _look, _epoch: None)
    monkeypatch.setattr(Release, "tend", only_own)


class OwnRowOnly:
    def __init__(self, gate: Any) -> None:
        self.retire, self.mark, self._gate = gate.retire, gate.mark, gate

    def look(self) -> Any:
        look = self._gate.look()
        return replace(look, rows=tuple(row for row in look.rows if row is look.own))


def lets_its_offer_stand_while_somebody_asks(monkeypatch: MonkeyPatch) -> None:
    """Two tries in a row, and the other site's agent takes the record as a silent one's: what has not arrived by then is lost."""
    monkeypatch.setattr(Timing, "offer_stands", property(lambda self: float("inf")))


def takes_what_was_not_offered_to_it(monkeypatch: MonkeyPatch) -> None:
    def take(store: Any, sight: Any, site: str, timing: Any, clock: Any, _arrived: Any = None, _known: Any = None) -> Any:
        seen = store.read()
        if seen.record is None:
            raise record.Refused("there is none")
        return store.swap(seen.revision, record.Record(site, seen.record.epoch + 1, 1)) or seen
    monkeypatch.setattr(record, "take", take)


def acknowledged_without_a_second_look(monkeypatch: MonkeyPatch) -> None:
    """What was written while the gate was open is committed when another site writes already, and the buyer is told."""
    monkeypatch.setattr(Buyer, "holds", lambda self: True)
    monkeypatch.setattr(Buyer, "stands", lambda self, until: True)


def acknowledged_however_late(monkeypatch: MonkeyPatch) -> None:
    """The look after the commit is believed by a process that was stopped since."""
    monkeypatch.setattr(Buyer, "stands", lambda self, until: True)


def goes_by_whatever_copy_there_is(monkeypatch: MonkeyPatch) -> None:
    """What the last comparison found, if there was one, is nobody's concern."""
    monkeypatch.setattr(rules_away, "unproven", lambda _look: None)


def fences_whoever_writes(monkeypatch: MonkeyPatch) -> None:
    """Neither the record nor the reign of the gate is looked at: what a switch has left to do shuts the gate of who was made the writer since."""
    def pending(self: Any, on: Any) -> str | None:
        return "Shut it." if on.epoch is not None and on.other.look().valid_for else None
    monkeypatch.setattr(type(afterwards.STEPS[1]), "pending", pending)
    monkeypatch.setattr(FakeDatabase, "fence", lambda self, _epoch: self.close())

    def tend(on: Any) -> Any:
        made, left = on.journal.made(), on.journal.left(afterwards.NAMES)
        if left:
            on.epoch = made["epoch"]
            with on.journal.alone():
                yield from filter(None, (afterwards._one(step, on, made["switch"], None) for step in afterwards.STEPS if step.name in left))
    monkeypatch.setattr(afterwards, "tend", tend)


def follows_before_it_serves(monkeypatch: MonkeyPatch) -> None:
    """The backup is asked for before the gate is opened: whatever the backup meets, buyers wait for."""
    takes, closes, promotes, *rest = steps.STEPS
    order = (takes, closes, promotes, afterwards.STEPS[2], *rest)
    monkeypatch.setattr(steps, "STEPS", order)
    monkeypatch.setattr(steps, "PLANNED_STEPS", (*steps.PLANNED_STEPS[:2], *order))


def forgets_what_is_left(monkeypatch: MonkeyPatch) -> None:
    """A switch that was killed after it was finished, or that met a silent cloud: nobody goes on with what follows it."""
    monkeypatch.setattr(afterwards, "tend", lambda _on: iter(()))


def wakes_and_does_not_look(monkeypatch: MonkeyPatch) -> None:
    """A switch that slept goes on where it was, whoever writes by now."""
    monkeypatch.setattr(steps, "_refuse_another_reign", lambda _on, _what: None)


def writes_on_before_it_can_have_heard(monkeypatch: MonkeyPatch) -> None:
    """An agent that has just begun finds a gate that was retired, hears nobody who asks, and takes it for one that nobody waits for."""
    monkeypatch.setattr(Hearing, "attentive", property(lambda _self: True))


def finishes_before_it_lets_go(monkeypatch: MonkeyPatch) -> None:
    """Its own switch is not finished, as when no marker can be written, and it is asked for the record."""
    def held_here(case: Case) -> Verdict | None:
        seen, held = case.seen, case.record
        if held.writer == seen.site and not held.offered and seen.unfinished:
            return Verdict("SWITCH_UNFINISHED", RESUME, "It goes on first.")
        return rules_here.held_here(case)
    monkeypatch.setattr(verdict, "_RULES", tuple(held_here if rule is rules_here.held_here else rule for rule in verdict._RULES))


def leaves_alone_what_a_lost_host_began(monkeypatch: MonkeyPatch) -> None:
    """A journal is one host's."""
    monkeypatch.setattr(Beside, "unfinished", lambda _self, _epoch, _own: None)


def an_override_counts_for_ever(monkeypatch: MonkeyPatch) -> None:
    """Whoever has said it once has said it of every copy since."""
    def override(self: Case, name: str) -> str:
        return next((given for given in self.overrides if given.startswith(f"{name}:")), f"{name}:{self.record.epoch}")
    monkeypatch.setattr(Case, "override", override)


def goes_by_a_copy_however_far_behind(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "lag_seconds", float("inf"))
    monkeypatch.setattr(Limits.__init__, "__defaults__", (float("inf"), *Limits.__init__.__defaults__[1:]))


def takes_over_however_often(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "takeovers", lambda _self, _since: 0)


def sells_while_rows_are_out(monkeypatch: MonkeyPatch) -> None:
    """Whoever judged before somebody began to repair the copy does not look again."""
    monkeypatch.setattr(steps, "_refuse_unfinished", lambda _on: None)


def takes_over_by_what_cannot_be_applied(monkeypatch: MonkeyPatch) -> None:
    """The record is taken, and nobody sells until somebody has cured the copy."""
    def silent_writer(case: Case) -> Verdict:
        copy = case.seen.replica
        if isinstance(copy, Saw):
            case = replace(case, seen=replace(case.seen, replica=Saw(replace(copy.value, stuck=False))))
        return rules_away.silent_writer(case)
    monkeypatch.setattr(verdict, "_RULES", tuple(silent_writer if rule is rules_away.silent_writer else rule for rule in verdict._RULES))


def goes_by_a_record_that_was_set_back(monkeypatch: MonkeyPatch) -> None:
    """What this host and its database remember of it is asked by the agent alone, which takes nothing."""
    monkeypatch.setattr(verdict, "_RULES", tuple(rule for rule in verdict._RULES if rule is not rules_here.set_back))
    monkeypatch.setattr(steps, "Known", lambda *_known: NOTHING)


def renews_whatever_its_database_does(monkeypatch: MonkeyPatch) -> None:
    hold = Agent._hold

    def without_grace(self: Agent, seen: Any) -> float:
        self.grace = float("inf")
        return hold(self, seen)
    monkeypatch.setattr(Agent, "_hold", without_grace)


def takes_whatever_database_answers_for_its_own(monkeypatch: MonkeyPatch) -> None:
    """Nobody asks whose server it is, neither who looks nor the statements."""
    monkeypatch.setattr(agent_module, "refuse_others", lambda look, _site: look)
    monkeypatch.setattr(Address, "asks", False)


def tells_nobody_whose_a_copy_is(monkeypatch: MonkeyPatch) -> None:
    """A copy that never wrote has no row of its own: who is led to one that somebody has stopped takes it for the successor of his own server."""
    monkeypatch.setattr(FakeDatabase, "_name", lambda _self, _uuid, _site: None)


PLANTED: dict[str, Callable[[MonkeyPatch], None]] = {plant.__name__: plant for plant in (
    taken_over_without_the_margin, by_its_own_timing_alone, a_shorter_timing_at_once, clock_after_renewal, swap_on_whatever_is_there,
    gate_moves_without_renewal, claim_what_vanished, gate_without_the_margin,
    closed_instead_of_retired, offered_before_it_stopped, takes_before_everything_has_arrived, sells_without_a_promotion,
    offers_the_row_that_retired_the_gate, offers_while_somebody_is_at_work, drains_before_the_gate_is_shut,
    writes_on_whatever_the_record_says_by_now, offered_beside_a_predecessor,
    lets_its_offer_stand_while_somebody_asks, takes_what_was_not_offered_to_it, acknowledged_without_a_second_look, acknowledged_however_late,
    goes_by_whatever_copy_there_is, fences_whoever_writes, follows_before_it_serves, forgets_what_is_left,
    wakes_and_does_not_look, writes_on_before_it_can_have_heard, finishes_before_it_lets_go, leaves_alone_what_a_lost_host_began,
    an_override_counts_for_ever, goes_by_a_copy_however_far_behind, takes_over_however_often, sells_while_rows_are_out,
    takes_over_by_what_cannot_be_applied, goes_by_a_record_that_was_set_back, renews_whatever_its_database_does,
    takes_whatever_database_answers_for_its_own, tells_nobody_whose_a_copy_is)}
SHOWS_LATE = {"forgets_what_is_left", "leaves_alone_what_a_lost_host_began"}       # only at the end of a calm
