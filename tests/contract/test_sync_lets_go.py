# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A dump, and a server that is made equal to a view: neither keeps a table that is done, and neither takes other rows for a table's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.aligning import make_alike
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.identity import watching
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import Snapshot, snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Table

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

MADE = ("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "CREATE TABLE b (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 1",
        "CREATE TABLE c (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1), (2, 2)", "INSERT INTO b VALUES (1, 1)",
        "INSERT INTO c VALUES (7, 7)", "CREATE VIEW seen AS SELECT a.v FROM a JOIN b USING (id)")
PATIENCE = "SET SESSION lock_wait_timeout = 1"
SWAP = "ALTER TABLE b EXCHANGE PARTITION p0 WITH TABLE c"


@contextmanager
def held(shop: Shop, *, as_described: bool = False) -> Iterator[tuple[Callable[[Table], None], Snapshot]]:
    with watching(shop.source, as_described=as_described) as look, snapshot(shop.source, [SCHEMA]) as view:
        yield look, view


def dumped(shop: Shop, at: str, *ddl: str) -> tuple[list[bytes], dump.Beside]:
    """The dump, while these are run at the source as soon as a table's turn has begun."""
    with held(shop, as_described=True) as (look, view):
        beside = dump.Beside(look, view.let_go)
        text = []
        for block in dump.dump(view.conn, [SCHEMA], beside):
            text.append(block)
            if at in block.decode():
                shop.on(shop.source, PATIENCE, *ddl)
        return text, beside


def test_who_alters_a_table_that_is_dumped_waits_for_nobody_and_is_told_of(shop: Shop) -> None:
    shop.on(shop.source, *MADE)
    text, beside = dumped(shop, "CREATE TABLE `b`", "ALTER TABLE a ADD INDEX late (v)", "DELETE FROM a")
    assert beside.altered == [f"{SCHEMA}.a"]
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        assert dump.counted(conn, [SCHEMA]) == beside.tables and beside.tables[f"{SCHEMA}.a"]["rows"] == 2


@pytest.mark.parametrize("ddl", [
    ("ALTER TABLE a ADD COLUMN x INT", "CREATE OR REPLACE VIEW seen AS SELECT a.x FROM a JOIN b USING (id)"),
    ("ALTER TABLE a ADD COLUMN x INT", "DROP TRIGGER t", "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 1"),
    ("CREATE TABLE newer (id INT PRIMARY KEY)", "CREATE TRIGGER later BEFORE INSERT ON newer FOR EACH ROW SET NEW.id = NEW.id"),
    ("CREATE TABLE newer (id INT PRIMARY KEY)", "CREATE OR REPLACE VIEW seen AS SELECT id FROM newer"),
])
def test_what_stands_on_the_tables_is_of_before_a_migration_as_they_are(shop: Shop, ddl: tuple[str, ...]) -> None:
    shop.on(shop.source, *MADE, "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.v = 5")
    text, beside = dumped(shop, "CREATE TABLE `b`", *ddl)
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        assert dump.counted(conn, [SCHEMA]) == beside.tables
        assert query(conn, f"SELECT v FROM {SCHEMA}.seen") == [{"v": 1}]
        execute(conn, f"INSERT INTO {SCHEMA}.a VALUES (9, 9)")
        assert query(conn, f"SELECT v FROM {SCHEMA}.a WHERE id = 9") == [{"v": 5}]


def test_a_dump_is_refused_for_tables_of_which_no_view_can_be_had(shop: Shop) -> None:
    shop.on(shop.source, *MADE, "CREATE TABLE loose (id INT PRIMARY KEY) ENGINE = MyISAM")
    with pytest.raises(Fault, match=r"(?s)back up shop\.loose \(MyISAM\).*InnoDB"):
        dumped(shop, "no such block")


def test_a_dump_takes_no_rows_that_were_swapped_meanwhile(shop: Shop) -> None:
    shop.on(shop.source, *MADE)
    with pytest.raises(Fault, match=r"(?s)shop\.b.*nother table, or other partitions.*Run again"):
        dumped(shop, "CREATE TABLE `a`", SWAP)
    assert dumped(shop, "no such block")[1].tables[f"{SCHEMA}.b"]["rows"] == 1


@pytest.mark.parametrize(("ddl", "said"), [
    ("ADD COLUMN late INT DEFAULT 7, ALGORITHM = INSTANT", "1412"),     # MySQL itself says that this view cannot read it any more
    ("MODIFY v VARCHAR(200), ALGORITHM = INPLACE", "altered after this was begun.*does not count.*Run again when the migration is over")])
def test_a_dump_is_none_of_a_table_that_is_altered_before_its_turn(shop: Shop, ddl: str, said: str) -> None:
    """What was made of it would be added up by other columns than the dump has."""
    shop.on(shop.source, *MADE[:1], "CREATE TABLE d (id INT PRIMARY KEY, v VARCHAR(100))", "INSERT INTO d VALUES (1, 'one')")
    with pytest.raises(Fault, match=rf"(?s)shop\.d.*{said}"):
        dumped(shop, "CREATE TABLE `a`", f"ALTER TABLE d {ddl}")
    dumped(shop, "no such block")


@pytest.mark.parametrize(("ddl", "said"), [
    ("ALTER TABLE a ADD INDEX late (v)", r"(?s)shop\.a .*1412.*Run again when the migration is over"), (SWAP, r"(?s)shop\.b\..*does not count")])
def test_a_server_that_is_made_equal_to_a_view_holds_nobody_up_and_takes_nothing_else(shop: Shop, ddl: str, said: str) -> None:
    """Each table is read once more in the end, so a migration ends it, instead of all of the application waiting behind the migration."""
    shop.both(*MADE)
    shop.damage("UPDATE b SET v = 9", "DELETE FROM c")
    left = [ddl]

    def alike() -> int:
        with held(shop) as (look, view), shop.target.connected(raw=True) as target:
            def after(table: Table) -> None:
                look(table)
                view.let_go()
                if table.name == "a" and left:
                    shop.on(shop.source, PATIENCE, left.pop())

            return make_alike(view.conn, target, [SCHEMA], after=after)

    with pytest.raises(Fault, match=said):
        alike()
    shop.damage(ddl)
    alike()
    assert alike() == 0 and shop.rows(shop.target, "SELECT * FROM b") == shop.rows(shop.source, "SELECT * FROM b")
