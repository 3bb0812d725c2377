# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup of values of every awkward kind, loaded into another real server: the sums in its proof come out the same.

Named so that it comes after the tests of replication: the pair of `shop` follows nobody any more.
"""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

VALUES = (
    ("VECTOR(2)", "STRING_TO_VECTOR('[-1.3,2.7]')"), ("JSON", "'{\"a\": \"가🎫\"}'"), ("GEOMETRY", "ST_GeomFromText('POINT(1 2)', 4326)"),
    ("BIT(5)", "b'101'"), ("ENUM('1', '')", "0"), ("SET('a', 'b')", "3"), ("VARCHAR(9) CHARACTER SET sjis", "_sjis X'5C41'"),
    ("VARCHAR(9) CHARACTER SET cp932", "_cp932 X'EEF9'"), ("VARCHAR(9) CHARACTER SET utf16", "'가🎫'"), ("DATE", "'2026-02-31'"),
    ("DATETIME", "'0000-00-00'"), ("FLOAT", "0.1"), ("DOUBLE", "1.7976931348623157e308"), ("TEXT", "'-- a\\nDELIMITER x //dr//'"),
    ("VARBINARY(9)", "X''"), ("INT INVISIBLE", "5"), ("TEXT CHARACTER SET gbk", "'中国'"), ("TIME(6)", "'-838:59:59'"))


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_dump_loads_as_what_was_dumped(shop: Shop, kind: str, value: str) -> None:
    shop.on(shop.source, f"CREATE TABLE d (id INT PRIMARY KEY, k {kind}, v INT)", f"INSERT INTO d (id, k) VALUES (7, {value}), (8, NULL)")
    with snapshot(shop.source, [SCHEMA]) as view:
        text, counted = list(dump.dump(view.conn, [SCHEMA])), dump.counted(view.conn, [SCHEMA])
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
        assert dump.counted(conn, [SCHEMA]) == counted
