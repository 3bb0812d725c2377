# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record that was set back, as by a restore from a snapshot of before the last change of it, is put forward again: to the writer and the epoch that
a person names. By compare-and-swap, and never back. From one site to another only once nobody has renewed it for as long as a takeover takes: until
then the gate of the one that it named may be open. So may it be where the record is gone from a quorum that lives, and nobody says whose it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from ..switch.record import Record, Refused, Sight, Store, Unanswered, describe, look
from ..switch.timing import Timing

ATTEMPTS = 5            # its holder renews it every second or two
LOOK_EVERY = 0.5


def refuse_no_site(writer: str, sites: Collection[str]) -> None:
    """No agent would obey a record that names nobody, or a site by another spelling. Raises Refused."""
    if not writer or writer not in sites:
        raise Refused(f"{writer or 'Nobody'} is no site that keeps a member of the quorum; there are {', '.join(sorted(set(sites)))}.")


def pending(held: Record | None, writer: str, epoch: int, absent: bool = False) -> bool:
    """Is anything left to do? `absent`: it may be put where there is none. Raises Refused when the record may not be put there."""
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
    for _ in range(ATTEMPTS):
        seen = store.read()
        if (seen.record is None or seen.record.writer != writer) and pending(seen.record, writer, epoch, absent):
            seen = _still(store, takeover, clock, sleep).seen
        if not pending(seen.record, writer, epoch, absent):
            assert seen.record is not None
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
