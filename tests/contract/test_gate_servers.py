# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate and the application's schema in real MySQL, on a server that takes writes and on one that follows it.

What only a server can tell: `@@server_uuid`, its own clock, its unique keys, and that rows of dr.gate travel to the standby.
Needs what test_mysql_servers.py needs, and is skipped as that is.
"""

from __future__ import annotations

import uuid

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from ticketing import cli
from ticketing.gate import Reign, reign
from ticketing.main import create
from ticketing.models import Base, Purchase
from ticketing.store import GateClosed, Order, SeatTaken, Store

from tests.contract.gate_places import APP, Place, arrived, url
from tests.contract.mysql_pair import until
from tests.unit.plugins.switch.gate_promises import GatePromises


class TestMySQL(GatePromises):
    @pytest.fixture
    def gate(self, primary: Place) -> Gate:
        return primary.gate


def of_site(place: Place, site: str) -> Gate:
    """As an agent of that site has it."""
    return Gate(lambda: connection.connect(place.server.host, place.server.port, place.server.user, place.server.password),
                (connection.DatabaseError,), site)


class TestMySQLOfASite(GatePromises):
    @pytest.fixture
    def gate(self, primary: Place) -> Gate:
        return of_site(primary, "nhn")


def test_another_site_s_server_is_nobody_s_to_shut_or_to_open(primary: Place) -> None:
    now, astray = primary.gate.look().now, of_site(primary, "aws")
    assert of_site(primary, "nhn").open("nhn", 3, now + 60)
    rows = primary.gate.look().rows
    for change in (lambda: astray.renew(3, now + 99), lambda: astray.beat(3), astray.close, lambda: astray.fence(9), lambda: astray.retire(3),
                   lambda: astray.mark(3), lambda: astray.assign("server-9", "nhn", 3),
                   lambda: astray.open("aws", 4, now + 99), lambda: astray.open("aws", 2, 0.0)):
        assert not change() and primary.gate.look().rows == rows
    assert astray.look().others("aws") == "nhn" and astray.look().others("nhn") is None


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
    """The application's schema as its own command makes it, twice, with the demonstration's events in it, and guarded at both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url(places[0].server))
        patch.setenv("SITE", "nhn")
        assert cli.main(["migrate", "--demo"]) == 0
        assert cli.main(["migrate"]) == 0
    primary, standby = places
    with primary.server.connected() as conn:
        tables = gate_triggers.base_tables(conn, [APP])
        assert len(tables) == len(Base.metadata.tables) + 1 and len(gate_triggers.install(conn, [APP])) == 3 * len(tables)
    with standby.server.connected() as conn:
        until(lambda: gate_triggers.base_tables(conn, [APP]) and not gate_triggers.ungated(tables, gate_triggers.before_triggers(conn, [APP])))
    return primary.engine


def test_the_migrated_schema_is_the_models(migrated: Engine) -> None:
    with migrated.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), Base.metadata) == []
        unique = {(table, each["name"]): each["column_names"]
                  for table in Base.metadata.tables for each in inspect(conn).get_unique_constraints(table)}
    assert unique == {
        ("seats", "uq_seats_event_label"): ["event_id", "label"],
        ("purchases", "uq_purchases_event_seat"): ["event_id", "seat_id"],
        ("purchases", "uq_purchases_key"): ["idempotency_key"],
        ("cancellations", "uq_cancellations_key"): ["idempotency_key"],
        ("users", "uq_users_uid"): ["uid"],
        ("users", "uq_users_email"): ["email"],
    }


@pytest.mark.parametrize(("seats", "same_key", "hit"), [((1, 1), False, "uq_purchases_event_seat"), ((2, 3), True, "uq_purchases_key")])
def test_mysql_itself_refuses_a_second_sale(migrated: Engine, primary: Place, seats: tuple[int, int], same_key: bool, hit: str) -> None:
    primary.gate.open("nhn", 1, primary.now() + 60)
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


def sold(engine: Engine, key: str) -> int:
    with engine.connect() as conn:
        return conn.scalar(select(func.count()).select_from(Purchase).where(Purchase.idempotency_key == key)) or 0


def test_the_database_refuses_what_the_application_would_have_done(migrated: Engine, primary: Place, standby: Place) -> None:
    """The gate shuts between the application's question and its write: here it is told an answer that is no longer true."""
    order = Order(str(uuid.uuid4()), 2, "B-1", "kim")
    for engine in (migrated, standby.engine):
        shop = Store(engine, lambda _conn: Reign("nhn", 7))
        with pytest.raises(GateClosed):
            shop.buy(order)
        answer = TestClient(create(shop, "nhn")).post(
            "/api/purchases", json={"event_id": 2, "seat": "B-1", "buyer": "kim"}, headers={"Idempotency-Key": order.key})
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "gate_closed"}, "1")
        assert sold(engine, order.key) == 0


def test_written_before_and_committed_after_the_gate_shut_is_not_acknowledged(migrated: Engine, primary: Place) -> None:
    primary.gate.open("nhn", 7, primary.now() + 60)
    order = Order(str(uuid.uuid4()), 2, "B-2", "kim")

    @event.listens_for(migrated, "after_cursor_execute")
    def shut(_conn, _cursor, statement, *_rest) -> None:
        if statement.startswith("INSERT INTO purchases"):
            primary.gate.close()

    try:
        with pytest.raises(GateClosed):
            Store(migrated).buy(order)
    finally:
        event.remove(migrated, "after_cursor_execute", shut)
    assert sold(migrated, order.key) == 1, "MySQL has committed it: that is why the answer after COMMIT counts and not the row"
    primary.gate.open("nhn", 8, primary.now() + 60)
    assert Store(migrated).buy(order).replayed, "the buyer asks again with the same key, and then it is promised"
