# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate: may the database this copy is connected to take writes now?

One row of `dr.gate` names the server (`@@server_uuid`) and says until when, by that server's own clock, it may take writes.
Somebody else renews it; the application only reads. It asks twice: before it writes, so that a standby's replica is left
alone, and again *after* COMMIT, because a commit can outlive the gate. Only a purchase whose second answer was yes is
acknowledged: that, and not the row in the table, is what a buyer may rely on.

The database refuses as well, by triggers, where the gate is shut: with error 1644 and words that begin with `dr.gate:`. That
counts when it shuts between our first question and the write, and for whoever does not ask.

`SYSDATE(6)`, not `NOW()`: NOW is fixed when the statement starts. Seconds since the epoch, so that a session's time zone
does not matter.

An answer says for how long it holds, and this process counts that on its own monotonic clock from before it asked: whoever was
stopped in between gives no promise.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

SIGNALLED = 1644        # MySQL's number for what a trigger says
REFUSAL = "dr.gate:"    # how the gate's own words begin

VALID_ROW = text(
    "SELECT site, epoch, valid_until - UNIX_TIMESTAMP(SYSDATE(6)) AS seconds, @@server_uuid AS server, beat_at FROM dr.gate "
    "WHERE server_uuid = @@server_uuid AND valid_until > UNIX_TIMESTAMP(SYSDATE(6))"
)

ARRIVED = text("SELECT @@server_uuid AS server, (SELECT beat_at FROM dr.gate WHERE server_uuid = :server) AS beat_at")


@dataclass(frozen=True)
class Reign:
    """Who may write: the site, and the epoch that its right was given in. `until`: to which moment of this process's monotonic clock that is
    known. `server`: which server said so; `beat_at`: when that row was last written, by that server's clock."""

    site: str
    epoch: int
    until: float = field(default=math.inf, compare=False)
    server: str = field(default="", compare=False)
    beat_at: float = field(default=0.0, compare=False)

    @property
    def stands(self) -> bool:
        """May it be relied on still?"""
        return time.monotonic() < self.until


def reign(connection: Connection) -> Reign | None:
    """The reign the connected server is in now, or None where its gate is closed."""
    asked = time.monotonic()
    row = connection.execute(VALID_ROW).first()
    if row is None:
        return None
    return Reign(row.site, int(row.epoch), until=asked + float(row.seconds), server=row.server, beat_at=float(row.beat_at))


def arrived(connection: Connection, server: str) -> tuple[str, float | None]:
    """(which server this is, `beat_at` of another server's row as replication has brought it here)."""
    row = connection.execute(ARRIVED, {"server": server}).one()
    return row.server, None if row.beat_at is None else float(row.beat_at)


def refused(error: DBAPIError) -> bool:
    """Did the database refuse because its gate is shut?"""
    number, said = (*getattr(error.orig, "args", ()), None, None)[:2]
    return number == SIGNALLED and str(said).startswith(REFUSAL)
