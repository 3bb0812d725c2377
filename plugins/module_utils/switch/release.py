# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The holder's side of a planned switch: stop writing for good, wait until nothing older runs, write one row behind all of it, then offer the
record with that row.

Why the epoch moves: a renewal of the gate may be on its way, from a process that was paused or from a second agent of this site, and would
open again what was closed. So the row is retired to the next epoch before anything else: whatever still comes for the old one changes
nothing. The record follows to that epoch with the offer, or, when nothing comes of it, without one.

Why one more row: what is waited for may commit meanwhile, so it stands behind the row that retired the gate. Only a row that is written once
nothing runs any more has all of it before itself.
"""

from __future__ import annotations

from collections.abc import Callable

from . import record
from .drain import Drain, Sessions, named
from .gate import GateLook, GateSilent, GateTable
from .record import Offer, Seen, Store
from .timing import Timing


class Release:
    """One release under way at a time. `sessions`: who is at work in the database; None where nobody can tell.
    What began before may take `patience` seconds to end by itself, then it is ended.
    """

    def __init__(self, site: str, gate: GateTable, sessions: Sessions | None, timing: Timing, clock: Callable[[], float]) -> None:
        self._site, self._gate, self._sessions, self._clock = site, gate, sessions, clock
        self._patience, self._limit = timing.renew / 2, timing.catch_up
        self._drain: Drain | None = None    # begun once the gate is known to be retired: who began until then saw it open
        self._retired = False
        self._began, self._epoch = 0.0, 0
        self.to: str | None = None          # whom it is for, None when nothing is under way

    def hindrance(self, look: GateLook, epoch: int) -> str | None:
        """Why not to begin now, as a sentence about this site, which can sell until that has ended by itself; None when nothing is known to be in
        the way. `look`: at the gate, just now; `epoch`: the record's.
        """
        if look.own is None or look.own.epoch != epoch:
            return f"its gate has not been opened at epoch {epoch}, so there is nothing to stop; finish the switch to it first"
        if any(row.site == self._site and row.valid_until > look.now for row in look.rows if row is not look.own):
            return "the database server before this one may still sell, until its row has run out"
        try:
            stays = next((each for each in self._sessions.running() if each.prepared), None) if self._sessions else None
        except GateSilent as error:
            return f"its database does not say who is at work there ({error})"
        return f"{named(stays)} is open in its database" if stays else None

    def begin(self, to: str, epoch: int) -> None:
        """Retire the gate of the reign at `epoch`. Raises GateSilent: it may be retired or not, `tend` sees."""
        self.to, self._began, self._epoch = to, self._clock(), epoch
        self._retired, self._drain = False, None
        if self._gate.retire(epoch):
            self._await()

    def tend(self, store: Store, seen: Seen) -> Seen | None:
        """One look; the offer once nothing older runs. `seen`: the record as read just now, ours and not offered.
        None while it is not made. Raises GateSilent and record.Unanswered; then again later.
        """
        if seen.record is None or self.to is None:
            raise AssertionError
        epoch = seen.record.epoch
        own = self._gate.look().own
        if own is None or own.epoch != epoch + 1:       # never retired, or somebody has gone on from there: begin again, or leave it
            self._retired = False
            if self._gate.retire(epoch):
                self._await()
            return None
        if not self._retired:                           # the answer to that was lost
            self._await()
        if self._drain is not None and not self._drain.tend():
            return None
        self._gate.mark(own.epoch)
        look = self._gate.look()
        last = look.own
        if any(row.site == self._site and row.valid_until > look.now for row in look.rows if row is not last):
            return None             # the server before this one may still be up somewhere, and sell until its own row has run out
        if last is None or (last.server_uuid, last.epoch) != (own.server_uuid, own.epoch) or last.sequence <= own.sequence or look.valid_for:
            return None             # another server answers, or somebody has gone on: the next look sees
        return record.offer(store, seen, last.epoch, Offer(self.to, last.server_uuid, last.sequence))

    def _await(self) -> None:
        """The gate is retired: from now on count who is older than that."""
        self._retired = True
        self._drain = Drain(self._sessions, self._clock, self._patience) if self._sessions else None

    def vain(self, epoch: int) -> str | None:
        """Why nothing comes of it, for the end of a sentence; None while something may. `epoch`: the record's by now. What is older does not end:
        better to write on than to stand still for longer. Another agent of this site has done so: it has waited for the same, and before.
        """
        if epoch != self._epoch:
            return "another of its agents has written on"
        if self._clock() - self._began <= self._patience + self._limit:
            return None
        older = self._drain.older if self._drain else ()
        return f"what it had to wait for has not ended: {', '.join(map(named, older)) or 'its database, which gives no answer'}"

    def end(self) -> None:
        """Nothing is under way any more."""
        self.to, self._drain, self._retired = None, None, False
