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

from ..faults import Fault, TimedOut
from ..waiting import PENDING, READY, Clock, SystemClock, wait
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
from .sync.progress import Tell
from .unfinished import alignment

ARRIVES_SECONDS = 2.0
REFUSED = frozenset({1045, 1820, 1862})     # access denied: the account, or its password, or that has expired


@dataclass(frozen=True)
class Wish:
    """What is wanted of a replica. source, replication account and schemas only matter for state "replicating".

    reader: the account that reads the rows when seeding; position: where to start a replica that was seeded by other means;
    wait_seconds: limit for starting and catching up; lag_seconds: within which a marker row must cross; retention_hours: at least so long
    the replica keeps its own binary logs, where its provider has a procedure for that; high_availability: the replica's provider keeps a
    candidate beside it; gtids: use them where both ends have them; accept_errant: follow although the source never had some of ours, or may not;
    tell: of the seeding, see sync.progress.
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
    tell: Tell | None = None


@dataclass
class Outcome:
    """What was, or in check mode would be, done, and what is there now. by_gtid: the source is asked for what our GTIDs lack; foreseen: state and
    source as they would be, in check mode only."""

    moves: list[str]
    before: ReplicaStatus
    after: ReplicaStatus
    seeded: Copied | None = None
    promotion: Promotion | None = None
    crossed_seconds: float | None = None
    lag_seconds: float | None = None
    by_gtid: bool = False
    foreseen: dict[str, str | None] | None = None


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
        source = as_seen_by(dialect, wish.source)
        if wish.state == "replicating" and (now := replaced(before, source, wish)):
            raise Fault("follow", before.source or "", left=f"{wish.replica} follows the server {before.source_uuid} there, and {now} answers now: "
                        "it has failed over since, its log is another, and no place in the old one means anything in it. Nothing was touched.",
                        then=cures.RESEED)
        moves = list(replication.plan(wish.state, before, source, anew=_named_anew(before, source, wish)))
        if wish.state == "replicating" and not moves and _stuck(conn, wish):
            moves = ["stop", "start"]
        way = _Way(source, wish.position)
        if "reset" in moves and "point" in moves:
            way.by_gtid = before.auto_position      # it goes on as it went
        elif "point" in moves and way.position is None:
            way.position = seeding.position_of_finished_copy(conn, wish.schemas, wish.reader) if wish.reader else None
            if way.position is None:
                way.by_gtid = _by_gtid(conn, dialect, wish)
                if not way.by_gtid:
                    seeding.refuse_to_overwrite(conn, wish.replica, wish.schemas, wish.reader)
                    moves.insert(0, "seed")
        elif "point" in moves and not wish.accept_errant:
            _refuse_last_writer(conn, wish)
        if wish.retention_hours and dialect.show_retention() and (replication.retention_hours(conn, dialect) or 0) < wish.retention_hours:
            moves.insert(0, "retain")
        outcome = Outcome(moves, before, before, by_gtid=way.by_gtid)
        if check:
            if wish.state == "replicating":
                _primed(way)
            outcome.foreseen = _foreseen(wish.state, before, source) if moves else None
        else:
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
        source = as_seen_by(dialect, wish.source)
        silent, errant, moved, answers, other, arrives = None, "", False, True, None, False
        try:
            moved, other = _named_anew(seen, source, wish), replaced(seen, source, wish)
            if wish.reader and seen.source:
                with wish.reader.connected() as reader:
                    silent = _silence(conn, reader)
                    arrives = silent is not None and silent > silent_limit and seen.running and _arrives(conn, reader)
                    ours, theirs = gtids(conn), gtids(reader)
                    errant = gtid_difference(conn, ours.executed, theirs.executed) if ours.on and theirs.on and seen.auto_position else ""
        except DatabaseFault as fault:
            if fault.code and not 2000 <= fault.code < 3000:
                raise
            silent, answers = heartbeat.lag_seconds(conn), False
        return seen, cures.diagnose(
            seen, silent_seconds=silent, silent_limit=silent_limit, errant=errant, source_answers=answers, arrives=arrives,
            source_now=f"{source.host}:{source.port}" if moved and source else None, other_server=other,
            retention_hours=replication.retention_hours(conn, dialect), keeps_by_procedure=dialect.show_retention() is not None)


def _silence(conn: Any, reader: Any) -> float | None:
    """Age of the newest heartbeat here, None when the source itself does not beat."""
    at_home = heartbeat.lag_seconds(reader, own=True)
    return heartbeat.lag_seconds(conn) if at_home is not None and at_home < 5 else None


def _arrives(conn: Any, reader: Any) -> bool:
    """What is in the source's log now has been fetched a moment later. Raises DatabaseFault."""
    now = replication.binlog_position(reader)
    try:
        wait(lambda: replication.status(conn), lambda seen: READY if seen.read is not None and seen.read.reached(now) else PENDING,
             ARRIVES_SECONDS, 0.1, SystemClock(), doing="fetch the source's log", to=f"up to {now.file}:{now.position}")
    except TimedOut:
        return False
    return True


def _stuck(conn: Any, wish: Wish) -> bool:
    """Running and silent, though the source answers us and beats: the thread waits on a connection that a cut has killed, and notices only
    after replica_net_timeout (a minute), or later. Where all arrives, and is not applied as fast, starting anew would only cost time."""
    if wish.reader is None:
        return False
    with wish.reader.connected() as reader:
        silent = _silence(conn, reader)
        return silent is not None and silent > wish.lag_seconds and not _arrives(conn, reader)


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


def _refuse_last_writer(conn: Any, wish: Wish) -> None:
    """A place in another's log says nothing of what was sold here, as a copy or a GTID does. Raises Fault."""
    if heartbeat.was_writer(conn):
        raise Fault("make a replica of", str(wish.replica), left="It was the writer: of all reigns it knows of its own is the newest. What it holds "
                    "and the source does not is what it sold, and would stay here alone. Nothing was touched.",
                    then="Role db_replica, tasks_from reseed, salvages first. When its rows are known to be the wrong ones: set accept_errant.")


def as_seen_by(dialect: Dialect, source: Source | None) -> Source | None:
    """The source as the replica's status will name it: by address, where the provider takes nothing else."""
    if source is None or not dialect.wants_address:
        return source
    return Source(replication.address_of(source.host), source.port, source.user, source.password, tls=False)


def _foreseen(state: str, before: ReplicaStatus, source: Source | None) -> dict[str, str | None]:
    if state == "replicating":
        return {"state": state, "source": f"{source.host}:{source.port}" if source else before.source}
    return {"state": "stopped", "source": before.source} if state == "stopped" else {"state": "detached", "source": None}


def _named_anew(seen: ReplicaStatus, source: Source | None, wish: Wish) -> bool:
    """The server that is followed has to be named anew: the address we were given leads to the same server uuid, and is another than the replica
    knows, or is to be entered by another account or password, or the other way about TLS."""
    if not (source and seen.applied):
        return False
    if (seen.source, seen.source_user, seen.tls) == (f"{source.host}:{source.port}", source.user, source.tls) and seen.io_error[0] not in REFUSED:
        return False
    return bool(seen.source_uuid) and _answering(seen, wish) == seen.source_uuid


def replaced(seen: ReplicaStatus, source: Source | None, wish: Wish) -> str | None:
    """The uuid of the server that answers where another one was followed; None when it is still that, or cannot be known. A replica that goes by
    GTIDs names what it lacks, which is the same in every log; a place in a file is in every log a place."""
    if source is None or seen.auto_position or not seen.source_uuid or seen.source != f"{source.host}:{source.port}":
        return None
    now = _answering(seen, wish)
    return now if now and now != seen.source_uuid else None


def _answering(seen: ReplicaStatus, wish: Wish) -> str | None:
    """The uuid of the server that was named as the source; None where the reader is led elsewhere, and says nothing about it."""
    if not (seen.source and wish.source and wish.reader and (wish.reader.host, wish.reader.port) == (wish.source.host, wish.source.port)):
        return None
    with wish.reader.connected() as reader:
        return connection.server_uuid(reader)


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


def _primed(way: _Way) -> Source:
    """The source, which has let in the replication account: one that it does not let in is refused in check mode too. Raises Fault, DatabaseFault."""
    if way.source is None:
        raise AssertionError
    replication.prime(way.source)
    return way.source


def _carry_out(conn: Any, dialect: Dialect, wish: Wish, way: _Way, outcome: Outcome, clock: Clock | None) -> None:
    moves = outcome.moves
    if "retain" in moves:
        if wish.retention_hours is None:
            raise AssertionError
        replication.keep_binlogs(conn, dialect, wish.retention_hours)
    if wish.state == "replicating":
        if wish.reader is None:
            raise AssertionError
        source = _primed(way)
        if "reset" in moves:
            replication.stop(conn, dialect)
            way.position = None if way.by_gtid else replication.status(conn, dialect).applied       # now that it does not move any more
            if wish.schemas and way.position is not None:
                with wish.reader.connected() as reader:
                    seeding.keep_position(conn, wish.schemas, way.position, connection.server_uuid(reader))
            replication.detach(conn, dialect)
        with alone(wish.replica) if "seed" in moves else nullcontext() as turn:
            if turn is not None:
                outcome.seeded = _seed(conn, dialect, wish, turn)
                way.position = outcome.seeded.position
            if "point" in moves:
                if way.position is None and not way.by_gtid:
                    raise AssertionError
                replication.follow(conn, dialect, source, way.position)
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
    if wish.reader is None:
        raise AssertionError
    if source := replication.status(conn, dialect).source:
        raise Fault("seed", str(wish.replica), left=f"It has come to follow {source} meanwhile. Nothing was touched.", then="Run again.")
    seeding.refuse_to_overwrite(conn, wish.replica, wish.schemas, wish.reader)
    connection.lasting(conn)
    return seeding.seed(wish.reader, wish.replica, wish.schemas, turn, tell=wish.tell)


def _prove(conn: Any, dialect: Dialect, wish: Wish, outcome: Outcome, clock: Clock | None) -> None:
    if wish.reader is None:
        raise AssertionError
    with wish.reader.connected() as writer:
        replication.catch_up(conn, dialect, replication.binlog_position(writer), wish.wait_seconds, stall=wish.lag_seconds, clock=clock)
        outcome.crossed_seconds = round(heartbeat.crossing(writer, conn, wish.lag_seconds, schema=wish.proof_schema, clock=clock), 3)
    outcome.lag_seconds = heartbeat.lag_seconds(conn)
