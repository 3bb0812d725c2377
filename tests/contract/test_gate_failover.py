# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A provider's own failover, on real servers: the agent's address leads to another server, with another uuid and the rows it has copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection, dialects, heartbeat, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, server_uuid
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.gates import beats
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.ours import MARKER
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS
from ticketing.gate import Reign

from tests.contract.gate_places import AGENT, APP, Place, arrived
from tests.contract.mysql_pair import until

T = TIMINGS["default"]


class Address:
    """What the agent connects to: one place now, another one later. Connections to the old one break, as they do when it dies."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.made: list[Any] = []

    def connect(self) -> Any:
        server = self.place.server
        self.made.append(connection.connect(server.host, server.port, *AGENT))
        return self.made[-1]

    def leads_to(self, place: Place) -> None:
        self.place = place
        for each in self.made:
            each.close()

    def gate(self, site: str | None = None) -> Gate:
        return Gate(self.connect, (connection.DatabaseError,), site)


class Store:
    """A record in memory that is ours already."""

    def __init__(self) -> None:
        self.seen = Seen(Record("nhn", 7, 1), 1)

    def read(self) -> Seen:
        return self.seen

    def swap(self, revision: int, new: Record) -> Seen | None:
        self.seen = Seen(new, revision + 1)
        return self.seen


@pytest.fixture
def promotable(primary: Place, standby: Place) -> Iterator[Place]:
    """The standby, put back behind the primary afterwards."""
    yield standby
    dialect = dialects.for_site(standby.dialect)
    with standby.login(AGENT) as conn, primary.login(AGENT) as source:
        execute(conn, f"DELETE FROM dr.gate WHERE server_uuid = '{server_uuid(conn)}'")     # what the promoted one wrote
        if replication.status(conn).source is None:
            at = replication.binlog_position(source)
            replication.follow(conn, dialect, dialects.Source(primary.server.host, 3306, "dr_repl", "it's repl"), at)
            replication.start(conn, dialect, limit=20.0)
        until(lambda: replication.status(conn).running)


def test_the_successor_is_stamped_by_its_first_pass_and_a_copy_never(primary: Place, promotable: Place) -> None:
    now = [100.0]
    address = Address(primary)
    agent = Agent("nhn", "nhn", T, store=Store(), gate=address.gate(), pulse=address.gate(), clock=lambda: now[0])
    primary.gate.open("nhn", 7, primary.now() + 8)
    pause = agent.tend_record()
    agent.tend_gate()
    assert pause == T.renew and agent.is_writer and primary.gate.look().valid_for > 0
    arrived(promotable, 1)

    address.leads_to(promotable)        # the address has moved before the copy was promoted
    pause = agent.tend_record()         # the connection breaks
    assert pause == T.beat and not promotable.gate.look().valid_for
    agent.tend_gate()
    assert not agent.is_writer
    pause = agent.tend_record()
    assert pause == T.renew and promotable.gate.look().own is None, "it copies still, so it is nobody's successor"
    assert "finish the switch" in (agent.gate_said or "")

    with promotable.login(AGENT) as conn:
        replication.promote(conn, dialects.for_site(promotable.dialect))
        look = promotable.gate.look()
        assert any(row.valid_until > look.now for row in look.rows), "the old server's row is valid still, and is not waited for"
        execute(conn, f"CREATE TABLE {APP}.{MARKER} (id INT PRIMARY KEY)")         # somebody fills it anew
    agent.tend_record()
    assert promotable.gate.look().own is None and "is being copied, and that has not ended, so it holds part" in (agent.gate_said or "")
    with promotable.login(AGENT) as conn:
        execute(conn, f"DROP TABLE {APP}.{MARKER}")
    agent.tend_record()
    agent.tend_gate()
    own = promotable.gate.look().own
    assert own is not None and (own.site, own.epoch) == ("nhn", 7)
    assert promotable.gate.look().valid_for > T.gate_valid - 5 and agent.is_writer


def test_a_stopped_copy_that_was_named_is_nobody_s_successor_and_opens_for_its_own_site(primary: Place, promotable: Place) -> None:
    """A second agent of the writer's site was given the other site's address, and somebody stops the copy there."""
    now, dialect = [100.0], dialects.for_site(promotable.dialect)
    copy = promotable.gate.look().server_uuid
    address, wrong = Address(primary), Address(promotable)
    agent = Agent("nhn", "nhn", T, store=Store(), gate=address.gate("nhn"), pulse=address.gate("nhn"), clock=lambda: now[0],
                  unnamed=lambda: (copy, "aws"))
    primary.gate.open("nhn", 7, primary.now() + 8)
    assert agent.tend_record() == T.renew and primary.gate.look().valid_for
    try:
        until(lambda: promotable.gate.look().whose)
        look = promotable.gate.look()
        assert (look.whose, look.own, look.valid_for, look.remembered_epoch, look.age("aws")) == ("aws", None, 0, 7, None)
        assert agent.tend_record() == T.renew and len(primary.gate.look().named) == 1, "once"

        with promotable.login(AGENT) as conn:
            assert heartbeat.lag_seconds(conn, "aws") is None and not heartbeat.was_writer(conn)
            assert [each.site for each in beats(conn).values()] == ["nhn"], "it is no heartbeat"
            replication.stop(conn, dialect)
        until(lambda: all(row.valid_until < promotable.now() for row in promotable.gate.look().rows))
        astray = Agent("nhn", "nhn", T, store=Store(), gate=wrong.gate("nhn"), pulse=wrong.gate("nhn"), clock=lambda: now[0])
        astray.tend_record()
        assert f"leads to server {copy}, which is aws's by its own row" in (astray.gate_said or "")
        assert not wrong.gate("nhn").open("nhn", 7, promotable.now() + 60), "nor by a statement that comes there unlooked"
        assert promotable.gate.look().own is None and promotable.reign() is None

        with promotable.login(AGENT) as conn:
            replication.start(conn, dialect, limit=20.0)
            replication.promote(conn, dialect)
        assert wrong.gate("aws").open("aws", 8, promotable.now() + 60)
        assert promotable.reign() == Reign("aws", 8) and promotable.gate.look().named == ()
    finally:
        with primary.login(AGENT) as conn:
            execute(conn, "DELETE FROM dr.gate WHERE epoch = 0")       # before the copy follows from there again, without that row


def test_standing_is_what_the_server_says_of_itself(primary: Place, standby: Place) -> None:
    assert primary.gate.standing().alone
    seen = standby.gate.standing()
    assert seen.source == f"{primary.server.host}:3306" and seen.copying and not seen.alone
