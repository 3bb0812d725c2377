# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few moves there are to make a server a copy of another, or to end that. Every move may be made twice.

`plan` decides (pure), `follow`, `start`, `stop`, `promote`, `detach` act. What a server says of itself is in replica_status.py, what
is wrong with it in cures.py, and whether rows really cross in heartbeat.py.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from ..faults import Fault
from ..waiting import FAILED, PENDING, READY, Clock, SystemClock, wait
from . import connection, cures
from .connection import DatabaseFault, execute, query
from .dialects import Dialect, Position, Source, Statement
from .replica_status import Channel, ReplicaStatus, binlog_position, parse_status, rests, status

__all__ = ["STATES", "Promotion", "ReplicaStatus", "binlog_position", "catch_up", "detach", "drain", "follow", "keep_binlogs", "parse_status",
           "plan", "prime", "promote", "retention_hours", "start", "status", "stop"]

STATES = ("replicating", "stopped", "promoted", "detached")
POLL_SECONDS = 0.1
PASSWORD_LIMIT = 32         # bytes of a replication account's password
HALF_SECONDS = 1.0          # so long nothing moves before what is there is taken for half a transaction
NOTHING_TO_STOP = frozenset({1200, 3081, 1794})      # "not configured as replica", in its variants


@dataclass(frozen=True)
class Promotion:
    """What a promotion did. changed: False when the server stood alone already; seconds: from the call to standing alone; channels: whom it
    follows still, by channels that are not ours."""

    changed: bool
    seconds: float
    source: str | None = None
    applied: Position | None = None
    channels: tuple[Channel, ...] = ()

    def __str__(self) -> str:
        if not self.changed:
            return cures.goes_on(self.channels) or "The server stood alone already."
        at = f" up to {self.applied.file}:{self.applied.position}" if self.applied else ""
        return (f"Applied all that had arrived from {self.source}{at}, then stopped following it, in {self.seconds:.3f} s. "
                f"{cures.goes_on(self.channels)}").rstrip()


def plan(state: str, seen: ReplicaStatus, source: Source | None = None, *, anew: bool = False) -> tuple[str, ...]:
    """The moves that lead from what is seen to `state`, among point, start, stop, drain, reset; () when nothing is left to do.

    anew: `source` is known to be the very server that is followed, at another address now (addresses of managed servers change), or by another
    account or password.
    Raises Fault when `replicating` would take the replica from one source to another: what it holds came from the first; and when it is to stop
    or to stand alone and others write on it by channels that are not ours.
    """
    if state != "replicating":
        cures.refuse_beside(seen, "make", f"it {state}")
    if state == "replicating":
        if seen.source is None:
            return ("point", "start")
        if anew:
            return (*(() if seen.halted else ("stop",)), "reset", "point", "start")
        if source and (seen.source_host, seen.source_port, seen.source_user) != (source.host, source.port, source.user):
            raise Fault("follow", f"{source.host}:{source.port} as {source.user}",
                        left=f"The replica is set up to follow {seen.source} as {seen.source_user}; nothing was touched.",
                        then="If that is over, detach it first (state: detached); its data must then equal the new source's.")
        return () if seen.running else ("start",)
    if state == "stopped":
        return ("stop",) if seen.source and not seen.halted else ()
    if seen.source is None:
        return ()
    return ("drain", "stop", "reset") if state == "promoted" else ("stop", "reset")


def prime(source: Source, *, connect_timeout: float = 5.0, patience: float | None = None) -> None:
    """Log in once over TLS as the replication account: its password is then in the source's caching_sha2_password cache.

    A replica that cannot use TLS is let in only while it is there; a restart of the source empties the cache. patience: seconds for each answer,
    None waits. Raises DatabaseFault, and Fault for an account that replication could not log in as.
    """
    if len(source.password.encode()) > PASSWORD_LIMIT:      # said now: CHANGE REPLICATION SOURCE would say it after the hours of seeding
        raise Fault("replicate", f"as {source.user} from {source.host}:{source.port}", left=f"That account's password is longer than the "
                    f"{PASSWORD_LIMIT} bytes that MySQL takes for replication; nothing was touched.",
                    then="Give the account a shorter one (nhn_rds_user or db_accounts).")
    with connection.connected(source.host, source.port, source.user, source.password, connect_timeout=connect_timeout, read_timeout=patience,
                              write_timeout=patience) as conn:
        grants = " ".join(str(next(iter(row.values()))) for row in query(conn, "SHOW GRANTS", doing="read what the replication account may do"))
    if not any(word in grants for word in ("REPLICATION SLAVE", "ALL PRIVILEGES")):
        raise Fault("replicate", f"as {source.user} from {source.host}:{source.port}",
                    left="That account lacks REPLICATION SLAVE; nothing was touched.",
                    then="Give it authority READ on the source (nhn_rds_user or db_accounts).")


def follow(conn: Any, dialect: Dialect, source: Source, position: Position | None) -> None:
    """Point a replica without a source at `position` of `source`, or at what its own GTIDs lack when that is None; `start` makes it
    run. Raises DatabaseFault, and Fault where the dialect has no GTIDs."""
    given = source
    if dialect.wants_address:
        given = Source(address_of(source.host), source.port, source.user, source.password, tls=False)
    _call(conn, dialect.change_source(given, position), f"point the replica at {source.host}:{source.port}")


def start(conn: Any, dialect: Dialect, *, limit: float = 0.0, clock: Clock | None = None) -> ReplicaStatus:
    """Start the replica. With a `limit` (seconds), wait until both threads run and fail with MySQL's own words and the cure.

    Raises Fault (WentWrong, TimedOut), DatabaseFault.
    """
    seen = status(conn, dialect)
    if not seen.running:
        if seen.io == "Connecting":         # its next try may be a minute away
            _call(conn, dialect.stop(), "stop the replica")
        _call(conn, dialect.start(), "start the replica")
    if not limit:
        return status(conn, dialect)

    def judge(seen: ReplicaStatus) -> str:
        if seen.running:
            return READY
        return FAILED if cures.final(seen) else PENDING

    return _judged(lambda: status(conn, dialect), judge, limit, "start the replica", conn, clock)


def stop(conn: Any, dialect: Dialect) -> bool:
    """Stop both threads; the source is remembered. True when something was stopped. Raises DatabaseFault."""
    seen = status(conn, dialect)
    if not seen.source or seen.halted:
        return False
    _call(conn, dialect.stop(), "stop the replica")
    return True


def detach(conn: Any, dialect: Dialect) -> bool:
    """Stop and forget the source, whatever is still unapplied. True when there was one. Raises DatabaseFault."""
    seen = status(conn, dialect)
    if not seen.source:
        return False
    if not seen.halted:
        _call(conn, dialect.stop(), "stop the replica")
    _call(conn, dialect.reset(), "forget the source")
    return True


def promote(
    conn: Any, dialect: Dialect, *, drain_limit: float = 30.0, accept_undrained: bool = False, clock: Clock | None = None,
) -> Promotion:
    """Apply what has arrived, stop, forget the source: the server stands alone. Safe to repeat.

    The caller makes sure that the source takes no more writes; what is still on its way there is not waited for. MySQL needs two
    seconds to stop a thread that is trying to reach a source which does not answer, so the connection's read timeout must be longer:
    5 s or more. Raises Fault when
    what has arrived is not applied within `drain_limit` seconds or cannot be (nothing is reset then), unless `accept_undrained`.
    """
    clock = clock or SystemClock()
    began = clock.now()
    seen = status(conn, dialect)
    if not seen.source:
        return Promotion(False, clock.now() - began, channels=seen.channels)
    try:
        if not seen.drained and seen.sql == "No" and not seen.sql_error[0]:
            start(conn, dialect)        # somebody had stopped it: what it has fetched is still to be applied
        seen = drain(conn, dialect, drain_limit, clock=clock)
    except DatabaseFault:
        raise
    except Fault:
        if not accept_undrained:
            raise
    detach(conn, dialect)
    return Promotion(True, clock.now() - began, seen.source, seen.applied, seen.channels)


def drain(conn: Any, dialect: Dialect, limit: float, *, clock: Clock | None = None) -> ReplicaStatus:
    """Wait until all that was fetched is applied. Raises Fault when the applier stopped on an error, or after `limit` seconds.

    A source that is lost in the middle of a large transaction leaves its beginning here, which nobody was told is sold and no applier can end:
    once nothing has moved for HALF_SECONDS and the applier only waits for more, that counts as all. Stopping rolls it back, for which MySQL
    first waits a minute for its end (SLAVE_WAIT_GROUP_DONE; sql_slave_killed in rpl_replica.cc), and nobody here may end its threads.
    """
    still = _Still(clock or SystemClock())

    def judge(seen: ReplicaStatus) -> str:
        if seen.drained:
            return READY
        if seen.sql_error[0]:
            return FAILED
        return READY if still.seconds(seen) >= HALF_SECONDS and rests(conn) else PENDING

    return _judged(lambda: status(conn, dialect), judge, limit, "apply what has arrived", conn, clock)


def catch_up(
    conn: Any, dialect: Dialect, position: Position, limit: float, *, stall: float | None = None, clock: Clock | None = None,
) -> ReplicaStatus:
    """Wait until the replica has applied its source's log up to `position`. Raises Fault as `drain` does, and with `stall` also after so
    many seconds in which nothing arrived and nothing was applied: a replica can be silent without an error."""
    still = _Still(clock or SystemClock())

    def judge(seen: ReplicaStatus) -> str:
        if seen.applied is not None and seen.applied.reached(position):
            return READY
        if still.seconds(seen) > (stall or inf):
            raise Fault(doing, f"on {connection.where(conn)}", left=f"For {stall:.0f} s nothing has arrived and nothing was applied, at "
                        f"{seen.applied} of {position}, though its threads say {seen.io}/{seen.sql} and there is no error: it is silent.",
                        then=cures.SILENT)
        return FAILED if cures.final(seen) else PENDING

    doing = f"apply the source's log up to {position.file}:{position.position}"
    return _judged(lambda: status(conn, dialect), judge, limit, doing, conn, clock)


def retention_hours(conn: Any, dialect: Dialect) -> int | None:
    """Hours the provider keeps binary logs; None when it was never set (AWS then keeps none) or is not set this way. Raises DatabaseFault."""
    asked = dialect.show_retention()
    if asked is None:
        return None
    rows = query(conn, asked.sql, asked.values, doing="read how long binary logs are kept")
    return next((int(row["value"]) for row in rows if row["name"] == "binlog retention hours" and row["value"]), None)


def keep_binlogs(conn: Any, dialect: Dialect, hours: int) -> None:
    """Make the provider keep binary logs for so long: whoever follows this server later, or salvages from it, needs them."""
    if statement := dialect.set_retention(hours):
        _call(conn, statement, f"keep binary logs for {hours} hours")


def address_of(host: str) -> str:
    """The IPv4 address of a host name, as this host resolves it. Raises Fault."""
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise Fault("find the address of", host, left=f"{error}. The provider's procedure takes an IP address only.",
                    then="Give the source by address, or make its name known to this host.") from error


class _Still:
    """For how long a replica has neither fetched nor applied anything."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: tuple[Position | None, Position | None] = (None, None)
        self._since = clock.now()

    def seconds(self, seen: ReplicaStatus) -> float:
        """As of now, when this is seen."""
        if (seen.read, seen.applied) != self._at:
            self._at, self._since = (seen.read, seen.applied), self._clock.now()
        return self._clock.now() - self._since


def _judged(look: Callable[[], ReplicaStatus], judge: Callable[[ReplicaStatus], str], limit: float, doing: str, conn: Any,
            clock: Clock | None) -> ReplicaStatus:
    """Wait, and add the cure for what MySQL said when there is one we know."""
    last = ReplicaStatus()

    def seen() -> ReplicaStatus:
        nonlocal last
        last = look()
        return last

    try:
        return wait(seen, judge, limit, POLL_SECONDS, clock, doing=doing, to=f"on {connection.where(conn)}", show=str)
    except DatabaseFault:
        raise
    except Fault as fault:
        raise cures.with_cure(fault, last) from None


def _call(conn: Any, statement: Statement, doing: str) -> None:
    try:
        execute(conn, statement.sql, statement.values, doing=doing)
    except DatabaseFault as fault:
        if fault.code in NOTHING_TO_STOP and "start" not in doing:
            return
        raise
