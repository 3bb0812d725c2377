# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observations in, one named verdict out, with at most one action. Pure: no clock, no network, no memory.

The rules are asked in order and the first that has an opinion decides. A rule that would act names every observation it rests on
in `needs`; when one of those was not made, the verdict is BLIND and nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .observations import GateView, NoAnswer, NotLooked, Observations, RecordView, ReplicaView, Saw
from .timing import Timing

NONE = "none"               # do nothing; a result like any other
TAKE_OVER = "take_over"     # this site becomes the writer
RESUME = "resume"           # finish a switch to this site that was interrupted

WRITER_HERE = "WRITER_HERE"     # all is done: this site writes

PLANNED = "PLANNED_SWITCH"      # somebody asks to move the service here, and nothing speaks against it

ACCEPT_LAG = "accept_lag"   # override: take over although the copy here was further behind than allowed


@dataclass(frozen=True)
class Verdict:
    """`because` is one sentence for someone woken at night. `override`: what an operator may name to act all the same, if anything."""

    verdict: str
    action: str
    because: str
    override: str | None = None


@dataclass(frozen=True)
class Limits:
    """`lag_seconds`: a copy further behind than this when the writer fell silent is not promoted without the override."""

    lag_seconds: float = 30.0


def judge(seen: Observations, timing: Timing, limits: Limits | None = None) -> Verdict:
    """The verdict of the agent at `seen.site`."""
    limits = limits or Limits()
    for rule in _RULES:
        if (verdict := rule(seen, timing, limits)) is not None:
            return verdict
    raise AssertionError("unreachable: the last rule always decides")


def judge_planned(seen: Observations, timing: Timing, limits: Limits | None = None) -> Verdict:
    """The verdict when somebody asks to move the service to `seen.site` although its writer lives: PLANNED where the copy here follows
    and the writer renews, or has just offered the record. Whatever else is found is found as without asking.
    """
    limits = limits or Limits()
    found = judge(seen, timing, limits)
    if found.verdict not in ("NORMAL", "EDGE_LOST", "OFFERED"):
        return found
    record, here = _record(seen), _name(seen.site)
    if found.verdict == "OFFERED" and record.offered != seen.site:
        return found
    if isinstance(seen.replica, NotLooked):
        return _blind(f"the copy in {here}", seen.replica)
    if isinstance(seen.replica, NoAnswer) or not _fresh(seen.replica.value, limits):
        why = seen.replica.reason if isinstance(seen.replica, NoAnswer) else _behind(seen.replica.value)
        return Verdict("STANDBY_UNFIT", NONE, f"The copy in {here} {why}; the service is moved there once it follows closely.")
    return Verdict(PLANNED, TAKE_OVER, f"Somebody asks to move the service from {_name(record.writer)}, which lives, to {here}, "
                   f"whose copy is {seen.replica.value.lag_seconds:.2f} s behind.")


def _maintenance(seen: Observations, timing: Timing, limits: Limits) -> Verdict | None:
    if not seen.maintenance:
        return None
    return Verdict("MAINTENANCE", NONE, f"{_name(seen.site)} is in maintenance; nothing is done until somebody ends it.")


def _no_record(seen: Observations, timing: Timing, limits: Limits) -> Verdict | None:
    if isinstance(seen.record, NotLooked):
        return _blind("the record", seen.record)
    if isinstance(seen.record, NoAnswer):
        return Verdict("QUORUM_LOST", NONE, "The record gives no answer, so nobody can know who writes; "
                       f"gates close by themselves and nobody may take over ({seen.record.reason}).")
    if seen.record.value.writer is None:
        return Verdict("NO_RECORD", NONE, "The record is absent; a vanished key is never a reason to take over.")
    return None


def _held_here(seen: Observations, timing: Timing, limits: Limits) -> Verdict | None:
    record = _record(seen)
    if record.writer != seen.site:
        return None
    here = _name(seen.site)
    if record.offered:
        return Verdict("HANDING_OVER", NONE, f"{here} has stopped writing and offers the record to {_name(record.offered)}; "
                       "it takes the offer back when nobody asks for it any more.")
    if seen.unfinished:
        return Verdict("SWITCH_UNFINISHED", RESUME, f"{here} holds the record, but its switch stopped at step '{seen.unfinished}'.")
    if isinstance(seen.gate, NotLooked):
        return _blind("the gate here", seen.gate)
    if isinstance(seen.gate, NoAnswer):
        return Verdict("DATABASE_SILENT", NONE, f"{here} holds the record and its database gives no answer ({seen.gate.reason}).")
    gate: GateView = seen.gate.value
    if record.epoch + 1 in (gate.epoch, gate.inherits):
        return Verdict("HANDING_OVER", NONE, f"{here} has stopped writing because another site asked for the record; it offers it once nothing "
                       "older runs, and writes on when nobody asks for it any more.")
    if gate.epoch != record.epoch and gate.inherits == record.epoch:
        return Verdict("SERVER_CHANGED", NONE, f"{here} holds the record and another of its database servers wrote at epoch {record.epoch}; "
                       "the agent opens the gate of the one that answers now as soon as it is certain that the other has stopped.")
    if gate.epoch != record.epoch:
        return Verdict("SWITCH_UNFINISHED", RESUME,
                       f"{here} holds the record at epoch {record.epoch}, but its gate was never opened for it.")
    if not gate.open:
        return Verdict("GATE_SHUT", NONE, f"{here} holds the record and its gate is shut; the agent opens it with the next renewal.")
    return Verdict(WRITER_HERE, NONE, f"{here} is the writer at epoch {record.epoch} and its gate is open.")


def _held_elsewhere(seen: Observations, timing: Timing, limits: Limits) -> Verdict | None:
    record = _record(seen)
    if record.unchanged_seconds >= timing.takeover:
        return None
    there = _name(record.writer)
    if record.offered:
        return Verdict("OFFERED", NONE, f"{there} has stopped writing and offers the record to {_name(record.offered)}; "
                       f"run the planned switch to {_name(record.offered)} again, or {there} writes on in a moment.")
    if not record.renewed:
        return Verdict("WAITING", NONE, f"{_name(seen.site)} has watched the record for {record.unchanged_seconds:.1f} s without seeing "
                       f"{there} renew it; it may be taken after {timing.takeover:g} s, not before.")
    if record.unchanged_seconds > timing.ttl / 2:
        return Verdict("WAITING", NONE, f"{there} has not renewed the record for {record.unchanged_seconds:.1f} s; "
                       f"it may be taken after {timing.takeover:g} s, not before.")
    if isinstance(seen.writer_edge, NoAnswer):
        return Verdict("EDGE_LOST", NONE, f"{there} holds the record, so its database still takes writes, but its edge gives no answer; "
                       "repair the edge or move the service by a planned switch.")
    if isinstance(seen.replica, NoAnswer):
        return Verdict("STANDBY_DOWN", NONE,
                       f"{there} still sells; the database of {_name(seen.site)} gives no answer, so nothing protects it.")
    if isinstance(seen.replica, Saw) and not _fresh(seen.replica.value, limits):
        return Verdict("LINK_LOST", NONE, f"{there} still sells; promoting the copy in {_name(seen.site)} now would split the data.")
    return Verdict("NORMAL", NONE, f"{there} holds the record and renews it; there is nothing to take over.")


def _silent_writer(seen: Observations, timing: Timing, limits: Limits) -> Verdict:
    """The last rule: the record is another site's and has been unchanged for long enough, so that site's gate is shut by now."""
    record = _record(seen)
    there, here = _name(record.writer), _name(seen.site)
    if isinstance(seen.writer_edge, NotLooked):
        return _blind(f"the edge of {there}", seen.writer_edge)
    if isinstance(seen.replica, NotLooked):
        return _blind(f"the copy in {here}", seen.replica)
    if isinstance(seen.replica, NoAnswer):
        return Verdict("STANDBY_DOWN", NONE, f"{there} is silent and the database of {here} gives no answer: there is nothing to promote.")
    lag = seen.replica.value.lag_seconds
    if lag is None:
        return Verdict("STANDBY_EMPTY", NONE, f"{there} is silent, but no heartbeat has ever reached {here}: its database is not a copy.")
    if lag > limits.lag_seconds:
        return Verdict("STANDBY_BEHIND", NONE, f"{there} is silent, but the copy in {here} was {lag:.1f} s behind "
                       f"(limit {limits.lag_seconds:g} s); promoting it would lose that much.", override=ACCEPT_LAG)
    silent = f"{there} has not renewed the record for {record.unchanged_seconds:.1f} s, so its gate is shut (the copy here was {lag:.2f} s behind)"
    if isinstance(seen.writer_edge, NoAnswer):
        return Verdict("SITE_LOST", TAKE_OVER, f"{silent}, and its edge gives no answer; {here} takes over.")
    return Verdict("WRITER_STOPPED", TAKE_OVER, f"{silent} although its edge answers: nothing can be sold there; {here} takes over.")


_RULES: tuple[Callable[[Observations, Timing, Limits], Verdict | None], ...] = (
    _maintenance, _no_record, _held_here, _held_elsewhere, _silent_writer)


def _record(seen: Observations) -> RecordView:
    assert isinstance(seen.record, Saw)     # _no_record has decided every other case
    return seen.record.value


def _behind(replica: ReplicaView) -> str:
    if not replica.following:
        return "follows nobody"
    return "has never had a heartbeat" if replica.lag_seconds is None else f"is {replica.lag_seconds:.1f} s behind"


def _fresh(replica: ReplicaView, limits: Limits) -> bool:
    return replica.following and replica.lag_seconds is not None and replica.lag_seconds <= limits.lag_seconds


def _blind(what: str, look: NotLooked) -> Verdict:
    return Verdict("BLIND", NONE, f"Nobody has looked at {what} ({look.reason}); what was not looked at is no reason to act.")


def _name(site: str | None) -> str:
    return (site or "nobody").upper()
