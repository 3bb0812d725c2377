# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection to the database, and the only way to write to it: asked before, and asked again after COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from ticketing.config import Settings
from ticketing.gate import Reign, refused, reign
from ticketing.refusals import Busy, GateClosed

T = TypeVar("T")
READ_ONLY = (1290, 1836)        # the server takes no writes at all, as one that follows another
CONTENDED = (1205, 1213)        # waited too long for a row, or was the deadlock's victim: nothing was written, so it may be repeated
ATTEMPTS = 4


@dataclass(frozen=True)
class Promise(Generic[T]):
    """What was written, and the reign that vouches for it: seen after COMMIT, or by `commit` in the transaction and not since."""

    value: T
    by: Reign


def engine_for(settings: Settings) -> Engine:
    """A pool that notices dead connections and gives up on a silent server within seconds, so a moved database is found again."""
    return create_engine(
        settings.database_url, pool_size=settings.pool, max_overflow=settings.pool, pool_pre_ping=True, pool_recycle=300, pool_timeout=5,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 3, "read_timeout": 10, "write_timeout": 10, "charset": "utf8mb4"},
    )


class Database:
    """Reads and writes over one engine. `reign` is a seam: how to ask whether this server may take writes."""

    def __init__(self, engine: Engine, reign: Callable[[Connection], Reign | None] = reign) -> None:
        self.engine = engine
        self.reign = reign

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to ask with. Works on every site, whether it may write or not."""
        with self.engine.connect() as connection:
            yield connection

    def write(self, work: Callable[[Connection, Reign], T]) -> Promise[T]:
        """Do `work` in one transaction, again where it lost against another one, and acknowledge it.

        Raises GateClosed where this server may not write, and also where it did but may not any more after COMMIT: the rows are there
        then, the promise is not. Raises Busy, and whatever `work` raises; nothing is written in both cases.
        """
        with self.engine.connect() as connection:
            return replace(self._written(connection, work), by=self.vouch(connection))

    def commit(self, work: Callable[[Connection, Reign], T]) -> Promise[T]:
        """As `write`, and nothing is acknowledged: whoever does that vouches first. `by` is the reign in the transaction."""
        with self.engine.connect() as connection:
            return self._written(connection, work)

    def _written(self, connection: Connection, work: Callable[[Connection, Reign], T]) -> Promise[T]:
        for _ in range(ATTEMPTS):
            try:
                with connection.begin():
                    reign = self.asked(connection)
                    return Promise(work(connection, reign), reign)
            except DBAPIError as error:
                number = (*getattr(error.orig, "args", ()), None)[0]
                if refused(error) or number in READ_ONLY:
                    raise GateClosed from None
                if number not in CONTENDED:
                    raise
        raise Busy

    def asked(self, connection: Connection) -> Reign:
        """The reign inside a transaction. Raises GateClosed."""
        now = self.reign(connection)
        if now is None:
            raise GateClosed
        return now

    def vouch(self, connection: Connection) -> Reign:
        """The reign in a new transaction, after COMMIT: what was true before is not the question. Raises GateClosed."""
        with connection.begin():
            return self.asked(connection)
