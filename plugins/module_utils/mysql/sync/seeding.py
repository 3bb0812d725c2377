# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeding a replica from its source, and the mark that tells how far that got.

While a copy is made, and until the replica follows, the target holds a table `_seeding` in every schema that is copied. It tells a half copy
of ours (taken up again) from rows that are somebody's (never touched), and keeps the position a finished copy belongs to. On a server that
has been the writer since, it tells neither: what is there was sold there (see `_marked`). That somebody is at work there the table does not tell:
see alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from ...faults import Fault
from .. import compared
from ..connection import Server, execute, lasting, query, server_uuid
from ..dialects import Position
from ..heartbeat import was_writer
from . import checkpoint
from .alone import Turn, alone, refuse_company
from .copy import Copied, copy, rows_in
from .guard import refuse_unfit_target
from .ours import MARKER
from .progress import Tell
from .tables import quote

# With a key: a server may refuse tables that have none (sql_require_primary_key).
_TABLE = ("CREATE TABLE {} (id TINYINT UNSIGNED NOT NULL PRIMARY KEY, file VARCHAR(512) NOT NULL, position BIGINT UNSIGNED NOT NULL, "
          "server_uuid CHAR(36) NOT NULL)")


def seed(source: Server, target: Server, schemas: Sequence[str], turn: Turn, *, tell: Tell | None = None, accept_writer: bool = False) -> Copied:
    """Copy the schemas under the marker, and keep the position in it. The marker stays until `forget_seeding`. Where it stands already,
    an attempt of ours was cut short: what that brought is kept as far as it proves equal. turn, tell, accept_writer: see copy. Raises Fault."""
    with source.connected() as reader, target.connected() as conn:
        if not accept_writer:
            refuse_unfit_target(reader, conn, target)
        resume = any(_has_marker(conn, schema) for schema in schemas)
        compared.forget(reader, server_uuid(conn))      # it was another copy that was compared
    checkpoint.forget_all(target)
    copied = copy(source, target, schemas, keep=(MARKER,), resume=resume, tell=tell, accept_writer=accept_writer, turn=turn,
                  begin=lambda into: _begin(into, schemas))
    with target.connected() as conn:
        for schema in reversed(schemas):        # whoever asks for the position asks the first
            _keep(conn, schema, copied.position, copied.source_uuid)
    return copied


def copy_resumably(source: Server, target: Server, schemas: Sequence[str], *, check: bool = False, accept_writer_target: bool = False,
                   tell: Tell | None = None) -> Copied | None:
    """A copy for whoever takes its result at once: no marker stays. One that was killed is taken up again by calling this again.

    check: only see whether it may be made; None then. Raises Fault when the target holds rows that are not an attempt's of ours, and when
    it is or was the writer, as it may have become since an attempt of ours, or is followed by the source, unless accept_writer_target.
    """
    with nullcontext() if check else alone(target) as turn, source.connected() as reader, target.connected() as conn:
        if check:
            refuse_company(conn)
        if not accept_writer_target:
            refuse_unfit_target(reader, conn, target)
        ours = _has_marker if accept_writer_target else _marked
        if full := rows_in(target, [schema for schema in schemas if not ours(conn, schema)]):
            raise Fault("copy", f"into {target}", left=f"It holds rows in {', '.join(full[:10])}; nothing was touched.",
                        then="A copy goes only into empty schemas; compare first if these rows may matter.")
        if turn is None:
            return None
        lasting(conn)
        copied = seed(source, target, schemas, turn, tell=tell, accept_writer=accept_writer_target)
        forget_seeding(conn, schemas)
        return copied


def forget_seeding(conn: Any, schemas: Sequence[str]) -> None:
    """Take the marker away once the replica follows; nothing is written when there is none. Raises DatabaseFault."""
    for schema in schemas:
        if _has_marker(conn, schema):
            execute(conn, f"DROP TABLE IF EXISTS {_marker(schema)}", (), doing="take the marker of the copy away")


def position_of_finished_copy(conn: Any, schemas: Sequence[str], source: Server) -> Position | None:
    """Where replication continues from after a copy or a repair that was finished; None when there is no such place in the log of the server
    that `source` leads to now. Raises DatabaseFault."""
    if not schemas or not _marked(conn, schemas[0]) or (kept := _kept(conn, schemas[0])) is None:
        return None
    return kept[0] if kept[1] == _uuid(source) else None


def keep_position(conn: Any, schemas: Sequence[str], position: Position, uuid: str) -> None:
    """Remember on the replica where its source, the server with this uuid, is to be followed from, until `forget_seeding`. For whoever
    forgets the source for a moment and may be killed in it. Raises DatabaseFault."""
    _keep(conn, schemas[0], position, uuid)


def refuse_to_overwrite(conn: Any, replica: Server, schemas: Sequence[str], source: Server | None) -> None:
    """Seeding only fills what is empty, or what an unfinished copy of ours left behind. A finished one of a server that `source` does not lead
    to any more may hold rows which the present one never got. Raises Fault."""
    if not schemas:
        raise Fault("start replication", f"on {replica}", left="The replica has no source yet; nothing was touched.",
                    then="Name the schemas to seed it with, or the position of the source's binary log it was seeded at.")
    marked = [schema for schema in schemas if _marked(conn, schema)]
    for schema in marked:
        if source and (kept := _kept(conn, schema)) and kept[1] != (now := _uuid(source)):
            raise Fault("follow", str(source), left=f"{replica} was made equal to the server {kept[1]}, and this one is {now}: it has failed over "
                        "since, its log is another and may lack rows that the copy holds. Nothing was touched.",
                        then="Seed it again (role db_replica, tasks_from reseed): what only it has goes to a salvage report first.")
    if full := rows_in(replica, [schema for schema in schemas if schema not in marked]):
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


def _begin(conn: Any, schemas: Sequence[str]) -> None:
    for schema in schemas:
        if _has_marker(conn, schema):
            execute(conn, f"DELETE FROM {_marker(schema)}", (), doing="mark the copy as not finished")
        else:
            execute(conn, _TABLE.format(_marker(schema)), (), doing="mark the copy as begun")


def _keep(conn: Any, schema: str, position: Position, uuid: str) -> None:
    """In one step: a marker without a row would say that a copy has begun."""
    kept = (position.file, position.position, uuid)
    if _has_marker(conn, schema):
        execute(conn, f"REPLACE INTO {_marker(schema)} (id, file, position, server_uuid) VALUES (1, %s, %s, %s)", kept, doing="keep the position")
    else:
        execute(conn, f"{_TABLE.format(_marker(schema))} SELECT 1 AS id, %s AS file, %s AS position, %s AS server_uuid", kept,
                doing="keep the position")


def _uuid(source: Server) -> str:
    with source.connected() as conn:
        return server_uuid(conn)


def _marker(schema: str) -> str:
    return f"{quote(schema)}.{quote(MARKER)}"
