# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ticketing service on real MySQL: many buyers at once, one seat each; the database's clock; the gate under every write.

Needs what test_mysql_servers.py needs, and is skipped as that is.
"""

from __future__ import annotations

import itertools
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pymysql
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query as ask
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from sqlalchemy import Connection, event, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from ticketing.accounts import Accounts
from ticketing.config import Rate, Settings
from ticketing.database import Database
from ticketing.gate import Reign, reign
from ticketing.holds import Holds
from ticketing.limits import Limits
from ticketing.line import Lines
from ticketing.models import Event, Hold, Line, Place, Purchase, RateWindow, User
from ticketing.refusals import GateClosed, NoSuchSeat, Refused, SeatHeld, SeatTaken, TooFast, TooManyHolds
from ticketing.sessions import Sessions
from ticketing.stage import Show, Stage
from ticketing.store import Order, Receipt, Store, engine_for

from tests.contract.app_shop import Shop, at_once, migrate, opened, stocked, url
from tests.contract.mysql_pair import until


@pytest.fixture(scope="module")
def empty(followed: Wish) -> Iterator[Shop]:
    assert followed.reader is not None
    with opened((followed.reader, followed.replica)) as shop:
        yield shop


@pytest.fixture
def shop(empty: Shop) -> Shop:
    return stocked(empty)


def rows(shop: Shop, table: Any) -> int:
    with shop.engine.connect() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def order(shop: Shop, seat: str, user_id: int | None = None, key: str | None = None) -> Order:
    return Order(key or str(uuid.uuid4()), shop.event_id, seat, "kim", user_id)


def test_a_migration_that_was_killed_is_taken_up_again(shop: Shop) -> None:
    with shop.writer.connected() as conn:
        for statement in ("UPDATE sales.alembic_version SET version_num = '0001'", "DROP TABLE sales.rate_windows",
                          "ALTER TABLE sales.events DROP line_limit", "ALTER TABLE sales.purchases DROP FOREIGN KEY fk_purchases_user"):
            execute(conn, statement)
        migrate(shop.writer)
        assert ask(conn, "SELECT version_num FROM sales.alembic_version") == [{"version_num": "0002"}]
        assert ask(conn, "SELECT on_sale, line_limit, admit_per_minute FROM sales.events") == [
            {"on_sale": 1, "line_limit": 100000, "admit_per_minute": None}]


def test_the_version_before_goes_on_selling_beside_the_new_schema(shop: Shop) -> None:
    with shop.writer.connected() as conn:
        execute(conn, "INSERT INTO sales.purchases (idempotency_key, event_id, seat_id, buyer, ticket, site, epoch) "
                      "SELECT UUID(), event_id, id, 'old', UUID(), 'nhn', 7 FROM sales.seats WHERE label = 'A-1'")
    with pytest.raises(SeatTaken):
        Store(shop.engine).buy(order(shop, "A-1"))


def test_200_buyers_for_50_seats_through_a_rough_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate shuts and opens, connections are lost before and after COMMIT, and a wish is repeated with its key until it is answered."""
    people, store, holds = shop.people(200), Store(shop.engine), Holds(Database(shop.engine), 600, 4)
    turns, commits, lock, troubles = itertools.count(1), itertools.count(1), threading.Lock(), Counter()    # type: ignore[var-annotated]
    commit = shop.engine.dialect.do_commit

    def lost(connection: Any) -> None:
        turn = next(commits)
        if turn % 40:
            commit(connection)
        if turn % 40 == 0 or turn % 55 == 0:
            raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")

    monkeypatch.setattr(shop.engine.dialect, "do_commit", lost)

    def trouble() -> None:
        with lock:
            turn = next(turns)
            if turn % 60 == 0:
                shop.gate.close()
            elif turn % 60 == 5:
                shop.open()

    def patiently(work: Callable[[], Any]) -> Any:
        for _ in range(200):
            trouble()
            try:
                return work()
            except (GateClosed, SQLAlchemyError) as error:
                troubles[type(error).__name__] += 1
        raise AssertionError("never answered for good")

    def buyer(number: int) -> Receipt | None:
        wishes, user = random.Random(number), people[number]
        while unsold := [row.label for row in patiently(lambda: store.seats(shop.event_id)) if not row.taken]:
            wish = order(shop, wishes.choice(unsold), user)
            try:
                if number % 2:
                    patiently(partial(holds.take, shop.event_id, wish.seat, user))
                return patiently(partial(store.buy, wish))
            except (SeatTaken, SeatHeld, TooManyHolds):
                continue
        return None

    results = at_once(buyer, 200)
    monkeypatch.undo()
    assert not [each for each in results if isinstance(each, Exception)]
    promised = {each.ticket: each for each in results if each is not None}
    with shop.engine.connect() as conn:
        sold = {row.ticket: row for row in conn.execute(select(Purchase.ticket, Purchase.seat_id, Purchase.user_id))}
    assert len(promised) == len(sold) == 50 and promised.keys() == sold.keys(), "every promise is in the database, and nothing else"
    assert len({row.seat_id for row in sold.values()}) == 50 and len({row.user_id for row in sold.values()}) == 50
    assert troubles["GateClosed"] and troubles["OperationalError"], troubles
    assert rows(shop, Hold) == 0


def test_one_key_sent_many_times_at_once_buys_once(shop: Shop) -> None:
    store, wish = Store(shop.engine), order(shop, "A-1")
    receipts = at_once(lambda _number: store.buy(wish), 24)
    assert len({each.ticket for each in receipts}) == 1 and sum(not each.replayed for each in receipts) == 1
    keys = at_once(lambda _number: store.buy(order(shop, "A-2")), 24)
    assert sum(isinstance(each, Receipt) for each in keys) == 1 and sum(isinstance(each, SeatTaken) for each in keys) == 23


def test_a_key_is_known_at_the_other_site_and_a_new_one_is_refused_there(shop: Shop) -> None:
    first = Store(shop.engine).buy(wish := order(shop, "A-1"))
    there = Store(shop.following, lambda _connection: Reign("aws", 8))          # told that it may write: the switch has just moved
    until(lambda: there.purchase(wish.key))
    again = there.buy(wish)
    assert (again.ticket, again.replayed, again.site, again.acknowledged_by) == (first.ticket, True, "nhn", Reign("aws", 8))
    with pytest.raises(GateClosed):
        there.buy(order(shop, "A-2"))                   # the follower's database knows better
    with pytest.raises(GateClosed):
        Store(shop.following).buy(wish)


def test_who_was_known_held_and_waited_is_known_holds_and_waits_at_the_other_site(shop: Shop) -> None:
    here, there = Database(shop.engine), Database(shop.following)
    account = Accounts(here).sign_up("kim@example.com", "Kim", "a long password")
    note = Sessions(("one key for both sites, 32 or more",), Accounts(here)).issue(account)
    Holds(here, 600, 4).take(shop.event_id, "A-1", account.id)
    with shop.engine.begin() as conn:
        conn.execute(update(Event).values(admit_per_minute=1))
    for user in (*shop.people(3), account.id):
        standing = Lines(here).join(shop.event_id, user)
    limits = {"log_in_account": Rate(1, 86400)}
    Limits(here, limits).count(("log_in_account", "kim"))
    until(lambda: rows_at(shop, RateWindow))
    assert Sessions(("one key for both sites, 32 or more",), Accounts(there)).account(note) == account
    assert Accounts(there).log_in("kim@example.com", "a long password") == account
    moved = Lines(there).standing(shop.event_id, account.id)
    assert moved is not None and (moved.ahead, standing.ahead) == (3, 3) and abs(moved.wait - standing.wait) < 30
    assert [row.label for row in Holds(there, 600, 4).mine(account.id)] == ["A-1"]
    assert rows_at(shop, RateWindow) == 1, "counted there already: it goes on from there"


def rows_at(shop: Shop, table: Any) -> int:
    """How many rows have arrived at the follower."""
    with shop.following.connect() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_a_seat_is_called_as_it_is_printed(shop: Shop) -> None:
    people, store, holds = shop.people(1), Store(shop.engine), Holds(Database(shop.engine), 600, 4)
    for label in ("a-1", "A-1 ", "Ａ-1"):
        with pytest.raises(NoSuchSeat):
            store.buy(order(shop, label))
        with pytest.raises(NoSuchSeat):
            holds.take(shop.event_id, label, people[0])
    assert rows(shop, Purchase) == 0


def test_one_holder_a_seat_and_no_more_than_allowed(shop: Shop) -> None:
    people, holds = shop.people(24), Holds(Database(shop.engine), 600, 4)
    results = at_once(lambda number: holds.take(shop.event_id, "A-1", people[number]), 24)
    assert Counter(type(each).__name__ for each in results) == {"Kept": 1, "SeatHeld": 23}
    results = at_once(lambda number: holds.take(shop.event_id, f"B-{number + 1}", people[0]), 10)
    assert Counter(type(each).__name__ for each in results)["TooManyHolds"] >= 6
    assert len(holds.mine(people[0])) <= 4


def test_a_hold_ends_by_the_database_s_clock_and_no_session_turns_it_back(shop: Shop) -> None:
    people = shop.people(2)
    engine = engine_for(Settings(url(shop.writer), "nhn", pool=1))

    @event.listens_for(engine, "connect")
    def _stopped(raw: Any, _record: Any) -> None:
        raw.cursor().execute("SET timestamp = 1")

    holds = Holds(Database(engine), 600, 4)             # of sessions whose clock stands in 1970, when no hold of today is over
    assert Holds(Database(shop.engine), 600, 4).take(shop.event_id, "A-1", people[0]).left == 600
    with pytest.raises(SeatHeld):
        holds.take(shop.event_id, "A-1", people[1])
    with shop.engine.begin() as conn:
        conn.execute(update(Hold).values(until=Hold.until - 601))
    assert list(holds.mine(people[0])) == [] and not any(row.held for row in Store(engine).seats(shop.event_id))
    assert holds.take(shop.event_id, "A-1", people[1]).left == 600
    with engine.connect() as conn:
        assert conn.execute(select(Hold.user_id)).all() == [(people[1],)]
    engine.dispose()


def test_the_line_gives_everybody_a_moment_of_their_own(shop: Shop) -> None:
    people, lines = shop.people(30), Lines(Database(shop.engine))
    with shop.engine.begin() as conn:
        conn.execute(update(Event).values(admit_per_minute=60, line_limit=20))
    results = at_once(lambda number: lines.join(shop.event_id, people[number % 30]), 60)
    refused = [each for each in results if isinstance(each, Refused)]
    with shop.engine.connect() as conn:
        moments = sorted(conn.scalars(select(Place.admitted_at)))
        assert conn.scalar(select(Line.next_at)) == pytest.approx(moments[-1] + 1, abs=0.001)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert 20 <= len(moments) <= 30 and min(gaps) > 0.999 and {each.code for each in refused} <= {"line_full"}
    assert not [each for each in results if isinstance(each, Exception) and not isinstance(each, Refused)]


def test_a_rate_is_one_for_all_copies(shop: Shop) -> None:
    limits = Limits(Database(shop.engine), {"log_in_account": Rate(10, 86400), "log_in_address": Rate(1000, 86400)})
    results = at_once(lambda number: limits.count(("log_in_account", "kim"), ("log_in_address", str(number % 3))), 30)
    assert Counter(type(each).__name__ for each in results) == {"NoneType": 10, "TooFast": 20}
    assert all(each.retry > 0 for each in results if isinstance(each, TooFast))


SHOW = Show("공연", "Show", "서울", "Seoul", datetime(2037, 1, 1), 1000, True, None, 10)
WRITES: dict[str, Callable[[Shop, Database, int], object]] = {
    "sign up": lambda shop, database, user: Accounts(database).sign_up("new@example.com", "New", "a long password"),
    "make an admin": lambda shop, database, user: Accounts(database).make_admin("new@example.com", "New", "a long password"),
    "hold": lambda shop, database, user: Holds(database, 600, 4).take(shop.event_id, "A-1", user),
    "let go": lambda shop, database, user: Holds(database, 600, 4).release(shop.event_id, "C-1", user),
    "join": lambda shop, database, user: Lines(database).join(shop.event_id, user),
    "count": lambda shop, database, user: Limits(database, {"log_in_account": Rate(9, 900)}).count(("log_in_account", "kim")),
    "buy": lambda shop, database, user: Store(database.engine, database.reign).buy(order(shop, "A-1")),
    "cancel": lambda shop, database, user: Store(database.engine, database.reign).cancel("a ticket", user),
    "put on": lambda shop, database, user: Stage(database).put_on(SHOW, 1, 1),
    "change": lambda shop, database, user: Stage(database).change(shop.event_id, SHOW),
}
TABLES = (User, Hold, Place, RateWindow, Purchase, Event)


@pytest.fixture(scope="module")
def used(empty: Shop) -> tuple[Shop, int]:
    """A shop in which there is something to change: a hold, a ticket, a line."""
    shop = stocked(empty)
    (user,) = shop.people(1)
    Holds(Database(shop.engine), 600, 4).take(shop.event_id, "C-1", user)
    Store(shop.engine).buy(order(shop, "C-2", user))
    with shop.engine.begin() as conn:
        conn.execute(update(Purchase).values(ticket="a ticket"))
    return shop, user


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("believes", [reign, lambda _connection: Reign("nhn", 7)], ids=["asked", "deceived"])
def test_every_write_is_refused_while_the_gate_is_shut(used: tuple[Shop, int], what: str, believes: Callable[[Connection], Reign | None]) -> None:
    """Also where the application believes that it is open: it shut between the question and the write, and then the triggers refuse."""
    shop, user = used
    shop.open()
    with shop.engine.begin() as conn:
        conn.execute(update(Event).where(Event.id == shop.event_id).values(admit_per_minute=60 if what == "join" else None))
    shop.gate.close()
    before = [rows(shop, table) for table in TABLES]
    with pytest.raises(GateClosed):
        WRITES[what](shop, Database(shop.engine, believes), user)
    assert [rows(shop, table) for table in TABLES] == before


def test_a_write_that_outlives_the_gate_is_not_acknowledged(shop: Shop) -> None:
    (user,) = shop.people(1)

    def work(conn: Connection, _reign: Reign) -> None:
        conn.execute(insert(Hold).values(seat_id=conn.scalar(select(func.min(Purchase.metadata.tables["seats"].c.id))), event_id=shop.event_id,
                                         user_id=user, until=1))
        shop.gate.close()

    with pytest.raises(GateClosed):
        Database(shop.engine).write(work)
    assert rows(shop, Hold) == 1
