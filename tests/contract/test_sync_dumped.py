# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup of values of every awkward kind, loaded into another real server: the sums in its proof come out the same.

Named so that it comes after the tests of replication: the pair of `shop` follows nobody any more.
"""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

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
