# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A planned switch from the holder's side: it stops only for somebody who keeps asking, for good, and writes on when nothing comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, web
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import GRACE, Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer, Record, Seen
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS
from ansible_collections.multicloud.dr.plugins.module_utils.switch.wish import Asking, Wish

from .test_agent import Guarded, Site

T = TIMINGS["default"]
PREPARED = Transaction(thread=0, id="901", started="2026-01-01 00:00:00", rows=1)
WRITING = Transaction(thread=7, id="900", user="app", started="2026-01-01 00:00:00", rows=1, undoing=False)


class Key:
    """Where wishes are kept."""

    def __init__(self) -> None:
        self.now: Wish | None = None

    def read(self) -> Wish | None:
        return self.now

    def put(self, wish: Wish) -> None:
        self.now = wish


class Work:
    """Who is at work in the database."""

    def __init__(self) -> None:
        self.at_work: list[Transaction] = []
        self.killed: list[int] = []

    def running(self) -> tuple[Transaction, ...]:
        return tuple(self.at_work)

    def kill(self, thread: int) -> bool:
        self.killed.append(thread)
        self.at_work = [each for each in self.at_work if each.thread != thread]
        return True


class Holder(Site):
    """A site that writes at epoch 1, and somebody at AWS who may ask for the record."""

    def __post_init__(self) -> None:
        self.key, self.work, self.asks = Key(), Work(), True
        self.all_told_after: float | None = None        # seconds after it was asked; None where the edges are not known
        super().__post_init__()
        self.agent = Agent(self.name, "nhn", T, store=self, gate=Guarded(self), pulse=Guarded(self), clock=lambda: self.now,
                           sessions=self.work, wishes=self.key, notice=1.0, edges_told=self._edges_told)
        self.asking = Asking("aws", self.key, T.watch / 2, lambda: self.now)

    def _edges_told(self, since: float) -> float | None:
        told = since + self.all_told_after if self.all_told_after is not None else None
        return told if told is not None and told <= self.now else None

    def live(self, seconds: float, until: object = None) -> None:
        """As long as that, or until the record is offered; AWS asks all the while."""
        end, record_at = self.now + seconds, self.now
        while self.now < end and not (until == "offer" and self.offer):
            if self.asks:
                self.asking.repeat()
            if self.now >= record_at:
                record_at = self.now + self.agent.tend_record()
            self.agent.tend_gate()
            self.now += 0.05

    @property
    def offer(self) -> Offer | None:
        return self.seen.record.offer if self.seen.record else None


def living() -> Holder:
    """It has written for a while, and nobody asks."""
    site = Holder()
    site.asks = False
    site.live(6)
    assert site.open and site.seen.record == Record("nhn", 1, site.seen.record.counter)
    return site


@pytest.fixture
def holder() -> Holder:
    return living()


def test_who_is_asked_tells_the_edges_stops_and_offers(holder: Holder) -> None:
    holder.asks = True
    left_at = shut_at = 0.0
    for _ in range(400):
        holder.live(0.05)
        left_at = left_at or (holder.now if holder.agent.leaving else 0.0)
        if not shut_at and not holder.open:
            shut_at = holder.now
            assert holder.offer is None, "stopped first, offered then"
        if holder.offer:
            break
    assert left_at and shut_at - left_at >= 0.9, "the edges have had their time"
    assert holder.now - shut_at < 1.0
    row = holder.table.look().own
    assert row is not None and holder.seen.record == Record("nhn", 2, holder.seen.record.counter, Offer("aws", row.server_uuid, row.sequence))
    assert (row.epoch, row.valid_until) == (2, 0.0)


@pytest.mark.parametrize(("all_told_after", "at_least", "less_than"), [(0.25, 0.25 + GRACE, 0.8), (0.0, GRACE, 0.5), (5.0, 1.0, 1.3)])
def test_once_every_edge_has_heard_the_notice_ends(holder: Holder, all_told_after: float, at_least: float, less_than: float) -> None:
    holder.asks, holder.all_told_after = True, all_told_after
    while not holder.agent.leaving:
        holder.live(0.05)
    left_at = holder.now
    while holder.open:
        holder.live(0.05)
    assert at_least - 0.11 <= holder.now - left_at < less_than        # two steps of this clock


def test_while_it_is_offered_nothing_opens_the_gate(holder: Holder) -> None:
    holder.asks = True
    holder.live(20, until="offer")
    until = holder.table.look().now + 9
    assert not holder.table.renew(1, until) and holder.table.beat(1) is None and not holder.table.open("nhn", 1, until), "late words of that reign"
    holder.live(T.catch_up)
    assert not holder.open and holder.offer, "as long as anybody waits for what has not arrived"
    with pytest.raises(record.Refused, match="offered the record to aws"):
        record.keep(holder, "nhn", 2, T)


def test_a_wish_of_an_earlier_reign_is_nobodys_in_the_next(holder: Holder) -> None:
    holder.asks = True
    holder.live(20, until="offer")
    holder.seen = Seen(Record("aws", 3, holder.seen.record.counter + 1), holder.seen.revision + 1)
    holder.live(1)                      # who takes the record asks to the end, and nobody here listens any more
    holder.asks = False
    holder.live(5)
    holder.seen = Seen(Record("nhn", 4, holder.seen.record.counter + 1), holder.seen.revision + 1)
    holder.table.open("nhn", 4, holder.table.look().now + T.gate_valid)     # as a switch to this site does
    for _ in range(200):
        holder.live(0.05)
        assert not holder.agent.leaving and holder.open, "sales stood still for the length of a wish after each switch home and back"
    assert holder.seen.record == Record("nhn", 4, holder.seen.record.counter)


def test_it_writes_on_when_nobody_asks_any_more_and_the_offer_is_void(holder: Holder) -> None:
    holder.asks = True
    holder.live(20, until="offer")
    offered = holder.seen
    holder.asks = False
    holder.live(T.blink * 2 + 1)
    assert holder.open and holder.offer is None and holder.seen.record and holder.seen.record.epoch == 2
    assert holder.swap(offered.revision, Record("aws", 3, 1)) is None


def test_a_wish_that_nobody_repeats_is_nobody_s(holder: Holder) -> None:
    holder.key.put(Wish("aws", 41))
    holder.live(20)
    assert holder.open and not holder.agent.leaving and holder.offer is None
    holder.key.put(Wish("nhn", 42))
    holder.live(6)
    assert not holder.agent.leaving, "its own wish"


def test_a_wish_that_counts_less_than_before_comes_from_a_store_that_was_set_back(holder: Holder) -> None:
    holder.key.put(Wish("aws", 57))
    holder.live(6)
    holder.key.put(Wish("aws", 40))
    holder.live(6)
    assert holder.open and not holder.agent.leaving
    holder.asks = True          # whoever asks goes on from what is there
    holder.live(6, until="offer")
    assert holder.offer


def test_what_is_older_may_end_and_is_ended_then(holder: Holder) -> None:
    holder.work.at_work = [WRITING]
    holder.asks = True
    holder.live(20, until="offer")
    assert holder.work.killed == [7] and holder.offer


def test_what_commits_while_it_is_waited_for_stands_before_the_row_that_is_offered(holder: Holder) -> None:
    """Whoever has that row has everything: so it is written last."""
    holder.work.at_work = [WRITING]
    holder.asks = True
    while holder.open:
        holder.live(0.05)
    holder.live(0.4)
    assert holder.offer is None
    committed_behind, holder.work.at_work = holder.table.look().own, []          # by itself, long after the row of the retired gate
    holder.live(5, until="offer")
    assert holder.work.killed == [] and holder.offer and committed_behind and holder.offer.sequence > committed_behind.sequence
    row = holder.table.look().own
    assert row is not None and holder.offer == Offer("aws", row.server_uuid, row.sequence) and row.valid_until == 0.0


@pytest.mark.parametrize("arrived", [False, True])
def test_what_is_older_is_looked_for_once_the_gate_is_known_to_be_shut(holder: Holder, arrived: bool) -> None:
    """The statement that retires it gets no answer, and had its effect or not. Until it is certain, somebody may still begin."""
    retire, lost, looks = holder.table.retire, [True], list[bool]()
    before = replace(WRITING, thread=5, id="800")

    def silent(epoch: int) -> bool:
        if not lost:
            return retire(epoch)
        lost.clear()
        if arrived:
            retire(epoch)
        raise GateSilent("Lost connection to MySQL server during query")

    def running() -> tuple[Transaction, ...]:
        if not lost:
            looks.append(holder.open)
        if len(looks) == 4:
            holder.work.at_work = [WRITING] if holder.open else []     # one ends, and another has written through the open gate since
        return tuple(holder.work.at_work)

    holder.work.at_work = [before]
    holder.live(0.5)
    holder.table.retire, holder.work.running = silent, running  # type: ignore[method-assign]
    holder.asks = True
    holder.live(9, until="offer")
    assert not lost and holder.offer and not holder.work.at_work and holder.table.look().own.sequence == holder.offer.sequence


def shut_for(holder: Holder, seconds: float) -> tuple[float, float]:
    """Lives that long: for how much of it the gate was shut, and the longest time for which the record stood unchanged."""
    shut = unchanged = longest = 0.0
    for _ in range(round(seconds / 0.05)):
        before = holder.seen
        holder.live(0.05)
        unchanged = unchanged + 0.05 if holder.seen == before else 0.0
        shut, longest = shut + 0.05 * (not holder.open), max(longest, unchanged)
    return shut, longest


def test_it_writes_on_when_what_is_older_does_not_end_however_long_somebody_asks(holder: Holder) -> None:
    holder.work.at_work = [WRITING]
    holder.work.kill = lambda thread: False  # type: ignore[method-assign]
    holder.asks = True
    shut, longest = shut_for(holder, T.ttl * 2)         # as long as one try of a planned switch
    assert T.ttl / 2 < shut < T.ttl * 0.7 and holder.offer is None
    assert longest < T.takeover - T.renew, "nobody may take it for dead meanwhile"
    assert holder.open and not holder.agent.leaving and holder.seen.record == Record("nhn", 2, holder.seen.record.counter)
    assert "app (thread 7, since" in (holder.agent.kept_said or "")
    holder.work.at_work = []
    holder.live(T.ttl * 2, until="offer")
    assert holder.offer, "who still asks is heard once more"


def test_it_is_heard_again_once_the_first_has_given_up(holder: Holder) -> None:
    holder.work.at_work = [WRITING]
    holder.work.kill = lambda thread: False  # type: ignore[method-assign]
    holder.asks = True
    holder.live(T.ttl)
    holder.asks, holder.work.at_work = False, []
    holder.live(T.blink + 0.5)
    assert holder.open and holder.offer is None
    holder.asks = True
    holder.live(3, until="offer")
    assert holder.offer


@pytest.mark.parametrize("silent", [False, True])
def test_what_cannot_be_ended_keeps_it_writing_and_is_named(holder: Holder, silent: bool) -> None:
    """An XA transaction that was prepared ends by its coordinator alone; and who cannot look does not know that there is none."""
    running = holder.work.running

    def nobody_looks() -> tuple[Transaction, ...]:
        raise GateSilent("timed out")

    holder.work.at_work = [PREPARED]
    if silent:
        holder.work.running = nobody_looks  # type: ignore[method-assign]
    holder.asks = True
    shut, _ = shut_for(holder, T.ttl * 2)
    assert shut == 0 and holder.offer is None and not holder.agent.leaving and holder.seen.record.epoch == 1
    assert ("timed out" if silent else "an XA transaction that was prepared") in (holder.agent.kept_said or "")
    holder.work.at_work, holder.work.running = [], running  # type: ignore[method-assign]
    holder.live(3, until="offer")
    assert holder.offer, "and it is handed over as soon as it can be"


def test_an_agent_that_died_in_between_is_replaced_by_one_that_writes_on(holder: Holder) -> None:
    holder.work.at_work = [WRITING]
    holder.asks = True
    while holder.open:
        holder.live(0.05)
    assert holder.seen.record and holder.seen.record.epoch == 1, "retired, not offered"
    holder.asks = False
    holder.agent = Agent("nhn", "nhn", T, store=holder, gate=holder.table, pulse=holder.table, clock=lambda: holder.now, wishes=holder.key)
    holder.live(3)
    assert holder.open and holder.seen.record.epoch == 2


@pytest.mark.parametrize("late", [False, True])
def test_nothing_is_offered_while_the_server_before_this_one_may_still_sell(holder: Holder, late: bool) -> None:
    """Nor does it stop selling for that; but the failover may come while it lets go."""
    holder.asks = True
    while late and holder.open:
        holder.live(0.05)
    look = holder.table.look()
    before = replace(look.rows[0], server_uuid="server-0", valid_until=look.now + (4 if late else 8))
    holder.table.rows["server-0"] = before
    shut_since = 0.0
    while not holder.offer:
        holder.live(0.05)
        shut_since = shut_since or (0.0 if holder.open else holder.now)
        assert holder.now < 600
    assert holder.table.look().now > before.valid_until
    assert holder.now - shut_since < (5 if late else 1)


def test_who_offers_and_is_not_asked_any_more_writes_on_before_anybody_may_take_it_for_dead(holder: Holder) -> None:
    """Five seconds for what is on its way, and as long as a wish counts: an agent beside that took over then would lose what has not arrived."""
    holder.asks = True
    holder.live(20, until="offer")
    offered = holder.now
    holder.live(T.catch_up)
    assert holder.offer
    holder.asks = False
    while holder.offer:
        holder.live(0.05)
    assert holder.now - offered < T.takeover - T.margin and holder.seen.record.writer == "nhn"


def test_an_offer_that_nobody_takes_is_taken_back_in_time_however_much_somebody_goes_on_asking(holder: Holder) -> None:
    """A second try in a row: nobody ever stopped asking, and the automatic agent of the other site took what had not been renewed for so long."""
    holder.asks = True
    holder.live(20, until="offer")
    stands, offered = holder.seen, holder.now
    while holder.offer:
        holder.live(0.05)
    assert T.catch_up < holder.now - offered < T.takeover - T.renew, "longer than anybody waits for the rest, shorter than anybody must have watched"
    assert holder.swap(stands.revision, Record("aws", 3, 1)) is None
    holder.live(T.ttl * 1.9)
    assert holder.open and not holder.agent.leaving and holder.seen.record == Record("nhn", 2, holder.seen.record.counter), "deaf to that asking"
    assert "did not take it while it was offered" in (holder.agent.kept_said or "")
    holder.live(T.ttl, until="offer")
    assert holder.offer, "who still asks is heard once more"


@pytest.mark.parametrize("away", [0.0, 7.0])
def test_an_agent_that_did_not_see_the_offer_come_takes_it_back_in_a_moment(holder: Holder, away: float) -> None:
    """How long it has stood nobody can tell it, and the other site may be about to take it from a holder that is silent."""
    holder.asks = True
    holder.live(20, until="offer")
    holder.now += away
    holder.agent = Agent("nhn", "nhn", T, store=holder, gate=holder.table, pulse=holder.table, clock=lambda: holder.now, wishes=holder.key)
    holder.live(T.watch / 2)
    assert holder.offer, "it may be another host's, made just now, and about to be taken"
    holder.live(T.watch)
    assert holder.open and holder.offer is None and holder.seen.record.epoch == 2


def test_once_taken_the_holder_stands_by(holder: Holder) -> None:
    holder.asks = True
    holder.live(20, until="offer")
    taken = record.take(holder, record.Sight(holder.seen, holder.now, holder.now, holder.now), "aws", T, lambda: holder.now, holder.offer)
    assert taken.record == Record("aws", 3, taken.record.counter) and taken.record.offer is None
    holder.live(30)
    assert not holder.open and holder.seen == Seen(taken.record, taken.revision) and not holder.agent.leaving
    assert web.NOT_THE_WRITER == 503 and not holder.agent.is_writer


def test_only_whom_it_is_offered_to_may_take_it_without_waiting(holder: Holder) -> None:
    holder.asks = True
    holder.live(20, until="offer")
    sight = record.Sight(holder.seen, holder.now, holder.now, holder.now)
    with pytest.raises(record.Refused, match="may still hold"):
        record.take(holder, sight, "third", T, lambda: holder.now, holder.offer)
    with pytest.raises(record.Refused, match="offers the record anew"):
        record.take(holder, sight, "aws", T, lambda: holder.now)


def test_a_record_keeps_its_offer_in_the_store() -> None:
    for each in (Record("nhn", 2, 9), Record("nhn", 2, 9, Offer("aws", "u", 7))):
        assert Record.from_json(each.to_json()) == each
    assert "offer" not in Record("nhn", 2, 9).to_json()


def test_who_has_not_opened_its_gate_in_this_reign_says_so_and_does_not_let_go(holder: Holder) -> None:
    """A switch that took the record and cannot be finished: there is no row of it that could be offered."""
    holder.seen = Seen(Record("nhn", 4, holder.seen.record.counter + 1), holder.seen.revision + 1)
    holder.live(2)
    holder.asks = True
    holder.live(T.ttl)
    assert holder.offer is None and not holder.open and not holder.agent.leaving
    assert "its gate has not been opened at epoch 4" in (holder.agent.kept_said or "")
