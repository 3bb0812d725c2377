# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever opens views and is stopped while writers are held, on a real server: they wait for two seconds, and no run goes on as if they had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate, gate_triggers

from tests.contract.mysql_pair import until
from tests.contract.sync_pair import SCHEMA, Shop, apart

ROOT = Path(__file__).resolve().parents[2]
STOPPED = """
import os, signal, sys
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import snapshot
place = {place!r}
real = getattr(snapshot, place)
def stopped(conn, *more, **named):
    setattr(snapshot, place, real)
    os.kill(os.getpid(), signal.SIGSTOP)
    return real(conn, *more, **named)
def holding(*given):
    found = real_hold(*given)
    setattr(snapshot, place, stopped)
    return found
real_hold, snapshot._hold = snapshot._hold, holding
try:
    with snapshot.snapshot(Server(sys.argv[1], 3306, *sys.argv[2:4]), [{schema!r}], 2) as view:
        print("a view that nobody may use", view.held_by)
except Fault as fault:
    print(fault)
    sys.exit(3)
"""


@pytest.fixture
def shop(alone: tuple[Server, Server]) -> Iterator[Shop]:
    for made in apart(alone):
        made.on(made.source, gate.TABLE, "CREATE TABLE seats (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "INSERT INTO seats (v) VALUES (1)")
        yield made
        made.on(made.source, "DROP TABLE dr.gate")


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("place", ["execute", "binlog_position"])           # before the views are open, and when they are
def test_who_is_stopped_while_writers_are_held_lets_them_go(shop: Shop, guarded: bool, place: str) -> None:
    now = "UNIX_TIMESTAMP(SYSDATE(6))"
    with shop.source.connected(database=SCHEMA) as writer:
        if guarded:
            gate_triggers.install(writer, [SCHEMA])
        execute(writer, "SET SESSION lock_wait_timeout = 20")
        execute(writer, f"INSERT INTO dr.gate VALUES (@@server_uuid, 'nhn', 1, {now} + 600, 1, {now})")
        command = [sys.executable, "-c", STOPPED.format(place=place, schema=SCHEMA), shop.source.host, shop.source.user, shop.source.password]
        run = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": "collections", "PATH": "/usr/bin"}, stdout=subprocess.PIPE, text=True)
        try:
            until(lambda: os.waitid(os.P_PID, run.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None)
            began = time.monotonic()
            execute(writer, f"UPDATE dr.gate SET sequence = sequence + 1, beat_at = {now} WHERE server_uuid = @@server_uuid")
            execute(writer, "INSERT INTO seats (v) VALUES (2)")
            waited = time.monotonic() - began
        finally:
            run.send_signal(signal.SIGCONT)
            told, _ = run.communicate(timeout=30)
    assert waited < 20, f"writers were held for {waited:.1f} s"      # the server counts to HOLD_LIMIT; what is between is a busy machine
    assert run.returncode == 3 and "nothing was heard of us for 2 s" in told and "Run again" in told
    assert snapshot.HOLD_LIMIT + snapshot.LOCK_LIMIT < 4.5, "what a gate is valid for, where timings are fast"


def test_a_session_that_holds_nobody_may_be_silent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts, and for as long as the rows take."""
    asked: list[int] = []
    monkeypatch.setattr(snapshot, "ATTEMPTS", 2)
    monkeypatch.setattr(snapshot, "_patience", lambda _conn, seconds: asked.append(seconds))
    with shop.source.connected(database=SCHEMA) as writer:
        execute(writer, "START TRANSACTION")
        execute(writer, "INSERT INTO seats (v) VALUES (3)")

        class Clock:
            def sleep(self, _seconds: float) -> None:
                execute(writer, "COMMIT")

        monkeypatch.setattr(snapshot, "LOCK_LIMIT", 1)
        with snapshot.snapshot(shop.source, [SCHEMA], clock=Clock()) as view:       # type: ignore[arg-type]
            assert view.position.file
    assert asked in ([snapshot.HOLD_LIMIT, snapshot.IDLE_LIMIT, snapshot.HOLD_LIMIT], [snapshot.HOLD_LIMIT])
