# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real servers' lists of open transactions, which InnoDB leaves as they are for whoever reads them again within a tenth of a second of anybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import listed, open_transactions
from ansible_collections.multicloud.dr.plugins.module_utils.switch.drain import LOOK_EVERY, drain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent

from lab.hosts.mysql import server as hosts
from tests.contract import mysql_pair
from tests.contract.gate_places import AGENT, SHOP, Place
from tests.contract.mysql_pair import until
from tests.contract.test_gate_drain import sessions

RAW = "SELECT trx_mysql_thread_id AS thread FROM information_schema.innodb_trx"


@contextmanager
def again_and_again(do: Callable[[], object], every: float, after: float = 0.0) -> Iterator[list[Exception]]:
    """It is done by somebody else until the block ends, on the beat: `after` seconds after each multiple of `every`, and once before it begins.
    The list is of what went wrong.
    """
    stop, first = threading.Event(), threading.Event()
    faults: list[Exception] = []

    def go() -> None:
        try:
            while not stop.wait(every - (time.monotonic() - after) % every):
                do()
                first.set()
        except Exception as error:
            faults.append(error)
            first.set()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        assert first.wait(20)
        yield faults
    finally:
        stop.set()
        thread.join()
        assert not faults, faults


@contextmanager
def at_work(place: Place) -> Iterator[int]:
    """A customer's transaction is open; its connection's number."""
    with place.login(SHOP) as shop:
        execute(shop, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        yield int(value(shop, "SELECT CONNECTION_ID()"))
        execute(shop, "ROLLBACK")


def test_a_list_that_somebody_reads_all_the_time_is_old_and_is_not_believed(primary: Place) -> None:
    """Nothing on the server tells that it is old; whoever believed it would promote beside a customer at work."""
    with primary.login(AGENT) as other, primary.login(AGENT) as conn:
        time.sleep(0.2)
        with again_and_again(lambda: query(other, RAW), 0.03), at_work(primary) as thread:
            assert thread not in [row["thread"] for row in query(conn, RAW)]

            ours = sessions(primary)

            def told() -> bool:
                """Should this machine stand still for a tenth of a second, the list is renewed."""
                try:
                    assert [each.thread for each in ours.running()] == [thread]
                except GateSilent as error:
                    assert "Somebody reads information_schema.innodb_trx all the time" in str(error)
                    return True
                return False

            until(told)
        with at_work(primary) as thread:
            assert [each.thread for each in open_transactions(conn)] == [thread]


def test_two_who_look_at_once_never_see_an_old_list(primary: Place) -> None:
    """Two agent hosts of one site, each at its own pace: together they ask more often than the list is renewed."""
    now: list[int] | None = None        # who is at work; None while that changes
    looks = [0, 0]

    def looking(which: int) -> Callable[[], None]:
        ours = sessions(primary)

        def look() -> None:
            before = now
            seen = [each.thread for each in ours.running()]
            if before is not None and before is now:
                assert seen == before
                looks[which] += 1
        return look

    def enough() -> bool:
        assert not one + other
        return min(looks) > 3

    with again_and_again(looking(0), LOOK_EVERY) as one, again_and_again(looking(1), LOOK_EVERY, after=LOOK_EVERY / 2) as other:
        for _ in range(2):
            with at_work(primary) as thread:
                looks, now = [0, 0], [thread]
                until(enough)
                now = None
            looks, now = [0, 0], []
            until(enough)
            now = None


def test_two_drains_at_once_both_come_to_an_end(primary: Place) -> None:
    said: list[object] = []

    def go() -> None:
        said.append(drain(sessions(primary), time.monotonic, time.sleep, 1.0))

    with at_work(primary):
        both = [threading.Thread(target=go) for _ in range(2)]
        for each in both:
            each.start()
            time.sleep(LOOK_EVERY / 2)
        time.sleep(0.3)
        assert said == []
    for each in both:
        each.join(20)
    assert len(said) == 2 and all("nothing older runs" in str(each) for each in said)


def test_looking_leaves_no_transaction_and_shows_as_none(primary: Place) -> None:
    with primary.login(AGENT) as conn, primary.login(AGENT) as other:
        assert open_transactions(conn) == ()
        time.sleep(0.2)
        assert query(other, RAW) == []
        execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        assert open_transactions(other) == ()


def test_a_transaction_of_ours_is_told_from_one_of_before(primary: Place) -> None:
    """The list of a look that follows at once is the one before it: the same connection, the same made-up id."""
    with primary.login(AGENT) as conn:
        execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        listed(conn)
        with at_work(primary) as thread:
            assert thread in [row["thread"] for row in listed(conn)]


def test_a_replica_that_is_read_only_says_who_is_at_work(standby: Place) -> None:
    name = mysql_pair.AWS if standby.dialect == "aws_rds" else mysql_pair.NHN
    hosts.sql(name, "SET GLOBAL super_read_only = 1;")
    try:
        with standby.login(AGENT) as conn, at_work(standby) as thread:
            assert [each.thread for each in open_transactions(conn)] == [thread]
    finally:
        hosts.sql(name, "SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0;")
