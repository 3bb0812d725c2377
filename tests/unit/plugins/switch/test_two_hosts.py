# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A planned switch away from a site with two agent hosts: both let go, once, and either of them is enough."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer, Record

from .test_agent import Guarded
from .test_handover import PREPARED, WRITING, Holder, T, living


@pytest.fixture
def holder() -> Holder:
    return living()


def beside(holder: Holder, notice: float) -> Agent:
    """The agent of a second host of this site; it has been there for a while."""
    second = Agent("nhn", "nhn", T, store=holder, gate=Guarded(holder), pulse=Guarded(holder), clock=lambda: holder.now, sessions=holder.work,
                   wishes=holder.key, notice=notice)
    second.tend_record()
    return second


def both_live(holder: Holder, second: Agent, seconds: float, alone: bool = False) -> tuple[int, float]:
    """So long, or until the record is offered; `alone`: the first has died. How often the gate opened, and for how long it was shut."""
    end, second_at, opened, shut = holder.now + seconds, holder.now, 0, 0.0
    while holder.now < end and not holder.offer:
        was_open = holder.open
        if holder.now >= second_at:
            second_at = holder.now + second.tend_record()
        second.tend_gate()
        if alone:
            holder.asking.repeat()
            holder.now += 0.05
        else:
            holder.live(0.05)
        opened, shut = opened + (holder.open and not was_open), shut + 0.05 * (not holder.open)
    return opened, shut


@pytest.mark.parametrize("notice", [0.0, 0.75, 3.0])
def test_what_one_host_of_the_site_has_retired_the_other_one_does_not_open_again(holder: Holder, notice: float) -> None:
    second = beside(holder, notice)
    holder.asks, holder.work.at_work = True, [WRITING]          # it lets go for a while: what is older has to end
    while not holder.agent.leaving:
        holder.live(0.05)
    opened, shut = both_live(holder, second, 20)
    assert opened == 0 and shut < T.catch_up and holder.work.killed == [7]
    row = holder.table.look().own
    assert row is not None and row.epoch == 2 and holder.seen.record == Record("nhn", 2, holder.seen.record.counter, holder.offer)
    assert holder.offer == Offer("aws", row.server_uuid, row.sequence)


def test_what_both_hosts_of_the_site_wait_for_in_vain_they_wait_for_once(holder: Holder) -> None:
    """The one that gives up first writes on; the other one does not stop it again for the same."""
    second = beside(holder, 0.75)
    holder.asks, holder.work.at_work = True, [WRITING]
    holder.work.kill = lambda thread: False  # type: ignore[method-assign]
    opened, shut = both_live(holder, second, T.ttl * 2)
    assert opened == 1 and T.ttl / 2 < shut < T.ttl * 0.7 and holder.open
    assert holder.seen.record == Record("nhn", 2, holder.seen.record.counter)
    told = sorted(str(each.kept_said) for each in (holder.agent, second))
    assert "another of its agents has written on" in told[0] and "app (thread 7, since" in told[1]


@pytest.mark.parametrize("stays", [False, True])
def test_what_the_first_host_has_begun_the_second_one_brings_to_an_end_where_the_first_has_died(holder: Holder, stays: bool) -> None:
    """Handed over; or given up in the same time, where that cannot be ended for which nobody would have stopped."""
    second = beside(holder, 3.0)
    holder.asks, holder.work.at_work = True, [WRITING]
    while holder.open:
        holder.live(0.05)
    holder.work.at_work = [PREPARED] if stays else []
    opened, shut = both_live(holder, second, T.ttl, alone=True)
    if stays:
        assert opened == 1 and T.ttl / 2 < shut < T.ttl * 0.8 and holder.open and holder.offer is None
        assert "an XA transaction that was prepared" in (second.kept_said or "")
    else:
        assert opened == 0 and shut < 3.0 and holder.offer and holder.seen.record.epoch == 2


def test_what_one_host_has_taken_back_the_other_one_does_not_offer_again(holder: Holder) -> None:
    second = beside(holder, 0.75)
    holder.asks = True
    both_live(holder, second, T.ttl)
    while holder.offer:
        second.tend_record()
        holder.live(0.05)
    opened, shut = both_live(holder, second, T.ttl * 1.5)
    assert opened == 1 and shut < 1.0 and holder.open
    assert all("did not take it while it was offered" in str(each.kept_said) for each in (holder.agent, second))


@pytest.mark.parametrize("started", [0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2])
def test_an_agent_that_has_just_started_does_not_write_on_for_whom_it_has_not_heard_yet(holder: Holder, started: float) -> None:
    """It finds the gate retired, by the other host, for somebody who asks all the while."""
    holder.asks, holder.work.at_work = True, [WRITING]
    holder.live(started, until="offer")
    second = Agent("nhn", "nhn", T, store=holder, gate=Guarded(holder), pulse=Guarded(holder), clock=lambda: holder.now, sessions=holder.work,
                   wishes=holder.key)
    opened, shut = both_live(holder, second, T.ttl)
    assert opened == 0 and holder.offer and holder.seen.record.epoch == 2 and shut < T.catch_up
