# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One chunk: added up on both sides, looked into where the sums differ, and looked at again before a row is called different.

While replication runs a row may be under way, so a row that differs is looked at again after the replica has applied everything up to a
point that lies after the first look. One that looks as it did on both sides may still have come and gone meanwhile, so it is held on the
target (FOR SHARE) while the source is read once more, until the replica has passed that place: see Pair.holds_still. Only then it counts
as a difference. Rows that never hold still are unsettled, and unsettled is not equal.
"""

from __future__ import annotations

import functools
import math
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .chunks import Chunk, checksum_sql, digests_of_sql, digests_sql, heaps_sql
from .cutting import parts_of
from .documents import too_long_named
from .encoding import digest_sql
from .keys import Key, keyed
from .pair import Pair, fetch
from .tables import Table

ROUNDS = 5                      # looks at a row that differs before it counts as unsettled
KEYS_A_QUERY = 500
KEYS_HELD = 5000                # rows that are held together: each time costs a third of a second, so often a replica tells how far it is
FULL_ROWS = 25_000              # a chunk with more rows on either side is cut before it is looked into: all its digests may come into memory
PART_ROWS = 20_000
KEYLESS_LIMIT = 100_000         # rows of a table without a key that are told apart one by one

Thing = TypeVar("Thing")
Digests = dict[Key, str]
Both = tuple[str | None, str | None]    # a row's digest on the source and on the target, None where it is not there
Suspects = dict[Key, Both]              # rows that were seen to differ, and how


@dataclass(frozen=True)
class Found:
    """A row that differs. mine, theirs: its digest on the source and on the target, None where there is no such row. A table without a
    key is one thing, key (): mine and theirs are its checksums, `rows` how many rows differ (1 when it is too large to say)."""

    key: Key
    mine: str | None
    theirs: str | None
    rows: int = 1

    @property
    def kind(self) -> str:
        """missing (on the target), extra (only there), different; rows for a table without a key; unsettled when neither side is known."""
        if not self.key:
            return "rows"
        if self.mine is None and self.theirs is None:
            return "unsettled"
        return "extra" if self.mine is None else "missing" if self.theirs is None else "different"


@dataclass
class Look:
    """What a chunk holds: rows of the source, and what differs. parts: it was not looked into, each of these is to be."""

    rows: int = 0
    found: list[Found] = field(default_factory=list)
    unsettled: list[Key] = field(default_factory=list)
    parts: list[Chunk] = field(default_factory=list)


def look(pair: Pair, chunk: Chunk) -> Look:
    """Compare one chunk. Raises DatabaseFault, Fault."""
    with too_long_named(chunk.table, pair.here, pair.there):
        return _look(pair, chunk)


def _look(pair: Pair, chunk: Chunk) -> Look:
    pieces, seen = chunk.pieces(), Look()
    mine, theirs = _sums(pair, pieces, f"add up a chunk of {chunk.table.label}")
    seen.rows = sum(int(sums[0]) for sums in mine.values())
    unlike = [(piece, max(int(mine[part][0]), int(theirs[part][0]))) for part, piece in enumerate(pieces) if mine[part] != theirs[part]]
    if unlike and (parts := too_full(pair, chunk, *(sum(int(sums[0]) for sums in side.values()) for side in (mine, theirs)))):
        return Look(parts=parts)
    if unlike:
        seen.found, seen.unsettled = _look_into(pair, chunk.table, unlike) if chunk.table.key else settle_whole(pair, chunk)
    return seen


def too_full(pair: Pair, chunk: Chunk, mine: int, theirs: int) -> list[Chunk]:
    """A chunk of so many rows here and there in parts, cut as the fuller side has them; [] for one that is looked into as it is. Chunks are
    cut as the source has its rows, and there may be a million in one of them on the target alone. Raises DatabaseFault, Fault."""
    if max(mine, theirs) <= FULL_ROWS or not chunk.table.cuttable:
        return []
    parts = list(parts_of(pair.here if mine >= theirs else pair.there, chunk, PART_ROWS))
    return parts if len(parts) > 1 else []


def _look_into(pair: Pair, table: Table, unlike: Sequence[tuple[Chunk, int]]) -> tuple[list[Found], list[Key]]:
    """What differs in chunks, with their rows, whose sums do: (different, unsettled). A chunk is done with only once what was found explains
    how its sums differ (nothing found: they do not), never because rows that differed could not be found again."""
    found: list[Found] = []
    unsettled: list[Key] = []
    for turn in range(ROUNDS):
        within = [digests_that_differ(pair, chunk, rows) for chunk, rows in unlike]
        different, moving = settle(pair, table, {key: both for keys in within for key, both in keys.items()})
        mine, theirs = _sums(pair, [chunk for chunk, _rows in unlike], f"add up a chunk of {table.label} again")
        left = []
        for part, (each, keys) in enumerate(zip(unlike, within, strict=True)):
            those, still = [row for row in different if row.key in keys], [key for key in moving if key in keys]
            if still or _explained(mine[part], theirs[part], those):
                found += those
                unsettled += still
            elif turn < ROUNDS - 1:
                left.append(each)
            else:
                found += those
                unsettled += _unexplained(each[0], keys, those)
        if not left:
            break
        unlike = left
    return found, unsettled


def _unexplained(chunk: Chunk, keys: Iterable[Key], found: Sequence[Found]) -> list[Key]:
    """What does not hold still in a chunk whose sums what was found does not explain: rows that differed and that nobody can find, else just where it
    is. A busy table looks like that, and so does one of which not all rows were seen; a repair looks at it again."""
    confirmed = {row.key for row in found}
    return sorted({*keys} - confirmed, key=repr) or [chunk.upto or chunk.after or ()]


def _explained(mine: Sequence[Any], theirs: Sequence[Any], found: Sequence[Found]) -> bool:
    """Are two sums, (rows, XOR of their digests), what they would be if just these rows differed?"""
    rows = sum((row.mine is not None) - (row.theirs is not None) for row in found)
    digests = functools.reduce(operator.xor, (int(digest or "0", 16) for row in found for digest in (row.mine, row.theirs)), 0)
    return int(mine[0]) - int(theirs[0]) == rows and int(mine[1] or "0", 16) ^ int(theirs[1] or "0", 16) == digests


def _sums(pair: Pair, chunks: Sequence[Chunk], doing: str) -> tuple[dict[int, Any], dict[int, Any]]:
    mine, theirs = ({int(row[0]): row[1:] for row in rows} for rows in pair.ask(*checksum_sql(*chunks), doing=doing))
    return mine, theirs


def settle(pair: Pair, table: Table, suspects: Suspects) -> tuple[list[Found], list[Key]]:
    """Look again at rows that differ, until each is equal, confirmed to differ, or has moved too often: (different, unsettled)."""
    found: list[Found] = []
    for _unused in range(ROUNDS):
        if not suspects:
            return found, []
        if not pair.caught_up():
            break
        again: Suspects = {}
        for keys in batches(list(suspects), KEYS_A_QUERY):
            again.update(_again(pair, table, keys))
        same = [key for key, both in again.items() if both == suspects[key]]
        certain = _certain(pair, table, same) if pair.follows() else {key: again[key] for key in same}
        found += [Found(key, *both) for key, both in certain.items()]
        suspects = {key: both for key, both in again.items() if key not in certain}
    return found, list(suspects)


def _again(pair: Pair, table: Table, keys: Sequence[Key], hold: str = "") -> Suspects:
    """Those of these rows that differ now. The target first: what changes after that look shows on the source."""
    sql, values = digests_of_sql(table, keys)
    theirs = digests(table, fetch(pair.there, sql + hold, values, doing=f"look again at rows of {table.label}"))
    mine = digests(table, fetch(pair.here, sql, values, doing=f"look again at rows of {table.label}"))
    return {key: (mine.get(key), theirs.get(key)) for key in keys if mine.get(key) != theirs.get(key)}


def _certain(pair: Pair, table: Table, keys: Sequence[Key]) -> Suspects:
    """Those of these rows that differ, and not because something is on its way: many at a time, and fewer where one does not hold still."""
    certain: Suspects = {}
    for some in batches(keys, KEYS_HELD):
        with pair.holding():
            differ: Suspects = {}
            for few in batches(some, KEYS_A_QUERY):
                differ.update(_again(pair, table, few, " FOR SHARE"))
            still = bool(differ) and pair.holds_still()
        if still:
            certain.update(differ)
        elif len(differ) > 1:
            left = list(differ)
            for half in (left[:len(left) // 2], left[len(left) // 2:]):
                certain.update(_certain(pair, table, half))
    return certain


def settle_whole(pair: Pair, chunk: Chunk) -> tuple[list[Found], list[Key]]:
    """The same for a table without a key, as a whole."""
    question = checksum_sql(chunk)
    doing = f"add up {chunk.table.label} again"
    last: Any = None
    for _unused in range(ROUNDS):
        if not pair.caught_up():
            break
        theirs, mine = fetch(pair.there, *question, doing=doing), fetch(pair.here, *question, doing=doing)
        if mine == theirs:
            return [], []
        if (mine, theirs) == last and _whole_certain(pair, chunk, question, (mine, theirs)):
            return [Found((), sum_of(mine[0]), sum_of(theirs[0]), _rows_that_differ(pair, chunk.table, int(mine[0][1]), int(theirs[0][1])))], []
        last = (mine, theirs)
    return [], [()]


def _whole_certain(pair: Pair, chunk: Chunk, question: tuple[str, list[Any]], sums: tuple[list[Any], list[Any]]) -> bool:
    """The table differs like that while its target's rows are held. A large one is not held: that would stop its replication."""
    if not pair.follows() or int(sums[1][0][1]) > KEYLESS_LIMIT:
        return True
    with pair.holding():
        theirs = fetch(pair.there, f"{question[0]} FOR SHARE", question[1], f"add up {chunk.table.label} again")
        mine = fetch(pair.here, *question, doing=f"add up {chunk.table.label} again")
        return (mine, theirs) == sums and pair.holds_still()


def sum_of(row: Sequence[Any]) -> str:
    """A checksum row of a table without a key as one text: rows, XOR, total."""
    return "/".join(str(part) for part in row[1:])


def rows_in_table(conn: Any, table: Table) -> int:
    """As many as there are now. Raises DatabaseFault."""
    return int(fetch(conn, f"SELECT COUNT(*) FROM {table.quoted}", (), f"count the rows of {table.label}")[0][0])


def rows_of(sums: str | None) -> int:
    """How many rows a checksum of a table without a key is of."""
    return int(sums.split("/", 1)[0]) if sums else 0


def multiset(conn: Any, table: Table) -> Counter[str]:
    """How often each row is there, by its digest. For small tables: it is all in memory. Raises DatabaseFault."""
    return Counter({str(row[0]): int(row[1]) for row in fetch(
        conn, f"SELECT {digest_sql(table)} AS digest, COUNT(*) AS n FROM {table.quoted} GROUP BY 1", (), f"read the rows of {table.label}")})


def batches(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    """The things, `size` at a time."""
    return (things[start:start + size] for start in range(0, len(things), size))


def _rows_that_differ(pair: Pair, table: Table, mine: int, theirs: int) -> int:
    if max(mine, theirs) > KEYLESS_LIMIT:
        return 1
    here, there = multiset(pair.here, table), multiset(pair.there, table)
    return max(1, (here - there).total() + (there - here).total())


def digests_that_differ(pair: Pair, chunk: Chunk, rows: int) -> Suspects:
    """The rows of a chunk of so many that do not look alike now: {key: (the source's digest, the target's)}. Raises DatabaseFault."""
    heaps = min(1000, math.isqrt(rows))          # as many sums are read then as rows
    unlike: list[int] = []
    if heaps > 8:
        sums = [{int(row[0]): row[1:] for row in side}
                for side in pair.ask(*heaps_sql(chunk, heaps), doing=f"look into a chunk of {chunk.table.label}")]
        unlike = [heap for heap in range(heaps) if sums[0].get(heap) != sums[1].get(heap)]
        if not unlike:
            return {}               # it was on its way, and has arrived
    mine, theirs = (digests(chunk.table, rows) for rows in pair.ask(
        *digests_sql(chunk, unlike, heaps), doing=f"read digests of {chunk.table.label}"))
    return {key: (mine.get(key), theirs.get(key)) for key in {**mine, **theirs} if mine.get(key) != theirs.get(key)}


def digests(table: Table, rows: Iterable[tuple[Any, ...]]) -> Digests:
    """{key: digest} of what digests_sql and digests_of_sql ask for."""
    return {key: digest for key, (digest,) in keyed(table, rows)}
