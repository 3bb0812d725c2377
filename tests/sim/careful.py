# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch in a simulated world must have looked at before it does what cannot be undone: whoever slept asks who writes before he goes on.

He may be put to sleep between that question and what he does as well, and no code can help it. So it is asked how many moments lie between them,
and not what became of the record in them.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered

from .fakes import Box, FakeDatabase, FakeStore
from .wires import Remote
from .world import Process

RIGHT_BEFORE = 2        # moments in which a process can be stopped: the answer on its way here, and what is then done on its way there


class Careful:
    """One switch. `epoch`: of the record once it holds it; `remembers`: the highest that its host has seen; `judged`: when it last looked at
    everything, in real time; `stuck`: whether something lay there then that its copy could not apply; `known`: an epoch that the record had come to
    by then."""

    def __init__(self, process: Process, store: FakeStore, box: Box, epoch: Callable[[], int | None], remembers: Callable[[], int | None]) -> None:
        self.process, self._store, self._box, self._epoch = process, store, box, epoch
        self.judged = float("-inf")
        self.stuck = False
        self.known = 0
        self._remembers = remembers
        self._asked = float("-inf")

    def asked(self) -> None:
        """Who writes has been asked now, and an answer will come."""
        self._asked = self.process.points

    def does(self, what: str) -> None:
        """It does now what only the holder of the record may."""
        held = self._store.now.record
        if held and (held.writer, held.epoch, held.offer) == (self._box.site, self._epoch(), None):
            return
        if self.process.points - self._asked > RIGHT_BEFORE:
            self._box.world.violated(f"a switch to {self._box.site} at epoch {self._epoch()} {what} when its reign has ended, and has not asked "
                                     "right before who writes")

    def looks(self) -> None:
        """It looks at everything now."""
        database = self._box.database
        self.judged = self._box.world.now
        self.stuck = database.stuck_since() is not None and database.waiting > 0
        self.known = max(self._remembers() or 0, *(row.epoch - 1 for row in database.rows.values()), 0)     # a row may be one ahead of it

    def takes(self, held: Record) -> None:
        """It takes the record. Of a writer that is silent what has arrived here has to be applied before anybody can sell."""
        if held.epoch < self.known:
            self._box.world.violated(f"{self._box.site} takes a record at epoch {held.epoch} that was set back from {self.known} or later, as it "
                                     "could see")
        if not held.offer and self.stuck and self._box.database.waiting:
            self._box.world.violated(f"{self._box.site} takes the record by a copy that cannot apply what it has received, as it could see")

    def ends(self, thread: int) -> None:
        """It ends somebody who is at work here now."""
        let_go = self._box.lets_go_since(self._store.now.record)
        if let_go is not None and let_go < self.judged:
            self._box.world.violated(f"a switch to {self._box.site} ends buyer {thread}, although its agent is letting go and waits for "
                                     "him")


class WatchedStore(Remote):
    """The store, as a switch asks it."""

    def __init__(self, process: Process, store: FakeStore, careful: Careful) -> None:
        super().__init__(process, store, Unanswered)
        self._store, self._careful = store, careful

    def read(self) -> Seen:
        def effect() -> Seen:
            seen = self._store.read()
            self._careful.asked()
            return seen
        found: Seen = self._process.call(effect, self._failure)
        return found

    def swap(self, revision: int, record: Record) -> Seen | None:
        def effect() -> Seen | None:
            before = self._store.now.record
            done = self._store.swap(revision, record)
            if done and before and before.writer != record.writer:
                self._careful.takes(before)
            return done
        found: Seen | None = self._process.call(effect, self._failure)
        return found


class WatchedGate(Remote):
    """The gate, as a switch looks at it: one that is valid says as well that nobody else writes."""

    def __init__(self, process: Process, database: FakeDatabase, careful: Careful) -> None:
        super().__init__(process, database, GateSilent)
        self._database, self._careful = database, careful

    def look(self) -> GateLook:
        def effect() -> GateLook:
            look = self._database.look()
            if look.valid_for > 0:
                self._careful.asked()
            return look
        found: GateLook = self._process.call(effect, self._failure)
        return found


class Sessions(Remote):
    """Who is at work here, as a switch sees and ends them."""

    def __init__(self, process: Process, database: FakeDatabase, careful: Careful) -> None:
        super().__init__(process, database, GateSilent)
        self._database, self._careful = database, careful

    def running(self) -> tuple[Transaction, ...]:
        found: tuple[Transaction, ...] = self._process.call(self._database.running, self._failure)
        return found

    def kill(self, thread: int) -> bool:
        def effect() -> bool:
            self._careful.ends(thread)
            return self._database.kill(thread)
        return bool(self._process.call(effect, self._failure))
