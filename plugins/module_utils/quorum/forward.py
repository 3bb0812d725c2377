# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record that was set back, as by a restore from a snapshot of before the last change of it, is put forward again: to the writer and the epoch that
a person names. By compare-and-swap, and never back. From one site to another only once nobody has renewed it for as long as a takeover takes: until
then the gate of the one that it named may be open. So may it be where the record is gone from a quorum that lives, and nobody says whose it was.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from ..switch.record import Record, Refused, Sight, Store, Unanswered, describe, look
from ..switch.timing import Timing, number, shown, timing_from

ATTEMPTS = 5            # its holder renews it every second or two
LOOK_EVERY = 0.5


def refuse_no_site(writer: str, sites: Collection[str]) -> None:
    """No agent would obey a record that names nobody, or a site by another spelling. Raises Refused."""
    if not writer or writer not in sites:
        raise Refused(f"{writer or 'Nobody'} is no site that keeps a member of the quorum; there are {', '.join(sorted(set(sites)))}.")


def refuse_no_wait(takeover: float) -> None:
    """Who puts a record forward without waiting opens a second gate. Raises Refused."""
    if not (math.isfinite(takeover) and takeover > 0):
        raise Refused(f"takeover_seconds is {takeover:g}: it must be above 0 and have an end, for so long the gate of who wrote last may be open.")


def longest(option: Any, agents: Iterable[tuple[str, str]], notes: Iterable[tuple[str, str]]) -> tuple[float, list[str]]:
    """(for how long nobody may have renewed the record, what of it cannot be read): whatever is longest of the `option`, of the timing by which each
    agent runs, and of what the record itself said when a snapshot was made of it.

    agents: (host, the text of its agent.json, empty where there is no agent) · notes: (host, the text of its newest.json, likewise).
    """
    found, wrong = [], []
    for said, given in [("takeover_seconds", option), *((f"newest.json on {host}", told) for host, text in notes for told in _noted(text))]:
        if (seconds := number(given)) is None or not math.isfinite(seconds) or seconds <= 0:
            wrong.append(f"{said}: {shown(given)} is no number of seconds above 0")
        else:
            found.append(seconds)
    for host, text in agents:
        try:
            found += [timing_from(_object(text).get("timing")).takeover] if text.strip() else []
        except ValueError as error:
            wrong.append(f"agent.json on {host}: {' '.join(str(error).split())}")
    return max(found, default=0.0), wrong


def _noted(text: str) -> list[Any]:
    """What the record said then: nothing, or how long. Of what is no note nothing can be told, and another check says so."""
    try:
        record = _object(text).get("record")
    except ValueError:
        return []
    told = record.get("takeover") if isinstance(record, dict) else None
    return [] if told is None else [told]


def remembered(texts: Iterable[str]) -> int:
    """The highest epoch that a host tells of: by the note of its newest snapshot, by what its agent keeps; 0 where it tells of none. What is there
    and cannot be read tells of one.
    """
    return max((_epoch(text.strip()) for text in texts), default=0)


def _epoch(text: str) -> int:
    if not text:
        return 0
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        record = _object(text).get("record")
    except ValueError:
        return 1
    if record is None:
        return 0
    epoch = record.get("epoch") if isinstance(record, dict) else None
    return epoch if isinstance(epoch, int) and epoch > 0 else 1


def _object(text: str) -> dict[str, Any]:
    """Raises ValueError without a word of what the text holds: an agent's holds passwords."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def pending(held: Record | None, writer: str, epoch: int, absent: bool = False) -> bool:
    """Is anything left to do? `absent`: it may be put where there is none. Raises Refused when the record may not be put there."""
    if epoch < 1:
        raise Refused(f"{epoch} is no epoch: the first one is 1.")
    if held is None:
        if absent:
            return True
        raise Refused("The record is absent: it is restored first.")
    if (held.writer, held.epoch) == (writer, epoch):
        return False
    if held.epoch >= epoch:
        raise Refused(f"The record says {held.writer} at epoch {held.epoch} by now, which is no earlier than {epoch}: it is never set back.")
    return True


def put(store: Store, writer: str, epoch: int, takeover: float, clock: Callable[[], float], sleep: Callable[[float], None],
        absent: bool = False) -> Record:
    """Do it. `takeover`: seconds for which a record that names another site, or is absent, must be seen unchanged; `absent` as above. Returns the
    record as it is then. Raises Refused, Unanswered.
    """
    refuse_no_wait(takeover)
    for _unused in range(ATTEMPTS):
        seen = store.read()
        if (seen.record is None or seen.record.writer != writer) and pending(seen.record, writer, epoch, absent):
            seen = _still(store, takeover, clock, sleep).seen
        if not pending(seen.record, writer, epoch, absent):
            if seen.record is None:
                raise AssertionError
            return seen.record
        now = Record(writer, epoch, 1, takeover=takeover) if seen.record is None else replace(
            seen.record, writer=writer, epoch=epoch, counter=seen.record.counter + 1, offer=None)
        if (done := store.swap(seen.revision, now)) is not None and done.record is not None:
            return done.record
    raise Unanswered(f"somebody else changed the record {ATTEMPTS} times in a row; last seen: {describe(store.read())}")


def _still(store: Store, takeover: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> Sight:
    """Once nobody has renewed it for so long."""
    sight = look(store, None, Timing(), clock)
    while True:
        held = sight.seen.record
        if sight.alive:
            raise Refused(f"{held.writer if held else 'Somebody'} renews the record, so its gate may be open. If it is not to write, "
                          "stop its agents first.")
        if sight.unchanged >= max(takeover, held.takeover or 0.0 if held else 0.0):
            return sight
        sleep(LOOK_EVERY)
        sight = look(store, sight, Timing(), clock)
