# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server as a copy of another: what it says of itself, and the few moves there are. Every move may be made twice.

`status` reads, `plan` decides (pure), `start`, `stop`, `promote`, `detach`, `follow` act. Running threads prove nothing: a replica
whose link is cut goes on saying "Yes" for a minute, so whoever needs to know asks for a row that crossed (`crossing`, `lag_seconds`).
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ..faults import Fault
from ..waiting import FAILED, PENDING, READY, Clock, SystemClock, wait
from . import connection
from .connection import DatabaseFault, execute, query, value
from .dialects import Dialect, Position, Source, Statement

STATES = ("replicating", "stopped", "promoted", "detached")
POLL_SECONDS = 0.1
NOTHING_TO_STOP = frozenset({1200, 3081, 1794})      # "not configured as replica", in its variants

CURES = {
    1236: "The source no longer has the binary logs this replica needs (NHN deletes them when its high availability fails over). "
          "Empty the replica's schemas and seed it again.",
    1045: "The replication account or its password is not what the source has.",
    1062: "A row was there already: somebody wrote on the replica. Compare the schemas before anything is skipped.",
    1032: "A row was missing: somebody wrote on the replica, or it was seeded at another position. Compare, then seed again.",
    1146: "A table is missing on the replica; is it in a schema that was not seeded? NHN's rds_maintenance must be ignored "
          "(parameter replicate-ignore-db).",
    2061: "The source has not got the password in its caching_sha2_password cache and this replica cannot ask over TLS: "
          "log in to the source once over TLS as the replication account (rds_replication does), then start again.",
}


@dataclass(frozen=True)
class ReplicaStatus:
    """SHOW REPLICA STATUS, the part that decides. Without a source all fields are at their defaults.

    io: "Yes", "Connecting" or "No"; sql: "Yes" or "No"; read: fetched up to here; applied: applied up to here, both in the
    source's binary log; errors are (number, words), number 0 when there is none.
    """

    source_host: str | None = None
    source_port: int = 0
    source_user: str = ""
    source_uuid: str = ""
    io: str = "No"
    sql: str = "No"
    read: Position | None = None
    applied: Position | None = None
    io_error: tuple[int, str] = (0, "")
    sql_error: tuple[int, str] = (0, "")

    @property
    def source(self) -> str | None:
        """host:port it is set up to copy from, None when it stands alone."""
        return f"{self.source_host}:{self.source_port}" if self.source_host else None

    @property
    def running(self) -> bool:
        """Both threads run and the source answers."""
        return self.io == "Yes" and self.sql == "Yes"

    @property
    def halted(self) -> bool:
        """Neither thread runs."""
        return self.io == "No" and self.sql == "No"

    @property
    def drained(self) -> bool:
        """Everything that was fetched is applied."""
        return self.read is None or (self.applied is not None and self.applied.reached(self.read))

    @property
    def state(self) -> str:
        """replicating, stopped or detached. A promoted server looks like one that never had a source: detached."""
        if not self.source:
            return "detached"
        return "stopped" if self.halted else "replicating"

    def facts(self) -> dict[str, Any]:
        """Plain data for results and messages; holds no secret."""
        return {"state": self.state, **asdict(self)}


@dataclass(frozen=True)
class Promotion:
    """What a promotion did. changed: False when the server stood alone already; seconds: from the call to standing alone."""

    changed: bool
    seconds: float
    source: str | None = None
    applied: Position | None = None

    def __str__(self) -> str:
        if not self.changed:
            return "The server stood alone already."
        at = f" up to {self.applied.file}:{self.applied.position}" if self.applied else ""
        return f"Applied all that had arrived from {self.source}{at}, then stopped following it, in {self.seconds:.3f} s."


def parse_status(rows: list[dict[str, Any]]) -> ReplicaStatus:
    """SHOW REPLICA STATUS as rows by column name. Only the unnamed channel counts."""
    row = next((row for row in rows if not row.get("Channel_Name") and row.get("Source_Host")), None)
    if row is None:
        return ReplicaStatus()

    def place(file: str, position: str) -> Position | None:
        return Position(str(row[file]), int(row[position])) if row.get(file) else None

    return ReplicaStatus(
        source_host=row["Source_Host"], source_port=int(row["Source_Port"]), source_user=row["Source_User"],
        source_uuid=row.get("Source_UUID") or "", io=row["Replica_IO_Running"], sql=row["Replica_SQL_Running"],
        read=place("Source_Log_File", "Read_Source_Log_Pos"), applied=place("Relay_Source_Log_File", "Exec_Source_Log_Pos"),
        io_error=(int(row["Last_IO_Errno"]), row["Last_IO_Error"]), sql_error=(int(row["Last_SQL_Errno"]), row["Last_SQL_Error"]))


def status(conn: Any, dialect: Dialect | None = None) -> ReplicaStatus:
    """What the server says of itself; the same in every dialect (MySQL 8.0.22 or later). Raises DatabaseFault."""
    return parse_status(query(conn, "SHOW REPLICA STATUS", doing="read the replica's status"))


def binlog_position(conn: Any) -> Position:
    """Where the server's own binary log ends. Needs REPLICATION CLIENT. Raises DatabaseFault, and Fault when it has no binary log."""
    asked = "SHOW BINARY LOG STATUS" if connection.server_version(conn) >= (8, 2) else "SHOW MASTER STATUS"
    rows = query(conn, asked, doing="read where the binary log ends")
    if not rows:
        raise Fault("read where the binary log ends", connection.where(conn), left="The server writes no binary log.",
                    then="On AWS automated backups turn it on; on NHN it is always on.")
    return Position(rows[0]["File"], int(rows[0]["Position"]))


def plan(state: str, seen: ReplicaStatus, source: Source | None = None) -> tuple[str, ...]:
    """The moves that lead from what is seen to `state`, among point, start, stop, drain, reset; () when nothing is left to do.

    Raises Fault when `replicating` would take the replica from one source to another: what it holds came from the first.
    """
    if state == "replicating":
        if seen.source is None:
            return ("point", "start")
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


def prime(source: Source, *, connect_timeout: float = 5.0) -> None:
    """Log in once over TLS as the replication account: its password is then in the source's caching_sha2_password cache.

    A replica that cannot use TLS is let in only while it is there; a restart of the source empties the cache. Raises DatabaseFault.
    """
    with connection.connected(source.host, source.port, source.user, source.password, connect_timeout=connect_timeout):
        pass


def follow(conn: Any, dialect: Dialect, source: Source, position: Position) -> None:
    """Point a replica without a source at `position` of `source`; `start` makes it run. Raises DatabaseFault."""
    given = source
    if dialect.wants_address:
        given = Source(address_of(source.host), source.port, source.user, source.password, tls=False)
    _call(conn, dialect.change_source(given, position), f"point the replica at {source.host}:{source.port}")


def start(conn: Any, dialect: Dialect, *, limit: float = 0.0, clock: Clock | None = None) -> ReplicaStatus:
    """Start the replica. With a `limit` (seconds), wait until both threads run and fail with MySQL's own words and the cure.

    Raises Fault (WentWrong, TimedOut), DatabaseFault.
    """
    if not status(conn, dialect).running:
        _call(conn, dialect.start(), "start the replica")
    if not limit:
        return status(conn, dialect)

    def judge(seen: ReplicaStatus) -> str:
        if seen.running:
            return READY
        # 2xxx are the client's own errors: not reachable yet, and the thread tries again. Others do not mend themselves.
        final = [number for number, _words in (seen.io_error, seen.sql_error) if number and (not 2000 <= number < 3000 or number == 2061)]
        return FAILED if final else PENDING

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
        return Promotion(False, clock.now() - began)
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
    return Promotion(True, clock.now() - began, seen.source, seen.applied)


def drain(conn: Any, dialect: Dialect, limit: float, *, clock: Clock | None = None) -> ReplicaStatus:
    """Wait until all that was fetched is applied. Raises Fault when the applier stopped on an error, or after `limit` seconds."""
    def judge(seen: ReplicaStatus) -> str:
        if seen.drained:
            return READY
        return FAILED if seen.sql_error[0] else PENDING

    return _judged(lambda: status(conn, dialect), judge, limit, "apply what has arrived", conn, clock)


def catch_up(conn: Any, dialect: Dialect, position: Position, limit: float, *, clock: Clock | None = None) -> ReplicaStatus:
    """Wait until the replica has applied its source's log up to `position`. Raises Fault as `drain` does."""
    def judge(seen: ReplicaStatus) -> str:
        if seen.applied is not None and seen.applied.reached(position):
            return READY
        return FAILED if seen.sql_error[0] or seen.io_error[0] == 1236 else PENDING

    doing = f"apply the source's log up to {position.file}:{position.position}"
    return _judged(lambda: status(conn, dialect), judge, limit, doing, conn, clock)


def lag_seconds(conn: Any, site: str | None = None) -> float | None:
    """Age of the newest heartbeat that has arrived here from `site` (any other server without one), in seconds of this server's clock.

    None when there is none: no table `dr.gate` yet, or no writer has ever beaten. Clock offset between the servers is not in it.
    """
    condition, values = ("site = %s", [site]) if site else ("server_uuid <> @@server_uuid", [])
    try:
        age = value(conn, f"SELECT UNIX_TIMESTAMP(SYSDATE(6)) - MAX(beat_at) FROM dr.gate WHERE {condition}", values, doing="read the lag")
    except DatabaseFault as fault:
        if fault.code in (1049, 1146):
            return None
        raise
    return None if age is None else max(0.0, float(age))


def crossing(writer: Any, replica: Any, limit: float, *, schema: str = "dr", clock: Clock | None = None) -> float:
    """Write a marker on the source and wait until it has arrived on the replica. Returns the seconds that took.

    The marker is the row of the writer's server uuid in `schema`.crossing. Raises Fault after `limit` seconds.
    """
    clock = clock or SystemClock()
    token = str(uuid.uuid4())
    table = f"`{schema}`.crossing"
    if not query(writer, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = 'crossing'", (schema,)):
        execute(writer, f"CREATE TABLE {table} (server_uuid CHAR(36) NOT NULL PRIMARY KEY, token CHAR(36) NOT NULL)",
                doing="create the marker's table")
    execute(writer, f"REPLACE INTO {table} VALUES (@@server_uuid, %s)", (token,), doing="write the marker")
    began = clock.now()

    def look() -> bool:
        try:
            return bool(query(replica, f"SELECT 1 FROM {table} WHERE token = %s", (token,), doing="look for the marker"))
        except DatabaseFault as fault:
            if fault.code in (1049, 1146):       # its table is on the way as well
                return False
            raise

    wait(look, lambda arrived: READY if arrived else PENDING, limit, POLL_SECONDS, clock,
         doing="see a row cross", to=f"from {connection.where(writer)} to {connection.where(replica)}",
         show=lambda _arrived: {key: str(item) for key, item in status(replica).facts().items()})
    return clock.now() - began


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


def _judged(look: Callable[[], ReplicaStatus], judge: Callable[[ReplicaStatus], str], limit: float, doing: str, conn: Any,
            clock: Clock | None) -> ReplicaStatus:
    """Wait, and add the cure for what MySQL said when there is one we know."""
    last = ReplicaStatus()

    def seen() -> ReplicaStatus:
        nonlocal last
        last = look()
        return last

    try:
        return wait(seen, judge, limit, POLL_SECONDS, clock, doing=doing, to=f"on {connection.where(conn)}", show=lambda now: now.facts())
    except DatabaseFault:
        raise
    except Fault as fault:
        cures = [CURES[number] for number, _words in (last.io_error, last.sql_error) if number in CURES]
        if cures:
            raise type(fault)(fault.doing, fault.to, left=fault.left, then=" ".join(cures)) from None
        raise


def _call(conn: Any, statement: Statement, doing: str) -> None:
    try:
        execute(conn, statement.sql, statement.values, doing=doing)
    except DatabaseFault as fault:
        if fault.code in NOTHING_TO_STOP and "start" not in doing:
            return
        raise
