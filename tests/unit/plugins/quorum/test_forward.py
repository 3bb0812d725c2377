# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record that was set back is put forward to what a person names, once, and never over somebody who has gone on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import forward
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer, Record, Refused, Seen, Unanswered


class Register:
    """`busy`: so often somebody renews between a look and the swap; `renews`: the holder lives."""

    renews, clock = False, 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0 and self.clock < 60.0, "it waits for ever"
        self.clock += seconds
        if self.renews and self.now.record:
            self.now = Seen(Record(self.now.record.writer, self.now.record.epoch, self.now.record.counter + 1), self.now.revision + 1)

    def put(self, writer: str, epoch: int, absent: bool = False) -> Record:
        return forward.put(self, writer, epoch, 11.0, lambda: self.clock, self.sleep, absent)

    def __init__(self, record: Record | None, busy: int = 0) -> None:
        self.now, self.busy, self.written = Seen(record, 7 if record else 0), busy, 0

    def read(self) -> Seen:
        return self.now

    def swap(self, revision: int, record: Record) -> Seen | None:
        if self.busy:
            self.busy -= 1
            assert self.now.record is not None
            self.now = Seen(Record(self.now.record.writer, self.now.record.epoch, self.now.record.counter + 1), self.now.revision + 1)
        if revision != self.now.revision:
            return None
        self.now, self.written = Seen(record, revision + 1), self.written + 1
        return self.now


@pytest.mark.parametrize(("takeover", "waited"), [(None, 11.0), (3.0, 11.0), (20.0, 20.0)])
def test_it_names_who_wrote_last_at_the_epoch_of_his_reign(takeover: float | None, waited: float) -> None:
    store = Register(Record("nhn", 3, 40, Offer("aws", "srv-nhn", 9), takeover))
    put = store.put("aws", 4)
    assert (put.writer, put.epoch, put.counter, put.offer) == ("aws", 4, 41, None) and store.now.record == put
    assert waited <= store.clock < waited + 2, "the gate of whom it named has run out"
    assert store.put("aws", 4) == put and store.written == 1, "what is done is not done again"


def test_a_site_that_renews_it_is_not_deposed() -> None:
    store = Register(Record("nhn", 3, 40))
    store.renews = True
    with pytest.raises(Refused, match="nhn renews the record, so its gate may be open"):
        store.put("aws", 4)
    assert store.written == 0


def test_the_same_site_goes_on_at_a_later_epoch_while_it_renews() -> None:
    store = Register(Record("nhn", 3, 40), busy=3)
    assert (store.put("nhn", 5).epoch, store.clock) == (5, 0.0)


@pytest.mark.parametrize(("held", "said"), [
    (None, "absent"), (Record("nhn", 4, 1), "nhn at epoch 4 by now"), (Record("aws", 5, 1), "never set back")])
def test_it_never_goes_back(held: Record | None, said: str) -> None:
    store = Register(held)
    with pytest.raises(Refused, match=said):
        store.put("aws", 4)
    assert store.written == 0


def test_whoever_goes_on_renewing_is_not_overwritten() -> None:
    with pytest.raises(Unanswered, match="5 times in a row"):
        Register(Record("nhn", 3, 40), busy=99).put("nhn", 4)


def test_one_that_is_gone_is_put_anew_once_nobody_can_have_a_gate_open() -> None:
    store = Register(None)
    put = store.put("aws", 6, absent=True)
    assert put == Record("aws", 6, 1) and put.takeover == 11.0 and 11.0 <= store.clock < 13.0
    assert store.put("aws", 6, absent=True) == put and store.written == 1


def test_one_that_came_back_meanwhile_is_not_overwritten() -> None:
    store = Register(None)
    begun = store.sleep

    def comes_back(seconds: float) -> None:
        begun(seconds)
        if store.clock > 5:
            store.now = Seen(Record("nhn", 5, 900), 9)
    store.sleep = comes_back    # type: ignore[method-assign]
    with pytest.raises(Refused, match="nhn renews the record"):
        store.put("aws", 6, absent=True)
    assert store.written == 0


@pytest.mark.parametrize("writer", ["NHN", "", "third place"])
def test_a_name_that_is_no_site_is_refused(writer: str) -> None:
    with pytest.raises(Refused, match="is no site that keeps a member of the quorum; there are aws, nhn"):
        forward.refuse_no_site(writer, ["nhn", "aws", "nhn"])
    forward.refuse_no_site("nhn", ["nhn", "aws"])


@pytest.mark.parametrize("takeover", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("held", [None, Record("aws", 2, 9)])
def test_nobody_puts_it_forward_without_waiting(takeover: float, held: Record | None) -> None:
    """The gate of who wrote last may be open, however little is waited for."""
    store = Register(held)
    with pytest.raises(Refused, match="must be above 0 and have an end"):
        forward.put(store, "nhn", 3, takeover, lambda: store.clock, store.sleep, absent=True)
    assert store.written == 0


@pytest.mark.parametrize("epoch", [0, -5])
def test_what_is_no_epoch_is_refused(epoch: int) -> None:
    store = Register(None)
    with pytest.raises(Refused, match=f"{epoch} is no epoch: the first one is 1"):
        forward.pending(None, "nhn", epoch, absent=True)
    with pytest.raises(Refused, match="is no epoch"):
        store.put("nhn", epoch, absent=True)
    assert store.written == 0


def agent(**timing: Any) -> str:
    return json.dumps({"timing": timing, "database": {"password": "canary"}})


def note(takeover: Any = None) -> str:
    return json.dumps({"file": "x.db", "record": {"writer": "nhn", "epoch": 3, "counter": 4, "takeover": takeover}})


@pytest.mark.parametrize(("option", "agents", "notes", "waited"), [
    (11.0, {}, {}, 11.0),
    ("11.0", {"nhn": agent(), "third": ""}, {"third": ""}, 11.0),
    (11.0, {"nhn": agent(), "aws": agent(ttl=40)}, {}, 41.0),                     # a description may be new at one site alone
    (11.0, {"nhn": json.dumps({"site": "nhn"})}, {"nhn": note(31.0)}, 31.0),       # one that an agent may still run by
    (60.0, {"nhn": agent(profile="fast")}, {"nhn": note(5.5), "aws": note(None)}, 60.0),
    (1.0, {"nhn": agent(profile="fast")}, {"nhn": json.dumps({"record": None})}, 5.5),
])
def test_it_waits_for_the_longest_that_anybody_tells_of(option: Any, agents: dict[str, str], notes: dict[str, str], waited: float) -> None:
    assert forward.longest(option, agents.items(), notes.items()) == (waited, [])


@pytest.mark.parametrize(("option", "agents", "notes", "told"), [
    (0.0, {}, {}, "takeover_seconds: 0.0 is no number of seconds above 0"),
    ("nan", {}, {}, "takeover_seconds: 'nan' is no number"),
    ("soon", {}, {}, "takeover_seconds: 'soon' is no number"),
    (11.0, {"aws": '{"password": "canary", '}, {}, "agent.json on aws: not a JSON object"),
    (11.0, {"aws": agent(renew=9)}, {}, "agent.json on aws: timing.renew: 9 s must be at most a quarter"),
    (11.0, {}, {"nhn": note(-1)}, "newest.json on nhn: -1 is no number of seconds above 0"),
])
def test_a_time_that_nobody_can_read_is_told(option: Any, agents: dict[str, str], notes: dict[str, str], told: str) -> None:
    _, wrong = forward.longest(option, agents.items(), notes.items())
    assert len(wrong) == 1 and wrong[0].startswith(told) and "canary" not in wrong[0]


@pytest.mark.parametrize(("texts", "epoch"), [
    ([], 0), (["", ""], 0), (["", "3\n"], 3), ([note(), "2"], 3), ([json.dumps({"record": None}), ""], 0), (["", "0"], 0),
    (["{", ""], 1), (["", "\0\0"], 1), ([json.dumps({"record": []}), ""], 1), ([json.dumps({"record": {"epoch": "x"}}), ""], 1)])
def test_what_a_host_remembers_of_the_record(texts: list[str], epoch: int) -> None:
    assert forward.remembered(texts) == epoch
