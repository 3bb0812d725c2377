# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch is made of: everything it touches, and what each of its steps has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..mysql.transactions import Transaction
from . import record, verdict
from .drain import Sessions
from .gate import GateLook, GateTable
from .journal import Journal
from .observations import Look, Observations
from .timing import Timing
from .wish import Asking, Wishes


class StepFailed(Exception):
    """A step could not be finished; the message says which, why, what state is left and what to do next."""


class NotYet(Exception):
    """A step that follows a switch cannot be done now, through nothing that is wrong here; the message says what it waits for."""


class SwitchRefused(Exception):
    """The verdict does not allow a switch. Nothing was touched."""

    def __init__(self, found: verdict.Verdict) -> None:
        hint = f" An operator may override this by name, for this epoch alone: {found.override}." if found.override else ""
        super().__init__(f"{found.verdict}: {found.because}{hint}")
        self.found = found


class Database(Protocol):
    """The database at this site as a copy of another. Calls raise GateSilent when it gives no answer."""

    def follows(self) -> str | None:
        """The source it is set up to copy from, None when it stands alone, and has done so since before this switch."""

    def applies(self) -> str | None:
        """The source of which rows may still be applied here, None when nothing of any is."""

    def unfinished(self) -> str | None:
        """Why its rows are no state that its source ever had, as the end of a sentence about it; None when nothing says so."""

    def promote(self) -> str:
        """Apply what has arrived; when this returns nothing more is applied. Says what it did. Safe to repeat."""

    def stand_alone(self) -> str:
        """Forget the source. Says what it did. Safe to repeat."""


class Latch(Protocol):
    """The marker that tells health checkers where the service is. Calls raise OSError with the reason."""

    def epoch(self) -> int | None:
        """The epoch the marker carries, None when there is no marker."""

    def set(self, epoch: int) -> None:
        """Write the marker."""


class Capacity(Protocol):
    """The machines that serve at this site. Calls raise OSError with the reason."""

    wanted: int

    def now(self) -> int:
        """How many there shall be now."""

    def widen(self) -> None:
        """Have as many as are wanted."""


class OtherDatabase(Protocol):
    """The database of the other site, over the link. Calls raise GateSilent when it gives no answer."""

    def look(self) -> GateLook: ...
    def fence(self, epoch: int) -> bool: ...
    def running(self) -> tuple[Transaction, ...]: ...
    def kill(self, thread: int) -> bool: ...


class Backups(Protocol):
    """Who makes backups on this host. Calls raise OSError."""

    def asked(self) -> int | None:
        """The epoch for which one was asked for last."""

    def ask(self, epoch: int) -> None:
        """Have one made now."""


@dataclass
class Switch:
    """Everything a switch to `site` touches. `look` returns what is known now, with the site's own sight of the record when it has one.
    `watched`: the record as whoever reads it all the time has seen it last, None where nobody does.
    `maintenance`: is this site in it?
    `writer_answers`: does the agent here answer /writer? `sessions`: who is at work in the database here; None where nobody can tell.
    `wishes`: where the holder of the record can be asked for it; `planned`: ask one that lives, instead of refusing. `capacity`, `other`,
    `backups`: for what follows a switch (afterwards.py); None where there is no such thing. `users_first`: seconds after the switch in which
    users find their way here and no control plane is written to.
    `sleep` and `clock` in monotonic seconds, `wall` in epoch seconds.
    """

    site: str
    timing: Timing
    store: record.Store
    gate: GateTable
    database: Database
    latch: Latch | None
    look: Callable[[], tuple[Observations, record.Sight | None]]
    sessions: Sessions | None
    writer_answers: Callable[[], Look[bool]]
    journal: Journal
    clock: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    limits: verdict.Limits = field(default_factory=verdict.Limits)
    overrides: frozenset[str] = frozenset()
    wishes: Wishes | None = None
    planned: bool = False
    capacity: Capacity | None = None
    other: OtherDatabase | None = None
    backups: Backups | None = None
    sight: record.Sight | None = None
    watched: Callable[[], record.Sight | None] = lambda: None
    maintenance: Callable[[], bool] = lambda: False
    arrived: record.Offer | None = None     # the holder's, once everything he had written by then is here
    remembers: Callable[[], int | None] = lambda: None      # the highest epoch of the record ever seen from this host
    epoch: int | None = None        # of the record once it is held here
    users_first: float = 0.0
    sells_since: float | None = None    # by the switch that is followed up, on `wall`

    def __post_init__(self) -> None:
        self._asking = Asking(self.site, self.wishes, self.timing.watch / 2, self.clock) if self.wishes else None
        self._selling: tuple[int, float] | None = None

    def freshest(self) -> record.Sight | None:
        """Of the record that was judged: what was done since then may have taken longer than two looks may be apart."""
        now = self.watched()
        return now if now and self.sight and now.seen.revision == self.sight.seen.revision else self.sight

    def refuse_maintenance(self, what: str) -> None:
        """Somebody may have put this site into it since it was judged: its agent shuts whatever gate is opened here. `what`: is so now. Raises
        StepFailed.
        """
        if self.maintenance():
            raise StepFailed(f"{self.site} is in maintenance since this switch began: {what}. End that (playbooks/maintenance.yml), then run the "
                             "switch again.")

    def ask(self) -> None:
        """Ask the holder for the record, again whenever it is time. Raises record.Unanswered."""
        if self._asking is not None:
            self._asking.repeat()

    def seen_selling(self, epoch: int) -> float:
        """Since when whoever asks has seen this site sell in that reign, on `wall`: from the first time he asks."""
        if self._selling is None or self._selling[0] != epoch:
            self._selling = (epoch, self.wall())
        return self._selling[1]


class Step:
    """One step: what is left to do, and doing it. Resuming is running it again: it asks first. `abort`: what to do instead when a run
    stopped here and is not to be finished.
    """

    name: str
    abort: str

    def pending(self, on: Switch) -> str | None:
        """What is left to do, as a sentence; None when it is done already."""
        raise NotImplementedError

    def apply(self, on: Switch) -> str:
        """Do it and say what was done."""
        raise NotImplementedError

    def idle(self, on: Switch) -> str:
        """What to say when nothing is left to do."""
        return "Nothing left to do."
