# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""After a gate was shut: wait until no transaction is open that may have seen it open, then end the rest.

Why: a trigger asks when a row is written, not when it is committed; and a transaction at REPEATABLE READ goes on seeing the gate as it
was when it began. Whoever begins later sees it shut, so only what is older counts. A prepared XA transaction is waited for and cannot be ended
here. Decides only; time and server are handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..mysql.transactions import Transaction
from .gate import GateTable

LOOK_EVERY = 0.12       # seconds between two looks: InnoDB takes no new list within a tenth of a second


class Sessions(Protocol):
    """Who is at work on the server. Calls raise GateSilent when it gives no answer."""

    def running(self) -> tuple[Transaction, ...]:
        """Everybody's open transactions but our own and the server's, as of a moment since this was called."""

    def kill(self, thread: int) -> bool:
        """End a connection; False when it had ended by itself."""


class StillRunning(Exception):
    """Something older runs on although it was killed; the message says what."""


@dataclass(frozen=True)
class Drained:
    """How it went. `waited` in seconds; `killed`: "user (thread N)" of every connection that was ended."""

    waited: float
    killed: tuple[str, ...]

    def __str__(self) -> str:
        after = f" after {self.waited:.1f} s"
        return f"nothing older runs{after}" + (f"; ended {', '.join(self.killed)}" if self.killed else "")


class Drain:
    """One drain, look by look: call `tend` at least LOOK_EVERY apart until it returns True. `clock`: monotonic seconds.

    `patience`: seconds that what is older may take to end by itself. `concerns`: which transactions count at all.
    """

    def __init__(self, sessions: Sessions, clock: Callable[[], float], patience: float,
                 concerns: Callable[[Transaction], bool] = lambda _each: True) -> None:
        self._sessions, self._clock, self._patience, self._concerns = sessions, clock, patience, concerns
        self._began = clock()
        self._looked = False
        self._killed: dict[tuple[int, str], str] = {}
        self.older: tuple[Transaction, ...] = ()

    def tend(self) -> bool:
        """One look, and a kill where patience is at an end. True once nothing older is left. Raises GateSilent."""
        now = tuple(each for each in self._sessions.running() if not each.undoing and self._concerns(each))
        # Whatever is prepared counts: what it wrote passed an open gate, and who prepared it may have begun before the first look.
        again, self._looked = self._looked, True
        self.older = tuple(each for each in now if each.prepared or any(_same(each, old) for old in self.older)) if again else now
        if not self.older:
            return True
        if again and self._clock() - self._began >= self._patience:
            for each in self.older:
                if not each.prepared and self._sessions.kill(each.thread):
                    self._killed[each.thread, each.started] = f"{each.user or 'somebody'} (thread {each.thread})"
        return False

    @property
    def result(self) -> Drained:
        return Drained(self._clock() - self._began, tuple(self._killed.values()))


def drain(sessions: Sessions, clock: Callable[[], float], sleep: Callable[[float], None], patience: float, *, limit: float = 10.0,
          concerns: Callable[[Transaction], bool] = lambda _each: True) -> Drained:
    """Look until it is done; `limit` in seconds beyond `patience`. Raises StillRunning, GateSilent."""
    work = Drain(sessions, clock, patience, concerns)
    end = clock() + patience + limit
    while not work.tend():
        if clock() >= end:
            raise StillRunning(f"still running {limit:g} s after it was to be ended: {', '.join(map(named, work.older))}")
        sleep(LOOK_EVERY)
    return work.result


def shut(gate: GateTable, sessions: Sessions, clock: Callable[[], float], sleep: Callable[[float], None], patience: float) -> Drained:
    """Close the gate and drain: afterwards nobody who saw it open can commit any more, or it says who can. An agent that still renews opens it again
    within its pause, so this is for whoever has told it not to (maintenance, a planned switch). Raises StillRunning, GateSilent.
    """
    gate.close()
    return drain(sessions, clock, sleep, patience)


def named(each: Transaction) -> str:
    """What it is and whose, for the middle of a sentence."""
    if each.prepared:
        return f"an XA transaction that was prepared (since {each.started}), which only its coordinator can end (XA RECOVER tells its name)"
    return f"{each.user or 'somebody'} (thread {each.thread}, since {each.started})"


def _same(now: Transaction, old: Transaction) -> bool:
    """A connection may begin anew within the second that `started` is given to; its id tells, once a transaction has written."""
    if (now.thread, now.started) != (old.thread, old.started):
        return False
    return now.id == old.id or _no_id_yet(old.id)


def _no_id_yet(trx: str) -> bool:
    """InnoDB gives a transaction its id with the first write; until then it shows a made-up one above 2^48."""
    return trx.isdigit() and int(trx) >= 1 << 48
