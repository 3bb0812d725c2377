# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeding again without a dump, on two real servers: what the target ends up with is the view, to the bit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import unfinished
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.aligning import align
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import differences
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import describe
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from tests.contract.sync_pair import SCHEMA, Shop, shop
from tests.contract.test_sync_repair import FULL, NAMES, TABLE

__all__ = ["shop"]


def aligned(shop: Shop) -> int:
    """Align, see that both are equal, and say how many rows were written or taken away."""
    with snapshot(shop.source, [SCHEMA]) as view, shop.target.connected(raw=True) as target:
        count = align(view.conn, target, list(differences(view.conn, target, [SCHEMA])))
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.equal, found.differences
    return count


def test_every_type_arrives_bit_by_bit(shop: Shop) -> None:
    shop.both("SET SESSION time_zone = '+05:30'", TABLE, TABLE.replace("kinds (id INT PRIMARY KEY", "bag (id INT"))
    rows = ", ".join((f"(1, {', '.join(FULL.values())})", f"(2, {', '.join(['NULL'] * len(FULL))})", f"(3, {', '.join(FULL.values())})"))
    shop.on(shop.source, f"INSERT INTO kinds (id, {NAMES}) VALUES {rows}", f"INSERT INTO bag (id, {NAMES}) VALUES {rows}")
    shop.damage("INSERT INTO kinds (id) VALUES (2), (9)", "UPDATE kinds SET v = 'other'", "INSERT INTO bag (id) VALUES (9)")
    aligned(shop)
    for table in ("kinds", "bag"):
        shop.same(table, [*FULL, "twice", "thrice"], "id")


def test_keys_that_are_neighbours_beyond_what_a_double_tells_apart(shop: Shop) -> None:
    shop.both("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT)", "CREATE TABLE u (k DECIMAL(30,0), i INT, PRIMARY KEY (k, i))")
    numbers = [2**53 + step for step in range(6)]
    shop.both(f"INSERT INTO t VALUES {', '.join(f'({n}, 1)' for n in numbers)}", f"INSERT INTO u VALUES {', '.join(f'({n}, 1)' for n in numbers)}")
    shop.damage(f"UPDATE t SET v = 2 WHERE id = {numbers[1]}", f"DELETE FROM u WHERE k = {numbers[3]}", f"INSERT INTO u VALUES ({numbers[3]}, 2)")
    assert aligned(shop) == 4      # one taken away and put in, one taken away, one put in


@pytest.mark.parametrize("table", ["j (id INT PRIMARY KEY, doc JSON)", "j (id INT, doc JSON)"])
def test_a_value_that_cannot_be_carried_ends_it(shop: Shop, table: str) -> None:
    shop.both(f"CREATE TABLE {table}")
    shop.on(shop.source, "INSERT INTO j VALUES (1, JSON_ARRAY(CAST('2026-01-01' AS DATE)))")
    with pytest.raises(Fault, match=r"(?s)shop\.j as they are.*replication was not started"):
        aligned(shop)


def test_what_would_not_be_the_view_or_takes_too_long_is_refused_before_anything_is_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE log (x INT)", "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    shop.on(shop.source, "INSERT INTO a VALUES (1)", "INSERT INTO log VALUES (1), (2)", "INSERT INTO t VALUES (1, 1)")
    monkeypatch.setattr(aligning, "KEYLESS_LIMIT", 1)
    with pytest.raises(Fault, match=r"(?s)shop\.log\..*no key and more than 1 rows.*Nothing was written"):
        aligned(shop)
    shop.on(shop.source, "DELETE FROM log LIMIT 1")
    shop.damage("INSERT INTO log VALUES (1), (2)")
    with pytest.raises(Fault, match=r"(?s)shop\.log\..*no key and more than 1 rows.*Nothing was written"):
        aligned(shop)
    shop.on(shop.source, "INSERT INTO log VALUES (2)")
    shop.damage("DELETE FROM log")
    monkeypatch.setattr(aligning, "KEYLESS_LIMIT", 2)
    shop.damage("CREATE TRIGGER shout BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 0")
    with pytest.raises(Fault, match=r"(?s)shop\.t\..*Triggers there would change them \(shout\).*Nothing was written"):
        aligned(shop)
    assert shop.rows(shop.target, "SELECT (SELECT COUNT(*) FROM a) + (SELECT COUNT(*) FROM log)") == [(0,)]
    shop.damage("DROP TRIGGER shout", "CREATE TRIGGER dr_gate_insert BEFORE INSERT ON t FOR EACH ROW SET @x = 1")
    assert aligned(shop) == 4


def test_unique_values_that_have_changed_places_and_children_before_their_parents(shop: Shop) -> None:
    shop.both("CREATE TABLE z (id INT PRIMARY KEY, place INT NOT NULL UNIQUE)", "CREATE TABLE a (id INT PRIMARY KEY, z INT NOT NULL, "
              "FOREIGN KEY (z) REFERENCES z (id) ON DELETE CASCADE)", "INSERT INTO z VALUES (1, 1), (2, 2), (3, 3)",
              "INSERT INTO a VALUES (1, 1), (2, 2)")
    shop.on(shop.source, "INSERT INTO z VALUES (4, 4)", "INSERT INTO a VALUES (4, 4)")
    shop.damage("UPDATE z SET place = place + 10", "UPDATE z SET place = MOD(place - 10, 3) + 1")
    assert aligned(shop) == 3 + 3 + 2, "three taken out and put in again, two new ones; no child went along"


def test_a_mark_is_believed_until_its_server_becomes_the_writer(shop: Shop) -> None:
    shop.both(gate.TABLE, "INSERT INTO dr.gate VALUES (@@server_uuid, 'here', 1, 0, 1, 1)")
    try:
        with shop.target.connected() as conn:
            assert unfinished.unfinished(conn) is None
            unfinished.begin_alignment(conn, "first", "its source")
            unfinished.begin_alignment(conn, "second", "its source")
            assert unfinished.alignment(conn) == unfinished.Alignment("first", "its source"), "the report that is true is the one of before"
            execute(conn, "DELETE FROM dr.gate")                # as an alignment does
            assert unfinished.unfinished(conn) == "is being made equal to its source, and that has not ended"
            execute(conn, "INSERT INTO dr.gate VALUES (@@server_uuid, 'here', 2, 0, 1, 1)")
            assert unfinished.unfinished(conn) is None and unfinished.alignment(conn) is None
            unfinished.begin_alignment(conn, "third", "its source")
            unfinished.begin_alignment(conn, "fourth", "another")
            assert unfinished.alignment(conn) == unfinished.Alignment("fourth", "another")
            unfinished.end_alignment(conn)
            assert unfinished.unfinished(conn) is None
            execute(conn, f"CREATE TABLE {SCHEMA}._seeding (id INT PRIMARY KEY)")
            assert unfinished.unfinished(conn) is None, "it has been the writer, and holds what it sold"
            execute(conn, "UPDATE dr.gate SET server_uuid = 'another'")
            assert unfinished.unfinished(conn) == "is being copied, and that has not ended"
            execute(conn, f"INSERT INTO {SCHEMA}._seeding VALUES (1)")
            assert unfinished.unfinished(conn) is None
    finally:
        shop.both("DROP TABLE IF EXISTS dr.gate, dr.aligning")


def test_heartbeats_go_first_and_come_last(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(gate.TABLE, "INSERT INTO dr.gate VALUES ('theirs', 'nhn', 1, 0, 1, 1)", *(f"CREATE TABLE {name} (id INT PRIMARY KEY)" for name in "az"))
    shop.on(shop.source, "UPDATE dr.gate SET sequence = 2", *(f"INSERT INTO {name} VALUES (1)" for name in "az"))
    shop.damage(*(f"INSERT INTO {name} VALUES (2)" for name in "az"))
    done: list[tuple[str, str]] = []

    def note(what: str, place: int) -> None:
        real = getattr(aligning, what)

        def noted(*given: Any) -> Any:
            done.append((what, given[place].label))
            return real(*given)

        monkeypatch.setattr(aligning, what, noted)

    note("_delete", 1)
    note("_insert", 2)
    try:
        with snapshot(shop.source, [SCHEMA]) as view, shop.target.connected(raw=True) as target:
            others = {label for conn in (view.conn, target) for label in describe(conn, ["dr"])} - {"dr.gate"}
            found = [each for schema in (SCHEMA, "dr") for each in differences(view.conn, target, [schema], ignore=others)]
            align(view.conn, target, [*found[1:], found[0]])
    finally:
        shop.both("DROP TABLE IF EXISTS dr.gate")
    assert len(done) == 6 and done[0] == ("_delete", "dr.gate") and done[-1] == ("_insert", "dr.gate")
