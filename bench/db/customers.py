# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs beside each other in real life, so in processes of their own: customers who buy through the application's driver, and the
renewal of the gate. Threads would share one interpreter, and a renewal would wait for that and not for the database.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, Server
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from bench.db.load import FREE, GATED, Crowd, purchase

TABLES = (FREE, GATED)
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
def renewing(server: Server, epoch: int) -> Iterator[list[float]]:
    """Move valid_until five times a second; the list, filled when the block ends, says how many seconds each took."""
    stop, waits = _SPAWN.Event(), list[float]()
    here, there = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_renew, args=(server, epoch, stop, there), daemon=True)
    process.start()
    try:
        yield waits
    finally:
        stop.set()
        if not here.poll(30):
            raise RuntimeError("the renewal has died")
        waits.extend(here.recv())
        process.join(10)


def _buy(server: Server, number: int, which: Any, stop: Any, count: Any) -> None:
    with server.connected() as conn, conn.cursor() as cursor:
        conn.autocommit(False)
        seat = int(time.time()) % 10**6 * 10**6
        while not stop.is_set():
            seat += 1
            cursor.execute(purchase(TABLES[which.value], number, seat))
            conn.commit()
            count.value += 1


def _renew(server: Server, epoch: int, stop: Any, there: Any) -> None:
    mine, waits = gate_of(server), list[float]()
    until = mine.look().now + 3600
    while not stop.is_set():
        began = time.monotonic()
        if not mine.renew(epoch, until + len(waits)):
            raise RuntimeError("the gate was not renewed")
        waits.append(time.monotonic() - began)
        stop.wait(1 / RENEWALS_A_SECOND)
    mine.drop()
    there.send(waits)
