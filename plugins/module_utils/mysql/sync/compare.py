# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are two servers' schemas equal, row by row? Reads only.

Both servers add up the same chunk at the same time; where the sums differ, the rows of that chunk are read on both sides. While
replication runs a row may be under way, so a row that differs is looked at again after the replica has applied everything up to a
point that lies after the first look: it counts as a difference only if the source has not changed it since. Rows that never hold
still are reported as unsettled, and unsettled is not equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ...faults import Fault
from ...waiting import Clock, SystemClock
from .. import replication
from ..connection import DatabaseFault, Server, query, server_uuid
from .chunks import Chunk, Key, boundary_sql, checksum_sql, digests_of_sql, digests_sql
from .tables import Table, describe

ROUNDS = 5                  # looks at a row that differs before it counts as unsettled
KEYS_A_QUERY = 100

Digests = dict[Key, str]
Suspects = dict[Key, str | None]     # {key: the source's digest when it was seen to differ, None when the row was not there}


@dataclass
class Comparison:
    """What was found. differences: [{table, key, kind}], kind missing (on the target), extra (only there), different, or rows for
    a table without a key; key: {column: value as text}. definitions: tables that are not built alike, as sentences. `shown` limits
    the lists, never the counts."""

    tables: int = 0
    chunks: int = 0
    rows_compared: int = 0
    differing_rows: int = 0
    unsettled_rows: int = 0
    seconds: float = 0.0
    definitions: list[str] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    unsettled: list[dict[str, Any]] = field(default_factory=list)
    per_table: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Every table is on both sides, built alike, with the same rows."""
        return not (self.definitions or self.differing_rows or self.unsettled_rows)


def compare(
    source: Server, target: Server, schemas: Sequence[str], *, ignore: Iterable[str] = (), chunk_rows: int = 10_000,
    settle_seconds: float = 30.0, shown: int = 100, clock: Clock | None = None,
) -> Comparison:
    """Compare every base table of `schemas` except those in `ignore` ("schema.table"). settle_seconds bounds each wait for the replica.

    Raises DatabaseFault when a server does not answer, Fault for input that cannot be compared.
    """
    clock = clock or SystemClock()
    began = clock.now()
    with source.connected() as here, target.connected() as there, ThreadPoolExecutor(2) as both:
        work = _Work(here, there, both, Comparison(), settle_seconds, shown, clock)
        skip = set(ignore)
        for table in _alike(work, schemas, skip):
            _compare_table(work, table, chunk_rows)
        work.found.seconds = round(clock.now() - began, 3)
        return work.found


@dataclass
class _Work:
    here: Any                       # connections: source
    there: Any                      # and target
    both: ThreadPoolExecutor
    found: Comparison
    settle_seconds: float
    shown: int
    clock: Clock

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The same question to both servers at once: (source's rows, target's rows)."""
        mine = self.both.submit(query, self.here, sql, values, doing="add up a chunk on the source")
        theirs = self.both.submit(query, self.there, sql, values, doing="add up a chunk on the target")
        return mine.result(), theirs.result()

    def caught_up(self) -> bool:
        """Wait until the target has applied all that is in the source's log now. False when it follows and does not get there.

        A target that does not follow this source has nothing to wait for.
        """
        seen = replication.status(self.there)
        if not seen.source or seen.source_uuid != server_uuid(self.here):
            return True
        try:
            replication.catch_up(
                self.there, _ANY_DIALECT, replication.binlog_position(self.here), self.settle_seconds, clock=self.clock)
        except DatabaseFault:
            raise
        except Fault:
            return False
        return True


_ANY_DIALECT = replication.Dialect()        # reading the status is the same in all of them


def _alike(work: _Work, schemas: Sequence[str], skip: set[str]) -> Iterator[Table]:
    """Tables that are on both sides and built alike; what is not goes into `definitions`."""
    mine, theirs = describe(work.here, schemas), describe(work.there, schemas)
    for label in sorted({*mine, *theirs} - skip):
        if label not in theirs or label not in mine:
            work.found.definitions.append(f"{label}: only on the {'source' if label in mine else 'target'}")
            continue
        faults = list(_column_faults(mine[label], theirs[label]))
        work.found.definitions += faults
        if not faults:
            yield mine[label]


def _column_faults(mine: Table, theirs: Table) -> Iterator[str]:
    left, right = ({column.name: column.definition for column in table.columns} for table in (mine, theirs))
    for name in sorted({*left, *right}):
        if left.get(name) != right.get(name):
            yield f"{mine.label}.{name}: {left.get(name) or 'absent'} on the source, {right.get(name) or 'absent'} on the target"
    if mine.key != theirs.key:
        yield f"{mine.label}: key ({', '.join(mine.key)}) on the source, ({', '.join(theirs.key)}) on the target"


def _compare_table(work: _Work, table: Table, chunk_rows: int) -> None:
    before = (work.found.rows_compared, work.found.chunks, work.found.differing_rows, work.clock.now())
    work.found.tables += 1
    for chunk in _chunks(work, table, chunk_rows):
        work.found.chunks += 1
        (mine, *_), (theirs, *_) = work.ask(*checksum_sql(chunk))
        work.found.rows_compared += int(mine["n"])
        if mine != theirs:
            if table.key:
                _settle(work, table, _suspects(work, chunk))
            else:
                _settle_whole(work, chunk)
    work.found.per_table[table.label] = {
        "rows": work.found.rows_compared - before[0], "chunks": work.found.chunks - before[1],
        "differing": work.found.differing_rows - before[2], "seconds": round(work.clock.now() - before[3], 3)}


def _chunks(work: _Work, table: Table, rows: int) -> Iterator[Chunk]:
    """The whole table in ranges, by the source's keys. A table without a key is one chunk."""
    after: Key | None = None
    while table.key:
        found = query(work.here, *boundary_sql(table, after, rows), doing=f"find the chunks of {table.label}")
        if not found:
            break
        upto = tuple(found[0].values())
        yield Chunk(table, after, upto)
        after = upto
    yield Chunk(table, after)


def _digests(rows: Iterable[dict[str, Any]]) -> Digests:
    return {tuple(row.values())[:-1]: row["digest"] for row in rows}


def _differing(mine: Digests, theirs: Digests) -> Suspects:
    return {key: mine.get(key) for key in {*mine, *theirs} if mine.get(key) != theirs.get(key)}


def _suspects(work: _Work, chunk: Chunk) -> Suspects:
    mine, theirs = work.ask(*digests_sql(chunk))
    return _differing(_digests(mine), _digests(theirs))


def _settle(work: _Work, table: Table, suspects: Suspects) -> None:
    """Look again at rows that differ, until each is equal, confirmed to differ, or has moved too often."""
    for _ in range(ROUNDS):
        if not suspects:
            return
        if not work.caught_up():
            break
        moving: Suspects = {}
        for keys in _batches(sorted(suspects, key=repr), KEYS_A_QUERY):
            # The target first: a change that comes after this look shows on the source, and the row gets another round.
            theirs = _digests(query(work.there, *digests_of_sql(table, keys), doing=f"look again at rows of {table.label}"))
            mine = _digests(query(work.here, *digests_of_sql(table, keys), doing=f"look again at rows of {table.label}"))
            for key in keys:
                if mine.get(key) == theirs.get(key):
                    continue
                if mine.get(key) == suspects[key]:
                    _report(work, table, key, "extra" if key not in mine else "missing" if key not in theirs else "different")
                else:
                    moving[key] = mine.get(key)
        suspects = moving
    for key in sorted(suspects, key=repr):
        work.found.unsettled_rows += 1
        _show(work.found.unsettled, work.shown, table, key, "unsettled")


def _settle_whole(work: _Work, chunk: Chunk) -> None:
    """The same for a table without a key, as a whole."""
    question = checksum_sql(chunk)
    last = query(work.here, *question)
    for _ in range(ROUNDS):
        if not work.caught_up():
            break
        theirs, mine = query(work.there, *question), query(work.here, *question)
        if mine == theirs:
            return
        if mine == last:
            _report(work, chunk.table, (), "rows")
            return
        last = mine
    work.found.unsettled_rows += 1
    _show(work.found.unsettled, work.shown, chunk.table, (), "unsettled")


def _report(work: _Work, table: Table, key: Key, kind: str) -> None:
    work.found.differing_rows += 1
    _show(work.found.differences, work.shown, table, key, kind)


def _show(into: list[dict[str, Any]], limit: int, table: Table, key: Key, kind: str) -> None:
    if len(into) < limit:
        into.append({"table": table.label, "key": {name: _plain(part) for name, part in zip(table.key, key, strict=False)}, "kind": kind})


def _plain(part: Any) -> str:
    return part.hex() if isinstance(part, bytes) else str(part)


def _batches(keys: Sequence[Key], size: int) -> Iterator[Sequence[Key]]:
    return (keys[start:start + size] for start in range(0, len(keys), size))
