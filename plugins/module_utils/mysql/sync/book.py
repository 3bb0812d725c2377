# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who does which chunk, and what was found: the book of one comparison that one process makes. `checkpoint` has the one that is shared.

A comparison's memory does not grow with what it finds: the rows that differ go to a temporary file.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...faults import Fault
from ...waiting import Clock
from .chunks import Chunk
from .cutting import next_end
from .keys import Key
from .look import Found, Look
from .tables import Table

CHUNK_BYTES = 32 * 2**20        # of a chunk, by the server's guess of a row's size
BLOCK = 16                      # chunks of a whole-number key that are cut after one look at how dense the keys lie
DENSE = 4                       # a computed chunk holds at most so many times the rows that were asked for


@dataclass
class Tally:
    """What is known of a table. began, ended: seconds of the clock that measures this comparison."""

    rows: int = 0
    chunks: int = 0
    differing: int = 0
    unsettled: int = 0
    began: float = 0.0
    ended: float = 0.0

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return {"rows": self.rows, "chunks": self.chunks, "differing": self.differing, "unsettled": self.unsettled,
                "seconds": round(max(0.0, self.ended - self.began), 3)}


class Desk(Protocol):
    """A worker's place at a book."""

    def claim(self, source: Any) -> Chunk | None:
        """The next chunk, None when there is nothing left to do anywhere; `source`: a connection to cut chunks with."""

    def away(self) -> Any:
        """A `with` block in which the chunk claimed last is looked at, however long that takes."""

    def done(self, seen: Look) -> None:
        """Write down what the chunk claimed last holds."""

    def split(self, parts: Sequence[Chunk]) -> None:
        """Put these in the place of the chunk claimed last: they are still to do."""


class Book(Protocol):
    """What was found so far, and who may go on."""

    def desk(self) -> Any:
        """A `with` block that gives a Desk, for one thread."""

    def tallies(self) -> dict[str, Tally]:
        """By table."""

    def age(self) -> float:
        """Seconds since the first look: what was found is as old as that."""

    def found(self, label: str) -> Iterator[list[Found]]:
        """The rows of a table that differ, a chunk's at a time."""

    def unsettled(self, label: str) -> Iterator[list[Key]]:
        """Those that never held still, likewise."""


def cut(source: Any, table: Table, after: Key | None, rows: int) -> tuple[list[Chunk], bool]:
    """The next chunks after a key, of about `rows` rows each, and whether the table ends with them. Raises DatabaseFault, Fault.

    To find where a chunk ends the source counts its rows off, a third of the work of adding them up. Where the key is a whole number
    that is done for one chunk of BLOCK; how dense the keys lie there tells how far the others may reach. Such a chunk never holds
    more than DENSE x rows, and where the keys lie farther apart each chunk is counted off.
    """
    first = next_end(source, table, after, rows)
    if first is None:
        return [Chunk(table, after)], True
    chunks = [Chunk(table, after, first)]
    if table.has_number_key and after is not None and (span := first[0] - after[0]) <= DENSE * rows:
        for _unused in range(BLOCK - 1):
            end = chunks[-1].upto
            if end is None:
                raise AssertionError
            chunks.append(Chunk(table, end, (end[0] + span,)))
    return chunks, False


def rows_a_chunk(table: Table, most: int) -> int:
    """`most`, or fewer where rows are large."""
    return max(min(most, 50), min(most, CHUNK_BYTES // max(1, table.row_bytes)))


@dataclass
class PrivateBook:
    """The book of one process. Also a Desk: its threads share it."""

    tables: Sequence[Table]
    chunk_rows: int
    clock: Clock
    _tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._waiting = deque(self.tables)
        self._after: Key | None = None
        self._cut: deque[Chunk] = deque()
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._spool = tempfile.TemporaryFile()      # noqa: SIM115
        self._places: dict[str, list[int]] = {}
        self._moving: dict[str, list[int]] = {}

    def desk(self) -> PrivateBook:
        return self

    def __enter__(self) -> PrivateBook:
        return self

    def __exit__(self, *_about: object) -> None:
        self._mine.chunk = None

    def claim(self, source: Any) -> Chunk | None:
        with self._lock:
            while not self._cut:
                if not self._waiting:
                    return None
                table = self._waiting[0]
                if self._after is None:
                    self._tallies.setdefault(table.label, Tally(began=self.clock.now()))
                chunks, ended = cut(source, table, self._after, rows_a_chunk(table, self.chunk_rows))
                self._cut.extend(chunks)
                self._after = None if ended else chunks[-1].upto
                if ended:
                    self._waiting.popleft()
            chunk = self._mine.chunk = self._cut.popleft()
            return chunk

    def away(self) -> Any:
        return nullcontext()

    def done(self, seen: Look) -> None:
        label = self._mine.chunk.table.label
        with self._lock:
            tally = self._tallies[label]
            tally.rows += seen.rows
            tally.chunks += 1
            tally.differing += sum(row.rows for row in seen.found)
            tally.unsettled += len(seen.unsettled)
            tally.ended = self.clock.now()
            for places, rows in ((self._places, seen.found), (self._moving, seen.unsettled)):
                if rows:
                    places.setdefault(label, []).append(self._kept_at(rows))

    def split(self, parts: Sequence[Chunk]) -> None:
        with self._lock:
            self._cut.extendleft(reversed(parts))

    def tallies(self) -> dict[str, Tally]:
        return self._tallies

    def age(self) -> float:
        now = self.clock.now()
        return now - min((tally.began for tally in self._tallies.values()), default=now)

    def found(self, label: str) -> Iterator[list[Found]]:
        return self._kept(self._places.get(label, ()))

    def unsettled(self, label: str) -> Iterator[list[Key]]:
        return self._kept(self._moving.get(label, ()))

    def _kept_at(self, rows: Any) -> int:
        """Raises Fault when the disk is full."""
        try:
            place = self._spool.seek(0, 2)
            pickle.dump(rows, self._spool)
            self._spool.flush()             # what does not fit is told here, not where it is read
        except (OSError, ValueError) as error:      # the latter: another thread met the former
            with suppress(OSError):         # it would try once more
                self._spool.close()
            why = error.strerror if isinstance(error, OSError) else "It takes no more"
            raise Fault("keep the rows that differ", f"in {tempfile.gettempdir()}", left=f"{why}. The comparison is not finished.",
                        then="Make room there, then run again.") from error
        return place

    def _kept(self, places: Sequence[int]) -> Iterator[Any]:
        for place in places:
            with self._lock:
                self._spool.seek(place)
                rows = pickle.load(self._spool)
            yield rows
