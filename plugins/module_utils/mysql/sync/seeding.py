# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeding a replica from its source, and the mark that tells how far that got.

While a copy is made, and until the replica follows, the target holds a table `_seeding` in the first schema. It tells a half copy of
ours (taken up again) from rows that are somebody's (never touched), and keeps the position a finished copy belongs to. On a server that
has been the writer since, it tells neither: what is there was sold there (see `_marked`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...faults import Fault
from ..connection import Server, execute, query
from ..dialects import Position
from ..heartbeat import was_writer
from .copy import Copied, copy, create_schema, rows_in
from .guard import refuse_writer
from .progress import Tell
from .tables import quote

MARKER = "_seeding"


def seed(source: Server, target: Server, schemas: Sequence[str], *, tell: Tell | None = None, accept_writer: bool = False) -> Copied:
    """Copy the schemas under the marker, and keep the position in it. The marker stays until `forget_seeding`. Where it stands already,
    an attempt of ours was cut short: what that brought is kept as far as it proves equal. tell, accept_writer: see copy. Raises Fault."""
    marker = _marker(schemas[0])
    with source.connected() as reader, target.connected() as conn:
        create_schema(reader, conn, schemas[0])
        resume = _has_marker(conn, schemas[0])
        if resume:
            execute(conn, f"DELETE FROM {marker}", (), doing="mark the copy as not finished")
        else:
            execute(conn, f"CREATE TABLE {marker} (file VARCHAR(512), position BIGINT UNSIGNED)", (), doing="mark the copy as begun")
    copied = copy(source, target, schemas, keep=(MARKER,), resume=resume, tell=tell, accept_writer=accept_writer)
    with target.connected() as conn:
        execute(conn, f"INSERT INTO {marker} VALUES (%s, %s)", (copied.position.file, copied.position.position),
                doing="keep the position of the copy")
    return copied


def copy_resumably(source: Server, target: Server, schemas: Sequence[str], *, check: bool = False, accept_writer_target: bool = False,
                   tell: Tell | None = None) -> Copied | None:
    """A copy for whoever takes its result at once: no marker stays. One that was killed is taken up again by calling this again.

    check: only see whether it may be made; None then. Raises Fault when the target holds rows that are not an attempt's of ours, and when
    it is the writer, as it may have become since an attempt of ours, unless accept_writer_target.
    """
    with target.connected() as conn:
        if not accept_writer_target:
            refuse_writer(conn)
        ours = _has_marker if accept_writer_target else _marked
        if not ours(conn, schemas[0]) and (full := rows_in(target, schemas)):
            raise Fault("copy", f"into {target}", left=f"It holds rows in {', '.join(full[:10])}; nothing was touched.",
                        then="A copy goes only into empty schemas; compare first if these rows may matter.")
        if check:
            return None
        copied = seed(source, target, schemas, tell=tell, accept_writer=accept_writer_target)
        forget_seeding(conn, schemas)
        return copied


def forget_seeding(conn: Any, schemas: Sequence[str]) -> None:
    """Take the marker away once the replica follows; nothing is written when there is none. Raises DatabaseFault."""
    if schemas and _has_marker(conn, schemas[0]):
        _drop_marker(conn, schemas[0])


def position_of_finished_copy(conn: Any, schemas: Sequence[str]) -> Position | None:
    """Where replication continues from after a copy or a repair that was finished; None when there is no such place. Raises DatabaseFault."""
    if not schemas or not _marked(conn, schemas[0]):
        return None
    rows = query(conn, f"SELECT file, position FROM {_marker(schemas[0])}", (), doing="read the position of the copy")
    return Position(rows[0]["file"], int(rows[0]["position"])) if rows else None


def keep_position(conn: Any, schemas: Sequence[str], position: Position) -> None:
    """Remember on the replica where its source is to be followed from, until `forget_seeding`. For whoever forgets the source for a
    moment and may be killed in it. Raises DatabaseFault."""
    marker = _marker(schemas[0])
    execute(conn, f"CREATE TABLE IF NOT EXISTS {marker} (file VARCHAR(512), position BIGINT UNSIGNED)", (), doing="make room for a position")
    execute(conn, f"DELETE FROM {marker}", (), doing="forget an older position")
    execute(conn, f"INSERT INTO {marker} VALUES (%s, %s)", (position.file, position.position), doing="keep the position")


def refuse_to_overwrite(conn: Any, replica: Server, schemas: Sequence[str]) -> None:
    """Seeding only fills what is empty, or what an unfinished copy of ours left behind. Raises Fault."""
    if not schemas:
        raise Fault("start replication", f"on {replica}", left="The replica has no source yet; nothing was touched.",
                    then="Name the schemas to seed it with, or the position of the source's binary log it was seeded at.")
    if _marked(conn, schemas[0]):
        return
    if full := rows_in(replica, schemas):
        raise Fault("seed the replica", str(replica),
                    left=f"It has no source and holds rows in {', '.join(full[:10])}{' ...' if len(full) > 10 else ''}; nothing was touched. "
                         "Were it a stale copy, seeding would be right; were it the last writer, seeding would destroy what it sold.",
                    then="Salvage and compare it (rds_salvage, rds_sync); role db_replica, tasks_from reseed, does both and follows then.")


def _marked(conn: Any, schema: str) -> bool:
    """The marker is there and can be believed: a run that was killed may have left it on a server that followed, and became the writer."""
    return _has_marker(conn, schema) and not was_writer(conn)


def _has_marker(conn: Any, schema: str) -> bool:
    return bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (schema, MARKER)))


def _drop_marker(conn: Any, schema: str) -> None:
    execute(conn, f"DROP TABLE IF EXISTS {_marker(schema)}", (), doing="take the marker of the copy away")


def _marker(schema: str) -> str:
    return f"{quote(schema)}.{quote(MARKER)}"
