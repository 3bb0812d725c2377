# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account after a disaster: what buyers were promised, what is there, and how long nobody was served. Pure."""

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
        Outage(before.t, after.t, str(before.site), str(after.site))
        for before, after in pairwise(made) if before.site != after.site
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
        first.setdefault((promise.epoch or 0, str(promise.site)), promise.t)
    late = set()
    for promise in made:
        reign = (promise.epoch or 0, str(promise.site))
        if any(other[0] > reign[0] and other[1] != reign[1] and promise.sent > began for other, began in first.items()):
            late.add(reign)
    same_epoch = Counter(epoch for epoch, _ in first)
    return len(late) + sum(count - 1 for count in same_epoch.values())


def duplicated(attempts: Iterable[Attempt]) -> list[str]:
    """Seats promised twice: to two keys, or to one key under two tickets. As sentences."""
    by_seat: dict[tuple[int, str], set[tuple[str, str]]] = defaultdict(set)
    for promise in promises(attempts):
        by_seat[promise.event_id, promise.seat].add((promise.key, str(promise.ticket)))
    return [f"event {event} seat {seat}: {len(holders)} promises" for (event, seat), holders in sorted(by_seat.items()) if len(holders) > 1]


def missing(attempts: Iterable[Attempt], present: Collection[str]) -> list[Attempt]:
    """Promises whose ticket is not among `present`, one for each ticket."""
    by_ticket = {str(promise.ticket): promise for promise in promises(attempts)}
    return [promise for ticket, promise in by_ticket.items() if ticket not in present]


def account(attempts: Sequence[Attempt], present: Collection[str]) -> dict[str, Any]:
    """The figures of a drill that buyers alone can tell.

    present: tickets the serving site holds now. Promises told `both_sites` that are missing are lost; those told `local` are salvage:
    they are in the database of the site that is gone, and each is listed.
    """
    made, gone, pause = promises(attempts), missing(attempts, present), outage(attempts)
    salvage = [promise for promise in gone if promise.ack != "both_sites"]
    return {
        "rto_seconds": round(pause.seconds, 2) if pause else None,
        "last_good": pause.last_good if pause else None,
        "first_after": pause.first_after if pause else None,
        "from_site": pause.from_site if pause else None,
        "to_site": pause.to_site if pause else None,
        # How old the oldest promise is that did not cross in time: the data lost to the serving site, in seconds before the end.
        "rpo_seconds": round(pause.last_good - min(promise.t for promise in gone), 3) if pause and gone else 0.0,
        "acknowledged": len({promise.ticket for promise in made}),
        "attempts": len(attempts),
        "lost_acknowledged": len(gone) - len(salvage),
        "salvage_acknowledged": [
            {"ticket": promise.ticket, "key": promise.key, "event_id": promise.event_id, "seat": promise.seat, "site": promise.site,
             "epoch": promise.epoch, "told_at": promise.t} for promise in salvage
        ],
        "duplicated": len(duplicated(attempts)),
        "duplicates": duplicated(attempts),
        "dual_writer_intervals": dual_writer_intervals(attempts),
    }


def timeline(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Answers counted by the second, for a chart: {"second": since the first, "sites": {site: promises}, "refused": n}."""
    if not attempts:
        return []
    start = floor(min(attempt.t for attempt in attempts))
    length = floor(max(attempt.t for attempt in attempts)) - start + 1
    seconds: list[dict[str, Any]] = [{"second": second, "sites": {}, "refused": 0} for second in range(length)]
    for attempt in attempts:
        row = seconds[floor(attempt.t) - start]
        if attempt.acknowledged:
            row["sites"][str(attempt.site)] = row["sites"].get(str(attempt.site), 0) + 1
        else:
            row["refused"] += 1
    return seconds
