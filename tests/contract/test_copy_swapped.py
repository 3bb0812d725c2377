# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that refer to each other by any key, come to hold other rows while they are copied, or are wanted by a migration meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import copy as copying
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy, rows_in

from lab.hosts.mysql import server as hosts
from tests.contract.copy_world import NHN, SCHEMA, built, fill, rows
from tests.contract.test_copy_migrated import followed, migrated

BLIND = "dr_blind"                      # what a copy needs, but for PROCESS


@pytest.mark.parametrize(("parent", "child"), [("a_parent", "b_child"), ("b_parent", "a_child")])
@pytest.mark.parametrize("key", ["UNIQUE KEY u (code)", "KEY u (code, k)", "UNIQUE KEY `o``dd` (code), KEY w (w)"])
def test_the_key_that_a_foreign_key_refers_to_is_there_before_it(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, parent: str, child: str, key: str,
) -> None:
    """MySQL makes neither end without it (1822), whatever is checked, and the tables may come in any order."""
    monkeypatch.setattr(copying, "KEYS_LATER_FROM", 0)
    execute(origin, "SET SESSION restrict_fk_on_non_standard_key = OFF")
    execute(origin, f"CREATE TABLE {parent} (id INT PRIMARY KEY, code VARCHAR(9), k INT, w INT, {key}, KEY kw (k, w))", ())
    execute(origin, f"CREATE TABLE {child} (id INT PRIMARY KEY, its VARCHAR(9), CONSTRAINT refers FOREIGN KEY (its) REFERENCES {parent} (CODE))")
    execute(origin, f"INSERT INTO {parent} VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)")
    execute(origin, f"INSERT INTO {child} VALUES (1, 'a'), (2, 'b'), (3, NULL)")
    assert copy(*strangers, [SCHEMA]).rows == 5
    with strangers[1].connected() as there:
        assert [built(there, name) for name in (parent, child)] == [built(origin, name) for name in (parent, child)]
    assert copy(*strangers, [SCHEMA], resume=True).kept_rows == 5


def parted(conn: Any) -> None:
    """zlast in two partitions, and a table beside it of the same build: made in one second, and none of them is built otherwise after a swap."""
    execute(conn, "CREATE TABLE zlast (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100), "
                  "PARTITION `p 한` VALUES LESS THAN MAXVALUE)")
    execute(conn, "CREATE TABLE `zz swap` (id INT PRIMARY KEY, v INT)")
    execute(conn, "INSERT INTO zlast VALUES (1, 1), (2, 1), (200, 1)")
    execute(conn, "INSERT INTO `zz swap` VALUES (7, 7)")


@pytest.mark.parametrize("ddl", [
    ["ALTER TABLE zlast EXCHANGE PARTITION p0 WITH TABLE `zz swap`"], ["RENAME TABLE zlast TO old, `zz twin` TO zlast"],
    ["DROP TABLE zlast", "CREATE TABLE zlast LIKE `zz twin`"]])
def test_rows_that_are_swapped_before_a_table_s_turn_end_the_copy_and_the_next_is_right(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, ddl: list[str],
) -> None:
    """No definition tells, and the view reads what stands under the name then without a word."""
    fill(origin, "first", 500)
    parted(origin)
    execute(origin, "CREATE TABLE `zz twin` LIKE zlast")
    execute(origin, "INSERT INTO `zz twin` VALUES (5, 5)")
    with monkeypatch.context() as patch:
        migrated(patch, strangers[0], "zlast", *ddl)
        with pytest.raises(Fault, match=r"(?s)copied\.z.*[Rr]un again"):
            copy(*strangers, [SCHEMA])
    followed(*strangers, copy(*strangers, [SCHEMA]))
    assert compare(*strangers, [SCHEMA]).equal


def test_an_account_that_cannot_tell_tables_apart_is_told_so_before_anything_is_touched(origin: Any, strangers: tuple[Server, Server]) -> None:
    fill(origin, "first", 10)
    hosts.sql(NHN, f"SET sql_log_bin = 0; CREATE USER {BLIND} IDENTIFIED BY 'blind'; GRANT ALL ON copied.* TO {BLIND}; "
                   f"GRANT SELECT, RELOAD, LOCK TABLES, REPLICATION CLIENT ON *.* TO {BLIND};")
    try:
        with pytest.raises(Fault, match=r"(?s)1227.*Nothing was touched.*PROCESS"):
            copy(replace(strangers[0], user=BLIND, password="blind"), strangers[1], [SCHEMA])
    finally:
        hosts.sql(NHN, f"SET sql_log_bin = 0; DROP USER {BLIND};")
    assert rows_in(strangers[1], [SCHEMA]) == []


def test_views_let_go_of_a_table_that_is_done(origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever alters it would wait for the end of the copy, and all of the application behind him. What he does is said in the end."""
    fill(origin, "first", 500)
    execute(origin, "CREATE VIEW seen AS SELECT first.k FROM first")
    fill(origin, "zlast", 500)
    with monkeypatch.context() as patch:
        migrated(patch, strangers[0], "zlast", "SET SESSION lock_wait_timeout = 1", "ALTER TABLE first ADD INDEX late (c)",
                 "INSERT INTO first (k, c) VALUES (1, 'late')")
        copied = copy(*strangers, [SCHEMA])
    assert (copied.by_table["copied.first"], copied.altered_since) == (500, ["copied.first"])
    with strangers[1].connected() as there:
        assert "late" not in built(there, "first")
    followed(*strangers, copied)
    with strangers[1].connected() as there:
        assert built(there, "first") == built(origin, "first")
        assert rows(there, "SELECT COUNT(*) AS n FROM copied.first") == [{"n": 501}]
    assert compare(*strangers, [SCHEMA]).equal
