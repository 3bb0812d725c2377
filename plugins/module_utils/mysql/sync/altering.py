# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Triggers dropped and made on a copy that is made equal to its source: whoever reads there, a report perhaps, is not waited for without end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..briefly import LOCKED, briefly, patiently
from ..connection import DatabaseFault

LOCK_WAIT, ATTEMPTS = 2, 30     # seconds, a minute in all: nobody sells here, and what was brought took longer


def alter(conn: Any, sql: str, values: Sequence[Any] | None = None, *, doing: str) -> None:
    """Run one statement. Raises DatabaseFault, which says what to do where somebody holds the table."""
    with briefly(conn, LOCK_WAIT):
        try:
            patiently(conn, sql, values, attempts=ATTEMPTS, doing=doing)
        except DatabaseFault as fault:
            if fault.code == LOCKED:
                fault.say(left=f"A transaction or a statement on this copy has had that table open for all of {LOCK_WAIT * ATTEMPTS} s. The copy "
                          "follows nobody for now, and is marked as one that is not whole.",
                          then="End that session (SELECT * FROM performance_schema.metadata_locks tells which), then run again: it goes on.")
            raise
