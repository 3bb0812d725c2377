# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy between two real MySQL servers is refused before it has touched anything, and is the only one that fills its target."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import loading, moving, seeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.seeding import copy_resumably
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.unfinished import unfinished
from ansible_collections.multicloud.dr.plugins.module_utils.switch.databases import ReplicaDatabase

from lab.hosts.mysql import server as hosts
from tests.contract.copy_world import NHN, SCHEMA, fill, rows

ROOT = Path(__file__).resolve().parents[2]
SECOND = "copied_too"

KILLED = """
import os, sys
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import loading, moving, seeding
loading.BLOCK_BYTES = 50_000
execute = moving.execute
def killed(conn, sql, *rest, **more):
    execute(conn, sql, *rest, **more)
    if sql.startswith("DELETE"):
        os.kill(os.getpid(), 9)
moving.execute = killed
seeding.copy_resumably(*[Server(host, 3306, user, password) for host, user, password in (sys.argv[1:4], sys.argv[4:7])], ["copied"])
"""


@pytest.fixture
def second(origin: Any, strangers: tuple[Server, Server]) -> Any:
    """A second schema at the source; the target has neither."""
    execute(origin, f"CREATE DATABASE {SECOND}")
    yield SECOND
    for server in strangers:
        with server.connected() as conn:
            execute(conn, f"DROP DATABASE IF EXISTS {SECOND}")


def stop_in_the_middle(*_given: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("statement", "words"), [
    ("CREATE PROCEDURE copied_too.p() SELECT 1", "It holds procedure p"),
    ("CREATE EVENT copied_too.e ON SCHEDULE EVERY 1 YEAR DO SELECT 1", "It holds event e"),
    ("CREATE TABLE copied_too.d (j JSON)", r"copied_too\.d\.j: 1 rows"),
    ("CREATE TABLE copied_too.m (id INT PRIMARY KEY) ENGINE = MyISAM", r"copied_too\.m \(MyISAM\)"),
    ("CREATE DEFINER = 'nobody_there'@'%' VIEW copied_too.v AS SELECT 1", "They belong to nobody_there@%, which the target does not have"),
    ("CREATE DEFINER = 'nobody_there'@'%' TRIGGER copied.t BEFORE INSERT ON copied.first FOR EACH ROW SET @a = 1", "nobody_there@%"),
    ("DROP DATABASE copied_too", "The source has no such schema")])
def test_what_cannot_be_copied_is_refused_before_anything_is_touched(
    origin: Any, second: str, strangers: tuple[Server, Server], statement: str, words: str,
) -> None:
    """Whichever schema it is in; and what is there still knows of no copy, which an agent would wait for, and salvage not search."""
    fill(origin, "first", 10)
    hosts.sql(NHN, f"{statement};")
    if "JSON" in statement:
        execute(origin, "INSERT INTO copied_too.d VALUES (JSON_OBJECT('d', CAST('2026-01-01' AS DATE)))")
    with pytest.raises(Fault, match=rf"(?s){words}.*Nothing was (touched|copied)"):
        copy_resumably(*strangers, [SCHEMA, second])
    with strangers[1].connected() as there:
        assert unfinished(there) is None
        assert rows(there, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'copied%'") == []


def test_what_the_target_holds_besides_is_no_less_in_the_way(origin: Any, second: str, strangers: tuple[Server, Server]) -> None:
    fill(origin, "first", 10)
    with strangers[1].connected() as there:
        execute(there, f"CREATE DATABASE {second}")
        execute(there, f"CREATE PROCEDURE {second}.p() SELECT 1")
        with pytest.raises(Fault, match=r"(?s)It holds procedure p.*Nothing was touched"):
            copy_resumably(*strangers, [SCHEMA, second])
        assert unfinished(there) is None and rows(there, "SHOW DATABASES LIKE 'copied'") == []


def test_half_a_copy_concerns_its_own_schemas_and_no_others(
    origin: Any, second: str, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(origin, "first", 10)
    execute(origin, f"CREATE TABLE {second}.b (id INT PRIMARY KEY)")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(moving.Mover, "move", stop_in_the_middle)
        copy_resumably(*strangers, [SCHEMA, second])
    with strangers[1].connected() as there:
        for asked in ((SCHEMA,), ("tickets", second), ()):
            assert unfinished(there, asked) == "is being copied, and that has not ended"
        assert unfinished(there, ("tickets", "dr")) is None
        database = {"host": strangers[1].host, "port": 3306, "user": strangers[1].user, "password": strangers[1].password}
        for named, told in (([SCHEMA], True), (["tickets"], False), ([], True)):
            agents: Any = SimpleNamespace(raw={"database": {**database, "schemas": named}})
            assert bool(ReplicaDatabase(agents).unfinished()) is told, "the agent asks for the application's schemas, where it knows them"
        # Somebody has begun to use another schema: that half a copy is in the first makes its rows nobody's.
        execute(there, "DROP TABLE copied_too._seeding")
        execute(there, "CREATE TABLE IF NOT EXISTS copied_too.b (id INT PRIMARY KEY)")
        execute(there, "INSERT INTO copied_too.b VALUES (7)")
        with pytest.raises(Fault, match=r"holds rows in copied_too\.b; nothing was touched"):
            copy_resumably(*strangers, [SCHEMA, second])
        execute(there, "DELETE FROM copied_too.b")
        assert copy_resumably(*strangers, [SCHEMA, second]) and unfinished(there) is None
        assert rows(there, "SELECT 1 FROM information_schema.tables WHERE table_name = '_seeding'") == []


def test_two_at_once_do_not_take_each_other_for_one_that_was_killed(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(origin, "first", 5_000)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 50_000)
    half, go_on, brought, copy = threading.Event(), threading.Event(), list[int](), moving.Mover._copy

    def waits_half_way(self: Any, pair: Any, chunk: Any) -> int:
        brought.append(copy(self, pair, chunk))
        if len(brought) == 6:
            half.set()
        if len(brought) >= 6:
            assert go_on.wait(30)
        return brought[-1]

    monkeypatch.setattr(moving.Mover, "_copy", waits_half_way)
    done: list[Any] = []
    first = threading.Thread(target=lambda: done.append(copy_resumably(*strangers, [SCHEMA])))
    first.start()
    try:
        assert half.wait(30)
        execute(origin, "UPDATE first SET k = -1 WHERE id = 1")         # newer than the first one's view, and than its position
        for check in (False, True):
            with pytest.raises(Fault, match=r"(?s)Another run is filling it: session \d+ from .*Nothing was touched"):
                copy_resumably(*strangers, [SCHEMA], check=check)
        source = Source(strangers[0].host, 3306, "dr_repl", "it's repl")
        with pytest.raises(Fault, match="Another run is filling it"):
            settle(Wish("replicating", strangers[1], "aws_rds", reader=strangers[0], source=source, schemas=(SCHEMA,)))
    finally:
        go_on.set()
        first.join(60)
    assert done[0].rows == 5_000 and done[0].kept_rows == 0
    with strangers[1].connected() as there:
        assert value(there, "SELECT k FROM copied.first WHERE id = 1") == 1 and value(there, "SELECT COUNT(*) FROM copied.first") == 5_000


def test_one_that_is_killed_between_taking_out_and_putting_in_has_taken_nothing_out(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(origin, "first", 5_000)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(seeding, "_keep", stop_in_the_middle)
        copy_resumably(*strangers, [SCHEMA])
    execute(origin, "UPDATE first SET k = -1")
    command = [sys.executable, "-c", KILLED, *(part for server in strangers for part in (server.host, server.user, server.password))]
    killed = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "collections", "PATH": "/usr/bin"}, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with strangers[1].connected() as there:
        # What it had locked is free once the server has noticed.
        assert value(there, "SELECT COUNT(*) FROM copied.first FOR SHARE") == 5_000
    assert copy_resumably(*strangers, [SCHEMA]) and compare(*strangers, [SCHEMA]).equal


def test_one_that_has_lost_its_lock_commits_nothing_more(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(origin, "first", 5_000)
    monkeypatch.setattr(loading, "BLOCK_BYTES", 50_000)
    copy, bring, count, one = moving.Mover._copy, moving.Mover._bring, list[int](), threading.Lock()

    def ended(self: Any, pair: Any, chunk: Any) -> int:
        moved = copy(self, pair, chunk)
        count.append(moved)
        if len(count) == 3:
            with strangers[1].connected() as other:
                execute(other, "CALL mysql.rds_kill(%s)", (value(other, "SELECT IS_USED_LOCK('multicloud.dr fills this server')"),))
        return moved

    def one_by_one(*given: Any) -> Any:
        with one:
            return bring(*given)

    monkeypatch.setattr(moving.Mover, "_copy", ended)
    monkeypatch.setattr(moving.Mover, "_bring", one_by_one)
    with pytest.raises(Fault, match=r"(?s)go on filling.*its session was ended, so another may have begun"):
        copy_resumably(*strangers, [SCHEMA])
    with strangers[1].connected() as there:
        assert value(there, "SELECT COUNT(*) FROM copied.first FOR SHARE") == sum(count[:2])


def test_rows_that_somebody_took_out_meanwhile_are_counted(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last look, at everything: it would otherwise be told as copied."""
    fill(origin, "first", 100)
    fill(origin, "second", 10)
    move = moving.Mover.move

    def robbed(self: Any, table: Any, *about: Any, **more: Any) -> Any:
        if table.name == "second":
            with strangers[1].connected() as other:
                execute(other, "DELETE FROM copied.first WHERE id < 4")
        return move(self, table, *about, **more)

    with monkeypatch.context() as patch:
        patch.setattr(moving.Mover, "move", robbed)
        with pytest.raises(Fault, match=r"(?s)copied\.first \(97 rows, 100 were copied\).*Somebody else has written there"):
            copy_resumably(*strangers, [SCHEMA])
    assert copy_resumably(*strangers, [SCHEMA]) and compare(*strangers, [SCHEMA]).equal
