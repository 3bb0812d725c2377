# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the target's rows equal to the source's by moving only those that differ.

Parents are written before their children and taken out after them. A row that cannot be written yet (its parent is missing, a unique
value it needs is still on another row) waits for another round, in the opposite order; rows that wait for each other still are written
in one transaction of their own. Triggers on the target fire as for anybody's writes, for no session can switch them off: what they change in the row
itself is put right (`writing`), what they do to other compared rows is found and repaired by comparing again, and they are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...faults import BadInput, Fault
from ..connection import DatabaseFault, Server, execute, query, value
from .checkpoint import forget
from .chunks import Chunk
from .compare import Comparison, How, Survey, survey
from .foreign import foreign_keys, parents_first
from .guard import Throttle, refuse_itself, refuse_unfit_target
from .keys import shown
from .look import KEYLESS_LIMIT, ROUNDS, Found, rows_of, settle, settle_whole
from .pair import paired
from .rows import BATCH_ROWS, in_batches
from .tables import Table
from .writing import BUSY, LATER, Altered, Counts, Later, Moving, Writer, stops_everything, told

PASSES = 3                  # comparisons at most; more than one only where triggers may have changed other rows, or rows are gone or moved
HELD_ROWS = 1000            # in a transaction where the target follows, for each waits until the replica tells how far it is
TURNS = 2                   # for rows that wait; then those that are left are written together
WAITING_LIMIT = 100_000     # rows that wait for others, in memory
TOGETHER_LIMIT = 10_000     # rows that may have to be written in one transaction


@dataclass
class Repair:
    """comparison: what was found at first; counts: what was written; not_repaired: [{table, key, kind, why}], `shown` of them at most,
    all of them in left; triggers: "schema.table: name" of the target's triggers that have fired; passes: comparisons made;
    unsettled: rows that did not hold still in the last of them."""

    comparison: Comparison
    counts: Counts = field(default_factory=Counts)
    not_repaired: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    triggers: list[str] = field(default_factory=list)
    passes: int = 1
    accepted_writer: bool = False
    unsettled: int = 0
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Everything that differed was repaired, and nothing was in motion. A row that is on neither side by the time it is to be repaired was
        deleted meanwhile, or its key does not find it: another comparison tells which, and without one it is left."""
        return not (self.left or self.comparison.definitions or self.unsettled)

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return {**self.comparison.facts(), "equal": self.equal, "inserted": self.counts.inserted, "updated": self.counts.updated,
                "deleted": self.counts.deleted, "not_repaired": self.not_repaired, "left": self.left, "triggers": self.triggers,
                "passes": self.passes, "accepted_writer_target": self.accepted_writer, "seconds": self.seconds}


def repair(
    source: Server, target: Server, schemas: Sequence[str], *, ignore: Sequence[str] = (), check: bool = False,
    accept_writer_target: bool = False, how: How | None = None, **settings: Any,
) -> Repair:
    """Compare, and write what differs. With `check`, only compare, and raise what would be raised before anything is written. `settings`: those of
    How, one by one.

    A checkpoint is dropped once all is done: the next repair looks for itself.

    Raises Fault before anything is written when the target is or was the writer, is followed by the source, is built differently, or has a
    table without a key that is too large; DatabaseFault and Fault when it cannot go on, and then only whole transactions have been written.
    """
    how = how or How(**settings)
    began = how.clock.now()
    with paired(source, target, how.settle_seconds, how.clock) as pair:
        refuse_itself(pair.here, pair.there)
        if not accept_writer_target:
            refuse_unfit_target(pair.here, pair.there, target)
    if accept_writer_target and how.checkpoint:
        raise BadInput(["checkpoint: none is kept in a writer, so it does not go together with accept_writer_target"])
    if check:
        how = _without_checkpoint(how)          # a check writes nothing at all
    done: Repair | None = None
    for turn in range(PASSES):
        found = survey(source, target, schemas, ignore=ignore, how=how if turn == 0 else _without_checkpoint(how))
        if done is None:
            done = Repair(found.comparison, accepted_writer=accept_writer_target)
        done.passes, done.unsettled = turn + 1, found.comparison.unsettled_rows
        _refuse_unlike(found)
        if check:
            done.left = found.comparison.differing_rows
            break
        if not found.comparison.differing_rows:
            done.left += found.comparison.unsettled_rows if turn else 0         # the first comparison says its own by itself
            break
        done.not_repaired, done.left = [], 0
        gone = done.counts.gone
        fired = _Repairer(source, target, found, how, done, accept_writer_target).run(schemas)
        gone = done.counts.gone - gone
        if not (fired or gone or done.unsettled):
            break
        if turn == PASSES - 1:
            done.left += gone       # nobody has looked since
    if done is None:
        raise AssertionError
    if how.checkpoint:
        forget(target, how.checkpoint)
    done.seconds = round(how.clock.now() - began, 3)
    return done


def _without_checkpoint(how: How) -> How:
    return How(how.chunk_rows, how.settle_seconds, how.shown, how.threads, None, how.max_lag_seconds, how.lag_patience, how.progress, how.clock)


def _refuse_unlike(found: Survey) -> None:
    if found.unlike:
        raise Fault("repair", "tables that are not built alike:\n  " + "\n  ".join(found.unlike), left="Nothing was written.",
                    then="Make the definitions alike first, or leave these tables out (ignore).")
    large = [f"{label}: {mine} rows at the source, {theirs} on the target, and neither a primary key nor a unique index without NULLs"
             for label, mine, theirs in _keyless(found) if max(mine, theirs) > KEYLESS_LIMIT]
    if large:
        raise Fault("repair", f"tables without a key and with more than {KEYLESS_LIMIT} rows:\n  " + "\n  ".join(large), left="Nothing was written.",
                    then="Give them a primary key, or leave them out (ignore) and copy them as a whole.")


def _keyless(found: Survey) -> Iterator[tuple[str, int, int]]:
    """(label, rows at the source, rows on the target) of the tables without a key that differ: either side's rows may come into memory, and into
    one transaction."""
    for label, table in found.tables.items():
        if not table.key and found.comparison.per_table.get(label, {}).get("differing"):
            yield from ((label, rows_of(row.mine), rows_of(row.theirs)) for some in found.book.found(label) for row in some)


class _Repairer:
    """One pass over everything that a survey found."""

    def __init__(self, source: Server, target: Server, found: Survey, how: How, done: Repair, accept_writer: bool) -> None:
        self._source, self._target, self._found, self._how, self._done, self._accept = source, target, found, how, done, accept_writer
        self._waiting: dict[str, list[Found]] = {}

    def run(self, schemas: Sequence[str]) -> bool:
        """Repair; True when another comparison may find something. Raises Fault, DatabaseFault."""
        with paired(self._source, self._target, self._how.settle_seconds, self._how.clock) as pair:
            execute(pair.there, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", doing="prepare to write")
            keys = foreign_keys(pair.there, schemas)
            packet = int(value(pair.there, "SELECT @@max_allowed_packet"))
            self._rows = HELD_ROWS if pair.follows() else BATCH_ROWS
            self._writer = Writer(pair, keys, packet, self._accept, self._done.counts)
            self._throttle = Throttle(self._how.max_lag_seconds, self._how.lag_patience, self._how.clock)
            differing = [table for label, table in self._found.tables.items() if self._found.comparison.per_table.get(label, {}).get("differing")]
            tables = parents_first(differing, keys)
            try:
                self._rounds(tables)
                self._together(tables)
            except DatabaseFault as fault:
                raise told(fault, lambda: self._done.counts.written) from fault
            triggers = list(_triggers(pair.there, tables))
        self._done.triggers = sorted({*self._done.triggers, *triggers})
        return bool(triggers)

    def _rounds(self, tables: Sequence[Table]) -> None:
        """First everything once, read from the book; then what had to wait, as long as that leads anywhere."""
        for table in tables:
            for rows in self._found.book.found(table.label):
                self._go(table, [row for row in rows if row.kind != "extra"])
        for table in reversed(tables):
            for rows in self._found.book.found(table.label):
                self._go(table, _last_first(row for row in rows if row.kind == "extra"))
        turn, before = 0, -1
        while self._waiting and before != (before := sum(map(len, self._waiting.values()))):
            if turn >= TURNS and before <= TOGETHER_LIMIT:
                return          # each turn asks for every row: with as many turns as rows that would never end
            again, self._waiting, turn = self._waiting, {}, turn + 1
            for table in tables:
                self._go(table, _last_first((row for row in again.get(table.label, ()) if row.kind != "extra"), turn % 2 == 1))
            for table in reversed(tables):
                self._go(table, _last_first(row for row in again.get(table.label, ()) if row.kind == "extra"))

    def _go(self, table: Table, rows: Sequence[Found]) -> None:
        if not rows:
            return
        if not table.key:
            self._whole(table, rows[0])
            return
        by_key = {row.key: row for row in rows}
        for keys in in_batches(self._writer.pair.here, table, list(by_key), self._rows):
            self._throttle.calm(self._writer.pair)
            self._write(table, [by_key[key] for key in keys])
        if self._how.progress:
            counts = self._done.counts
            self._how.progress({"doing": "repair", "table": table.label, "inserted": counts.inserted, "updated": counts.updated,
                                "deleted": counts.deleted, "waiting": sum(map(len, self._waiting.values()))})

    def _write(self, table: Table, rows: Sequence[Found], tries: int = ROUNDS) -> None:
        """Write a batch; where it is refused, its halves, down to the row that cannot be written."""
        try:
            moved: Sequence[Found] = self._writer.write(table, rows)
        except Moving:
            if len(rows) > 1:
                for half in (rows[:len(rows) // 2], rows[len(rows) // 2:]):
                    self._write(table, half, tries)
                return
            moved = rows
        except (Later, Altered, DatabaseFault) as fault:
            if isinstance(fault, DatabaseFault) and stops_everything(fault):
                raise
            if isinstance(fault, DatabaseFault) and fault.code in BUSY and tries:
                self._write(table, rows, tries - 1)
            elif len(rows) > 1:
                for half in (rows[:len(rows) // 2], rows[len(rows) // 2:]):
                    self._write(table, half)
            elif isinstance(fault, Later) or (isinstance(fault, DatabaseFault) and fault.code in LATER):
                if sum(map(len, self._waiting.values())) < WAITING_LIMIT:
                    self._waiting.setdefault(table.label, []).extend(rows)
                else:
                    self._give_up(table, rows, f"more than {WAITING_LIMIT} rows wait for others; a further run goes on")
            else:
                self._give_up(table, rows, _why(fault))
            return
        if moved and tries:
            found, unsettled = settle(self._writer.pair, table, {row.key: (row.mine, row.theirs) for row in moved})
            self._give_up(table, [Found(key, None, None) for key in unsettled], "it does not hold still")
            if found:
                self._write(table, found, tries - 1)
        elif moved:
            self._give_up(table, moved, "it does not hold still")

    def _whole(self, table: Table, found: Found) -> None:
        why = "it does not hold still"
        for _unused in range(ROUNDS):
            try:
                if self._writer.write_whole(table, found):
                    return
            except (Later, Altered, DatabaseFault) as fault:
                if isinstance(fault, DatabaseFault) and stops_everything(fault):
                    raise
                if isinstance(fault, Later) or (isinstance(fault, DatabaseFault) and fault.code in LATER and self._writer.keys):
                    self._waiting.setdefault(table.label, []).append(found)
                    return
                if not (isinstance(fault, DatabaseFault) and fault.code in BUSY):
                    self._give_up(table, [found], _why(fault))
                    return
                why = _why(fault)
            again, _unsettled = settle_whole(self._writer.pair, Chunk(table))
            if not again and not _unsettled:
                return
            found = again[0] if again else found
        self._give_up(table, [found], why)

    def _together(self, tables: Sequence[Table]) -> None:
        """Rows that wait for each other."""
        for label in [label for label in self._waiting if not self._found.tables[label].key]:
            self._give_up(self._found.tables[label], self._waiting.pop(label), "rows that it refers to, or that refer to it, stand in its way, or "
                          "would go along with it (ON DELETE CASCADE, SET NULL); give it a primary key, or copy it")
        rows, self._waiting = self._waiting, {}
        some = [table for table in tables if table.label in rows]
        why = f"more than {TOGETHER_LIMIT} rows stand in each other's way"
        for _unused in range(ROUNDS):
            if not rows:
                return
            if sum(map(len, rows.values())) > TOGETHER_LIMIT:
                break
            try:
                moved = self._writer.write_together(rows, some)
            except Moving:
                moved = rows
            except (Altered, DatabaseFault) as fault:
                if isinstance(fault, DatabaseFault) and stops_everything(fault):
                    raise
                why = _why(fault)
                if isinstance(fault, DatabaseFault) and fault.code in BUSY:
                    continue
                break
            rows, why = {}, "it does not hold still"
            for table in some:
                if left := moved.get(table.label):
                    found, unsettled = settle(self._writer.pair, table, {row.key: (row.mine, row.theirs) for row in left})
                    self._give_up(table, [Found(key, None, None) for key in unsettled], why)
                    if found:
                        rows[table.label] = found
            some = [table for table in some if table.label in rows]
        for table in some:
            self._give_up(table, rows[table.label], why)

    def _give_up(self, table: Table, rows: Sequence[Found], why: str) -> None:
        for row in rows:
            self._done.left += row.rows
            if len(self._done.not_repaired) < self._how.shown:
                self._done.not_repaired.append({"table": table.label, "key": shown(table, row.key), "kind": row.kind, "why": why})


def _last_first(rows: Iterable[Found], so: bool = True) -> list[Found]:
    """By their keys: rows mostly refer to rows that were there before them. so: False for the first first."""
    return sorted(rows, key=lambda row: row.key, reverse=so)


def _why(fault: BaseException) -> str:
    if isinstance(fault, DatabaseFault) and fault.answer:
        return f"MySQL answered {fault.answer.code}: {fault.answer.words}"
    if isinstance(fault, Altered):
        return str(fault) or "something on the target, a trigger perhaps, changes the row on its way in"
    return str(fault) or "other rows stand in its way"


def _triggers(conn: Any, tables: Iterable[Table]) -> Iterator[str]:
    """The target's triggers on these tables, except the write gate's own: those refuse or let pass and change nothing."""
    for table in tables:
        for row in query(conn, (
                "SELECT trigger_name AS name FROM information_schema.triggers WHERE event_object_schema = %s AND event_object_table = %s "
                "AND action_statement NOT LIKE %s"), (table.schema, table.name, "%dr.gate:%"), doing=f"look for triggers on {table.label}"):
            yield f"{table.label}: {row['name']}"
