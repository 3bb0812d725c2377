# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows an unplanned failover left behind: what the old server holds that the writer does not, each with a verdict. Reads only.

By GTID where both servers have them: the transactions only the old one executed name the rows. Else by comparison, chunk by chunk. Then
the writer's own log tells what it has done to those very keys since it became the writer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...faults import BadInput, Fault
from ..connection import Server, query, server_uuid
from ..dialects import Position
from ..replica_status import gtid_difference, gtids
from ..sync.difference import Difference, differences, unlike
from ..sync.ignoring import OURS, refuse_unknown
from ..sync.keys import Key, shown
from ..sync.look import KEYLESS_LIMIT, rows_in_table
from ..sync.pair import prepared
from ..sync.progress import Tell
from ..sync.tables import Table, describe
from ..unfinished import alignment, unfinished
from . import gates
from .kin import Kin, links
from .report import Left, Report, new_report
from .rows import all_rows, by_key, canonical, canonical_key, key_of, more_than_text, standing_in_the_way, with_generated
from .shape import Shape, shapes
from .spool import Spool
from .touched import Touched, keys_in, touched
from .verdicts import CONFLICT, Case, Touch, Verdict, judge

KEYS_AT_ONCE = 2000             # of which the rows of both servers are in memory
ALL_GTIDS = 1_000_000           # a difference larger than this is compared instead of listed
_SIDES = ("the old server", "the writer")


@dataclass(frozen=True)
class Sides:
    """old: the server that may hold what nobody else does; writer: whose rows count. The accounts may read everything and logs."""

    old: Server
    writer: Server
    old_site: str
    writer_site: str


def find(
    sides: Sides, schemas: Sequence[str], *, ignore: Sequence[str] = (), since: Position | None = None, old_is_copy: bool = False,
    by_gtid: bool = True, half: bool = False, folder: str | None = None, tell: Tell | None = None,
) -> Report:
    """Look on both servers and judge every row. since: see touched.py. old_is_copy: the old server never took writes of its own, it is a
    replica whose source failed over to another server (the writer here) and may have known less, or more, than it. half: it is known to hold
    part of its rows, and is nevertheless to be searched. folder: on a disk, where rows are kept until the report is written; tell: see sync.progress.

    Raises DatabaseFault, Fault (BadInput for tables that are not built alike, and for names in `ignore` that fit nothing).
    """
    skip = {*OURS, *ignore}
    with sides.old.connected(raw=True) as here, sides.writer.connected(raw=True) as there:
        described = describe(prepared(there), schemas)
        prepared(here)
        if not half:
            _refuse_unfinished(here, sides.old, schemas)
        if ignore:
            refuse_unknown(ignore, {*described, *describe(here, schemas)})
        tables = {label: table for label, table in described.items() if label not in skip}
        report = new_report(sides.old_site, server_uuid(here), sides.writer_site, server_uuid(there))
        kin = Kin(here, there, links(there, schemas))
        found, method, transactions = _candidates(here, there, sides.old, tables, schemas, skip, by_gtid and not old_is_copy, kin, tell)
        report.method, report.gtids = method, transactions
        ours, theirs, uuids = gates.beats(here), gates.beats(there), (report.old_uuid, report.writer_uuid)
        ruled = gates.reign(theirs, report.writer_uuid)
        worth = gates.of_copy(ours, theirs, uuids, half=half) if old_is_copy else gates.of_writer(ours, theirs, uuids, ruled)
        report.behind = worth.behind
        held: dict[str, Spool[_Two]] = {}
        wanted: dict[str, set[Key]] = {}
        for each in found:
            held[each.table.label], wanted[each.table.label] = _held(here, there, each, seen=method == "comparison", folder=folder)
        parents = kin.parents(held)
        told = {label: table for label, table in describe(there, ["dr"]).items() if label in OURS}
        logged = {**{link.parent.label: link.parent for link in kin.links}, **tables, **told}
        done = touched(sides.writer, logged, wanted, parents=parents, since=since, reign=ruled, tell=tell) if found else Touched(complete=True)
        # What a server before this one did at its site is in no log: a copy of it may have had that, a writer of before never.
        done.complete = done.complete and (old_is_copy or ruled is None or ruled.first)
        report.since = f"{done.since.file}:{done.since.position}" if done.since else ""
        report.complete = done.complete
        known, rows = shapes(there, [each.table for each in found]), Spool[Left](folder)
        for each in found:
            rows.extend(_keyless(here, there, each.table, worth) if each.keyless else
                        _rows(here, there, held.pop(each.table.label), known[each.table.label], done, worth))
        report.rows = kin.judged(rows, done, Spool[Left](folder))
    return report


def _refuse_unfinished(here: Any, old: Server, schemas: Sequence[str]) -> None:
    if why := unfinished(here, schemas):
        begun = alignment(here)
        told = (f"The report {begun.report}, which was made before, has them." if begun and begun.report else
                "It had no rows of its own before." if begun else "Whether it had any of its own before, nobody has asked: seeding it again does.")
        raise Fault("look for rows", f"that only {old} has", left=f"It {why}. Rows that are not back yet would look as if they had been deleted. "
                    f"{told}", then="Decide on that report; go on with the seeding (role db_replica).")


@dataclass(frozen=True)
class _Two:
    """Both servers' rows under one key. names: the key as either writes it, exactly: what a log calls the row."""

    ours: Mapping[str, Any] | None
    other: Mapping[str, Any] | None
    names: tuple[Key, ...]


def _held(here: Any, there: Any, each: Difference, seen: bool, folder: str | None) -> tuple[Spool[_Two], set[Key]]:
    """The rows, and all their names. seen: the old server had these rows a moment ago, and nobody writes there: one that is not found by its key must
    not be left out."""
    held, names, lost = Spool[_Two](folder), set[Key](), list[Key]()
    had = {*each.here, *each.unlike} if seen else set[Key]()
    for start in range(0, 0 if each.keyless else len(each.keys), KEYS_AT_ONCE):
        keys = each.keys[start:start + KEYS_AT_ONCE]
        mine, theirs = by_key(here, each.table, keys), by_key(there, each.table, keys)
        lost += [key for key in keys if key in had and key not in mine]
        for key in keys:
            ours, other = mine.get(key), theirs.get(key)
            two = tuple(canonical_key(each.table, key_of(each.table, row)) for row in (ours, other) if row is not None)
            # A key that the two spell differently was found once by either spelling.
            if two and not names.issuperset(two):
                held.append(_Two(ours, other, two))
                names.update(two)
    if lost:
        raise Fault("find rows", f"of {each.table.label} by their keys", left=f"Of those that the writer has not, or not alike, {len(lost)} are not "
                    f"found again on the old server: {shown(each.table, lost[0])}. No report was made.",
                    then="Is somebody writing there? Keep its gate shut and search again.")
    return held, names


def _candidates(
    here: Any, there: Any, old: Server, tables: Mapping[str, Table], schemas: Sequence[str], skip: set[str], may_use_gtids: bool,
    kin: Kin, tell: Tell | None,
) -> tuple[list[Difference], str, str]:
    ours, theirs = gtids(here), gtids(there)
    if may_use_gtids and ours.on and theirs.on:
        left = gtid_difference(here, ours.executed, theirs.executed)
        if not left:
            return [], "gtid", ""
        # Those that are in no log any more can only be found by comparison.
        if not query(here, "SELECT 1 WHERE GTID_SUBTRACT(%s, %s) <> %s", (left, ours.purged, left)) and count(left) <= ALL_GTIDS:
            built = describe(here, schemas)
            spreading = {(link.parent.label, link.key.parent_columns) for link in kin.links if link.key.spreads_delete or link.key.spreads_update}
            keys, unread = keys_in(old, tables, set(spelled_out(left)), spreading, schemas=schemas, skip=skip, tell=tell)
            if faults := [fault for label in sorted(keys) for fault in unlike(label, built.get(label), tables[label], _SIDES)]:
                raise BadInput(faults)      # the log was read by the writer's columns, and another one's place may be the key's there
            if not unread and all(tables[label].key for label in keys):
                return [Difference(tables[label], unlike=tuple(sorted(each, key=repr))) for label, each in sorted(keys.items())], "gtid", left
        return list(differences(here, there, schemas, ignore=skip, sides=_SIDES, tell=tell)), "comparison", left
    return list(differences(here, there, schemas, ignore=skip, sides=_SIDES, tell=tell)), "comparison", ""


def _rows(here: Any, there: Any, held: Iterable[_Two], shape: Shape, done: Touched, worth: gates.Worth) -> Iterator[Left]:
    table = shape.table
    unread = done.whole.get(table.label, "")
    for rows in held:
        ours, other = rows.ours, rows.other
        if ours is None and not worth.lacks:
            continue
        touch = next((touch for name in rows.names if (touch := done.of(table.label, name))), None)
        clash = _clash(here, there, shape, rows.names, ours, touch) if ours is not None else {}
        found = judge(Case(canonical(table, ours), canonical(table, other), touch, clash, done.complete, unread, shape.numbered, worth.behind,
                           worth.unclear))
        if found:
            yield _left(table, ours, other, clash, _writable(found, ours))


def _writable(found: Verdict, ours: Mapping[str, Any] | None) -> Verdict:
    if found.verdict == "replay" and ours is not None and more_than_text(ours):
        return Verdict(CONFLICT, found.change, f"{found.because} But it holds a JSON document with dates, times or bytes, which SQL put there and no "
                       "text can bring over: write it by hand.")
    return found


def _clash(
    here: Any, there: Any, shape: Shape, names: Collection[Key], ours: Mapping[str, Any], touch: Touch | None,
) -> dict[str, dict[str, Any]]:
    """Other rows of the writer that hold what this one would bring. The row under the same key is another one if the writer made it itself."""
    found = standing_in_the_way(there, shape.table, with_generated(here, shape.table, ours, shape.uniques), shape.uniques)
    if touch is not None and touch.first == "insert":
        return found
    return {index: row for index, row in found.items() if canonical_key(shape.table, key_of(shape.table, row)) not in names}


def _left(table: Table, ours: Any, other: Any, clash: Mapping[str, Any], found: Verdict) -> Left:
    key = key_of(table, ours if other is None else other)
    return Left(table.label, dict(zip(table.key, key, strict=True)), found.change, found.verdict, found.because, ours, other, dict(clash),
                found.renumber)


def _keyless(here: Any, there: Any, table: Table, worth: gates.Worth) -> Iterator[Left]:
    """Without a key nothing tells two rows apart: whatever is more often here is a conflict for people, each by itself; what is more often there
    is one conflict for all, since most of it will be what the writer did since. A table too large for memory is one conflict as a whole."""
    sizes = [rows_in_table(conn, table) for conn in (here, there)]
    if max(sizes) > KEYLESS_LIMIT:
        yield Left(table.label, {}, "insert", CONFLICT, f"The table has no key, {sizes[0]} rows here and {sizes[1]} at the writer, too many to tell "
                   "apart one by one. They are not alike: which rows only this server has is not in this report. Keep a dump of the table "
                   "before anything is written here.", None, None, {})
        return
    others = Counter(tuple(row.items()) for row in all_rows(there, table))
    for row in all_rows(here, table):
        if others[same := tuple(row.items())]:
            others[same] -= 1
        else:
            yield Left(table.label, {}, "insert", CONFLICT, "The table has no key, so nobody can tell whether this row was deleted there.",
                       row, None, {})
    if (more := others.total()) and worth.lacks:
        yield Left(table.label, {}, "delete", CONFLICT, f"The writer holds {more} rows of this table that are not here. It has no "
                   "key, so nobody can tell which were made there since, and which had been deleted here.", None, None, {})


def spelled_out(gtids_text: str) -> Iterator[str]:
    """Every GTID of a set, as uuid:number."""
    for part in gtids_text.split(","):
        source, *ranges = part.strip().split(":")
        for each in ranges:
            first, _dash, last = each.partition("-")
            yield from (f"{source}:{number}" for number in range(int(first), int(last or first) + 1))


def count(gtids_text: str) -> int:
    """How many GTIDs a set has. Raises Fault for tagged ones, which nothing here reads."""
    if re.search(r":[a-z_]", gtids_text):
        raise Fault("read the difference of GTIDs", gtids_text[:200], left="It holds tagged GTIDs.", then="Salvage by comparison (by_gtid: false).")
    return sum(int(last or first) - int(first) + 1 for first, last in re.findall(r":(\d+)(?:-(\d+))?", gtids_text))
