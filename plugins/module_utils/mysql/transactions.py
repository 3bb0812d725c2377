# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transactions that are open on a server, and how to end one with what the provider grants. Needs PROCESS (authority READ has it).

Whose it is comes from SHOW PROCESSLIST: performance_schema is off on small instances, information_schema.processlist is to vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .connection import DatabaseFault, execute, query
from .dialects import Dialect

# Threads that no user opened: appliers, the scheduler, and the providers' own.
SERVERS_OWN = frozenset({"system user", "event_scheduler", "rdsadmin", "rdsrepladmin", "rds_admin"})
_GONE = 1094                    # no such thread

_OPEN = (
    "SELECT trx_mysql_thread_id AS thread, trx_id AS id, CAST(trx_started AS CHAR) AS started, trx_state AS state, "
    "trx_rows_modified AS modified FROM information_schema.innodb_trx "
    "WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_is_read_only = 0 AND (trx_mysql_thread_id <> 0 OR trx_rows_modified > 0)")


@dataclass(frozen=True)
class Transaction:
    """One open transaction that is not declared read only. `thread` 0: see prepared. `user` "": its connection was gone when asked for.
    `rows`: how many it has changed. `undoing`: it is being rolled back and cannot commit any more.
    """

    thread: int
    id: str
    started: str
    user: str = ""
    rows: int = 0
    undoing: bool = False

    @property
    def prepared(self) -> bool:
        """XA PREPARE was said: it is no connection's any more, outlives a restart, and ends by XA COMMIT or XA ROLLBACK with its name, which only
        XA_RECOVER_ADMIN may ask for. No account at NHN has that."""
        return not self.thread


def open_transactions(conn: Any) -> tuple[Transaction, ...]:
    """Everybody's open transactions but our own and the server's. InnoDB refreshes the list ten times a second at most, and only when
    nobody has just read it: look twice, 0.1 s apart, before believing that nothing is there. Raises DatabaseFault.
    """
    rows = query(conn, _OPEN, doing="look for open transactions")
    if not rows:
        return ()
    users = {int(row["Id"]): str(row["User"]) for row in query(conn, "SHOW PROCESSLIST", doing="ask whose they are")}
    found = (Transaction(int(row["thread"]), str(row["id"]), row["started"], users.get(int(row["thread"]), ""), int(row["modified"]),
                         row["state"] == "ROLLING BACK") for row in rows)
    return tuple(each for each in found if each.user not in SERVERS_OWN)


def kill(conn: Any, dialect: Dialect, thread: int) -> bool:
    """End a connection; False when it had ended by itself. Raises DatabaseFault."""
    statement = dialect.kill(thread)
    try:
        execute(conn, statement.sql, statement.values, doing=f"end connection {thread}")
    except DatabaseFault as fault:
        if fault.code == _GONE:
            return False
        raise
    return True
