# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Closing a gate on real servers: what is older is waited for, the rest is ended by the provider's own procedure, and nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.databases import LocalSessions
from ansible_collections.multicloud.dr.plugins.module_utils.switch.drain import Drained, StillRunning, drain, shut
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from tests.contract.gate_places import AGENT, APP, SHOP, SYNC, Place
from tests.contract.mysql_pair import until


@pytest.fixture(scope="module")
def aisle(places: tuple[Place, Place]) -> Iterator[None]:
    """Table sales.aisle, guarded, at both servers."""
    primary, standby = places
    with primary.login(AGENT) as conn:
        execute(conn, "CREATE TABLE sales.aisle (id INT PRIMARY KEY, seat INT UNIQUE)")
        gate_triggers.install(conn, [APP])
    with standby.login(AGENT) as conn:
        until(lambda: query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'sales' AND table_name = 'aisle'"))


@pytest.fixture
def writer(aisle: None, primary: Place) -> Place:
    """The writer, its gate open, the table empty."""
    with primary.login(SYNC) as conn:
        execute(conn, "DELETE FROM sales.aisle")
    primary.gate.open("nhn", 7, primary.now() + 600)
    return primary


def sessions(place: Place) -> LocalSessions:
    """As agent and switch make them, with the agent's account."""
    server = place.server
    return LocalSessions(Config("nhn", "nhn", "tickets", Timing(), {"database": {
        "host": server.host, "port": server.port, "user": server.user, "password": server.password, "dialect": place.dialect}}))


def shut_down(place: Place, patience: float) -> Drained:
    return shut(place.gate, sessions(place), time.monotonic, time.sleep, patience)


def rows(place: Place) -> list[int]:
    with place.login(AGENT) as conn:
        return [row["id"] for row in query(conn, "SELECT id FROM sales.aisle ORDER BY id")]


def ended(conn: Any) -> bool:
    with pytest.raises(DatabaseFault) as fault:
        execute(conn, "COMMIT")
    return fault.value.code in (0, 1317, 2006, 2013, 1927)


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_what_was_written_and_not_committed_is_ended_and_undone(writer: Place, isolation: str) -> None:
    with writer.login(SHOP) as shop:
        execute(shop, f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
        execute(shop, "BEGIN")
        execute(shop, "INSERT INTO sales.aisle VALUES (1, 1)")
        thread = value(shop, "SELECT CONNECTION_ID()")
        done = shut_down(writer, 0.0)
        assert done.killed == (f"app (thread {thread})",)
        assert ended(shop)
    assert rows(writer) == []


def test_a_transaction_that_saw_the_gate_open_goes_on_seeing_it_until_it_is_ended(writer: Place) -> None:
    """Why waiting for writers alone would not do: at REPEATABLE READ the trigger sees the gate as it was when the transaction began."""
    with writer.login(SHOP) as shop:
        execute(shop, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        execute(shop, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        assert writer.gate.close()
        execute(shop, "INSERT INTO sales.aisle VALUES (2, 2)")
        execute(shop, "ROLLBACK")
        writer.gate.open("nhn", 7, writer.now() + 600)
        execute(shop, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        assert len(shut_down(writer, 0.0).killed) == 1 and ended(shop)
    assert rows(writer) == []


def test_a_writer_that_passed_its_guard_and_waits_for_a_key_is_ended(writer: Place) -> None:
    """INSERT asks its guard before it waits for a unique key, so it would go on when the other one rolls back."""
    said: list[BaseException | int] = []

    def wait() -> None:
        with writer.login(SHOP) as second:
            try:
                said.append(execute(second, "INSERT INTO sales.aisle VALUES (4, 1)"))
            except DatabaseFault as fault:
                said.append(fault)

    with writer.login(SHOP) as first, writer.login(AGENT) as agent:
        execute(first, "BEGIN")
        execute(first, "INSERT INTO sales.aisle VALUES (3, 1)")
        waiter = threading.Thread(target=wait)
        waiter.start()
        until(lambda: value(agent, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))
        assert len(shut_down(writer, 0.0).killed) == 2
        waiter.join(20)
        assert isinstance(said[0], DatabaseFault) and ended(first)
    assert rows(writer) == []


def test_what_was_prepared_is_waited_for_and_only_its_coordinator_ends_it(writer: Place) -> None:
    """No gate is asked by XA COMMIT, there is no connection to end, and no account at NHN may ask for its name."""
    with writer.login(SHOP) as shop, writer.login(SHOP) as coordinator, writer.login(AGENT) as agent:
        for statement in ("XA START 'aisle'", "INSERT INTO sales.aisle VALUES (7, 7)", "XA END 'aisle'", "XA PREPARE 'aisle'"):
            execute(shop, statement)
        assert writer.gate.close()
        with pytest.raises(StillRunning, match="an XA transaction that was prepared"):
            drain(sessions(writer), time.monotonic, time.sleep, 0.0, limit=0.5)
        with pytest.raises(DatabaseFault, match="1401"):
            query(agent, "XA RECOVER")
        execute(coordinator, "XA ROLLBACK 'aisle'")
        assert drain(sessions(writer), time.monotonic, time.sleep, 0.0).killed == () and rows(writer) == []


def test_who_ends_in_time_is_left_alone(writer: Place) -> None:
    shop_began, looked = threading.Event(), threading.Event()
    said: list[str] = []

    def buy() -> None:
        with writer.login(SHOP) as shop:
            execute(shop, "BEGIN")
            execute(shop, "INSERT INTO sales.aisle VALUES (5, 5)")
            shop_began.set()
            looked.wait(20)
            execute(shop, "COMMIT")
            said.append("committed")

    buyer = threading.Thread(target=buy)
    buyer.start()
    assert shop_began.wait(20)
    assert writer.gate.close()
    ours = sessions(writer)

    class Watched:
        def __init__(self) -> None:
            self.looks = 0

        def running(self) -> Any:
            self.looks += 1
            if self.looks == 3:
                looked.set()
            return ours.running()

        def kill(self, thread: int) -> bool:
            raise AssertionError(f"thread {thread} was ended")

    done = drain(Watched(), time.monotonic, time.sleep, 20.0)
    buyer.join(20)
    assert done.killed == () and said == ["committed"] and rows(writer) == [5]


def test_readers_that_say_so_are_left_alone(writer: Place) -> None:
    """A copy's snapshot, for one."""
    with writer.login(SYNC) as reader:
        execute(reader, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        execute(reader, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        assert shut_down(writer, 0.0).killed == ()
        assert query(reader, "SELECT COUNT(*) AS n FROM sales.aisle")[0]["n"] == 0


def test_at_the_standby_its_procedure_ends_a_writer_and_replication_goes_on(standby: Place, writer: Place) -> None:
    with standby.login(SYNC) as repair, writer.login(SHOP) as shop:
        execute(repair, "BEGIN")
        execute(repair, "INSERT INTO sales.aisle VALUES (66, 66)")
        thread = value(repair, "SELECT CONNECTION_ID()")
        assert drain(sessions(standby), time.monotonic, time.sleep, 0.0).killed == (f"dr_sync (thread {thread})",)
        assert ended(repair)
        execute(shop, "INSERT INTO sales.aisle VALUES (6, 6)")
        until(lambda: rows(standby) == [6])
    with standby.login(AGENT) as conn:
        assert replication.status(conn, dialects.for_site(standby.dialect)).running
