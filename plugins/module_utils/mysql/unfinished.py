# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Marks in a database whose rows are no state that its source ever had: part of a copy, or of an alignment.

A heartbeat says how old a copy is, and nothing of whether it is whole. So a mark is set before the first row is touched and taken away after
the last one, by whoever writes them: a run that was killed leaves it. An agent never promotes what is marked (switch/rules_away.py), salvage
does not search it (what an alignment took out to put it in anew would look as if it had been deleted), and it is not followed by GTID. The mark of a
copy is the table `_seeding` without a row in every schema that is copied (sync/seeding.py), and concerns nobody who asks for others; that of an
alignment is a row of `dr.aligning`. Only the latter tells that what was here before has been looked through.

A server that has become the writer since its mark was set, or since the run began that has set it, is believed by what it holds, not by the mark.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .connection import DatabaseFault, execute, query
from .heartbeat import NO_TABLE, newest_reign, was_writer
from .sync.ours import ALIGNING as TABLE
from .sync.ours import MARKER as COPIES

_CREATED = (f"CREATE TABLE IF NOT EXISTS {TABLE} (server_uuid VARBINARY(36) NOT NULL PRIMARY KEY, epoch BIGINT UNSIGNED NOT NULL, "
            "report VARCHAR(100) NOT NULL, source VARCHAR(36) NOT NULL)")


@dataclass(frozen=True)
class Alignment:
    """One that was begun here and has not ended. report: id of the salvage report of what only this server had; "" when that was nothing;
    source: uuid of the server whose rows it brings."""

    report: str
    source: str


def begin_alignment(conn: Any, report: str, source: str, reign: int | None = None) -> None:
    """Before a row is touched; where one from that source is under way, its report stays. reign: the newest that this server knew of when it was last
    seen not to be the writer, None for now. Raises DatabaseFault."""
    if (begun := alignment(conn)) is None or begun.source != source:
        execute(conn, _CREATED, doing="make room for a mark")
        execute(conn, f"REPLACE INTO {TABLE} VALUES (@@server_uuid, %s, %s, %s)", (known_reign(conn) if reign is None else reign, report, source),
                doing="mark the alignment as begun")


def known_reign(conn: Any) -> int:
    """Number of the newest reign this server knows of, 0 for none. Raises DatabaseFault."""
    known = newest_reign(conn)
    return known.epoch if known else 0


def end_alignment(conn: Any) -> None:
    """Once all rows are in. Raises DatabaseFault."""
    if _there("dr", TABLE.partition(".")[2], conn):
        execute(conn, f"DROP TABLE IF EXISTS {TABLE}", doing="take the mark of the alignment away")


def alignment(conn: Any) -> Alignment | None:
    """The one under way here, None when there is none. Raises DatabaseFault."""
    found = _asked(conn, f"SELECT epoch, report, source FROM {TABLE} WHERE server_uuid = @@server_uuid")
    if not found or _asked(conn, "SELECT 1 FROM dr.gate WHERE server_uuid = @@server_uuid AND epoch > %s", int(found[0]["epoch"])):
        return None
    return Alignment(str(found[0]["report"]), str(found[0]["source"]))


def unfinished(conn: Any, schemas: Collection[str] = ()) -> str | None:
    """Why the rows of these schemas (none: of any) are no state the source ever had, as the end of a sentence about the server; None when nothing
    says so. Raises DatabaseFault."""
    if alignment(conn) is not None:
        return "is being made equal to its source, and that has not ended"
    for row in query(conn, "SELECT table_schema AS name FROM information_schema.tables WHERE table_name = %s", (COPIES,), doing="look for marks"):
        if schemas and row["name"] not in schemas:
            continue
        schema = str(row["name"]).replace("`", "``").replace("%", "%%")
        if not _asked(conn, f"SELECT 1 FROM `{schema}`.{COPIES}") and _there(str(row["name"]), COPIES, conn) and not was_writer(conn):
            return "is being copied, and that has not ended"
    return None


def _there(schema: str, name: str, conn: Any) -> bool:
    return bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (schema, name)))


def _asked(conn: Any, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Nothing from a table that is not there."""
    try:
        return query(conn, sql, values, doing="look for marks")
    except DatabaseFault as fault:
        if fault.code in NO_TABLE:
            return []
        raise
