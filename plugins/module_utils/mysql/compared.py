# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the last comparison of a copy with its source has found, kept where the copy has it when the source is gone: table `dr.compared`.

One row a copy, by its server uuid, written at the *source* and replicated like any other: so the copy gets no transaction of its own, and who
has the row had everything before it. It says something of the rows that were there then: whoever fills a copy anew takes its row away first
(`forget`), and of a server that has been the writer since nothing is proven, which the epoch tells.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from .connection import DatabaseFault, execute, query
from .heartbeat import NO_TABLE
from .replica_status import status

TABLE = "dr.compared"


@dataclass(frozen=True)
class Kept:
    """age_seconds: since its first look; epoch: the reign it was made in, 0 where there was none; schemas: those compared; left_out: tables
    of them that were not; outdated: this server has been the writer since."""

    age_seconds: float
    epoch: int
    tables: int
    rows_compared: int
    differing_rows: int
    definitions: int
    schemas: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    outdated: bool = False

    @property
    def equal(self) -> bool:
        """Whatever was compared was alike."""
        return not (self.differing_rows or self.definitions)

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return {"equal": self.equal, **asdict(self)}


def last(conn: Any) -> Kept | None:
    """The last comparison of the server that answers, as a copy; None when there was none, or there is no gate to decide anything by. Raises
    DatabaseFault."""
    try:
        rows = query(conn, (
            "SELECT c.*, UNIX_TIMESTAMP(SYSDATE(6)) - c.began_at AS age, g.epoch > c.epoch AS outdated "
            f"FROM {TABLE} AS c LEFT JOIN dr.gate AS g ON g.server_uuid = c.server_uuid WHERE c.server_uuid = @@server_uuid"),
            doing="read the last comparison")
    except DatabaseFault as fault:
        if fault.code in NO_TABLE:
            return None
        raise
    if not rows:
        return None
    row = rows[0]
    return Kept(max(0.0, float(row["age"])), int(row["epoch"]), int(row["tables"]), int(row["rows_compared"]), int(row["differing_rows"]),
                int(row["definitions"]), tuple(json.loads(row["schema_names"])), tuple(json.loads(row["left_out"])), outdated=bool(row["outdated"]))


def forget(source: Any, uuid: str) -> None:
    """The copy with this uuid is about to be filled anew. On a connection to its source; nothing is written where nothing was kept, nor at a copy,
    whose own source would have what it lacks then. Raises DatabaseFault."""
    kept = f"SELECT 1 FROM {TABLE} WHERE server_uuid = %s"
    if not status(source).source and there(source) and query(source, kept, (uuid,), doing="read what was kept"):
        execute(source, f"DELETE FROM {TABLE} WHERE server_uuid = %s", (uuid,), doing="forget what a comparison found")


def there(conn: Any) -> bool:
    """Is there such a table? Raises DatabaseFault."""
    return bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'compared'",
                      doing=f"look for {TABLE}"))
