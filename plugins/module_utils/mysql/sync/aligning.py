# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the target hold exactly what a view of the source holds that does not move, so that replication can go on from the view's place.

Why this is not `writing.Writer`, though both carry rows by `rows` and look at them after writing: the Writer mends a target that follows a
source that lives. It locks the target's rows against the applier, reads the source anew, leaves alone what has moved, waits for foreign keys,
and may leave a row out and say so. Here nobody applies anything and the view cannot move, so none of that has a meaning, and what comes about
must be one point in the source's log, not a state between two: a row that cannot be written ends it, and foreign keys, true in
the view, need not be looked at. What a killed run leaves behind is not consistent by itself either; only a run that ends is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ...faults import Fault
from ..connection import DatabaseError, execute, query
from .chunks import Chunk, checksum_sql, digests_of_sql
from .difference import Difference, differences
from .firing import Fires, Place, firing
from .guard import refuse_writer
from .keys import Key, among, shown
from .look import KEYLESS_LIMIT, digests, rows_in_table
from .pair import fetch, prepared
from .progress import Progress, Tell
from .rows import BATCH_ROWS, exact_columns, in_batches, insert_sql, read_rows, run
from .tables import Table

HEARTBEATS = "dr.gate"


def make_alike(
    view: Any, target: Any, schemas: Sequence[str], *, ignore: Collection[str] = (), found: Sequence[Difference] | None = None,
    allow: Callable[[Any], None] = refuse_writer, after: Callable[[Table], None] = lambda _table: None,
    tell: Tell | None = None,
) -> int:
    """Find what differs, unless that was found already, write it, and add every table up again: what is followed from here is proven, not
    believed. allow: see align; after, tell: see differences. Returns as `align`. Raises as `align`, and Fault when anything still differs."""
    count = align(view, target, list(differences(view, target, schemas, ignore=ignore, after=after, tell=tell)) if found is None else found, allow,
                  after, tell)
    if left := [_said(each) for each in differences(view, target, schemas, ignore=ignore, after=after, tell=tell)]:
        raise Fault("make the target equal to the source:", "; ".join(left), left=f"{count} rows were written, and these still differ. Replication "
                    "was not started.", then="Run again; if it stays so, copy this server anew.")
    return count


def align(
    view: Any, target: Any, found: Sequence[Difference], allow: Callable[[Any], None] = refuse_writer,
    after: Callable[[Table], None] = lambda _table: None, tell: Tell | None = None,
) -> int:
    """Write what differs, a few hundred rows a transaction; returns how many rows were written or taken away. Both are raw connections,
    `target` as an account the gate lets pass. May be killed and made again, under a mark (unfinished). allow: asked of the target when something
    was written and is not committed yet, since whoever moves the writer here ends all that has written by then; may raise. Raises Fault before
    anything is written, or when the target does not take a row as it is; DatabaseFault."""
    refuse_unwritable(view, target, found)
    prepared(target)
    # The gate is seen as it is, not as it was.
    for setting in ("foreign_key_checks = 0", "TRANSACTION ISOLATION LEVEL READ COMMITTED"):
        execute(target, f"SET SESSION {setting}", doing="prepare the target")
    count = 0
    # The heartbeats, by which the rows are believed to be as old as they say, go first and come last.
    found = sorted(found, key=lambda each: each.table.label != HEARTBEATS)
    # All that must go goes first: a unique value may move from one row to another.
    progress = Progress("delete", tell)
    for each in (each for each in found if each.there or each.unlike):
        progress.begin(each.table.label, len(each.there) + len(each.unlike))
        for keys in _batches((*each.there, *each.unlike)):
            with _transaction(target, allow):
                count += _delete(target, each.table, keys)
            progress.add(len(keys))
        progress.end()
    progress = Progress("write", tell)
    for each in reversed(found):
        progress.begin(each.table.label, len(each.here) + len(each.unlike))
        if each.keyless:
            with _transaction(target, allow):
                count += _whole(view, target, each.table)
        for keys in in_batches(view, each.table, (*each.here, *each.unlike)):
            with _transaction(target, allow):
                count += _insert(view, target, each.table, keys)
            progress.add(len(keys))
        progress.end()
        after(each.table)
    return count


@contextmanager
def _transaction(target: Any, allow: Callable[[Any], None]) -> Iterator[None]:
    execute(target, "START TRANSACTION", doing="begin to write")
    try:
        yield
        allow(target)
        execute(target, "COMMIT", doing="commit rows")
    finally:
        with suppress(DatabaseError, OSError):      # after a commit there is nothing to roll back, and a connection that is cut has done so
            target.query("ROLLBACK")


def refuse_unwritable(view: Any, target: Any, found: Sequence[Difference], aside: Mapping[Place, Fires] | None = None) -> None:
    """Raises Fault for what `align` would not write; DatabaseFault. aside: triggers that will not be there any more by then."""
    theirs = firing(target, sorted({each.table.schema for each in found})) if found else {}
    for each in found:
        fired = [name for (schema, name), how in theirs.items() if (schema, how.table) == (each.table.schema, each.table.name)
                 and (schema, name) not in (aside or {})]
        if fired:
            raise Fault("write rows of", each.table.label,
                        left=f"Triggers there would change them ({', '.join(fired)}), and the source has none "
                        "like these; rows that replication brings fire none. Nothing was written.",
                        then="Drop them on this server for the time being.")
        if each.keyless and max(rows_in_table(conn, each.table) for conn in (view, target)) > KEYLESS_LIMIT:
            raise Fault("write rows of", each.table.label, left=f"It has no key and more than {KEYLESS_LIMIT} rows. Nothing was written.",
                        then="Give it a key, or seed this server again by copying.")


def _whole(view: Any, target: Any, table: Table) -> int:
    rows = fetch(view, f"SELECT {exact_columns(table)} FROM {table.quoted}", (), f"read the rows of {table.label}")
    execute(target, f"DELETE FROM {table.quoted}", (), doing=f"empty {table.label}")
    for start in range(0, len(rows), BATCH_ROWS):
        run(target, insert_sql(table, rows[start:start + BATCH_ROWS]), f"write rows of {table.label}")
    if len({str(query(conn, *checksum_sql(Chunk(table)), doing=f"add up {table.label}")) for conn in (view, target)}) > 1:
        raise _altered(table)
    return len(rows)


def _delete(target: Any, table: Table, keys: Sequence[Key]) -> int:
    condition, values = among(table, keys)
    count = execute(target, f"DELETE FROM {table.quoted} WHERE {condition}", values, doing=f"take rows out of {table.label}")
    if count != len(keys):
        raise _lost(table, keys, f"{count} rows were taken out")
    return count


def _insert(view: Any, target: Any, table: Table, keys: Sequence[Key]) -> int:
    rows = read_rows(view, table, keys)
    if set(rows) != set(keys):
        raise _lost(table, keys, f"{len(rows)} rows were found")
    run(target, insert_sql(table, [row.values for row in rows.values()]), f"write rows of {table.label}")
    there = digests(table, fetch(target, *digests_of_sql(table, keys), f"look at rows of {table.label} again"))
    if there != {key: row.digest for key, row in rows.items()}:
        raise _altered(table)
    return len(rows)


def _lost(table: Table, keys: Sequence[Key], instead: str) -> Fault:
    """Nobody else writes here and the view does not move, so that a key finds its row again is certain, or something is wrong."""
    return Fault("find rows", f"of {table.label} by their keys", left=f"For {len(keys)} keys, {shown(table, keys[0])} the first, {instead}. Part of "
                 "what differed is written; replication was not started.", then="Run again; if it stays so, copy this server anew.")


def _said(each: Difference) -> str:
    return f"{each.table.label} ({f'{len(each.keys)} rows' if each.keys else 'it has no key'})"


def _altered(table: Table) -> Fault:
    return Fault("write rows", f"of {table.label} as they are", left="The target took them and holds something else: a DECIMAL or a date inside a "
                 "JSON document perhaps, which only SQL can put there. Part of what differed is written; replication was not started.",
                 then="Copy this server anew, or write that row by hand; then run again.")


def _batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start:start + BATCH_ROWS] for start in range(0, len(keys), BATCH_ROWS))
