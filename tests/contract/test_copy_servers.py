# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy between two real MySQL servers: every value of every type, under load, without local files, killed and taken up again.

Needs what test_mysql_servers.py needs, and is skipped as that is.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import copy as copying
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import loading, seeding, snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import lines_to
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate, gate_triggers

from lab import podman
from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import ALONE_AWS as AWS
from tests.contract.mysql_pair import ALONE_NHN as NHN
from tests.contract.mysql_pair import until

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "copied"                       # a schema of its own: the other tests have their tables in `tickets`
LIKE_AWS = "dr_humble"                  # on the primary: what an AWS account may, so no RELOAD

TRAPS = ["", "NULL", "\\N", "N", "'", "''", "\\'", '"', ",", "a,'b'\n'c'\t\r\\", "  tail  ", "%s %% %", "),(", "\x00\x1a\b", "한글 🎫 é"]


@pytest.fixture(scope="module")
def apart(alone: tuple[Server, Server]) -> Iterator[tuple[Server, Server]]:
    """The two servers, the first with an account that may no more than one at AWS."""
    hosts.sql(NHN, f"SET sql_log_bin = 0; CREATE USER {LIKE_AWS} IDENTIFIED BY 'humble'; GRANT ALL ON copied.* TO {LIKE_AWS}; "
                   f"GRANT SELECT, PROCESS, LOCK TABLES, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO {LIKE_AWS};")
    yield alone
    hosts.sql(NHN, f"SET sql_log_bin = 0; DROP USER {LIKE_AWS};")


@pytest.fixture
def source(apart: tuple[Server, Server]) -> Iterator[Any]:
    """A connection to the primary, whose schema is empty, as that of the standby is."""
    def clear() -> None:
        for server in apart:
            with server.connected() as conn:
                execute(conn, f"DROP DATABASE IF EXISTS {SCHEMA}")

    clear()
    with apart[0].connected() as conn:
        execute(conn, f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        execute(conn, f"USE {SCHEMA}")
        execute(conn, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', cte_max_recursion_depth = 1000000")
        yield conn
    clear()


@contextmanager
def no_local_files() -> Iterator[None]:
    hosts.sql(AWS, "SET GLOBAL local_infile = OFF;")
    try:
        yield
    finally:
        hosts.sql(AWS, "SET GLOBAL local_infile = ON;")


@pytest.fixture(autouse=True, scope="module")
def local_files(apart: tuple[Server, Server]) -> None:
    hosts.sql(AWS, "SET GLOBAL local_infile = ON;")


def rows(conn: Any, sql: str) -> list[dict[str, Any]]:
    return query(conn, sql)


def built(conn: Any, table: str) -> str:
    """SHOW CREATE TABLE, without the character sets that collations imply: the second server names them where the first did not."""
    return str(rows(conn, f"SHOW CREATE TABLE copied.{table}")[0]["Create Table"]).replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE")


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
def test_every_value_of_every_type_arrives_as_it_was(source: Any, apart: tuple[Server, Server], way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    every_kind(source)
    if "row" in way:
        monkeypatch.setattr(loading, "BLOCK_LIMIT", 1024)       # no row fits a block the source makes
    if "inserts" in way:
        with no_local_files():
            copied = copy(*apart, [SCHEMA])
    else:
        copied = copy(*apart, [SCHEMA])
    with apart[1].connected() as there:
        assert rows(there, EXACT) == rows(source, EXACT)
        assert built(there, "kinds") == built(source, "kinds")
    assert copied.by_table == {"copied.kinds": len(TRAPS) + 5}


def test_a_value_the_target_would_alter_is_a_failure_and_says_so(source: Any, apart: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    execute(source, "CREATE TABLE narrow (id INT PRIMARY KEY, v VARCHAR(9))")
    execute(source, "INSERT INTO narrow VALUES (1, 'long one')")
    whole = copying._definition
    monkeypatch.setattr(copying, "_definition", lambda *given: (whole(*given)[0].replace("varchar(9)", "varchar(3)"), whole(*given)[1]))
    with pytest.raises(Fault, match=r"(?s)copied\.narrow as they are.*Data truncated for column 'v'"):
        copy(*apart, [SCHEMA])


def test_rows_of_sixteen_megabytes_and_tables_without_a_key(source: Any, apart: tuple[Server, Server]) -> None:
    execute(source, "CREATE TABLE big (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)")
    execute(source, "INSERT INTO big VALUES (1, REPEAT(X'275C0A00', 4194304), NULL), (2, 'small', REPEAT('한', 5592405))")
    execute(source, "CREATE TABLE nokey (x INT, y TEXT)")
    execute(source, "INSERT INTO nokey VALUES (1, 'a'), (1, 'a'), (2, NULL), (NULL, '')")
    copy(*apart, [SCHEMA])
    found = compare(*apart, [SCHEMA])
    assert (found.equal, found.rows_compared) == (True, 6)


def test_keys_numbers_views_and_triggers_come_with_it(source: Any, apart: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "KEYS_LATER_FROM", 0)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 4096)
    execute(source, "CREATE TABLE parent (a INT, b VARBINARY(9), n INT AUTO_INCREMENT, w VARCHAR(20), PRIMARY KEY (a, b), UNIQUE KEY (n), "
                    "UNIQUE KEY u (w, a), KEY k (w), FULLTEXT KEY (w)) PARTITION BY KEY (a) PARTITIONS 2".replace(
                        "UNIQUE KEY (n)", "KEY n (n)").replace(", FULLTEXT KEY (w)) PARTITION BY KEY (a) PARTITIONS 2", ", FULLTEXT KEY (w))"))
    execute(source, "CREATE TABLE child (id INT PRIMARY KEY, a INT, b VARBINARY(9), FOREIGN KEY (a, b) REFERENCES parent (a, b), KEY (b))")
    execute(source, "INSERT INTO parent (a, b, w) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                    "SELECT i % 7, UNHEX(HEX(i)), CONCAT('w', i) FROM n")
    execute(source, "INSERT INTO child SELECT n, a, b FROM parent")
    execute(source, "CREATE VIEW z_view AS SELECT w FROM parent")
    execute(source, "CREATE VIEW a_view AS SELECT w FROM z_view")
    execute(source, "CREATE TRIGGER loud BEFORE INSERT ON parent FOR EACH ROW SET new.w = CONCAT(new.w, '!')")
    told: list[Any] = []
    assert copy(*apart, [SCHEMA], tell=told.append).rows == 1000
    with apart[1].connected() as there:
        assert [built(there, name) for name in ("parent", "child")] == [built(source, name) for name in ("parent", "child")]
        for asked in ("SELECT * FROM copied.a_view ORDER BY w",
                      "SELECT * FROM copied.parent ORDER BY a, b", "SELECT * FROM copied.child ORDER BY id"):
            assert rows(there, asked) == rows(source, asked)
        assert rows(there, "SELECT trigger_name AS n FROM information_schema.triggers WHERE trigger_schema = 'copied'") == [{"n": "loud"}]
    assert [(seen["table"], seen["rows"], seen["done"]) for seen in told] == [("copied.child", 500, True), ("copied.parent", 500, True)]


def fill(conn: Any, table: str, count: int) -> None:
    execute(conn, f"CREATE TABLE {table} (id INT AUTO_INCREMENT PRIMARY KEY, k INT, c CHAR(120), KEY (k))")
    execute(conn, f"INSERT INTO {table} (k, c) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
                  "SELECT i % 97, SHA2(i, 512) FROM n")
    execute(conn, f"ANALYZE TABLE {table}")


KILLED = """
import os, sys
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import loading, moving, seeding
loading.BLOCK_BYTES = 200_000
copy, count = moving.Mover._copy, 0
def counted(self, pair, chunk):
    global count
    count += 1
    if count == 15:
        os.kill(os.getpid(), 9)
    return copy(self, pair, chunk)
moving.Mover._copy = counted
given = [Server(host, 3306, user, password) for host, user, password in (sys.argv[1:4], sys.argv[4:7])]
seeding.copy_resumably(*given, ["copied"])
"""


def test_a_killed_copy_is_taken_up_again_and_keeps_what_is_still_right(
    source: Any, apart: tuple[Server, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "BLOCK_BYTES", 200_000)
    fill(source, "first", 6_000)
    fill(source, "second", 40_000)
    command = [sys.executable, "-c", KILLED, *(part for server in apart for part in (server.host, server.user, server.password))]
    killed = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "collections", "PATH": "/usr/bin"}, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with apart[1].connected() as there:
        begun = int(value(there, "SELECT COUNT(*) FROM copied.second") or 0)
        assert 0 < begun < 40_000
        # Since then: a row changed, one gone, one new, at the source; and rows on the target that nobody has there.
        execute(source, "UPDATE first SET k = -1 WHERE id = 5")
        execute(source, "DELETE FROM second WHERE id = 7")
        execute(source, "INSERT INTO second (id, k, c) VALUES (-3, 1, 'new')")
        execute(there, "INSERT INTO copied.first VALUES (99999, 1, 'never')")
        with pytest.raises(DatabaseFault):
            execute(there, "SELECT k FROM copied.second FORCE INDEX (k) LIMIT 1")       # its key was to come last
    progress = tmp_path / "progress.jsonl"
    again = seeding.copy_resumably(*apart, [SCHEMA], tell=lines_to(progress))
    assert again is not None
    found = compare(*apart, [SCHEMA])
    assert (found.equal, found.rows_compared) == (True, 46_000)
    assert 0 < again.kept_rows < begun + 6_000 and again.rows == 46_000
    with apart[1].connected() as there:
        assert built(there, "second") == built(source, "second")
    with pytest.raises(Fault, match=r"holds rows in copied\.first, copied\.second; nothing was touched"):
        seeding.copy_resumably(*apart, [SCHEMA])
    told = [json.loads(line) for line in progress.read_text().splitlines()]
    assert [(line["table"], line["rows"]) for line in told if line["done"]] == [("copied.first", 6_000), ("copied.second", 40_000)]


@pytest.mark.parametrize(("trouble", "words"), [
    ("cut", r"(?s)write rows of copied\.first.*answered (2013|2006|0|1317|4031)"),
    ("dropped", r"(?s)(read|look|how).*copied\.second.*answered (1146|1412)")])
def test_a_cut_connection_or_a_dropped_table_is_an_error_and_the_next_copy_mends_it(
    source: Any, apart: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, trouble: str, words: str,
) -> None:
    fill(source, "first", 3_000)
    fill(source, "second", 10)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 20_000)
    write, count = loading.write, 0

    def troubled(conn: Any, *rest: Any) -> None:
        nonlocal count
        count += 1
        if count == 5 and trouble == "cut":
            with apart[1].connected() as other:
                execute(other, f"CALL mysql.rds_kill({conn.thread_id()})")
        elif count == 5:
            execute(source, "DROP TABLE copied.second")
        write(conn, *rest)

    monkeypatch.setattr(loading, "write", troubled)
    with pytest.raises(Fault, match=words):
        seeding.copy_resumably(*apart, [SCHEMA])
    monkeypatch.setattr(loading, "write", write)
    again = seeding.copy_resumably(*apart, [SCHEMA])
    assert again is not None and again.kept_rows > 0
    assert compare(*apart, [SCHEMA]).equal


@contextmanager
def small_disk(server: Server, megabytes: int) -> Iterator[Callable[[int], None]]:
    """The schema of the standby on a disk of its own; what is given changes its size, in MB."""
    process = podman.podman("inspect", "--format={{.State.Pid}}", AWS).strip()
    folder = f"/var/lib/mysql/{SCHEMA}"

    def mount(*arguments: str) -> None:
        done = subprocess.run(["nsenter", f"--target={process}", "--mount", "--pid", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    with server.connected() as conn:
        execute(conn, f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    owner = podman.execute(AWS, ["stat", "--format=uid=%u,gid=%g", "/var/lib/mysql"]).strip()
    mount("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0750,{owner}", "tmpfs", folder)
    try:
        yield lambda size: mount("mount", "-o", f"remount,size={size}m", folder)
    finally:
        with server.connected() as conn:
            for table in rows(conn, f"SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '{SCHEMA}'"):
                execute(conn, f"DROP TABLE {SCHEMA}.{table['name']}")
        mount("umount", "--lazy", folder)       # whoever else saw the mount come keeps it for a moment


def test_a_full_disk_is_an_error_and_the_next_copy_goes_on_when_there_is_room(
    source: Any, apart: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "BLOCK_BYTES", 200_000)
    fill(source, "first", 6_000)
    fill(source, "second", 120_000)
    with small_disk(apart[1], 16) as resize:
        with pytest.raises(Fault, match=r"(?s)write rows of copied\.second.*answered 1114.*is full"):
            seeding.copy_resumably(*apart, [SCHEMA])
        with apart[1].connected() as there:
            kept = int(value(there, "SELECT COUNT(*) FROM copied.first") or 0) + int(value(there, "SELECT COUNT(*) FROM copied.second") or 0)
        resize(96)
        again = seeding.copy_resumably(*apart, [SCHEMA])
        assert again is not None and 6_000 < again.kept_rows <= kept and again.rows == 126_000
        assert compare(*apart, [SCHEMA]).equal


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
    source: Any, apart: tuple[Server, Server], account: str | None, gated: bool, held_by: str,
) -> None:
    primary, standby = apart
    reader = replace(primary, user=account, password="humble") if account else primary
    for statement in ("CREATE TABLE gave (id INT AUTO_INCREMENT PRIMARY KEY, who INT)", "CREATE TABLE took LIKE gave",
                      "CREATE TABLE sums (id INT PRIMARY KEY, n INT)", "INSERT INTO sums VALUES (0, 0), (1, 0), (2, 0), (3, 0)"):
        execute(source, statement)
    aws = dialects.for_site("aws_rds")
    with gate_of(source, gated), standby.connected() as there:
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
    source: Any, apart: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(source, "CREATE TABLE held (id INT PRIMARY KEY)")
    monkeypatch.setattr(snapshot, "ATTEMPTS", 1)
    with gate_of(source, True), apart[0].connected() as other:
        execute(source, "BEGIN")
        execute(source, "INSERT INTO copied.held VALUES (1)")
        with pytest.raises(Fault, match=r"(?s)stood in the way.*innodb_trx"):
            copy(*apart, [SCHEMA])
        execute(other, "INSERT INTO copied.held VALUES (2)")
        execute(source, "ROLLBACK")
        assert copy(*apart, [SCHEMA]).rows == 1
