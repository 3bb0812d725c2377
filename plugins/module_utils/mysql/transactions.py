# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transactions that are open on a server, and how to end one with what the provider grants. Needs PROCESS (authority READ has it).

Whose it is comes from SHOW PROCESSLIST: performance_schema is off on small instances, information_schema.processlist is to vanish.

InnoDB takes its list anew only when nobody on the server has read it within a tenth of a second, and does not say how old it is: while two
sessions ask in turn, each at a pace that would do for one, both can see the same old list for as long as they ask. So whoever reads it here
stands in it, with a mark in the text of its statements that no look before had, and believes a list that shows the mark.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ..faults import TimedOut
from .connection import DatabaseError, DatabaseFault, execute, query
from .dialects import Dialect

# Threads that no user opened: appliers, the scheduler, and the providers' own.
SERVERS_OWN = frozenset({"system user", "event_scheduler", "rdsadmin", "rdsrepladmin", "rds_admin"})
_GONE = 1094                    # no such thread

TRIES = 6                       # of one look: two seconds at most. Two who look at once do with one or two
_OLD = 0.105                    # seconds after which a list may be taken anew
_APART = 0.1                    # by so much more two who look at once keep apart, by chance, and by as much again with every try
_LOOK = "look for open transactions"
_LISTED = (
    "SELECT trx_mysql_thread_id AS thread, trx_id AS id, CAST(trx_started AS CHAR) AS started, trx_state AS state, trx_rows_modified AS modified, "
    "trx_is_read_only AS reader, trx_mysql_thread_id = CONNECTION_ID() AS ours, COALESCE(trx_query LIKE '%{mark}%', 0) AS marked "
    "FROM information_schema.innodb_trx")


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


def listed(conn: Any) -> list[dict[str, Any]]:
    """Every transaction that was open at one moment since this was called, ours among them: thread, id, started, state, modified, reader (it is
    declared READ ONLY) and ours. For a connection in a transaction that InnoDB knows of. Raises DatabaseFault, and TimedOut where all lists are old.
    """
    mark = secrets.token_hex(8)
    for turn in range(TRIES):
        if turn:        # the server does the waiting: whoever makes it take a list meanwhile makes it for us as well
            query(conn, f"SELECT SLEEP({_OLD + random.random() * _APART * turn:.3f}) AS mark_{mark}", doing=_LOOK)
        rows = query(conn, _LISTED.format(mark=mark), doing=_LOOK)
        if any(row["ours"] and row["marked"] for row in rows):
            return rows
    raise TimedOut(_LOOK, left="Somebody reads information_schema.innodb_trx all the time, and InnoDB takes no new list within a tenth of a second "
                   "of that: what it shows is old.", then="Find who does (SHOW PROCESSLIST), and have him ask less often.")


def open_transactions(conn: Any) -> tuple[Transaction, ...]:
    """Everybody's open transactions but our own and the server's, at one moment since this was called. Raises DatabaseFault, TimedOut."""
    with _known_to_innodb(conn):
        rows = [row for row in listed(conn) if not row["ours"] and not row["reader"] and (row["thread"] or row["modified"])]
    if not rows:
        return ()
    users = {int(row["Id"]): str(row["User"]) for row in query(conn, "SHOW PROCESSLIST", doing="ask whose they are")}
    found = (Transaction(int(row["thread"]), str(row["id"]), row["started"], users.get(int(row["thread"]), ""), int(row["modified"]),
                         row["state"] == "ROLLING BACK") for row in rows)
    return tuple(each for each in found if each.user not in SERVERS_OWN)


@contextmanager
def _known_to_innodb(conn: Any) -> Iterator[None]:
    """A transaction of ours, which reads nothing, and which no other look takes for somebody at work."""
    execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", doing=_LOOK)
    try:
        yield
    finally:
        with suppress(DatabaseError, OSError):      # a connection that is cut has none
            execute(conn, "ROLLBACK", doing=_LOOK)


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
