# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transactions that make rows of the target equal to the source's. Each is all or nothing, and each looks before and after it writes.

Before: the target's rows are locked, so that a replica's applier waits, and only then the source is read. A row is written only if both
sides still hold what was confirmed to differ; what has moved is settled again. So nothing newer is ever overwritten: a change made on
the source after our look reaches the target by replication after our commit, and one made before it shows in the look.
After: the rows are read again in the same transaction and must have the source's digests. Where a trigger of the target has changed
what was written, it is written a second time, as an update; a row that still is not equal is taken back and named. Then, before the commit,
the replica must pass the source's place of now while the rows are held (Pair.holds_still): a change that was on its way, a row's own
deletion perhaps, would otherwise not find what it changes, and replication would stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...faults import Fault
from ..connection import DatabaseError, DatabaseFault, execute
from .chunks import Chunk, checksum_sql, digests_of_sql
from .encoding import digest_sql
from .foreign import ForeignKey, orphans, spreads, takes_children_along, update_spreads
from .guard import refuse_last_writer
from .keys import Key, among
from .look import KEYLESS_LIMIT, Found, batches, digests, multiset, sum_of
from .pair import Pair, fetch
from .rows import BATCH_ROWS, Row, exact_columns, in_batches, insert_sql, read_rows, run, update_sql
from .tables import Table, quote

FULL = frozenset({1021, 1114, 1026, 1030, 1180, 1598, 3, 28})
BROKEN = frozenset({0, 2006, 2013, 1053, 1317, 3024, 4031})
DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1290, 1792, 1836})
GONE = frozenset({1049, 1054, 1146})
LATER = frozenset({1062, 1216, 1217, 1451, 1452, 1761})      # a unique value still taken, a child or a parent in the way
BUSY = frozenset({1205, 1213})


class Later(Exception):
    """Not now: other rows have to be written first."""


class Moving(Exception):
    """A change of these rows was on its way while they were written."""


class Altered(Exception):
    """What was written is not what is there: something on the target changes rows on their way in."""


@dataclass
class Counts:
    """Rows written, by what was done; equal: rows that needed nothing any more; gone: those that are on
    neither side any more."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    equal: int = 0
    gone: int = 0

    @property
    def written(self) -> int:
        return self.inserted + self.updated + self.deleted

    def add(self, other: Counts) -> None:
        for name in ("inserted", "updated", "deleted", "equal", "gone"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Writer:
    """pair: the two servers; keys: the target's foreign keys; packet: bytes the target takes in a statement; accept_writer: write even
    if the target is the writer."""

    pair: Pair
    keys: Sequence[ForeignKey]
    packet: int
    accept_writer: bool = False
    counts: Counts = field(default_factory=Counts)

    def write(self, table: Table, rows: Sequence[Found]) -> list[Found]:
        """Repair rows of a table with a key in one transaction; returns those that have moved since they were found to differ.

        Raises Later, Altered, Moving, DatabaseFault; nothing is written then.
        """
        with self._transaction() as counts:
            act, moved = self._confirm(table, rows, counts)
            gone = [row.key for row in act if row.mine is None]
            if gone and takes_children_along(self.pair.there, table, gone, self.keys):
                raise Later
            if any(row.kind == "different" for row in act) and update_spreads(table, self.keys):
                raise Later
            wanted = read_rows(self.pair.here, table, [row.key for row in act if row.mine]) if any(row.mine for row in act) else {}
            act, moved = _still(act, wanted, moved)
            self._delete(table, gone)
            self._insert(table, [wanted[row.key] for row in act if row.kind == "missing"])
            for row in act:
                if row.kind == "different":
                    self._put(table, update_sql(table, wanted[row.key]))
            self._verify(table, act)
            self._hold_still((table, act))
            for row in act:
                _count(counts, row)
        return moved

    def write_together(self, rows: dict[str, list[Found]], tables: Sequence[Table]) -> dict[str, list[Found]]:
        """Repair rows that stand in each other's way, of several tables, in one transaction without checks of foreign keys: all are taken
        out, then all are put in, never more than a batch of them in memory. tables: parents first. Raises Altered when a row would be left
        without its parent, else as `write`."""
        conn, moved = self.pair.there, dict[str, list[Found]]()
        execute(conn, "SET SESSION foreign_key_checks = 0", doing="write rows that refer to each other")
        try:
            with self._transaction() as counts:
                before = orphans(conn, tables, self.keys)
                acts: dict[str, list[Found]] = {table.label: [] for table in tables}
                for table in reversed(tables):
                    moved[table.label] = []
                    for some in batches(rows[table.label], BATCH_ROWS):
                        act, left = self._confirm(table, some, counts)
                        acts[table.label] += act
                        moved[table.label] += left
                        self._delete(table, [row.key for row in act if row.theirs])
                for table in tables:
                    mine = {row.key: row.mine for row in acts[table.label] if row.mine}
                    for keys in in_batches(self.pair.here, table, list(mine)):
                        self._insert(table, list(self._read(table, {key: mine[key] for key in keys}).values()))
                for table in tables:
                    for some in batches(acts[table.label], BATCH_ROWS):
                        self._verify(table, some)
                    for row in acts[table.label]:
                        _count(counts, row)
                if orphans(conn, tables, self.keys) - before:
                    raise Altered("rows would be left that refer to a row which is not there")
                self._hold_still(*((table, acts[table.label]) for table in tables))
        finally:
            self._put_back("SET SESSION foreign_key_checks = 1")
        return moved

    def write_whole(self, table: Table, found: Found) -> bool:
        """Repair a small table without a key, as the multiset of its rows. False when it has moved since. Raises as `write`."""
        here, there, sums = self.pair.here, self.pair.there, checksum_sql(Chunk(table))
        execute(there, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", doing="lock the table's gaps as well")
        with self._transaction() as counts:
            theirs = fetch(there, f"{sums[0]} FOR UPDATE", sums[1], f"lock {table.label}")[0]
            if not self.accept_writer:
                refuse_last_writer(there)
            mine = fetch(here, *sums, doing=f"add up {table.label} again")[0]
            if mine == theirs:
                return True
            if (sum_of(mine), sum_of(theirs)) != (found.mine, found.theirs):
                return False
            if max(int(mine[1]), int(theirs[1])) > KEYLESS_LIMIT:
                raise Altered(f"it has no key and has come to have more than {KEYLESS_LIMIT} rows")
            left, right = multiset(here, table), multiset(there, table)
            surplus, lacking = right - left, left - right
            self._drop_surplus(table, surplus, left)
            for some in batches(list(lacking), 50):
                marks = ", ".join(["%s"] * len(some))
                rows = {row[0]: row[1:] for row in fetch(
                    here, f"SELECT {digest_sql(table)}, {exact_columns(table)} FROM {table.quoted} WHERE {digest_sql(table)} IN ({marks})",
                    some, f"read rows of {table.label}")}
                if len(rows) < len(some):
                    return False
                for digest, values in rows.items():
                    for copies in batches([values] * lacking[digest], 50):
                        self._put(table, insert_sql(table, copies))
            if fetch(there, *sums, doing=f"look at {table.label} again")[0] != mine:
                raise Altered
            if self.pair.follows() and not (fetch(here, *sums, doing=f"add up {table.label} again")[0] == mine and self.pair.holds_still()):
                return False
            counts.inserted, counts.deleted = lacking.total(), surplus.total()
        return True

    def _confirm(self, table: Table, rows: Sequence[Found], counts: Counts) -> tuple[list[Found], list[Found]]:
        """Lock the target's rows; (those that differ as they did, those that do not). Then the writer's gate is looked at."""
        sql, values = digests_of_sql(table, [row.key for row in rows])
        theirs = digests(table, fetch(self.pair.there, f"{sql} FOR UPDATE", values, f"lock rows of {table.label}"))
        if not self.accept_writer:
            refuse_last_writer(self.pair.there)
        mine = digests(table, fetch(self.pair.here, sql, values, f"look again at rows of {table.label}"))
        act, moved = [], []
        for row in rows:
            now = (mine.get(row.key), theirs.get(row.key))
            if now == (None, None):         # deleted on both meanwhile, or else the key finds nothing: another comparison tells
                counts.gone += 1
            elif now[0] == now[1]:
                counts.equal += 1
            elif now == (row.mine, row.theirs):
                act.append(row)
            else:
                moved.append(Found(row.key, *now))
        return act, moved

    def _delete(self, table: Table, keys: Sequence[Key]) -> None:
        if keys:
            condition, values = among(table, keys)
            # Rows of a table that refers to itself: what came later refers to what was there before.
            name = (table.schema, table.name)
            order = f" ORDER BY {', '.join(f'{quote(column)} DESC' for column in table.key)}" if any(
                key.child == key.parent == name for key in self.keys) else ""
            count = execute(self.pair.there, f"DELETE FROM {table.quoted} WHERE {condition}{order}", values, doing=f"delete rows of {table.label}")
            if count != len(keys):          # they are locked, and were there a moment ago
                raise Altered(f"{count} rows were deleted under {len(keys)} keys")

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._put(table, insert_sql(table, [row.values for row in rows]))

    def _put(self, table: Table, sql: bytes) -> None:
        if len(sql) >= self.packet:
            raise Altered(f"writing it takes a statement of {len(sql)} bytes, and the target's max_allowed_packet is {self.packet}")
        run(self.pair.there, sql, f"write rows of {table.label}")

    def _read(self, table: Table, mine: Mapping[Key, str | None]) -> dict[Key, Row]:
        """The source's rows. Raises Moving unless they have these digests."""
        rows = read_rows(self.pair.here, table, list(mine))
        if any(key not in rows or rows[key].digest != digest for key, digest in mine.items()):
            raise Moving
        return rows

    def _hold_still(self, *acts: tuple[Table, Sequence[Found]]) -> None:
        """Raises Moving unless what has been written, and not committed yet, is what the source's log makes of these rows."""
        acts = tuple(each for each in acts if each[1])
        if not acts or not self.pair.follows():
            return
        for table, act in acts:
            for some in batches(act, BATCH_ROWS):
                sql, values = digests_of_sql(table, [row.key for row in some])
                mine = digests(table, fetch(self.pair.here, sql, values, f"look again at rows of {table.label}"))
                if any(mine.get(row.key) != row.mine for row in some):
                    raise Moving
        if not self.pair.holds_still():
            raise Moving

    def _verify(self, table: Table, act: Sequence[Found]) -> None:
        """Is there now what there should be? A row that a trigger changed on its way in is written once more; one whose JSON document MySQL takes
        for what was there before (1 for 1.0) keeps it in an update, and is taken out and put in."""
        if not act:
            return
        sql, values = digests_of_sql(table, [row.key for row in act])

        def wrong() -> list[Found]:
            there = digests(table, fetch(self.pair.there, sql, values, f"look at rows of {table.label} again"))
            return [row for row in act if there.get(row.key) != row.mine]

        if left := {row.key: row.mine for row in wrong() if row.mine is not None}:
            for each in self._read(table, left).values():
                self._put(table, update_sql(table, each))
        if any(column.type == "json" for column in table.stored) and (same := {row.key: row.mine for row in wrong() if row.kind == "different"}):
            if takes_children_along(self.pair.there, table, list(same), self.keys):
                raise Later
            rows = self._read(table, same)
            self._delete(table, list(rows))
            self._insert(table, list(rows.values()))
        if wrong():
            raise Altered

    def _drop_surplus(self, table: Table, surplus: Counter[str], left: Counter[str]) -> None:
        """Rows of which nothing may stay go together, others one kind at a time. Raises Later when rows that refer to them would go along: those were
        compared by themselves, and nobody looks at them again."""
        for some in batches(list(surplus), 200):
            if spreads(self.pair.there, table, f"{digest_sql(table)} IN ({', '.join(['%s'] * len(some))})", some, self.keys):
                raise Later
        for some in batches([digest for digest in surplus if not left[digest]], 200):
            marks = ", ".join(["%s"] * len(some))
            execute(self.pair.there, f"DELETE FROM {table.quoted} WHERE {digest_sql(table)} IN ({marks})", some,
                    doing=f"delete rows of {table.label}")
        for digest in (digest for digest in surplus if left[digest]):
            execute(self.pair.there, f"DELETE FROM {table.quoted} WHERE {digest_sql(table)} = %s LIMIT {surplus[digest]:d}", (digest,),
                    doing=f"delete rows of {table.label}")

    @contextmanager
    def _transaction(self) -> Iterator[Counts]:
        """Commit at the end of the block, and only then count; take everything back when it raises, or is left early."""
        conn, counts = self.pair.there, Counts()
        execute(conn, "START TRANSACTION", doing="begin to write")
        try:
            yield counts
            if counts.written:
                execute(conn, "COMMIT", doing="commit rows")
            self.counts.add(counts)
        finally:
            self._put_back("ROLLBACK")          # after a commit there is nothing to roll back

    def _put_back(self, sql: str) -> None:
        """The reason that matters is already on its way up; a connection that is cut rolls back by itself."""
        try:
            self.pair.there.query(sql)
        except (DatabaseError, OSError):
            return


def told(fault: DatabaseFault, done: Callable[[], int]) -> Fault:
    """A fault that stops the whole repair, with what is left and what to do."""
    left = f"The transaction was rolled back; {done()} rows that were repaired before stay repaired."
    if fault.code in FULL:
        return Fault(fault.doing, fault.to, answer=fault.answer, left=f"The target has no room left. {left}",
                     then="Make room on the target, then run again: it goes on with what still differs.")
    return Fault(fault.doing, fault.to, answer=fault.answer, left=left, then=fault.then or "Run again: it goes on with what still differs.")


def stops_everything(fault: DatabaseFault) -> bool:
    """No other row would fare better."""
    words = fault.answer.words if fault.answer else ""
    return fault.code in FULL | BROKEN | DENIED | GONE or (fault.code == 1644 and words.startswith("dr.gate:"))


def _still(act: list[Found], wanted: dict[Key, Row], moved: list[Found]) -> tuple[list[Found], list[Found]]:
    """Rows whose values, read a moment after their digests, still belong to them; the others have moved."""
    left = [row for row in act if row.mine and (row.key not in wanted or wanted[row.key].digest != row.mine)]
    return [row for row in act if row not in left], moved + left


def _count(counts: Counts, row: Found) -> None:
    name = {"missing": "inserted", "extra": "deleted", "different": "updated"}[row.kind]
    setattr(counts, name, getattr(counts, name) + 1)
