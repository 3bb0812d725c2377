# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are two servers' schemas equal, row by row? Reads only; with a checkpoint it writes to the checkpoint's own table and nowhere else.

Several threads, each with a connection to both servers, take chunk after chunk from a book (`book`, `checkpoint`) and look at it
(`look`): while one waits for the slower server, the other keeps the faster one busy.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ...faults import BadInput, Fault
from ...waiting import Clock, SystemClock
from ..connection import Server, execute
from .book import Book, PrivateBook, Tally
from .checkpoint import SharedBook
from .guard import Throttle, refuse_itself
from .ignoring import refuse_unknown
from .keys import Key, shown
from .look import look
from .ours import is_ours
from .pair import paired
from .progress import Tell
from .rules import Rules, rule_faults, rules, schema_defaults, schema_faults
from .tables import Table, column_faults, describe
from .wide import refuse_too_wide

TELL_SECONDS = 1.0      # so often progress is told
LAG_UNKNOWN = "max_lag_seconds: no heartbeat has arrived on the target (dr.gate), so nobody knows how far it is behind, and there was no pause."


@dataclass(frozen=True)
class How:
    """How a comparison is made.

    chunk_rows: rows in a range; settle_seconds: limit of each wait for the replica; shown: how many differences are listed; threads:
    chunks looked at at a time; checkpoint: name of the table in the target's schema `dr` that it is shared through and resumed from;
    max_lag_seconds: pause while the target is further behind, for at most lag_patience seconds; progress is called about once a second.
    """

    chunk_rows: int = 20_000
    settle_seconds: float = 30.0
    shown: int = 100
    threads: int = 2
    checkpoint: str | None = None
    max_lag_seconds: float | None = None
    lag_patience: float = 600.0
    progress: Tell | None = None
    clock: Clock = field(default_factory=SystemClock)


@dataclass
class Comparison:
    """What was found. differences: [{table, key, kind}], kind missing (on the target), extra (only there), different, or rows for
    a table without a key; key: {column: value as text}. definitions: tables and schemas that are not built alike, as sentences. `shown` limits
    the lists, never the counts. age_seconds: since the first look at a row. With a checkpoint that may have been long ago, and what has
    come to differ since nobody knows. lag_unknown: max_lag_seconds was given, and no heartbeat told how far the target is behind, so there was
    no pause."""

    tables: int = 0
    chunks: int = 0
    rows_compared: int = 0
    differing_rows: int = 0
    unsettled_rows: int = 0
    seconds: float = 0.0
    age_seconds: float = 0.0
    lag_unknown: bool = False
    definitions: list[str] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    unsettled: list[dict[str, Any]] = field(default_factory=list)
    per_table: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Every table is on both sides, with columns, keys and constraints that are alike, in a schema that gives new tables the same character set,
        and with the same rows; none was on its way when last
        looked at. Indexes that are not unique, and triggers, are not compared."""
        return not (self.definitions or self.differing_rows or self.unsettled_rows)

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return {"equal": self.equal, **asdict(self)}


@dataclass(frozen=True)
class Survey:
    """A comparison, and the book it is written down in, which knows every row that differs. unlike: those of its definitions that keep rows
    from being compared."""

    comparison: Comparison
    book: Book
    tables: dict[str, Table]
    unlike: list[str]


def compare(source: Server, target: Server, schemas: Sequence[str], *, ignore: Sequence[str] = (), how: How | None = None,
            **settings: Any) -> Comparison:
    """Compare every base table of `schemas` except those in `ignore` ("schema.table"). `settings`: those of How, one by one.

    Raises DatabaseFault when a server does not answer, Fault for input that cannot be compared.
    """
    return survey(source, target, schemas, ignore=ignore, how=how or How(**settings)).comparison


def survey(source: Server, target: Server, schemas: Sequence[str], *, ignore: Sequence[str], how: How) -> Survey:
    """The same, with everything that was found."""
    began = how.clock.now()
    built = alike(source, target, schemas, ignore, how)
    tables = built.tables
    book: Book = (SharedBook(target, how.checkpoint, tables, how.chunk_rows, how.clock, source) if how.checkpoint
                  else PrivateBook(list(tables.values()), how.chunk_rows, how.clock))
    throttle = _work(source, target, book, tables, how)
    _refuse_altered(source, target, schemas, tables, how)
    found = _written_up(book, tables, [*built.unlike, *built.rules], how.shown)
    found.lag_unknown = throttle.blind
    found.seconds, found.age_seconds = round(how.clock.now() - began, 3), round(book.age(), 3)
    return Survey(found, book, tables, built.unlike)


@dataclass(frozen=True)
class Built:
    """tables: those whose rows can be compared; unlike: what keeps others from it; rules: what else differs, as sentences (see rules)."""

    tables: dict[str, Table]
    unlike: list[str]
    rules: list[str]


def alike(source: Server, target: Server, schemas: Sequence[str], ignore: Sequence[str], how: How) -> Built:
    """How the tables are built on both sides. Raises BadInput for a schema that is nowhere, which beside one that is would be equal unseen,
    and for names in `ignore` that fit nothing."""
    with paired(source, target, how.settle_seconds, how.clock) as pair:
        refuse_itself(pair.here, pair.there)
        execute(pair.here, "SET SESSION information_schema_stats_expiry = 0", doing="ask for sizes as they are now")
        mine, theirs = pair.both(lambda conn: describe(conn, schemas))
        laws = pair.both(lambda conn: rules(conn, schemas))
        here, there = pair.both(schema_defaults)
        refuse_too_wide((mine[label] for label in {*mine} & {*theirs} - set(ignore)), pair.here, pair.there)
    if nowhere := [schema for schema in schemas if schema not in here and schema not in there]:
        raise BadInput(f"schemas: {schema} is on neither server, or the accounts may not see it" for schema in nowhere)
    if not mine and not theirs:
        raise BadInput(f"schemas: {schema} holds no table on either server" for schema in schemas)
    refuse_unknown(ignore, {*mine, *theirs})
    built = Built({}, [], list(schema_faults(schemas, here, there)))
    for label in sorted({*mine, *theirs} - set(ignore)):
        if is_ours(label):
            continue
        if label not in theirs or label not in mine:
            built.unlike.append(f"{label}: only on the {'source' if label in mine else 'target'}")
            continue
        unlike = list(column_faults(mine[label], theirs[label]))
        built.unlike.extend(unlike)
        if not unlike:
            built.tables[label] = mine[label]
        built.rules.extend(rule_faults(mine[label], *(side.get(label, Rules()) for side in laws), same_key=mine[label].key == theirs[label].key))
    return built


def _refuse_altered(source: Server, target: Server, schemas: Sequence[str], tables: dict[str, Table], how: How) -> None:
    """A column that came meanwhile was not compared, and nothing is proven of it; of a table that went, nothing at all."""
    with paired(source, target, how.settle_seconds, how.clock) as pair:
        sides = pair.both(lambda conn: describe(conn, schemas))
    if altered := [label for label, table in tables.items() if any(label not in side or side[label].built != table.built for side in sides)]:
        raise Fault("compare", ", ".join(altered), left="They came to be built otherwise meanwhile, or are gone; nothing is proven of them.",
                    then="Run again.")


def _work(source: Server, target: Server, book: Book, tables: dict[str, Table], how: How) -> Throttle:
    """Look at every chunk. The first fault stops all threads and is raised. Returns what it was held back by."""
    stop, throttle, told = threading.Event(), Throttle(how.max_lag_seconds, how.lag_patience, how.clock), Telling(book, tables, how)

    def go() -> None:
        try:
            with paired(source, target, how.settle_seconds, how.clock) as pair, book.desk() as desk:
                while not stop.is_set() and (chunk := desk.claim(pair.here)):
                    with desk.away():
                        throttle.calm(pair)
                        seen = look(pair, chunk)
                    if seen.parts:
                        desk.split(seen.parts)
                    else:
                        desk.done(seen)
                    told.now_and_then()
        except BaseException:
            stop.set()          # nothing more can be done; who has nothing left to do leaves others at what they found
            raise

    with ThreadPoolExecutor(max(1, how.threads)) as pool:
        ends = [pool.submit(go) for _unused in range(max(1, how.threads))]
    told.at_last(done=not any(end.exception() for end in ends))
    for end in ends:
        end.result()
    return throttle


class Telling:
    """Progress, about once a second, whichever thread comes by: of so many rows as the source's server guesses that there are. tables: those that
    were looked at since it was told last, of thousands one or two, and all of them in the end."""

    def __init__(self, book: Book, tables: dict[str, Table], how: How) -> None:
        self._book, self._how, self._lock, self._last = book, how, threading.Lock(), how.clock.now()
        self._about = {label: table.about_rows for label, table in tables.items()}
        self._told: dict[str, Tally] = {}

    def now_and_then(self) -> None:
        if self._how.progress is None or not self._lock.acquire(blocking=False):
            return
        try:
            if self._how.clock.now() - self._last >= TELL_SECONDS:
                self._last = self._how.clock.now()
                self._tell(done=False)
        finally:
            self._lock.release()

    def at_last(self, *, done: bool) -> None:
        if self._how.progress is not None:
            self._tell(done)

    def _tell(self, done: bool) -> None:
        if self._how.progress is None:
            raise AssertionError
        tallies = dict(self._book.tallies())        # of one moment: other threads go on
        rows = {label: tallies[label].rows if label in tallies else 0 for label in self._about}
        of = {label: rows[label] if done else max(self._about[label], rows[label]) for label in rows}
        moved = {label: replace(tally) for label, tally in tallies.items() if done or tally != self._told.get(label)}
        self._told |= moved
        self._how.progress({
            "doing": "compare", "done": done, "of": sum(of.values()), "begun": len(tallies),
            "tables": {label: {**tally.facts(), "of": of[label]} for label, tally in moved.items()},
            **{name: sum(getattr(tally, name) for tally in tallies.values()) for name in ("rows", "chunks", "differing", "unsettled")}})


def _written_up(book: Book, tables: dict[str, Table], definitions: list[str], shown: int) -> Comparison:
    found = Comparison(definitions=definitions)
    for label, tally in sorted(book.tallies().items()):
        found.tables += 1
        found.rows_compared += tally.rows
        found.chunks += tally.chunks
        found.differing_rows += tally.differing
        found.unsettled_rows += tally.unsettled
        found.per_table[label] = tally.facts()
        if tally.differing and len(found.differences) < shown:
            rows = ((row.key, row.kind) for some in book.found(label) for row in some)
            found.differences += _shown(tables[label], rows, shown - len(found.differences))
        if tally.unsettled and len(found.unsettled) < shown:
            moving = ((key, "unsettled") for some in book.unsettled(label) for key in some)
            found.unsettled += _shown(tables[label], moving, shown - len(found.unsettled))
    return found


def _shown(table: Table, rows: Iterable[tuple[Key, str]], limit: int) -> list[dict[str, Any]]:
    return [{"table": table.label, "key": shown(table, key), "kind": kind}
            for (key, kind), _unused in zip(rows, range(limit), strict=False)]
