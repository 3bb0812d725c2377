# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moving all rows of a table, a few chunks at once: while one worker's chunk is being written the other's is being read.

Two workers use what a source and a target of one or two cores have; each has a view of the same moment and a connection to the
target. A chunk is one block and one transaction: memory stays flat, and the target's binary log has no transaction of gigabytes. What a
transaction takes out to bring it anew is out for nobody until it is in again; of a run that is killed nothing is half done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..connection import DatabaseFault, execute, query
from . import loading
from .chunks import Chunk, checksum_sql
from .cutting import next_end
from .keys import Key
from .lines import Into
from .loading import Block
from .progress import Progress
from .tables import Table

MOST_ROWS = 50_000              # in a chunk
ROWS_UNKNOWN = 10_000           # in a chunk of a table without statistics


@dataclass(frozen=True)
class Pair:
    """One worker's connections: a view of the source, prepared by loading.prepare_view, and one to the target, likewise."""

    view: Any
    into: Any


@dataclass(frozen=True)
class Size:
    """What the source's statistics say of a table: rows, and bytes in a row. Estimates, 0 when unknown."""

    rows: int
    bytes: int

    @property
    def chunk_rows(self) -> int:
        """How many rows make a block."""
        return max(1, min(MOST_ROWS, loading.BLOCK_BYTES // self.bytes if self.bytes else ROWS_UNKNOWN))


@dataclass
class Moved:
    """rows: all that are on the target now; kept: those of them that were there already and proven equal."""

    rows: int = 0
    kept: int = 0


class Mover:
    """Moves tables through pairs of connections, one table at a time. allow: asked of the target when something was written and is not committed
    yet, since whoever moves the writer here ends all that has written by then; may raise."""

    def __init__(self, pairs: Sequence[Pair], progress: Progress, allow: Callable[[Any], None] = lambda _into: None) -> None:
        self.pairs, self.progress, self.allow = pairs, progress, allow
        self.into = Into.FILE

    def move(self, table: Table, size: Size, *, prove: bool = False) -> Moved:
        """Copy the rows. prove: the target's table is not empty; chunks that are equal are kept, others deleted and copied again.

        Raises DatabaseFault, Fault; the target then holds part of the rows.
        """
        cuts, moved, stop = _Cuts(table, size.chunk_rows), Moved(), threading.Event()
        lock = threading.Lock()
        self.progress.begin(table.label, size.rows)

        def work(pair: Pair) -> None:
            try:
                while not stop.is_set() and (chunk := cuts.next(pair.view)) is not None:
                    rows, kept = self._bring(pair, chunk, prove)
                    with lock:
                        moved.rows += rows
                        moved.kept += kept
                    if table.cuttable or kept:
                        self.progress.add(rows)
            except BaseException:
                stop.set()
                raise

        with ThreadPoolExecutor(len(self.pairs)) as pool:
            for done in [pool.submit(work, pair) for pair in (self.pairs if table.cuttable else self.pairs[:1])]:
                done.result()
        self.progress.end()
        return moved

    def take_back(self) -> None:
        """What was not committed when a move ended with a fault, so that the table is free. Raises DatabaseFault."""
        for pair in self.pairs:
            execute(pair.into, "ROLLBACK", doing="take rows back")

    def _bring(self, pair: Pair, chunk: Chunk, prove: bool) -> tuple[int, int]:
        """Returns the chunk's rows, and how many of them were there already."""
        kept = _kept(pair, chunk) if prove else 0
        rows = kept or self._copy(pair, chunk)
        self._commit(pair.into)
        return rows, kept

    def _commit(self, into: Any) -> None:
        self.allow(into)
        execute(into, "COMMIT", doing="commit rows")

    def _copy(self, pair: Pair, chunk: Chunk) -> int:
        into = self.into
        try:
            return self._copy_into(pair, chunk, into)
        except DatabaseFault as fault:
            if fault.code not in loading.FILES_REFUSED or into is Into.INSERT:
                raise
        self.into = Into.INSERT
        return self._copy_into(pair, chunk, Into.INSERT)

    def _copy_into(self, pair: Pair, chunk: Chunk, into: Into) -> int:
        block = loading.read(pair.view, chunk, into) if chunk.table.cuttable else None
        blocks: Iterable[Block] = loading.stream(pair.view, chunk, into) if block is None else [block]
        count = 0
        try:
            for each in blocks:
                loading.write(pair.into, chunk.table, each, into)
                count += each.rows
                if not chunk.table.cuttable:        # the chunk is all of the table
                    self._commit(pair.into)
                    self.progress.add(each.rows)
        finally:
            if isinstance(blocks, Generator):       # it reads from the view, which is asked again
                blocks.close()
        return count


class _Cuts:
    """Hands out the chunks of a table, from the first key to the last; whoever asks pays for the look."""

    def __init__(self, table: Table, rows: int) -> None:
        self._table, self._rows = table, rows
        self._lock = threading.Lock()
        self._after: Key | None = None
        self._done = False

    def next(self, view: Any) -> Chunk | None:
        with self._lock:
            if self._done:
                return None
            after = self._after
            upto = next_end(view, self._table, after, self._rows)
            self._after, self._done = upto, upto is None
            return Chunk(self._table, after, upto)


def _kept(pair: Pair, chunk: Chunk) -> int:
    """Rows of a chunk that can stay where they are; 0 after deleting those that cannot."""
    sql, values = checksum_sql(chunk)
    doing = f"prove what is there of {chunk.table.label}"
    there = query(pair.into, sql, values, doing=doing)[0]
    if not int(there["n"]):
        return 0
    here = query(pair.view, sql, values, doing=doing)[0]
    if {name: str(cell) for name, cell in here.items()} == {name: str(cell) for name, cell in there.items()}:
        return int(there["n"])
    condition, values = chunk.condition()
    execute(pair.into, f"DELETE FROM {chunk.table.quoted} WHERE {condition}", values, doing=f"take rows of {chunk.table.label} back")
    return 0
