# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SQL of chunk checksums. Pure text: nothing here opens a connection.

A chunk is a range of keys, open at the start of a table and at its end, so that rows only one side has always fall into one. Its
checksum is the 256-bit XOR of its rows' SHA-256: order does not matter, and rows of a table with a key are all different, so none
cancel out. Where checksums differ, both sides add up the same rows again in heaps, told apart by their keys, and only rows of heaps
that differ are read: one changed row in a thousand costs thirty sums and thirty rows on the wire, not a thousand.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .encoding import digest_sql
from .keys import Key, among, beyond, key_list, key_order
from .tables import Table, quote

PIECES = 20         # checksums a statement adds up where the ranges can be computed: little is left to look through, for 5 % of the time


@dataclass(frozen=True)
class Chunk:
    """Rows with after < key <= upto; None on either side means from the start or to the end of the table."""

    table: Table
    after: Key | None = None
    upto: Key | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """A WHERE condition, and its values."""
        parts, values = [], []
        for bound, more in ((self.after, True), (self.upto, False)):
            if bound is not None:
                text, used = beyond(self.table, bound, more)
                parts.append(text)
                values += used
        return " AND ".join(parts) or "TRUE", values

    def pieces(self) -> list[Chunk]:
        """Itself in PIECES of equal span where that can be computed, else in one."""
        if self.after is None or self.upto is None or not self.table.has_number_key:
            return [self]
        start, end = int(self.after[0]), int(self.upto[0])
        edges = sorted({start + (end - start) * part // PIECES for part in range(PIECES + 1)})
        return [Chunk(self.table, (low,), (high,)) for low, high in itertools.pairwise(edges)]


def checksum_sql(*chunks: Chunk) -> tuple[str, list[Any]]:
    """A row for each chunk, in no order: `part`, its place in the arguments, `n` rows and `digest`, 64 hex digits or NULL for none.

    A table without a key is a bag of rows and gets `total` besides, for in the XOR a row that is there twice is as good as one that is not there
    at all: the first and the second 64 bits of the digests, each added up as whole numbers (DECIMAL, so nothing overflows and nothing wraps
    round). Two bags that differ have the same total with a chance of 2^-128, whatever is equal in them.
    """
    texts, values = [], []
    for place, chunk in enumerate(chunks):
        condition, used = chunk.condition()
        row = digest_sql(chunk.table)
        total = "" if chunk.table.key else f", CONCAT({_added_up(row, 1)}, '+', {_added_up(row, 17)}) AS total"
        texts.append(f"SELECT {place:d} AS part, COUNT(*) AS n, HEX(BIT_XOR(UNHEX({row}))) AS digest{total} "
                     f"FROM {chunk.table.quoted} WHERE {condition}")
        values += used
    return " UNION ALL ".join(texts), values


def heaps_sql(chunk: Chunk, heaps: int) -> tuple[str, list[Any]]:
    """The same for so many heaps of a chunk's rows: `part`, 0 to heaps - 1, `n`, `digest`; no row for an empty heap."""
    condition, values = chunk.condition()
    return (f"SELECT {_heap(chunk.table, heaps)} AS part, COUNT(*) AS n, HEX(BIT_XOR(UNHEX({digest_sql(chunk.table)}))) AS digest "
            f"FROM {chunk.table.quoted} WHERE {condition} GROUP BY {_heap(chunk.table, heaps)}"), values


def digests_sql(chunk: Chunk, among_heaps: Sequence[int] = (), heaps: int = 0) -> tuple[str, list[Any]]:
    """Every row of a chunk, or of some of its heaps: its key columns and, last, its digest."""
    condition, values = chunk.condition()
    within = f" AND {_heap(chunk.table, heaps)} IN ({', '.join(f'{heap:d}' for heap in among_heaps)})" if among_heaps else ""
    return f"SELECT {key_list(chunk.table)}, {digest_sql(chunk.table)} AS digest FROM {chunk.table.quoted} WHERE {condition}{within}", values


def digests_of_sql(table: Table, keys: Sequence[Key]) -> tuple[str, list[Any]]:
    """The same for the rows with these keys."""
    condition, values = among(table, keys)
    return f"SELECT {key_list(table)}, {digest_sql(table)} AS digest FROM {table.quoted} WHERE {condition}", values


def boundary_sql(table: Table, after: Key | None, rows: int, upto: Key | None = None) -> tuple[str, list[Any]]:
    """The key of the last row of a chunk of `rows` rows that begins after a key; no row when fewer are left (up to another)."""
    condition, values = Chunk(table, after, upto).condition()
    return f"SELECT {key_list(table)} FROM {table.quoted} WHERE {condition} ORDER BY {key_order(table)} LIMIT 1 OFFSET {rows - 1:d}", values


def _added_up(row: str, digit: int) -> str:
    """64 bits of the rows' digests from a hexadecimal digit on, as a sum; CONV knows no more of them at a time."""
    return f"SUM(CAST(CONV(SUBSTR({row}, {digit:d}, 16), 16, 10) AS UNSIGNED))"


def _heap(table: Table, heaps: int) -> str:
    """Any function of the key does, so long as both sides use the same: a row whose key is written differently is found in two heaps."""
    return f"MOD({' + 3 * '.join(f'CRC32({quote(name)})' for name in table.key)}, {heaps:d})"
