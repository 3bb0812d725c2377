# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each provider lets us call to steer replication. Text only: nothing here opens a connection.

Neither RDS grants SUPER or REPLICATION_SLAVE_ADMIN, so both ship procedures. NHN's know file and position and the source's IP
address, no TLS, no GTID; AWS's know TLS. Names changed with MySQL 8.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..faults import Fault

RENAMED_IN = (8, 4)      # "master/slave" became "source/replica" in both providers' procedure names


class Statement(NamedTuple):
    """SQL with placeholders, and the values for them. Never log the values: they hold the replication password."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a replica copies from. tls: encrypt the replication connection where the dialect can."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool = True


@dataclass(frozen=True)
class Position:
    """A place in a source's binary log: the next event to read."""

    file: str
    position: int

    def reached(self, other: Position) -> bool:
        """This place is `other` or lies after it. Files of one server count upwards in their last part."""
        return (self._number, self.position) >= (other._number, other.position)

    @property
    def _number(self) -> int:
        return int(self.file.rsplit(".", 1)[-1])


# Ours is the channel without a name. Where none is said, MySQL starts, stops and forgets all there are.
_OURS = "FOR CHANNEL ''"


class Dialect:
    """Plain MySQL from 8.0.23 on, whose user holds REPLICATION_SLAVE_ADMIN."""

    name = "plain"
    takes_tls = True                # the replication connection can be encrypted
    takes_gtids = True              # it can ask for what its own GTIDs lack instead of a place in a file
    wants_address = False           # the source must be given by IP address

    def __init__(self, version: tuple[int, ...] = RENAMED_IN) -> None:
        self.version = version

    def change_source(self, source: Source, position: Position | None) -> Statement:
        """Point a stopped replica at `position` of `source`, or with None at whatever its own GTIDs lack. Raises Fault without GTIDs."""
        place, values = ("SOURCE_AUTO_POSITION = 1", ()) if position is None else (
            "SOURCE_LOG_FILE = %s, SOURCE_LOG_POS = %s, SOURCE_AUTO_POSITION = 0", (position.file, position.position))
        # The retry count defaults to 10 from MySQL 8.4 on, after which a replica gives up for good.
        return Statement(
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_PASSWORD = %s, {place}, "
            "SOURCE_SSL = %s, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 5, SOURCE_RETRY_COUNT = 86400, SOURCE_HEARTBEAT_PERIOD = 2 "
            f"{_OURS}",
            (source.host, source.port, source.user, source.password, *values, int(source.tls)))

    def start(self) -> Statement:
        """Start both threads of the replica."""
        return Statement(f"START REPLICA {_OURS}")

    def stop(self) -> Statement:
        """Stop both threads; the configuration stays."""
        return Statement(f"STOP REPLICA {_OURS}")

    def reset(self) -> Statement:
        """Forget the source: the server stands alone."""
        return Statement(f"RESET REPLICA ALL {_OURS}")

    def kill(self, thread: int) -> Statement:
        """End a connection, whoever's it is, and take back what it had not committed."""
        return Statement("KILL %s", (thread,))

    def show_retention(self) -> Statement | None:
        """Rows (name, value) of the provider's own configuration; None where binary logs are kept by a server parameter."""
        return None

    def set_retention(self, hours: int) -> Statement | None:
        """Keep binary logs for so many hours; None where a server parameter does that."""
        return None


class NhnRds(Dialect):
    """NHN Cloud RDS for MySQL: schema mysql, tcrds_*; a user of authority DDL may call them."""

    name = "nhn_rds"
    takes_tls = False
    takes_gtids = False
    wants_address = True

    def change_source(self, source: Source, position: Position | None) -> Statement:
        if position is None:
            raise Fault("follow by GTID", source.host, left="NHN Cloud's procedures know file and position only; nothing was touched.",
                        then="Name the position, or let the replica be seeded.")
        procedure = "tcrds_repl_changesource" if self.version >= RENAMED_IN else "tcrds_repl_changemaster"
        return Statement(
            f"CALL mysql.{procedure}(%s, %s, %s, %s, %s, %s)",
            (source.host, source.port, source.user, source.password, position.file, position.position))

    def start(self) -> Statement:
        return Statement(f"CALL mysql.tcrds_repl_{self._replica}_start()")

    def stop(self) -> Statement:
        return Statement(f"CALL mysql.tcrds_repl_{self._replica}_stop()")

    def reset(self) -> Statement:
        return Statement("CALL mysql.tcrds_repl_init()")

    def kill(self, thread: int) -> Statement:
        return Statement("CALL mysql.tcrds_process_kill(%s)", (thread,))

    @property
    def _replica(self) -> str:
        return "replica" if self.version >= RENAMED_IN else "slave"


class AwsRds(Dialect):
    """Amazon RDS for MySQL: schema mysql, rds_*; the master user, or whom it grants EXECUTE, may call them. Wants autocommit."""

    name = "aws_rds"

    def change_source(self, source: Source, position: Position | None) -> Statement:
        who = (source.host, source.port, source.user, source.password)
        if position is None:        # the last is a delay, in seconds
            return Statement(f"CALL mysql.rds_set_external_{self._source}_with_auto_position(%s, %s, %s, %s, %s, %s)", (*who, int(source.tls), 0))
        return Statement(
            f"CALL mysql.rds_set_external_{self._source}(%s, %s, %s, %s, %s, %s, %s)",
            (*who, position.file, position.position, int(source.tls)))

    def start(self) -> Statement:
        return Statement("CALL mysql.rds_start_replication()")

    def stop(self) -> Statement:
        return Statement("CALL mysql.rds_stop_replication()")

    def reset(self) -> Statement:
        return Statement(f"CALL mysql.rds_reset_external_{self._source}()")

    def kill(self, thread: int) -> Statement:
        return Statement("CALL mysql.rds_kill(%s)", (thread,))

    def show_retention(self) -> Statement:
        return Statement("CALL mysql.rds_show_configuration()")

    def set_retention(self, hours: int) -> Statement:
        return Statement("CALL mysql.rds_set_configuration('binlog retention hours', %s)", (hours,))

    @property
    def _source(self) -> str:
        return "source" if self.version >= RENAMED_IN else "master"


DIALECTS: dict[str, type[Dialect]] = {dialect.name: dialect for dialect in (Dialect, NhnRds, AwsRds)}


def for_site(name: str, version: tuple[int, ...] = RENAMED_IN) -> Dialect:
    """The dialect "plain", "nhn_rds" or "aws_rds" of a server of that version. Raises ValueError, naming the three, for another."""
    if name not in DIALECTS:
        raise ValueError(f"dialect is {name!r}; known are {', '.join(sorted(DIALECTS))}")
    return DIALECTS[name](version)
