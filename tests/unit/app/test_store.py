# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Selling: a seat once, a key once, and nothing acknowledged while the gate is shut before or after COMMIT."""

from __future__ import annotations

import ast
import asyncio
import time
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError
from ticketing import store as store_module
from ticketing import words
from ticketing.config import ConfigError, Rate, from_environment
from ticketing.gate import Reign
from ticketing.main import create
from ticketing.models import Purchase
from ticketing.service import assemble
from ticketing.stage import row_name
from ticketing.store import GateClosed, KeyReused, NoSuchSeat, Order, SeatTaken, Store

from tests.unit.app.hall import OPEN, Gate, settings


def order(seat: str = "A-1", key: str | None = None, buyer: str = "kim", event_id: int = 2) -> Order:
    return Order(key=key or str(uuid.uuid4()), event_id=event_id, seat=seat, buyer=buyer)


def sold(engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Purchase))


def test_a_seat_is_sold_once(engine):
    store = Store(engine, Gate(OPEN))
    receipt = store.buy(order())
    assert (receipt.site, receipt.epoch, receipt.replayed, receipt.acknowledged_by) == ("nhn", 3, False, OPEN)
    with pytest.raises(SeatTaken):
        store.buy(order(buyer="lee"))
    assert sold(engine) == 1


def test_a_repeated_key_gets_the_same_ticket_even_from_another_site(engine):
    wish = order()
    first = Store(engine, Gate(OPEN)).buy(wish)
    again = Store(engine, Gate(Reign("aws", 4))).buy(wish)
    assert again.ticket == first.ticket and again.replayed
    assert (again.site, again.epoch, again.acknowledged_by) == ("nhn", 3, Reign("aws", 4))
    assert Store(engine, Gate(None)).purchase(wish.key).acknowledged_by is None      # looking it up promises nothing
    assert sold(engine) == 1


def test_who_acknowledges_is_asked_after_commit(engine):
    receipt = Store(engine, Gate(OPEN, Reign("nhn", 5))).buy(order())
    assert (receipt.epoch, receipt.acknowledged_by) == (3, Reign("nhn", 5))


def test_who_was_stopped_before_it_could_answer_promises_nothing(engine):
    """What the database said after COMMIT holds for as long as it said; a process that slept longer does not know who sells by now."""
    late = Reign("nhn", 3, until=time.monotonic() - 0.001)
    copy = assemble(Store(engine, Gate(OPEN, late)), settings())
    with pytest.raises(GateClosed):
        asyncio.run(copy.buy(order))
    assert sold(engine) == 1, "the row is there, the promise is not"


def test_a_key_is_not_good_for_another_seat(engine):
    store = Store(engine, Gate(OPEN))
    wish = order()
    store.buy(wish)
    with pytest.raises(KeyReused):
        store.buy(order("A-2", key=wish.key))
    assert sold(engine) == 1


def test_nothing_is_written_while_the_gate_is_shut(engine):
    with pytest.raises(GateClosed):
        Store(engine, Gate(None)).buy(order())
    assert sold(engine) == 0


def test_a_commit_that_outlives_the_gate_is_not_acknowledged(engine):
    wish = order()
    with pytest.raises(GateClosed):
        Store(engine, Gate(OPEN, None)).buy(wish)
    assert sold(engine) == 1                        # the row is there; the promise is not
    assert Store(engine, Gate(OPEN)).buy(wish).replayed


def test_a_replay_is_not_acknowledged_either_while_the_gate_is_shut(engine):
    wish = order()
    Store(engine, Gate(OPEN)).buy(wish)
    with pytest.raises(GateClosed):
        Store(engine, Gate(None)).buy(wish)


def test_unknown_seats_are_refused(engine):
    for wish in (order("ZZ-1"), order(event_id=99)):
        with pytest.raises(NoSuchSeat):
            Store(engine, Gate(OPEN)).buy(wish)


def test_the_api_speaks_the_contract(engine):
    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    key = str(uuid.uuid4())
    wish = {"event_id": 2, "seat": "B-7", "buyer": "park"}
    made = client.post("/api/purchases", json=wish, headers={"Idempotency-Key": key})
    assert made.status_code == 201
    assert made.json() | {"ticket": None} == {
        "ticket": None, "event_id": 2, "seat": "B-7", "site": "nhn", "epoch": 3, "ack": "local", "replayed": False,
        "acknowledged_by": {"site": "nhn", "epoch": 3},
    }
    assert client.post("/api/purchases", json=wish, headers={"Idempotency-Key": key}).status_code == 200
    taken = client.post("/api/purchases", json=wish, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (taken.status_code, taken.json()) == (409, {"error": "seat_taken"})
    looked_up = client.get(f"/api/purchases/{key}").json()
    assert looked_up["ticket"] == made.json()["ticket"] and looked_up["acknowledged_by"] is None
    event = next(e for e in client.get("/api/events").json() if e["id"] == 2)
    assert (event["seats"], event["sold"]) == (240, 1)
    assert sum(seat["taken"] for seat in client.get("/api/events/2/seats").json()) == 1
    assert client.get("/api/events/99/seats").status_code == 404


def test_a_closed_gate_is_503_with_retry_after(engine):
    client = TestClient(create(Store(engine, Gate(None)), "aws"))
    wish = {"event_id": 2, "seat": "A-1", "buyer": "k"}
    answer = client.post("/api/purchases", json=wish, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "gate_closed"}, "1")


@pytest.mark.parametrize(("number", "words_of_the_database", "status", "code"), [
    (1644, "dr.gate: shut on this server, so it takes no writes", 503, "gate_closed"),
    (1644, "out of stock", 503, "database_unavailable"),            # somebody else's trigger is not the gate
    (1317, "dr.gate: said by somebody else", 503, "database_unavailable"),
])
def test_the_database_s_own_refusal_is_known_by_number_and_words(engine, number, words_of_the_database, status, code):
    @event.listens_for(engine, "before_cursor_execute")
    def refuse(_conn, _cursor, statement, _parameters, _context, _many):
        if statement.startswith("INSERT INTO purchases"):
            raise OperationalError(statement, {}, Exception(number, words_of_the_database))

    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    answer = client.post("/api/purchases", json={"event_id": 2, "seat": "A-1", "buyer": "k"}, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (status, code, "1")
    assert sold(engine) == 0


@pytest.mark.parametrize(("number", "times", "status"), [(1213, 1, 201), (1205, 3, 201), (1213, 4, 503), (1290, 1, 503), (2013, 1, 503)])
def test_what_lost_against_another_transaction_is_done_again_a_few_times(engine, number, times, status):
    left = [OperationalError("INSERT", {}, Exception(number, "said by the database"))] * times

    @event.listens_for(engine, "before_cursor_execute")
    def lose(_conn, _cursor, statement, _parameters, _context, _many):
        if statement.startswith("INSERT INTO purchases") and left:
            raise left.pop()

    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    answer = client.post("/api/purchases", json={"event_id": 2, "seat": "A-1", "buyer": "k"}, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (answer.status_code, sold(engine)) == (status, int(status == 201))
    if status == 503:
        assert answer.json()["error"] == {1213: "busy", 1290: "gate_closed", 2013: "database_unavailable"}[number] and answer.headers["retry-after"]


def test_bad_input_is_named_with_its_path(engine):
    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    answer = client.post("/api/purchases", json={"event_id": "x", "buyer": ""})
    assert answer.status_code == 422
    assert {fault["path"] for fault in answer.json()["faults"]} == {"body.event_id", "body.seat", "body.buyer", "header.idempotency-key"}


def test_pages_in_both_languages(engine):
    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    assert "서울 불꽃 콘서트" in client.get("/").text
    client.cookies.clear()
    assert "Seoul Fireworks Concert" in client.get("/", headers={"Accept-Language": "en-US,en;q=0.9"}).text
    client.cookies.clear()
    assert "Choose a seat" in client.get("/events/1?lang=en&section=5").text
    assert client.get("/nowhere").status_code == 404


def test_a_copy_whose_database_does_not_answer_is_not_ready_but_alive(engine):
    client = TestClient(create(Store(engine, Gate(OPEN)), "nhn"))
    assert client.get("/readyz").json() == {"status": "ready"}
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE events RENAME TO gone"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "database does not answer", "error": "OperationalError"})
    assert client.get("/healthz").json() == {"status": "alive"}


def test_both_languages_have_the_same_words():
    assert words.WORDS["ko"].keys() == words.WORDS["en"].keys()
    assert words.language(None, None, "en-GB,ko;q=0.5") == "en"
    assert words.language("ko", "en", "en") == "ko"
    assert words.language("xx", None, "fr") == "ko"


def test_settings_name_every_fault_at_once():
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*SITE.*DATABASE_POOL.*HOLD_SECONDS.*SESSION_KEYS.*RATE_LIMITS.*RATE_LIMITS"):
        from_environment({"DATABASE_POOL": "many", "HOLD_SECONDS": "²", "SESSION_KEYS": "short", "RATE_LIMITS": "log_in_account=1/0,x=1/1"})
    bare = {"DATABASE_URL": "mysql+pymysql://app:secret@db/x", "SITE": "nhn"}
    settings = from_environment(bare)
    assert "secret" not in repr(settings) and settings.session_keys[0] not in repr(settings)


def test_what_a_buyer_waits_for_is_a_setting():
    bare = {"DATABASE_URL": "sqlite://", "SITE": "nhn"}
    plain = from_environment(bare)
    assert (plain.ack, plain.ack_wait_ms, plain.ack_without_standby) == ("local", 700, "local")
    with pytest.raises(ConfigError, match=r"ACK is both_sites and STANDBY_DATABASE_URL.*ACK_WAIT_MS.*ACK_WITHOUT_STANDBY must be local or refuse"):
        from_environment({**bare, "ACK": "both_sites", "ACK_WAIT_MS": "0", "ACK_WITHOUT_STANDBY": "hope"})
    there = {"STANDBY_DATABASE_URL": "mysql+pymysql://app:secret@there/t"}
    waits = from_environment({**bare, **there, "ACK": "both_sites", "ACK_WITHOUT_STANDBY": "refuse"})
    assert (waits.ack, waits.ack_without_standby) == ("both_sites", "refuse") and "secret" not in repr(waits)


def test_without_session_keys_a_process_makes_one_nobody_can_guess():
    bare = {"DATABASE_URL": "sqlite://", "SITE": "nhn"}
    one, two = from_environment(bare), from_environment(bare)
    assert one.own_key and one.session_keys != two.session_keys and len(one.session_keys[0]) >= 32
    given = from_environment({**bare, "SESSION_KEYS": f"{'n' * 32}, {'o' * 32}", "RATE_LIMITS": "order_address=9/60"})
    assert (given.session_keys, given.own_key, given.rates["order_address"]) == (("n" * 32, "o" * 32), False, Rate(9, 60))


def test_rows_are_lettered_like_a_hall():
    assert [row_name(i) for i in (0, 25, 26, 51)] == ["A", "Z", "AA", "AZ"]


def test_sql_is_never_put_together_from_words():
    for path in sorted(Path(store_module.__file__).parent.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in ("text", "execute", "exec_driver_sql", "literal_column", "scalar", "scalars") and call.args:
                said = [part for part in ast.walk(call.args[0]) if isinstance(part, ast.JoinedStr)]
                plain = isinstance(call.args[0], ast.Constant) and path.name != "gate.py"
                assert not said and not plain, f"{path.name}:{call.lineno}"
