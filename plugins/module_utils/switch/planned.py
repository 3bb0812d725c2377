# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two steps before those of every switch when the writer lives: it is asked to stop, and everything it wrote is waited for.

Whoever asks keeps asking until it has taken the record: a writer that hears nothing any more takes its offer back and writes on, so a
run that is killed here leaves users with the site they had.
"""

from __future__ import annotations

from . import record
from .drain import named
from .gate import GateSilent
from .switching import Step, StepFailed, Switch

ASKED_EVERY = 0.05      # seconds between two looks while the holder is stopping: nobody sells meanwhile


class AskHolder(Step):
    """Ends when the holder has stopped and says so in the record; it writes on by itself when it is not asked any more."""

    name = "ask_holder"
    abort = "Do nothing: who is not asked any more writes on by itself."

    def pending(self, on: Switch) -> str | None:
        held = on.store.read().record
        if held is None or held.writer == on.site or held.offered_to(on.site):
            return None
        self._look_there(on, held.writer)
        return f"Ask {held.writer} to stop writing and to hand the record to {on.site}."

    def _look_there(self, on: Switch, holder: str) -> None:
        """What nobody can end is not waited for while nobody sells. Where its database does not answer here, the holder looks by itself."""
        try:
            stays = next((each for each in on.other.running() if each.prepared), None) if on.other else None
        except GateSilent:
            return
        if stays is not None:
            raise StepFailed(f"{holder} cannot stop now: {named(stays)} is open in its database. It was not asked, and sells on. Run the "
                             "switch again once that has ended.")

    def apply(self, on: Switch) -> str:
        on.refuse_maintenance("nobody was asked")
        if on.wishes is None:
            raise StepFailed("The holder of the record cannot be asked from here.")
        began, limit = on.clock(), on.timing.ttl * 2
        while True:
            on.ask()
            seen = on.store.read()
            held = seen.record
            if held is not None and held.offered_to(on.site):
                return f"{held.writer} has stopped and offers the record at epoch {held.epoch}."
            if on.clock() - began > limit:
                raise StepFailed(f"For {limit:g} s the holder has not handed the record over (now: {record.describe(seen)}). Nothing was taken; if "
                                 f"its agent runs, it sells within {on.timing.blink + on.timing.watch:g} s, as nobody asks it any more. Its "
                                 "agent's log and status say why.")
            on.sleep(ASKED_EVERY)


class CatchUp(Step):
    """Nothing that the holder wrote may be missing here; once its last row has arrived, nothing is."""

    name = "catch_up"
    abort = "Do nothing: who is not asked any more takes its offer back and writes on by itself."

    def pending(self, on: Switch) -> str | None:
        held = on.store.read().record
        if held is None or held.writer == on.site or (held.offered_to(on.site) and held.offer and self._arrived(on, held.offer)):
            return None
        return f"Wait until everything that {held.writer} wrote has arrived."

    def apply(self, on: Switch) -> str:
        began, limit = on.clock(), on.timing.catch_up
        while True:
            on.ask()
            seen = on.store.read()
            held = seen.record
            if held is None or held.offer is None or not held.offered_to(on.site):
                raise StepFailed(f"The offer was taken back (now: {record.describe(seen)}); {on.site} has taken nothing.")
            if self._arrived(on, held.offer):
                return f"Everything that {held.writer} wrote is here, {on.clock() - began:.2f} s after it was asked for."
            if on.clock() - began > limit:
                raise StepFailed(f"For {limit:g} s the last of what {held.writer} wrote has not arrived; it writes on in a moment, and nothing "
                                 "was touched here. See `status.yml` for what is wrong with the copy.")
            on.sleep(ASKED_EVERY)

    def _arrived(self, on: Switch, offer: record.Offer) -> bool:
        if any(row.server_uuid == offer.server_uuid and row.sequence >= offer.sequence for row in on.gate.look().rows):
            on.arrived = offer
            return True
        return False
