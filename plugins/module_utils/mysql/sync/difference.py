# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rows differ between two connections, all of them, at one look each. For two ends that do not follow each other.

compare.py proves equality while replication runs and settles what is under way; here nothing is under way (salvage judges each row by
itself afterwards, re-seeding looks through a view that does not move), and every key is wanted, not the first hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ...faults import BadInput
from ...waiting import SystemClock
from .chunks import Chunk, checksum_sql
from .cutting import chunks_of
from .documents import too_long_named
from .keys import Key
from .look import digests_that_differ, too_full
from .ours import is_ours
from .pair import Pair, prepared
from .progress import Progress, Tell
from .tables import Table, column_faults, describe
from .wide import refuse_too_wide

CHUNK_ROWS = 10_000
Sides = tuple[str, str]
SIDES = ("the source", "the target")


@dataclass(frozen=True)
class Difference:
    """Rows of one table, by their keys (see keys): here only, there only, on both sides but not alike. keyless: the table has no key and
    is not the same as a whole."""

    table: Table
    here: tuple[Key, ...] = ()
    there: tuple[Key, ...] = ()
    unlike: tuple[Key, ...] = ()
    keyless: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        return (*self.here, *self.there, *self.unlike)


def differences(
    here: Any, there: Any, schemas: Sequence[str], *, ignore: Collection[str] = (), sides: Sides = SIDES,
    after: Callable[[Table], None] = lambda _table: None, tell: Tell | None = None,
) -> Iterator[Difference]:
    """Tables that differ. Both connections are raw ones, and are `prepared` here. sides: what they are called; after: called with each table when it
    was read, and when it need not be held any more; tell: see progress.

    Raises DatabaseFault, and BadInput for tables that are not built alike, column by column; what `after` raises."""
    mine, theirs = describe(prepared(here), schemas), describe(prepared(there), schemas)
    wanted = sorted(label for label in {*mine, *theirs} - set(ignore) if not is_ours(label))
    if faults := [fault for label in wanted for fault in unlike(label, mine.get(label), theirs.get(label), sides)]:
        raise BadInput(faults)
    refuse_too_wide((mine[label] for label in wanted), here, there)
    with ThreadPoolExecutor(1) as other:
        pair, progress = Pair(here, there, other, 0, SystemClock()), Progress("compare", tell)
        for label in wanted:
            with too_long_named(mine[label], here, there):
                found = _table(pair, mine[label], progress)
            after(mine[label])
            if found.keys or found.keyless:
                yield found


def unlike(label: str, mine: Table | None, theirs: Table | None, sides: Sides) -> Iterator[str]:
    """What keeps the rows of a table from being compared, as sentences."""
    if mine is None or theirs is None:
        yield f"{label}: only on {sides[0 if mine else 1]}; migrate the schema first"
        return
    yield from (f"{fault}; migrate the schema first" for fault in column_faults(mine, theirs, sides))


def _table(pair: Pair, table: Table, progress: Progress) -> Difference:
    progress.begin(table.label, table.about_rows)
    sides: tuple[list[Key], list[Key], list[Key]] = ([], [], [])
    chunks = chunks_of(pair.here, table, CHUNK_ROWS)
    left: list[Chunk] = []
    while (chunk := left.pop() if left else next(chunks, None)) is not None:
        [mine], [theirs] = pair.ask(*checksum_sql(chunk), doing=f"add up a chunk of {table.label}")
        if mine == theirs:
            progress.add(int(mine[1]))
            continue
        if not table.key:
            return Difference(table, keyless=True)
        if parts := too_full(pair, chunk, int(mine[1]), int(theirs[1])):
            left += reversed(parts)
            continue
        progress.add(int(mine[1]))
        for key, (one, other) in digests_that_differ(pair, chunk, max(int(mine[1]), int(theirs[1]))).items():
            sides[0 if other is None else 1 if one is None else 2].append(key)
    progress.end()
    here_only, there_only, unlike = (tuple(sorted(keys, key=repr)) for keys in sides)
    return Difference(table, here_only, there_only, unlike)
