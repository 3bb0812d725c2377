# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two witnesses beside the clients: one looks at both gates ten times a second, one tries to write at the standby's database until it may."""

from __future__ import annotations

import threading
import time
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault, Server, execute, query

from .history import Gate, History
from .hosts import SITES, World

LOOK_EVERY = 0.1
TRY_EVERY = 0.05
CLOSED = 1644           # what a trigger of the gate says
LOOK = ("SELECT @@server_uuid AS server_uuid, epoch, GREATEST(0, valid_until - UNIX_TIMESTAMP(SYSDATE(6))) AS valid_for "
        "FROM dr.gate WHERE server_uuid = @@server_uuid")
# A row of the application's own bookkeeping, behind the gate as all of its tables are. It never counts against anybody.
TRY = "INSERT INTO tickets.rate_windows (bucket, began, hits) VALUES ('witness', 0, 1) ON DUPLICATE KEY UPDATE hits = hits + 1"


class _Loop(threading.Thread):
    """Asks one database again and again, over a connection of its own that is made anew when it breaks."""

    def __init__(self, server: Server, every: float) -> None:
        super().__init__(daemon=True)
        self._server, self._every = server, every
        self.ended = threading.Event()

    def run(self) -> None:
        conn: Any = None
        while not self.ended.wait(self._every):
            try:
                conn = conn or self._open()
                self.ask(conn)
            except (DatabaseError, DatabaseFault, OSError):
                conn = None
        if conn is not None:
            conn.close()

    def _open(self) -> Any:
        from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
        server = self._server
        return connection.connect(server.host, server.port, server.user, server.password, connect_timeout=1.0, read_timeout=1.0, write_timeout=1.0)

    def ask(self, conn: Any) -> None:
        """One question. Whatever a database may raise ends the connection."""
        raise NotImplementedError


class GateWatch:
    """A block in which both gates are looked at, into the history."""

    def __init__(self, world: World, history: History) -> None:
        self._loops = [_GateLoop(world.server(site, "dr_agent"), site, history) for site in SITES]

    def __enter__(self) -> GateWatch:
        for loop in self._loops:
            loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        for loop in self._loops:
            loop.ended.set()
        for loop in self._loops:
            loop.join(3)


class _GateLoop(_Loop):
    def __init__(self, server: Server, site: str, history: History) -> None:
        super().__init__(server, LOOK_EVERY)
        self._site, self._history = site, history

    def ask(self, conn: Any) -> None:
        asked = time.monotonic()
        rows = query(conn, LOOK)
        told = time.monotonic()
        if rows:
            row = rows[0]
            self._history.gate(Gate(self._site, asked, told, str(row["server_uuid"]), int(row["epoch"]), float(row["valid_for"])))


class FirstWrite(_Loop):
    """Tries until a write is accepted; `at`: when that was answered, epoch seconds."""

    def __init__(self, server: Server) -> None:
        super().__init__(server, TRY_EVERY)
        self.at: float | None = None

    def ask(self, conn: Any) -> None:
        try:
            execute(conn, TRY)
        except DatabaseFault as fault:
            if fault.code != CLOSED:
                raise
            return
        self.at = time.time()
        self.ended.set()
