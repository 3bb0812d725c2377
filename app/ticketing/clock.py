# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The time as the database tells it. Holds, places in line and rate limits go by it and by no other clock: all copies share it.

Seconds since the epoch, so that a session's time zone does not matter, with their fraction; SYSDATE(6) and not NOW(), which is fixed when
a statement starts and which a session can set.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Numeric, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Moment = Numeric(16, 6, asdecimal=False)


class epoch(FunctionElement):
    """Seconds since the epoch, now, by the clock of the server that is asked."""

    type = Moment
    inherit_cache = True


@compiles(epoch, "mysql")
def _mysql(_element: epoch, _compiler: Any, **_options: Any) -> str:
    return "UNIX_TIMESTAMP(SYSDATE(6))"


@compiles(epoch, "sqlite")
def _sqlite(_element: epoch, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


def now(connection: Connection) -> float:
    """The server's clock, in seconds since the epoch."""
    return float(connection.scalar(select(epoch())) or 0)
