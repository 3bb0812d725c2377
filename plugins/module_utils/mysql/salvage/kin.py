# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What foreign keys say against a verdict of replay. A row is looked at by itself in verdicts.py; here it is looked at among its kin.

A number that a row refers to is no identity either: after a split both sites may give it to different people. Before MySQL 9.6 (and after it with
innodb_native_foreign_keys) what a cascade deletes or changes is in no binary log, so it looks as if it had never come over. And a row
that is deleted on the writer may take along what was sold there since. So a row stays `replay` only when
- the writer has not touched the row it refers to, which is there, or is itself to be replayed;
- whatever refers to it on the writer, when it goes or is referred to by something else from now on, is itself to be replayed away from it.
Everything else is a conflict: a decision for people more often than needed, and never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..sync.foreign import ForeignKey, foreign_keys
from ..sync.keys import Key
from ..sync.tables import Table, describe
from .cells import OPAQUE
from .report import Left
from .rows import canonical_key, having, key_of, values_in
from .spool import Spool
from .touched import Parents, Touched
from .verdicts import CONFLICT, REPLAY

Row = Mapping[str, Any]


class Both(Protocol):
    """A row on the old server and on the writer, None where there is none."""

    @property
    def ours(self) -> Row | None: ...

    @property
    def other(self) -> Row | None: ...


@dataclass(frozen=True)
class Link:
    """A foreign key, and how both of its tables are built."""

    key: ForeignKey
    child: Table
    parent: Table

    def referred(self, row: Row | None) -> Key | None:
        """What a child refers to by it; None when it does not."""
        return values_in(self.child, row, self.key.columns)

    def offered(self, row: Row | None) -> Key | None:
        """What a parent is referred to by."""
        return values_in(self.parent, row, self.key.parent_columns)

    def parents(self, conn: Any, wanted: Sequence[Key]) -> list[list[Row]]:
        """For each value its parent on that server: at most one. Raises DatabaseFault."""
        return [list(rows) for rows in having(conn, self.parent, self.key.parent_columns, wanted)]

    def lock(self, conn: Any, wanted: Sequence[Key]) -> None:
        """Have the parents with these values until the transaction ends: whoever has just come to refer to one is waited for, and nobody else does.
        Raises DatabaseFault."""
        having(conn, self.parent, self.key.parent_columns, wanted, lock=True)

    def children(self, conn: Any, wanted: Sequence[Key]) -> list[list[Row]]:
        """For each value the rows that refer to it there, their keys at least. Raises DatabaseFault."""
        return [list(rows) for rows in having(conn, self.child, self.key.columns, wanted)]


def links(conn: Any, schemas: Sequence[str]) -> list[Link]:
    """The foreign keys that begin or end in these schemas. Raises DatabaseFault."""
    keys = foreign_keys(conn, schemas)
    tables = describe(conn, sorted({schema for key in keys for schema, _table in (key.child, key.parent)})) if keys else {}
    both = [(key, tables.get(".".join(key.child)), tables.get(".".join(key.parent))) for key in keys]
    # A table that is not there (keys may be made without checks) is MySQL's to complain of.
    return [Link(key, child, parent) for key, child, parent in both if child and parent]


class Kin:
    """The foreign keys among rows that differ. here, there: raw connections to the old server and the writer, prepared."""

    def __init__(self, here: Any, there: Any, known: Sequence[Link]) -> None:
        self._here, self._there, self.links = here, there, known
        # By foreign key and value: how its parents spell it, and whether the writer has one.
        self._spelled: dict[tuple[ForeignKey, Key], set[Key]] = {}
        self._has: set[tuple[ForeignKey, Key]] = set()

    def parents(self, pairs: Mapping[str, Iterable[Both]]) -> Parents:
        """What the writer's log is to be asked about for these, by table. Raises DatabaseFault."""
        asked: dict[tuple[str, tuple[str, ...]], set[Key]] = {}
        for link in self.links:
            wanted = sorted({value for both in pairs.get(link.child.label, ()) for row in (both.ours, both.other)
                             if (value := link.referred(row)) is not None and OPAQUE not in value}, key=repr)
            for conn in (self._here, self._there):
                for value, rows in zip(wanted, link.parents(conn, wanted), strict=True):
                    names = self._spelled.setdefault((link.key, value), {value})
                    names |= {name for row in rows if (name := link.offered(row)) is not None}
                    if rows and conn is self._there:
                        self._has.add((link.key, value))
            asked.setdefault((link.parent.label, link.key.parent_columns), set()).update(*(self._spelled[link.key, value] for value in wanted))
        return asked

    def judged(self, rows: Iterable[Left], done: Touched, into: Spool[Left]) -> Spool[Left]:
        """The same rows, put into `into`; those whose kin speaks against a replay are conflicts. Of tables with foreign keys their columns are in
        memory, of others nothing. Raises DatabaseFault."""
        kept = self._columns()
        found = {place: _slim(row, kept[row.table]) for place, row in enumerate(rows) if row.table in kept}
        dependants = self._dependants(list(found.values()))
        while True:
            among = _Among(self.links, list(found.values()))
            changed = {place: why for place, row in found.items() if row.verdict == REPLAY
                       and (why := self._parent_speaks(row, among, done) or _children_speak(row, among, dependants))}
            if not changed:
                break
            for place, why in changed.items():
                what = re.split("[,;.]", found[place].because)[0]       # without what spoke for it
                found[place] = replace(found[place], verdict=CONFLICT, because=f"{what}, but {why}")
        return into.extend(replace(row, verdict=found[place].verdict, because=found[place].because) if place in found else row
                           for place, row in enumerate(rows))

    def _columns(self) -> dict[str, set[str]]:
        """What foreign keys look at, by table."""
        kept: dict[str, set[str]] = {}
        for link in self.links:
            kept.setdefault(link.child.label, set()).update(link.key.columns)
            kept.setdefault(link.parent.label, set()).update(link.key.parent_columns)
        return kept

    def _parent_speaks(self, row: Left, among: _Among, done: Touched) -> str | None:
        for link in among.up.get(row.table, ()):
            parent = link.parent.label
            for value in _changed(link, row):
                names = self._spelled.get((link.key, value))
                if names is None:
                    return f"nothing here can read what it refers to in {parent}."
                if not done.complete:
                    return f"the writer's log does not tell what became of the row of {parent} that it refers to."
                if parent in done.whole:
                    return f"what became of the row of {parent} that it refers to cannot be told: {done.whole[parent]}."
                if any((parent, link.key.parent_columns, name) in done.parents for name in names):
                    spreads = link.key.spreads_delete or link.key.spreads_update
                    by_that = " (by that it may have changed or deleted this one too: no log tells what a foreign key does)" if spreads else ""
                    return f"the writer has made, changed or deleted the row of {parent} that it refers to since{by_that}."
                known = [other for name in names for other in among.parents.get((link.key, name), ())]
                if verdict := next((other.verdict for other in known if other.verdict != REPLAY), None):
                    return f"the row of {parent} that it refers to is not to be replayed ({verdict})."
                if value == link.referred(row.values) and (link.key, value) not in self._has and not any(
                        link.offered(other.values) in names for other in known):
                    return f"the writer has no row of {parent} that it could refer to."
        return None

    def _dependants(self, rows: Sequence[Left]) -> dict[tuple[ForeignKey, Key], list[Key | None]]:
        """The keys of what refers to rows on the writer that are to go, or to be referred to by something else; None for a row without a key."""
        found: dict[tuple[ForeignKey, Key], list[Key | None]] = {}
        for link in self.links:
            parents = [row for row in rows if row.table == link.parent.label and row.verdict == REPLAY]
            going = sorted({value for row in parents for value in let_go(link, row)}, key=repr)
            for value, children in zip(going, link.children(self._there, going), strict=True):
                found[link.key, value] = [canonical_key(link.child, key_of(link.child, child)) if link.child.key else None for child in children]
        return found


class _Among:
    """The rows of a report, found by what refers to what."""

    def __init__(self, known: Sequence[Link], rows: Sequence[Left]) -> None:
        self.up: dict[str, list[Link]] = {}
        self.down: dict[str, list[Link]] = {}
        self.parents: dict[tuple[ForeignKey, Key], list[Left]] = {}
        tables: dict[str, Table] = {}
        for link in known:
            self.up.setdefault(link.child.label, []).append(link)
            self.down.setdefault(link.parent.label, []).append(link)
            tables |= {link.child.label: link.child, link.parent.label: link.parent}
        for row in rows:
            for link in self.down.get(row.table, ()):
                for value in {link.offered(row.values), link.offered(row.writer_values)} - {None}:
                    self.parents.setdefault((link.key, value), []).append(row)      # type: ignore[arg-type]
        self.by_key = {(row.table, canonical_key(tables[row.table], row.key.values())): row for row in rows if row.table in tables and row.key}


def _slim(row: Left, columns: set[str]) -> Left:
    """A row with no more than these columns."""
    values, other = (None if each is None else {name: value for name, value in each.items() if name in columns}
                     for each in (row.values, row.writer_values))
    return replace(row, values=values, writer_values=other, clash={})


def _children_speak(row: Left, among: _Among, dependants: Mapping[tuple[ForeignKey, Key], Sequence[Key | None]]) -> str | None:
    for link in among.down.get(row.table, ()):
        for value in let_go(link, row):
            stay = [key for key in dependants.get((link.key, value), ())
                    if key is None or not _leaves(link, among.by_key.get((link.child.label, key)), value)]
            if stay:
                return f"the writer has {len(stay)} row{'s' * (len(stay) > 1)} of {link.child.label} that refer to it."
    return None


def _leaves(link: Link, child: Left | None, value: Key) -> bool:
    """Whether a child is to be replayed so that it does not refer to this any more."""
    return child is not None and child.verdict == REPLAY and (child.change == "delete" or link.referred(child.values) != value)


def let_go(link: Link, row: Left) -> Iterator[Key]:
    """What a row of the parent's table is not referred to by any more once it is replayed."""
    value = link.offered(row.writer_values)
    if row.change != "insert" and value is not None and OPAQUE not in value and (row.change == "delete" or link.offered(row.values) != value):
        yield value


def _changed(link: Link, row: Left) -> set[Key]:
    """What a row of the child's table refers to on one side and not on the other. One that is to be inserted is a fact of its own, whatever the
    writer has under its key."""
    values = link.referred(row.values), link.referred(None if row.change == "insert" else row.writer_values)
    return {value for value in values if value is not None and values[0] != values[1]}


def in_the_way(conn: Any, known: Iterable[Link], row: Left, planned: Sequence[Left] = ()) -> str | None:
    """Why a row cannot be replayed as things are on the writer now, None when no foreign key speaks against it. planned: rows that would be
    replayed before it and are not yet. Raises DatabaseFault."""
    for link in known:
        if row.change != "delete" and row.table == link.child.label:
            refers = link.referred(row.values)
            coming = any(link.offered(other.values) == refers for other in planned if other.table == link.parent.label)
            if refers in _changed(link, row) and OPAQUE not in refers and not coming and not link.parents(conn, [refers])[0]:
                return f"the row of {link.parent.label} that it refers to is not there"
        if row.table == link.parent.label:
            for value in let_go(link, row):
                leave = {canonical_key(link.child, other.key.values()) for other in planned if other.table == link.child.label
                         and _leaves(link, replace(other, verdict=REPLAY), value)}
                itself = canonical_key(link.child, row.key.values()) if link.child.label == row.table and row.change == "delete" else None
                for child in link.children(conn, [value])[0]:
                    key = canonical_key(link.child, key_of(link.child, child)) if link.child.key else None
                    if key is None or (key not in leave and key != itself):
                        return f"rows of {link.child.label} refer to it"
    return None
