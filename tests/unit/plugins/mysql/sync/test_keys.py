# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A key as it is read, found again, ordered and shown; and the walk through a table that must not stand still."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import cutting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import Chunk, boundary_sql, checksum_sql, digests_of_sql, digests_sql
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.keys import among, key_list, keyed, part_of, shown
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table


def table(*key, **columns):
    return Table("shop", "t", tuple(Column(name, kind, kind, charset=charset) for name, (kind, charset) in columns.items()), key)


INT = table("id", id=("int", None))
ODD = table("event", "grade", event=("int", None), grade=("enum", "utf8mb4"))
SJIS = table("k", k=("varchar", "sjis"))


def test_what_is_asked_for_whole_numbers_is_what_it_always_was():
    """Every character: an index that is not used any more costs hours on a large table."""
    chunk, digest = Chunk(INT, (5,), (9,)), "SHA2(CONCAT(IFNULL(`id`, 'N'), ','), 256)"
    assert checksum_sql(chunk) == (f"SELECT 0 AS part, COUNT(*) AS n, HEX(BIT_XOR(UNHEX({digest}))) AS digest FROM `shop`.`t` "
                                   "WHERE (`id` > %s) AND (`id` <= %s)", [5, 9])
    assert boundary_sql(INT, (5,), 1000) == ("SELECT `id` FROM `shop`.`t` WHERE (`id` > %s) ORDER BY `id` LIMIT 1 OFFSET 999", [5])
    assert digests_sql(chunk)[0] == f"SELECT `id`, {digest} AS digest FROM `shop`.`t` WHERE (`id` > %s) AND (`id` <= %s)"
    assert digests_of_sql(INT, [(1,), (2,)])[0].endswith("WHERE `id` IN (%s, %s)")


@pytest.mark.parametrize(("kind", "cells", "part"), [
    ("bigint", ("9223372036854775807", 9223372036854775807), 9223372036854775807), ("year", ("0000", 0), 0), ("enum", ("2", 2), 2),
    ("decimal", ("12345678901234567890.10", Decimal("12345678901234567890.10")), Decimal("12345678901234567890.10")), ("varchar", (b"12",), b"12"),
    ("binary", (b"\x00",), b"\x00"), ("date", ("0000-00-00",), "0000-00-00")])
def test_a_key_is_the_same_whatever_connection_it_is_read_on(kind, cells, part):
    found = list(keyed(table("k", k=(kind, None)), [(cell, "digest") for cell in cells]))
    assert found == [((part,), ("digest",))] * len(cells) and {type(key[0]) for key, _ in found} == {type(part)}
    assert str(found[0][0][0]) == str(part)         # a DECIMAL keeps its digits


def test_text_goes_out_and_comes_back_as_the_bytes_of_its_own_character_set():
    assert key_list(SJIS) == "CAST(`k` AS BINARY)"
    assert among(SJIS, [(b"\\",), (b"\x83\\",)]) == ("`k` IN (_sjis X'5c', _sjis X'835c')", [])
    assert Chunk(SJIS, (b"\\",)).condition() == ("(`k` > _sjis X'5c')", [])
    assert boundary_sql(SJIS, None, 2)[0].endswith("ORDER BY `k` LIMIT 1 OFFSET 1")


def test_an_enum_is_its_number_where_it_is_found_and_where_it_is_ordered():
    assert among(ODD, [(1, 2), (1, 3)]) == ("((`event` = %s AND `grade` = %s) OR (`event` = %s AND `grade` = %s))", [1, 2, 1, 3])
    assert Chunk(ODD, (1, 2)).condition() == (
        "(`event` >= %s AND (`event` > %s OR (`event` = %s AND CAST(`grade` AS UNSIGNED) > %s)))", [1, 1, 1, 2])
    assert ODD.cuttable and not table("e", e=("enum", None)).cuttable


def test_a_sets_64th_member_is_a_sign_only_where_mysql_takes_it_for_one():
    many = table("s", s=("set", "utf8mb4"))
    assert among(many, [(2**63 + 1,)]) == ("((`s` = %s))", [1 - 2**63])
    assert Chunk(many, (2**63 + 1,)).condition() == ("(CAST(`s` AS UNSIGNED) > %s)", [2**63 + 1])


def test_keys_for_people_are_read_in_their_character_set_or_as_digits():
    assert shown(SJIS, (b"\x83\\",)) == {"k": "ソ"} and shown(SJIS, (b"\xff",)) == {"k": "ff"}
    assert shown(table("k", k=("binary", None)), (b"\x00\xff",)) == {"k": "00ff"} and shown(INT, (5,)) == {"id": "5"}


def test_a_part_that_was_written_down_elsewhere_is_the_same_part_or_refused():
    assert part_of(Column("b", "bit", "bit(5)"), b"\x05") == part_of(Column("e", "enum", "", charset="latin1"), "5") == 5
    assert part_of(SJIS.columns[0], b"\\") == b"\\" and part_of(Column("v", "varchar", "", charset="utf8mb4"), "가") == "가".encode()
    with pytest.raises(ValueError, match="sjis"):
        part_of(SJIS.columns[0], "\\")


@pytest.mark.parametrize(("of", "after", "found"), [(INT, (5,), (5,)), (INT, (5,), (4,)), (SJIS, (b"\\",), (b"\\",))])
def test_a_walk_that_does_not_get_ahead_ends_in_words(monkeypatch, of, after, found):
    monkeypatch.setattr(cutting, "fetch", lambda *_asked, **_doing: [found])
    with pytest.raises(Fault, match=r"(?s)cut into chunks.*shop\.t.*does not order them"):
        cutting.next_end(None, of, after, 10)


def test_a_table_that_cannot_be_cut_is_one_chunk_and_nobody_is_asked():
    odd = table("e", e=("enum", None))
    assert list(cutting.chunks_of(None, odd, 10)) == [Chunk(odd)]
