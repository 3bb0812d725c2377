# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record's rules, one by one, against a register in memory."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import record
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Refused, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS, Timing, timing_from

T = TIMINGS["default"]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Register:
    def __init__(self, held: Record | None) -> None:
        self.seen = Seen(held, 5 if held else 0)

    def read(self) -> Seen:
        return self.seen

    def swap(self, revision: int, new: Record) -> Seen | None:
        if revision != self.seen.revision:
            return None
        self.seen = Seen(new, revision + 1)
        return self.seen


def watched(store: Register, clock: Clock, seconds: float, every: float = 1.0) -> record.Sight:
    sight = record.look(store, None, T, clock)
    until = clock.now + seconds
    while clock.now < until:
        clock.now += every
        sight = record.look(store, sight, T, clock)
    return sight


def test_takes_after_ttl_and_margin_as_itself_seen() -> None:
    store, clock = Register(Record("nhn", 1, 9)), Clock()
    sight = watched(store, clock, 11)
    taken = record.take(store, sight, "aws", T, clock)
    assert taken.record == Record("aws", 2, 10)
    assert record.take(store, sight, "aws", T, clock) == taken, "taking what is ours is no second change"


@pytest.mark.parametrize(("said", "seconds", "may"), [(None, 11, True), (5.5, 11, True), (5.5, 9, False), (20.0, 11, False), (20.0, 20, True)])
def test_the_longer_of_both_sites_timings_counts(said: float | None, seconds: float, may: bool) -> None:
    store, clock = Register(Record.from_json(Record("nhn", 1, 9, takeover=said).to_json())), Clock()
    sight = watched(store, clock, seconds)
    if may:
        taken = record.take(store, sight, "aws", T, clock).record
        assert taken is not None and taken.takeover == 11.0, "from now on by the timing of the new holder"
    else:
        with pytest.raises(Refused, match=f"{max(said or 0, 11):g} s are needed"):
            record.take(store, sight, "aws", T, clock)


def test_who_opens_a_gate_beside_an_agent_with_longer_times_keeps_those() -> None:
    store = Register(Record("aws", 2, 1, takeover=20.0))
    assert [record.keep(store, "aws", 2, T).record.takeover, record.renew(store, store.read()).record.takeover] == [20.0, 20.0]  # type: ignore[union-attr]


def test_an_offer_is_taken_by_whom_everything_until_then_has_reached() -> None:
    made = record.Offer("aws", "server-nhn", 40)
    store, clock = Register(Record("nhn", 2, 9, made)), Clock()
    sight = watched(store, clock, 1)
    for arrived in (None, record.Offer("aws", "server-nhn", 30)):
        with pytest.raises(Refused, match="offers the record anew"):
            record.take(store, sight, "aws", T, clock, arrived)
    assert record.take(store, sight, "aws", T, clock, made).record == Record("aws", 3, 10)


def test_what_counts_is_when_a_look_began_not_when_its_answer_came() -> None:
    """The holder may have renewed while the answer was on its way; only up to the question is it known that nothing had changed."""
    store, clock = Register(Record("nhn", 1, 9)), Clock()
    sight = watched(store, clock, 4)
    read = store.read

    def slow() -> Seen:
        clock.now += 3
        return read()
    store.read = slow  # type: ignore[method-assign]
    assert record.look(store, sight, T, clock).unchanged == 4.0


def test_not_a_moment_earlier() -> None:
    store, clock = Register(Record("nhn", 1, 9)), Clock()
    with pytest.raises(Refused, match=r"unchanged for 10\.0 s, 11 s are needed"):
        record.take(store, watched(store, clock, 10), "aws", T, clock)
    assert store.seen.record == Record("nhn", 1, 9)


def test_time_in_which_nobody_looked_does_not_count() -> None:
    store, clock = Register(Record("nhn", 1, 9)), Clock()
    sight = watched(store, clock, 8)
    clock.now += 60
    assert record.look(store, sight, T, clock).unchanged == 0


def test_a_renewal_starts_the_count_anew() -> None:
    store, clock = Register(Record("nhn", 1, 9)), Clock()
    sight = watched(store, clock, 20)
    record.renew(store, store.read())
    with pytest.raises(Refused):
        record.take(store, sight, "aws", T, clock)


def test_a_renewal_between_look_and_swap_wins() -> None:
    class Racing(Register):
        def swap(self, revision: int, new: Record) -> Seen | None:
            if new.writer == "aws":
                super().swap(self.seen.revision, Record("nhn", 1, 10))
            return super().swap(revision, new)

    store, clock = Racing(Record("nhn", 1, 9)), Clock()
    with pytest.raises(Refused, match="last moment"):
        record.take(store, watched(store, clock, 12), "aws", T, clock)


def test_a_vanished_key_is_nobodys() -> None:
    store, clock = Register(None), Clock()
    with pytest.raises(Refused, match="vanished"):
        record.take(store, watched(store, clock, 60), "aws", T, clock)


def test_only_the_primary_claims_and_only_once() -> None:
    store = Register(None)
    with pytest.raises(Refused, match="nhn claims it first"):
        record.claim(store, "aws", "nhn", None)
    with pytest.raises(Refused, match="remembers epoch 4"):
        record.claim(store, "nhn", "nhn", 4)
    assert record.claim(store, "nhn", "nhn", None).record == Record("nhn", 1, 1)
    with pytest.raises(Refused, match="first"):
        record.claim(store, "nhn", "nhn", None)


def test_keep_renews_beside_an_agent_and_refuses_for_another() -> None:
    store = Register(Record("aws", 2, 1))
    assert record.keep(store, "aws", 2, T).record == Record("aws", 2, 2)
    with pytest.raises(Refused, match="does not hold"):
        record.keep(store, "aws", 3, T)


def test_a_foreign_value_is_not_a_record() -> None:
    with pytest.raises(ValueError, match="no record"):
        Record.from_json('{"writer": "nhn"}')


def test_timing_names_every_fault_at_once() -> None:
    with pytest.raises(ValueError, match=r"(?s)timing\.renew.*timing\.margin"):
        timing_from({"ttl": 4, "renew": 2, "margin": 3})
    assert timing_from({"profile": "fast"}) == Timing(5.0, 0.5, 1.0, 0.25)
    assert all(not timing.faults() for timing in TIMINGS.values())


def test_a_store_that_is_silent_is_not_a_look() -> None:
    class Silent(Register):
        def read(self) -> Seen:
            raise Unanswered("no quorum")

    with pytest.raises(Unanswered):
        record.look(Silent(None), None, T, Clock())
