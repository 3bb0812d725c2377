# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The binary log of a real server, read row by row: what it says is what SELECT says, and what another reader says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, server_uuid, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.cells import OPAQUE
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.rows import by_key, canonical
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.stream import changes, own_id
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import describe

from tests.contract.twins import Twins

COLUMNS = (
    ("a", "TINYINT", "-128"), ("b", "SMALLINT UNSIGNED", "65535"), ("c", "MEDIUMINT", "-8388608"), ("d", "INT ZEROFILL", "42"),
    ("e", "BIGINT UNSIGNED", "18446744073709551615"), ("f", "FLOAT", "0.1"), ("g", "DOUBLE", "-1.5e-30"),
    ("h", "DECIMAL(20,7)", "-1234567890.0012300"),
    ("i", "DECIMAL(9,0)", "0"), ("j", "DECIMAL(30,30)", "0.000000000000000000000000000001"), ("k", "CHAR(10)", "'좌석'"),
    ("l", "VARCHAR(300)", "'x y'"), ("m", "BINARY(4)", "X'00FF0000'"), ("n", "VARBINARY(4)", "X'00FF00'"), ("o", "TEXT", "REPEAT('긴', 300)"),
    ("p", "LONGBLOB", "REPEAT(X'0001', 40000)"), ("q", "DATE", "'2026-02-28'"), ("r", "DATETIME(3)", "'1999-12-31 23:59:59.125'"),
    ("s", "TIMESTAMP(6)", "'2026-01-01 00:00:00.000001'"), ("t", "TIME(2)", "'-100:00:01.25'"), ("u", "TIME", "'00:59:59'"), ("v", "YEAR", "2026"),
    ("w", "BIT(9)", "b'100000001'"), ("x", "POINT", "ST_GeomFromText('POINT(1 2)', 4326)"), ("y", "CHAR(255)", "REPEAT('가', 200)"),
    ("z", "VARCHAR(20) CHARACTER SET latin1", "'caf\u00e9'"), ("ab", "DATETIME", "'0001-01-01 00:00:00'"), ("ac", "TIME(6)", "'838:59:58.000001'"),
    ("ad", "VARCHAR(20) CHARACTER SET euckr", "'공연'"), ("ae", "DECIMAL(5,2)", "-0.05"), ("af", "VECTOR(3)", "STRING_TO_VECTOR('[1,-2.5,0]')"))


@pytest.fixture(scope="module")
def logged(twins: Twins) -> Any:
    """The changes to one wide table: a row in, a row of NULLs in, a change, a key changed, a row out."""
    server = twins.server("nhn")
    with server.connected() as conn, server.connected(raw=True) as raw:
        since = binlog_position(conn)
        execute(conn, "CREATE TABLE tickets.plainly (id INT PRIMARY KEY, b BIGINT UNSIGNED, c VARCHAR(300), d DECIMAL(20,7), e DATETIME(3), f TEXT)")
        execute(conn, "INSERT INTO tickets.plainly VALUES (1, 4294967296, '좌석', -12.0000003, '1999-12-31 23:59:59.125', 'x'), "
                      "(2, NULL, '', 0, NULL, REPEAT('긴', 300))")
        execute(conn, "UPDATE tickets.plainly SET d = d + 1")
        execute(conn, "DELETE FROM tickets.plainly WHERE id = 2")
        typed = ", ".join(f"{name} {kind} NULL" for name, kind, _value in COLUMNS)
        execute(conn, f"CREATE TABLE tickets.wide (id INT PRIMARY KEY, {typed}, js JSON, en ENUM('a','b'), twice INT AS (id * 2) STORED, "
                      "never INT AS (id * 3) VIRTUAL)")
        execute(conn, f"INSERT INTO tickets.wide (id, {', '.join(name for name, *_ in COLUMNS)}, js, en) VALUES "
                      f"(1, {', '.join(given for *_, given in COLUMNS)}, '{{\"a\": [1, null]}}', 'b')", ())
        table = describe(raw, ["tickets"])["tickets.wide"]
        first = by_key(raw, table, [("1",)])["1",]
        for statement in ("INSERT INTO tickets.wide (id) VALUES (2)", "UPDATE tickets.wide SET l = 'z' WHERE id = 1",
                          "UPDATE tickets.wide SET id = 3 WHERE id = 2", "DELETE FROM tickets.wide WHERE id = 1"):
            execute(conn, statement)
        told = list(changes(server, {"tickets.wide": table}, since))
        return server, conn, table, first, told, since


def test_every_change_is_told_in_order_with_its_own_transaction(logged: Any) -> None:
    server, _conn, _table, _first, told, _since = logged
    with server.connected() as conn:
        assert [change.kind for change in told] == ["insert", "insert", "update", "update", "delete"]
        assert {change.server_id for change in told} == {own_id(conn)}
        assert {change.gtid.rsplit(":", 1)[0] for change in told} == {server_uuid(conn)} and len({change.gtid for change in told}) == 5
        assert value(conn, "SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (",".join(change.gtid for change in told),)) == 1


def test_a_logged_row_is_the_row_that_select_gives(logged: Any) -> None:
    _server, _conn, table, first, told, _since = logged
    read, selected = canonical(table, told[0].after), canonical(table, first)
    assert read is not None and selected is not None
    unread = {name for name, item in read.items() if item == OPAQUE}
    assert unread == {"js"}
    assert {name: item for name, item in read.items() if name not in unread} == {name: item for name, item in selected.items() if name not in unread}
    assert set(canonical(table, told[1].after).values()) == {"2", None}         # type: ignore[union-attr]


def test_another_reader_says_the_same(logged: Any) -> None:
    """python-mysql-replication as a second opinion, on what it can read: it stops at BINARY and
    takes every number for a signed one, unless the server writes more metadata than it does by default."""
    from pymysqlreplication import BinLogStreamReader
    from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

    server, _conn, _table, _first, _told, since = logged
    with server.connected(raw=True) as raw:
        table = describe(raw, ["tickets"])["tickets.plainly"]
    mine = [(change.kind, change.before, change.after) for change in changes(server, {"tickets.plainly": table}, since)]
    stream = BinLogStreamReader(
        {"host": server.host, "port": server.port, "user": server.user, "password": server.password, "ssl": {"fake": True}}, server_id=987654,
        log_file=since.file, log_pos=since.position, resume_stream=True, only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent],
        only_tables=["plainly"], blocking=False)
    theirs = []
    for event in stream:
        for row in event.rows:
            images = (row.get("before_values"), row.get("after_values")) if "after_values" in row else (
                (None, row["values"]) if isinstance(event, WriteRowsEvent) else (row["values"], None))
            theirs.append((type(event).__name__[:6].lower(), *images))
    stream.close()

    def plain(image: Any) -> Any:
        return None if image is None else [
            None if item is None else f"{item:f}" if isinstance(item, Decimal) else str(item) for item in image.values()]

    assert [kind.replace("writer", "insert") for kind, *_ in theirs] == [kind for kind, *_ in mine] == ["insert"] * 2 + ["update"] * 2 + ["delete"]
    for (_kind, *left), (_same, *right) in zip(mine, theirs, strict=True):
        for one, other in zip(left, right, strict=True):
            got, said = plain(one), plain(other)
            assert (got is None and said is None) or [each and each.removesuffix("000") for each in got] == [
                each and each.removesuffix("000") for each in said]
