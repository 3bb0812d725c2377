# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server says of itself as a copy of another, and of its own binary log. Reads only; the same in every dialect."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..faults import Fault
from . import connection
from .connection import ACCESS_DENIED, DatabaseFault, query, value
from .dialects import Dialect, Position

# rpl_replica.cc and rpl_rli_pdb.cc, from 8.0.26 on and before.
_READ_ALL = frozenset({"Replica has read all relay log; waiting for more updates", "Slave has read all relay log; waiting for more updates"})
_SPEAKS = re.compile("source|master|binlog dump|relay log space", re.IGNORECASE)
_IDLE = "Waiting for an event from Coordinator"
BY_WORKER = "replication_applier_status_by_worker"      # where the server sends whoever asks what a worker stopped on
FULL = frozenset({1040, 1203, 1226})                    # no connection left for the replica, which tries again
_AMONG_THEMSELVES = "group_replication_"                 # channels by which the members of a group of servers speak
_SECRET = re.compile(r"\bidentified\b.*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Channel:
    """A channel with a name, by which a server follows another besides: nothing here makes one, and AWS has procedures for them.
    applies: rows of its source may be written."""

    name: str
    source: str
    applies: bool

    def __str__(self) -> str:
        return f"{self.source} by the channel {self.name!r}"


@dataclass(frozen=True)
class ReplicaStatus:
    """SHOW REPLICA STATUS, the part that decides. Without a source all fields are at their defaults.

    io: "Yes", "Connecting" or "No"; sql: "Yes" or "No"; read: fetched up to here; applied: applied up to here, both in the
    source's binary log; errors are (number, words), number 0 when there is none; auto_position: it asks for what its GTIDs lack instead
    of a place in a file; retries: how often it tries to reach the source before it gives up for good; tls: what comes is encrypted;
    channels: whom it follows besides, which is not ours. All else is about the channel without a name.
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
    auto_position: bool = False
    retries: int = 0
    tls: bool = False
    channels: tuple[Channel, ...] = ()

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
    def gave_up(self) -> bool:
        """The fetching thread tried to reach the source until its retries ran out, and will not try again by itself."""
        number = self.io_error[0]
        return self.io == "No" and self.sql == "Yes" and (2000 <= number < 3000 or number in FULL) and number != 2061

    @property
    def drained(self) -> bool:
        """Everything that was fetched is applied."""
        return self.read is None or (self.applied is not None and self.applied.reached(self.read))

    @property
    def state(self) -> str:
        """replicating, stopped or detached. A promoted server looks like one that never had a source: detached. One that follows by a channel
        with a name only is not."""
        if not self.source:
            return "detached" if not self.channels else "replicating" if any(each.applies for each in self.channels) else "stopped"
        return "stopped" if self.halted else "replicating"

    def __str__(self) -> str:
        if not self.source:
            return "following nobody"
        fetched, applied = (f"{at.file}:{at.position}" if at else "no place" for at in (self.read, self.applied))
        return f"following {self.source} (threads {self.io}/{self.sql}, fetched to {fetched}, applied to {applied})"

    def facts(self) -> dict[str, Any]:
        """Plain data for results and messages; holds no secret."""
        return {"state": self.state, **asdict(self)}


def parse_status(rows: list[dict[str, Any]]) -> ReplicaStatus:
    """SHOW REPLICA STATUS as rows by column name. Ours is the channel without a name."""
    followed = [row for row in rows if row.get("Source_Host")]
    channels = tuple(Channel(row["Channel_Name"], f"{row['Source_Host']}:{row['Source_Port']}", row["Replica_SQL_Running"] != "No")
                     for row in followed if row.get("Channel_Name") and not row["Channel_Name"].startswith(_AMONG_THEMSELVES))
    row = next((row for row in followed if not row.get("Channel_Name")), None)
    if row is None:
        return ReplicaStatus(channels=channels)

    def place(file: str, position: str) -> Position | None:
        return Position(str(row[file]), int(row[position])) if row.get(file) else None

    return ReplicaStatus(
        source_host=row["Source_Host"], source_port=int(row["Source_Port"]), source_user=row["Source_User"],
        source_uuid=row.get("Source_UUID") or "", io=row["Replica_IO_Running"], sql=row["Replica_SQL_Running"],
        read=place("Source_Log_File", "Read_Source_Log_Pos"), applied=place("Relay_Source_Log_File", "Exec_Source_Log_Pos"),
        io_error=(int(row["Last_IO_Errno"]), row["Last_IO_Error"]), sql_error=(int(row["Last_SQL_Errno"]), _told(row["Last_SQL_Error"])),
        auto_position=bool(int(row.get("Auto_Position") or 0)), retries=int(row.get("Source_Retry_Count") or 0),
        tls=row.get("Source_SSL_Allowed") == "Yes", channels=channels)


def status(conn: Any, dialect: Dialect | None = None) -> ReplicaStatus:
    """What the server says of itself; the same in every dialect (MySQL 8.0.22 or later). Raises DatabaseFault."""
    seen = parse_status(query(conn, "SHOW REPLICA STATUS", doing="read the replica's status"))
    return replace(seen, sql_error=_of_worker(conn) or seen.sql_error) if BY_WORKER in seen.sql_error[1] else seen


def _of_worker(conn: Any) -> tuple[int, str] | None:
    """What the worker said that stopped first; None where this account may not ask, or nothing is kept. An applier with workers says of itself only
    that one of them has stopped."""
    try:
        rows = query(conn, f"SELECT last_error_number AS number, last_error_message AS words FROM performance_schema.{BY_WORKER} "
                     "WHERE channel_name = '' AND last_error_number <> 0 ORDER BY last_error_timestamp LIMIT 1", doing="read what a worker said")
    except DatabaseFault as fault:
        if fault.code in ACCESS_DENIED:
            return None
        raise
    return (int(rows[0]["number"]), _told(str(rows[0]["words"]))) if rows else None


def _told(words: str) -> str:
    """MySQL's words without the hash of a password, which are in those about a statement that makes an account."""
    return _SECRET.sub("IDENTIFIED ...", words)


def rests(conn: Any) -> bool:
    """The applier runs, and it only waits for more to arrive. With something fetched and not applied, what there is of that is the beginning of a
    transaction. Needs PROCESS. Raises DatabaseFault."""
    states = [str(row["State"] or "") for row in query(conn, "SHOW PROCESSLIST", doing="see what the applier does") if row["User"] == "system user"]
    # The fetching thread is not asked; its states name whom or what it waits for.
    return any(state in _READ_ALL for state in states) and all(state in _READ_ALL or state == _IDLE or _SPEAKS.search(state) for state in states)


def binlog_position(conn: Any) -> Position:
    """Where the server's own binary log ends. Needs REPLICATION CLIENT. Raises DatabaseFault, and Fault when it has no binary log."""
    asked = "SHOW BINARY LOG STATUS" if connection.server_version(conn) >= (8, 2) else "SHOW MASTER STATUS"
    rows = query(conn, asked, doing="read where the binary log ends")
    if not rows:
        raise Fault("read where the binary log ends", connection.where(conn), left="The server writes no binary log.",
                    then="On AWS automated backups turn it on; on NHN it is always on.")
    return Position(rows[0]["File"], int(rows[0]["Position"]))


@dataclass(frozen=True)
class Gtids:
    """A server's GTIDs. on: gtid_mode is ON, so every transaction has one; executed, purged: sets as MySQL writes them, no line breaks."""

    on: bool
    executed: str = ""
    purged: str = ""


def gtids(conn: Any) -> Gtids:
    """What the server has executed, and what of that its binary logs no longer hold. Raises DatabaseFault."""
    row = query(conn, "SELECT @@GLOBAL.gtid_mode AS mode, @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged",
                doing="read the server's GTIDs")[0]
    return Gtids(row["mode"] == "ON", row["executed"].replace("\n", ""), row["purged"].replace("\n", ""))


def gtid_difference(conn: Any, one: str, other: str) -> str:
    """GTIDs of `one` that are not in `other`, as the server behind `conn` subtracts them; "" for none. Raises DatabaseFault."""
    return str(value(conn, "SELECT GTID_SUBTRACT(%s, %s)", (one, other), doing="subtract GTIDs")).replace("\n", "")


def ahead(conn: Any, source: Any) -> str:
    """GTIDs that a copy has and its source has not, but for those that the copy made itself (accounts, a repair); "" for none. MySQL refuses a copy
    that has more of the source's own only, so after a failover, when that is another server, it goes on. Raises DatabaseFault."""
    ours = gtids(conn)
    theirs = gtids(source)
    if not (ours.on and theirs.on):
        return ""
    uuid = connection.server_uuid(conn)
    return ",".join(part for part in gtid_difference(conn, ours.executed, theirs.executed).split(",") if not part.strip().startswith(uuid))


def only_newer(missing: str, have: str) -> bool:
    """Does `missing` hold only transactions that come after those `have` has of the same server, which it has without a gap? Pure.

    Else rows may be here whose GTIDs are not: they were copied, and would be applied a second time.
    """
    known = dict(_ranges(have))
    return all(source in known and len(known[source]) == 1 and known[source][0][0] == 1 and ranges[0][0] == known[source][0][1] + 1
               for source, ranges in _ranges(missing))


def _ranges(text: str) -> list[tuple[str, list[tuple[int, int]]]]:
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        source, *ranges = part.split(":")
        pairs = [each.partition("-") for each in ranges if each[0].isdigit()]       # a tag is no number
        found.append((source if len(pairs) == len(ranges) else part, [(int(first), int(last or first)) for first, _dash, last in pairs] or [(0, 0)]))
    return found
