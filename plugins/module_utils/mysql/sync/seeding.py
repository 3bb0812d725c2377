# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From two servers to a replica that is proven to follow: seed when empty, point, start, see a row cross. May be killed and run again.

While a copy is made, and until the replica follows, the target holds a table `_seeding` in the first schema. It tells a half copy of
ours (taken up again) from rows that are somebody's (never touched), and keeps the position a finished copy belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ...waiting import Clock
from .. import connection, replication
from ..connection import Server, execute, query
from ..dialects import Dialect, Position, Source, for_site
from ..replication import Promotion, ReplicaStatus
from .copy import Copied, copy, create_schema, rows_in
from .progress import Tell
from .tables import quote

MARKER = "_seeding"


@dataclass(frozen=True)
class Wish:
    """What is wanted of a replica. source, replication account and schemas only matter for state "replicating".

    reader: the account that reads the rows when seeding; position: where to start a replica that was seeded by other means;
    wait_seconds: limit for starting and catching up; lag_seconds: within which a marker row must cross; retention_hours: at least so long
    the replica keeps its own binary logs, where its provider has a procedure for that.
    """

    state: str
    replica: Server
    dialect: str
    reader: Server | None = None
    source: Source | None = None
    schemas: tuple[str, ...] = ()
    position: Position | None = None
    proof_schema: str = "dr"
    wait_seconds: float = 300.0
    lag_seconds: float = 30.0
    retention_hours: int | None = None


@dataclass
class Outcome:
    """What was, or in check mode would be, done, and what is there now."""

    moves: list[str]
    before: ReplicaStatus
    after: ReplicaStatus
    seeded: Copied | None = None
    promotion: Promotion | None = None
    crossed_seconds: float | None = None
    lag_seconds: float | None = None


def settle(wish: Wish, *, check: bool = False, clock: Clock | None = None) -> Outcome:
    """Bring a replica into the wanted state. With `check`, only say which moves that takes. Raises Fault, DatabaseFault."""
    with wish.replica.connected() as conn:
        dialect = dialect_of(conn, wish.dialect)
        before = replication.status(conn, dialect)
        source = _as_seen_by(dialect, wish.source)
        moves = list(replication.plan(wish.state, before, source))
        position = wish.position
        if "point" in moves and position is None:
            position = _position_of_finished_copy(conn, wish)
            if position is None:
                _refuse_to_overwrite(conn, wish)
                moves.insert(0, "seed")
        if wish.retention_hours and dialect.show_retention() and (replication.retention_hours(conn, dialect) or 0) < wish.retention_hours:
            moves.insert(0, "retain")
        outcome = Outcome(moves, before, before)
        if not check:
            _carry_out(conn, dialect, wish, source, position, outcome, clock)
        return outcome


def dialect_of(conn: Any, name: str) -> Dialect:
    """The dialect for the server a connection leads to. Raises ValueError for an unknown name."""
    return for_site(name, connection.server_version(conn))


def _as_seen_by(dialect: Dialect, source: Source | None) -> Source | None:
    """The source as the replica's status will name it: by address, where the provider takes nothing else."""
    if source is None or not dialect.wants_address:
        return source
    return Source(replication.address_of(source.host), source.port, source.user, source.password, tls=False)


def _carry_out(
    conn: Any, dialect: Dialect, wish: Wish, source: Source | None, position: Position | None, outcome: Outcome, clock: Clock | None,
) -> None:
    if "retain" in outcome.moves:
        assert wish.retention_hours is not None
        replication.keep_binlogs(conn, dialect, wish.retention_hours)
    if wish.state == "replicating":
        assert source is not None and wish.reader is not None
        replication.prime(source)
        if "seed" in outcome.moves:
            outcome.seeded = seed(wish.reader, wish.replica, wish.schemas)
            position = outcome.seeded.position
        if "point" in outcome.moves:
            assert position is not None
            replication.follow(conn, dialect, source, position)
        if "start" in outcome.moves:
            replication.start(conn, dialect, limit=wish.wait_seconds, clock=clock)
        forget_seeding(conn, wish.schemas)
        _prove(conn, dialect, wish, outcome, clock)
    elif "drain" in outcome.moves:
        outcome.promotion = replication.promote(conn, dialect, drain_limit=wish.wait_seconds, clock=clock)
    elif "reset" in outcome.moves:
        replication.detach(conn, dialect)
    elif "stop" in outcome.moves:
        replication.stop(conn, dialect)
    outcome.after = replication.status(conn, dialect)


def _prove(conn: Any, dialect: Dialect, wish: Wish, outcome: Outcome, clock: Clock | None) -> None:
    assert wish.reader is not None
    with wish.reader.connected() as writer:
        replication.catch_up(conn, dialect, replication.binlog_position(writer), wish.wait_seconds, clock=clock)
        outcome.crossed_seconds = round(
            replication.crossing(writer, conn, wish.lag_seconds, schema=wish.proof_schema, clock=clock), 3)
    outcome.lag_seconds = replication.lag_seconds(conn)


def seed(source: Server, target: Server, schemas: Sequence[str], *, tell: Tell | None = None) -> Copied:
    """Copy the schemas under the marker, and keep the position in it. The marker stays until `forget_seeding`. Where it stands already,
    an attempt of ours was cut short: what that brought is kept as far as it proves equal. tell: see progress. Raises Fault."""
    marker = _marker(schemas[0])
    with source.connected() as reader, target.connected() as conn:
        create_schema(reader, conn, schemas[0])
        resume = _has_marker(conn, schemas[0])
        if resume:
            execute(conn, f"DELETE FROM {marker}", (), doing="mark the copy as not finished")
        else:
            execute(conn, f"CREATE TABLE {marker} (file VARCHAR(512), position BIGINT UNSIGNED)", (), doing="mark the copy as begun")
    copied = copy(source, target, schemas, keep=(MARKER,), resume=resume, tell=tell)
    with target.connected() as conn:
        execute(conn, f"INSERT INTO {marker} VALUES (%s, %s)", (copied.position.file, copied.position.position),
                doing="keep the position of the copy")
    return copied


def forget_seeding(conn: Any, schemas: Sequence[str]) -> None:
    """Take the marker away once the replica follows; nothing is written when there is none. Raises DatabaseFault."""
    if schemas and _has_marker(conn, schemas[0]):
        _drop_marker(conn, schemas[0])


def _position_of_finished_copy(conn: Any, wish: Wish) -> Position | None:
    if not wish.schemas or not _has_marker(conn, wish.schemas[0]):
        return None
    rows = query(conn, f"SELECT file, position FROM {_marker(wish.schemas[0])}", (), doing="read the position of the copy")
    return Position(rows[0]["file"], int(rows[0]["position"])) if rows else None


def _refuse_to_overwrite(conn: Any, wish: Wish) -> None:
    """Seeding only fills what is empty, or what an unfinished copy of ours left behind."""
    if not wish.schemas:
        raise Fault("start replication", f"on {wish.replica}", left="The replica has no source yet; nothing was touched.",
                    then="Name the schemas to seed it with, or the position of the source's binary log it was seeded at.")
    if _has_marker(conn, wish.schemas[0]):
        return
    if full := rows_in(wish.replica, wish.schemas):
        raise Fault("seed the replica", str(wish.replica),
                    left=f"It has no source and holds rows in {', '.join(full[:10])}{' ...' if len(full) > 10 else ''}; nothing was touched. "
                         "Were it a stale copy, seeding would be right; were it the last writer, seeding would destroy what it sold.",
                    then="Compare it with the source (rds_sync). If it is stale, drop those tables on it and run again.")


def _has_marker(conn: Any, schema: str) -> bool:
    return bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (schema, MARKER)))


def _drop_marker(conn: Any, schema: str) -> None:
    execute(conn, f"DROP TABLE IF EXISTS {_marker(schema)}", (), doing="take the marker of the copy away")


def _marker(schema: str) -> str:
    return f"{quote(schema)}.{quote(MARKER)}"
