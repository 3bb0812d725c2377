# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Holding a seat: one at a time, not for ever, not too many; and taking a ticket back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from ticketing.accounts import Accounts
from ticketing.database import Database
from ticketing.holds import Holds
from ticketing.models import Event, Hold
from ticketing.refusals import (
    Cancelled,
    GateClosed,
    KeyReused,
    NoSuchHold,
    NoSuchSeat,
    NoSuchTicket,
    SeatHeld,
    SeatTaken,
    TooLate,
    TooManyHolds,
)
from ticketing.store import Order, Store

from tests.unit.app.hall import OPEN, PASSWORD, Gate


@pytest.fixture
def database(engine):
    return Database(engine, Gate(OPEN))


@pytest.fixture
def kim(database):
    return Accounts(database).sign_up("kim@example.com", "Kim", PASSWORD).id


@pytest.fixture
def lee(database):
    return Accounts(database).sign_up("lee@example.com", "Lee", PASSWORD).id


def order(seat="A-1", user_id=None, key=None):
    return Order(key or str(uuid.uuid4()), 2, seat, "kim", user_id)


def over(engine):
    """The time of every hold is over."""
    with engine.begin() as connection:
        connection.execute(update(Hold).values(until=Hold.until - 3600))


def test_a_held_seat_is_only_its_holder_s_until_the_time_is_over(engine, database, kim, lee):
    store, holds = Store(engine, Gate(OPEN)), Holds(database, 60, 4)
    assert holds.take(2, "A-1", kim).left == 60
    assert 50 < holds.take(2, "A-1", kim).left <= 60
    for attempt in (lambda: holds.take(2, "A-1", lee), lambda: store.buy(order(user_id=lee)), lambda: store.buy(order())):
        with pytest.raises(SeatHeld):
            attempt()
    assert [(row.label, row.held) for row in store.seats(2, ["A"], lee) if row.held] == [("A-1", 1)]
    assert not any(row.held for row in store.seats(2, ["A"], kim))
    over(engine)
    assert not any(row.held for row in store.seats(2, ["A"], lee)) and list(holds.mine(kim)) == []
    holds.take(2, "A-1", lee)
    with pytest.raises(SeatHeld):
        holds.take(2, "A-1", kim)
    store.buy(order(user_id=lee))
    assert list(holds.mine(lee)) == []
    for attempt in (lambda: holds.take(2, "A-1", kim), lambda: store.buy(order(user_id=kim))):
        with pytest.raises(SeatTaken):
            attempt()


def test_an_overdue_hold_still_buys_while_nobody_else_wants_the_seat(engine, database, kim):
    Holds(database, 60, 4).take(2, "A-1", kim)
    over(engine)
    assert not Store(engine, Gate(OPEN)).buy(order(user_id=kim)).replayed


def test_one_account_holds_no_more_than_it_may(engine, database, kim):
    holds = Holds(database, 60, 2)
    holds.take(2, "A-1", kim)
    holds.take(2, "A-2", kim)
    holds.take(2, "A-2", kim)
    with pytest.raises(TooManyHolds):
        holds.take(2, "A-3", kim)
    holds.release(2, "A-1", kim)
    holds.take(2, "A-3", kim)
    over(engine)
    holds.take(2, "A-4", kim)


def test_letting_go_what_is_not_held(engine, database, kim, lee):
    holds = Holds(database, 60, 2)
    holds.take(2, "A-1", kim)
    with pytest.raises(NoSuchHold):
        holds.release(2, "A-1", lee)
    with pytest.raises(NoSuchSeat):
        holds.release(2, "ZZ-1", kim)
    with pytest.raises(GateClosed):
        Holds(Database(engine, Gate(None)), 60, 2).release(2, "A-1", kim)
    assert [row.label for row in holds.mine(kim)] == ["A-1"]


def test_a_cancelled_ticket_frees_its_seat_and_its_key_stays_used(engine, kim, lee):
    store = Store(engine, Gate(OPEN))
    wish = order(user_id=kim)
    ticket = store.buy(wish).ticket
    with pytest.raises(NoSuchTicket):
        store.cancel(ticket, lee)
    with pytest.raises(KeyReused):
        store.buy(order(user_id=lee, key=wish.key))
    with pytest.raises(GateClosed):
        Store(engine, Gate(None)).cancel(ticket, kim)
    store.cancel(ticket, kim)
    store.cancel(ticket, kim)
    assert list(store.tickets(kim)) == [] and store.purchase(wish.key) is None
    with pytest.raises(Cancelled):
        store.buy(wish)
    assert store.buy(order(user_id=lee)).ticket != ticket


def test_what_has_begun_cannot_be_taken_back(engine, kim):
    store = Store(engine, Gate(OPEN))
    ticket = store.buy(order(user_id=kim)).ticket
    with engine.begin() as connection:
        connection.execute(update(Event).values(starts_at=datetime(2020, 1, 1) + timedelta(hours=1)))
    with pytest.raises(TooLate):
        store.cancel(ticket, kim)
