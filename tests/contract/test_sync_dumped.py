# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup of values of every awkward kind, loaded into another real server: the sums in its proof come out the same.

Named so that it comes after the tests of replication: the pair of `shop` follows nobody any more.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import AWS, NHN
from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

VALUES = (
    ("VECTOR(2)", "STRING_TO_VECTOR('[-1.3,2.7]')"), ("JSON", "'{\"a\": \"가🎫\"}'"), ("GEOMETRY", "ST_GeomFromText('POINT(1 2)', 4326)"),
    ("BIT(5)", "b'101'"), ("ENUM('1', '')", "0"), ("SET('a', 'b')", "3"), ("VARCHAR(9) CHARACTER SET sjis", "_sjis X'5C41'"),
    ("VARCHAR(9) CHARACTER SET cp932", "_cp932 X'EEF9'"), ("VARCHAR(9) CHARACTER SET utf16", "'가🎫'"), ("DATE", "'2026-02-31'"),
    ("DATETIME", "'0000-00-00'"), ("FLOAT", "0.1"), ("DOUBLE", "1.7976931348623157e308"), ("TEXT", "'-- a\\nDELIMITER x //dr//'"),
    ("VARBINARY(9)", "X''"), ("INT INVISIBLE", "5"), ("TEXT CHARACTER SET gbk", "'中国'"), ("TIME(6)", "'-838:59:59'"))


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_dump_loads_as_what_was_dumped(shop: Shop, kind: str, value: str) -> None:
    shop.on(shop.source, f"CREATE TABLE d (id INT PRIMARY KEY, k {kind}, v INT)", f"INSERT INTO d (id, k) VALUES (7, {value}), (8, NULL)")
    with snapshot(shop.source, [SCHEMA]) as view:
        text, counted = list(dump.dump(view.conn, [SCHEMA])), dump.counted(view.conn, [SCHEMA])
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        assert dump.counted(conn, [SCHEMA]) == counted


def test_events_come_at_rest_in_their_own_time_and_those_whose_time_is_over_too(shop: Shop) -> None:
    """MySQL makes no event that is over and would go with its end: such a dump could not be loaded, and the next try no better."""
    with shop.source.connected(database=SCHEMA) as conn:
        execute(conn, "CREATE TABLE ran (name VARCHAR(9))")
        execute(conn, "CREATE EVENT often ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ran VALUES ('often')")
        execute(conn, "CREATE EVENT once ON SCHEDULE AT '2036-01-01 00:00:00' DO INSERT INTO ran VALUES ('once')")
        execute(conn, "CREATE EVENT ends ON SCHEDULE EVERY 1 HOUR STARTS '2036-01-01 00:00:00' ENDS '2036-02-01 00:00:00' "
                      "DO INSERT INTO ran VALUES ('ends')")
        execute(conn, "SET time_zone = 'SYSTEM'")
        execute(conn, "CREATE EVENT zoneless ON SCHEDULE AT '2037-01-01 04:00:00' DO INSERT INTO ran VALUES ('none')")
        execute(conn, "SET time_zone = '+09:00'")
        execute(conn, "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 04:00:00' DO INSERT INTO ran VALUES (CURRENT_TIME)")
    with snapshot(shop.source, [SCHEMA]) as view:
        text = [block.replace(b"'2036-", b"'2020-") for block in dump.dump(view.conn, [SCHEMA])]       # as it is loaded sixteen years later
    asked = (f"SELECT event_name AS name, time_zone AS zone, CAST(COALESCE(execute_at, starts) AS CHAR) AS at, status "
             f"FROM information_schema.events WHERE event_schema = '{SCHEMA}' ORDER BY 1")
    before = {row[0]: row for row in shop.rows(shop.source, asked)}
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        after = {row["name"]: tuple(row.values()) for row in query(conn, asked)}
        assert {*after} == {"often", "once", "ends", "zoneless", "nightly"} and {row[3] for row in after.values()} == {"DISABLED"}
        assert after["nightly"][1:3] == before["nightly"][1:3] == ("+09:00", "2037-01-01 04:00:00")
        assert after["zoneless"][1:3] == ("+00:00", "2037-01-01 04:00:00"), "both servers' system clocks are UTC"
        assert query(conn, "SELECT @@SESSION.time_zone AS zone") == [{"zone": "+00:00"}]
    created = [statement for statement in dump.statements(text) if statement.startswith("CREATE EVENT")]
    assert len(created) == 5 and all(" DISABLE DO " in statement for statement in created), "one that was enabled for a moment may have run"


# Each of them is brought by piece, the widest row in all of its kinds.
LONG = ("CREATE TABLE d (id INT PRIMARY KEY, a LONGBLOB, b LONGBLOB NOT NULL, t LONGTEXT, s LONGTEXT CHARACTER SET sjis, "
        "w LONGTEXT CHARACTER SET utf16, j JSON, g GEOMETRY, e ENUM('x'), day DATE)",
        "INSERT INTO d VALUES (1, REPEAT(X'AB00', 8388608), REPEAT(X'CD27', 8388608), REPEAT('가🎫', 700000), REPEAT(_sjis X'5C41', 2400000), "
        "REPEAT('가🎫', 900), CONCAT('\"', REPEAT('가', 1700000), '\"'), ST_GeomFromText('POINT(1 2)', 4326), 0, '0000-00-00'), "
        "(2, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-02-31'), (3, 'x', REPEAT('y', 5000000), '', '', '', 'null', NULL, 1, NULL)")


@pytest.mark.parametrize("client", ["ours", "mysql"])
def test_a_row_of_long_values_loads_though_no_statement_could_hold_it(shop: Shop, client: str) -> None:
    """In hexadecimal two values of 16 MiB are more than the 64 MiB that either cloud takes: such a backup was made, and could not be loaded."""
    shop.on(shop.source, *LONG)
    with snapshot(shop.source, [SCHEMA]) as view:
        counted = dump.counted(view.conn, [SCHEMA])
        text = list(dump.dump(view.conn, [SCHEMA]))
    assert max(map(len, text)) < 12 << 20, "the mysql client sends 16 MiB"
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        if client == "ours":
            dump.load(conn, text)
        else:
            hosts.sql(AWS, b"".join(text).decode())
        assert dump.counted(conn, [SCHEMA]) == counted


@pytest.fixture
def packets() -> Iterator[None]:
    """Servers whose max_allowed_packet a test sets."""
    yield
    for name in (NHN, AWS):
        hosts.sql(name, "SET GLOBAL max_allowed_packet = DEFAULT;")


def test_what_a_server_cannot_hold_stops_loading_instead_of_coming_as_null(shop: Shop, packets: None) -> None:
    shop.on(shop.source, "CREATE TABLE d (id INT PRIMARY KEY, a LONGBLOB)", "INSERT INTO d VALUES (1, REPEAT('x', 20971520))")
    with snapshot(shop.source, [SCHEMA]) as view:
        text = list(dump.dump(view.conn, [SCHEMA]))
    hosts.sql(AWS, f"SET GLOBAL max_allowed_packet = {16 << 20};")
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        with pytest.raises(DatabaseFault, match="longer than max_allowed_packet of this server"):
            dump.load(conn, text)


@pytest.mark.parametrize("kind", ["LONGBLOB", "LONGTEXT CHARACTER SET latin1"])
def test_a_value_that_could_not_be_brought_back_refuses_the_backup_by_name(shop: Shop, packets: None, kind: str) -> None:
    shop.on(shop.source, f"CREATE TABLE d (who VARCHAR(9) PRIMARY KEY, a {kind})", "INSERT INTO d VALUES ('me', REPEAT('x', 2000000)), ('you', 'y')")
    hosts.sql(NHN, f"SET GLOBAL max_allowed_packet = {1 << 20};")
    with snapshot(shop.source, [SCHEMA]) as view, pytest.raises(Fault, match=r"shop\.d \(who = me\)(?s:.*)a has 2000000 bytes(?s:.*)does not count"):
        list(dump.dump(view.conn, [SCHEMA]))


def test_a_dump_holds_one_row_at_a_time(shop: Shop) -> None:
    shop.on(shop.source, "CREATE TABLE d (id INT AUTO_INCREMENT PRIMARY KEY, a LONGBLOB)",
            *["INSERT INTO d (a) VALUES " + ", ".join(["(REPEAT('x', 1000000))"] * 20)] * 4)
    with snapshot(shop.source, [SCHEMA]) as view:
        tracemalloc.start()
        try:
            size = sum(map(len, dump.dump(view.conn, [SCHEMA])))
            assert size > 160_000_000 and tracemalloc.get_traced_memory()[1] < 24 << 20
        finally:
            tracemalloc.stop()
