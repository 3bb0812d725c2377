# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs beside each other in real life, so in processes of their own: customers who buy through the application's driver, and the
renewal of the gate. Threads would share one interpreter, and a renewal would wait for that and not for the database.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from bench.db.load import FREE, GATED, Crowd, purchase
from bench.db.servers import SCHEMA

TABLES = (FREE, GATED)
BESIDE = f"{SCHEMA}.beside"     # one row that nobody but the renewal's process writes
NICE = -10                      # what CPUWeight=1000 of the agent's unit is worth on one machine
RENEWALS_A_SECOND = 5       # an agent writes four times
_SPAWN = multiprocessing.get_context("spawn")


def gate_of(server: Server) -> gate.Gate:
    """The gate of a server, over connections of its own."""
    def connect() -> Any:
        return connection.connect(server.host, server.port, server.user, server.password)

    return gate.Gate(connect, (DatabaseError,))


class Customers(Crowd):
    """`clients` processes that insert one row in a transaction each, as fast as PyMySQL can. table: where the next row goes."""

    def __init__(self, server: Server, table: str, clients: int = 8) -> None:
        self._which = _SPAWN.Value("i", TABLES.index(table), lock=False)
        self._stop = _SPAWN.Event()
        self._counts = [_SPAWN.Value("Q", 0, lock=False) for _ in range(clients)]
        self._processes = [_SPAWN.Process(target=_buy, args=(server, number, self._which, self._stop, count), daemon=True)
                           for number, count in enumerate(self._counts)]

    def __enter__(self) -> Customers:
        for process in self._processes:
            process.start()
        end = time.monotonic() + 60
        while not all(count.value for count in self._counts):
            if time.monotonic() > end or not all(process.is_alive() for process in self._processes):
                raise RuntimeError("not every customer could buy")
            time.sleep(0.05)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for process in self._processes:
            process.join(20)
        if failed := [process.exitcode for process in self._processes if process.exitcode]:
            raise RuntimeError(f"{len(failed)} customers failed")

    @property
    def commits(self) -> int:
        return sum(count.value for count in self._counts)

    def to(self, table: str) -> None:
        self._which.value = TABLES.index(table)


@contextmanager
def renewing(server: Server, epoch: int) -> Iterator[dict[str, list[float]]]:
    """Move valid_until five times a second, and commit to a row of nobody's in between: what that takes, any
    commit takes on this machine at this moment. The lists `renewal` and `commit`, filled when the block ends, say how many seconds each took.
    """
    with server.connected() as conn:
        for statement in (f"CREATE TABLE IF NOT EXISTS {BESIDE} (id INT PRIMARY KEY, n INT NOT NULL)", f"REPLACE INTO {BESIDE} VALUES (1, 0)"):
            execute(conn, statement)
    stop, waits = _SPAWN.Event(), dict[str, list[float]]()
    here, there = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_renew, args=(server, epoch, stop, there), daemon=True)
    process.start()
    try:
        yield waits
    finally:
        stop.set()
        if not here.poll(30):
            raise RuntimeError("the renewal has died")
        waits |= here.recv()
        process.join(10)


def _buy(server: Server, number: int, which: Any, stop: Any, count: Any) -> None:
    with server.connected(database=SCHEMA) as conn, conn.cursor() as cursor:
        conn.autocommit(False)
        seat = int(time.time()) % 10**6 * 10**6
        while not stop.is_set():
            seat += 1
            cursor.execute(purchase(TABLES[which.value], number, seat))
            conn.commit()
            count.value += 1


def _renew(server: Server, epoch: int, stop: Any, there: Any) -> None:
    os.nice(NICE)
    mine, waits = gate_of(server), {"renewal": list[float](), "commit": list[float]()}
    until = mine.look().now + 3600
    with server.connected() as conn:
        while not stop.is_set():
            began = time.monotonic()
            if not mine.renew(epoch, until + len(waits["renewal"])):
                raise RuntimeError("the gate was not renewed")
            waits["renewal"].append(time.monotonic() - began)
            stop.wait(0.5 / RENEWALS_A_SECOND)
            began = time.monotonic()
            execute(conn, f"UPDATE {BESIDE} SET n = n + 1 WHERE id = 1")
            waits["commit"].append(time.monotonic() - began)
            stop.wait(0.5 / RENEWALS_A_SECOND)
    mine.drop()
    there.send(waits)
