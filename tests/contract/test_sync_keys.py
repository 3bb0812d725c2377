# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys of every type MySQL lets be one, alone and on both sides of a number, through everything that finds rows by them, a few rows a chunk.

What each key reads like is asked without any of the code that is looked at: its number, its bytes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, difference, look, moving
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import repair as repairing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.aligning import make_alike
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

MANY = [0, 1, 2, 3, 2**62, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1]
MEMBERS = ", ".join(f"'m{number}'" for number in range(64))
DAYS = ["0000-00-00", "1970-01-01", "2026-00-00", "2026-01-00", "2026-02-28", "2026-02-30", "2026-02-31", "2026-03-01", "9999-12-31"]


def coded(charset: str, *codes: str) -> list[str]:
    return [f"_{charset} X'{code}'" for code in codes]


# {type: its values in SQL, in no order}
KINDS: dict[str, list[Any]] = {
    "ENUM('2', '1', '3', '', 'VIP', 'R', '0', 'S')": list(range(9)), f"SET({MEMBERS})": MANY, "SET('2', '1', '3', 'x')": list(range(9)),
    "BIT(64)": MANY, "BIT(5)": list(range(20, 29)), "YEAR": [0, 1901, 1969, 1970, 1999, 2000, 2026, 2069, 2155],
    "BIGINT UNSIGNED": MANY, "INT": list(range(-4, 5)), "DECIMAL(30,2)": [f"{10**20 + step}.{step:02d}" for step in range(-4, 5) if step] + ["0"],
    "DATE": [f"'{day}'" for day in DAYS], "DATETIME(3)": [f"'{day} 00:00:00.5'" if day > "1" else f"'{day}'" for day in DAYS],
    "TIMESTAMP": ["'0000-00-00 00:00:00'", *(f"'2026-01-0{day} 00:00:0{day}'" for day in range(1, 9))],
    "TIME(2)": [f"'{time}'" for time in (
        "-838:59:58", "-100:00:01.5", "-00:00:01.5", "0", "00:00:00.01", "09:00", "23:59:59.99", "100:00", "838:59:58")],
    "BINARY(3)": [f"X'{code}'" for code in ("00", "0001", "27", "5C", "25", "41", "FF", "FF01", "FFFFFF")],
    "VARBINARY(3)": [f"X'{code}'" for code in ("", "00", "0000", "27", "5C", "25", "FF", "FF00", "FFFFFF")],
    "VARCHAR(9)": coded("utf8mb4", "", "27", "5C", "25", "41", "F09F8EAB", "EAB080", "30", "0A"),
    "VARCHAR(9) COLLATE utf8mb4_general_ci": coded("utf8mb4", "", "27", "5C", "25", "C389", "F09F8EAB", "EAB080", "30", "0A"),
    "CHAR(4)": coded("utf8mb4", "", "27", "5C", "25", "41", "F09F8EAB", "EAB080", "30", "0A"),
    "VARCHAR(9) CHARACTER SET sjis": coded("sjis", "", "5C", "815F", "7E", "835C", "41", "5C5C", "B1", "27"),
    "VARCHAR(9) CHARACTER SET cp932": coded("cp932", "", "5C", "815F", "7E", "835C", "41", "8754", "FA4A", "27"),
    "VARCHAR(9) CHARACTER SET gbk": coded("gbk", "", "5C", "D6D0", "7E", "815C", "41", "B9FA", "27", "25"),
    "VARCHAR(9) CHARACTER SET big5": coded("big5", "", "5C", "A45C", "7E", "A4A4", "41", "B3A3", "27", "25"),
    "VARCHAR(9) CHARACTER SET euckr": coded("euckr", "", "5C", "B0A1", "7E", "B3AA", "41", "B4D9", "27", "25"),
    "VARCHAR(9) CHARACTER SET utf16": coded("utf16", "", "005C", "AC00", "D83CDFAB", "0041", "0027", "0025", "2018", "FF3C"),
    "VARCHAR(9) CHARACTER SET ucs2": coded("ucs2", "", "005C", "AC00", "0030", "0041", "0027", "0025", "2018", "FF3C"),
    "VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin": coded("latin1", "", "5C", "81", "8D", "8F", "90", "9D", "E9", "27"),
    "VARCHAR(9) CHARACTER SET cp1251": coded("cp1251", "", "5C", "98", "FF", "E9", "41", "27", "25", "B8"),
}
SHAPES = ("k", "k, id", "id, k")
TABLES = [(f"t{place}_{number}", kind, shape) for place, kind in enumerate(KINDS) for number, shape in enumerate(SHAPES)]


def place_of(number: int) -> int:
    """0: alike on both sides (three of nine), 1: not alike, 2: only on the source, 3: only on the target (two each)."""
    return number % 4


@pytest.fixture
def keys(shop: Shop) -> Shop:
    """A table of each kind and shape with rows of all four sorts on both sides of every boundary."""
    for server, other in ((shop.source, 3), (shop.target, 2)):
        statements = []
        for name, kind, shape in TABLES:
            statements.append(f"CREATE TABLE {name} (id INT NOT NULL, k {kind} NOT NULL, v INT, PRIMARY KEY ({shape}))")
            rows = [(1 if shape == "id, k" else number, value, 9 if place_of(number) == 1 and other == 2 else 0)
                    for number, value in enumerate(KINDS[kind]) if place_of(number) != other]
            statements.append(f"INSERT IGNORE INTO {name} VALUES {', '.join(f'({key}, {value}, {v})' for key, value, v in rows)}")
        shop.on(server, *statements)
    for name, kind, _shape in TABLES:
        assert sizes(shop, name) == [7, 7], (name, kind)
    return shop


def sizes(shop: Shop, name: str) -> list[int]:
    return [int(shop.rows(server, f"SELECT COUNT(*) FROM {name}")[0][0]) for server in (shop.source, shop.target)]


def held(shop: Shop, server: Any) -> dict[str, list[Any]]:
    """Every table's rows, each key by its number and by its bytes."""
    return {name: sorted(shop.rows(server, f"SELECT HEX(CONCAT(k)), HEX(k), {'CAST(k AS UNSIGNED)' if kind[:3] in ('ENU', 'SET', 'BIT') else 0}, "
                                           f"id, v FROM {name}")) for name, kind, _shape in TABLES}


DIFFERING = {"missing": 2, "extra": 2, "different": 2}


def test_compared_and_repaired_a_few_rows_a_chunk(keys: Shop) -> None:
    found = compare(keys.source, keys.target, [SCHEMA], chunk_rows=2, shown=10_000)
    told = {name: [row["kind"] for row in found.differences if row["table"] == f"{SCHEMA}.{name}"] for name, *_ in TABLES}
    assert not found.unsettled_rows
    for name, kind, _shape in TABLES:
        assert {each: told[name].count(each) for each in DIFFERING} == DIFFERING, (name, kind, found.per_table[f"{SCHEMA}.{name}"])
    assert sum(facts["chunks"] > 2 for facts in found.per_table.values()) >= len(TABLES) - 2 * 5       # those that can be cut are
    done = repair(keys.source, keys.target, [SCHEMA], chunk_rows=2)
    assert done.equal and done.counts.written == 6 * len(TABLES), done.not_repaired
    assert held(keys, keys.source) == held(keys, keys.target)


def test_aligned_a_few_rows_a_chunk(keys: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "CHUNK_ROWS", 2)
    with snapshot(keys.source, [SCHEMA]) as view, keys.target.connected(raw=True) as target:
        # those not alike are taken out and put in again
        assert make_alike(view.conn, target, [SCHEMA]) == 8 * len(TABLES)
    assert held(keys, keys.source) == held(keys, keys.target)


def test_copied_and_taken_up_again_a_few_rows_a_chunk(keys: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "MOST_ROWS", 2)
    assert copy(keys.source, keys.target, [SCHEMA]).rows == 7 * len(TABLES)
    assert held(keys, keys.source) == held(keys, keys.target)
    keys.damage(*(f"UPDATE {name} SET v = 5 WHERE id = 1" for name, *_ in TABLES))
    again = copy(keys.source, keys.target, [SCHEMA], resume=True)
    assert again.kept_rows > 2 * len(TABLES) and held(keys, keys.source) == held(keys, keys.target)


def test_what_one_side_alone_holds_is_in_the_report_whatever_its_key(keys: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "CHUNK_ROWS", 2)
    with keys.source.connected() as conn:
        since = binlog_position(conn)
    report = find(Sides(keys.target, keys.source, "aws", "nhn"), [SCHEMA], by_gtid=False, since=since)
    for name, kind, _shape in TABLES:
        told = [row.change for row in report.rows if row.table == f"{SCHEMA}.{name}"]
        assert {each: told.count(each) for each in ("insert", "update", "delete")} == {"insert": 2, "update": 2, "delete": 2}, (name, kind)


@pytest.fixture
def three(shop: Shop) -> Shop:
    """Three rows that differ, of which one is not found by its key."""
    shop.both("CREATE TABLE three (id INT PRIMARY KEY, v INT)", "INSERT INTO three VALUES (1, 1), (2, 2), (3, 3), (4, 4)")
    shop.damage("UPDATE three SET v = v + 100 WHERE id < 4")
    return shop


def lost(real: Any) -> Any:
    """What finds rows by their keys, and not the one with the number 3."""
    def instead(*given: Any) -> Any:
        sql, values = real(*given)
        return (sql.replace(" WHERE ", " WHERE `id` <> 3 AND ") if " WHERE " in sql else f"`id` <> 3 AND {sql}"), values

    return instead


def test_a_row_that_is_not_found_again_is_not_taken_for_equal(three: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "digests_of_sql", lost(look.digests_of_sql))
    found = compare(three.source, three.target, [SCHEMA])
    assert not found.equal and [row["key"]["id"] for row in found.differences] == ["1", "2"]
    assert [row["key"]["id"] for row in found.unsettled] == ["3"]
    assert not repair(three.source, three.target, [SCHEMA]).equal
    assert three.rows(three.target, "SELECT id, v FROM three ORDER BY id") == [(1, 1), (2, 2), (3, 103), (4, 4)]


def test_a_row_that_is_gone_when_it_is_to_be_repaired_is_compared_again(three: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import writing

    monkeypatch.setattr(writing, "digests_of_sql", lost(writing.digests_of_sql))
    done = repair(three.source, three.target, [SCHEMA])
    assert not done.equal and (done.left, done.passes) == (1, repairing.PASSES)


def test_a_key_that_finds_no_row_ends_an_alignment_before_anything_is_followed(three: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligning, "among", lost(aligning.among))
    with pytest.raises(Fault, match=r"(?s)find rows of shop\.three by their keys.*replication was not started"):
        aligned(three)
    monkeypatch.undo()
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import rows

    monkeypatch.setattr(rows, "among", lost(rows.among))
    three.damage("DELETE FROM three WHERE id = 3")
    with pytest.raises(Fault, match=r"(?s)find rows of shop\.three by their keys.*replication was not started"):
        aligned(three)


def test_every_table_is_added_up_again_after_an_alignment(three: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligning, "align", lambda *_given: 0)
    with pytest.raises(Fault, match=r"(?s)shop\.three \(3 rows\).*still differ.*not started"):
        aligned(three)


def test_a_row_of_the_old_server_that_is_not_found_again_ends_a_salvage(three: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import rows

    monkeypatch.setattr(rows, "among", lost(rows.among))
    with pytest.raises(Fault, match=r"(?s)find rows of shop\.three.*1 are not found again"):
        find(Sides(three.target, three.source, "aws", "nhn"), [SCHEMA], by_gtid=False)


def aligned(shop: Shop) -> int:
    with snapshot(shop.source, [SCHEMA]) as view, shop.target.connected(raw=True) as target:
        return make_alike(view.conn, target, [SCHEMA])
