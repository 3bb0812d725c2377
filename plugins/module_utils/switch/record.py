# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record outside: which site is the writer. Decisions over a store that can read and compare-and-swap; no network here.

Safety rests on three sentences. The holder's gate is valid for at most TTL - margin from a moment *before* its renewal. Another
site takes the record only by compare-and-swap on the very revision it has itself seen unchanged for TTL + margin. A key that is
absent is nobody's to take: only the inventory's primary may claim it, and only where no database remembers an earlier writer.
A fourth saves the wait: whom the holder itself offers the record, after it has stopped, may take it by compare-and-swap on that offer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from .remembered import NOTHING, Known
from .timing import Timing

FIRST_EPOCH = 1


class Unanswered(Exception):
    """The store did not answer, or its answer was lost: nobody knows whether it acted. Carries what it said last. `refused`: somebody was there who
    would not say it, as to whom he does not know, or could not be asked as he should be; that is no silence.
    """

    def __init__(self, said: str, refused: bool = False) -> None:
        super().__init__(said)
        self.refused = refused


class Refused(Exception):
    """The record may not be taken or claimed; the message says why and what to do."""


@dataclass(frozen=True)
class Offer:
    """The holder has stopped: the gate of its reign is retired and nothing that was begun in it runs. `to` may take the record at once.
    `server_uuid`, `sequence`: the holder's row of dr.gate, moved once more after that; a copy that has it has everything the holder ever wrote.
    """

    to: str
    server_uuid: str
    sequence: int


@dataclass(frozen=True)
class Record:
    """Who writes. `epoch` grows with every change of writer and every offer, `counter` with every renewal. `takeover`: seconds for which others
    must have seen it unchanged before they take it, by its holder's timing; None where he did not say. Theirs may be another's by mistake,
    or for the minute in which a new one is rolled out.
    """

    writer: str
    epoch: int
    counter: int
    offer: Offer | None = None
    takeover: float | None = field(default=None, compare=False)      # no part of who writes

    def offered_to(self, site: str) -> bool:
        """May `site` take it at once?"""
        return self.offer is not None and self.offer.to == site

    def to_plain(self) -> dict[str, Any]:
        """Its parts as JSON holds them, the offer's as well; what nobody has said is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Record:
        """What `to_plain` made. Raises KeyError, TypeError or ValueError when it is no record."""
        offer = plain.get("offer")
        return cls(str(plain["writer"]), int(plain["epoch"]), int(plain["counter"]),
                   Offer(str(offer["to"]), str(offer["server_uuid"]), int(offer["sequence"])) if offer else None,
                   float(plain["takeover"]) if plain.get("takeover") is not None else None)

    def to_json(self) -> str:
        return json.dumps(self.to_plain(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Raises ValueError when the text is not a record: a foreign value under our key is not ours to overwrite."""
        try:
            return cls.from_plain(json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"the store holds something that is no record: {text[:120]!r} ({error})") from error


@dataclass(frozen=True)
class Seen:
    """What one linearizable read saw. `revision` never repeats for a key; 0 with no record means the key is absent."""

    record: Record | None
    revision: int


class Store(Protocol):
    """A linearizable register. Both calls raise Unanswered when the outcome is not known."""

    def read(self) -> Seen:
        """The record now, by a linearizable read."""

    def swap(self, revision: int, record: Record) -> Seen | None:
        """Write `record` if the key is still at `revision` (0: still absent). None when it is not; nothing was written then."""


@dataclass(frozen=True)
class Sight:
    """One site's own memory of one revision, in seconds of its own monotonic clock."""

    seen: Seen
    since: float    # end of the first look that returned this revision
    last: float     # start of the latest look that returned it
    looked: float   # end of the latest look
    alive: bool = False     # this revision was seen to follow another one, without a gap: somebody renews
    reached: int | None = None      # the epoch that it had come to before the latest look began; None when nothing is known of that

    @property
    def unchanged(self) -> float:
        """Seconds between the first and the latest look. Time in which nobody looked does not count."""
        return max(0.0, self.last - self.since)

    @property
    def set_back(self) -> bool:
        """It is further back than it was, as after the store was restored from an old copy."""
        return self.seen.record is not None and self.reached is not None and self.seen.record.epoch < self.reached


def look(store: Store, before: Sight | None, timing: Timing, clock: Callable[[], float], known: Known = NOTHING) -> Sight:
    """Read once and add it to what was seen before. A gap longer than `timing.blink` (store silent, process paused) starts the
    count anew, so that after a loss of quorum the holder has TTL + margin to renew before anyone may take over. `known`: before this call.
    """
    began = clock()
    seen = store.read()
    ended = clock()
    reached = known.reached(seen.record.writer) if seen.record else known.highest
    if before is None or ended - before.looked > timing.blink:
        return Sight(seen, since=ended, last=ended, looked=ended, reached=reached)
    if before.seen.revision != seen.revision:
        return Sight(seen, since=ended, last=ended, looked=ended, alive=True, reached=reached)
    return replace(before, last=began, looked=ended, reached=reached)


def refuse_set_back(sight: Sight) -> None:
    """Whoever obeys a record that was set back may write beside, or over, what was sold since. Raises Refused, with the way out."""
    if sight.set_back:
        raise Refused(f"The record says {describe(sight.seen)}, but this host or its database remembers epoch {sight.reached}: the store was set "
                      "back. This site neither writes by it nor takes it; playbooks/restore_record.yml says what to name, "
                      "docs/runbooks/record.md why.")


def needed(held: Record, timing: Timing) -> float:
    """Seconds for which this record must have been seen unchanged before it may be taken."""
    return timing.needed(held.takeover)


def renew(store: Store, held: Seen, takeover: float | None = None) -> Seen | None:
    """The holder says it is alive. `takeover`: for the record; None leaves it. None: somebody changed the record since `held` was read, so
    read before doing anything else.
    """
    return _held_on(store, held, **({} if takeover is None else {"takeover": takeover}))


def offer(store: Store, held: Seen, epoch: int, made: Offer) -> Seen | None:
    """The holder, whose gate is retired to `epoch`, offers the record at that epoch. None as for `renew`."""
    return _held_on(store, held, epoch=epoch, offer=made)


def go_on(store: Store, held: Seen, epoch: int) -> Seen | None:
    """The holder writes on after a release that came to nothing: at `epoch`, that of its retired gate, and without the offer, if it was
    made. Compare-and-swap: who was offered the record either took it before or cannot take it any more. None as for `renew`.
    """
    return _held_on(store, held, epoch=epoch, offer=None)


def _held_on(store: Store, held: Seen, **changed: Any) -> Seen | None:
    """The holder's compare-and-swap on what it has itself read or written last."""
    if held.record is None:
        raise ValueError("nothing to hold on to: the record is absent")
    return store.swap(held.revision, replace(held.record, counter=held.record.counter + 1, **changed))


def keep(store: Store, site: str, epoch: int, timing: Timing, attempts: int = 5) -> Seen:
    """Renew on behalf of `site` at `epoch` without having held it before, beside an agent that renews as well, whose timing may be longer.
    Raises Refused when another site or epoch holds the record.
    """
    seen = store.read()
    for _unused in range(attempts):
        record = seen.record
        if record is None or (record.writer, record.epoch) != (site, epoch):
            raise Refused(f"{site} does not hold the record at epoch {epoch}: it says {describe(seen)}.")
        if record.offer is not None:
            raise Refused(f"{site} has offered the record to {record.offer.to}; it writes again once it has taken that back.")
        if (now := renew(store, seen, needed(record, timing))) is not None:
            return now
        seen = store.read()
    raise Unanswered(f"{attempts} renewals in a row met somebody else's; last seen: {describe(seen)}")


def take(
    store: Store, sight: Sight, site: str, timing: Timing, clock: Callable[[], float], arrived: Offer | None = None, known: Known = NOTHING,
) -> Seen:
    """Take the record for `site`: one more look, then compare-and-swap on what was seen. Idempotent: already ours is a success.
    `arrived`: the offer of which everything has arrived here; a later one of the same holder is another, as he has written in between. `known`: of
    the record, before this call.
    Raises Refused with the reason when it may not be taken, Unanswered when nobody knows (run again: it reads first).
    """
    sight = look(store, sight, timing, clock, known)
    record = sight.seen.record
    if record is None:
        raise Refused("The record is absent. A vanished key is never a reason to take over; playbooks/restore_record.yml puts it back by name.")
    refuse_set_back(sight)
    if record.writer == site:
        return sight.seen
    if sight.unchanged < needed(record, timing) and (arrived is None or record.offer != arrived or not record.offered_to(site)):
        if record.offered_to(site):
            raise Refused(f"{record.writer} has written on and offers the record anew; what it wrote in between may not have arrived.")
        raise Refused(f"{record.writer} may still hold the record: seen unchanged for {sight.unchanged:.1f} s, "
                      f"{needed(record, timing):g} s are needed.")
    taken = store.swap(sight.seen.revision, Record(site, record.epoch + 1, record.counter + 1, takeover=timing.takeover))
    if taken is None:
        raise Refused(f"{record.writer} or another site changed the record at the last moment; nothing was taken.")
    return taken


def claim(store: Store, site: str, primary: str, remembered_epoch: int | None, takeover: float | None = None) -> Seen:
    """The very first claim. `takeover`: for the record. `remembered_epoch`: the highest epoch that the local gate table or this host has ever
    held, None when neither has.
    """
    if site != primary:
        raise Refused(f"The record is absent and {site} is not the primary; {primary} claims it first.")
    if remembered_epoch is not None:
        raise Refused(
            f"The record is absent, but this site remembers epoch {remembered_epoch}: the store has lost its data. "
            "Once it is certain which site wrote last, playbooks/restore_record.yml puts it back (docs/runbooks/record.md)."
        )
    claimed = store.swap(0, Record(site, FIRST_EPOCH, 1, takeover=takeover))
    if claimed is None:
        raise Refused("Somebody claimed the record first; read it again.")
    return claimed


def describe(seen: Seen) -> str:
    """What the record says, for a sentence."""
    if seen.record is None:
        return "nothing (the key is absent)"
    offered = f", offered to {seen.record.offer.to}" if seen.record.offer else ""
    return f"writer {seen.record.writer}, epoch {seen.record.epoch}, counter {seen.record.counter}{offered}"
