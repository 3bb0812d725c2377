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
from ..connection import Server, execute, lasting, query, server_uuid
from ..dialects import Position
from ..heartbeat import was_writer
from .copy import Copied, copy, create_schema, rows_in
from .guard import refuse_unfit_target
from .ours import MARKER
from .progress import Tell
from .tables import quote

# With a key: a server may refuse tables that have none (sql_require_primary_key).
_TABLE = ("CREATE TABLE {} (id TINYINT UNSIGNED NOT NULL PRIMARY KEY, file VARCHAR(512) NOT NULL, position BIGINT UNSIGNED NOT NULL, "
          "server_uuid CHAR(36) NOT NULL)")


def seed(source: Server, target: Server, schemas: Sequence[str], *, tell: Tell | None = None, accept_writer: bool = False) -> Copied:
    """Copy the schemas under the marker, and keep the position in it. The marker stays until `forget_seeding`. Where it stands already,
    an attempt of ours was cut short: what that brought is kept as far as it proves equal. tell, accept_writer: see copy. Raises Fault."""
    marker = _marker(schemas[0])
    with source.connected() as reader, target.connected() as conn:
        if not accept_writer:
            refuse_unfit_target(reader, conn, target)
        create_schema(reader, conn, schemas[0])
        resume = _has_marker(conn, schemas[0])
        if resume:
            execute(conn, f"DELETE FROM {marker}", (), doing="mark the copy as not finished")
        else:
            execute(conn, _TABLE.format(marker), (), doing="mark the copy as begun")
    copied = copy(source, target, schemas, keep=(MARKER,), resume=resume, tell=tell, accept_writer=accept_writer)
    with target.connected() as conn:
        _keep(conn, marker, copied.position, copied.source_uuid)
    return copied


def copy_resumably(source: Server, target: Server, schemas: Sequence[str], *, check: bool = False, accept_writer_target: bool = False,
                   tell: Tell | None = None) -> Copied | None:
    """A copy for whoever takes its result at once: no marker stays. One that was killed is taken up again by calling this again.

    check: only see whether it may be made; None then. Raises Fault when the target holds rows that are not an attempt's of ours, and when
    it is or was the writer, as it may have become since an attempt of ours, or is followed by the source, unless accept_writer_target.
    """
    with source.connected() as reader, target.connected() as conn:
        if not accept_writer_target:
            refuse_unfit_target(reader, conn, target)
        ours = _has_marker if accept_writer_target else _marked
        if not ours(conn, schemas[0]) and (full := rows_in(target, schemas)):
            raise Fault("copy", f"into {target}", left=f"It holds rows in {', '.join(full[:10])}; nothing was touched.",
                        then="A copy goes only into empty schemas; compare first if these rows may matter.")
        if check:
            return None
        lasting(conn)
        copied = seed(source, target, schemas, tell=tell, accept_writer=accept_writer_target)
        forget_seeding(conn, schemas)
        return copied


def forget_seeding(conn: Any, schemas: Sequence[str]) -> None:
    """Take the marker away once the replica follows; nothing is written when there is none. Raises DatabaseFault."""
    if schemas and _has_marker(conn, schemas[0]):
        _drop_marker(conn, schemas[0])


def position_of_finished_copy(conn: Any, schemas: Sequence[str], source: Server) -> Position | None:
    """Where replication continues from after a copy or a repair that was finished; None when there is no such place in the log of the server
    that `source` leads to now. Raises DatabaseFault."""
    if not schemas or not _marked(conn, schemas[0]) or (kept := _kept(conn, schemas[0])) is None:
        return None
    return kept[0] if kept[1] == _uuid(source) else None


def keep_position(conn: Any, schemas: Sequence[str], position: Position, uuid: str) -> None:
    """Remember on the replica where its source, the server with this uuid, is to be followed from, until `forget_seeding`. For whoever
    forgets the source for a moment and may be killed in it. Raises DatabaseFault."""
    marker = _marker(schemas[0])
    execute(conn, _TABLE.format(marker).replace("TABLE", "TABLE IF NOT EXISTS", 1), (), doing="make room for a position")
    _keep(conn, marker, position, uuid)


def refuse_to_overwrite(conn: Any, replica: Server, schemas: Sequence[str], source: Server | None) -> None:
    """Seeding only fills what is empty, or what an unfinished copy of ours left behind. A finished one of a server that `source` does not lead
    to any more may hold rows which the present one never got. Raises Fault."""
    if not schemas:
        raise Fault("start replication", f"on {replica}", left="The replica has no source yet; nothing was touched.",
                    then="Name the schemas to seed it with, or the position of the source's binary log it was seeded at.")
    if _marked(conn, schemas[0]):
        if source and (kept := _kept(conn, schemas[0])) and kept[1] != (now := _uuid(source)):
            raise Fault("follow", str(source), left=f"{replica} was made equal to the server {kept[1]}, and this one is {now}: it has failed over "
                        "since, its log is another and may lack rows that the copy holds. Nothing was touched.",
                        then="Seed it again (role db_replica, tasks_from reseed): what only it has goes to a salvage report first.")
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


def _kept(conn: Any, schema: str) -> tuple[Position, str] | None:
    """The position, and the uuid of the server whose log it is in."""
    rows = query(conn, f"SELECT * FROM {_marker(schema)}", (), doing="read the position of the copy")
    return (Position(rows[0]["file"], int(rows[0]["position"])), str(rows[0].get("server_uuid"))) if rows else None


def _keep(conn: Any, marker: str, position: Position, uuid: str) -> None:
    execute(conn, f"REPLACE INTO {marker} (id, file, position, server_uuid) VALUES (1, %s, %s, %s)", (position.file, position.position, uuid),
            doing="keep the position")


def _uuid(source: Server) -> str:
    with source.connected() as conn:
        return server_uuid(conn)


def _drop_marker(conn: Any, schema: str) -> None:
    execute(conn, f"DROP TABLE IF EXISTS {_marker(schema)}", (), doing="take the marker of the copy away")


def _marker(schema: str) -> str:
    return f"{quote(schema)}.{quote(MARKER)}"
