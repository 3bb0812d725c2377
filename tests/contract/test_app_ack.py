# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`ack: both_sites` on real servers: what a buyer is told is true at that moment, a cut link costs a second, and all comes back by itself."""

from __future__ import annotations

import re
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle
from ansible_collections.multicloud.dr.plugins.module_utils.proof import ledger
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from ticketing.config import BOTH_SITES, Settings
from ticketing.crossing import Crossing
from ticketing.gate import reign
from ticketing.lookout import crossing_for, engine_to
from ticketing.main import create
from ticketing.models import Purchase
from ticketing.store import Store

from lab.hosts.mysql.server import sql
from tests.contract.app_shop import APP, Shop, at_once, opened, stocked, url
from tests.contract.mysql_pair import AWS, cut, until
from tests.contract.twins import Twins

LIMIT = 0.7             # seconds, the default
BEAT = "UPDATE dr.gate SET sequence = sequence + 1, beat_at = UNIX_TIMESTAMP(SYSDATE(6)) WHERE server_uuid = @@server_uuid"


@contextmanager
def beating(shop: Shop) -> Iterator[None]:
    """The writer's gate says four times a second that time goes on, as the agent has it do."""
    stop = threading.Event()

    def beat() -> None:
        with shop.writer.connected() as conn:
            while not stop.wait(0.25):
                execute(conn, BEAT)

    heart = threading.Thread(target=beat)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join(10)


@contextmanager
def cut_off(address: str) -> Iterator[None]:
    """Whatever goes from here to an address is lost, and what comes back."""
    table = "ip lab_test_ack"
    subprocess.run(["nft", "-f", "-"], check=True, text=True, input=(
        f"table {table} {{ chain o {{ type filter hook output priority 0;\nip daddr {address} drop\n}}\n"
        f"chain i {{ type filter hook input priority 0;\nip saddr {address} drop\n}}\n}}\n"))
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", *table.split()], check=True)


@dataclass(frozen=True)
class Till:
    """The application, and what it told buyers."""

    shop: Shop
    crossing: Crossing
    client: TestClient
    attempts: list[Attempt] = field(default_factory=list)       # in the order of the answers

    def buy(self, seat: str, key: str | None = None) -> Attempt:
        sent, key = time.time(), key or str(uuid.uuid4())
        wish = {"event_id": self.shop.event_id, "seat": seat, "buyer": "kim"}
        answer = self.client.post("/api/purchases", json=wish, headers={"Idempotency-Key": key})
        said = answer.json()
        by = said.get("acknowledged_by") or {}
        attempt = Attempt(time.time(), sent, key, self.shop.event_id, seat, answer.status_code, said.get("site"), said.get("epoch"), said.get("ack"),
                          said.get("ticket"), error=said.get("error"), by_site=by.get("site"), by_epoch=by.get("epoch"))
        self.attempts.append(attempt)
        return attempt

    def told(self, why: str) -> int:
        """How often the application says that it promised what it did for this reason."""
        found = re.search(rf'^ticketing_acknowledgements_total{{ack="\w+",why="{why}"}} (\d+)', self.client.get("/metrics").text, re.MULTILINE)
        return int(found[1]) if found else 0

    def waited_longer_than_a_second(self) -> int:
        """Purchases that stood committed for so long before they were answered; how busy this machine is besides does not count."""
        text = self.client.get("/metrics").text
        quick = re.findall(r'^ticketing_ack_wait_seconds_bucket{ack="\w+",le="1.0"} (\d+)', text, re.MULTILINE)
        everybody = re.findall(r'^ticketing_ack_wait_seconds_count{ack="\w+"} (\d+)', text, re.MULTILINE)
        return sum(map(int, everybody)) - sum(map(int, quick))

    def there(self) -> set[str]:
        """The tickets that the standby holds now."""
        with self.shop.following.connect() as conn:
            return set(conn.scalars(select(Purchase.ticket)))


@contextmanager
def trading(shop: Shop) -> Iterator[Till]:
    """The shop sells as its settings say, the standby being the one that follows."""
    following = shop.following.url.render_as_string(hide_password=False)
    settings = Settings(url(shop.writer), "nhn", pool=16, ack=BOTH_SITES, standby_url=following)
    crossing = crossing_for(settings, reign)
    assert crossing is not None
    with beating(shop), TestClient(create(Store(shop.engine), "nhn", settings, crossing)) as client:
        until(lambda: crossing.together)
        yield Till(shop, crossing, client)


def standby(shop: Shop) -> str:
    assert shop.following.url.host
    return shop.following.url.host


@contextmanager
def link_cut(shop: Shop) -> Iterator[None]:
    """Neither the application nor replication gets to the standby or back."""
    with ExitStack() as both:
        both.enter_context(cut(shop.writer.host, standby(shop)))
        both.enter_context(cut_off(standby(shop)))
        yield


@pytest.fixture(scope="module")
def empty(followed: Wish) -> Iterator[Shop]:
    assert followed.reader is not None
    with opened((followed.reader, followed.replica)) as shop:
        yield shop


@pytest.fixture
def till(empty: Shop) -> Iterator[Till]:
    with trading(stocked(empty, rows=20, width=50)) as made:
        yield made


def seats(count: int, start: int = 0) -> list[str]:
    return [f"{chr(ord('A') + n // 50)}-{n % 50 + 1}" for n in range(start, start + count)]


def test_who_is_told_both_sites_is_at_the_standby_at_that_moment(till: Till) -> None:
    wanted, lost = seats(300), []

    def one(number: int) -> None:
        told = till.buy(wanted[number])
        if told.ack == BOTH_SITES and told.ticket not in till.there():
            lost.append(told)

    assert not [each for each in at_once(one, 300) if isinstance(each, Exception)]
    assert lost == []
    assert Counter((each.status, each.ack) for each in till.attempts) == {(201, BOTH_SITES): 300}


def test_a_cut_link_is_told_within_a_second_and_mended_it_is_used_again(till: Till) -> None:
    """Buyers buy on all the time. What had not crossed by the cut was told `local`, whatever came afterwards."""
    wanted, stop, lock = iter(seats(1000)), threading.Event(), threading.Lock()

    def buyer(_number: int) -> None:
        while not stop.is_set():
            with lock:
                seat = next(wanted, None)
            assert seat is not None, "more seats, please"
            till.buy(seat)
            stop.wait(0.05)

    crowd = threading.Thread(target=lambda: at_once(buyer, 6, 6))
    crowd.start()
    try:
        until(lambda: len(till.attempts) > 30)
        with link_cut(till.shop):
            at = time.time()
            until(lambda: not till.crossing.together, 5)
            switched = time.time() - at
            time.sleep(2)
            mended = time.time()
        until(lambda: till.attempts[-1].ack == BOTH_SITES, 60)
        back = till.attempts[-1].t - mended
    finally:
        stop.set()
        crowd.join(60)
    assert {each.status for each in till.attempts} == {201}
    assert switched < 1.0
    during = [each for each in till.attempts if at + 1.0 < each.sent and each.t < mended]
    assert during and {each.ack for each in during} == {"local"}
    assert till.told("late") <= 6 and till.told("apart") >= len(during), "whoever was waiting at the cut, and nobody after him"
    assert till.waited_longer_than_a_second() == 0
    assert back < 30, f"{back:.1f} s"


def test_no_promise_of_both_sites_is_lost_with_the_writer(till: Till) -> None:
    """The link dies while people buy, and the writer is never heard of again: the judge of drills counts, by what the standby holds."""
    wanted = seats(300)
    with ExitStack() as cuts:
        def one(number: int) -> None:
            if number == 150:
                cuts.enter_context(link_cut(till.shop))
            till.buy(wanted[number])

        assert not [each for each in at_once(one, 300) if isinstance(each, Exception)]
        held = {row[0] for row in sql(AWS, f"SELECT ticket FROM {APP}.purchases;", rows=True)}        # not by the network
    acks = Counter(each.ack for each in till.attempts)
    assert acks[BOTH_SITES] > 100 and acks["local"] > 100, acks
    last = max(each.t for each in till.attempts)
    after = Attempt(last + 30, last + 30, "later", till.shop.event_id, "T-50", 201, "aws", 8, "local", "later", by_site="aws", by_epoch=8)
    judged = ledger.account([*till.attempts, after], held | {"later"})
    crossed = sum(each.ticket in held for each in till.attempts if each.ack == "local")
    assert judged["lost_acknowledged"] == 0 and len(judged["salvage_acknowledged"]) == acks["local"] - crossed


def test_a_standby_that_answers_and_applies_nothing_is_not_waited_for(till: Till) -> None:
    sql(AWS, "STOP REPLICA SQL_THREAD;")
    try:
        first = till.buy("A-1")
        assert first.ack == "local" and till.waited_longer_than_a_second() == 0
        until(lambda: till.crossing.apart is not None and "behind" in till.crossing.apart, 5)
        assert till.buy("A-2").ack == "local" and till.told("apart") == 1, "nobody waits any longer"
        assert first.ticket not in till.there()
    finally:
        sql(AWS, "START REPLICA SQL_THREAD;")
    until(lambda: till.crossing.together)
    assert till.buy("A-3").ack == BOTH_SITES
    assert till.buy("A-1", first.key).ack == BOTH_SITES, "whoever asks again hears that it has crossed"


def test_a_gate_that_shuts_while_somebody_waits_promises_nothing(till: Till) -> None:
    sql(AWS, "STOP REPLICA SQL_THREAD;")
    try:
        told: list[Attempt] = []
        buyer = threading.Thread(target=lambda: told.append(till.buy("A-1")))
        buyer.start()
        until(lambda: till.crossing.waiting)
        till.shop.gate.close()
    finally:
        sql(AWS, "START REPLICA SQL_THREAD;")
    buyer.join(10)
    assert (told[0].status, told[0].error) == (503, "gate_closed")
    till.shop.open()
    assert till.buy("A-1", told[0].key).acknowledged


def test_the_standby_is_only_read(till: Till) -> None:
    engine = engine_to(till.shop.following.url.render_as_string(hide_password=False), LIMIT)
    with engine.connect() as conn, pytest.raises(DBAPIError) as refused:
        conn.execute(text("UPDATE purchases SET buyer = 'x'"))
    assert getattr(refused.value.orig, "args", (None,))[0] == 1792


def test_home_again_it_is_the_other_way_round(bare: Twins) -> None:
    """AWS writes and NHN's server follows: the same settings with the two addresses exchanged."""
    settle(bare.wish("aws", "nhn"))
    with opened((bare.server("aws"), bare.server("nhn"))) as shop, trading(stocked(shop)) as till:
        assert till.shop.writer.host == bare.server("aws").host
        told = till.buy("A-1")
        assert told.ack == BOTH_SITES and told.ticket in till.there()

