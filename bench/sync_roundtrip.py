# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The randomised round trip: tables nobody would think of, filled, damaged on one side, repaired, and then read without any checksum. Then the same
once more in the ways that raw connections go: damaged and aligned, as re-seeding does, and copied. A few rows a chunk: boundaries lie everywhere.

`python -m bench.sync_roundtrip` makes at least --tables tables, a schema of several at a time and until every kind of column was there, and adds to
build/bench/db.json: `roundtrip_tables`, `roundtrip_rows` (rows of the sources), `roundtrip_repaired` (rows written), `roundtrip_kinds` and
`roundtrip_wrong_repairs`: rows that were equal and were written all the same, seen by triggers on the target that write down every key they are fired
for. Any other failure ends it with the schema that shows it, and nothing is recorded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import difference, moving
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.aligning import make_alike
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SCHEMA, WATCH = "trip", "trip_watch"
TABLES = 8                      # at most, in a schema
ROWS = 2                        # in a chunk
FEWEST = 4                      # schemas that hypothesis is asked for at a time: its first one is the simplest there is
MODES = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0, time_zone = '+00:00'"


@dataclass(frozen=True)
class Kind:
    """A type: its SQL, its values as SQL, how it is read so that two different values read differently, and whether it may be in a key."""

    sql: str
    values: st.SearchStrategy[str]
    read: str = "HEX({})"
    key: bool = True


def _hex(alphabet: str, size: int, charset: str, encoding: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=size).map(lambda text: f"_{charset} X'{text.encode(encoding).hex()}'")


def _bytes(size: int) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(["", "00", "27", "5c", "25", "4e", "313a61", "ff"]), st.binary(max_size=size).map(bytes.hex)).map(
        lambda text: f"X'{text}'")


def _whole(low: int, high: int) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from([low, high, 0, 1]), st.integers(low, high)).map(str)


# By its type, a shape one point of which is anywhere.
_SHAPES = {
    "POINT": "POINT({0})", "LINESTRING": "LINESTRING(0 0,{0})", "POLYGON": "POLYGON((0 0,{0},1 -1,0 0))", "MULTIPOINT": "MULTIPOINT((1 1),({0}))",
    "MULTILINESTRING": "MULTILINESTRING((0 0,1 1),(2 2,{0}))", "MULTIPOLYGON": "MULTIPOLYGON(((0 0,{0},1 -1,0 0)),((5 5,6 6,7 5,5 5)))",
    "GEOMETRYCOLLECTION": "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,{0}))"}


def _shape(text: str, *srids: int) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(-80, 80), st.integers(-80, 80), st.sampled_from(srids)).map(
        lambda at: f"ST_GeomFromText('{text.format(f'{at[0]} {at[1]}')}', {at[2]})")


_MEMBERS = ", ".join(f"'m{number}'" for number in range(64))
_LETTERS = "aAbB éßıİ'\\\"%_\0\n\t:,N1가나🎫"
_JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**63, 2**64 - 1) | st.floats(-1e15, 1e15) | st.text("aé🎫\"\\", max_size=4),
                     lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3), max_leaves=5)
_AS_TEXT, _AS_NUMBER = "CAST({} AS CHAR)", "CAST({} AS UNSIGNED)"
_WHOLE = (("TINY", 8), ("SMALL", 16), ("MEDIUM", 24), ("", 32), ("BIG", 64))
_SHORT = [
    *(Kind(f"{name}INT", _whole(-2**(bits - 1), 2**(bits - 1) - 1), _AS_TEXT) for name, bits in _WHOLE),
    *(Kind(f"{name}INT UNSIGNED", _whole(0, 2**bits - 1), _AS_TEXT) for name, bits in _WHOLE),
    Kind("DECIMAL(9) UNSIGNED", _whole(0, 10**9 - 1), _AS_TEXT),
    Kind("DECIMAL(30,10)", st.decimals(-10**19, 10**19, places=10, allow_nan=False).map(lambda number: f"'{number:f}'"), _AS_TEXT),
    Kind("DATE", st.sampled_from(["'0000-00-00'", "'2026-02-31'", "'9999-12-31'"]) | st.dates().map(lambda day: f"'{day}'"), _AS_TEXT),
    Kind("DATETIME(6)", st.one_of(st.just("'0000-00-00'"), st.datetimes().map(lambda at: f"'{at}'")), _AS_TEXT),
    Kind("TIME(3)", st.integers(-3020399999, 3020399999).map(
        lambda ms: f"'{'-' if ms < 0 else ''}{abs(ms) // 3600000}:{abs(ms) // 60000 % 60}:{abs(ms) // 1000 % 60}.{abs(ms) % 1000:03d}'"), _AS_TEXT),
    Kind("DATETIME", st.one_of(st.just("'0000-00-00'"), st.datetimes().map(lambda at: f"'{at.replace(microsecond=0)}'")), _AS_TEXT),
    Kind("YEAR", st.sampled_from(["0", "1901", "2026", "2155"]), _AS_TEXT),
    Kind("CHAR(5)", _hex(_LETTERS, 5, "utf8mb4", "utf-8")), Kind("VARCHAR(12)", _hex(_LETTERS, 12, "utf8mb4", "utf-8")),
    Kind("VARCHAR(12) COLLATE utf8mb4_general_ci", _hex(_LETTERS, 12, "utf8mb4", "utf-8")),
    Kind("VARCHAR(12) COLLATE utf8mb4_bin", _hex(_LETTERS, 12, "utf8mb4", "utf-8")),
    Kind("VARCHAR(12) CHARACTER SET latin1", _hex("aAé ß'\\N", 12, "latin1", "latin-1")),
    Kind("VARCHAR(12) CHARACTER SET euckr", _hex("aA 가나'\\", 12, "euckr", "euc-kr")),
    # The backslash: 5C comes back from utf8mb4 as 815F.
    Kind("VARCHAR(12) CHARACTER SET sjis", _hex("aA ソ表'\\＼~", 12, "sjis", "shift-jis")),
    Kind("VARCHAR(3) CHARACTER SET sjis", _hex("\\＼a", 3, "sjis", "shift-jis")),
    Kind("VARCHAR(3) CHARACTER SET gbk", _hex("中国\\'a", 3, "gbk", "gbk")),
    Kind("VARCHAR(12) CHARACTER SET utf16", _hex("aA가🎫'", 12, "utf16", "utf-16-be")),
    Kind("BINARY(4)", _bytes(4)), Kind("VARBINARY(9)", _bytes(9)),
    Kind("ENUM('', 'a', 'N', '1')", _whole(0, 4), _AS_NUMBER), Kind("ENUM('2', '1', '3', 'VIP', 'R')", _whole(0, 5), _AS_NUMBER),
    Kind(f"SET({_MEMBERS})", _whole(0, 2**64 - 1), _AS_NUMBER),
    Kind("BIT(7)", _whole(0, 127), _AS_NUMBER), Kind("BIT(64)", _whole(0, 2**64 - 1), _AS_NUMBER),
]
_LONG = [
    Kind("FLOAT", st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr), "CAST(CAST({} AS DOUBLE) AS CHAR)", False),
    Kind("DOUBLE", st.floats(-1.7e308, 1.7e308, allow_nan=False).map(repr), _AS_TEXT, False),
    *(Kind(f"TIMESTAMP{parts} NULL", st.one_of(st.just("'0000-00-00'"), st.integers(1, 2**31 - 1).map(
        lambda at: f"FROM_UNIXTIME({at}.000001)")), _AS_TEXT, False) for parts in ("", "(6)")),
    *(Kind(f"{size}TEXT", _hex(_LETTERS, 30, "utf8mb4", "utf-8"), key=False) for size in ("TINY", "", "MEDIUM")),
    Kind("LONGTEXT CHARACTER SET euckr", _hex("가나a", 9, "euckr", "euc-kr"), key=False),
    Kind("LONGTEXT", st.integers(1, 70_000).map(lambda size: f"REPEAT(_utf8mb4 X'5c27f09f8eab', {size})"), "SHA2({}, 512)", False),
    *(Kind(f"{size}BLOB", _bytes(40), key=False) for size in ("TINY", "")),
    *(Kind(f"{size}BLOB", st.integers(1, 70_000).map(lambda size: f"REPEAT(X'005c27ff', {size})"), "SHA2({}, 512)", False)
      for size in ("MEDIUM", "LONG")),
    Kind("JSON", _JSON.map(lambda value: f"_utf8mb4 X'{json.dumps(value, ensure_ascii=False).encode().hex()}'"), _AS_TEXT, False),
    Kind("GEOMETRY", st.one_of(*(_shape(text, 0, 4326) for text in _SHAPES.values())), key=False),
    *(Kind(name, _shape(text, 0, 4326), key=False) for name, text in _SHAPES.items()),
    *(Kind(f"{name} SRID 4326", _shape(text, 4326), key=False) for name, text in _SHAPES.items()),
    Kind("VECTOR(2)", st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda at: f"STRING_TO_VECTOR('[{at[0]},{at[1]}]')"), key=False),
]
KINDS = frozenset(kind.sql for kind in (*_SHORT, *_LONG))
_ANY_SHORT, _ANY_LONG = st.sampled_from(_SHORT), st.sampled_from(_LONG)


@dataclass(frozen=True)
class Plan:
    """A table: columns by name, those of its key, whether the key is only a unique index; up: number of the table it refers to, None for
    none; rows and damage as SQL values by column."""

    columns: dict[str, Kind]
    nullable: frozenset[str]
    key: tuple[str, ...]
    unique_only: bool
    swaps: bool
    up: int | None
    on_delete: str
    rows: list[dict[str, str]]
    damage: list[tuple[str, int, dict[str, str]]]


@st.composite
def plans(draw: Any) -> Plan:
    """Any table."""
    columns = {f"k{number}": draw(_ANY_SHORT) for number in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3])))}
    key = tuple(columns)
    columns |= {f"c{number}": draw(st.one_of(_ANY_SHORT, _ANY_LONG)) for number in range(draw(st.integers(0, 4)))}
    nullable = frozenset(name for name in columns if name not in key and draw(st.booleans()))

    def a_row() -> dict[str, str]:
        return {name: "NULL" if name in nullable and draw(st.integers(0, 3)) == 0 else draw(kind.values) for name, kind in columns.items()}

    rows = [a_row() for _ in range(draw(st.integers(0, 9)))]
    damage = [(draw(st.sampled_from(["delete", "update", "update", "insert"])), draw(st.integers(0, 6)), a_row())
              for _ in range(draw(st.integers(0, 5)))]
    return Plan(columns, nullable, key, draw(st.integers(0, 4)) == 0, draw(st.integers(0, 2)) == 0, draw(st.none() | st.integers(0, TABLES)),
                draw(st.sampled_from(["RESTRICT", "CASCADE", "SET NULL"])), rows, damage)


worlds = st.lists(plans(), min_size=4, max_size=TABLES)


@dataclass
class Trips:
    """What came of all schemas so far."""

    tables: int = 0
    rows: int = 0
    repaired: int = 0
    wrong: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def trip(source: Server, target: Server, world: Sequence[Plan], trips: Trips) -> None:
    """Build, damage, repair, read. Raises AssertionError when anything is not as it must be."""
    names = [f"t{number}" for number in range(len(world))]
    with source.connected() as here, target.connected() as there:
        for conn in (here, there):
            for statement in (MODES, f"DROP DATABASE IF EXISTS {SCHEMA}", f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4", f"USE {SCHEMA}"):
                execute(conn, statement)
            for number, plan in enumerate(world):
                execute(conn, _create(number, plan, world))
            execute(conn, "START TRANSACTION")
            for number, plan in enumerate(world):
                for place, row in enumerate(plan.rows):
                    execute(conn, _insert(number, plan, row, place))
            for number, plan in enumerate(world):
                _no_orphans(conn, number, plan, world)
            execute(conn, "COMMIT")
        execute(there, "START TRANSACTION")
        for number, plan in enumerate(world):
            for what, place, row in plan.damage:
                _hurt(there, number, plan, what, place, row)
        execute(there, "COMMIT")
        execute(there, f"DROP DATABASE IF EXISTS {WATCH}")
        execute(there, f"CREATE DATABASE {WATCH}")
        execute(there, f"CREATE TABLE {WATCH}.log (tab VARCHAR(9), k VARBINARY(3000))")
        for number, plan in enumerate(world):
            for statement in _watch(number, plan):
                execute(there, statement)
        before = [[_read(conn, number, plan) for number, plan in enumerate(world)] for conn in (here, there)]
        done = repair(source, target, [SCHEMA], threads=1, chunk_rows=ROWS)
        assert done.equal, done.facts()
        found = compare(source, target, [SCHEMA], threads=1, chunk_rows=ROWS)
        assert found.equal, found.facts()
        after = [[_read(conn, number, plan) for number, plan in enumerate(world)] for conn in (here, there)]
        assert after[0] == before[0], "the source was written"
        assert after[0] == after[1], "the target reads differently"
        touched = [(row["tab"], bytes(row["k"])) for row in query(there, f"SELECT tab, k FROM {WATCH}.log")]
        _raw(source, target, world, there, before[0])
    for number, plan in enumerate(world):
        mine, theirs = before[0][number], before[1][number]
        hurt = {key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key)}
        if plan.key:
            trips.wrong += len({key for name, key in touched if name == names[number]} - hurt)
        else:
            trips.wrong += max(0, sum(name == names[number] for name, _ in touched) - sum(abs(mine[key] - theirs[key]) for key in hurt))
        trips.kinds.update(kind.sql for kind in plan.columns.values())
        trips.rows += len(plan.rows)
    trips.tables += len(world)
    trips.repaired += done.counts.written
    assert trips.wrong == 0, "rows that were equal have been written"


def _raw(source: Server, target: Server, world: Sequence[Plan], there: Any, wanted: list[Any]) -> None:
    """Damage and align, then copy."""
    for number in range(len(world)):
        for what in "IUD":
            execute(there, f"DROP TRIGGER w{number}{what}")
    for number, plan in enumerate(world):
        for what, place, row in plan.damage:
            _hurt(there, number, plan, what, place, row)
    with mock.patch.object(difference, "CHUNK_ROWS", ROWS), snapshot(source, [SCHEMA]) as view, target.connected(raw=True) as conn:
        make_alike(view.conn, conn, [SCHEMA])
    assert [_read(there, number, plan) for number, plan in enumerate(world)] == wanted, "aligned, the target reads differently"
    with mock.patch.object(moving, "MOST_ROWS", ROWS):
        copy(source, target, [SCHEMA])
    assert [_read(there, number, plan) for number, plan in enumerate(world)] == wanted, "copied, the target reads differently"


def _create(number: int, plan: Plan, world: Sequence[Plan]) -> str:
    parts = [f"{name} {kind.sql.removesuffix(' NULL')}{' NULL' if name in plan.nullable else ' NOT NULL'}" for name, kind in plan.columns.items()]
    parts += ["ord INT NOT NULL", "uni INT NULL INVISIBLE", "twice BIGINT GENERATED ALWAYS AS (ord * 2) VIRTUAL",
              "thrice BIGINT GENERATED ALWAYS AS (ord * 3) STORED"]
    if plan.key:
        parts.append(f"{'UNIQUE KEY only_key' if plan.unique_only else 'PRIMARY KEY'} ({', '.join(plan.key)})")
    if plan.swaps:
        parts.append("UNIQUE KEY uni (uni)")
    if plan.up is not None:
        parent = plan.up % len(world)
        parts += ["up INT NULL", f"FOREIGN KEY (up) REFERENCES t{parent} (uni) ON DELETE {plan.on_delete}" if world[parent].swaps else "KEY (up)"]
    return f"CREATE TABLE t{number} ({', '.join(parts)})"


def _insert(number: int, plan: Plan, row: dict[str, str], place: int) -> str:
    names = [*row, "ord", "uni", *(["up"] if plan.up is not None else [])]
    values = [*row.values(), str(place if plan.key else place % 2), str(place), *([str((place * 3 + 1) % 7)] if plan.up is not None else [])]
    return f"INSERT IGNORE INTO t{number} ({', '.join(names)}) VALUES ({', '.join(values)})"


def _no_orphans(conn: Any, number: int, plan: Plan, world: Sequence[Plan]) -> None:
    if plan.up is not None and world[plan.up % len(world)].swaps:
        uni = [row["uni"] for row in query(conn, f"SELECT uni FROM t{plan.up % len(world)} WHERE uni IS NOT NULL")]
        execute(conn, f"UPDATE t{number} SET up = NULL WHERE up NOT IN ({', '.join(map(str, uni)) or '-1'})")


def _hurt(conn: Any, number: int, plan: Plan, what: str, place: int, row: dict[str, str]) -> None:
    if what == "delete":
        execute(conn, f"DELETE FROM t{number} WHERE ord = {place} LIMIT 1")
    elif what == "insert":
        execute(conn, _insert(number, plan, row, place + 10))
    else:
        sets = [f"{name} = {value}" for name, value in row.items()] or ["ord = ord + 1"]
        execute(conn, f"UPDATE IGNORE t{number} SET {', '.join(sets[:1 + place % len(sets)])}, uni = {place + 1} WHERE ord = {place} LIMIT 1")
        if plan.swaps:          # two rows change places
            execute(conn, f"UPDATE t{number} SET uni = NULL WHERE uni = 3")
            execute(conn, f"UPDATE IGNORE t{number} SET uni = 3 WHERE ord = 2 LIMIT 1")


def _key(plan: Plan, prefix: str = "") -> str:
    return "CONCAT_WS('/', " + ", ".join(f"CAST({plan.columns[name].read.format(prefix + name)} AS BINARY)" for name in plan.key) + ")"


def _watch(number: int, plan: Plan) -> list[str]:
    """The words dr.gate: in them make these triggers the gate's for the repair: they change nothing."""
    return [f"CREATE TRIGGER w{number}{what[0]} AFTER {what} ON t{number} FOR EACH ROW "
            f"INSERT INTO {WATCH}.log VALUES ('t{number}', {_key(plan, row + '.') if plan.key else repr('')} /* dr.gate: */)"
            for what, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))]


def _read(conn: Any, number: int, plan: Plan) -> Any:
    """The table as {key: row}, or as a bag of rows; every value in a form that tells it from any other."""
    whole = {**{name: kind.read for name, kind in plan.columns.items()}, "ord": "{}", "uni": "{}", "twice": "{}", "thrice": "{}",
             **({"up": "{}"} if plan.up is not None else {})}
    rows = query(conn, f"SELECT {_key(plan) if plan.key else repr('')} AS the_key, " + ", ".join(
        f"{how.format(name)} AS {name}" for name, how in whole.items()) + f" FROM t{number}")
    if plan.key:
        return {bytes(row.pop("the_key")): row for row in rows}
    return Counter(tuple(map(str, row.values())) for row in rows)


def check(source: Server, target: Server, tables: int, tell: Callable[[Trips], None] = lambda trips: None, *, every: bool = False,
          shrink: bool = False) -> Trips:
    """At least so many tables, and with `every` until each kind was there. Raises what the first failing schema raises, with `shrink` (for a person
    who waits) the smallest. derandomize: hypothesis would make the same tables each time where $CI is set, and this go on for ever."""
    trips = Trips()
    while trips.tables < tables or (every and KINDS - set(trips.kinds)):
        @settings(max_examples=max(FEWEST, (tables - trips.tables) // TABLES), deadline=None, database=None, derandomize=False,
                  suppress_health_check=list(HealthCheck), phases=[Phase.generate, *([Phase.shrink] if shrink else [])])
        @given(worlds)
        def some(world: list[Plan]) -> None:
            trip(source, target, world, trips)
            tell(trips)

        some()
    return trips


def _tell(now: Trips) -> None:
    print(f"\r{now.tables} tables, {len(now.kinds)} of {len(KINDS)} kinds, {now.repaired} rows repaired", end="", flush=True)


def main() -> int:
    """Entry point."""
    from bench.db import servers
    from bench.record import OF_THE_DATA, measured, record

    parser = argparse.ArgumentParser(prog="python -m bench.sync_roundtrip", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=2000, help="at least so many (default: %(default)s)")
    options = parser.parse_args()
    began, run = time.monotonic(), {"what": "roundtrip", **measured(*OF_THE_DATA)}
    with servers.running() as pair:
        for name in (servers.NHN, servers.AWS):
            servers.boss(name, "SET GLOBAL sync_binlog = 0; SET GLOBAL innodb_flush_log_at_trx_commit = 2;")
        trips = check(pair.source, pair.target, options.tables, _tell, every=True)
    figures: dict[str, float] = {"roundtrip_tables": trips.tables, "roundtrip_rows": trips.rows, "roundtrip_repaired": trips.repaired,
                                 "roundtrip_wrong_repairs": trips.wrong, "roundtrip_kinds": len(trips.kinds)}
    print(f"\n{record('db', figures, {**run, 'seconds': round(time.monotonic() - began, 1), 'kinds': dict(trips.kinds)})}: {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
