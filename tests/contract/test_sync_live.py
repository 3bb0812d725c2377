# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Comparing and repairing while the source is written and the target follows it, on real servers: nothing that moves is called different, and
nothing that is repaired goes back in time."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import compare as comparing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import look, tables, writing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import Chunk, checksum_sql
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.pair import HELD_POLL, paired
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.waiting import SystemClock

from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import AWS, until
from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

BEHIND = 20         # commits
PATIENCE = 120      # seconds that a replica may take to catch up with somebody who sells at full speed, on a machine that has other things to do


@contextmanager
def following(shop: Shop) -> Iterator[None]:
    """The target follows the source from here on."""
    aws = dialects.for_site("aws_rds", (9, 7))
    source = dialects.Source(shop.source.host, shop.source.port, "dr_repl", "it's repl")
    with shop.target.connected() as conn, shop.source.connected() as reader:
        replication.prime(source)
        replication.follow(conn, aws, source, replication.binlog_position(reader))
        replication.start(conn, aws, limit=20)
        try:
            yield
        finally:
            replication.detach(conn, aws)


@contextmanager
def selling(shop: Shop) -> Iterator[list[int]]:
    """Somebody sells, changes and takes back seats as fast as the replica can follow, which is some commits behind: on a machine where the seller is
    the faster one a comparison would wait for every range until it gives up. The list counts commits.
    """
    stop, commits, dice = threading.Event(), [0], random.Random(7)

    def go() -> None:
        with shop.source.connected(database=SCHEMA) as conn, shop.target.connected(database=SCHEMA) as replica:
            while not stop.is_set():
                if commits[0] - value(replica, "SELECT COUNT(*) FROM seats WHERE id >= 400") > BEHIND:
                    stop.wait(0.02)
                    continue
                seat = dice.randrange(1, 400)
                execute(conn, "START TRANSACTION")
                execute(conn, f"UPDATE seats SET buyer = '{dice.random()}' WHERE id = {seat}")
                execute(conn, f"DELETE FROM seats WHERE id = {seat % 97}")
                execute(conn, f"INSERT INTO seats VALUES ({400 + commits[0]}, 'new') ON DUPLICATE KEY UPDATE buyer = 'again'")
                execute(conn, f"INSERT INTO log VALUES ({seat})")
                execute(conn, f"DELETE FROM log WHERE x = {seat - 1}")
                execute(conn, "COMMIT")
                commits[0] += 1

    thread = threading.Thread(target=go)
    thread.start()
    try:
        until(lambda: commits[0] > 10)
        yield commits
    finally:
        stop.set()
        thread.join()


def build(shop: Shop) -> None:
    shop.both("CREATE TABLE seats (id INT PRIMARY KEY, buyer VARCHAR(40))", "CREATE TABLE log (x INT)",
              "CREATE TABLE still (id INT PRIMARY KEY, v INT)",
              "INSERT INTO seats WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i, 'x' FROM n",
              "INSERT INTO still SELECT id, 1 FROM seats")


def test_rows_that_are_on_their_way_are_not_differences_and_rows_that_differ_are_found(shop: Shop) -> None:
    build(shop)
    with following(shop), selling(shop) as commits:
        turns, begun = 0, commits[0]
        while turns < 4 or commits[0] < begun + 50:
            found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=50, settle_seconds=PATIENCE)
            assert found.differing_rows == 0, found.differences
            turns += 1
        shop.damage("UPDATE still SET v = 2 WHERE id = 77")
        found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=50, settle_seconds=PATIENCE)
        assert [(row["table"], row["key"]) for row in found.differences] == [("shop.still", {"id": "77"})]


def test_a_repair_under_way_puts_nothing_back_in_time(shop: Shop) -> None:
    """Rows that nobody writes are damaged, beside rows that move: afterwards everything is equal, and replication has met no surprise."""
    build(shop)
    with following(shop):
        with selling(shop):
            shop.damage("UPDATE seats SET buyer = 'wrong' WHERE id BETWEEN 100 AND 110", "UPDATE still SET v = 0 WHERE id < 9",
                        "DELETE FROM still WHERE id > 390", "INSERT INTO still VALUES (-1, 1)")
            done = repair(shop.source, shop.target, [SCHEMA], chunk_rows=50, settle_seconds=PATIENCE)
            assert (done.counts.inserted, done.counts.deleted) == (10, 1) and done.counts.updated >= 8, done.facts()
        with shop.source.connected() as reader, shop.target.connected() as conn:
            replication.catch_up(conn, dialects.for_site("aws_rds", (9, 7)), replication.binlog_position(reader), PATIENCE)
        found = compare(shop.source, shop.target, [SCHEMA])
        assert found.equal, found.differences


def test_a_replica_that_is_held_up_is_waited_for(shop: Shop) -> None:
    """The applier waits for a lock of ours; the row that it brings is not called different meanwhile."""
    build(shop)
    with following(shop), shop.target.connected() as holder:
        execute(holder, "START TRANSACTION")
        execute(holder, f"SELECT * FROM {SCHEMA}.still WHERE id = 5 FOR UPDATE")
        shop.on(shop.source, "UPDATE still SET v = 9 WHERE id = 5")
        timer = threading.Timer(1.5, holder.rollback)
        timer.start()
        found = compare(shop.source, shop.target, [SCHEMA], settle_seconds=PATIENCE)
        timer.join()
        assert found.equal, found.differences


def test_whoever_waits_for_rows_that_are_held_is_seen_however_quickly_it_is_looked_for(shop: Shop) -> None:
    """InnoDB's list of transactions stays as it is for as long as somebody reads it again within a tenth of a second: the replica would wait for us,
    and we for the replica, until the limit."""
    class Looks(SystemClock):
        slept = 0

        def sleep(self, seconds: float) -> None:
            self.slept += 1
            super().sleep(seconds)

    build(shop)
    clock, limit = Looks(), 30.0
    with following(shop), paired(shop.source, shop.target, limit, clock) as pair:
        execute(pair.there, "START TRANSACTION")
        execute(pair.there, f"SELECT * FROM {SCHEMA}.still WHERE id = 5 FOR UPDATE")
        shop.on(shop.source, "UPDATE still SET v = 9 WHERE id = 5")
        assert not pair.holds_still()
        assert 0 < clock.slept * HELD_POLL < limit / 4, "and not because the limit was over"
        pair.there.rollback()


@contextmanager
def holding_seats(shop: Shop, seats: int) -> Iterator[list[int]]:
    """So many seats are held and released, always by the same buyer, at random and about as fast as the replica is behind; counts them."""
    stop, held, dice = threading.Event(), [0], random.Random(11)

    def go(seat: int, pauses: random.Random) -> None:
        with shop.source.connected(database=SCHEMA) as conn:
            while not stop.wait(pauses.uniform(0.1, 0.5)):
                execute(conn, f"INSERT INTO holds VALUES ({seat}, 'kim')")
                stop.wait(pauses.uniform(0.1, 0.5))
                execute(conn, f"DELETE FROM holds WHERE seat = {seat}")
                held[0] += 1

    threads = [threading.Thread(target=go, args=(seat, random.Random(dice.random()))) for seat in range(seats)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: held[0] > 2 * seats)
        yield held
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_seats_that_are_held_and_released_before_a_replica_that_is_behind_are_no_differences_and_no_repair_stops_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However they come and go, and however like they look whenever they are looked at."""
    monkeypatch.setattr(look, "ROUNDS", 2)
    shop.both("CREATE TABLE holds (seat INT PRIMARY KEY, buyer VARCHAR(9))", "CREATE TABLE still (id INT PRIMARY KEY)", "CREATE TABLE bag (x INT)",
              "INSERT INTO still VALUES (1)")
    with following(shop):
        sql(AWS, "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 1; START REPLICA SQL_THREAD;")
        try:
            with holding_seats(shop, 5) as held:
                shop.damage("INSERT INTO still VALUES (2)")
                for extra in (1, 0):
                    begun = held[0]
                    done = repair(shop.source, shop.target, [SCHEMA], settle_seconds=60)
                    assert done.comparison.differing_rows == done.counts.written == done.counts.deleted == extra, done.facts()
                    until(lambda begun=begun: held[0] > begun + 5)      # nobody who holds seats was stopped for good
            with shop.source.connected() as reader, shop.target.connected() as conn:
                seen = replication.catch_up(conn, dialects.for_site("aws_rds", (9, 7)), replication.binlog_position(reader), PATIENCE)
            assert seen.running, seen.sql_error
        finally:
            sql(AWS, "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0;")
    assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_a_deletion_that_comes_while_the_row_is_being_deleted_finds_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the row gone by then, replication would stop (1032). It is taken back, and replication takes it out; so with rows written together
    and tables without a key."""
    shop.both("CREATE TABLE holds (seat INT PRIMARY KEY)", "CREATE TABLE bag (x INT)", "INSERT INTO holds VALUES (1), (2)",
              "INSERT INTO bag VALUES (1), (2)")
    aws = dialects.for_site("aws_rds", (9, 7))
    for table, way in (("holds", "write"), ("holds", "write_together"), ("bag", "write_whole")):
        with following(shop), shop.target.connected() as conn, shop.source.connected() as reader:
            replication.stop(conn, aws)
            shop.on(shop.source, f"DELETE FROM {table} LIMIT 1")
            with paired(shop.source, shop.target, 5, SystemClock()) as pair:
                described = tables.describe(pair.here, [SCHEMA])[f"{SCHEMA}.{table}"]
                if described.key:
                    digests = look.digests_that_differ(pair, Chunk(described), 2)
                    rows = [look.Found(key, *both) for key, both in digests.items()]
                else:
                    mine, theirs = pair.ask(*checksum_sql(Chunk(described)), doing="add up")
                    rows = [look.Found((), look.sum_of(mine[0]), look.sum_of(theirs[0]))]
                writer = writing.Writer(pair, [], 2**20)
                drop = writing.Writer._drop_surplus if way == "write_whole" else writing.Writer._delete
                name = drop.__name__

                def dropping(self: Any, *about: Any, drop: Any = drop, conn: Any = conn) -> None:
                    drop(self, *about)
                    replication.start(conn, aws, limit=20)

                monkeypatch.setattr(writing.Writer, name, dropping)
                if way == "write_whole":
                    assert not writer.write_whole(described, rows[0])
                else:
                    with pytest.raises(writing.Moving):
                        writer.write(described, rows) if way == "write" else writer.write_together({described.label: rows}, [described])
                monkeypatch.undo()
                assert writer.counts.written == 0
            replication.catch_up(conn, aws, replication.binlog_position(reader), 20)
            assert replication.status(conn).running
        assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_a_row_that_changes_between_the_look_and_the_write_is_looked_at_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source changes right after rows were found to differ: what is written is what is right now, and only after another look. A row that only
    the target had, and the source has by now, is not deleted."""
    build(shop)
    shop.damage("UPDATE still SET v = 0 WHERE id IN (5, 6)", "DELETE FROM still WHERE id = 7", "INSERT INTO still VALUES (-5, 3)")
    deleted = []

    def then_change(*about: Any) -> Any:
        found = look.look(*about)
        if about[1].table.name == "still":
            shop.on(shop.source, "UPDATE still SET v = 33 WHERE id = 5", "DELETE FROM still WHERE id IN (6, 7)",
                    "INSERT IGNORE INTO still VALUES (-5, 44)")
        return found

    monkeypatch.setattr(comparing, "look", then_change)
    delete = writing.Writer._delete
    monkeypatch.setattr(writing.Writer, "_delete", lambda self, table, keys: deleted.extend(keys) or delete(self, table, keys))
    done = repair(shop.source, shop.target, [SCHEMA])
    assert (done.counts.inserted, done.counts.updated, done.counts.deleted, done.counts.equal) == (0, 2, 1, 0)
    assert (done.counts.gone, done.passes) == (1, 2) and done.equal, "of a row that neither side has any more another comparison tells"
    assert deleted == [(6,)]
    shop.same("still", ["id", "v"], "id")
