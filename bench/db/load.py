# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buyers: threads that insert one row in a transaction each (INSERT, then COMMIT, as the application's driver does it), as fast as they
can or at a pace, and cost the machine next to nothing.

PyMySQL logs in; from then on the same few bytes are sent again and again over its socket and the answer is only looked at for an error.
A statement costs some 20 microseconds here, where the driver's own way costs ten times that, and the servers need both cores.
"""

from __future__ import annotations

import struct
import threading
import time
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

from bench.db.servers import SCHEMA

FREE, GATED = f"{SCHEMA}.bought", f"{SCHEMA}.bought_gated"      # two tables alike, for a load that can change from one to the other


def create_sql(table: str) -> str:
    """A table of purchases."""
    return (f"CREATE TABLE {table} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, event INT NOT NULL, seat INT NOT NULL, buyer CHAR(40) NOT NULL, "
            "at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), KEY (event, seat))")


class Buyers:
    """`clients` threads with a connection each. pace: commits a second of all together, None for as fast as it goes; table: where
    the next row goes, may be changed at any time."""

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
        """So far."""
        return sum(self._counts)

    def during(self, seconds: float) -> float:
        """Commits a second within the next so many seconds."""
        before, began = self.commits, time.monotonic()
        time.sleep(seconds)
        return (self.commits - before) / (time.monotonic() - began)

    def _buy(self, number: int) -> None:
        try:
            with self.server.connected() as conn:
                self._send(conn, number)
        except Exception as error:
            if not self._stop.is_set():
                self._errors.append(f"buyer {number}: {error}")

    def _send(self, conn: Any, number: int) -> None:
        packets = {table: _packet(f"INSERT INTO {table} (event, seat, buyer) VALUES ({number}, {number * 7}, 'buyer {number} of the benchmark')")
                   for table in (FREE, GATED)}
        conn.autocommit(False)
        socket, commit = conn._sock, _packet("COMMIT")
        began, pause = time.monotonic(), self.clients / self.pace if self.pace else 0.0
        while not self._stop.is_set():
            for packet in (packets[self.table], commit):
                socket.sendall(packet)
                answer = socket.recv(4096)
                if answer[4:5] != b"\x00":
                    raise RuntimeError(answer[13:].decode(errors="replace"))
            self._counts[number] += 1
            if pause and (ahead := began + self._counts[number] * pause - time.monotonic()) > 0:
                time.sleep(ahead)


def _packet(sql: str) -> bytes:
    """A query as the protocol frames it: length, number 0, command 3."""
    return struct.pack("<I", len(sql.encode()) + 1) + b"\x03" + sql.encode()
