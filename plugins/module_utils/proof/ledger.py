# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account after a disaster: what buyers were promised, what is there, and how long nobody was served. Pure.

A promise is the promise of the site that gave the answer (`by_site`, `by_epoch`), whoever had sold the seat.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

from .buyer import Attempt


@dataclass(frozen=True)
class Outage:
    """The pause that buyers saw when the service moved: last promise by one site, first promise by the next."""

    last_good: float
    first_after: float
    from_site: str
    to_site: str

    @property
    def seconds(self) -> float:
        """Length of the pause."""
        return self.first_after - self.last_good


def promises(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The acknowledged attempts, in the order of their answers."""
    return sorted((attempt for attempt in attempts if attempt.acknowledged), key=lambda attempt: attempt.t)


def outage(attempts: Iterable[Attempt]) -> Outage | None:
    """The move with the longest pause; None when only one site ever acknowledged anything."""
    made = promises(attempts)
    moves = [
        Outage(before.t, after.t, str(before.by_site), str(after.by_site))
        for before, after in pairwise(made) if before.by_site != after.by_site
    ]
    return max(moves, key=lambda move: move.seconds, default=None)


def dual_writer_intervals(attempts: Iterable[Attempt]) -> int:
    """How often two sites acknowledged at the same time.

    Counted are the reigns (site and epoch) that began to answer a request after a later reign had already acknowledged one:
    such a request was sent when its writer was no longer the writer. Two epochs of one site are one writer.
    """
    made = promises(attempts)
    first: dict[tuple[int, str], float] = {}
    for promise in made:
        first.setdefault(_reign(promise), promise.t)
    late = set()
    for promise in made:
        reign = _reign(promise)
        if any(other[0] > reign[0] and other[1] != reign[1] and promise.sent > began for other, began in first.items()):
            late.add(reign)
    same_epoch = Counter(epoch for epoch, _unused in first)
    return len(late) + sum(count - 1 for count in same_epoch.values())


def _reign(promise: Attempt) -> tuple[int, str]:
    return promise.by_epoch or 0, str(promise.by_site)


def contested(attempts: Iterable[Attempt]) -> int:
    """Seats asked for under more than one key: only these could have been promised twice."""
    keys: dict[tuple[int, str], set[str]] = defaultdict(set)
    for attempt in attempts:
        keys[attempt.event_id, attempt.seat].add(attempt.key)
    return sum(len(wishes) > 1 for wishes in keys.values())


def duplicated(attempts: Iterable[Attempt]) -> list[str]:
    """Seats promised twice: to two keys, or to one key under two tickets. As sentences."""
    by_seat: dict[tuple[int, str], set[tuple[str, str]]] = defaultdict(set)
    for promise in promises(attempts):
        by_seat[promise.event_id, promise.seat].add((promise.key, str(promise.ticket)))
    return [f"event {event} seat {seat}: {len(holders)} promises" for (event, seat), holders in sorted(by_seat.items()) if len(holders) > 1]


def missing(attempts: Iterable[Attempt], present: Collection[str]) -> list[list[Attempt]]:
    """For each promised ticket that is not among `present`, all its promises in order: a key may have been repeated."""
    by_ticket: dict[str, list[Attempt]] = defaultdict(list)
    for promise in promises(attempts):
        if str(promise.ticket) not in present:
            by_ticket[str(promise.ticket)].append(promise)
    return list(by_ticket.values())


def account(attempts: Sequence[Attempt], present: Collection[str], max_rpo_seconds: float = 60) -> dict[str, Any]:
    """The figures of a drill that buyers alone can tell.

    present: tickets the serving site holds now. A missing ticket is salvage, expected in the database of the site that is gone, when
    every promise of it was told `local` by that site (from_site), not after last_good and not more than max_rpo_seconds before it.
    Every other missing ticket is lost: what the serving site acknowledged itself, what was told `both_sites`, what replication had
    time enough to carry, and everything when the service did not move. When nothing that from_site promised is there, replication
    evidently did not work, and all of it is lost too.
    """
    made, gone, pause = promises(attempts), missing(attempts, present), outage(attempts)

    def before(promise: Attempt) -> bool:
        return pause is not None and promise.by_site == pause.from_site and promise.t <= pause.last_good

    def late(promise: Attempt) -> bool:
        return pause is not None and before(promise) and promise.ack == "local" and pause.last_good - promise.t <= max_rpo_seconds

    replicated = any(promise.ticket in present for promise in made if before(promise))
    salvage = [told[0] for told in gone if replicated and all(late(promise) for promise in told)]
    behind = [promise.t for told in gone for promise in told if before(promise)]
    return {
        "rto_seconds": round(pause.seconds, 2) if pause else None,
        "last_good": pause.last_good if pause else None,
        "first_after": pause.first_after if pause else None,
        "from_site": pause.from_site if pause else None,
        "to_site": pause.to_site if pause else None,
        # How long before from_site's last promise it made the oldest one that did not cross, salvaged or lost.
        "rpo_seconds": round(pause.last_good - min(behind), 3) if pause and behind else 0.0,
        "acknowledged": len({promise.ticket for promise in made}),
        "attempts": len(attempts),
        "failed_requests": sum(not attempt.final for attempt in attempts),      # refused or not answered: to be asked again
        "lost_acknowledged": len(gone) - len(salvage),
        "lost": [_row(told[0]) for told in gone if told[0] not in salvage],
        "salvage_acknowledged": [_row(promise) for promise in salvage],
        "contested": contested(attempts),
        "duplicated": len(duplicated(attempts)),
        "duplicates": duplicated(attempts),
        "dual_writer_intervals": dual_writer_intervals(attempts),
    }


def _row(promise: Attempt) -> dict[str, Any]:
    """A promise as reports tell it."""
    return {"ticket": promise.ticket, "key": promise.key, "event_id": promise.event_id, "seat": promise.seat, "site": promise.by_site,
            "epoch": promise.by_epoch, "ack": promise.ack, "told_at": promise.t}


def origin(attempts: Sequence[Attempt]) -> float | None:
    """When the first second of `timeline` began (epoch seconds); None when nothing was tried."""
    return float(floor(min(attempt.t for attempt in attempts))) if attempts else None


def timeline(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Answers counted by the second, for a chart: {"second": since the first, "sites": {site: promises}, "taken": n, "refused": n}.

    taken: wishes for a seat somebody has, answered as they must be; refused: no answer, or one that says to come back.
    """
    if not attempts:
        return []
    start = floor(min(attempt.t for attempt in attempts))
    length = floor(max(attempt.t for attempt in attempts)) - start + 1
    seconds: list[dict[str, Any]] = [{"second": second, "sites": {}, "taken": 0, "refused": 0} for second in range(length)]
    for attempt in attempts:
        row = seconds[floor(attempt.t) - start]
        if attempt.acknowledged:
            row["sites"][str(attempt.by_site)] = row["sites"].get(str(attempt.by_site), 0) + 1
        else:
            row["taken" if attempt.status == 409 else "refused"] += 1
    return seconds
