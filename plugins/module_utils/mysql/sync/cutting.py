# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where chunks end. Whoever walks through a table asks here, and walks forward or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...faults import Fault
from .chunks import Chunk, boundary_sql
from .keys import Key, keyed, shown
from .pair import fetch
from .tables import Table


def next_end(conn: Any, table: Table, after: Key | None, rows: int, upto: Key | None = None) -> Key | None:
    """The last key of the chunk of `rows` rows that begins after a key; None when the table, or what is before `upto`, ends sooner, or when it
    cannot be cut at all.

    Raises DatabaseFault, and Fault when that is no step forward: a walk that stands still would never end.
    """
    if not table.cuttable:
        return None
    ends = [key for key, _unused in keyed(table, fetch(conn, *boundary_sql(table, after, rows, upto), doing=f"find the chunks of {table.label}"))]
    if not ends:
        return None
    if ends[0] == after or (table.has_number_key and after is not None and ends[0][0] < after[0]):
        raise Fault("cut into chunks", table.label, left=f"Behind the key {shown(table, after)} the server finds {shown(table, ends[0])}: it does "
                    "not order them as it finds them. What was done before is kept.", then="CHECK TABLE there; its index may be damaged.")
    return ends[0]


def chunks_of(conn: Any, table: Table, rows: int) -> Iterator[Chunk]:
    """All chunks of a table, in order, the last one open. Raises as `next_end`."""
    return parts_of(conn, Chunk(table), rows)


def parts_of(conn: Any, whole: Chunk, rows: int) -> Iterator[Chunk]:
    """A chunk in smaller ones, in order, that end as this server has its rows. Raises as `next_end`."""
    after = whole.after
    while (end := next_end(conn, whole.table, after, rows, whole.upto)) is not None and end != whole.upto:
        yield Chunk(whole.table, after, end)
        after = end
    yield Chunk(whole.table, after, whole.upto)
