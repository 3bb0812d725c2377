# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lookout asks: this site's database who may write, the standby's what has arrived there. One connection each, kept.

The standby is only read, in sessions that may not write. Whatever is asked is asked of the application's own tables and of `dr.gate`, which
an account of the application may read everywhere: replication's own views need rights that no provider gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Engine, NullPool, bindparam, create_engine, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from ticketing.config import BOTH_SITES, Settings
from ticketing.crossing import Crossing
from ticketing.gate import Reign, arrived
from ticketing.models import Cancellation, Purchase

# A ticket that was taken back while its purchase waited has arrived as well.
HELD = union_all(*(
    select(table.idempotency_key, table.ticket).where(table.idempotency_key.in_(bindparam("keys", expanding=True)))
    for table in (Purchase, Cancellation)))


class Line:
    """One connection, made when it is needed; after any trouble the next question makes a new one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def connected(self) -> Connection:
        """The connection. Each statement on it sees what is committed by then."""
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def drop(self) -> None:
        """Ask over a new connection from now on."""
        line, self._connection = self._connection, None
        if line is not None:
            try:
                line.invalidate()               # not closed politely: the other end may be gone
                line.close()
            except SQLAlchemyError:
                pass                            # it was thrown away, which is all that is wanted


class Here(Line):
    """This site's database. `reign`: how to ask whether it may take writes."""

    def __init__(self, engine: Engine, reign: Callable[[Connection], Reign | None]) -> None:
        super().__init__(engine)
        self._reign = reign

    def reign(self) -> Reign | None:
        """Who may write now."""
        return self._reign(self.connected())


class There(Line):
    """The standby's database."""

    def beat(self, server: str) -> tuple[str, float | None]:
        """(which server it is, `beat_at` of another one's row of the gate as it has arrived)."""
        return arrived(self.connected(), server)

    def holds(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The tickets of those keys that have arrived."""
        return {row.idempotency_key: row.ticket for row in self.connected().execute(HELD, {"keys": list(keys)})}


def crossing_for(settings: Settings, reign: Callable[[Connection], Reign | None]) -> Crossing | None:
    """Where purchases wait for the standby; None where the settings ask for no such thing."""
    if settings.ack != BOTH_SITES:
        return None
    limit = settings.ack_wait_ms / 1000
    return Crossing(Here(engine_to(settings.database_url, limit, read_only=False), reign), There(engine_to(settings.standby_url, limit)), limit)


def engine_to(url: str, limit: float, read_only: bool = True) -> Engine:
    """One that gives up on a silent server after `limit` seconds."""
    asked = {"init_command": "SET SESSION TRANSACTION READ ONLY"} if read_only else {}
    return create_engine(url, poolclass=NullPool, connect_args={
        "connect_timeout": limit, "read_timeout": limit, "write_timeout": limit, "charset": "utf8mb4", **asked})
