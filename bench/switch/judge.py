# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge of a history: what must never be in one, found and told in sentences. Pure.

At any instant one site at most acknowledges, by what clients were told and by both gates; no purchase told `both_sites` is missing in the
end, none is told twice, and no seat is two people's. A purchase told `local` may be missing where a salvage report has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.proof import ledger
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt

from .history import Gate, Told

BLINK = 1.0     # seconds: two looks at a gate that are further apart say nothing about the time between


@dataclass(frozen=True)
class Span:
    """A time in which a site's gate was certainly open: from the answer of the first look that said so to the question of the last."""

    site: str
    start: float
    end: float


@dataclass(frozen=True)
class Held:
    """One sold seat as a database or a salvage report has it."""

    key: str
    ticket: str
    seat: str


@dataclass(frozen=True)
class Switched:
    """A planned switch as the host that ran it told it. Epoch seconds; `steps` as its report has them."""

    began: float
    ended: float
    steps: Sequence[Mapping[str, Any]]


@dataclass
class Judgement:
    """violations: sentences, empty when all is well. The rest are counts for figures; salvage: told `local`, kept in a report;
    conflicts: seats that were sold again after such a purchase was left behind, for people to decide."""

    violations: list[str] = field(default_factory=list)
    acknowledged: int = 0
    attempts: int = 0
    dual_writer_intervals: int = 0
    lost_acknowledged: int = 0
    duplicated: int = 0
    oversold: int = 0
    salvage: int = 0
    conflicts: int = 0
    contested: int = 0

    def facts(self) -> dict[str, Any]:
        """Plain data for a row."""
        return dict(vars(self))


def judge(told: Sequence[Told], gates: Iterable[Gate], held: Collection[Held], salvaged: Collection[Held], seats: int) -> Judgement:
    """held: what the writer's database holds of this event in the end; salvaged: what reports have kept; seats: how many there are to sell."""
    attempts = [each.attempt for each in told]
    made = ledger.promises(attempts)
    found = Judgement(acknowledged=len({promise.ticket for promise in made}), attempts=len(attempts), contested=ledger.contested(attempts))
    _one_writer(found, attempts, gates)
    _nothing_lost(found, made, {each.ticket for each in held}, {each.ticket for each in salvaged})
    _nothing_twice(found, made, {each.ticket for each in salvaged})
    _no_seat_twice(found, held, seats)
    return found


def _one_writer(found: Judgement, attempts: list[Attempt], gates: Iterable[Gate]) -> None:
    by_word = ledger.dual_writer_intervals(attempts)
    if by_word:
        found.violations.append(f"{by_word} reigns went on acknowledging after a later one had begun")
    overlaps = both_open(open_spans(gates))
    for one, other, seconds in overlaps:
        found.violations.append(f"the gates of {one.site} and {other.site} were open together for {seconds:.3f} s, "
                                f"from {max(one.start, other.start):.3f} on this machine's clock")
    found.dual_writer_intervals = by_word + len(overlaps)


def open_spans(gates: Iterable[Gate]) -> list[Span]:
    """When each site was certainly open. Two looks join when the first one's validity reached to the second, of the same server and epoch."""
    by_site: dict[str, list[Gate]] = defaultdict(list)
    for look in gates:
        by_site[look.site].append(look)
    spans = []
    for site, looks in sorted(by_site.items()):
        looks.sort(key=lambda look: look.told)
        run: list[Gate] = []
        for look in looks:
            if run and not (look.valid_for > 0 and _goes_on(run[-1], look)):
                spans.append(Span(site, run[0].told, max(run[0].told, run[-1].asked)))
                run = []
            if look.valid_for > 0:
                run.append(look)
        if run:
            spans.append(Span(site, run[0].told, max(run[0].told, run[-1].asked)))
    return spans


def _goes_on(before: Gate, after: Gate) -> bool:
    same = (before.server_uuid, before.epoch) == (after.server_uuid, after.epoch)
    return same and after.told - before.asked <= min(BLINK, before.valid_for)


def both_open(spans: Sequence[Span]) -> list[tuple[Span, Span, float]]:
    """Pairs of spans of two sites that overlap, and by how many seconds."""
    ordered = sorted(spans, key=lambda span: span.start)
    return [(one, other, min(one.end, other.end) - other.start) for place, one in enumerate(ordered) for other in ordered[place + 1:]
            if other.site != one.site and other.start < one.end and other.end > other.start]


def _nothing_lost(found: Judgement, made: Sequence[Attempt], present: Collection[str], kept: Collection[str]) -> None:
    for promises in ledger.missing(made, present):
        ticket, local = str(promises[0].ticket), all(promise.ack == "local" for promise in promises)
        if ticket in kept and local:
            found.salvage += 1
            continue
        found.lost_acknowledged += 1
        where = f"by {promises[0].by_site} at {promises[0].t:.3f}, seat {promises[0].seat}"
        found.violations.append(f"ticket {ticket}, told {promises[0].ack} {where}, is "
                                + ("only in a salvage report" if ticket in kept else "nowhere"))


def _nothing_twice(found: Judgement, made: Sequence[Attempt], kept: Collection[str]) -> None:
    by_key: dict[str, set[str]] = defaultdict(set)
    by_seat: dict[tuple[int, str], dict[str, Attempt]] = defaultdict(dict)
    for promise in made:
        by_key[promise.key].add(str(promise.ticket))
        by_seat[promise.event_id, promise.seat].setdefault(str(promise.ticket), promise)
    for key, tickets in by_key.items():
        if len(tickets - set(kept)) > 1:
            found.duplicated += 1
            found.violations.append(f"one wish ({key}) was told {len(tickets)} tickets")
    for (event, seat), by_ticket in by_seat.items():
        if len({promise.key for promise in by_ticket.values()}) < 2:
            continue
        # Told `local`, left behind and kept for people: the seat was free at the other site, and they decide.
        left = {ticket for ticket, promise in by_ticket.items() if ticket in kept and promise.ack == "local"}
        if len(by_ticket) - len(left) > 1:
            found.oversold += 1
            found.violations.append(f"event {event} seat {seat} was promised to {len(by_ticket)} people")
        else:
            found.conflicts += 1


def _no_seat_twice(found: Judgement, held: Collection[Held], seats: int) -> None:
    by_seat: dict[str, int] = defaultdict(int)
    for each in held:
        by_seat[each.seat] += 1
    twice = sum(1 for count in by_seat.values() if count > 1)
    if twice or len(held) > seats:
        found.oversold += max(twice, len(held) - seats)
        found.violations.append(f"{len(held)} tickets for {seats} seats, {twice} seats sold twice")


def outages(told: Sequence[Told]) -> tuple[ledger.Outage | None, Mapping[int, float]]:
    """What clients saw of one move of the service: the pause of all of them together, and of each by itself in seconds."""
    each_one = {}
    for client in sorted({each.client for each in told}):
        made = ledger.promises(each.attempt for each in told if each.client == client)
        if moves := [after.t - good.t for good, after in pairwise(made) if good.by_site != after.by_site]:
            each_one[client] = round(max(moves), 3)
    return ledger.outage(each.attempt for each in told), each_one


def failed(told: Sequence[Told], start: float, end: float) -> int:
    """Requests under way between two moments (epoch seconds) that were refused or not answered: to be asked again by whoever sent them."""
    return sum(1 for each in told if each.attempt.t >= start and each.attempt.sent <= end and not each.attempt.final)


def freed(gates: Iterable[Gate], site: str, margin: float) -> float | None:
    """When the record was free to be taken from a site that fell silent, on this machine's monotonic clock: its gate is valid until one margin
    before the record's time is over, and one margin after that it may be taken. None where its gate was never seen open."""
    return max((look.told + look.valid_for + 2 * margin for look in gates if look.site == site and look.valid_for > 0), default=None)


def planned(told: Sequence[Told], switch: Switched, site: str) -> dict[str, Any]:
    """What clients saw of one planned switch to that site: the first time after it began that anybody was served by another site than
    whoever was served before. A pause of None: they did not see it.
    """
    made = ledger.promises(each.attempt for each in told)
    pause = next(((good.t, after.t) for good, after in pairwise(made)
                  if after.t >= switch.began and good.by_site != after.by_site and after.by_site == site), None)
    return {"to": site, "planned_pause_seconds": round(pause[1] - pause[0], 3) if pause else None,
            "planned_failed_requests": failed(told, switch.began, max(switch.ended, pause[1] if pause else 0.0)),
            "planned_steps": {step["name"]: step["seconds"] for step in switch.steps}}
