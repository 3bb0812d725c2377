# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate and the application's schema in real MySQL, on a server that takes writes and on one that follows it.

What only a server can tell: `@@server_uuid`, its own clock, its unique keys, and that rows of dr.gate travel to the standby.
Needs what test_mysql_servers.py needs, and is skipped as that is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection, dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import SCHEMA, TABLE, Gate
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import IntegrityError
from ticketing import cli
from ticketing.config import Settings
from ticketing.gate import Reign, reign
from ticketing.models import Base, Purchase
from ticketing.store import GateClosed, Order, SeatTaken, Store, engine_for

from tests.contract.mysql_pair import until
from tests.unit.plugins.switch.gate_promises import GatePromises

APP = "sales"                   # a schema of its own: the other tests have their tables in `tickets`


@dataclass(frozen=True)
class Place:
    """One server: how the switch reaches its gate and the application its schema. stopped: a session whose clock stands in 1970."""

    server: Server
    gate: Gate
    stopped: Gate
    engine: Engine

    def reign(self) -> Reign | None:
        """What the application would see here now."""
        with self.engine.connect() as conn:
            return reign(conn)


def url(server: Server) -> str:
    return f"mysql+pymysql://{server.user}:{server.password}@{server.host}:{server.port}/{APP}"


def place(host: str) -> Place:
    server = Server(host, 3306, "dr_agent", "agent")

    def connect() -> Any:
        return connection.connect(server.host, server.port, server.user, server.password)

    def connect_stopped() -> Any:
        conn = connect()
        execute(conn, "SET timestamp = 1")
        return conn

    failures = (connection.DatabaseError,)
    return Place(server, Gate(connect, failures), Gate(connect_stopped, failures), engine_for(Settings(url(server), "nhn", pool=1)))


def source_of(server: Server, dialect: str) -> str | None:
    with server.connected() as conn:
        return replication.status(conn, dialects.for_site(dialect)).source


@pytest.fixture(scope="module")
def places(followed: Wish) -> Iterator[tuple[Place, Place]]:
    """(the server that takes writes, the one that follows it), with an empty schema and dr.gate in both."""
    assert followed.reader is not None
    primary, standby = place(followed.reader.host), place(followed.replica.host)
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
        execute(conn, "DELETE FROM dr.gate")
    return places[0]


@pytest.fixture
def standby(places: tuple[Place, Place], primary: Place) -> Place:
    """The server that follows, as far as the primary is."""
    arrived(places[1], 0)
    return places[1]


def arrived(standby: Place, rows: int) -> None:
    until(lambda: len(standby.gate.look().rows) == rows)


class TestMySQL(GatePromises):
    @pytest.fixture
    def gate(self, primary: Place) -> Gate:
        return primary.gate


def test_a_session_cannot_turn_back_the_gate_s_clock(primary: Place) -> None:
    now = primary.gate.look().now
    assert abs(primary.stopped.look().now - now) < 60
    primary.gate.open("nhn", 1, now - 1)
    row = primary.gate.look().own
    assert primary.stopped.beat(1) is None and primary.stopped.close() is False and primary.stopped.look().valid_for == 0
    assert primary.gate.look().own == row, "by a clock that stands in 1970 the row would have been valid still"
    assert primary.stopped.renew(1, now + 9)
    renewed = primary.gate.look().own
    assert renewed is not None and renewed.beat_at >= now

    primary.gate.open("nhn", 1, now - 1)
    with primary.engine.connect() as conn:
        conn.detach()                                   # never back to the pool
        conn.execute(text("SET timestamp = 1"))
        assert reign(conn) is None


def test_a_replicated_row_is_no_gate_of_the_standby(primary: Place, standby: Place) -> None:
    assert primary.reign() is None
    now = primary.gate.look().now
    assert primary.gate.open("nhn", 7, now + 60)
    arrived(standby, 1)
    assert primary.reign() == Reign("nhn", 7)
    assert standby.reign() is None

    look = standby.gate.look()
    assert look.own is None and look.valid_for == 0 and look.remembered_epoch == 7 and look.age("nhn") is not None
    assert standby.gate.beat(7) is None and standby.gate.renew(7, now + 99) is False and standby.gate.close() is False
    assert standby.gate.look().rows == look.rows


def test_the_application_sees_the_gate_run_out_and_open_again(primary: Place) -> None:
    now = primary.gate.look().now
    primary.gate.open("nhn", 7, now - 0.001)
    assert primary.reign() is None
    assert primary.gate.renew(7, now + 60)
    assert primary.reign() == Reign("nhn", 7)
    assert primary.gate.close()
    assert primary.reign() is None


@pytest.fixture(scope="module")
def migrated(places: tuple[Place, Place]) -> Engine:
    """The application's schema as its own command makes it, twice, with the demonstration's events in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url(places[0].server))
        patch.setenv("SITE", "nhn")
        assert cli.main(["migrate", "--demo"]) == 0
        assert cli.main(["migrate"]) == 0
    return places[0].engine


def test_the_migrated_schema_is_the_models(migrated: Engine) -> None:
    with migrated.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), Base.metadata) == []
        unique = {(table, each["name"]): each["column_names"]
                  for table in Base.metadata.tables for each in inspect(conn).get_unique_constraints(table)}
    assert unique == {
        ("seats", "uq_seats_event_label"): ["event_id", "label"],
        ("purchases", "uq_purchases_event_seat"): ["event_id", "seat_id"],
        ("purchases", "uq_purchases_key"): ["idempotency_key"],
    }


@pytest.mark.parametrize(("seats", "same_key", "hit"), [((1, 1), False, "uq_purchases_event_seat"), ((2, 3), True, "uq_purchases_key")])
def test_mysql_itself_refuses_a_second_sale(migrated: Engine, seats: tuple[int, int], same_key: bool, hit: str) -> None:
    keys = [str(uuid.uuid4())] * 2 if same_key else [str(uuid.uuid4()) for _ in seats]
    with migrated.connect() as conn:                    # never committed
        rows = [{"idempotency_key": key, "event_id": 1, "seat_id": seat, "buyer": "kim", "ticket": str(uuid.uuid4()), "site": "nhn", "epoch": 1}
                for key, seat in zip(keys, seats, strict=True)]
        conn.execute(insert(Purchase).values(rows[0]))
        with pytest.raises(IntegrityError, match=hit):
            conn.execute(insert(Purchase).values(rows[1]))


def test_the_shop_sells_a_seat_once_and_only_while_its_gate_is_open(migrated: Engine, primary: Place, standby: Place) -> None:
    shop = Store(migrated)
    with pytest.raises(GateClosed):
        shop.buy(Order(str(uuid.uuid4()), 2, "A-1", "kim"))
    primary.gate.open("nhn", 7, primary.gate.look().now + 60)
    arrived(standby, 1)
    order = Order(str(uuid.uuid4()), 2, "A-1", "kim")
    receipt = shop.buy(order)
    assert (receipt.site, receipt.epoch, receipt.replayed) == ("nhn", 7, False)
    assert shop.buy(order).ticket == receipt.ticket
    with pytest.raises(SeatTaken):
        shop.buy(Order(str(uuid.uuid4()), 2, "A-1", "lee"))
    with pytest.raises(GateClosed):
        Store(standby.engine).buy(Order(str(uuid.uuid4()), 2, "A-2", "lee"))
