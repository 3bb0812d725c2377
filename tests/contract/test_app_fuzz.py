# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is sent to the service on real MySQL, the answer is one that it documents: never a 500, for programs or for people.

Bounded and the same every time; FUZZ=N makes N times as many.
"""

from __future__ import annotations

import html
import os
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from ticketing.config import Rate, Settings
from ticketing.main import create
from ticketing.store import Order, Store

from tests.contract.app_shop import Shop, opened, stocked

MORE = int(os.environ.get("FUZZ", "1"))
BOUND = settings(max_examples=8 * MORE, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate),
                 suppress_health_check=list(HealthCheck))
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def shop(followed: Wish) -> Iterator[Shop]:
    assert followed.reader is not None
    with opened((followed.reader, followed.replica)) as empty:
        yield stocked(empty)


@pytest.fixture(scope="module")
def app(shop: Shop) -> Any:
    rates = {name: Rate(0, 60) for name in Settings(database_url="", site="nhn").rates}
    app = create(Store(shop.engine), "nhn", Settings(database_url="", site="nhn", rates=rates))
    app.state.service.accounts.make_admin("boss@example.com", "Boss", PASSWORD)
    return app


@pytest.fixture(scope="module")
def token(app: Any) -> str:
    accounts = app.state.service.accounts
    return app.state.service.sessions.issue(accounts.log_in("boss@example.com", PASSWORD))


@pytest.fixture(scope="module")
def api(app: Any) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", app)


def test_every_endpoint_answers_as_documented(api: Any, token: str, shop: Shop) -> None:
    """As somebody who may do everything, so that nothing is turned away at the door; mostly about the event that exists."""
    operations = [each.ok() for each in api.get_all_operations()]
    assert len(operations) >= 19
    for operation in operations:
        @BOUND
        @given(case=operation.as_strategy(), known=st.integers(0, 2))
        def check(case: Any, known: int) -> None:
            if known and "event_id" in (case.path_parameters or {}):
                case.path_parameters["event_id"] = shop.event_id
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=[
                not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance])

        check()


def forms(app: Any) -> list[str]:
    found = set()
    for route in app.routes:
        for each in getattr(getattr(route, "original_router", None), "routes", [route]):
            if "POST" in (getattr(each, "methods", None) or ()) and not each.path.startswith("/api/"):
                found.add(each.path)
    return sorted(found)


TEXT = st.one_of(st.text(max_size=30), st.sampled_from([
    "", "0", "1", "-1", "²", "9" * 18, "9" * 19, "A-1", "a-1", "A-1'", "\x00", "\ud7ff", "💺", "' OR 1=1 -- ", "kim@example.com", "boss@example.com",
    PASSWORD, "2027-01-01T19:00", "9999-12-31T23:59", "0001-01-01T00:00", "2027-02-30T00:00", "//evil.example", "/events/1", "<script>", "x" * 300,
    "1e9", "NaN", "7d5f3c1e-0000-4000-8000-000000000001"]))
NAMES = ("seat", "event", "key", "email", "name", "password", "next", "name_ko", "name_en", "venue_ko", "venue_en", "starts_at", "price_krw", "rows",
         "width", "on_sale", "admit_per_minute", "line_limit")
GOOD = {"name_ko": "공연", "name_en": "Show", "venue_ko": "서울", "venue_en": "Seoul", "starts_at": "2027-01-01T19:00", "price_krw": "1", "rows": "1",
        "width": "1", "on_sale": "1", "line_limit": "1", "seat": "A-2", "email": "kim@example.com", "name": "Kim", "password": PASSWORD}
# Mostly good, with a few fields spoilt: an answer to nonsense alone says little about what is looked at second.
FIELDS = st.tuples(st.booleans(), st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=4)).map(lambda each: ({**GOOD} if each[0] else {}) | each[1])


HOW = st.sampled_from(("fields", "fields", "fields", "query", "bytes", "parts"))


def test_every_form_answers(app: Any, token: str, shop: Shop) -> None:
    paths = forms(app)
    with TestClient(app) as client:
        mark = re.search(r'name="token" value="(\w+)"', client.get("/log-in").text)
        assert mark and len(paths) >= 9
        visitor = {"visitor": client.cookies["visitor"], "session": token}

        @settings(BOUND, max_examples=30 * MORE)
        @given(number=st.integers(0, 10**6), fields=FIELDS, garbage=st.binary(max_size=40), how=HOW)
        def check(number: int, fields: dict[str, str], garbage: bytes, how: str) -> None:
            client.cookies = visitor
            place = paths[number % len(paths)].format(event_id=shop.event_id, ticket=fields.get("key", "7d5f3c1e-0000-4000-8000-000000000001"))
            path, sent = urllib.parse.quote(place), {"event": str(shop.event_id), **fields, "token": mark[1]}
            if how in ("fields", "query"):
                answer = client.post(path, data=sent if how == "fields" else {"token": mark[1]}, params=fields if how == "query" else None,
                                     follow_redirects=False)
            else:
                kind = "multipart/form-data; boundary=x" if how == "parts" else "application/x-www-form-urlencoded"
                answer = client.post(path, content=garbage + f"&token={mark[1]}&".encode() + garbage, headers={"Content-Type": kind},
                                     follow_redirects=False)
            assert answer.status_code < 500, (path, answer.text)
            assert answer.status_code != 303 or re.match(r"/(?!/)", answer.headers["location"]), answer.headers["location"]
            page = client.get("/" + urllib.parse.quote(fields.get("seat", "")), params=fields)
            assert page.status_code < 500, page.text

        check()


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">', '"><script>alert(1)</script>'])
def test_what_was_sent_comes_back_as_text_only(app: Any, shop: Shop, name: str) -> None:
    """The one thing that strangers write and pages show is a name: it is never markup."""
    with TestClient(app) as client:
        made = client.post("/api/accounts", json={"email": f"x{len(name)}@example.com", "name": name, "password": PASSWORD}).json()
        client.cookies.set("session", made["token"])
        account = app.state.service.sessions.account(made["token"])
        app.state.service.store.buy(Order(str(uuid.uuid4()), shop.event_id, f"E-{len(name) % 10 + 1}", name, account.id))
        text = client.get("/tickets").text
    assert name not in text and text.count(html.escape(name).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")) == 2
