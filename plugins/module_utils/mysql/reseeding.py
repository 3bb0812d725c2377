# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A replica that lost its place in the source's log follows again, without a dump. May be killed at any point and run again.

In this order, and the order is the safety: what only this server has is written to a salvage report, on disk; then a view of the source
is opened together with a place in its log; only when nothing stands in the way of it this server forgets its source and is made equal
to the view, under a mark that says so (unfinished); then it follows from that place. A run that goes on from a killed one does not search
again: the report of the first one is the one that is true.
Serves after NHN's high availability has failed over (new server, no logs, perhaps without the last rows that this copy has), and when
an old primary is to follow the site that took over from it. One that was built anew and holds no row is seeded by a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..faults import Fault, TimedOut, WentWrong
from ..waiting import Clock
from . import compared, heartbeat, replication
from .connection import Server, execute, lasting, query, server_uuid
from .cures import diagnose, refuse_beside
from .dialects import Dialect
from .replica_status import ReplicaStatus, ahead
from .salvage.find import Sides, find
from .salvage.report import FOLDER, Report, load, save
from .settling import Outcome, Wish, as_seen_by, dialect_of, look, replaced, settle
from .sync import checkpoint
from .sync.aligning import make_alike, refuse_unwritable
from .sync.alone import Turn, alone
from .sync.copy import rows_in
from .sync.difference import differences
from .sync.engines import refuse_other_engines
from .sync.firing import bring_back, drop_replaced, firing, put_aside, refuse_moved, refuse_unmakable
from .sync.guard import refuse_writer, valid_for
from .sync.guards import bring, lacking
from .sync.identity import watching
from .sync.ignoring import refuse_unknown
from .sync.ours import is_ours
from .sync.seeding import forget_seeding, keep_position, position_of_finished_copy
from .sync.snapshot import snapshot
from .sync.tables import Table, describe, quote
from .sync.unbrought import unbrought
from .unfinished import Alignment, alignment, begin_alignment, end_alignment, known_reign, unfinished


@dataclass(frozen=True)
class Plan:
    """wish: the replica as it shall be; writer: its account the gate lets pass (dr_sync), on the replica; source_site, replica_site:
    names; folder: where salvage reports go; wrote: the replica has taken writes of its own, None when dr.gate shall tell; force: also
    where nothing is wrong."""

    wish: Wish
    writer: Server
    source_site: str
    replica_site: str
    folder: str = FOLDER
    ignore: tuple[str, ...] = ()
    wrote: bool | None = None
    force: bool = False


SEEDED_AGAIN = frozenset({"binlogs_gone", "row_conflict", "row_missing", "errant", "relay_log_spoiled", "done_already", "unknown_xa"})


@dataclass
class Reseeded:
    """moves: what was, or with check would be, done: salvage, detach, align, then those of settling. report: None when nothing was left
    behind; rows: written or taken away; guards: the gate's triggers that it lacked (schema.table: event); triggers: the application's that were
    made, having been put aside, lacking or another (schema.name); unbrought: sentences on what is built
    otherwise here and does not come along; outcome: of following, None with check."""

    moves: list[str]
    before: ReplicaStatus
    report: Report | None = None
    report_path: str = ""
    rows: int = 0
    guards: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    unbrought: tuple[str, ...] = ()
    outcome: Outcome | None = None


def reseed(plan: Plan, *, check: bool = False, clock: Clock | None = None) -> Reseeded:
    """Do what is left. Raises Fault (BadInput), DatabaseFault; a healthy replica is only made sure of, unless forced."""
    wish = plan.wish
    if wish.reader is None or wish.source is None:
        raise AssertionError
    with nullcontext() if check else alone(wish.replica) as turn, wish.replica.connected() as conn:
        dialect, reign = dialect_of(conn, wish.dialect), known_reign(conn)
        _refuse(conn, wish, plan.ignore)
        replication.prime(wish.source)          # whom the source does not let in is told before hours of work, and in check mode
        before = replication.status(conn, dialect)
        refuse_beside(before, "seed", f"{wish.replica} again")
        other = replaced(before, as_seen_by(dialect, wish.source), wish) or _ahead(conn, before, wish)      # then it is not to be started
        if not check and before.source and not before.running and not other and not _needed(before):
            with suppress(WentWrong, TimedOut):         # why it does not run shows when it tries
                before = replication.start(conn, dialect, limit=wish.wait_seconds, clock=clock)
            before = replication.status(conn, dialect)
        fresh = not before.source and alignment(conn) is None and not rows_in(wish.replica, wish.schemas)     # settling seeds it
        if not fresh and position_of_finished_copy(conn, wish.schemas, wish.reader) is None and (plan.force or other or _needed(before)):
            with wish.reader.connected() as reader:
                refuse_other_engines(reader, wish.schemas, "seed from tables of")
            known = _begun(conn, plan)
            result = Reseeded([*([] if known else ["salvage"]), *(["detach"] if before.source else []), "align", "point", "start"], before)
            if known and known.report:
                result.report, result.report_path = load(known.report, plan.folder), str(Path(plan.folder) / f"{known.report}.json")
            if turn is None:
                return result
            replication.stop(lasting(conn), dialect)    # nothing is applied while it is looked through; its source it still knows
            if not known:
                _salvage(conn, plan, result)
            _align(conn, dialect, plan, result, reign, _allowed(turn))
        else:
            result = Reseeded([], before)
    outcome = settle(wish, check=check, clock=clock)
    result.moves = [*[move for move in result.moves if move not in outcome.moves], *outcome.moves]
    result.outcome = outcome
    return result


def _ahead(conn: Any, seen: ReplicaStatus, wish: Wish) -> str:
    """What only this copy has, where it follows by GTIDs, which tell; "" for nothing, and where they do not."""
    if wish.reader is None:
        raise AssertionError
    if not (seen.source and seen.auto_position):
        return ""
    with wish.reader.connected() as reader:
        return ahead(conn, reader)


def _needed(seen: ReplicaStatus) -> bool:
    """It follows nobody, or what stopped it does not mend by itself and by no smaller cure."""
    return not seen.source or any(each.name in SEEDED_AGAIN for each in diagnose(seen))


def _refuse(conn: Any, wish: Wish, ignore: tuple[str, ...]) -> None:
    if valid_for(conn):
        raise Fault("seed", f"{wish.replica} again", left="It is the writer: its own gate is open. Nothing was touched.",
                    then="Whoever is not the writer can be seeded from it.")
    if wish.reader is None:
        raise AssertionError
    with wish.reader.connected() as reader:
        gated = any(heartbeat.lag_seconds(reader, own=own) is not None for own in (True, False))
        if gated and not valid_for(reader):
            raise Fault("seed", f"{wish.replica} from {wish.reader}", left="That one is not the writer now: its gate is shut, so which of the two "
                        "is newer is not known. Nothing was touched.", then="Find out who the writer is (playbooks/status.yml).")
        if ignore:
            refuse_unknown(ignore, {*describe(reader, wish.schemas), *describe(conn, wish.schemas)})


def _begun(conn: Any, plan: Plan) -> Alignment | None:
    """What a killed run has begun, when it has looked through this server already: nothing here has been anybody's since. One of another source
    has not: what it brought may be lost there. Nor has a copy, which asks only whether there are rows, if that."""
    if plan.wish.reader is None:
        raise AssertionError
    found = alignment(conn)
    with plan.wish.reader.connected() as reader:
        return found if found and found.source == server_uuid(reader) else None


def _salvage(conn: Any, plan: Plan, result: Reseeded) -> None:
    """What only this server has goes on disk before a row of it is touched."""
    wish = plan.wish
    if wish.reader is None:
        raise AssertionError
    half = unfinished(conn, wish.schemas) is not None       # then it is a copy, whatever it was, and what is not here has not come back yet
    wrote = not half and (heartbeat.was_writer(conn) if plan.wrote is None else plan.wrote)
    report = find(Sides(wish.replica, wish.reader, plan.replica_site, plan.source_site), wish.schemas, ignore=plan.ignore,
                  old_is_copy=not wrote, by_gtid=wish.gtids, half=half, folder=plan.folder, tell=wish.tell)
    if report.rows:
        result.report, result.report_path = report, str(save(report, plan.folder))


def _allowed(turn: Turn) -> Callable[[Any], None]:
    """What is asked of the replica before anything is done to it, and before it is committed: it was searched for hours, and may be somebody else's
    to fill by now, or the writer."""
    def allow(conn: Any) -> None:
        turn.refuse_lost(conn)
        refuse_writer(conn)
    return allow


def _align(conn: Any, dialect: Dialect, plan: Plan, result: Reseeded, reign: int, allow: Callable[[Any], None]) -> None:
    """reign: the newest that the replica knew of when it was seen not to be the writer."""
    wish = plan.wish
    if wish.reader is None:
        raise AssertionError
    with wish.reader.connected() as reader:
        compared.forget(reader, server_uuid(conn))      # it was another copy that was compared
        had = firing(reader, wish.schemas)
    with watching(wish.reader) as look, snapshot(wish.reader, wish.schemas) as view, plan.writer.connected(raw=True) as target:
        def after(table: Table) -> None:
            look(table)
            view.let_go()

        refuse_moved(had, firing(view.conn, wish.schemas))
        only_here, only_there = _one_sided(view.conn, target)
        # Everything else this time, our own tables too: what replication changes in them from now on must be there.
        found = list(differences(view.conn, target, wish.schemas, ignore={*only_here, *only_there}, after=after, tell=wish.tell))
        refuse_unwritable(view.conn, target, found, had)
        missing = lacking(view.conn, conn, wish.schemas)
        refuse_unmakable(conn, {(each.table.schema, each.table.name) for each in found}, had, missing)
        view.let_go()
        result.unbrought = tuple(unbrought(view.conn, conn, wish.schemas))
        view.let_go()
        allow(conn)
        replication.detach(conn, dialect)               # all that could be refused was asked; from here on only a new place helps
        checkpoint.forget_all(wish.replica)
        begin_alignment(conn, result.report.id if result.report else "", server_uuid(view.conn), reign)
        forget_seeding(conn, wish.schemas)
        _create_ours(view.conn, target, only_there)
        if only_there:
            found = list(differences(view.conn, target, wish.schemas, ignore=only_here, after=after, tell=wish.tell))
        drop_replaced(conn, had)
        put_aside(conn, {(each.table.schema, each.table.name) for each in found}, had)
        result.rows = make_alike(view.conn, target, wish.schemas, ignore=only_here, found=found, allow=allow, after=after, tell=wish.tell)
        allow(conn)                     # whoever has taken our place has a mark of his own there
        bring(conn, missing)
        result.guards = tuple(f"{each.schema}.{each.table}: {each.event}" for each in missing)
        result.triggers = tuple(bring_back(conn, had))
        end_alignment(conn)             # before its place is kept: without either it would be searched and made equal once more
        keep_position(conn, wish.schemas, view.position, server_uuid(view.conn))


def _one_sided(view: Any, target: Any) -> tuple[set[str], set[str]]:
    """Labels of tables of schema dr that only this server has, into which nothing replicates; and of those that the source has come to have
    since. The application's come by its own migration."""
    asked = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'dr' AND table_type = 'BASE TABLE'"
    there, here = ({label for row in query(conn, asked, doing="read our own tables") if not is_ours(label := f"dr.{row['name']}")}
                   for conn in (view, target))
    return here - there, there - here


def _create_ours(view: Any, target: Any, labels: Iterable[str]) -> None:
    for label in sorted(labels):
        made = query(view, f"SHOW CREATE TABLE dr.{quote(label.partition('.')[2])}", (), doing=f"read how {label} is built")[0]["Create Table"]
        execute(target, "USE dr")
        execute(target, str(made), doing=f"create {label}")


__all__ = ["Plan", "Reseeded", "look", "reseed"]
