# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rows differ between two connections, all of them, at one look each. For two ends that do not follow each other.

compare.py proves equality while replication runs and settles what is under way; here nothing is under way (salvage judges each row by
itself afterwards, re-seeding looks through a view that does not move), and every key is wanted, not the first hundred.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ...faults import BadInput
from ..connection import query
from .chunks import Chunk, Key, boundary_sql, checksum_sql, digests_sql
from .tables import Table, describe

CHUNK_ROWS = 10_000


@dataclass(frozen=True)
class Difference:
    """Rows of one table. Keys as the server writes them: here only there, there only, on both sides but not alike. keyless: the table
    has no key and is not the same as a whole."""

    table: Table
    here: tuple[Key, ...] = ()
    there: tuple[Key, ...] = ()
    unlike: tuple[Key, ...] = ()
    keyless: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        return (*self.here, *self.there, *self.unlike)


def differences(here: Any, there: Any, schemas: Sequence[str], *, ignore: Collection[str] = ()) -> Iterator[Difference]:
    """Tables that differ. Both connections are raw ones. Keys of ENUM, SET and BIT are their numbers.

    Raises DatabaseFault, and BadInput for tables that are not built alike."""
    mine, theirs = describe(here, schemas), describe(there, schemas)
    wanted = sorted({*mine, *theirs} - set(ignore))
    if faults := [fault for label in wanted for fault in _unlike(label, mine.get(label), theirs.get(label))]:
        raise BadInput(faults)
    with ThreadPoolExecutor(2) as both:
        for label in wanted:
            found = _table(both, here, there, mine[label])
            if found.keys or found.keyless:
                yield found


def _unlike(label: str, mine: Table | None, theirs: Table | None) -> Iterator[str]:
    if mine is None or theirs is None:
        yield f"{label}: only on one side; migrate the schema first"
    elif [(column.name, column.definition) for column in mine.columns] != [(column.name, column.definition) for column in theirs.columns]:
        yield f"{label}: its columns are not alike on both sides; migrate the schema first"


def _table(both: ThreadPoolExecutor, here: Any, there: Any, table: Table) -> Difference:
    sides: tuple[list[Key], list[Key], list[Key]] = ([], [], [])
    for chunk in _chunks(here, table):
        mine, theirs = _ask(both, here, there, checksum_sql(chunk))
        if mine == theirs:
            continue
        if not table.key:
            return Difference(table, keyless=True)
        left, right = ({tuple(row.values())[:-1]: row["digest"] for row in rows} for rows in _ask(both, here, there, digests_sql(chunk)))
        for key in {*left, *right}:
            if left.get(key) != right.get(key):
                sides[0 if key not in right else 1 if key not in left else 2].append(key)
    here_only, there_only, unlike = (tuple(sorted(keys, key=repr)) for keys in sides)
    return Difference(table, here_only, there_only, unlike)


def _chunks(here: Any, table: Table) -> Iterator[Chunk]:
    after: Key | None = None
    while table.key:
        found = query(here, *boundary_sql(table, after, CHUNK_ROWS), doing=f"find the chunks of {table.label}")
        if not found:
            break
        upto = tuple(found[0].values())
        yield Chunk(table, after, upto)
        after = upto
    yield Chunk(table, after)


def _ask(both: ThreadPoolExecutor, here: Any, there: Any, asked: tuple[str, list[Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    sql, values = asked
    mine, theirs = (both.submit(query, conn, sql, values, doing="add up a chunk") for conn in (here, there))
    return mine.result(), theirs.result()
