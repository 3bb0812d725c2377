# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages in a visitor's hands: choose, buy, cancel, run the site; and what is said when it cannot be done now."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from ticketing.accounts import Accounts
from ticketing.config import from_environment
from ticketing.database import Database
from ticketing.guard import HEADERS
from ticketing.models import Event, Purchase
from ticketing.words import WORDS

from tests.unit.app.hall import OPEN, PASSWORD, Browser, Gate

SHOW = {"name_ko": "공연", "name_en": "Show", "venue_ko": "서울", "venue_en": "Seoul", "starts_at": "2027-01-01T19:00", "price_krw": "1000",
        "rows": "2", "width": "3", "on_sale": "1", "line_limit": "10"}


def hidden(text, action):
    """The hidden fields of the form that goes to `action`."""
    found = re.search(rf'<form method="post" action="{action}">(.*?)</form>', text, re.DOTALL)
    assert found, text
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))


def test_from_the_hall_to_the_ticket_and_back(engine):
    browser = Browser(engine)
    asked = browser.send("/events/2/hold", {"seat": "C-3"}, "/events/2", follow=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/log-in?next=%2F")
    asked = browser.client.post("/events/2/hold", data={"token": re.search(r'"token" value="(\w+)', browser.get("/log-in").text)[1]},
                                headers={"Referer": "http://testserver/events/2?section=2"}, follow_redirects=False)
    assert asked.headers["location"] == "/log-in?next=%2Fevents%2F2%3Fsection%3D2"
    browser.enter()
    basket = browser.send("/events/2/hold", {"seat": "C-3"}, "/events/2")
    assert basket.url.path == "/basket" and "C-3" in basket.text and 'role="timer"' in basket.text
    fields = hidden(basket.text, "/basket/buy")
    bought = browser.client.post("/basket/buy", data=fields)
    assert bought.url.path == "/tickets" and WORDS["en"]["bought"] in bought.text
    assert browser.client.post("/basket/buy", data=fields).url.path == "/tickets", "the form sent again buys nothing more"
    with engine.connect() as connection:
        ticket, buyer = connection.execute(select(Purchase.ticket, Purchase.buyer)).one()
    assert buyer == "Kim" and [each["ticket"] for each in browser.get("/api/tickets").json()] == [ticket]
    assert Browser(engine).enter("lee@example.com").get(f"/tickets/{ticket}/cancel").status_code == 404
    gone = browser.send(f"/tickets/{ticket}/cancel", page=f"/tickets/{ticket}/cancel")
    assert WORDS["en"]["is_cancelled"] in gone.text and ticket not in gone.text


def test_a_hall_shows_what_is_free_held_and_sold_to_eyes_keys_and_ears(engine):
    kim, lee = (Browser(engine).enter(f"{name}@example.com") for name in ("kim", "lee"))
    kim.send("/events/2/hold", {"seat": "A-1"}, "/events/2")
    kim.client.post("/basket/buy", data=hidden(kim.get("/basket").text, "/basket/buy"))
    kim.send("/events/2/hold", {"seat": "A-2"}, "/events/2")
    text = lee.get("/events/2").text
    seats = re.findall(r'<label class="(\w+)"><input type="radio" name="seat" value="([\w-]+)" required( disabled)? aria-label="([^"]+)">', text)
    assert seats[:3] == [("taken", "A-1", " disabled", "A-1 sold"), ("held", "A-2", " disabled", "A-2 being bought"), ("free", "A-3", "", "A-3 free")]
    assert len(seats) == 200 and 'role="group" aria-label="Row A"' in text
    assert 'aria-label="A-2 free"' in kim.get("/events/2").text, "one's own hold is no obstacle"
    assert 'aria-label="L-20 ' in lee.get("/events/2?section=99").text


def test_a_gate_that_shuts_says_so_and_keeps_the_form(engine):
    gate = Gate(OPEN)
    browser = Browser(engine, gate).enter()
    fields = hidden(browser.send("/events/2/hold", {"seat": "A-1"}, "/events/2").text, "/basket/buy")
    gate.answers = [None]
    answer = browser.client.post("/basket/buy", data=fields)
    assert answer.status_code == 503 and answer.headers["retry-after"] == "1" and WORDS["en"]["gate_closed"] in answer.text
    assert f'value="{fields["key"]}"' in answer.text, "the same key is sent again"
    new = {"email": "x@example.com", "name": "X", "password": PASSWORD}
    for path, sent in (("/events/2/hold", {"seat": "A-2"}), ("/basket/release", fields), ("/sign-up", new)):
        answer = browser.send(path, {key: value for key, value in sent.items() if key != "token"})
        assert answer.status_code == 503 and PASSWORD not in answer.text, path
    for path in ("/", "/events/2", "/basket", "/tickets", "/log-in", "/api/me", "/api/holds", "/readyz"):
        assert browser.get(path).status_code == 200, f"{path}: reading needs no gate"
    assert browser.client.post("/log-out", data={"token": fields["token"]}).status_code == 200
    gate.answers = [OPEN]
    assert browser.send("/log-in", {"email": "kim@example.com", "password": PASSWORD}, follow=False).status_code == 303
    assert browser.send("/basket/buy", {key: value for key, value in fields.items() if key != "token"}).url.path == "/tickets"


def pages_that_take_forms(app):
    return sorted({route.path for route in routes(app) if "POST" in (getattr(route, "methods", None) or ()) and not route.path.startswith("/api/")})


def routes(app):
    for route in app.routes:
        yield from getattr(getattr(route, "original_router", None), "routes", [route])


def test_no_form_of_another_site_is_taken(engine):
    browser = Browser(engine).enter()
    paths = pages_that_take_forms(browser.client.app)
    assert len(paths) >= 9
    for path in (each.format(event_id=2, ticket="7d5f3c1e-0000-4000-8000-000000000001") for each in paths):
        for token in ({}, {"token": "0" * 64}):
            assert browser.client.post(path, data=token).status_code == 403, path
        good = {"token": re.search(r'"token" value="(\w+)', browser.get("/log-in").text)[1]}
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            assert browser.client.post(path, data=good, headers=headers).status_code == 403, (path, headers)
    answer = browser.client.post("/api/events/2/holds", json={"seat": "A-1"}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()) == (403, {"error": "forged"})
    assert browser.client.post("/api/events/2/holds", json={"seat": "A-1"}, headers={"Origin": "http://testserver"}).status_code == 201


def test_every_answer_carries_the_headers_that_make_browsers_careful(engine):
    browser = Browser(engine)
    for path in ("/", "/nowhere", "/api/events", "/static/style.css", "/healthz"):
        headers = browser.get(path).headers
        assert all(headers[name] == value for name, value in HEADERS.items()), path
        assert "strict-transport-security" not in headers
    assert "max-age" in browser.get("https://testserver/").headers["strict-transport-security"]
    cookies = Browser(engine).client.get("https://testserver/log-in").headers.get_list("set-cookie")
    assert cookies and all("HttpOnly" in each and "SameSite=lax" in each and "Secure" in each for each in cookies)
    text = "".join(browser.get(path).text for path in ("/", "/events/2", "/log-in", "/sign-up"))
    assert not re.search(r'(src|href)="(https?:)?//', text) and "style=" not in text and "onclick" not in text


def test_a_body_that_is_too_long_is_refused_before_it_is_read(engine):
    client = Browser(engine).client
    assert client.post("/api/log-ins", content=b"x" * 70_000).json() == {"error": "too_long"}

    def endless():
        for _ in range(100):
            yield b"x" * 1000

    assert client.post("/api/log-ins", content=endless(), headers={"Content-Type": "application/json"}).status_code in (400, 413)
    assert client.post("/log-in", content=b"", headers={"Content-Length": "²".encode()}).status_code == 413


def test_figures_for_prometheus_and_nobody_else(engine):
    browser = Browser(engine)
    browser.get("/events/2")
    browser.get("/wp-login.php")
    browser.client.post("/api/purchases", json={"event_id": 2, "seat": "A-1", "buyer": "k"},
                        headers={"Idempotency-Key": "7d5f3c1e-0000-4000-8000-000000000001"})
    text = browser.get("/metrics").text
    assert 'ticketing_requests_total{method="GET",route="/events/{event_id}",status="200"} 1.0' in text
    assert 'route="other",status="404"} 1.0' in text and "wp-login" not in text
    assert 'ticketing_purchases_total{outcome="sold"} 1.0' in text
    assert browser.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_what_runs_is_told_to_who_runs_it_and_a_key_to_nobody(engine):
    alone = Browser(engine, own_key=True).get("/release").json()
    assert alone == {"release": "0.2.0", "keys": []}, "a process's own key is nowhere else"
    old, new = "o" * 40, "n" * 40
    told = []
    for keys in (old, f"{new},{old}"):
        given = from_environment({"DATABASE_URL": "x", "SITE": "nhn", "RELEASE": "tickets:77", "SESSION_KEYS": keys})
        browser = Browser(engine, session_keys=given.session_keys, own_key=given.own_key, release=given.release)
        told.append(browser.get("/release").json())
        assert browser.get("/release", headers={"X-Forwarded-For": "10.0.0.10"}).json() == told[-1], "AWS's load balancer writes one"
    assert [each["release"] for each in told] == ["tickets:77", "tickets:77"]
    assert len(told[0]["keys"]) == 1 and told[1]["keys"][1:] == told[0]["keys"] and len(set(told[1]["keys"])) == 2
    assert old not in str(told) and all(len(mark) == 12 for mark in told[1]["keys"])


@pytest.fixture
def boss(engine):
    Accounts(Database(engine, Gate(OPEN))).make_admin("boss@example.com", "Boss", PASSWORD)
    browser = Browser(engine)
    assert browser.send("/log-in", {"email": "boss@example.com", "password": PASSWORD}).status_code == 200
    return browser


def test_running_the_site(engine, boss):
    assert WORDS["en"]["saved"] in boss.send("/admin/events/new", SHOW, "/admin/events/new").text
    with engine.connect() as connection:
        new = connection.scalar(select(Event.id).where(Event.name_en == "Show"))
    assert [seat["seat"] for seat in boss.get(f"/api/events/{new}/seats").json()] == ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"]
    assert 'value="2027-01-01T19:00"' in boss.get(f"/admin/events/{new}").text
    closed = {name: value for name, value in SHOW.items() if name not in ("on_sale", "rows", "width")} | {"name_en": "<b>Show</b>"}
    boss.send(f"/admin/events/{new}", closed, f"/admin/events/{new}")
    assert boss.get(f"/api/events/{new}").json()["on_sale"] is False
    shown = boss.get(f"/events/{new}").text
    assert WORDS["en"]["not_on_sale"] in shown and "&lt;b&gt;Show" in shown and "<b>Show" not in shown


@pytest.mark.parametrize(("field", "value"), [("price_krw", "-1"), ("price_krw", "x"), ("starts_at", "soon"), ("starts_at", "2027-01-01T19:00+09:00"),
                                              ("rows", "0"), ("width", "201"), ("name_ko", "\x00"), ("name_en", ""), ("admit_per_minute", "0")])
def test_a_form_that_will_not_do_comes_back_with_what_is_wrong(boss, field, value):
    answer = boss.send("/admin/events/new", {**SHOW, field: value}, "/admin/events/new")
    assert (answer.status_code == 422 and f'aria-describedby="{field}-fault"' in answer.text and 'value="Show"' in answer.text) or field == "name_en"


def test_only_for_those_who_run_the_site(engine):
    stranger, kim = Browser(engine), Browser(engine).enter()
    for path in ("/admin", "/admin/events/new", "/admin/events/1"):
        assert stranger.get(path, follow_redirects=False).status_code == 303 and kim.get(path).status_code == 403
    for path in ("/admin/events/new", "/admin/events/1"):
        assert kim.send(path, SHOW).status_code == 403
    body = {**SHOW, "on_sale": True}
    assert stranger.client.post("/api/admin/events", json=body).status_code == 401
    assert kim.client.post("/api/admin/events", json=body).status_code == 403
    assert kim.client.put("/api/admin/events/1", json=body).status_code == 403


def test_the_same_by_api_with_a_bearer_s_token(engine):
    client = Browser(engine).client
    made = client.post("/api/accounts", json={"email": "kim@example.com", "name": "Kim", "password": PASSWORD})
    assert made.status_code == 201
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    assert client.get("/api/me").json() == {"email": "kim@example.com", "name": "Kim", "admin": False}
    assert client.post("/api/events/2/holds", json={"seat": "A-1"}).status_code == 201
    assert [each["seat"] for each in client.get("/api/holds").json()] == ["A-1"]
    assert client.delete("/api/events/2/holds/A-1").status_code == 204 and client.get("/api/holds").json() == []
    key = {"Idempotency-Key": "7d5f3c1e-0000-4000-8000-000000000001"}
    ticket = client.post("/api/purchases", json={"event_id": 2, "seat": "A-1", "buyer": "k"}, headers=key).json()["ticket"]
    assert client.delete(f"/api/tickets/{ticket}").status_code == 204
    assert client.post("/api/purchases", json={"event_id": 2, "seat": "A-1", "buyer": "k"}, headers=key).json() == {"error": "cancelled"}
