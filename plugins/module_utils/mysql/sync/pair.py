# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two connections that are asked the same at the same time, and whether the one has caught up with the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from ...faults import Fault, TimedOut
from ...waiting import Clock
from .. import replication, transactions
from ..connection import ACCESS_DENIED, DatabaseError, DatabaseFault, Server, execute, lasting, query, server_uuid, where
from ..cures import parted

Row = tuple[Any, ...]
Thing = TypeVar("Thing")

_DIALECT = replication.Dialect()        # reading the status is the same in all of them
VALUES_AS_THEY_ARE = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
READ_SECONDS = 3600.0                   # that a statement of a comparison may take; a server that hangs answers the network, and nothing else
HELD_POLL = 0.02                        # seconds between looks while rows of the target are held
WAITERS_POLL = 0.15                     # the same of whoever waits: InnoDB tells what it told before to all who ask again within a tenth of a second
BLIND_SECONDS = 1.0                     # for so long they are held where nobody says whether anybody waits for them
_FOR_US = ("SELECT 1 FROM DUAL WHERE NOT @@performance_schema OR EXISTS (SELECT 1 FROM performance_schema.data_lock_waits WHERE "
           "blocking_engine_transaction_id = %s)")
_TIMES = (7, 10, 11, 12, 14)            # the protocol's numbers of TIMESTAMP, DATE, TIME, DATETIME and NEWDATE


class Pair:
    """here: a connection to the source, there: one to the target; both autocommit and read only by habit, not by force."""

    def __init__(self, here: Any, there: Any, other: ThreadPoolExecutor, settle_seconds: float, clock: Clock) -> None:
        self.here, self.there = here, there
        self._other, self._settle_seconds, self._clock = other, settle_seconds, clock

    def ask(self, sql: str, values: Sequence[Any], doing: str) -> tuple[list[Row], list[Row]]:
        """The same question to both at once: (source's rows, target's rows). Raises DatabaseFault."""
        theirs = self._other.submit(fetch, self.there, sql, values, f"{doing} on the target")
        try:
            mine = fetch(self.here, sql, values, f"{doing} on the source")
        finally:
            theirs.exception()          # a connection is of no use while an answer is under way
        return mine, theirs.result()

    def both(self, do: Callable[[Any], Thing]) -> tuple[Thing, Thing]:
        """The same done with both connections at once: (what came of the source's, what of the target's). Raises what it raises."""
        theirs = self._other.submit(do, self.there)
        try:
            mine = do(self.here)
        finally:
            theirs.exception()          # a connection is of no use while an answer is under way
        return mine, theirs.result()

    def caught_up(self) -> bool:
        """Wait until the target has applied all that is in the source's log now. False when it follows and does not get there.

        A target that does not follow this source has nothing to wait for. Raises DatabaseFault.
        """
        if not self.follows():
            return True
        try:
            replication.catch_up(self.there, _DIALECT, replication.binlog_position(self.here), self._settle_seconds, clock=self._clock)
        except DatabaseFault:
            raise
        except Fault:
            return False
        return True

    def follows(self) -> bool:
        """The target is a replica of this very source, and of the log it has now: a failover inside a cloud begins another, and the replica that
        asked for the old one has met the new server already. Raises DatabaseFault."""
        seen = replication.status(self.there)
        return bool(seen.source) and seen.source_uuid == server_uuid(self.here) and parted(seen) is None

    @contextmanager
    def holding(self) -> Iterator[None]:
        """A transaction on the target in which rows that are read FOR SHARE, and places where rows are missing, stay as they are. InnoDB knows of it,
        whatever engine the rows are in: so `holds_still` sees that nobody waits for it."""
        execute(self.there, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", doing="hold rows for a moment")
        execute(self.there, "START TRANSACTION WITH CONSISTENT SNAPSHOT", doing="hold rows for a moment")
        try:
            yield
        finally:
            with suppress(DatabaseError, OSError):      # a connection that is cut holds nothing
                self.there.query("ROLLBACK")

    def holds_still(self) -> bool:
        """Asked while a transaction on the target holds rows, and after the source's were read: has nothing on its way to the target changed them?

        It waits until the target has applied all that is in the source's log by now. Whatever touches a row that is held would have to wait for
        us and keep it from getting there. So when it does, the held rows are what the log makes of them at the very place at which the
        source's were read, however often they come and go. False as soon as somebody waits, or after the limit. A target that does not
        follow has nothing on its way. Raises DatabaseFault.
        """
        if not self.follows():
            return True
        began, wanted = self._clock.now(), replication.binlog_position(self.here)
        asked = began
        while True:
            seen = replication.status(self.there)
            if seen.applied is not None and seen.applied.reached(wanted):
                return True
            if seen.sql != "Yes" or self._clock.now() - began > self._settle_seconds:
                return False
            if self._clock.now() - asked >= WAITERS_POLL:
                if self._somebody_waits(began):
                    return False
                asked = self._clock.now()
            self._clock.sleep(HELD_POLL)

    def _somebody_waits(self, began: float) -> bool:
        """For a row, or for a definition that a transaction of ours keeps from being changed. They are held since `began`."""
        try:
            if any("metadata lock" in str(row["State"]) for row in query(self.there, "SHOW PROCESSLIST")):
                return True
            running = transactions.listed(self.there)
        except (TimedOut, DatabaseFault) as fault:
            if isinstance(fault, DatabaseFault) and fault.code not in ACCESS_DENIED:
                raise
            return self._clock.now() - began > BLIND_SECONDS
        if all(each["state"] != "LOCK WAIT" for each in running):
            return False
        try:
            return bool(query(self.there, _FOR_US, [next(int(each["id"]) for each in running if each["ours"])]))
        except DatabaseFault as fault:
            if fault.code not in ACCESS_DENIED:
                raise
            return True             # for whomever


@contextmanager
def paired(source: Server, target: Server, settle_seconds: float, clock: Clock) -> Iterator[Pair]:
    """A pair for a `with` block. Raises DatabaseFault."""
    limits = {"read_timeout": READ_SECONDS, "write_timeout": READ_SECONDS}
    with source.connected(**limits) as here, target.connected(**limits) as there, ThreadPoolExecutor(1) as other:
        yield Pair(lasting(prepared(here)), prepared(there), other, settle_seconds, clock)


def prepared(conn: Any) -> Any:
    """A connection whose values are only numbers, text and bytes, so that keys are alike whoever reads them: times stay text, and a
    zero date is a value like others. Without SQL modes, for some of them change what is read (PAD_CHAR_TO_FULL_LENGTH) or refuse what
    is there already (NO_ZERO_DATE): a date that no calendar has would otherwise be a key that finds nothing. For every connection that reads
    or writes rows, raw ones too; sessions that are given settings besides call this and add them."""
    for kind in _TIMES:
        conn.decoders.pop(kind, None)
    execute(conn, f"SET SESSION sql_mode = '{VALUES_AS_THEY_ARE}', sql_safe_updates = OFF", doing="prepare the connection")
    return conn


def fetch(conn: Any, sql: str, values: Sequence[Any], doing: str) -> list[Row]:
    """The rows as tuples: two columns may have one name. Raises DatabaseFault."""
    try:
        with conn.cursor() as cursor:
            cursor.execute(sql, tuple(values))
            return list(cursor.fetchall())
    except (DatabaseError, OSError) as error:
        raise DatabaseFault(doing, f"as {where(conn)}", error, **_cause(error)) from error


def _cause(error: BaseException) -> dict[str, str]:
    """What to say besides MySQL's own words."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in (1146, 1051, 1049):
        return {"left": "It was dropped after this run had read what tables there are.", "then": "Run again: a new run sees what is there."}
    if code == 1412:
        return {"left": "It was altered after the view that it is read from was opened.", "then": "Run again when the migration is over."}
    if code in (0, 2006, 2013, 1317, 4031):
        return {"left": "The connection was cut. Nothing is half done: what was to be written in this step was rolled back.",
                "then": "Run again; with a checkpoint it goes on where it was."}
    return {}
