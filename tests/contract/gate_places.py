# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both servers of the pair as the gate's tests use them: dr.gate in both, and an empty schema of the application's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection, dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import SCHEMA, TABLE, Gate
from sqlalchemy import Engine
from ticketing.config import Settings
from ticketing.gate import Reign, reign
from ticketing.store import engine_for

from tests.contract.mysql_pair import until

APP = "sales"                   # a schema of its own: the other tests have their tables in `tickets`
AGENT, SYNC, SHOP = ("dr_agent", "agent"), ("dr_sync", "sync"), ("app", "app")


@dataclass(frozen=True)
class Place:
    """One server: how the switch reaches its gate and the application, with its own account, its schema. stopped: a session whose clock
    stands in 1970.
    """

    server: Server
    dialect: str
    gate: Gate
    stopped: Gate
    engine: Engine

    def reign(self) -> Reign | None:
        """What the application would see here now."""
        with self.engine.connect() as conn:
            return reign(conn)

    def login(self, account: tuple[str, str], **options: Any) -> Any:
        """A connection of somebody, for a `with` block."""
        return connection.connected(self.server.host, self.server.port, *account, **options)

    def now(self) -> float:
        return self.gate.look().now


def url(server: Server, account: tuple[str, str] = AGENT) -> str:
    return f"mysql+pymysql://{account[0]}:{account[1]}@{server.host}:{server.port}/{APP}"


def place(host: str, dialect: str) -> Place:
    server = Server(host, 3306, *AGENT)

    def connect() -> Any:
        conn = connection.connect(server.host, server.port, server.user, server.password)
        execute(conn, "SET SESSION innodb_lock_wait_timeout = 3")      # an agent waits no longer either: nobody may hold the gate's rows
        return conn

    def connect_stopped() -> Any:
        conn = connect()
        execute(conn, "SET timestamp = 1")
        return conn

    failures = (connection.DatabaseError,)
    engine = engine_for(Settings(url(server, SHOP), "nhn", pool=1))
    return Place(server, dialect, Gate(connect, failures), Gate(connect_stopped, failures), engine)


def source_of(server: Server, dialect: str) -> str | None:
    with server.connected() as conn:
        return replication.status(conn, dialects.for_site(dialect)).source


@pytest.fixture(scope="module")
def places(followed: Wish) -> Iterator[tuple[Place, Place]]:
    """(the server that takes writes, the one that follows it), with an empty schema and dr.gate in both."""
    assert followed.reader is not None
    primary, standby = place(followed.reader.host, "nhn_rds"), place(followed.replica.host, "aws_rds")
    if source_of(followed.replica, "aws_rds") is None:
        assert source_of(followed.reader, "nhn_rds"), "the servers do not follow each other in either direction any more"
        primary, standby = standby, primary
    with primary.server.connected() as conn:
        for statement in (f"CREATE DATABASE {APP}", SCHEMA, TABLE):
            execute(conn, statement)
        yield primary, standby
        for each in (primary, standby):
            each.gate.drop()
            each.stopped.drop()
            each.engine.dispose()
        execute(conn, "DROP TABLE dr.gate")
        execute(conn, f"DROP DATABASE {APP}")           # the last of all, so that its absence at the standby says both are gone
    with standby.server.connected() as conn:
        until(lambda: not connection.query(conn, f"SHOW DATABASES LIKE '{APP}'"))


@pytest.fixture
def primary(places: tuple[Place, Place]) -> Place:
    """The server that takes writes, its gate without rows."""
    with places[0].server.connected() as conn:
        execute(conn, "SET SESSION innodb_lock_wait_timeout = 3")
        execute(conn, "DELETE FROM dr.gate")
    return places[0]


@pytest.fixture
def standby(places: tuple[Place, Place], primary: Place) -> Place:
    """The server that follows, as far as the primary is."""
    arrived(places[1], 0)
    return places[1]


def arrived(standby: Place, rows: int) -> None:
    until(lambda: len(standby.gate.look().rows) == rows)
