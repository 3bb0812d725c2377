# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From two servers to a replica that is proven to follow: seed when empty, point, start, see a row cross. May be killed and run again.

Which end is which cloud makes no difference: whoever is the replica is steered in its own dialect, and what must not be (the writer
as a replica, an instance with high availability as one) is refused before anything is touched.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from ..faults import Fault
from ..waiting import Clock
from . import connection, cures, heartbeat, replication
from .connection import DatabaseFault, Server
from .cures import Diagnosis
from .dialects import Dialect, Position, Source, for_site
from .replica_status import ReplicaStatus, gtid_difference, gtids, only_newer
from .replication import Promotion
from .sync import seeding
from .sync.alone import Turn, alone
from .sync.copy import Copied, rows_in
from .sync.guard import valid_for
from .unfinished import alignment


@dataclass(frozen=True)
class Wish:
    """What is wanted of a replica. source, replication account and schemas only matter for state "replicating".

    reader: the account that reads the rows when seeding; position: where to start a replica that was seeded by other means;
    wait_seconds: limit for starting and catching up; lag_seconds: within which a marker row must cross; retention_hours: at least so long
    the replica keeps its own binary logs, where its provider has a procedure for that; high_availability: the replica's provider keeps a
    candidate beside it; gtids: use them where both ends have them; accept_errant: follow although the source never had some of ours.
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
    high_availability: bool = False
    gtids: bool = True
    accept_errant: bool = False


@dataclass
class Outcome:
    """What was, or in check mode would be, done, and what is there now. by_gtid: the source is asked for what our GTIDs lack."""

    moves: list[str]
    before: ReplicaStatus
    after: ReplicaStatus
    seeded: Copied | None = None
    promotion: Promotion | None = None
    crossed_seconds: float | None = None
    lag_seconds: float | None = None
    by_gtid: bool = False


@dataclass
class _Way:
    """How the replica is to come to its source. position None: by GTID, or by the copy that is still to be made."""

    source: Source | None
    position: Position | None
    by_gtid: bool = False


def settle(wish: Wish, *, check: bool = False, clock: Clock | None = None) -> Outcome:
    """Bring a replica into the wanted state. With `check`, only say which moves that takes. Raises Fault, DatabaseFault."""
    with wish.replica.connected() as conn:
        dialect = dialect_of(conn, wish.dialect)
        before = replication.status(conn, dialect)
        if wish.state == "replicating":
            _refuse_unfit(conn, wish)
        source = _as_seen_by(dialect, wish.source)
        moves = list(replication.plan(wish.state, before, source, moved=_moved(before, source, wish)))
        if wish.state == "replicating" and not moves and _stuck(conn, wish):
            moves = ["stop", "start"]
        way = _Way(source, wish.position)
        if "reset" in moves and "point" in moves:
            way.position = before.applied
        elif "point" in moves and way.position is None:
            way.position = seeding.position_of_finished_copy(conn, wish.schemas, wish.reader) if wish.reader else None
            if way.position is None:
                way.by_gtid = _by_gtid(conn, dialect, wish)
                if not way.by_gtid:
                    seeding.refuse_to_overwrite(conn, wish.replica, wish.schemas, wish.reader)
                    moves.insert(0, "seed")
        if wish.retention_hours and dialect.show_retention() and (replication.retention_hours(conn, dialect) or 0) < wish.retention_hours:
            moves.insert(0, "retain")
        outcome = Outcome(moves, before, before, by_gtid=way.by_gtid)
        if not check:
            _carry_out(conn, dialect, wish, way, outcome, clock)
        return outcome


def dialect_of(conn: Any, name: str) -> Dialect:
    """The dialect for the server a connection leads to. Raises ValueError for an unknown name."""
    return for_site(name, connection.server_version(conn))


def look(wish: Wish, *, silent_limit: float = 30.0) -> tuple[ReplicaStatus, list[Diagnosis]]:
    """The replica, and what is wrong with it. Of a source that does not answer only its heartbeats here are known. Raises DatabaseFault."""
    with wish.replica.connected() as conn:
        dialect = dialect_of(conn, wish.dialect)
        seen = replication.status(conn, dialect)
        source = _as_seen_by(dialect, wish.source)
        silent, errant, moved, answers = None, "", False, True
        try:
            moved = _moved(seen, source, wish)
            if wish.reader and seen.source:
                with wish.reader.connected() as reader:
                    silent = _silence(conn, reader)
                    ours, theirs = gtids(conn), gtids(reader)
                    errant = gtid_difference(conn, ours.executed, theirs.executed) if ours.on and theirs.on and seen.auto_position else ""
        except DatabaseFault as fault:
            if fault.code and not 2000 <= fault.code < 3000:
                raise
            silent, answers = heartbeat.lag_seconds(conn), False
        return seen, cures.diagnose(
            seen, silent_seconds=silent, silent_limit=silent_limit, errant=errant, source_answers=answers,
            source_now=f"{source.host}:{source.port}" if moved and source else None,
            retention_hours=replication.retention_hours(conn, dialect), keeps_by_procedure=dialect.show_retention() is not None)


def _silence(conn: Any, reader: Any) -> float | None:
    """Age of the newest heartbeat here, None when the source itself does not beat."""
    at_home = heartbeat.lag_seconds(reader, own=True)
    return heartbeat.lag_seconds(conn) if at_home is not None and at_home < 5 else None


def _stuck(conn: Any, wish: Wish) -> bool:
    """Running and silent, though the source answers us and beats: the thread waits on a connection that a cut has killed, and notices only
    after replica_net_timeout (a minute), or later."""
    if wish.reader is None:
        return False
    with wish.reader.connected() as reader:
        silent = _silence(conn, reader)
    return silent is not None and silent > wish.lag_seconds


def _refuse_unfit(conn: Any, wish: Wish) -> None:
    if valid_for(conn):
        raise Fault("make a replica of", str(wish.replica), left="It is the writer: its own gate is open, so what it holds is newer than any "
                    "other copy. Nothing was touched.", then="If the direction is meant to turn, move the writer first (fail_back.yml).")
    if alignment(conn) is not None:
        raise Fault("follow", str(wish.source.host if wish.source else ""), left=f"{wish.replica} is being made equal to its source, and that has "
                    "not ended: part of its rows are missing. Nothing was touched.", then="Go on with it: role db_replica, tasks_from reseed.")
    if wish.high_availability:
        raise Fault("make a replica of", str(wish.replica), left="It is an instance with high availability, and following an external source "
                    "breaks that (the candidate's replication stops, and no failover happens any more). Nothing was touched.",
                    then="Follow into a standalone instance, and enable high availability once it is the writer.")


def _as_seen_by(dialect: Dialect, source: Source | None) -> Source | None:
    """The source as the replica's status will name it: by address, where the provider takes nothing else."""
    if source is None or not dialect.wants_address:
        return source
    return Source(replication.address_of(source.host), source.port, source.user, source.password, tls=False)


def _moved(seen: ReplicaStatus, source: Source | None, wish: Wish) -> bool:
    """The server that is followed answers at another address now: the one we were given leads to the same server uuid."""
    if not (source and wish.source and wish.reader and seen.source and seen.source_uuid and seen.applied):
        return False
    if seen.source == f"{source.host}:{source.port}":
        return False
    if (wish.reader.host, wish.reader.port) != (wish.source.host, wish.source.port):
        return False            # what answers to the reader says nothing about that address
    with wish.reader.connected() as reader:
        return connection.server_uuid(reader) == seen.source_uuid


def _by_gtid(conn: Any, dialect: Dialect, wish: Wish) -> bool:
    """A replica that holds rows may go on by GTID: both ends have them, and the source still has every transaction that is missing here.

    One that was seeded by copying cannot: its rows came without their GTIDs, which shows as a gap. Raises Fault when the source
    never had some of this server's.
    """
    if not (wish.gtids and dialect.takes_gtids and wish.reader and rows_in(wish.replica, wish.schemas)):
        return False
    ours = gtids(conn)
    if not ours.on:
        return False
    with wish.reader.connected() as reader:
        theirs = gtids(reader)
    missing = gtid_difference(conn, theirs.executed, ours.executed)
    if not theirs.on or gtid_difference(conn, theirs.purged, ours.executed) or not only_newer(missing, ours.executed):
        return False
    if (errant := gtid_difference(conn, ours.executed, theirs.executed)) and not wish.accept_errant:
        raise Fault("follow by GTID", str(wish.source.host if wish.source else ""), left=f"{wish.replica} has transactions its source never had: "
                    f"{errant}. Nothing was touched.", then="Find out what they hold (rds_salvage) and decide on it; then say accept_errant.")
    return True


def _carry_out(conn: Any, dialect: Dialect, wish: Wish, way: _Way, outcome: Outcome, clock: Clock | None) -> None:
    moves = outcome.moves
    if "retain" in moves:
        assert wish.retention_hours is not None
        replication.keep_binlogs(conn, dialect, wish.retention_hours)
    if wish.state == "replicating":
        assert way.source is not None and wish.reader is not None
        replication.prime(way.source)
        if "reset" in moves:
            assert way.position is not None
            if wish.schemas:
                with wish.reader.connected() as reader:
                    seeding.keep_position(conn, wish.schemas, way.position, connection.server_uuid(reader))
            replication.detach(conn, dialect)
        with alone(wish.replica) if "seed" in moves else nullcontext() as turn:
            if turn is not None:
                outcome.seeded = _seed(conn, dialect, wish, turn)
                way.position = outcome.seeded.position
            if "point" in moves:
                assert way.position is not None or way.by_gtid
                replication.follow(conn, dialect, way.source, way.position)
                seeding.forget_seeding(conn, wish.schemas)      # the place is the replica's own knowledge by now; see was_writer
        if moves == ["stop", "start"]:
            replication.stop(conn, dialect)
        if "start" in moves:
            seeding.forget_seeding(conn, wish.schemas)      # of a run that was killed in between
            replication.start(conn, dialect, limit=wish.wait_seconds, clock=clock)
        _prove(conn, dialect, wish, outcome, clock)
    elif "drain" in moves:
        outcome.promotion = replication.promote(conn, dialect, drain_limit=wish.wait_seconds, clock=clock)
    elif "reset" in moves:
        replication.detach(conn, dialect)
    elif "stop" in moves:
        replication.stop(conn, dialect)
    outcome.after = replication.status(conn, dialect)


def _seed(conn: Any, dialect: Dialect, wish: Wish, turn: Turn) -> Copied:
    """Asked anew now that nobody else does it: another run may have come first."""
    assert wish.reader is not None
    if source := replication.status(conn, dialect).source:
        raise Fault("seed", str(wish.replica), left=f"It has come to follow {source} meanwhile. Nothing was touched.", then="Run again.")
    seeding.refuse_to_overwrite(conn, wish.replica, wish.schemas, wish.reader)
    connection.lasting(conn)
    return seeding.seed(wish.reader, wish.replica, wish.schemas, turn)


def _prove(conn: Any, dialect: Dialect, wish: Wish, outcome: Outcome, clock: Clock | None) -> None:
    assert wish.reader is not None
    with wish.reader.connected() as writer:
        replication.catch_up(conn, dialect, replication.binlog_position(writer), wish.wait_seconds, stall=wish.lag_seconds, clock=clock)
        outcome.crossed_seconds = round(heartbeat.crossing(writer, conn, wish.lag_seconds, schema=wish.proof_schema, clock=clock), 3)
    outcome.lag_seconds = heartbeat.lag_seconds(conn)
