# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy between two real MySQL servers: every value of every type, under load, without local files.

Needs what test_mysql_servers.py needs, and is skipped as that is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import blueprint, loading, snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import copy as copying
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate, gate_triggers

from lab.hosts.mysql import server as hosts
from tests.contract.copy_world import AWS, LIKE_AWS, SCHEMA, built, rows
from tests.contract.mysql_pair import until

ROOT = Path(__file__).resolve().parents[2]
TRAPS = ["", "NULL", "\\N", "N", "'", "''", "\\'", '"', ",", "a,'b'\n'c'\t\r\\", "  tail  ", "%s %% %", "),(", "\x00\x1a\b", "한글 🎫 é"]


@contextmanager
def no_local_files() -> Iterator[None]:
    hosts.sql(AWS, "SET GLOBAL local_infile = OFF;")
    try:
        yield
    finally:
        hosts.sql(AWS, "SET GLOBAL local_infile = ON;")


def every_kind(conn: Any) -> None:
    """A table with each type, filled with what is hard to carry."""
    members = ", ".join(f"'m{number}'" for number in range(64))
    execute(conn, (
        "CREATE TABLE kinds (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, m MEDIUMINT, i INT, "
        "b BIGINT, de DECIMAL(65,30), f FLOAT, d DOUBLE, bi BIT(64), b1 BIT(1), y YEAR, da DATE, ti TIME(6), dt DATETIME(6), "
        "ts TIMESTAMP(6) NULL, c CHAR(40), v VARCHAR(200), l1 VARCHAR(20) CHARACTER SET latin1, u16 VARCHAR(200) CHARACTER SET utf16, "
        "sj VARCHAR(20) CHARACTER SET sjis, "
        "tx LONGTEXT, bn BINARY(6), vb VARBINARY(300), bl LONGBLOB, e ENUM('', '2', 'x,''y', '🎫') , st SET(" + members + "), "
        "j JSON, g GEOMETRY, p POINT SRID 4326, `odd ``% name` INT, twice BIGINT GENERATED ALWAYS AS (i * 2) STORED, thrice BIGINT AS (i * 3), "
        "hidden INT INVISIBLE DEFAULT 7, KEY (v), UNIQUE KEY (e, id), KEY ((i + 1)))"))
    execute(conn, "INSERT INTO kinds (id) VALUES (0)")          # a zero that is no "next number", and NULL everywhere
    every_byte = bytes(range(256))
    for trap in TRAPS:
        execute(conn, "INSERT INTO kinds (c, v, u16, tx, vb, bl, j, hidden) VALUES (%s, %s, %s, %s, %s, %s, JSON_OBJECT('k', %s), NULL)",
                (trap, trap, trap, trap, trap.encode(), trap.encode() + every_byte, trap))
    execute(conn, "INSERT INTO kinds (t, s, m, i, b, de, f, d, bi, b1, y, da, ti, dt, ts, e, st, `odd ``%% name`, l1, sj, bn, bl, tx, g, p, j) "
                  "VALUES (-128, 65535, -8388608, -2147483648, -9223372036854775808, "
                  "-12345678901234567890123456789012345.123456789012345678901234567890, "
                  "16777217, 0.1, b'1000000000000000000000000000000000000000000000000000000000000001', b'0', 0, '0000-00-00', '-838:59:59', "
                  "'9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.5', '', 'm0,m63', -1, _latin1 X'E9275C80', _sjis X'835C5C27', X'00275C0A0000', "
                  "REPEAT(X'00275C0A2C', 200000), REPEAT('긴 🎫', 100000), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), "
                  "ST_GeomFromText('POINT(37.5 127)', 4326), '[1.0, 18446744073709551615, 1e300, \"\\\\u0000\"]')", ())
    execute(conn, "INSERT INTO kinds (f, d, e, st, y, da, ti, j, bi) VALUES "
                  "(0.1, 1e-307, 'no such', '', 2155, '2026-02-31', '838:59:59', 'null', 0), "
                  "(-0.0, -0.0, '2', 'm63', 1901, '2026-00-00', '-00:00:00.000001', '{}', ~0), (3.4028234e38, 1.7976931348623157e308, 2, "
                  "18446744073709551615, 1970, '1000-01-01', '00:00:00', '\"\"', 1)")


EXACT = ("SELECT *, hidden, e + 0, CAST(st AS UNSIGNED), CAST(f AS DOUBLE), d + 0e0, bi + 0, HEX(c), HEX(v), HEX(l1), HEX(u16), HEX(sj), "
         "SHA2(tx, 256), SHA2(bl, 256), HEX(vb), HEX(bn), CAST(ts AS CHAR), CAST(dt AS CHAR), CAST(da AS CHAR), CAST(ti AS CHAR), "
         "CAST(y AS CHAR), CAST(j AS CHAR), JSON_TYPE(j), HEX(g), HEX(p) FROM copied.kinds ORDER BY id")


@pytest.mark.parametrize("way", ["files", "inserts", "row by row", "row by row, inserts"])
def test_every_value_of_every_type_arrives_as_it_was(
    origin: Any, strangers: tuple[Server, Server], way: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    every_kind(origin)
    if "row" in way:
        monkeypatch.setattr(loading, "BLOCK_LIMIT", 1024)       # no row fits a block the source makes
    if "inserts" in way:
        with no_local_files():
            copied = copy(*strangers, [SCHEMA])
    else:
        copied = copy(*strangers, [SCHEMA])
    with strangers[1].connected() as there:
        assert rows(there, EXACT) == rows(origin, EXACT)
        assert built(there, "kinds") == built(origin, "kinds")
    assert copied.by_table == {"copied.kinds": len(TRAPS) + 5}


def test_a_value_the_target_would_alter_is_a_failure_and_says_so(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(origin, "CREATE TABLE narrow (id INT PRIMARY KEY, v VARCHAR(9))")
    execute(origin, "INSERT INTO narrow VALUES (1, 'long one')")
    whole = blueprint.made
    monkeypatch.setattr(blueprint, "made", lambda *given: replace(whole(*given), statement=whole(*given).statement.replace("(9)", "(3)")))
    with pytest.raises(Fault, match=r"(?s)copied\.narrow as they are.*Data truncated for column 'v'"):
        copy(*strangers, [SCHEMA])


def test_rows_of_sixteen_megabytes_and_tables_without_a_key(origin: Any, strangers: tuple[Server, Server]) -> None:
    execute(origin, "CREATE TABLE big (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)")
    execute(origin, "INSERT INTO big VALUES (1, REPEAT(X'275C0A00', 4194304), NULL), (2, 'small', REPEAT('한', 5592405))")
    execute(origin, "CREATE TABLE nokey (x INT, y TEXT)")
    execute(origin, "INSERT INTO nokey VALUES (1, 'a'), (1, 'a'), (2, NULL), (NULL, '')")
    copy(*strangers, [SCHEMA])
    found = compare(*strangers, [SCHEMA])
    assert (found.equal, found.rows_compared) == (True, 6)


def test_keys_numbers_views_and_triggers_come_with_it(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copying, "KEYS_LATER_FROM", 0)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 4096)
    execute(origin, "CREATE TABLE parent (a INT, b VARBINARY(9), n INT AUTO_INCREMENT, w VARCHAR(20), PRIMARY KEY (a, b), UNIQUE KEY (n), "
                    "UNIQUE KEY u (w, a), KEY k (w), FULLTEXT KEY (w)) PARTITION BY KEY (a) PARTITIONS 2".replace(
                        "UNIQUE KEY (n)", "KEY n (n)").replace(", FULLTEXT KEY (w)) PARTITION BY KEY (a) PARTITIONS 2", ", FULLTEXT KEY (w))"))
    execute(origin, "CREATE TABLE child (id INT PRIMARY KEY, a INT, b VARBINARY(9), FOREIGN KEY (a, b) REFERENCES parent (a, b), KEY (b))")
    execute(origin, "INSERT INTO parent (a, b, w) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                    "SELECT i % 7, UNHEX(HEX(i)), CONCAT('w', i) FROM n")
    execute(origin, "INSERT INTO child SELECT n, a, b FROM parent")
    execute(origin, "CREATE VIEW z_view AS SELECT w FROM parent")
    execute(origin, "CREATE VIEW a_view AS SELECT w FROM z_view")
    execute(origin, "CREATE TRIGGER loud BEFORE INSERT ON parent FOR EACH ROW SET new.w = CONCAT(new.w, '!')")
    told: list[Any] = []
    assert copy(*strangers, [SCHEMA], tell=told.append).rows == 1000
    with strangers[1].connected() as there:
        assert [built(there, name) for name in ("parent", "child")] == [built(origin, name) for name in ("parent", "child")]
        for asked in ("SELECT * FROM copied.a_view ORDER BY w",
                      "SELECT * FROM copied.parent ORDER BY a, b", "SELECT * FROM copied.child ORDER BY id"):
            assert rows(there, asked) == rows(origin, asked)
        assert rows(there, "SELECT trigger_name AS n FROM information_schema.triggers WHERE trigger_schema = 'copied'") == [{"n": "loud"}]
    assert [(seen["table"], seen["rows"]) for seen in told if seen["done"]] == [("copied.child", 500), ("copied.parent", 500)]


class Writers:
    """Threads that move amounts between two tables, one row in each within a transaction, as fast as they can."""

    def __init__(self, server: Server, count: int = 4) -> None:
        self.server, self.stop, self.commits, self.failures = server, threading.Event(), 0, list[str]()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(count)]

    def work(self, number: int) -> None:
        with self.server.connected() as conn:
            while not self.stop.is_set():
                try:
                    execute(conn, "BEGIN")
                    execute(conn, "INSERT INTO copied.gave (who) VALUES (%s)", (number,))
                    execute(conn, "INSERT INTO copied.took (who) VALUES (%s)", (number,))
                    execute(conn, "UPDATE copied.sums SET n = n + 1 WHERE id = %s", (number,))
                    execute(conn, "COMMIT")
                    self.commits += 1
                except DatabaseFault as fault:
                    self.failures.append(str(fault))
                    return

    def __enter__(self) -> Writers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)


@pytest.mark.parametrize(("account", "gated", "held_by"), [
    (None, True, "gate"), (LIKE_AWS, True, "gate"), (None, False, "flush"), (LIKE_AWS, False, "tables")])
def test_replication_continues_exactly_where_a_copy_under_load_was_taken(
    origin: Any, strangers: tuple[Server, Server], account: str | None, gated: bool, held_by: str,
) -> None:
    primary, standby = strangers
    reader = replace(primary, user=account, password="humble") if account else primary
    for statement in ("CREATE TABLE gave (id INT AUTO_INCREMENT PRIMARY KEY, who INT)", "CREATE TABLE took LIKE gave",
                      "CREATE TABLE sums (id INT PRIMARY KEY, n INT)", "INSERT INTO sums VALUES (0, 0), (1, 0), (2, 0), (3, 0)"):
        execute(origin, statement)
    aws = dialects.for_site("aws_rds")
    with gate_of(origin, gated), standby.connected() as there:
        for _round in range(2):
            with Writers(primary) as load:
                until(lambda load=load: load.commits > 50)
                copied = copy(reader, standby, [SCHEMA])
                before = load.commits
                until(lambda load=load, before=before: load.commits > before + 50)
            assert (load.failures, copied.held_by) == ([], held_by)
            with primary.connected() as conn:
                end = replication.binlog_position(conn)
            replication.follow(there, aws, dialects.Source(primary.host, 3306, "dr_repl", "it's repl"), copied.position)
            replication.start(there, aws, limit=20)
            replication.catch_up(there, aws, end, 20)
            replication.detach(there, aws)
            found = compare(primary, standby, [SCHEMA])
            assert (found.equal, found.differences[:3]) == (True, [])
            whole = rows(there, "SELECT (SELECT COUNT(*) FROM copied.gave) - (SELECT COUNT(*) FROM copied.took) AS d, "
                                "(SELECT COUNT(*) FROM copied.gave) - (SELECT SUM(n) FROM copied.sums) AS e")
            assert whole == [{"d": 0, "e": 0}]


@contextmanager
def gate_of(conn: Any, wanted: bool) -> Iterator[None]:
    """dr.gate, open, and its triggers on the schema's tables, where they are wanted."""
    if not wanted:
        yield
        return
    for statement in (gate.SCHEMA, gate.TABLE, "DELETE FROM dr.gate"):
        execute(conn, statement)
    execute(conn, "INSERT INTO dr.gate VALUES (@@server_uuid, 'nhn', 1, UNIX_TIMESTAMP(SYSDATE(6)) + 600, 1, UNIX_TIMESTAMP(SYSDATE(6)))")
    gate_triggers.install(conn, [SCHEMA])
    try:
        yield
    finally:
        execute(conn, "DROP TABLE dr.gate")


def test_a_transaction_that_stays_open_is_named_and_writers_go_on(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(origin, "CREATE TABLE held (id INT PRIMARY KEY)")
    monkeypatch.setattr(snapshot, "ATTEMPTS", 1)
    with gate_of(origin, True), strangers[0].connected() as other:
        execute(origin, "BEGIN")
        execute(origin, "INSERT INTO copied.held VALUES (1)")
        with pytest.raises(Fault, match=r"(?s)stood in the way.*innodb_trx"):
            copy(*strangers, [SCHEMA])
        execute(other, "INSERT INTO copied.held VALUES (2)")
        execute(origin, "ROLLBACK")
        assert copy(*strangers, [SCHEMA]).rows == 1
