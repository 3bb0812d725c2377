# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of real servers that would make a proof false, end a view, or keep a repair from writing; a password that replication does not take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from lab.hosts.mysql import server as hosts
from tests.contract import mysql_pair
from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

NHN, AWS = mysql_pair.NHN, mysql_pair.AWS


@contextmanager
def setting(name: str, number: object, *servers: str) -> Iterator[None]:
    for server in servers:
        hosts.sql(server, f"SET GLOBAL {name} = {number};")
    try:
        yield
    finally:
        for server in servers:
            hosts.sql(server, f"SET GLOBAL {name} = DEFAULT;")


@pytest.mark.parametrize("small", [(NHN,), (AWS,), (NHN, AWS)])
def test_rows_longer_than_a_packet_are_no_equal_rows(shop: Shop, small: tuple[str, ...]) -> None:
    """MySQL puts a row together to NULL then, and a sum leaves that out: both of these were called equal."""
    shop.both("CREATE TABLE wide (id INT PRIMARY KEY, v VARBINARY(20000), w VARBINARY(20000), x CHAR(1))", "CREATE TABLE slim (id INT PRIMARY KEY)")
    for server, last in ((shop.source, "a"), (shop.target, "b")):
        shop.on(server, f"INSERT INTO wide VALUES (1, REPEAT('x', 9000), REPEAT('y', 9000), '{last}'), (2, 's', 's', 'z')")
    with setting("max_allowed_packet", 16384, *small):
        looks = (lambda: compare(shop.source, shop.target, [SCHEMA]), shop.repair,
                 lambda: find(Sides(shop.source, shop.target, "aws", "nhn"), [SCHEMA], by_gtid=False))
        for look in looks:
            with pytest.raises(Fault, match=r"shop\.wide \(a row may take 40\d\d\d bytes, and .*has a max_allowed_packet of 16384\)"):
                look()
        assert compare(shop.source, shop.target, [SCHEMA], ignore=["shop.wide"]).equal
        with shop.target.connected() as conn:
            if AWS in small:
                with pytest.raises(Fault, match=r"shop\.wide"):
                    dump.counted(conn, [SCHEMA])
    assert compare(shop.source, shop.target, [SCHEMA]).differing_rows == 1
    assert shop.repair().equal


def test_a_view_outlasts_a_reader_that_takes_nothing_for_longer_than_the_server_waits(shop: Shop) -> None:
    """As when the store does not answer: the dump of hours was begun again."""
    shop.on(shop.source, "CREATE TABLE fat (id INT AUTO_INCREMENT PRIMARY KEY, b MEDIUMBLOB)",
            *["INSERT INTO fat (b) VALUES (REPEAT('x', 1000000))"] * 40)
    with setting("net_write_timeout", 1, NHN), snapshot(shop.source, [SCHEMA]) as view:
        size = 0
        for number, block in enumerate(dump.dump(view.conn, [SCHEMA])):
            size += len(block)
            if number == 12:
                time.sleep(5)           # with the buffers of both ends full
        assert size > 40_000_000


def test_a_server_that_takes_no_update_without_a_key_is_repaired_all_the_same(shop: Shop) -> None:
    shop.both("CREATE TABLE bag (a INT)", "INSERT INTO bag VALUES (1), (2)", "CREATE TABLE seats (id INT PRIMARY KEY, v INT)",
              "INSERT INTO seats VALUES (1, 1), (2, 2)")
    shop.damage("DELETE FROM bag WHERE a = 1", "INSERT INTO bag VALUES (9)", "UPDATE seats SET v = 5", "INSERT INTO seats VALUES (3, 3)")
    with setting("sql_safe_updates", "ON", AWS):
        done = shop.repair()
        assert done.equal and not done.not_repaired
    with setting("sql_safe_updates", "ON", AWS):
        shop.damage("DROP TABLE bag, seats")
        assert copy(shop.source, shop.target, [SCHEMA]).rows == 4
    assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_a_password_that_replication_does_not_take_is_refused_first(shop: Shop) -> None:
    """MySQL itself says so when the source is named, after the hours of seeding."""
    source = dialects.Source(shop.source.host, 3306, "dr_long", "x" * (replication.PASSWORD_LIMIT + 1))
    with shop.target.connected() as there, pytest.raises(DatabaseFault):
        replication.follow(there, dialects.for_site("aws_rds"), source, dialects.Position("mysql-bin.000001", 4))
    hosts.sql(NHN, f"SET sql_log_bin = 0; CREATE USER dr_long IDENTIFIED BY '{source.password}'; GRANT REPLICATION SLAVE ON *.* TO dr_long;")
    try:
        with pytest.raises(Fault, match="longer than the 32 bytes that MySQL takes for replication; nothing was touched"):
            replication.prime(source)
        replication.prime(dialects.Source(shop.source.host, 3306, "dr_repl", "it's repl"))
    finally:
        hosts.sql(NHN, "SET sql_log_bin = 0; DROP USER dr_long;")

