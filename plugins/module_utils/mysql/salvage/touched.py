# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server changed by itself, out of its own log, since it became the writer.

Its gate's row says where that was (gates.py): rows that a repair or a seeding wrote while it followed carry its own id as well. Where there is
no gate, a change keeps the server_id of the server on which it was first made: what arrived from the old writer carries another one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ..connection import Server
from ..dialects import Position
from ..sync.keys import Key
from ..sync.progress import Tell
from ..sync.tables import Table
from .cells import OPAQUE
from .gates import Reign
from .rows import canonical, canonical_key, key_of, values_in
from .statements import UNMADE, UNREAD
from .stream import STATED, Change, changes, own_id
from .verdicts import Touch

Keys = Mapping[str, Collection[Key]]        # {table label: canonical keys}
Parents = Mapping[tuple[str, tuple[str, ...]], Collection[Key]]     # {(table label, columns others refer to): canonical values of those}


@dataclass
class Touched:
    """by_key: {(table, key): what was done}, for the keys asked about; parents: (table, columns, values) of those rows others refer to that
    came, went or were changed, for the values asked about; whole: {table: why} of those with changes nobody could read; seen: tables with
    changes of its own; complete: the log reaches back to where the server became the writer; since: its first change from there on, None when
    there is none."""

    by_key: dict[tuple[str, Key], Touch] = field(default_factory=dict)
    parents: set[tuple[str, tuple[str, ...], Key]] = field(default_factory=set)
    whole: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    complete: bool = False
    since: Position | None = None

    def of(self, table: str, key: Key) -> Touch | None:
        """What was done to a row."""
        return self.by_key.get((table, key))


def touched(
    writer: Server, tables: Mapping[str, Table], keys: Keys, *, parents: Parents | None = None, since: Position | None = None,
    reign: Reign | None = None, tell: Tell | None = None,
) -> Touched:
    """Read the writer's log. tables: dr.gate too, when there is one; since: where it became the writer, when that is known; reign: the writer's,
    None when it never opened a gate.

    The log counts as complete when `since` is given, when the reign begins in it, or, without one, when something of another server's is in it.
    The number of its first file says nothing: a provider's failover empties the log, and it begins anew. Raises DatabaseFault, Fault.
    """
    with writer.connected() as conn:
        mine = own_id(conn)
    began = since is not None
    found = Touched(complete=began)
    wanted = {label: set(each) for label, each in keys.items()}
    referred: dict[str, dict[tuple[str, ...], set[Key]]] = {}
    for (label, columns), values in (parents or {}).items():
        referred.setdefault(label, {})[columns] = set(values)
    for change in changes(writer, tables, since, tell=tell):
        if change.server_id != mine:
            if not began:
                found = Touched(complete=reign is None)
            continue
        if not began and reign is not None and reign.begins(change):
            found, began = Touched(complete=True), True
        found.since = found.since or change.at
        if change.table in wanted or change.table in referred:
            _note(found, change, tables[change.table], wanted.get(change.table, set()))
            _note_parent(found, change, tables[change.table], referred.get(change.table, {}))
    return found


def keys_in(
    server: Server, tables: Mapping[str, Table], wanted: Collection[str], spreading: Collection[tuple[str, tuple[str, ...]]] = (), *,
    schemas: Collection[str] = (), skip: Collection[str] = (), tell: Tell | None = None,
) -> tuple[dict[str, set[Key]], set[str]]:
    """({table: keys}, tables with changes that do not tell everything, "" for no table in particular) of the transactions with these GTIDs.
    spreading: (table, columns) of rows whose going changes others, which no log tells of before MySQL 9.6. schemas, skip: see changes; of a table the
    writer does not have nothing can be told. Raises DatabaseFault, Fault."""
    found: dict[str, set[Key]] = {}
    unread: set[str] = set()
    for change in changes(server, tables, schemas=schemas, skip=skip, tell=tell):
        if change.gtid in wanted:
            images = [image for image in (change.before, change.after) if image is not None]
            if not images or any(_let_go(change, tables[label], columns) for label, columns in spreading if label == change.table):
                unread.add(change.table)
            for image in images:
                key = key_of(tables[change.table], image)
                if OPAQUE in key:
                    unread.add(change.table)
                else:
                    found.setdefault(change.table, set()).add(key)
        elif change.kind in UNMADE and change.table in found:
            unread.add(change.table)
    return found, unread


def _let_go(change: Change, table: Table, columns: tuple[str, ...]) -> bool:
    """Whether a row that others refer to went, or others refer to it by something else now."""
    return change.before is not None and values_in(table, change.before, columns) != values_in(table, change.after, columns)


def _note_parent(found: Touched, change: Change, table: Table, referred: Mapping[tuple[str, ...], set[Key]]) -> None:
    for columns, wanted in referred.items():
        for values in (values_in(table, image, columns) for image in (change.before, change.after) if image is not None):
            if values is not None and OPAQUE in values:
                found.whole.setdefault(table.label, "What others refer to there is not built as it was when the writer's log was written")
            elif values in wanted:
                found.parents.add((table.label, columns, values))


def _note(found: Touched, change: Change, table: Table, wanted: set[Key]) -> None:
    if change.kind == STATED:
        found.whole.setdefault(table.label, "The writer's log holds a statement instead of the rows that it changed (binlog_format)")
        return
    if change.kind == UNREAD:
        found.whole.setdefault(table.label, "The writer's log says that a table was altered or emptied there since, and which one is written in a "
                                            "character set that is not read here")
        return
    if change.kind in UNMADE:
        # What had been done before is told in the columns of then; an index that was added is not worth guessing at names for.
        if change.kind != "altered" or table.label in found.seen:
            what = "emptied" if change.kind == "emptied" else "altered"
            found.whole.setdefault(table.label, f"The writer's log says that the table was {what} there since")
        return
    found.seen.add(table.label)
    if change.before is None and change.after is None:
        found.whole.setdefault(table.label, "The table's columns are not what they were when the writer's log was written")
        return
    before, after = (canonical_key(table, key_of(table, image)) if image else None for image in (change.before, change.after))
    if OPAQUE in (*(before or ()), *(after or ())):
        found.whole.setdefault(table.label, "The table's key is not built as it was when the writer's log was written")
        return
    if change.kind == "update" and before != after:        # the key itself was changed: one row went, another came
        _touch(found, table, before, Touch("delete", canonical(table, change.before), "delete"), wanted)
        _touch(found, table, after, Touch("insert", None, "insert"), wanted)
    else:
        _touch(found, table, before or after, Touch(change.kind, canonical(table, change.before), change.kind), wanted)


def _touch(found: Touched, table: Table, key: Key | None, touch: Touch, wanted: set[Key]) -> None:
    if key is None or key not in wanted:
        return
    known = found.by_key.get((table.label, key))
    found.by_key[table.label, key] = replace(known, last=touch.last) if known else touch
