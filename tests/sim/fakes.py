# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the processes of a simulated world talk to: one store, and databases of two sites. The wires between are wires.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent, Standing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.wish import Wish

from .copying import Line, Sale
from .past import Past
from .world import Simulation

if TYPE_CHECKING:
    from .careful import Careful

OFFER_STANDS = 0.75     # of the time after which the record may be taken: by then its holder has taken it back, if it lives
NOT_SILENT = 3          # answers about it that its agents have had since


class FakeStore:
    """A linearizable register shared by everybody. `silent`: spans without quorum. `handed_over`: epochs at which a site took what was offered to
    it; not where the holder had fallen silent since, so that it could not take its offer back.
    """

    def __init__(self, world: Simulation) -> None:
        self.world = world
        self.now = Seen(None, 0)
        self._revision = 0
        self.silent: list[tuple[float, float]] = []
        self.vanishes: float | None = None
        self.past = Past()
        self.handed_over: set[int] = set()
        self.taken: dict[str, int] = {}         # by site, the epoch at which it took the record last
        self.last_words: dict[int, float] = {}  # by such an epoch, when who held the record before had written it last
        self._written, self._too_late = 0.0, 0

    def answered(self, site: str, seen: Seen) -> None:
        """An agent of `site` has had this answer. One that reads again and again of an offer of its own that should be taken back is not silent."""
        held = seen.record
        if held and held.writer == site and held.offer and held.takeover and seen.revision == self.now.revision:
            self._too_late += self.world.now - self._written > held.takeover * OFFER_STANDS

    def _up(self) -> None:
        if any(start <= self.world.now < end for start, end in self.silent):
            raise Unanswered("no quorum")
        if self.vanishes is not None and self.world.now >= self.vanishes:
            self.now, self.vanishes = Seen(None, 0), None
        if earlier := self.past.instead_of(self.now.record, self.world.now):
            self._revision += 1
            self.now = Seen(earlier, self._revision)
            self.world.tell(f"the record is set back to epoch {earlier.epoch}")

    def anew(self, seen: Seen) -> None:
        """Somebody has made it of nothing. Its revisions begin anew; that one is as it was before, after thousands, is left out."""
        self._revision += 1000
        self.now = Seen(seen.record, self._revision)
        self._written, self._too_late = self.world.now, 0

    def read(self) -> Seen:
        self._up()
        return self.now

    def swap(self, revision: int, record: Record) -> Seen | None:
        self._up()
        if self.now.revision != revision:
            return None
        before = self.now.record
        if before and before.offered_to(record.writer) and before.takeover and (
                self.world.now - self._written < before.takeover or self._too_late >= NOT_SILENT):
            self.handed_over.add(record.epoch)
        if before and before.writer != record.writer:
            self.taken[record.writer], self.last_words[record.epoch] = record.epoch, self._written
        self._written, self._too_late = self.world.now, 0
        self._revision += 1
        self.now = Seen(record, self._revision)
        self.past.note(record)
        return self.now


class FakeWishes:
    """The key beside it, silent whenever the store is."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.now: Wish | None = None
        self.put_at = float("-inf")

    def read(self) -> Wish | None:
        self._store.read()
        return self.now

    def put(self, wish: Wish) -> None:
        self._store.read()
        self.now, self.put_at = wish, self._store.world.now


class FakeDatabase:
    """dr.gate of one server in memory, with the meaning of the SQL in gate.py, what was sold there, and who is at work. `source`: the database it
    copies rows from by `line`; `mine`: servers it has been, whose rows never come back from there. `time`: the world's. `changed` hears of every
    row of the gate that is written here, `applied` of everything that comes from the source. `silent`: spans in which agents and switches get no
    answer, while whoever buys does; `stuck`: spans in which nothing can be applied until somebody has cured it; `torn_until`: so long rows are out
    that somebody who repairs this copy has taken. `named`: servers that never wrote, and whose they are; `assigned`: such a server, and how long the
    log was when that was first said of it here. `halted_until`: so long somebody has stopped it from copying.
    """

    def __init__(self, clock: Callable[[], float], server_uuid: str, source: FakeDatabase | None = None,
                 time: Callable[[], float] = lambda: 0.0) -> None:
        self.clock, self.server_uuid, self.time, self.line = clock, server_uuid, time, Line()
        self.rows: dict[str, Row] = {}
        self.named: dict[str, str] = {}
        self.assigned: dict[str, int] = {}
        self.sold: dict[int, Sale] = {}
        self.log: list[tuple[float, Row | Sale]] = []       # what was written here, and when
        self.mine = {server_uuid}
        self.silent: list[tuple[float, float]] = []
        self.stuck: list[tuple[float, float]] = []
        self.torn_until = self.halted_until = float("-inf")
        self.changed: Callable[[], None] = lambda: None
        self.applied: Callable[[], None] = lambda: None
        self._at_work: dict[int, Transaction] = {}
        self._threads = 0
        self._received = self._applied = 0                  # of the source's log
        self.source: FakeDatabase | None = None             # whose rows are applied here
        self.known: FakeDatabase | None = None              # whom it would follow again, were it started anew
        if source is not None:
            self.follow(source)

    def follow(self, source: FakeDatabase) -> None:
        """Filled anew with all that is there now, and a copy of it from then on. What was sold here alone is for salvage, who was at work is gone."""
        self.source = self.known = source
        self.torn_until = float("-inf")
        self.sold = dict(source.sold)
        self.rows.update((uuid, row) for uuid, row in source.rows.items() if uuid not in self.mine)
        self.named = {**source.named, **self.named}
        self._received = self._applied = len(source.log)
        self._at_work.clear()

    def answers(self) -> None:
        """Raises GateSilent in spans in which it does not."""
        if self.silent and self.silent_since() is not None:
            raise GateSilent("the database gives no answer")

    def silent_since(self) -> float | None:
        """None while it answers."""
        return _since(self.silent, self.time())

    def stuck_since(self) -> float | None:
        """Since when a copy cannot apply what arrives; None while it can."""
        return _since(self.stuck, self.time()) if self.source else None

    def unfinished(self) -> str | None:
        """Why its rows are no state that its source ever had, as role db_replica has it."""
        return "is being repaired" if self.time() < self.torn_until else None

    @property
    def waiting(self) -> int:
        """Rows that have arrived and are not applied."""
        return self._received - self._applied

    def arrive(self) -> None:
        """What has come until now."""
        if self.source is None:
            return
        log, now = self.source.log, self.time()
        while self._received < len(log) and self.line.arrives(log[self._received][0]) <= now:
            self._received += 1
        while self._applied < self._received and self.line.applied(log[self._applied][0]) <= now:
            what = log[self._applied][1]
            self._applied += 1
            if isinstance(what, Sale):
                self.sold[what.number] = what
            elif not what.epoch:
                self.named.setdefault(what.server_uuid, what.site)
            elif what.server_uuid not in self.mine:
                self.rows[what.server_uuid] = what
            self.applied()

    def begin(self) -> int:
        """Somebody writes a row, and has not committed yet."""
        self._threads += 1
        self._at_work[self._threads] = Transaction(self._threads, str(self._threads), f"{self.time():.0f}", "buyer", rows=1)
        return self._threads

    def commit(self, thread: int, sale: Sale) -> bool:
        """False when he was ended before."""
        if self._at_work.pop(thread, None) is None:
            return False
        self.sold[sale.number] = sale
        self.log.append((self.time(), sale))
        return True

    def running(self) -> tuple[Transaction, ...]:
        self.answers()
        return tuple(self._at_work.values())

    def kill(self, thread: int) -> bool:
        self.answers()
        return self._at_work.pop(thread, None) is not None

    def restart(self, server_uuid: str) -> None:
        """Another server has the rows and the address; who was at work is gone."""
        self.server_uuid = server_uuid
        self.mine.add(server_uuid)
        self._at_work.clear()

    def look(self) -> GateLook:
        self.answers()
        self.arrive()
        return GateLook(self.clock(), self.server_uuid, tuple(self.rows.values()), tuple(
            Row(uuid, site, 0, 0.0, 0, 0.0) for uuid, site in self.named.items() if uuid not in self.rows))

    def whose(self) -> str | None:
        """By the row of the server that it is now."""
        own = self.rows.get(self.server_uuid)
        return own.site if own else self.named.get(self.server_uuid)

    def renew(self, epoch: int, valid_until: float) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch:
            return False
        return self._put(own.site, epoch, max(own.valid_until, valid_until))

    def beat(self, epoch: int) -> float | None:
        self.answers()
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch or own.valid_until <= self.clock():
            return None
        self._put(own.site, epoch, own.valid_until)
        return own.valid_until - self.clock()

    def open(self, site: str, epoch: int, valid_until: float) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is not None and own.epoch > epoch:
            return False
        return self._put(site, epoch, valid_until)

    def close(self) -> bool:
        self.answers()
        own = self.rows.get(self.server_uuid)
        if own is None or own.valid_until <= self.clock():
            return False
        return self._put(own.site, own.epoch, 0.0)

    def fence(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        return own is not None and own.epoch < epoch and self.close()

    def retire(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch:
            return False
        return self._put(own.site, epoch + 1, 0.0)

    def mark(self, epoch: int) -> bool:
        own = self.rows.get(self.server_uuid)
        return own is not None and own.epoch == epoch and own.valid_until <= self.clock() and self._put(own.site, epoch, own.valid_until)

    def assign(self, server_uuid: str, site: str, epoch: int) -> bool:
        self.answers()
        own = self.rows.get(self.server_uuid)
        if own is None or own.epoch != epoch or own.valid_until <= self.clock() or server_uuid in (*self.rows, *self.named):
            return False
        self.assigned.setdefault(server_uuid, len(self.log))
        self._name(server_uuid, site)
        return True

    def _name(self, server_uuid: str, site: str) -> None:
        self.named[server_uuid] = site
        self.log.append((self.time(), Row(server_uuid, site, 0, 0.0, 0, 0.0)))

    def told_whose_it_is(self) -> bool:
        """Everything has been applied here that was written when the one that is copied had said it."""
        self.arrive()
        said = self.source.assigned.get(self.server_uuid) if self.source else None
        return said is not None and self._applied > said

    def standing(self) -> Standing:
        self.answers()
        copying = bool(self.source) and self.time() >= self.halted_until
        return Standing("somebody" if self.source else None, copying, copying)

    def valid_until(self) -> float:
        own = self.rows.get(self.server_uuid)
        return own.valid_until if own else 0.0

    def _put(self, site: str, epoch: int, valid_until: float) -> bool:
        self.answers()
        own = self.rows.get(self.server_uuid)
        row = self.rows[self.server_uuid] = Row(self.server_uuid, site, epoch, valid_until, own.sequence + 1 if own else 1, self.clock())
        self.log.append((self.time(), row))
        self.changed()
        return True


def _since(spans: list[tuple[float, float]], now: float) -> float | None:
    return next((start for start, end in spans if start <= now < end), None)


class Box:
    """One database with a clock of its own, and the history of its validity."""

    def __init__(self, world: Simulation, site: str, source: FakeDatabase | None) -> None:
        self.world, self.site = world, site
        self.ahead = world.dice(f"clock of {site}").uniform(-3600.0, 3600.0)
        self.database = FakeDatabase(lambda: 1e6 + world.now + self.ahead, f"server-{site}", source, lambda: world.now)
        self.opened: set[int] = set()
        self.replaced: list[float] = []
        self.failovers = 0
        self.proven = source is not None        # its rows were compared with those of the database it copies, and are alike
        self.reigned = 0                # the latest epoch of this site that its database knows
        self.let_go = 0                 # the latest epoch to which a gate here was retired
        self.let_go_at = float("-inf")  # and when
        self.said: set[int] = set()     # epochs of the record for which somebody has said by name that its copy may be sold by, proven or not
        self.said_behind: set[int] = set()      # likewise, however far behind it is: of one that is not proven nobody knows
        self.succeeded = 0              # new servers that were opened while a row of their predecessor was still valid

    def valid_until(self) -> float:
        """When the last gate of this site shuts, in real time, if nobody touches it. A server that its provider has replaced may still be
        up somewhere and takes writes until its row has run out, so every server the site ever had counts.
        """
        return max([self.database.valid_until(), *self.replaced]) - 1e6 - self.ahead

    def epoch(self) -> int:
        """Of the latest reign that any server of this site had or has let go."""
        return max((row.epoch for row in self.database.rows.values() if row.site == self.site), default=0)

    def lets_go_since(self, held: Record | None) -> float | None:
        """Since when its agent, which holds the record, waits for what is older than the gate that it has retired; None when it does not."""
        own = self.database.rows.get(self.database.server_uuid)
        waits = own and held and held.writer == self.site and not held.offer and own.epoch == held.epoch + 1 and not own.valid_until
        return self.let_go_at if waits else None

    def replace_server(self) -> None:
        """The provider's own failover: a new server with the rows of the old one, which is gone for the agent and perhaps for nobody else."""
        self.replaced.append(self.database.valid_until())
        self.failovers += 1
        self.database.restart(f"server-{self.site}-{self.failovers}")


class Standalone:
    """Promotion of a fake database, by one switch."""

    def __init__(self, database: FakeDatabase, careful: Careful) -> None:
        self._database, self._careful = database, careful

    def follows(self) -> str | None:
        return self._database.known.server_uuid if self._database.known else None

    def applies(self) -> str | None:
        return self._database.source.server_uuid if self._database.source else None

    def unfinished(self) -> str | None:
        self._database.answers()
        return self._database.unfinished()

    def promote(self) -> str:
        self._database.answers()
        self._careful.does("promotes the database")
        self._database.arrive()
        if self._database.waiting:
            raise GateSilent(f"{self._database.waiting} rows that have arrived are not applied yet")
        self._database.source = None
        return "promoted"

    def stand_alone(self) -> str:
        self._database.answers()
        self._careful.does("has its database forget its source")
        self._database.source = self._database.known = None
        return "alone"
