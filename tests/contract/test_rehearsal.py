# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole rehearsal on real servers: a standby that follows a writer whose heart beats, a copy of it in a third server, and the real application on
that. Only AWS and podman are stand-ins: the instance is a container of the tests', the application a process.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import Seen
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal import rehearse, visitor
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.container import Podman
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import CONTAINER, Parts, parts_from

from lab import podman
from lab.hosts import mysql
from tests.contract.app_shop import APP, Shop, opened, stocked
from tests.contract.mysql_pair import NETWORK, PREFIX, until
from tests.unit.plugins.rehearsal.made_up import STANDS_BY, TIMING, free_port, serving
from tests.unit.plugins.rehearsal.made_up import Shop as MadeUp

pytestmark = pytest.mark.long
COPY = f"{NETWORK}-rehearsal"
ROOT, BIN = Path(__file__).parents[2], Path(sys.executable).parent
# podman's part of what a rehearsal asks of it: one process, whose number lies in a file.
ENGINE = f"""#!{sys.executable}
import os, signal, subprocess, sys
pid, words = "PID_FILE", sys.argv[1:]
def there():
    return os.path.exists(pid)
if words[0] == "ps":
    print({CONTAINER!r} if there() else "")
elif words[0] == "rm":
    try:
        os.kill(int(open(pid).read()), signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.remove(pid)
elif words[0] == "run":
    told = dict(line.rstrip("\\n").split("=", 1) for line in open(words[words.index("--env-file") + 1]))
    command = words[words.index("tickets:1") + 1:]
    log = open(pid + ".log", "w")
    command[0] = {str(BIN)!r} + "/" + command[0]
    told = {{**os.environ, "PYTHONPATH": {str(ROOT / "app")!r}, **told}}
    done = subprocess.Popen(command, env=told, stdout=log, stderr=log, start_new_session=True)
    open(pid, "w").write(str(done.pid))
elif words[0] == "logs":
    print(open(pid + ".log").read())
"""


class Instances:
    """AWS's instances: one more real server on the pair's network."""

    def __init__(self) -> None:
        self.there: dict[str, Seen] = {}

    def seen(self, name: str) -> Seen | None:
        return self.there.get(name)

    def refuse(self, name: str, restore: dict[str, Any] | None) -> None:
        pass

    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str:
        self.there[name] = Seen(name, f"db-{secrets.token_hex(4)}", mark)
        mysql.start(COPY, NETWORK, f"{PREFIX}.15", 3306, flavour="aws", admin_user="admin", admin_password="boss-boss")
        return self.there[name].identity

    def server(self, seen: Seen) -> Server:
        assert self.there[seen.name] == seen
        until(lambda: mysql.ready(COPY))
        return Server(f"{PREFIX}.15", 3306, "admin", "boss-boss")

    def remove(self, seen: Seen) -> None:
        if self.there.get(seen.name) == seen:
            del self.there[seen.name]
            podman.remove(COPY)

    def quotas(self) -> dict[str, tuple[int, int]]:
        return {"DBInstances": (1, 40), "AllocatedStorage": (20, 1000)}

    def storage_gb(self) -> int:
        return 20


@contextmanager
def beating(shop: Shop) -> Iterator[None]:
    """The writer's heart, four times a second."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(0.25):
            shop.gate.beat(7)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture(scope="module")
def shop(pair: tuple[Server, Server], followed: object) -> Iterator[Shop]:
    """A sale at the writer, which the standby follows."""
    with opened(pair) as shop:
        ready = stocked(shop)
        with beating(ready):
            yield ready
        podman.remove(COPY)


@pytest.fixture
def world(shop: Shop, pair: tuple[Server, Server], tmp_path: Path) -> Iterator[tuple[Parts, MadeUp]]:
    """What a rehearsal at the standby works with, and its site's own agent and application."""
    live, port = MadeUp(tmp_path / "gate"), free_port()
    live.status = STANDS_BY
    engine = tmp_path / "podman"
    engine.write_text(ENGINE.replace("PID_FILE", str(tmp_path / "pid")))
    engine.chmod(0o755)
    standby = next(Server(each.host, each.port, "dr_agent", "agent") for each in pair if each.host != shop.writer.host)
    with serving(live) as agent:
        parts = parts_from({
            "topology": "tickets", "site": "aws", "schemas": [APP, "dr"], "state_directory": str(tmp_path / "state"), "agent_url": agent,
            "database": {"host": standby.host, "port": 3306, "user": "dr_agent", "password": "agent"}, "timing": TIMING,
            "limits": {"still_seconds": 20.0},                              # this machine does other things as well
            "aws": {"instance": "tickets-db", "admin_user": "admin", "admin_password": "boss-boss", "client": {}},
            "application": {"image": "tickets:1", "environment": {"SESSION_KEYS": "k" * 40}, "account": "app", "schema": APP, "address": "127.0.0.1",
                            "command": ["uvicorn", "--factory", "ticketing.main:create", "--host", "127.0.0.1", "--port", str(port)],
                            "port": port, "memory_mb": 128, "live_url": agent}}, time.time)
        parts.__dict__.update(instances=Instances(), podman=Podman(CONTAINER, str(engine)))
        yield parts, live
        parts.podman.remove()
        podman.remove(COPY)


def sold(server: Server) -> int:
    with server.connected() as conn:
        return int(value(conn, f"SELECT COUNT(*) FROM {APP}.purchases"))


def buyers(shop: Shop, stop: threading.Event, failed: list[str], made: list[float]) -> threading.Thread:
    """Somebody who writes at the writer all the while, as a sale does."""
    def run() -> None:
        with Server(shop.writer.host, 3306, "app", "app").connected() as conn:
            while not stop.wait(0.02):
                began = time.monotonic()
                try:
                    execute(conn, f"UPDATE {APP}.events SET price_krw = price_krw + 1 WHERE id = %s", (shop.event_id,))
                except Exception as error:
                    failed.append(str(error))
                made.append(time.monotonic() - began)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_rehearsal_of_the_whole_and_nobody_notices(world: tuple[Parts, MadeUp], shop: Shop, pair: tuple[Server, Server]) -> None:
    parts, _live = world
    stop, failed, made = threading.Event(), list[str](), list[float]()
    crowd = buyers(shop, stop, failed, made)
    before = [sold(each) for each in pair]
    said: list[str] = []
    found = rehearse.rehearse(parts, said.append)
    stop.set()
    crowd.join()
    assert found["ok"] and found["tables"] >= 9 and found["rows"] >= 50, found
    assert found["replication_pause_seconds"] == 0.0 and found["heartbeat_gap_seconds"] < 20.0
    assert 30 < found["rto_seconds"] < 40 and found["first_sale_seconds"] < 5.0
    assert not failed and len(made) > 50, "0 requests failed at the writer meanwhile"
    assert [sold(each) for each in pair] == before, "what was sold on the copy is nowhere else"
    assert parts.instances.seen(parts.instance) is None and not parts.podman.there() and parts.kept.under_way() is None
    with next(each for each in pair if each.host != shop.writer.host).connected() as conn:
        assert [row["site"] for row in query(conn, "SELECT site FROM dr.gate")] == ["nhn"], "the copy's gate is the copy's"
    print(json.dumps(found))


def test_sold_out_at_the_live_site_something_is_made_to_buy_on_the_copy_alone(world: tuple[Parts, MadeUp], shop: Shop) -> None:
    parts, _live = world
    with shop.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE events SET on_sale = 0")
    with pytest.raises(Fault, match="No event on sale has a free seat"):
        rehearse.rehearse(parts, lambda _said: None)
    parts.config["prepare_sql"] = [                                         # type: ignore[index]
        f"INSERT INTO {APP}.events (name_ko, name_en, venue_ko, venue_en, starts_at, price_krw) VALUES ('r', 'R', '-', '-', '2037-01-01', 1)",
        f"INSERT INTO {APP}.seats (event_id, seat_row, seat_number, label) VALUES (LAST_INSERT_ID(), 'A', 1, 'A-1')"]
    assert rehearse.rehearse(parts, lambda _said: None)["ok"]
    with shop.engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT COUNT(*) FROM events WHERE name_en = 'R'").scalar() == 0
        conn.exec_driver_sql("UPDATE events SET on_sale = 1")


@pytest.mark.parametrize("at", ["adding up", "copying"])
def test_a_migration_that_waits_for_the_copys_view_has_the_copy_given_up(
        at: str, world: tuple[Parts, MadeUp], shop: Shop, pair: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that a view holds up: the applier waits for it, and with it everything behind. Whatever the view is at, it is ended."""
    parts, _live = world
    parts.config["limits"] = {"still_seconds": 3.0}                         # type: ignore[index]
    copying, adding_up, began = dump.dump, dump.proof, list[float]()

    def migrate() -> None:
        with Server(shop.writer.host, 3306, "dr_agent", "agent").connected() as writer:
            execute(writer, f"ALTER TABLE {APP}.events ADD COLUMN later INT")
        began.append(time.monotonic())

    def slow(conn: Any, schemas: Any) -> Iterator[bytes]:
        for block in copying(conn, schemas):
            if not began and block.startswith(b"CREATE TABLE"):         # while it asks how triggers are built MySQL may end it as a deadlock instead
                migrate()
            elif began:
                time.sleep(1.0)
            yield block

    def long(conn: Any, schemas: Any) -> dict[str, Any]:
        found = adding_up(conn, schemas)
        migrate()
        query(conn, "SELECT SLEEP(300)")
        return found

    monkeypatch.setattr(dump, *(("proof", long) if at == "adding up" else ("dump", slow)))
    with pytest.raises(Fault, match="given up at once for it to go on"):
        rehearse.rehearse(parts, lambda _said: None)
    assert time.monotonic() - began[0] < 120, "and not after five minutes"
    standby = next(each for each in pair if each.host != shop.writer.host)
    with standby.connected() as conn:
        until(lambda: query(conn, f"SHOW COLUMNS FROM {APP}.events LIKE 'later'"))
    with Server(shop.writer.host, 3306, "dr_agent", "agent").connected() as writer:
        execute(writer, f"ALTER TABLE {APP}.events DROP COLUMN later")
    assert not parts.kept.status()["ok"] and parts.instances.seen(parts.instance) is None


def test_killed_while_the_application_runs_the_next_run_finds_all_of_it(world: tuple[Parts, MadeUp], monkeypatch: pytest.MonkeyPatch) -> None:
    parts, _live = world

    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Killed

    clearing = rehearse._cleared
    monkeypatch.setattr(visitor, "sell", dies)
    monkeypatch.setattr(rehearse, "_cleared", lambda parts, say, own=False: [] if own else clearing(parts, say))
    with pytest.raises(Killed):
        rehearse.rehearse(parts, lambda _said: None)
    assert parts.podman.there() and parts.instances.seen(parts.instance) and visitor.ask(parts.url, "/readyz").status == 200
    monkeypatch.undo()
    said: list[str] = []
    assert len(rehearse.clear(parts, said.append)) == 2 and "earlier rehearsal had left" in said[0]
    assert not parts.podman.there() and not parts.instances.seen(parts.instance) and visitor.ask(parts.url, "/readyz").status == 0
    assert not subprocess.run(["podman", "ps", "--quiet", f"--filter=name={COPY}"], capture_output=True, text=True, check=True).stdout.strip()
