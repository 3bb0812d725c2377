# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy between two real MySQL servers that goes wrong in the middle: killed, cut off, its table dropped, the disk full. The next one goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import loading, moving, seeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import lines_to
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from lab import podman
from lab.hosts.mysql import server as hosts
from tests.contract.copy_world import AWS, NHN, SCHEMA, built, fill, rows

ROOT = Path(__file__).resolve().parents[2]

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


def test_a_table_takes_longer_than_the_server_lets_a_session_be_silent(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One chunk keeps one pair of connections busy; those that steer, and the other worker's, have nothing to say meanwhile."""
    fill(origin, "first", 30_000)
    copy_into = moving.Mover._copy_into

    def long(self: Any, pair: Any, *about: Any) -> int:
        for conn in (pair.view, pair.into):
            value(conn, "SELECT SLEEP(2.5)")
        return copy_into(self, pair, *about)

    monkeypatch.setattr(moving.Mover, "_copy_into", long)
    try:
        for name in (NHN, AWS):
            hosts.sql(name, "SET GLOBAL wait_timeout = 1;")
        assert seeding.copy_resumably(*strangers, [SCHEMA]).rows == 30_000
    finally:
        for name in (NHN, AWS):
            hosts.sql(name, "SET GLOBAL wait_timeout = DEFAULT;")
    assert compare(*strangers, [SCHEMA]).equal


def test_a_killed_copy_is_taken_up_again_and_keeps_what_is_still_right(
    origin: Any, strangers: tuple[Server, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "BLOCK_BYTES", 200_000)
    fill(origin, "first", 6_000)
    fill(origin, "second", 40_000)
    command = [sys.executable, "-c", KILLED, *(part for server in strangers for part in (server.host, server.user, server.password))]
    killed = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "collections", "PATH": "/usr/bin"}, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with strangers[1].connected() as there:
        begun = int(value(there, "SELECT COUNT(*) FROM copied.second") or 0)
        assert 0 < begun < 40_000
        # Since then: a row changed, one gone, one new, at the source; and rows on the target that nobody has there.
        execute(origin, "UPDATE first SET k = -1 WHERE id = 5")
        execute(origin, "DELETE FROM second WHERE id = 7")
        execute(origin, "INSERT INTO second (id, k, c) VALUES (-3, 1, 'new')")
        execute(there, "INSERT INTO copied.first VALUES (99999, 1, 'never')")
        with pytest.raises(DatabaseFault):
            execute(there, "SELECT k FROM copied.second FORCE INDEX (k) LIMIT 1")       # its key was to come last
    progress = tmp_path / "progress.jsonl"
    again = seeding.copy_resumably(*strangers, [SCHEMA], tell=lines_to(progress, pytest.fail))
    assert again is not None
    found = compare(*strangers, [SCHEMA])
    assert (found.equal, found.rows_compared) == (True, 46_000)
    assert 0 < again.kept_rows < begun + 6_000 and again.rows == 46_000
    with strangers[1].connected() as there:
        assert built(there, "second") == built(origin, "second")
    with pytest.raises(Fault, match=r"holds rows in copied\.first, copied\.second; nothing was touched"):
        seeding.copy_resumably(*strangers, [SCHEMA])
    told = [json.loads(line) for line in progress.read_text().splitlines()]
    assert [(line["table"], line["rows"]) for line in told if line["done"]] == [("copied.first", 6_000), ("copied.second", 40_000)]


@pytest.mark.parametrize("files", ["ON", "OFF"])
def test_a_table_in_which_a_unique_value_has_moved_to_an_earlier_row_starts_over(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, files: str,
) -> None:
    """The row that had it is to be proven many ranges later, and stands in the way until then: a copy could never be taken up again."""
    monkeypatch.setattr(loading, "BLOCK_BYTES", 20_000)
    fill(origin, "first", 3_000)
    execute(origin, "CREATE TABLE seats (id INT PRIMARY KEY, sold INT UNIQUE, c CHAR(120))")
    execute(origin, "INSERT INTO seats SELECT id, id, c FROM first")
    execute(origin, "ANALYZE TABLE seats")
    hosts.sql(AWS, f"SET GLOBAL local_infile = {files};")
    try:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(seeding, "_keep", interrupted)
            seeding.copy_resumably(*strangers, [SCHEMA])
        execute(origin, "DELETE FROM seats WHERE id = 2900")
        execute(origin, "UPDATE seats SET sold = 2900 WHERE id = 10")
        again = seeding.copy_resumably(*strangers, [SCHEMA])
    finally:
        hosts.sql(AWS, "SET GLOBAL local_infile = ON;")
    assert again is not None and again.rows == 5_999 and again.kept_rows == 3_000
    assert compare(*strangers, [SCHEMA]).equal


@pytest.mark.parametrize(("trouble", "words"), [
    ("cut", r"(?s)write rows of copied\.first.*answered (2013|2006|0|1317|4031)"),
    ("dropped", r"(?s)(read|look|how|find).*copied\.second.*answered (1146|1412)")])
def test_a_cut_connection_or_a_dropped_table_is_an_error_and_the_next_copy_mends_it(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, trouble: str, words: str,
) -> None:
    fill(origin, "first", 3_000)
    fill(origin, "second", 10)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 20_000)
    write, count = loading.write, 0

    def troubled(conn: Any, *rest: Any) -> None:
        nonlocal count
        count += 1
        if count == 5 and trouble == "cut":
            with strangers[1].connected() as other:
                execute(other, f"CALL mysql.rds_kill({conn.thread_id()})")
        elif count == 5:
            execute(origin, "DROP TABLE copied.second")
        write(conn, *rest)

    monkeypatch.setattr(loading, "write", troubled)
    with pytest.raises(Fault, match=words):
        seeding.copy_resumably(*strangers, [SCHEMA])
    monkeypatch.setattr(loading, "write", write)
    with strangers[1].connected() as conn:          # meanwhile somebody made the target the writer: what it sold is not copied over
        for statement in (gate.SCHEMA, gate.TABLE, "REPLACE INTO dr.gate VALUES (@@server_uuid, 'aws', 2, UNIX_TIMESTAMP(SYSDATE(6)) + 60, 1, 0)"):
            execute(conn, statement)
        with pytest.raises(Fault, match="It is the writer"):
            seeding.copy_resumably(*strangers, [SCHEMA])
        execute(conn, "DROP DATABASE dr")
    again = seeding.copy_resumably(*strangers, [SCHEMA])
    assert again is not None and again.kept_rows > 0
    assert compare(*strangers, [SCHEMA]).equal


def interrupted(*_given: Any) -> None:
    raise KeyboardInterrupt


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
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "BLOCK_BYTES", 200_000)
    fill(origin, "first", 6_000)
    fill(origin, "second", 120_000)
    with small_disk(strangers[1], 16) as resize:
        with pytest.raises(Fault, match=r"(?s)write rows of copied\.second.*answered 1114.*is full"):
            seeding.copy_resumably(*strangers, [SCHEMA])
        with strangers[1].connected() as there:
            kept = int(value(there, "SELECT COUNT(*) FROM copied.first") or 0) + int(value(there, "SELECT COUNT(*) FROM copied.second") or 0)
        resize(96)
        again = seeding.copy_resumably(*strangers, [SCHEMA])
        assert again is not None and 6_000 < again.kept_rows <= kept and again.rows == 126_000
        assert compare(*strangers, [SCHEMA]).equal
