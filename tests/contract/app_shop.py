# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ticketing service on the pair of real servers: its schema as its own command makes it, guarded by the gate's triggers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import SCHEMA, TABLE, Gate
from sqlalchemy import Engine, delete, insert, select
from ticketing import cli
from ticketing.config import Settings
from ticketing.models import Base, Cancellation, Event, Hold, Line, Place, Purchase, RateWindow, Seat, User
from ticketing.stage import hall
from ticketing.store import engine_for

from tests.contract.mysql_pair import until

APP = "sales"                   # the schema that account `app` is held to
EMPTIED = (Cancellation, Purchase, Hold, Line, Place, RateWindow, Seat, Event, User)
BUYERS = 12                     # threads at a time


@dataclass(frozen=True)
class Shop:
    """The writer and its follower. engine, following: the application's connections to each."""

    writer: Server
    gate: Gate
    engine: Engine
    following: Engine
    event_id: int = 0

    def open(self, epoch: int = 7) -> None:
        self.gate.open("nhn", epoch, self.gate.look().now + 600)

    def people(self, count: int) -> list[int]:
        """The ids of so many new accounts; nobody logs in with them."""
        with self.engine.begin() as conn:
            first = conn.scalar(select(User.id).order_by(User.id.desc()).limit(1)) or 0
            conn.execute(insert(User), [{"uid": f"{first}-{n}", "email": f"{first}-{n}@example.com", "name": "N", "password_hash": "-"}
                                        for n in range(count)])
            return list(conn.scalars(select(User.id).where(User.id > first).order_by(User.id)))


def url(server: Server, account: str = "app:app") -> str:
    return f"mysql+pymysql://{account}@{server.host}:{server.port}/{APP}"


@contextmanager
def opened(servers: Sequence[Server]) -> Iterator[Shop]:
    """A shop on the one of two servers that follows nobody, its gate shut."""
    servers = sorted((Server(each.host, each.port, "dr_agent", "agent") for each in servers), key=follows)
    writer, follower = servers
    assert not follows(writer)
    gate = Gate(lambda: connection.connect(writer.host, writer.port, writer.user, writer.password), (connection.DatabaseError,))
    engines = [engine_for(Settings(url(each), "nhn", pool=BUYERS + 4)) for each in servers]
    with writer.connected() as conn:
        execute(conn, "CREATE SCHEMA IF NOT EXISTS dr")
        for statement in (f"CREATE DATABASE {APP}", SCHEMA, TABLE):
            execute(conn, statement)
        try:
            migrate(writer)
            yield Shop(writer, gate, engines[0], engines[1])
        finally:
            gate.drop()
            for engine in engines:
                engine.dispose()
            execute(conn, "DROP TABLE dr.gate")
            execute(conn, f"DROP DATABASE {APP}")
    with follower.connected() as conn:
        until(lambda: not query(conn, f"SHOW DATABASES LIKE '{APP}'"))


def migrate(writer: Server) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url(writer, "dr_agent:agent"))
        patch.setenv("SITE", "nhn")
        assert cli.main(["migrate"]) == 0
    with writer.connected() as conn:
        assert gate_triggers.install(conn, [APP]), "a table without the gate's triggers"


def follows(server: Server) -> bool:
    with server.connected() as conn:
        return bool(query(conn, "SHOW REPLICA STATUS"))


def stocked(shop: Shop, rows: int = 5, width: int = 10) -> Shop:
    """The shop with nothing in it but one event, and an open gate."""
    shop.open()
    with shop.engine.begin() as conn:
        for table in EMPTIED:
            conn.execute(delete(table))
        done = conn.execute(insert(Event).values(
            name_ko="공연", name_en="Show", venue_ko="서울", venue_en="Seoul", starts_at="2037-01-01 19:00:00", price_krw=1000))
        assert done.inserted_primary_key
        event_id = int(done.inserted_primary_key[0])
        conn.execute(insert(Seat), hall(event_id, rows, width))
    return replace(shop, event_id=event_id)


def at_once(work: Callable[[int], Any], count: int, threads: int = BUYERS) -> list[Any]:
    """work(0) … work(count - 1), a few at a time, all from one start; what each returned or raised, in order."""
    results: list[Any] = [None] * count
    numbers, start = iter(range(count)), threading.Barrier(min(threads, count))
    lock = threading.Lock()

    def run() -> None:
        start.wait(20)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                results[number] = work(number)
            except Exception as error:      # what was raised is the result
                results[number] = error

    crowd = [threading.Thread(target=run) for _ in range(start.parties)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(60)
        assert not each.is_alive()
    return results


assert {table.__table__ for table in EMPTIED} == set(Base.metadata.tables.values())
