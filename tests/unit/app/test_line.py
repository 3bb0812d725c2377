# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The waiting line: who comes first is let in first, so many a minute, and a place needs no write to be looked at."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import update
from ticketing.accounts import Accounts
from ticketing.database import Database
from ticketing.holds import Holds
from ticketing.line import STAY, Lines
from ticketing.models import Event, Line, Place
from ticketing.refusals import GateClosed, LineFull, NotAdmitted, NotOnSale
from ticketing.store import Order, Store

from tests.unit.app.hall import OPEN, PASSWORD, Browser, Gate

EVENT = 2
NUMBERS = itertools.count()


@pytest.fixture
def database(engine):
    with engine.begin() as connection:
        connection.execute(update(Event).where(Event.id == EVENT).values(admit_per_minute=6, line_limit=3))
    return Database(engine, Gate(OPEN))


def people(database, count):
    accounts = Accounts(database)
    return [accounts.sign_up(f"p{next(NUMBERS)}@example.com", "P", PASSWORD).id for _ in range(count)]


def later(engine, seconds):
    """Time passes, for the line."""
    with engine.begin() as connection:
        connection.execute(update(Place).values(admitted_at=Place.admitted_at - seconds, until=Place.until - seconds))
        connection.execute(update(Line).values(next_at=Line.next_at - seconds))


def test_first_come_first_let_in(engine, database):
    lines, (a, b, c, d) = Lines(database), people(database, 4)
    assert [(s.admitted, s.ahead) for s in (lines.join(EVENT, who) for who in (a, b, c))] == [(True, 0), (False, 1), (False, 2)]
    assert lines.join(EVENT, b).ahead == 1, "asking again neither loses the place nor takes a second one"
    assert lines.join(EVENT, d).ahead == 3
    with pytest.raises(LineFull):
        lines.join(EVENT, people(database, 1)[0])
    later(engine, 10)
    assert [lines.standing(EVENT, who).ahead for who in (a, b, c, d)] == [0, 0, 1, 2]
    assert lines.standing(EVENT, b).admitted and not lines.standing(EVENT, c).admitted
    assert lines.join(EVENT, people(database, 1)[0]).ahead == 3, "as many may wait again as have been let in"
    assert 10 < lines.standing(EVENT, c).wait + 5 < 20


def test_a_turn_ends_and_the_next_one_is_at_the_end(engine, database):
    lines, (a, b) = Lines(database), people(database, 2)
    lines.join(EVENT, a)
    later(engine, STAY + 1)
    assert lines.standing(EVENT, a) is None
    lines.join(EVENT, b)
    assert lines.join(EVENT, a).ahead == 1


def test_looking_writes_nothing_and_joining_needs_the_gate(engine, database):
    lines, (a,) = Lines(database), people(database, 1)
    lines.join(EVENT, a)
    standby = Lines(Database(engine, Gate(None)))
    assert standby.standing(EVENT, a).admitted
    with pytest.raises(GateClosed):
        standby.join(EVENT, a)


def test_nothing_is_held_or_sold_out_of_turn(engine, database):
    lines, (a, b) = Lines(database), people(database, 2)
    store, holds = Store(engine, Gate(OPEN)), Holds(database, 60, 4)
    for who in (a, b, None):
        with pytest.raises(NotAdmitted):
            store.buy(Order("7d5f3c1e-0000-4000-8000-000000000001", EVENT, "A-1", "kim", who))
    for who in (a, b):
        lines.join(EVENT, who)
    holds.take(EVENT, "A-1", a)
    with pytest.raises(NotAdmitted):
        holds.take(EVENT, "A-2", b)
    bought = store.buy(order := Order("7d5f3c1e-0000-4000-8000-000000000002", EVENT, "A-1", "kim", a))
    later(engine, STAY + 1)
    assert store.buy(order).ticket == bought.ticket, "a key that bought goes on saying so when the turn is over"


def test_a_closed_sale_lets_nobody_join(engine, database):
    (a,) = people(database, 1)
    with engine.begin() as connection:
        connection.execute(update(Event).values(on_sale=False))
    with pytest.raises(NotOnSale):
        Lines(database).join(EVENT, a)
    with pytest.raises(NotOnSale):
        Store(engine, Gate(OPEN)).buy(Order("7d5f3c1e-0000-4000-8000-000000000003", 1, "A-1", "kim"))


def test_the_page_shows_the_place_and_then_the_seats(engine, database):
    first, second = (Browser(engine).enter(f"line{number}@example.com") for number in range(2))
    assert "Join the line" in first.get("/events/2").text and "Log in and join" in Browser(engine).get("/events/2").text
    assert "Choose a seat" in first.send("/events/2/line", page="/events/2").text
    waiting = second.send("/events/2/line", page="/events/2").text
    assert "data-ahead>1<" in waiting and 'role="status"' in waiting and "Choose a seat" not in waiting
    assert second.get("/api/events/2/line").json() | {"wait_seconds": 0, "seconds_left": 0} == {
        "admitted": False, "ahead": 1, "wait_seconds": 0, "seconds_left": 0}
    assert second.send("/events/2/hold", {"seat": "A-1"}, "/events/2").status_code == 403
    later(engine, 10)
    assert "Choose a seat" in second.get("/events/2").text
