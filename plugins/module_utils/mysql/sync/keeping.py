# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a comparison has found is written down for whoever has to decide by it once the source is gone (mysql.compared says where and why there)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...faults import Fault
from ...waiting import Clock, SystemClock
from ..compared import TABLE, there
from ..connection import DatabaseFault, Server, execute, query, server_uuid
from ..heartbeat import NO_TABLE, POLL_SECONDS, newest_reign
from ..replica_status import status
from .compare import Comparison

_CREATED = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (server_uuid VARBINARY(36) NOT NULL PRIMARY KEY, source_uuid VARBINARY(36) NOT NULL, "
    "epoch BIGINT UNSIGNED NOT NULL, began_at DECIMAL(16,6) NOT NULL, tables INT UNSIGNED NOT NULL, rows_compared BIGINT UNSIGNED NOT NULL, "
    "differing_rows BIGINT UNSIGNED NOT NULL, definitions INT UNSIGNED NOT NULL, schema_names TEXT CHARACTER SET utf8mb4 NOT NULL, "
    "left_out TEXT CHARACTER SET utf8mb4 NOT NULL)")


def begun_in(source: Server) -> int:
    """Before anything is compared: the number of the reign that its outcome belongs to, 0 where there is none. Raises Fault when what is written at
    the source would be a copy's own; DatabaseFault."""
    with source.connected() as conn:
        if above := status(conn).source:
            raise Fault("keep what a comparison finds", f"at {source}", left=f"It copies from {above} itself, which would lack what is written "
                        "there. Nothing was touched.", then="Name the writer as the source.")
        # Not the source's own: after a failover inside its cloud it has none before an agent has stamped it. And a writer that let go has its row at
        # the number that its successor reigns under, so only a higher one tells that the copy has been the writer since.
        reign = newest_reign(conn)
        return reign.epoch if reign else 0


def keep(source: Server, target: Server, found: Comparison, schemas: Sequence[str], left_out: Sequence[str], *, epoch: int, age: float,
         limit: float, clock: Clock | None = None) -> bool:
    """Write down what was found; whether that has arrived at the copy within `limit` seconds. epoch: see begun_in; age: seconds since the first
    look. Rows that never held still prove nothing and refute nothing: where there was nothing else, what was kept before stays. Raises DatabaseFault.
    """
    if found.unsettled_rows and not (found.differing_rows or found.definitions):
        return False
    with source.connected() as writer, target.connected() as copy:
        uuid = server_uuid(copy)
        if not there(writer):
            execute(writer, _CREATED, doing="make room for what a comparison found")
        execute(writer, f"REPLACE INTO {TABLE} SELECT %s, @@server_uuid, %s, UNIX_TIMESTAMP(SYSDATE(6)) - %s, %s, %s, %s, %s, %s, %s", (
            uuid, epoch, f"{age:.6f}", found.tables, found.rows_compared, found.differing_rows, len(found.definitions),
            json.dumps(list(schemas)), json.dumps(sorted(left_out))), doing="keep what a comparison found")
        kept = query(writer, f"SELECT began_at FROM {TABLE} WHERE server_uuid = %s", (uuid,), doing="read what was kept")[0]["began_at"]
        return _arrived(copy, kept, limit, clock or SystemClock())


def _arrived(copy: Any, began_at: Any, limit: float, clock: Clock) -> bool:
    end = clock.now() + limit
    while True:
        try:
            if query(copy, f"SELECT 1 FROM {TABLE} WHERE server_uuid = @@server_uuid AND began_at = %s", (began_at,), doing="look for what was kept"):
                return True
        except DatabaseFault as fault:
            if fault.code not in NO_TABLE:      # its table is on the way as well
                raise
        if clock.now() > end or not status(copy).running:
            return False
        clock.sleep(POLL_SECONDS)
