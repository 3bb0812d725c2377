# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workers: real processes that share one comparison on real servers, one of them killed while it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import checkpoint
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.checkpoint import SharedBook
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import How, alike, compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.look import Look
from ansible_collections.multicloud.dr.plugins.module_utils.waiting import SystemClock

from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import AWS, until
from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.worker"]


def start(shop: Shop, file: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "collections"), "SYNC_SOURCE_PASSWORD": shop.source.password,
                   "SYNC_TARGET_PASSWORD": shop.target.password}
    return subprocess.Popen([*COMMAND, str(file)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_three_workers_one_of_them_killed_find_what_one_process_finds(shop: Shop, tmp_path: Path) -> None:
    """All three wait until the book is let go, so all are at work when one is killed."""
    shop.both("CREATE TABLE seats (id INT PRIMARY KEY, buyer VARCHAR(20))", "CREATE TABLE names (name VARCHAR(20) PRIMARY KEY, n INT)",
              "CREATE TABLE log (x INT)", "INSERT INTO log VALUES (1), (1), (2)", "SET SESSION cte_max_recursion_depth = 100000",
              "INSERT INTO seats WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT i, 'x' FROM n",
              "INSERT INTO names SELECT CONCAT('n', id), id FROM seats WHERE id < 2000")
    shop.damage("DELETE FROM seats WHERE id IN (1, 7777)", "UPDATE seats SET buyer = '' WHERE id IN (500, 7999)",
                "INSERT INTO seats VALUES (-1, '')",
                "UPDATE names SET n = 0 WHERE name LIKE 'n19_'", "INSERT INTO log VALUES (2)")
    alone = compare(shop.source, shop.target, [SCHEMA], shown=1000)
    file = tmp_path / "task.json"
    file.write_text(json.dumps({
        **{side: {"host": server.host, "user": server.user} for side, server in (("source", shop.source), ("target", shop.target))},
        "schemas": [SCHEMA], "checkpoint": "shared", "chunk_rows": 100, "threads": 1, "shown": 1000}))
    tables = alike(shop.source, shop.target, [SCHEMA], (), How()).tables
    SharedBook(shop.target, "shared", tables, 100, SystemClock(), shop.source)
    workers: list[subprocess.Popen[str]] = []
    try:
        with shop.target.connected() as conn:
            execute(conn, "START TRANSACTION")
            execute(conn, "SELECT 1 FROM dr.sync_shared WHERE number = 0 FOR UPDATE")
            there = (f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{shop.target.user}' AND command = 'Sleep' "
                     f"AND id > {conn.thread_id()}")         # older sessions may be on their way out
            workers += [start(shop, file) for _ in range(3)]
            until(lambda: int(shop.rows(shop.target, there)[0][0]) >= 6, 60)
            execute(conn, "ROLLBACK")
        mine = f"SELECT 1 FROM dr.sync_shared WHERE state = 'done' AND worker LIKE '%/{workers[0].pid}' LIMIT 1"
        until(lambda: shop.rows(shop.target, mine), 60)
        workers[0].kill()
        ends = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [-9, 1, 1], ends
    for out, progress in ends[1:]:
        told = json.loads(out)
        for name in ("rows_compared", "differing_rows", "unsettled_rows", "tables", "definitions"):
            assert told[name] == getattr(alone, name), name
        assert sorted(told["differences"], key=str) == sorted(alone.differences, key=str)
        assert progress.splitlines()[-1].startswith(f"compared {alone.rows_compared} rows in ")
    done = dict(shop.rows(shop.target, "SELECT worker, COUNT(*) FROM dr.sync_shared WHERE number > 0 GROUP BY worker"))
    killed = {worker for worker in done if worker.endswith(f"/{workers[0].pid}")}
    assert killed and set(done) - killed, f"one machine may leave the third nothing to do, but not the second: {done}"
    assert shop.rows(shop.target, "SELECT COUNT(*), SUM(state <> 'done') FROM dr.sync_shared WHERE number > 0")[0][1] == 0
    assert shop.repair(checkpoint="shared").counts.written == alone.differing_rows
    assert compare(shop.source, shop.target, [SCHEMA], checkpoint="shared").equal, "what a repair has used up is begun anew"
    assert subprocess.run([*COMMAND, "--forget", str(file)], check=True, env={
        **os.environ, "PYTHONPATH": str(ROOT / "collections"), "SYNC_SOURCE_PASSWORD": shop.source.password,
        "SYNC_TARGET_PASSWORD": shop.target.password}).returncode == 0
    assert shop.rows(shop.target, "SHOW TABLES IN dr LIKE 'sync_shared'") == []


def test_a_chunk_belongs_to_whoever_claimed_it_until_it_is_done_or_its_worker_is_gone(shop: Shop) -> None:
    shop.both("CREATE TABLE seats (id INT PRIMARY KEY)",
              "INSERT INTO seats WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n")
    tables = alike(shop.source, shop.target, [SCHEMA], (), How()).tables
    book = SharedBook(shop.target, "claims", tables, 100, SystemClock(), shop.source)
    state = "SELECT number FROM dr.sync_claims WHERE number > 0 AND state = 'done' ORDER BY number"
    with shop.source.connected() as source, book.desk() as one, book.desk() as two:
        mine = one.claim(source)
        with book.desk() as third:
            killed = third.claim(source)
        assert killed is not None and mine is not None and (killed.after, killed.upto) != (mine.after, mine.upto)
        assert two.claim(source) == killed, "who was killed holds nothing, and what another holds nobody gets"
        two.done(Look(5, [], []))
        assert shop.rows(shop.target, state) == [(2,)]
        one.done(Look(7, [], []))
        assert shop.rows(shop.target, state) == [(1,), (2,)] and book.tallies()["shop.seats"].rows == 12
    checkpoint.forget(shop.target, "claims")


def test_where_the_account_may_say_so_nothing_of_it_is_in_the_targets_log(shop: Shop) -> None:
    """A standby that follows by GTID would have transactions that its source never had."""
    shop.both("CREATE TABLE seats (id INT PRIMARY KEY)", "INSERT INTO seats VALUES (1), (2), (3)")
    sql(AWS, "SET sql_log_bin = 0; CREATE USER dr_quiet IDENTIFIED BY 'quiet'; GRANT ALL ON *.* TO dr_quiet;")
    quiet = replace(shop.target, user="dr_quiet", password="quiet")
    try:
        with quiet.connected() as conn:
            before = binlog_position(conn)
            assert compare(shop.source, quiet, [SCHEMA], chunk_rows=1, checkpoint="quiet").chunks >= 3
            assert query(conn, "SHOW TABLES IN dr LIKE 'sync_quiet'")
            checkpoint.forget(quiet, "quiet")
            assert not query(conn, "SHOW TABLES IN dr LIKE 'sync_quiet'") and binlog_position(conn) == before
    finally:
        sql(AWS, "SET sql_log_bin = 0; DROP USER dr_quiet;")
