# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Salvage among rows that refer to each other, where cascades are in no binary log: nothing the writer took back or sold is undone by a replay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, Replayed, replay
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Report, load, save

from tests.contract.mysql_pair import until
from tests.contract.sync_pair import SCHEMA, Shop, apart

ORDERS = "CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(9))"
PAID = "INSERT INTO orders VALUES (1, 'paid'), (2, 'paid')"


@pytest.fixture
def shop(alone: tuple[Server, Server]) -> Iterator[Shop]:
    """The source is the writer, the target the old server."""
    with alone[0].connected() as conn:
        assert int(value(conn, "SELECT @@innodb_native_foreign_keys")) == 1, "what a cascade does must be in no log"
    yield from apart(alone)


def seats(rule: str) -> str:
    return f"CREATE TABLE seats (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES orders (id) {rule})"


def checked(server: Server, *statements: str) -> None:
    """As an application writes: foreign keys are looked at."""
    with server.connected(database=SCHEMA) as conn:
        for statement in statements:
            execute(conn, statement)


class Split:
    """Both sites go on by themselves from here."""

    def __init__(self, shop: Shop, folder: Path, *built: str) -> None:
        self.shop, self.folder = shop, folder
        shop.both(*built)
        with shop.source.connected() as conn:
            self.since: Position = binlog_position(conn)

    def old(self, *statements: str) -> Split:
        checked(self.shop.target, *statements)
        return self

    def writer(self, *statements: str) -> Split:
        checked(self.shop.source, *statements)
        return self

    def search(self) -> Report:
        report = find(Sides(self.shop.target, self.shop.source, "nhn", "aws"), [SCHEMA], by_gtid=False, since=self.since)
        return load(save(report, self.folder).stem, self.folder)

    def judged(self) -> list[tuple[str, str, str, str]]:
        """(table, key, change, verdict)"""
        return sorted((row.table.split(".")[1], ",".join(map(str, row.key.values())), row.change, row.verdict) for row in self.search().rows)

    def replay(self, *, check: bool = False) -> Replayed:
        return replay(self.shop.source, self.search(), Decision("kim", ("replay",)), check=check)

    def now(self, table: str) -> list[tuple[object, ...]]:
        return self.shop.rows(self.shop.source, f"SELECT * FROM {table} ORDER BY 1")


@pytest.mark.parametrize(("rule", "did", "left"), [
    ("ON DELETE CASCADE", "REPLACE INTO orders VALUES (1, 'refunded')", [(20, 2)]),
    ("ON DELETE CASCADE", "DELETE FROM orders WHERE id = 1", [(20, 2)]),
    ("ON DELETE SET NULL", "DELETE FROM orders WHERE id = 1", [(10, None), (11, None), (20, 2)]),
    ("ON UPDATE CASCADE", "UPDATE orders SET id = 9 WHERE id = 1", [(10, 9), (11, 9), (20, 2)]),
    ("ON UPDATE SET NULL", "UPDATE orders SET id = 9 WHERE id = 1", [(10, None), (11, None), (20, 2)])])
def test_what_the_writers_cascade_did_is_never_undone(shop: Shop, tmp_path: Path, rule: str, did: str, left: list[tuple[object, ...]]) -> None:
    split = Split(shop, tmp_path, ORDERS, seats(rule), PAID, "INSERT INTO seats VALUES (10, 1), (11, 1), (20, 2)").writer(did)
    assert {verdict for table, _key, _change, verdict in split.judged() if table == "seats"} == {"conflict"}
    split.replay()
    assert split.now("seats") == left


def test_what_a_cascade_below_a_cascade_did_is_never_undone(shop: Shop, tmp_path: Path) -> None:
    """Only the uppermost row's going is in the log; and keys that are part of what cascades have moved, too."""
    split = Split(
        shop, tmp_path, ORDERS, "CREATE TABLE seats (o INT, n INT, PRIMARY KEY (o, n), FOREIGN KEY (o) REFERENCES orders (id) ON UPDATE CASCADE "
        "ON DELETE CASCADE)", "CREATE TABLE extras (id INT PRIMARY KEY, o INT, n INT, FOREIGN KEY (o, n) REFERENCES seats (o, n) ON UPDATE CASCADE "
        "ON DELETE CASCADE)", PAID, "INSERT INTO seats VALUES (1, 1), (2, 1)", "INSERT INTO extras VALUES (5, 1, 1), (6, 2, 1)")
    split.writer("DELETE FROM orders WHERE id = 1", "UPDATE orders SET id = 9 WHERE id = 2")
    assert {verdict for table, _key, _change, verdict in split.judged() if table != "orders"} == {"conflict"}
    split.replay()
    assert split.now("seats") == [(9, 1)] and split.now("extras") == [(6, 9, 1)]


def test_a_deletion_that_would_take_sales_along_is_a_conflict(shop: Shop, tmp_path: Path) -> None:
    split = Split(shop, tmp_path, ORDERS, seats("ON DELETE CASCADE"), "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c')",
                  "INSERT INTO seats VALUES (30, 3)")
    split.old("DELETE FROM orders WHERE id IN (2, 3)").writer("INSERT INTO seats VALUES (50, 2), (51, 2)")
    assert split.judged() == [("orders", "2", "delete", "conflict"), ("orders", "3", "delete", "replay"), ("seats", "30", "delete", "replay")]
    report = split.search()
    every = tuple(row.id for row in report.rows)
    done = replay(shop.source, report, Decision("kim", rows=every))            # not even when somebody says so
    assert len(done.done) == 2 and list(done.refused.values()) == ["rows of shop.seats refer to it"]
    assert split.now("seats") == [(50, 2), (51, 2)] and [row[0] for row in split.now("orders")] == [1, 2]


def test_what_was_sold_after_the_report_keeps_a_deletion_away(shop: Shop, tmp_path: Path) -> None:
    split = Split(shop, tmp_path, ORDERS, seats("ON DELETE CASCADE"), PAID).old("DELETE FROM orders")
    report = split.search()
    split.writer("INSERT INTO seats VALUES (50, 2)")
    done = replay(shop.source, report, Decision("kim", ("replay",)))
    assert len(done.done) == 1 and len(done.refused) == 1 and split.now("seats") == [(50, 2)] and split.now("orders") == [(2, "paid")]


@pytest.mark.parametrize("check", [True, False])
def test_what_the_old_sites_own_cascades_did_is_brought_over_in_an_order_that_works(shop: Shop, tmp_path: Path, check: bool) -> None:
    split = Split(shop, tmp_path, ORDERS, seats("ON DELETE CASCADE ON UPDATE CASCADE"),
                  "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')", "INSERT INTO seats VALUES (10, 1), (20, 2), (30, 3), (40, 4)")
    split.old("DELETE FROM orders WHERE id = 1", "UPDATE orders SET id = 9 WHERE id = 2", "UPDATE seats SET o = 4 WHERE id = 30",
              "DELETE FROM orders WHERE id = 3", "INSERT INTO orders VALUES (12, 'new')", "INSERT INTO seats VALUES (12, 12)")
    assert {verdict for *_row, verdict in split.judged()} == {"replay"}
    done = split.replay(check=check)
    assert not done.refused and len(done.done) == len(split.search().rows) + (0 if check else 9) == 9
    if not check:
        assert split.now("seats") == [(12, 12), (20, 9), (30, 4), (40, 4)] and [row[0] for row in split.now("orders")] == [4, 9, 12]


def test_a_purchase_never_comes_to_belong_to_somebody_else(shop: Shop, tmp_path: Path) -> None:
    """Both sites gave number 100 to a user."""
    split = Split(
        shop, tmp_path, "CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(40) NOT NULL UNIQUE)",
        "CREATE TABLE purchases (id BIGINT AUTO_INCREMENT PRIMARY KEY, idem VARCHAR(36) NOT NULL UNIQUE, seat INT NOT NULL UNIQUE, user_id BIGINT, "
        "FOREIGN KEY (user_id) REFERENCES users (id))", "INSERT INTO users VALUES (98, 'park@x'), (99, 'old@x')")
    split.old("INSERT INTO users (email) VALUES ('kim@x')", "INSERT INTO purchases (idem, seat, user_id) VALUES ('k1', 7, 100), ('k2', 9, 99)")
    split.writer("INSERT INTO users (email) VALUES ('lee@x')", "INSERT INTO purchases (idem, seat, user_id) VALUES ('l1', 8, 100)")
    assert split.judged() == [
        ("purchases", "1", "insert", "conflict"), ("purchases", "2", "insert", "replay"), ("users", "100", "update", "conflict")]
    split.replay()
    assert [(row[1], row[3]) for row in split.now("purchases")] == [("l1", 100), ("k2", 99)]


@pytest.mark.parametrize("gone", ["before", "after"])
def test_one_row_without_its_parent_stops_no_other(shop: Shop, tmp_path: Path, gone: str) -> None:
    split = Split(shop, tmp_path, ORDERS, seats(""), "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    split.old("INSERT INTO seats VALUES (60, 3), (61, 1)")
    if gone == "before":
        split.writer("DELETE FROM orders WHERE id = 3")
        assert ("seats", "60", "insert", "conflict") in split.judged() and ("seats", "61", "insert", "replay") in split.judged()
    report = split.search()
    split.writer("DELETE FROM orders WHERE id = 3")
    done = replay(shop.source, report, Decision("kim", rows=tuple(row.id for row in report.rows if row.table == f"{SCHEMA}.seats")))
    assert list(done.refused.values()) == [f"the row of {SCHEMA}.orders that it refers to is not there"]
    assert len(done.done) == 1 and split.now("seats") == [(61, 1)]


def test_what_only_mysql_can_refuse_stops_no_other_row(shop: Shop, tmp_path: Path) -> None:
    split = Split(shop, tmp_path, "CREATE TABLE seats (id INT PRIMARY KEY, n INT)").old("INSERT INTO seats VALUES (1, 5), (2, -5), (3, 6)")
    report = split.search()
    split.writer("ALTER TABLE seats ADD CHECK (n > 0)")
    done = replay(shop.source, report, Decision("kim", ("replay",)))
    assert len(done.done) == 2 and list(done.refused.values()) == ["MySQL refused it: it breaks a CHECK constraint (3819); nothing of it was done"]
    assert split.now("seats") == [(1, 5), (3, 6)]


def test_the_writers_row_is_looked_at_again(shop: Shop, tmp_path: Path) -> None:
    """A verdict is as old as its report: neither what was changed since is written over, nor what was put there."""
    split = Split(shop, tmp_path, ORDERS, "INSERT INTO orders VALUES (1, 'free'), (2, 'free'), (3, 'free')")
    split.old("UPDATE orders SET state = 'sold' WHERE id IN (1, 2)", "DELETE FROM orders WHERE id = 3")
    report = split.search()
    split.writer("UPDATE orders SET state = 'kept' WHERE id IN (1, 3)")
    done = replay(shop.source, report, Decision("kim", ("replay",)))
    assert len(done.done) == 1 and set(done.refused.values()) == {"the writer's row is not what it was when the report was made; search again"}
    assert split.now("orders") == [(1, "kept"), (2, "sold"), (3, "kept")]


class Buyer:
    """Who writes at the writer and has not committed yet, when a replay comes."""

    def __init__(self, shop: Shop, *statements: str) -> None:
        self.shop, self.statements = shop, statements

    def beside(self, report: Report) -> Replayed:
        """Replay the report, and commit once that waits for us, or is done."""
        done: list[Replayed | BaseException] = []

        def go() -> None:
            try:
                done.append(replay(self.shop.source, report, Decision("kim", ("replay",))))
            except BaseException as error:
                done.append(error)

        with self.shop.source.connected(database=SCHEMA) as conn, self.shop.source.connected() as looks:
            for statement in ("START TRANSACTION", *self.statements):
                execute(conn, statement)
            thread = threading.Thread(target=go)
            thread.start()
            until(lambda: done or value(looks, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))
            execute(conn, "COMMIT")
            thread.join(60)
        assert isinstance(done[0], Replayed), done
        return done[0]


@pytest.mark.parametrize("did", ["UPDATE orders SET state = 'mine' WHERE id = 1", "DELETE FROM orders WHERE id = 1"])
@pytest.mark.parametrize("change", ["UPDATE orders SET state = 'sold' WHERE id = 1", "DELETE FROM orders WHERE id = 1"])
def test_a_row_that_somebody_is_buying_is_looked_at_once_he_has_it(shop: Shop, tmp_path: Path, did: str, change: str) -> None:
    split = Split(shop, tmp_path, ORDERS, "INSERT INTO orders VALUES (1, 'free'), (2, 'free')").old(change, "DELETE FROM orders WHERE id = 2")
    done = Buyer(shop, did).beside(split.search())
    assert len(done.done) == 1 and set(done.refused.values()) == {"the writer's row is not what it was when the report was made; search again"}
    assert split.now("orders") == ([(1, "mine")] if did.startswith("UPDATE") else [])


@pytest.mark.parametrize("servers", ["alone", "pair"])
@pytest.mark.parametrize("refers", ["id", "code"])
def test_a_row_that_somebody_is_coming_to_refer_to_does_not_go(request: pytest.FixtureRequest, tmp_path: Path, servers: str, refers: str) -> None:
    """By its key, or by another index: a foreign key locks what it finds there, and nothing else of that row. Whoever looks at them: InnoDB, or since
    MySQL 9.6 the server."""
    with contextmanager(apart)(request.getfixturevalue(servers)) as shop:
        split = Split(shop, tmp_path, "CREATE TABLE orders (id INT PRIMARY KEY, code INT NOT NULL UNIQUE)",
                      f"CREATE TABLE seats (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES orders ({refers}) ON DELETE CASCADE)",
                      "INSERT INTO orders VALUES (1, 1), (2, 2)").old("DELETE FROM orders")
        done = Buyer(shop, "INSERT INTO seats VALUES (50, 2)").beside(split.search())
        assert len(done.done) == 1 and set(done.refused.values()) == {"rows of shop.seats refer to it"}
        assert split.now("seats") == [(50, 2)] and split.now("orders") == [(2, 2)]


def test_keys_that_are_spelled_otherwise_are_the_same_parent(shop: Shop, tmp_path: Path) -> None:
    split = Split(shop, tmp_path, "CREATE TABLE halls (name VARCHAR(9) PRIMARY KEY, v INT)",
                  "CREATE TABLE seats (id INT PRIMARY KEY, hall VARCHAR(9), FOREIGN KEY (hall) REFERENCES halls (name) ON DELETE CASCADE)",
                  "INSERT INTO halls VALUES ('Arena', 1), ('Dome', 1)",
                  "INSERT INTO seats VALUES (1, 'ARENA'), (2, 'dome')")
    split.old("INSERT INTO seats VALUES (3, 'arena'), (4, 'DOME')").writer("REPLACE INTO halls VALUES ('Arena', 2)")
    found = {key: verdict for table, key, _change, verdict in split.judged() if table == "seats"}
    assert found == {"1": "conflict", "3": "conflict", "4": "replay"}

