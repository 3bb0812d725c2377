# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Definitions that MySQL does not tell as it keeps them: neither a copy nor a backup makes something else of them."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.seeding import copy_resumably
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

UTF8 = ("utf8mb4", "utf-8")
KOREAN = ("euckr", "cp949")


def build(shop: Shop, client: tuple[str, str], *statements: str) -> None:
    with shop.source.connected(database=SCHEMA) as conn:
        execute(conn, f"SET NAMES {client[0]}")
        for statement in statements:
            conn.query(statement.encode(client[1]))
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")


def dumped(shop: Shop) -> list[bytes]:
    with snapshot(shop.source, [SCHEMA]) as view:
        return list(dump.dump(view.conn, [SCHEMA]))


@pytest.mark.parametrize(("client", "statement", "name"), [
    (KOREAN, "CREATE TABLE d (a VARCHAR(9), CONSTRAINT kept CHECK (a <> '환불'))", "CHECK kept"),
    (KOREAN, "CREATE TABLE d (a VARCHAR(9), n INT DEFAULT (CHAR_LENGTH('환불')))", "default of n"),
    (UTF8, "CREATE TABLE d (a VARCHAR(9), g VARCHAR(20) AS (CONCAT(a, '🎫')))", "column g"),
    (UTF8, "CREATE TABLE d (a VARCHAR(9), UNIQUE KEY often ((CONCAT(a, '🎫'))))", "index often"),
    (UTF8, "CREATE TABLE d (a VARCHAR(9), CONSTRAINT kept CHECK (a <> _binary X'FF'))", "CHECK kept")])
def test_what_has_lost_its_meaning_is_refused_by_name(shop: Shop, client: tuple[str, str], statement: str, name: str) -> None:
    build(shop, client, statement)
    with pytest.raises(Fault, match=rf"shop\.d: {name}"):
        copy_resumably(shop.source, shop.target, [SCHEMA])
    with shop.target.connected() as conn:
        assert not query(conn, f"SHOW DATABASES LIKE '{SCHEMA}'")
    with pytest.raises(Fault, match=rf"shop\.d: {name}"):
        dumped(shop)


def test_what_is_told_as_it_is_kept_comes_over_and_is_equal(shop: Shop) -> None:
    build(shop, UTF8, "CREATE TABLE `좌석` (`번호` INT PRIMARY KEY, a VARCHAR(9) DEFAULT '환불🎫' COMMENT '?', "
          "g VARCHAR(20) AS (CONCAT(a, 'it''s\\\\ 환불?')) STORED, n INT DEFAULT (CHAR_LENGTH('환불')), "
          "CHECK (`번호` > 0 AND a <> '환불'), CHECK (a <> CONVERT(0xF09F8EAB USING utf8mb4)), "
          "UNIQUE KEY one ((CONCAT(a, 'é'))))", "INSERT INTO `좌석` (`번호`) VALUES (1)")
    text = dumped(shop)
    copy_resumably(shop.source, shop.target, [SCHEMA])
    assert compare(shop.source, shop.target, [SCHEMA]).equal
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
    assert compare(shop.source, shop.target, [SCHEMA]).equal
