# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until the standby holds a purchase: nobody is told so who was not seen there, and nobody waits where nobody answers.

The standby is scripted here; a real pair is in tests/contract/test_app_ack.py.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import OperationalError
from ticketing.config import BOTH_SITES, REFUSE
from ticketing.crossing import BEAT_SECONDS, MOST, Crossing
from ticketing.gate import Reign, reign
from ticketing.lookout import There, crossing_for
from ticketing.main import create
from ticketing.models import Base, Cancellation, Purchase
from ticketing.refusals import GateClosed, StandbyAway
from ticketing.service import assemble
from ticketing.store import Order, Receipt, Sale, Store

from tests.unit.app.hall import Browser, Gate, settings
from tests.unit.app.test_store import sold

NHN = Reign("nhn", 3, server="uuid of nhn", beat_at=1000.0)
SILENT = OperationalError("SELECT", {}, Exception(2013, "Lost connection"))


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class Site:
    """A database of each kind. What is set to an exception is raised."""

    def __init__(self) -> None:
        self.reigns: object = NHN
        self.beats: object = ("uuid of aws", 999.8)
        self.held: object = {}
        self.asked: list[list[str]] = []
        self.drops = 0

    def reign(self):
        return self._said(self.reigns)

    def beat(self, server):
        assert server == NHN.server
        return self._said(self.beats)

    def holds(self, keys):
        self.asked.append(list(keys))
        return self._said(self.held)

    def drop(self):
        self.drops += 1

    @staticmethod
    def _said(answer):
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class World:
    def __init__(self) -> None:
        self.clock, self.here, self.there = Clock(), Site(), Site()
        self.crossing = Crossing(self.here, self.there, 0.8, self.clock)

    def later(self, seconds: float = BEAT_SECONDS) -> None:
        self.clock.now += seconds
        self.crossing.turn()


@pytest.fixture
def world() -> World:
    """The standby keeps up."""
    made = World()
    made.crossing.turn()
    assert made.crossing.together
    return made


def sale(key: str = "k", ticket: str = "t", reign: Reign = NHN) -> Sale:
    return Sale(key, Receipt(ticket, 2, "A-1", "nhn", 3, replayed=False, acknowledged_by=None), reign)


def test_nobody_waits_before_anybody_has_looked():
    world = World()
    assert not world.crossing.together and not world.crossing.writer_here


def test_who_is_seen_at_the_standby_is_told_so_and_the_others_wait_on(world):
    one, two = world.crossing.enter(sale("1", "t1")), world.crossing.enter(sale("2", "t2"))
    world.later(0.01)
    assert not one.answer.done() and not two.answer.done()
    world.there.held = {"2": "t2"}
    world.later(0.01)
    assert two.answer.result(0).ack == BOTH_SITES and two.answer.result(0).acknowledged_by == NHN
    assert not one.answer.done()
    world.later(0.01)
    assert world.there.asked == [["1", "2"], ["1", "2"], ["1"]], "one look for all, and none for who is there"


def test_a_key_with_another_ticket_is_not_this_purchase(world):
    """The buyer had used it at a site that lost the sale before it crossed; that site's database stands there still."""
    passage = world.crossing.enter(sale("1", "sold here"))
    world.there.held = {"1": "sold there, and lost"}
    world.later(0.01)
    assert not passage.answer.done()


@pytest.mark.parametrize("now", [None, Reign("nhn", 4, server=NHN.server), Reign("nhn", 3, server="its candidate")],
                         ids=["shut", "another reign", "another server"])
def test_who_is_across_is_promised_nothing_unless_the_gate_still_says_so(world, now):
    passage = world.crossing.enter(sale("1", "t1"))
    world.there.held, world.here.reigns = {"1": "t1"}, now
    world.later(0.01)
    with pytest.raises(GateClosed):
        passage.answer.result(0)


def test_the_gate_is_asked_after_the_standby_has_answered(world):
    order = []
    world.here.reigns = lambda: order.append("gate") or NHN
    world.there.held = lambda: order.append("standby") or {"1": "t1"}
    world.crossing.enter(sale("1", "t1"))
    world.later(0.01)
    assert order == ["standby", "gate"]


def test_a_gate_that_could_not_be_asked_is_asked_again(world):
    passage = world.crossing.enter(sale("1", "t1"))
    world.there.held, world.here.reigns = {"1": "t1"}, SILENT
    world.later(0.01)
    assert not passage.answer.done() and world.here.drops == 1
    world.here.reigns = NHN
    world.later(0.01)
    assert passage.answer.result(0).ack == BOTH_SITES


def test_a_standby_that_gives_no_answer_lets_everybody_go_and_is_asked_again_at_each_beat(world):
    passages = [world.crossing.enter(sale(str(n))) for n in range(3)]
    world.there.held = world.there.beats = SILENT
    world.later(0.01)
    assert [each.answer.result(0) for each in passages] == [None] * 3
    assert not world.crossing.together and world.crossing.writer_here and world.there.drops == 1
    world.later()
    assert not world.crossing.together
    world.there.beats = ("uuid of aws", 999.8)
    world.later()
    assert world.crossing.together, "by itself"


@pytest.mark.parametrize(("beats", "together"), [
    (("uuid of aws", 999.3), True), (("uuid of aws", 999.1), False), (("uuid of aws", None), False), (("uuid of nhn", 1000.0), False)],
    ids=["a little behind", "far behind", "follows somebody else", "this very database"])
def test_heartbeats_tell_whether_it_is_worth_while(beats, together):
    world = World()
    world.there.beats = beats
    world.later(0.01)
    assert world.crossing.together is together


def test_a_site_that_may_not_write_asks_the_other_one_for_nothing(world):
    world.here.reigns, world.there.beats = None, AssertionError("asked")
    passage = world.crossing.enter(sale())
    world.later()
    assert not world.crossing.together and not world.crossing.writer_here and passage.answer.result(0) is None
    assert world.here.drops == 1, "the name may lead to another server by now"


def test_who_waited_for_the_whole_limit_is_the_last_to_do_so(world):
    first, second = world.crossing.enter(sale("1")), world.crossing.enter(sale("2"))
    world.crossing.late(first)
    assert second.answer.result(0) is None and not world.crossing.together
    world.later()
    assert world.crossing.together


def test_a_question_that_is_not_answered_counts_as_soon_as_the_limit_is_over(world):
    seen = []

    def slow():
        world.clock.now += 0.7
        seen.append(world.crossing.together)
        world.clock.now += 0.2
        seen.append(world.crossing.together)
        return {}

    world.there.held = slow
    world.crossing.enter(sale())
    world.later(0.01)
    assert seen == [True, False]


def test_the_first_look_goes_out_when_the_standby_is_likely_to_have_it(world):
    """One that takes 9 ms is not asked every 2 ms for each purchase, nor much later than it could answer."""
    looks, waits = [], []
    for number in range(200):
        entered, asked = world.clock.now, len(world.there.asked)
        world.there.held = lambda key=str(number), since=entered: {key: "t"} if world.clock.now - since >= 0.009 else {}
        passage = world.crossing.enter(sale(str(number)))
        while not passage.answer.done():
            world.later(0.0005)
        looks.append(len(world.there.asked) - asked)
        waits.append(world.clock.now - entered)
    assert looks[0] >= 4 and sum(looks[100:]) < 150 and max(looks[100:]) <= 2
    assert sum(waits[100:]) / 100 < 0.0105


def test_one_look_asks_for_so_many_and_no_more(world):
    for number in range(MOST + 5):
        world.crossing.enter(sale(str(number)))
    world.later(0.01)
    assert world.there.asked == [[str(number) for number in range(MOST)]]


def test_the_lookout_survives_what_nobody_thought_of(caplog):
    world, looks = World(), threading.Event()
    crossing = Crossing(world.here, world.there, 0.8)

    def odd():
        world.there.beats = ("uuid of aws", 999.8)
        raise ValueError("a packet nobody can read")

    world.there.beats, world.there.held = odd, lambda: looks.set() or {"1": "t"}
    thread = threading.Thread(target=crossing.run)
    thread.start()
    end = time.monotonic() + 10
    while not crossing.together and time.monotonic() < end:
        time.sleep(0.01)
    passage = crossing.enter(sale("1"))
    assert passage.answer.result(10).ack == BOTH_SITES and looks.is_set()
    crossing.stop()
    thread.join(10)
    assert not thread.is_alive() and "could not be looked at" in caplog.text


# The service around it

def order(seat: str = "A-1") -> Order:
    return Order(str(uuid.uuid4()), 2, seat, "kim")


class Standby(World):
    """A copy of the application with a lookout at work. `answers`: does the standby hold what is asked for?"""

    def __init__(self, engine, gate: Gate | None = None, limit: float = 0.8, **others) -> None:
        super().__init__()
        self.answers = True
        self.there.holds = self.holds
        self.crossing = Crossing(self.here, self.there, limit)
        self.crossing.turn()
        self.store = Store(engine, gate or Gate(NHN))
        self.settings = settings(**others)
        self.copy = assemble(self.store, self.settings, self.crossing)
        self.thread = threading.Thread(target=self.crossing.run)

    def holds(self, keys):
        return {each.sale.key: each.sale.receipt.ticket for each in self.crossing.waiting} if self.answers else {}

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.crossing.stop()
        self.thread.join(10)

    def figures(self) -> list[str]:
        return [line for line in self.copy.metrics.text().decode().splitlines()
                if line.startswith("ticketing_ack") and "_created" not in line and "bucket" not in line and "_sum" not in line]


def test_the_buyer_is_told_both_sites_once_both_hold_it_and_local_where_nobody_waits(engine):
    with Standby(engine) as world:
        assert asyncio.run(world.copy.buy(order)).ack == BOTH_SITES
        world.there.beats = SILENT
        end = time.monotonic() + 10
        while world.crossing.together and time.monotonic() < end:
            time.sleep(0.01)
        assert asyncio.run(world.copy.buy(lambda: order("A-2"))).ack == "local"
        assert world.figures() == [
            'ticketing_acknowledgements_total{ack="both_sites",why="across"} 1.0', 'ticketing_acknowledgements_total{ack="local",why="apart"} 1.0',
            'ticketing_ack_wait_seconds_count{ack="both_sites"} 1.0', "ticketing_ack_degraded 1.0"]


def test_who_is_late_is_told_local_after_the_gate_was_asked_again(engine):
    with Standby(engine, limit=0.05) as world:
        world.answers = False
        receipt = asyncio.run(world.copy.buy(order))
        assert (receipt.ack, receipt.acknowledged_by) == ("local", NHN)
        assert 'ticketing_acknowledgements_total{ack="local",why="late"} 1.0' in world.figures()
    with Standby(engine, Gate(NHN, None), limit=0.05) as world:
        world.answers = False
        with pytest.raises(GateClosed):
            asyncio.run(world.copy.buy(lambda: order("A-2")))
    assert sold(engine) == 2, "the row is there, the promise is not"


def test_a_repeated_key_asks_the_standby_too(engine):
    wish = order()
    Store(engine, Gate(NHN)).buy(wish)
    with Standby(engine) as world:
        again = asyncio.run(world.copy.buy(lambda: wish))
    assert (again.ack, again.replayed) == (BOTH_SITES, True)


def test_where_no_lesser_promise_is_allowed_nothing_is_sold_without_the_standby(engine):
    world = Standby(engine, limit=0.05, ack_without_standby=REFUSE)         # its lookout has stopped
    with pytest.raises(StandbyAway):
        asyncio.run(world.copy.buy(order))
    assert not world.crossing.together and sold(engine) == 1, "it waits for the buyer to ask again"
    with pytest.raises(StandbyAway):
        asyncio.run(world.copy.buy(lambda: order("A-2")))
    assert sold(engine) == 1, "and nobody else's seat is taken meanwhile"


def test_many_wait_and_no_thread_waits_with_them(engine):
    """More purchases than the pool has threads, all of them waiting: the copy still answers."""
    with Standby(engine, limit=30) as world:
        world.answers = False
        world.store.sell = lambda wish: sale(wish.key)          # sixty at once are too many for the one connection that is shared here

        async def crowd():
            buyers = [asyncio.create_task(world.copy.buy(order)) for _ in range(60)]
            while len(world.crossing.waiting) < 60:
                await asyncio.sleep(0.01)
            world.answers = True
            return await asyncio.gather(*buyers)

        assert {each.ack for each in asyncio.run(crowd())} == {BOTH_SITES}


def test_whoever_stops_waiting_is_not_asked_for_any_longer(engine):
    with Standby(engine, limit=30) as world:
        world.answers = False

        async def leaves():
            task = asyncio.create_task(world.copy.buy(order))
            while not world.crossing.waiting:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])

        asyncio.run(leaves())
        assert world.crossing.waiting == []


def test_programs_and_people_are_told_which_it_was(engine):
    with Standby(engine) as world:
        client = TestClient(create(world.store, "nhn", world.settings, world.crossing))
        wish = {"event_id": 2, "seat": "B-7", "buyer": "park"}
        made = client.post("/api/purchases", json=wish, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert made.status_code == 201 and made.json()["ack"] == BOTH_SITES
        browser = Browser(engine, Gate(NHN), world.crossing).enter()
        browser.send("/events/2/hold", {"seat": "A-1"})
        page = browser.get("/basket").text
        key = page.split('name="key" value="')[1].split('"')[0]
        bought = browser.send("/basket/buy", {"key": key, "event": "2", "seat": "A-1"})
        assert "Both of our sites hold your purchase." in bought.text
    for language, words in (("en", "For now one of our sites holds your purchase"), ("ko", "한 센터에만 저장되어 있고")):
        assert words in browser.get(f"/tickets?bought=local&lang={language}").text
    assert "sites" not in browser.get("/tickets?bought=%3Cscript%3E&lang=en").text


def test_the_lookout_runs_for_as_long_as_the_application_does(engine):
    world = Standby(engine)
    with TestClient(create(world.store, "nhn", world.settings, world.crossing)) as client:
        wish = {"event_id": 2, "seat": "B-7", "buyer": "park"}
        assert client.post("/api/purchases", json=wish, headers={"Idempotency-Key": str(uuid.uuid4())}).json()["ack"] == BOTH_SITES
        assert [each.name for each in threading.enumerate()].count("lookout") == 1
    assert "lookout" not in [each.name for each in threading.enumerate()]


def test_it_is_built_from_the_settings():
    urls = {"database_url": "mysql+pymysql://a:a@here/t", "standby_url": "mysql+pymysql://a:a@there/t"}
    made = crossing_for(settings(ack=BOTH_SITES, ack_wait_ms=900, **urls), reign)
    assert made is not None and made.limit == 0.9
    assert crossing_for(settings(**urls), reign) is None, "and nobody asks the standby for anything"


def test_a_purchase_that_was_taken_back_meanwhile_has_arrived_as_well():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    row = {"event_id": 1, "user_id": 1, "buyer": "k", "site": "nhn", "epoch": 3}
    with engine.begin() as connection:
        connection.execute(insert(Purchase), [{**row, "idempotency_key": "a", "ticket": "ta", "seat_id": 1}])
        connection.execute(insert(Cancellation), [{**row, "idempotency_key": "b", "ticket": "tb", "seat_id": 2}])
    there = There(engine)
    assert there.holds(["a", "b", "c"]) == {"a": "ta", "b": "tb"}
    there.drop()
