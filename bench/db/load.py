# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buyers: threads that insert one row in a transaction each (INSERT, then COMMIT, as the application's driver does it), as fast as they
can or at a pace, and cost the machine next to nothing.

PyMySQL logs in; from then on packets are sent over its socket and the answer is only looked at for an error. A statement costs some 25
microseconds here, where the driver's own way costs ten times that, and the servers need both cores.
"""

from __future__ import annotations

import struct
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

from bench.db.servers import SCHEMA

FREE, GATED = f"{SCHEMA}.bought", f"{SCHEMA}.bought_gated"      # two tables alike, for a load that can change from one to the other


def create_sql(table: str) -> str:
    """The application's table of purchases, but for its foreign keys: no events and seats are needed here."""
    return (f"CREATE TABLE {table} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, idempotency_key VARCHAR(36) NOT NULL, event_id BIGINT NOT NULL, "
            "seat_id BIGINT NOT NULL, buyer VARCHAR(100) NOT NULL, ticket VARCHAR(36) NOT NULL, site VARCHAR(32) NOT NULL, epoch BIGINT NOT NULL, "
            "created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE KEY (event_id, seat_id), UNIQUE KEY (idempotency_key), KEY (buyer))")


def purchase(table: str, number: int, seat: int) -> str:
    """The row that buyer `number` writes for a seat. Its key is unique, and in no order, as a buyer's is."""
    key = f"{seat * 2654435761 % 2**32:08x}-{number:04x}-4000-8000-{seat:012d}"
    return (f"INSERT INTO {table} (idempotency_key, event_id, seat_id, buyer, ticket, site, epoch) VALUES "
            f"('{key}', {number}, {seat}, 'buyer {seat % 5000}', '{key[::-1]}', 'nhn', 1)")


class Crowd(ABC):
    """Whoever buys: counted by commits, and sent to one table or the other."""

    @property
    @abstractmethod
    def commits(self) -> int:
        """So far."""

    @abstractmethod
    def to(self, table: str) -> None:
        """From now on they buy there."""

    def during(self, seconds: float) -> float:
        """Commits a second within the next so many seconds."""
        before, began = self.commits, time.monotonic()
        time.sleep(seconds)
        return (self.commits - before) / (time.monotonic() - began)


class Buyers(Crowd):
    """`clients` threads with a connection each. pace: commits a second of all together, None for as fast as it goes; table: where
    the next row goes."""

    def __init__(self, server: Server, table: str, clients: int = 8, pace: float | None = None) -> None:
        self.server, self.table, self.clients, self.pace = server, table, clients, pace
        self._stop = threading.Event()
        self._counts = [0] * clients
        self._errors: list[str] = []
        self._threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Buyers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
        if self._errors:
            raise RuntimeError(self._errors[0])

    @property
    def commits(self) -> int:
        return sum(self._counts)

    def to(self, table: str) -> None:
        self.table = table

    def _buy(self, number: int) -> None:
        try:
            with self.server.connected(database=SCHEMA) as conn:        # as the application: a trigger of another schema than the session's
                self._send(conn, number)                                # changes it there and back for every row
        except Exception as error:
            if not self._stop.is_set():
                self._errors.append(f"buyer {number}: {error}")

    def _send(self, conn: Any, number: int) -> None:
        conn.autocommit(False)
        socket, commit, seat = conn._sock, _packet("COMMIT"), int(time.time()) % 10**6 * 10**6
        began, pause = time.monotonic(), self.clients / self.pace if self.pace else 0.0
        while not self._stop.is_set():
            seat += 1
            for packet in (_packet(purchase(self.table, number, seat)), commit):
                socket.sendall(packet)
                answer = socket.recv(4096)
                if answer[4:5] != b"\x00":
                    raise RuntimeError(answer[13:].decode(errors="replace"))
            self._counts[number] += 1
            if pause and (ahead := began + self._counts[number] * pause - time.monotonic()) > 0:
                time.sleep(ahead)


def _packet(sql: str) -> bytes:
    """A query as the protocol frames it: length, number 0, command 3."""
    data = sql.encode()
    return struct.pack("<I", len(data) + 1) + b"\x03" + data
