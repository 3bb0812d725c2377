# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts: what is kept, who is believed, and a log-in that is good at both sites and for nobody else."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import delete, select
from ticketing import cli
from ticketing.accounts import Accounts
from ticketing.config import Rate
from ticketing.database import Database
from ticketing.limits import Limits
from ticketing.models import RateWindow, User
from ticketing.refusals import EmailTaken, GateClosed, Refused, TooFast, WrongPassword
from ticketing.sessions import Sessions, form_token, is_form_token

from tests.unit.app.hall import OPEN, PASSWORD, Browser, Gate

OLD, NEW = "an old key of 32 characters or more", "a new key of 32 characters or more!"


@pytest.fixture
def accounts(engine):
    return Accounts(Database(engine, Gate(OPEN)))


def test_a_password_is_kept_as_argon2id_only(engine, accounts):
    accounts.sign_up(" Kim@Example.com ", "김 철수", PASSWORD)
    with engine.connect() as connection:
        row = connection.execute(select(User.__table__)).one()
    assert row.email == "kim@example.com" and row.password_hash.startswith("$argon2id$") and PASSWORD not in str(row)
    assert accounts.log_in("KIM@example.com", PASSWORD).name == "김 철수"
    for email, password in (("kim@example.com", PASSWORD + "x"), ("lee@example.com", PASSWORD), ("no address", PASSWORD), ("", "x" * 300)):
        with pytest.raises(WrongPassword):
            accounts.log_in(email, password)
    with pytest.raises(EmailTaken):
        accounts.sign_up("kim@EXAMPLE.com", "Kim", PASSWORD)


@pytest.mark.parametrize(("email", "name", "password", "fault"), [
    ("kim", "Kim", PASSWORD, "email"), ("kim@localhost", "Kim", PASSWORD, "email"), ("kím@example.com", "Kim", PASSWORD, "email"),
    ("kim@example.com\n", "", PASSWORD, "name"), ("k@example.com", "a\x00b", PASSWORD, "name"), ("k@example.com", "x" * 101, PASSWORD, "name"),
    ("k@example.com", "Kim", "short", "password"), ("k@example.com", "Kim", "K@example.com", "password"),
    ("k@example.com", "Kim", "x" * 201, "password"),
])
def test_bad_input_is_refused_by_name(engine, accounts, email, name, password, fault):
    with pytest.raises(Refused) as refusal:
        accounts.sign_up(email, name, password)
    assert refusal.value.args == (fault,)
    with engine.connect() as connection:
        assert connection.execute(select(User.id)).all() == []


def test_nobody_signs_up_where_the_site_may_not_write(engine):
    with pytest.raises(GateClosed):
        Accounts(Database(engine, Gate(None))).sign_up("kim@example.com", "Kim", PASSWORD)


def test_a_log_in_survives_the_switch_and_a_change_of_keys(engine, accounts):
    account = accounts.sign_up("kim@example.com", "Kim", PASSWORD)
    token = Sessions((OLD,), accounts).issue(account)
    elsewhere = Accounts(Database(engine, Gate(None)))          # the standby: it may not write, and knows the visitor all the same
    assert Sessions((OLD,), elsewhere).account(token) == account
    assert Sessions((NEW, OLD), elsewhere).account(token) == account
    assert Sessions((NEW,), elsewhere).account(token) is None
    assert Sessions((OLD,), elsewhere).account(Sessions((NEW, OLD), accounts).issue(account)) is None, "the newest key signs"
    for forged in ("", "x", token[:-2], token + "x", token.replace(".", "..", 1), "\ud800"):
        assert Sessions((OLD,), elsewhere).account(forged) is None


def test_a_lost_account_s_log_in_is_not_the_next_one_s(engine, accounts):
    token = Sessions((OLD,), accounts).issue(lost := accounts.sign_up("kim@example.com", "Kim", PASSWORD))
    with engine.begin() as connection:
        connection.execute(delete(User))                        # never reached the other site, where the number is given out again
    next_one = accounts.sign_up("lee@example.com", "Lee", PASSWORD)
    assert next_one.id == lost.id and Sessions((OLD,), accounts).account(token) is None


def test_a_new_password_makes_older_log_ins_void(accounts):
    account = accounts.sign_up("kim@example.com", "Kim", PASSWORD)
    token = Sessions((OLD,), accounts).issue(account)
    assert not account.is_admin and accounts.make_admin("kim@example.com", "Kim", "another " + PASSWORD).is_admin
    assert Sessions((OLD,), accounts).account(token) is None


def test_a_form_token_is_one_browser_s(engine):
    assert is_form_token("a", form_token("a"))
    for visitor, token in (("b", form_token("a")), ("", form_token("")), ("a", ""), ("a", "é\ud800")):
        assert not is_form_token(visitor, token)


def test_rates_are_counted_in_the_database_and_end_with_their_window(engine):
    rates = {"log_in_account": Rate(2, 900), "order_address": Rate(0, 60)}
    one, two = (Limits(Database(engine, Gate(OPEN)), rates) for _ in range(2))
    one.count(("log_in_account", "kim"))
    two.count(("log_in_account", "kim"), ("order_address", "127.0.0.1"))
    for each in (one, two):
        with pytest.raises(TooFast) as refusal:
            each.count(("log_in_account", "kim"))
        assert 0 < refusal.value.retry <= 900
    two.count(("log_in_account", "lee"))
    with engine.begin() as connection:
        connection.execute(RateWindow.__table__.update().values(began=RateWindow.began - 900))
    one.count(("log_in_account", "kim"))
    Limits(Database(engine, Gate(None)), rates).count(("order_address", "127.0.0.1"))       # no limit, no write


def test_pages_sign_up_log_out_log_in(engine):
    browser = Browser(engine)
    new = {"email": "kim@example.com", "name": "Kim", "password": PASSWORD, "next": "//evil.example/"}
    answer = browser.send("/sign-up", new, "/sign-up", follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Kim</span>" in browser.get("/").text
    assert browser.send("/log-out", page="/").status_code == 200 and "Kim</span>" not in browser.get("/").text
    wrong = browser.send("/log-in", {"email": "kim@example.com", "password": "wrong but long"})
    assert wrong.status_code == 401 and 'value="kim@example.com"' in wrong.text and "wrong but long" not in wrong.text
    assert browser.send("/log-in", {"email": "kim@example.com", "password": PASSWORD, "next": "/basket"}).url.path == "/basket"
    taken = Browser(engine).send("/sign-up", {"email": "kim@example.com", "name": "Lee", "password": PASSWORD}, "/sign-up")
    assert taken.status_code == 409 and 'aria-invalid="true"' in taken.text


def test_the_login_rate_is_said_with_when_to_come_back(engine):
    browser = Browser(engine, rates={**Browser(engine).client.app.state.service.settings.rates, "log_in_account": Rate(1, 900)})
    body = {"email": "kim@example.com", "password": "x"}
    assert browser.client.post("/api/log-ins", json=body).status_code == 401
    answer = browser.client.post("/api/log-ins", json={**body, "email": "KIM@example.com"})
    assert answer.status_code == 429 and answer.json() == {"error": "too_fast"} and int(answer.headers["retry-after"]) > 0


def test_who_runs_the_site_is_made_by_command(engine, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    monkeypatch.setenv("SITE", "nhn")
    monkeypatch.setattr(cli, "engine_for", lambda settings: engine)
    monkeypatch.setattr(cli, "Database", lambda engine: Database(engine, Gate(OPEN)))
    for said, code, words in ((PASSWORD + "\n", 0, "may run the site"), ("short\n", 1, "the password will not do")):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        assert cli.main(["admin", "boss@example.com"]) == code
        told = capsys.readouterr()
        assert words in told.out + told.err and PASSWORD not in told.out
    assert Accounts(Database(engine, Gate(None))).log_in("boss@example.com", PASSWORD).is_admin
