# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text of a row's encoding. That no two rows share one is proven on a real server (tests/contract/test_sync_repair.py)."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.encoding import row_sql
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table


def row(**columns):
    return row_sql(Table("shop", "t", tuple(Column(name, **about, definition="") for name, about in columns.items()), ("id",)))


def test_a_column_that_may_be_null_says_so_and_others_are_not_asked():
    assert row(a={"type": "int"}) == "CONCAT(IFNULL(`a`, 'N'), ',')"
    assert row(a={"type": "int", "nullable": False}) == "CONCAT(`a`, ',')"
    assert row(a={"type": "varchar"}) == "CONCAT(IFNULL(CONCAT(LENGTH(`a`), ':', `a`), 'N'))"
    assert row(a={"type": "longblob"}) == "CONCAT(IFNULL(SHA2(`a`, 256), 'N'))"


def test_short_text_and_bytes_carry_their_length():
    for kind in ("char", "varchar", "binary", "varbinary"):
        assert row(a={"type": kind, "nullable": False}) == "CONCAT(LENGTH(`a`), ':', `a`)"


def test_long_values_go_in_as_their_digest_and_floats_in_full():
    for kind in ("text", "longblob", "point", "vector"):
        assert row(a={"type": kind, "nullable": False}) == "CONCAT(SHA2(`a`, 256))"
    assert "CAST(`a` AS DOUBLE)" in row(a={"type": "float"})


def test_text_of_a_character_set_that_does_not_go_together_with_others_is_taken_as_bytes():
    assert "CAST(`a` AS BINARY)" in row(a={"type": "char", "charset": "euckr"})
    assert "CAST" not in row(a={"type": "char", "charset": "utf8mb4"}, b={"type": "varbinary", "charset": None})


def test_generated_columns_are_left_out():
    assert "twice" not in row(id={"type": "int"}, twice={"type": "int", "generated": True})
