# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes with the rows means at the other end what it meant: programs and views by their collation, schemas by their character set."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

SAYS = ("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "CREATE VIEW vw AS SELECT 'vip' = 'VIP' AS same",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = ('vip' = 'VIP')")

FUNCTION = "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 'vip' = 'VIP'"


def dumped(shop: Shop) -> list[bytes]:
    with snapshot(shop.source, [SCHEMA]) as view:
        return list(dump.dump(view.conn, [SCHEMA]))


def loaded(shop: Shop) -> None:
    text = dumped(shop)
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        assert query(conn, "SELECT @@collation_connection AS c")[0]["c"].startswith("utf8mb4_")


def copied(shop: Shop) -> None:
    copy(shop.source, shop.target, [SCHEMA])


@pytest.mark.parametrize("come", [loaded, copied])
@pytest.mark.parametrize(("names", "same"), [("utf8mb4 COLLATE utf8mb4_bin", 0), ("latin1", 1), ("utf8mb4", 1)])
def test_texts_are_alike_by_the_collation_they_were_written_under(shop: Shop, come: Any, names: str, same: int) -> None:
    shop.on(shop.source, f"SET NAMES {names}", *SAYS, *[FUNCTION] * (come is loaded))
    come(shop)
    shop.damage("INSERT INTO t (id) VALUES (1)")
    assert shop.rows(shop.target, "SELECT (SELECT same FROM vw), (SELECT v FROM t)") == [(same, same)]
    if come is loaded:          # a copy is refused where there are any
        assert shop.rows(shop.target, "SELECT f()") == [(same,)]


def test_a_table_that_is_made_later_is_made_alike(shop: Shop) -> None:
    for server, charset in ((shop.source, "latin1"), (shop.target, "utf8mb4")):
        shop.on(server, f"ALTER DATABASE {SCHEMA} CHARACTER SET {charset}")
    copied(shop)
    shop.both("CREATE TABLE b (id INT PRIMARY KEY, v VARCHAR(9))")
    asked = f"SELECT collation_name FROM information_schema.columns WHERE table_schema = '{SCHEMA}' AND column_name = 'v'"
    assert shop.rows(shop.target, asked) == shop.rows(shop.source, asked) == [("latin1_swedish_ci",)]


def test_a_program_whose_text_would_end_the_statement_is_refused_by_name(shop: Shop) -> None:
    shop.on(shop.source, "CREATE PROCEDURE p() BEGIN\n-- x //dr//\nSELECT 1; END")
    with pytest.raises(Fault, match=r"(?s)PROCEDURE `p`.*does not count.*Take that out"):
        dumped(shop)


def test_a_restore_that_fails_tells_nobody_what_is_in_a_row(shop: Shop) -> None:
    with shop.target.connected() as conn, pytest.raises(DatabaseFault) as refused:
        dump.load(conn, [b"SET @dr1 = X'70617373776f7264', @@nosuch = 1 //dr//\n"])
    assert "'SET @dr1'" in refused.value.doing and "7061" not in refused.value.doing
