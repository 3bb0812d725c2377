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
from .tables import AS_NUMBER, Column, Table, quote

Key = tuple[Any, ...]

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
                text, used = _beyond(self.table.key, bound, more)
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


def boundary_sql(table: Table, after: Key | None, rows: int) -> tuple[str, list[Any]]:
    """The key of the last row of a chunk of `rows` rows that begins after a key; no row when fewer are left."""
    condition, values = Chunk(table, after).condition()
    order = ", ".join(quote(name) for name in table.key)
    return f"SELECT {key_list(table)} FROM {table.quoted} WHERE {condition} ORDER BY {order} LIMIT 1 OFFSET {rows - 1:d}", values


def among(table: Table, keys: Sequence[Key]) -> tuple[str, list[Any]]:
    """The condition that a row has one of these keys, and its values."""
    values = [part for key in keys for part in key]
    if any(column.type in AS_NUMBER for column in table.key_columns):       # IN compares an ENUM with a number as text, = does not
        one = "(" + " AND ".join(f"{quote(name)} = %s" for name in table.key) + ")"
        return f"({' OR '.join([one] * len(keys))})", values
    if len(table.key) == 1:
        return f"{quote(table.key[0])} IN ({', '.join(['%s'] * len(keys))})", values
    one = "(" + ", ".join(["%s"] * len(table.key)) + ")"
    return f"({', '.join(quote(name) for name in table.key)}) IN ({', '.join([one] * len(keys))})", values


def key_list(table: Table) -> str:
    """The key's columns as they are selected."""
    return ", ".join(_key_part(column) for column in table.key_columns)


def _key_part(column: Column) -> str:
    """MySQL compares a SET with numbers as if its 64th member were a sign: found only by a negative one."""
    name = quote(column.name)
    return f"CAST({name} AS {'SIGNED' if column.type == 'set' else 'UNSIGNED'}) AS {name}" if column.type in AS_NUMBER else name


def _added_up(row: str, digit: int) -> str:
    """64 bits of the rows' digests from a hexadecimal digit on, as a sum; CONV knows no more of them at a time."""
    return f"SUM(CAST(CONV(SUBSTR({row}, {digit:d}, 16), 16, 10) AS UNSIGNED))"


def _heap(table: Table, heaps: int) -> str:
    """Any function of the key does, so long as both sides use the same: a row whose key is written differently is found in two heaps."""
    return f"MOD({' + 3 * '.join(f'CRC32({quote(name)})' for name in table.key)}, {heaps:d})"


def _beyond(names: Sequence[str], bound: Key, more: bool) -> tuple[str, list[Any]]:
    """(a, b) > (x, y) or (a, b) <= (x, y), written out so that MySQL uses the index: it does not for row constructors.

    a > x OR (a = x AND b > y), with a >= x in front; for <= the same with the last column's comparison including equality.
    """
    strict = ">" if more else "<"
    last = ">" if more else "<="
    text, values = f"{quote(names[-1])} {last} %s", [bound[-1]]
    for name, value in reversed(list(zip(names[:-1], bound[:-1], strict=True))):
        column = quote(name)
        text = f"{column} {strict}= %s AND ({column} {strict} %s OR ({column} = %s AND {text}))"
        values = [value, value, value, *values]
    return f"({text})", values
