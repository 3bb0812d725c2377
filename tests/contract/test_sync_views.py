# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A view that could not be made again refuses the backup and the copy by name, before anything is done: MySQL keeps what it would not make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]


def backed_up(shop: Shop) -> list[bytes]:
    with snapshot(shop.source, [SCHEMA]) as view:
        return list(dump.dump(view.conn, [SCHEMA]))


def copied(shop: Shop) -> Any:
    return copy(shop.source, shop.target, [SCHEMA])


def both(do: Callable[[Shop], Any], shop: Shop) -> str:
    with pytest.raises(Fault, match=r"(?s)views that could not be made again.*Nothing was begun.*Drop a view") as refused:
        do(shop)
    assert shop.rows(shop.target, "SELECT id FROM here") == [(1,)], "nothing was touched"
    return refused.value.told()


@pytest.mark.parametrize("do", [backed_up, copied])
def test_a_view_whose_table_or_column_is_gone(shop: Shop, do: Callable[[Shop], Any]) -> None:
    shop.damage("CREATE TABLE here (id INT PRIMARY KEY)", "INSERT INTO here VALUES (1)")
    shop.on(shop.source, "CREATE TABLE g (a INT)", "CREATE VIEW over_g AS SELECT * FROM g", "CREATE TABLE h (a INT, b INT)",
            "CREATE VIEW over_h AS SELECT b FROM h", "CREATE VIEW over_v AS SELECT b FROM over_h", "CREATE VIEW fine AS SELECT a FROM h",
            "DROP TABLE g", "ALTER TABLE h DROP COLUMN b")
    said = both(do, shop)
    assert all(f"shop.{name}: MySQL says" in said for name in ("over_g", "over_h", "over_v")) and "shop.fine" not in said


@pytest.mark.parametrize("do", [backed_up, copied])
def test_a_view_into_a_schema_that_does_not_come_along(shop: Shop, do: Callable[[Shop], Any]) -> None:
    shop.damage("CREATE TABLE here (id INT PRIMARY KEY)", "INSERT INTO here VALUES (1)")
    shop.on(shop.source, "CREATE DATABASE watch", "CREATE TABLE watch.o (a INT)", "CREATE VIEW z AS SELECT a FROM watch.o",
            "CREATE FUNCTION watch.f() RETURNS INT DETERMINISTIC RETURN 1", "CREATE VIEW y AS SELECT watch.f() AS n",
            "CREATE VIEW own AS SELECT COUNT(*) FROM information_schema.tables")
    said = both(do, shop)
    assert "shop.z: it needs the table watch.o" in said and "shop.y: it needs the function watch.f" in said and "shop.own" not in said


def test_what_the_target_has_besides_need_not_come_along(shop: Shop) -> None:
    shop.both("CREATE DATABASE watch", "CREATE TABLE watch.o (a INT)", "CREATE FUNCTION watch.f() RETURNS INT DETERMINISTIC RETURN 1")
    shop.on(shop.source, "CREATE VIEW z AS SELECT a, watch.f() AS n FROM watch.o")
    copied(shop)
    assert shop.rows(shop.target, "SELECT * FROM z") == []


def test_a_backup_has_its_own_functions(shop: Shop) -> None:
    shop.on(shop.source, "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 7", "CREATE VIEW y AS SELECT f() AS n")
    text = backed_up(shop)
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
    assert shop.rows(shop.target, "SELECT n FROM y") == [(7,)]
