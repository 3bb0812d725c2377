# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What salvage and seeding again ask of two servers' definitions, and which tables a copy believes the gate holds."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import differences
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import guarded
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]


def test_definitions_that_differ_are_named_column_by_column_and_all_at_once(shop: Shop) -> None:
    shop.on(shop.source, "CREATE TABLE a (id INT PRIMARY KEY, n INT, w VARCHAR(9), x INT)", "CREATE TABLE b (id INT PRIMARY KEY, u INT, v INT)",
            "CREATE TABLE only_there (id INT PRIMARY KEY)")
    shop.on(shop.target, "CREATE TABLE a (id INT PRIMARY KEY, n BIGINT, w VARCHAR(9) COLLATE utf8mb4_bin)",
            "CREATE TABLE b (id INT PRIMARY KEY, v INT, u INT)")
    with pytest.raises(BadInput) as told:
        find(Sides(shop.target, shop.source, "aws", "nhn"), [SCHEMA], by_gtid=False)
    words = str(told.value)
    for fault in ("shop.a.n: bigint NULL on the old server, int NULL on the writer", "shop.a.w: varchar(9) NULL utf8mb4_bin on the old server",
                  "shop.a.x: absent on the old server, int NULL on the writer", "shop.only_there: only on the writer",
                  "shop.b: its columns stand in another order, id, v, u on the old server, id, u, v on the writer"):
        assert fault in words
    with shop.source.connected(raw=True) as here, shop.target.connected(raw=True) as there, pytest.raises(BadInput, match="int NULL on the source"):
        list(differences(here, there, [SCHEMA]))


def test_columns_in_another_order_are_named_and_the_other_tables_compared(shop: Shop) -> None:
    """Row events bring values by where their column stands, so it is no matter of taste; and nothing is said of an ALTER that never was."""
    shop.on(shop.source, "CREATE TABLE b (id INT PRIMARY KEY, u INT, v INT)", "INSERT INTO b VALUES (1, 2, 3)")
    shop.on(shop.target, "CREATE TABLE b (id INT PRIMARY KEY, v INT, u INT)", "INSERT INTO b VALUES (1, 3, 2)")
    shop.both("CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)")
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.definitions == ["shop.b: its columns stand in another order, id, u, v on the source, id, v, u on the target"]
    assert not found.equal and found.rows_compared == 1 and list(found.per_table) == ["shop.a"]
    with pytest.raises(Fault, match=r"(?s)shop\.b: its columns stand in another order.*Nothing was written"):
        repair(shop.source, shop.target, [SCHEMA])


def test_an_engine_that_takes_nothing_back_is_named(shop: Shop) -> None:
    shop.on(shop.source, "CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)")
    shop.on(shop.target, "CREATE TABLE a (id INT PRIMARY KEY) ENGINE = MyISAM", "INSERT INTO a VALUES (1)")
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.definitions == ["shop.a: storage engine InnoDB on the source, MyISAM on the target"]
    assert not found.equal and (found.differing_rows, found.rows_compared) == (0, 1)


def test_what_a_schema_gives_to_tables_that_name_no_character_set_is_named_and_rows_are_repaired_all_the_same(shop: Shop) -> None:
    """CREATE TABLE travels as it was said: a schema that is otherwise makes another table of it on the replica."""
    shop.on(shop.source, "CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)")
    shop.on(shop.target, "CREATE TABLE a (id INT PRIMARY KEY)", f"ALTER DATABASE {SCHEMA} CHARACTER SET latin1 COLLATE latin1_swedish_ci")
    said = [f"{SCHEMA}: default character set utf8mb4 utf8mb4_0900_ai_ci on the source, latin1 latin1_swedish_ci on the target"]
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.definitions == said and not found.equal and found.differing_rows == 1
    done = repair(shop.source, shop.target, [SCHEMA])
    assert done.counts.written == 1 and done.comparison.definitions == said and not done.equal
    shop.on(shop.target, f"ALTER DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci")
    assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_a_table_with_one_of_three_triggers_is_not_taken_for_guarded(shop: Shop) -> None:
    """A copy holds the gate's row and takes such a table for held: an UPDATE that nobody stops would be lost between view and position."""
    shop.on(shop.source, "CREATE TABLE whole (id INT)", "CREATE TABLE half (id INT)", "CREATE TABLE other (id INT)", gate.TABLE)
    reads = "SET @open = (SELECT valid_until FROM dr.gate LIMIT 1)"
    with shop.source.connected(database=SCHEMA) as conn:
        for event in ("INSERT", "UPDATE", "DELETE"):
            execute(conn, f"CREATE TRIGGER w{event} BEFORE {event} ON whole FOR EACH ROW {reads}")
            execute(conn, f"CREATE TRIGGER o{event} BEFORE {event} ON other FOR EACH ROW SET @x = 1")
        execute(conn, f"CREATE TRIGGER h1 BEFORE INSERT ON half FOR EACH ROW {reads}")
        execute(conn, f"CREATE TRIGGER h2 BEFORE INSERT ON half FOR EACH ROW {reads}")
        execute(conn, f"CREATE TRIGGER h3 AFTER UPDATE ON half FOR EACH ROW {reads}")
        assert guarded(conn, [SCHEMA]) == {"shop.whole"}
