# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DDL waits for every transaction and statement that has its table open, by MySQL's default for a year, and whoever comes to the table later waits
behind it. So it waits briefly, lets the others pass, and tries again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .connection import DatabaseFault, execute, value

LOCKED = 1205


@contextmanager
def briefly(conn: Any, seconds: int) -> Iterator[None]:
    """In this block the connection waits no longer than that for a table that others have open. Raises DatabaseFault."""
    before = value(conn, "SELECT @@lock_wait_timeout")
    execute(conn, "SET SESSION lock_wait_timeout = %s", (seconds,))
    try:
        yield
    finally:
        execute(conn, "SET SESSION lock_wait_timeout = %s", (before,))


def patiently(conn: Any, sql: str, values: Sequence[Any] | None = None, *, attempts: int, doing: str) -> None:
    """Run it, and again where others have the table open. Raises DatabaseFault (LOCKED when they had it each time)."""
    for left in reversed(range(attempts)):
        try:
            execute(conn, sql, values, doing=doing)
            return
        except DatabaseFault as fault:
            if fault.code != LOCKED or not left:
                raise
