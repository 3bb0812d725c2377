# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the target hold exactly what a view of the source holds that does not move, so that replication can go on from the view's place.

repair.py mends a target that follows a source that lives; this one mends a target that follows nobody, and what it brings about is one
point in the source's log, not a state between two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...faults import Fault
from ..connection import execute, query
from ..salvage.rows import all_rows, by_key
from .chunks import Key, among
from .difference import Difference
from .tables import Table, quote

BATCH = 200
KEYLESS_LIMIT = 100_000     # rows of a table without a key that are replaced as a whole


def align(view: Any, target: Any, found: Sequence[Difference]) -> int:
    """Write what differs, a few hundred rows a transaction; returns how many rows were written or taken away. Both are raw connections,
    `target` as an account the gate lets pass. May be killed and made again. Raises Fault before anything is written, DatabaseFault."""
    _refuse(view, target, found)
    for setting in ("foreign_key_checks = 0", "sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"):
        execute(target, f"SET SESSION {setting}", doing="prepare the target")
    count = 0
    # All that must go goes first: a unique value may move from one row to another.
    for each in found:
        for keys in _batches((*each.there, *each.unlike)):
            count += _delete(target, each.table, keys)
    for each in found:
        if each.keyless:
            count += _whole(view, target, each.table)
        for keys in _batches((*each.here, *each.unlike)):
            rows = list(by_key(view, each.table, keys).values())
            _insert(target, each.table, rows)
            count += len(rows)
    return count


def _refuse(view: Any, target: Any, found: Sequence[Difference]) -> None:
    for each in found:
        place = (each.table.schema, each.table.name)
        fired = query(target, "SELECT trigger_name AS name FROM information_schema.triggers WHERE event_object_schema = %s "
                              "AND event_object_table = %s AND trigger_name NOT LIKE %s", (*place, r"dr\_gate\_%"), doing="look for triggers")
        if fired:
            raise Fault("write rows of", each.table.label, left=f"Triggers there would change them ({', '.join(row['name'] for row in fired)}); rows "
                        "that replication brings fire none. Nothing was written.", then="Drop them on this server for the time being.")
        if each.keyless and query(view, f"SELECT COUNT(*) AS n FROM {each.table.quoted}", ())[0]["n"] and int(
                query(view, f"SELECT COUNT(*) AS n FROM {each.table.quoted}", ())[0]["n"]) > KEYLESS_LIMIT:
            raise Fault("write rows of", each.table.label, left=f"It has no key and more than {KEYLESS_LIMIT} rows. Nothing was written.",
                        then="Give it a key, or seed this server again by copying.")


def _whole(view: Any, target: Any, table: Table) -> int:
    rows = all_rows(view, table)
    execute(target, f"DELETE FROM {table.quoted}", (), doing=f"empty {table.label}")
    for start in range(0, len(rows), BATCH):
        _insert(target, table, rows[start:start + BATCH])
    return len(rows)


def _delete(target: Any, table: Table, keys: Sequence[Key]) -> int:
    condition, values = among(table, keys)
    return execute(target, f"DELETE FROM {table.quoted} WHERE {condition}", values, doing=f"take rows out of {table.label}")


def _insert(target: Any, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    names = [column.name for column in table.stored]
    one = f"({', '.join(['%s'] * len(names))})"
    execute(target, f"INSERT INTO {table.quoted} ({', '.join(quote(name) for name in names)}) VALUES {', '.join([one] * len(rows))}",
            [row[name] for row in rows for name in names], doing=f"write rows of {table.label}")


def _batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start:start + BATCH] for start in range(0, len(keys), BATCH))
