# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Purchases that wait until the standby holds them. No thread waits with them: one lookout for all asks the standby (ticketing.lookout).

A purchase is across when the standby's database shows the row itself, with the very ticket: neither a position nor a clock has to be
believed, nor that replication keeps an order. A key alone proves nothing, as a buyer may have used it at a site that lost the sale.

Whether it is worth while to wait is told by heartbeats: the gate's row, which replicates. They prove no purchase.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from ticketing.config import BOTH_SITES
from ticketing.gate import Reign
from ticketing.refusals import GateClosed
from ticketing.store import Receipt, Sale

T = TypeVar("T")
LOG = logging.getLogger("uvicorn.error")

BEAT_SECONDS = 0.5          # how often heartbeats are compared
LEAST_LAG_SECONDS = 0.5     # less lag than two heartbeats cannot be told from none
PACE_SECONDS = 0.002        # from look to look at least: on a link without delay they would leave this process no time to sell
MOST = 500                  # purchases that one look asks for, the oldest first
# A look that comes too early costs a round trip more, one that comes late what it is late. So the first one goes out after as long as the
# standby took lately: a little later with each that was too early, a little earlier with each that was not.
LATER_SECONDS, EARLIER_SECONDS = 0.0004, 0.0002


class Here(Protocol):
    """This site's database."""

    def reign(self) -> Reign | None:
        """Who may write now."""

    def drop(self) -> None:
        """Ask over a new connection from now on."""


class There(Protocol):
    """The standby's database."""

    def beat(self, server: str) -> tuple[str, float | None]:
        """(which server it is, `beat_at` of another one's row of the gate as it has arrived)."""

    def holds(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The tickets of those keys that have arrived."""

    def drop(self) -> None:
        """Ask over a new connection from now on."""


@dataclass(eq=False)
class Passage:
    """One purchase that waits. `due`: when it is worth while to ask for it. `answer`: the receipt when it is across, None when nobody waits any
    longer; or GateClosed."""

    sale: Sale
    due: float
    asked: bool = False
    answer: Future[Receipt | None] = field(default_factory=Future)


class Crossing:
    """Who waits, and whether the standby keeps up. `limit`: seconds a purchase waits at most. Thread-safe.

    `apart`: why nobody waits now, in words; None while the standby keeps up.
    """

    def __init__(self, here: Here, there: There, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.apart: str | None = "not looked yet"
        self.writer_here = False
        self._here, self._there, self._clock = here, there, clock
        self._waiting: dict[Passage, None] = {}
        self._changed = threading.Condition()
        self._asked: float | None = None        # since when the standby owes an answer
        self._next_beat = self._next_look = 0.0
        self._head_start = PACE_SECONDS         # how long after COMMIT the standby is asked first
        self._stopped = False

    @property
    def together(self) -> bool:
        """Is it worth while to wait? No longer as soon as the standby owes an answer for longer than the limit."""
        asked = self._asked
        return self.apart is None and (asked is None or self._clock() - asked <= self.limit)

    @property
    def waiting(self) -> list[Passage]:
        """Whoever waits, in the order in which they came."""
        with self._changed:
            return list(self._waiting)

    def enter(self, sale: Sale) -> Passage:
        """Wait for a purchase that is committed here."""
        passage = Passage(sale, self._clock() + self._head_start)
        with self._changed:
            self._waiting[passage] = None
            self._changed.notify()
        return passage

    def leave(self, passage: Passage) -> None:
        """Nobody waits for this one any longer."""
        self._gone(passage)

    def late(self, passage: Passage) -> None:
        """This one has waited for the whole limit: nobody else does, until heartbeats say that the standby keeps up."""
        if self._gone(passage):
            self._part(f"a purchase was not across within {self.limit:g} s")

    def run(self) -> None:
        """Look until `stop`. One thread does this."""
        while not self._stopped:
            try:
                self.turn()
            except Exception:                   # whatever it is, it must not end with this thread: then nobody would look again
                LOG.exception("the standby could not be looked at")
                self._there.drop()
                self._part("looking at the standby failed")
            with self._changed:
                if not self._waiting:
                    self._changed.wait_for(lambda: self._stopped or self._waiting, self._next_beat - self._clock())
                due = max(self._next_look, next(iter(self._waiting)).due) if self._waiting else self._next_beat
                self._changed.wait_for(lambda: self._stopped, min(due, self._next_beat) - self._clock())
        self._here.drop()
        self._there.drop()

    def stop(self) -> None:
        """Let `run` end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def turn(self) -> None:
        """Compare heartbeats where it is time to, and ask the standby for whoever waits."""
        if self._clock() >= self._next_beat:
            try:
                self._beat()
            finally:
                self._next_beat = self._clock() + BEAT_SECONDS
        if (passages := self.waiting[:MOST]) and passages[0].due <= self._clock():
            self._next_look = self._clock() + PACE_SECONDS
            self._look(passages)

    def _beat(self) -> None:
        try:
            reign = self._here.reign()
        except SQLAlchemyError:
            self._here.drop()
            return
        self.writer_here = reign is not None
        if reign is None:
            self._here.drop()                   # the name may lead to another server by now
            self._part("this site is not the writer")
            return
        seen = self._ask(lambda: self._there.beat(reign.server))
        if seen is None:
            return
        server, beat_at = seen
        if server == reign.server:
            self._part("the standby's database is this site's own")
        elif beat_at is None:
            self._part("the standby does not follow this site")
        elif reign.beat_at - beat_at > max(self.limit, LEAST_LAG_SECONDS):
            self._part(f"the standby is {reign.beat_at - beat_at:.1f} s behind")
        else:
            if self.apart is not None:
                LOG.warning("purchases wait for the standby from now on")
            self.apart = None

    def _look(self, passages: Sequence[Passage]) -> None:
        """One look at the standby for all of them, and one at the gate here for those that are across."""
        held = self._ask(lambda: self._there.holds([each.sale.key for each in passages]))
        if held is None:
            return
        across = [each for each in passages if held.get(each.sale.key) == each.sale.receipt.ticket]
        if not passages[0].asked:
            step = -EARLIER_SECONDS if passages[0] in across else LATER_SECONDS
            self._head_start = min(max(0.0, self._head_start + step), self.limit / 4)
        for passage in passages:
            passage.asked = True
        if not across:
            return
        try:
            reign = self._here.reign()          # after COMMIT and after the wait: that is when the promise is given
        except SQLAlchemyError:
            self._here.drop()                   # they are asked for again
            return
        for passage in across:
            if self._gone(passage) and passage.answer.set_running_or_notify_cancel():
                try:
                    passage.answer.set_result(passage.sale.promised(reign, BOTH_SITES))
                except GateClosed as refusal:
                    passage.answer.set_exception(refusal)

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The standby's answer; None where it gives none."""
        self._asked = self._clock()
        try:
            return question()
        except SQLAlchemyError as error:
            self._there.drop()
            self._part(f"the standby's database does not answer ({type(error).__name__})")
            return None
        finally:
            self._asked = None

    def _part(self, why: str) -> None:
        """Nobody waits any longer."""
        if self.apart is None and self.writer_here:
            LOG.warning("purchases do not wait for the standby: %s", why)
        self.apart = why
        for passage in self.waiting:
            if self._gone(passage) and passage.answer.set_running_or_notify_cancel():
                passage.answer.set_result(None)

    def _gone(self, passage: Passage) -> bool:
        """Take one out; True for whoever does it, once."""
        with self._changed:
            if passage not in self._waiting:
                return False
            del self._waiting[passage]
            return True
