# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One agent, pass by pass: when it opens, keeps, closes and lets go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent, Standing
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.memory import Forgetful, OnDisk
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from tests.sim.fakes import FakeDatabase

T = TIMINGS["default"]


@dataclass
class Site:
    """A site whose agent is driven by hand. `silent`: what gives no answer now."""

    name: str = "nhn"
    now: float = 500.0
    seen: Seen = field(default_factory=lambda: Seen(None, 0))
    silent: set[str] = field(default_factory=set)
    maintenance: bool = False
    sessions: Any = None
    hurried: bool = False
    record_at: float = 0.0      # when the record's next pass is due

    def __post_init__(self) -> None:
        self.table = FakeDatabase(lambda: self.now + 7e6, "server-1")
        self.agent = Agent(self.name, "nhn", T, store=self, gate=Guarded(self), pulse=Guarded(self), clock=lambda: self.now,
                           maintenance=lambda: self.maintenance, sessions=self.sessions, hurry=lambda: setattr(self, "hurried", True))

    def read(self) -> Seen:
        if "store" in self.silent:
            raise Unanswered("no quorum")
        return self.seen

    def swap(self, revision: int, new: Record) -> Seen | None:
        if "store" in self.silent:
            raise Unanswered("no quorum")
        if revision != self.seen.revision:
            return None
        self.seen = Seen(new, revision + 1)
        return self.seen

    def live(self, seconds: float) -> None:
        """Both passes as their loops would make them, on from where they were."""
        until = self.now + seconds
        while self.now < until:
            if self.hurried or self.now >= self.record_at:
                self.hurried = False
                self.record_at = self.now + self.agent.tend_record()
            self.now += self.agent.tend_gate()

    @property
    def open(self) -> bool:
        return self.table.look().valid_for > 0


class Guarded:
    """The site's table, which does not answer while the database is silent. A connection ends with the server that it was made to."""

    def __init__(self, site: Site) -> None:
        self._site, self._to = site, ""

    def __getattr__(self, name: str):
        if "database" in self._site.silent:
            raise GateSilent("connection refused")
        before, self._to = self._to, self._site.table.server_uuid
        if before not in ("", self._to):
            raise GateSilent("lost connection")
        return getattr(self._site.table, name)


def test_the_primary_claims_an_empty_world_and_opens() -> None:
    site = Site()
    site.live(5)
    assert site.seen.record is not None and (site.seen.record.writer, site.seen.record.epoch) == ("nhn", 1)
    assert site.open and site.agent.is_writer and site.agent.beats > 10


def test_the_standby_claims_nothing() -> None:
    site = Site("aws")
    site.live(5)
    assert site.seen.record is None and not site.open and not site.agent.is_writer
    assert "nhn claims it first" in (site.agent.record_said or "")


def test_a_store_that_lost_its_data_is_not_an_empty_world() -> None:
    site = Site()
    site.live(5)
    site.seen = Seen(None, 0)
    site.live(15)
    assert site.seen.record is None and not site.open
    assert "remembers epoch 1" in (site.agent.record_said or "")


@pytest.mark.parametrize("memory", [Forgetful(), None])
def test_a_record_that_was_set_back_lets_nobody_write(memory: Forgetful | None, tmp_path: Path) -> None:
    """A snapshot of the first reign: this host has seen the second one since, and its database has not."""
    if memory is None:
        OnDisk(tmp_path / "epoch").remember(2)
        memory = OnDisk(tmp_path / "epoch")         # another process, after a restart of the host
    memory.remember(2)
    site = Site(seen=Seen(Record("nhn", 1, 41), 120))
    site.table.rows[site.table.server_uuid] = Row(site.table.server_uuid, "nhn", 1, site.table.clock() - 90, 40, site.table.clock() - 95)
    site.agent._memory = memory
    site.live(15)
    assert not site.open and not site.agent.is_writer and site.agent.renewals == 0
    assert "remembers epoch 2: the store was set back" in (site.agent.record_said or "")


@pytest.mark.parametrize(("writer", "epoch"), [("nhn", 5), ("aws", 2)])
def test_a_row_that_has_come_from_another_site_tells_of_a_record_that_was_set_back(writer: str, epoch: int) -> None:
    """This host is new; its database has what the other one wrote."""
    site = Site("aws" if writer == "nhn" else "nhn", seen=Seen(Record("nhn", 1, 41), 120))
    own = site.table.server_uuid
    site.table.rows.update({"server-9": Row("server-9", writer, epoch, site.table.clock() - 5, 99, site.table.clock() - 0.4),
                            own: Row(own, site.name, 1, site.table.clock() - 90, 40, site.table.clock() - 95)})
    site.live(15)
    assert f"remembers epoch {epoch}: the store was set back" in (site.agent.record_said or "")
    assert site.agent.sight is not None and site.agent.sight.set_back
    assert not site.open and not site.agent.is_writer and site.agent.renewals == 0
    site.seen = Seen(Record("nhn", epoch + 1, 50), 130)         # a person has put it forward
    site.live(5)
    assert site.agent.record_said is None and not site.agent.sight.set_back


def test_a_writer_that_retires_its_gate_alarms_nobody() -> None:
    site = Site("aws", seen=Seen(Record("nhn", 1, 41), 120))
    site.table.rows["server-9"] = Row("server-9", "nhn", 2, 0.0, 99, site.table.clock() - 0.4)
    site.live(5)
    assert site.agent.record_said is None and site.agent.sight is not None and not site.agent.sight.set_back


def test_a_writer_whose_record_is_set_back_stops() -> None:
    site = Site()
    site.live(5)
    site.agent._memory.remember(3)                  # what this host has seen from elsewhere
    site.agent._held = None
    site.live(15)
    assert not site.open and "set back" in (site.agent.record_said or "")


def test_a_longer_timing_stands_in_the_record_until_gates_that_were_opened_by_it_have_run_out() -> None:
    site = Site()
    site.live(5)
    assert site.seen.record is not None and site.seen.record.takeover == T.takeover
    site.agent = Agent("nhn", "nhn", TIMINGS["fast"], store=site, gate=Guarded(site), pulse=Guarded(site), clock=lambda: site.now)
    began, lowered = site.now, 0.0
    while not lowered and site.now < began + 30:
        site.live(0.25)
        lowered = site.now - began if site.seen.record.takeover == 5.5 else 0.0
    assert T.takeover <= lowered < T.takeover + 3
    site.agent = Agent("nhn", "nhn", T, store=site, gate=Guarded(site), pulse=Guarded(site), clock=lambda: site.now)
    site.live(1.5)
    assert site.seen.record.takeover == T.takeover, "a longer one counts before the first gate that is opened by it"


def test_a_database_clock_that_steps_back_shuts_the_gate_until_the_next_renewal() -> None:
    """It stood a minute ahead when the gate was opened: from the other site's view it would be valid for a minute too long."""
    site, ahead = Site(), [60.0]
    site.table.clock = lambda: site.now + 7e6 + ahead[0]
    site.live(5)
    assert site.open and site.agent.is_writer
    ahead[0] = 0.0
    assert site.table.look().valid_for > T.takeover
    site.now += site.agent.tend_gate()
    assert not site.open and not site.agent.is_writer and "stepped back by 58 s or more" in (site.agent.gate_said or "")
    site.live(1)
    assert site.open and site.table.look().valid_for <= T.gate_valid


def test_holding_the_record_does_not_open_an_unpromoted_database() -> None:
    site = Site("aws", seen=Seen(Record("aws", 2, 50), 50))
    site.table.rows["server-nhn"] = Row("server-nhn", "nhn", 1, site.table.clock() - 5, 9, site.table.clock() - 15)
    site.live(5)
    assert site.agent.renewals > 1, "the record is kept meanwhile"
    assert not site.open and "finish the switch to aws" in (site.agent.gate_said or "")


@pytest.mark.parametrize("away", [0.0, 0.3, 1.1, 1.9, 7.0])
@pytest.mark.parametrize("lived", [4.25, 5.0, 5.75])        # just after a renewal, between two, just before the next
def test_a_new_server_after_the_providers_failover_opens_within_a_second_of_its_first_answer(lived: float, away: float) -> None:
    site = Site()
    site.live(lived)
    site.silent = {"database"}
    site.live(away)
    site.silent = set()
    site.table.server_uuid = "server-2"
    answers = site.now
    while not site.open:
        site.live(0.25)
        assert site.now <= answers + 1.0, "the beat that finds it gone, and the passes that follow it at once"
    row = site.table.rows["server-2"]
    assert (row.site, row.epoch) == ("nhn", 1) and site.agent.is_writer


@pytest.mark.parametrize(("standing", "opens"), [
    (Standing("10.9.9.9:3306", True, False), False),        # the candidate before its promotion, or a read replica
    (Standing(None, False, True), False),                   # the provider has not let go of it yet
    (Standing("10.9.9.9:3306", False, False), True),        # promoted, with its old configuration left behind: only after the old row
])
def test_a_new_server_that_does_not_stand_alone_waits(standing: Standing, opens: bool) -> None:
    site = Site()
    site.live(5)
    until = site.table.valid_until()
    site.table.server_uuid, site.table.standing = "server-2", lambda: standing      # type: ignore[method-assign]
    while site.table.clock() < until - 0.25:
        site.live(0.25)
        assert not site.open
    site.live(5)
    assert site.open is opens and (opens or "finish the switch" in (site.agent.gate_said or ""))


def test_a_new_server_that_holds_part_of_the_rows_is_opened_once_it_holds_all() -> None:
    """Somebody fills it anew, from a copy or a backup, and the heartbeats are in it already."""
    site = Site()
    site.live(5)
    site.table.server_uuid, site.table.torn_until = "server-2", 60.0
    for at in range(60):
        site.table.time = lambda at=at: float(at)
        site.live(1)
        assert not site.open and not site.agent.is_writer
    assert "shut: server server-2 is being repaired, so it holds part of the rows" in (site.agent.gate_said or "")
    site.table.time = lambda: 60.0
    site.live(T.renew)
    assert site.open and site.agent.is_writer and site.agent.gate_said is None


def test_the_very_first_writer_holds_all_the_rows_as_well() -> None:
    """The address of the primary's agent leads to a copy that is being made: its heartbeats come last, and its source is not set yet."""
    nhn = Site(seen=Seen(Record("nhn", 1, 9), 9))
    nhn.table.torn_until = float("inf")
    nhn.live(10)
    assert not nhn.table.rows and nhn.agent.renewals > 1


@dataclass
class AtWork:
    """Sessions of one server; `deaf`: those that a kill does not end at once."""

    open: dict[int, Transaction] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)

    def running(self) -> tuple[Transaction, ...]:
        return tuple(self.open.values())

    def kill(self, thread: int) -> bool:
        self.ended.append(thread)
        return self.open.pop(thread, None) is not None


def busy() -> AtWork:
    return AtWork({4: Transaction(4, "77", "12:00:00", "app", rows=1), 5: Transaction(5, "281479271677952", "12:00:00", "app")})


@pytest.mark.parametrize("how", ["maintenance", "another writer"])
def test_a_living_agent_waits_for_what_is_older_and_ends_the_rest(how: str) -> None:
    work = busy()
    site = Site(sessions=work)
    site.live(5)
    assert site.open and work.ended == []
    if how == "maintenance":
        site.maintenance = True
    else:
        site.seen = Seen(Record("aws", 2, 99), 99)
    while site.open:
        site.live(0.25)
    site.live(0.5)
    assert work.ended == [], "they are given time to end by themselves"
    del work.open[5]
    work.open[6] = Transaction(6, "281479271677954", "12:00:06", "app")     # began later: it sees the gate shut
    site.live(5)
    assert work.ended == [4] and site.agent.drain_said is not None and "ended app (thread 4)" in site.agent.drain_said


def test_reopening_ends_nobody() -> None:
    work = busy()
    site = Site(sessions=work)
    site.live(5)
    site.maintenance = True
    site.live(1)
    assert not site.open
    site.maintenance = False
    site.live(6)
    assert site.open and work.ended == []


def test_a_standby_never_ends_anybody() -> None:
    work = busy()
    site = Site("aws", seen=Seen(Record("nhn", 1, 40), 40), sessions=work)
    site.live(10)
    assert work.ended == []


def test_another_writer_closes_the_gate_at_once() -> None:
    site = Site()
    site.live(5)
    site.seen = Seen(Record("aws", 2, 99), 99)
    site.live(3)
    assert not site.open and not site.agent.is_writer
    assert site.table.valid_until() == 0.0, "closed by update, not left to run out"


def test_without_quorum_the_gate_runs_out_and_beats_stop() -> None:
    site = Site()
    site.live(5)
    site.silent = {"store"}
    site.live(6)
    assert site.open and site.agent.is_writer, "a short silence costs nothing"
    site.live(6)
    assert not site.open and not site.agent.is_writer
    beats = site.agent.beats
    site.live(20)
    assert site.agent.beats == beats
    site.silent = set()
    site.live(3)
    assert site.open


def test_a_paused_agent_writes_nothing_when_it_wakes() -> None:
    site = Site()
    site.live(5)
    site.now += 60
    site.seen = Seen(Record("aws", 2, 99), 99)
    rows = dict(site.table.rows)
    site.agent.tend_gate()
    site.agent.tend_record()
    site.agent.tend_record()
    site.agent.tend_gate()
    assert site.table.rows == rows and not site.agent.is_writer


def test_a_silent_database_is_borne_for_the_grace_and_no_longer() -> None:
    site = Site()
    site.live(5)
    site.silent = {"database"}
    site.live(25)
    kept = site.seen.revision
    assert kept > 10, "the provider's own failover takes a while"
    site.live(10)
    let_go = site.seen.revision
    site.live(20)
    assert site.seen.revision == let_go and "database has been silent" in (site.agent.record_said or "")
    site.silent = set()
    site.live(3)
    assert site.open


def test_maintenance_closes_and_keeps_the_record() -> None:
    site = Site()
    site.live(5)
    site.maintenance = True
    site.live(3)
    revision = site.seen.revision
    assert not site.open and not site.agent.is_writer
    site.live(5)
    assert site.seen.revision > revision
    site.maintenance = False
    site.live(3)
    assert site.open and site.agent.is_writer


def test_a_restart_does_not_close_sales() -> None:
    site = Site()
    site.live(5)
    again = Agent("nhn", "nhn", T, store=site, gate=site.table, pulse=site.table, clock=lambda: site.now)
    site.now += 4
    assert site.open
    again.tend_record()
    again.tend_gate()
    assert site.open and again.is_writer


ALONE, LEFTOVER = Standing(None, False, False), Standing("10.9.9.9:3306", False, False)


@pytest.mark.parametrize(("rows", "standing", "allowed"), [
    ({}, ALONE, True),
    ({"old": ("nhn", 1, -1)}, ALONE, True),
    ({"old": ("nhn", 1, 1)}, ALONE, True),
    ({"old": ("nhn", 1, 1)}, LEFTOVER, False),
    ({"old": ("nhn", 1, -1)}, LEFTOVER, True),
    ({"old": ("nhn", 1, -1)}, Standing("10.9.9.9:3306", True, False), False),
    ({"old": ("nhn", 1, -1)}, Standing(None, False, True), False),
    ({"old": ("nhn", 1, -1), "their": ("aws", 1, 1)}, ALONE, False),
    ({"old": ("nhn", 1, -1), "earlier": ("aws", 0, 3600)}, ALONE, True),          # its clock is an hour ahead; its reign was over before this one
    ({"old": ("nhn", 1, -1), "later": ("aws", 2, -1)}, ALONE, False),
    ({"old": ("nhn", 2, -1)}, ALONE, False),
    ({"old": ("aws", 1, -1)}, ALONE, False),
])
def test_who_may_open_without_a_promotion(rows: dict[str, tuple[str, int, float]], standing: Standing, allowed: bool) -> None:
    from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import may_open

    look = GateLook(1000.0, "new", tuple(Row(uuid, site, epoch, 1000.0 + left, 1, 0) for uuid, (site, epoch, left) in rows.items()))
    assert may_open(look, "nhn", 1, 1, standing) is allowed


@pytest.mark.parametrize("name", ["nhn", "aws"])
def test_a_record_that_gives_no_answer_is_asked_again_soon(name: str) -> None:
    """An election takes a second or two. Whoever watches counts from the first answer after it, so what is slept away then is added to an outage."""
    site = Site(name, seen=Seen(Record("nhn", 1, 4), 9))
    site.live(3)
    site.silent = {"store"}
    assert site.agent.tend_record() == T.beat < T.watch
    site.silent = set()
    site.live(3)
    assert site.agent.record_said is None
