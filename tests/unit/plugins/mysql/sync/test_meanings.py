# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Expressions as MySQL 9.7 tells them twice, in information_schema and in SHOW CREATE TABLE."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.meanings import kept


def kept_as(raw: bytes) -> str:
    """As information_schema has it."""
    return raw.decode("latin-1").replace("\\", "\\\\").replace("'", "\\'")


@pytest.mark.parametrize(("raw", "shown", "is_kept"), [
    ("(`a` <> _utf8mb4'환불')".encode(), "(`a` <> _utf8mb4'환불')", True), ("(`좌석` > 0)".encode(), "(`좌석` > 0)", True),
    ("(`좌석` <> _utf8mb4'it\\'s 환불')".encode(), "(`좌석` <> _utf8mb4'it\\'s 환불')", True),
    (b"(`a` <> _euckr'\xc8\xaf\xba\xd2')", "(`a` <> _euckr'ȯ??')", False), (b"(`a` <> _euckr'\xc8\xaf')", "(`a` <> _euckr'ȯ')", True),
    (b"concat(`a`,_euckr'\xc8\xaf\xba\xd2')", "concat(`a`,_utf8mb4'환불')", True), (b"(`a` <> _latin1'\xe9')", "(`a` <> _latin1'?')", False),
    ("concat(`a`,_utf8mb4'🎫')".encode(), "concat(`a`,_utf8mb4'????')", False), (b"(`a` <> _binary'\xff')", "(`a` <> _binary'?')", False),
    (b"(`a` <> _sjis'\x93\xfa\x96{')", "(`a` <> _sjis'???{')", False),
    ("concat(`좌석`,".encode() + b"_euckr'\xc8\xaf\xba\xd2')", "concat(`좌석`,_utf8mb4'환불')", True)])
def test_an_expression_is_kept_or_it_has_question_marks(raw, shown, is_kept):
    assert kept(kept_as(raw), f"CREATE TABLE `t` (\n  `a` int COMMENT '?',\n  CONSTRAINT `c` CHECK ({shown})\n)") is is_kept


def test_where_information_schema_tells_it_in_letters():
    assert kept("(`a` <> _utf8mb4\\'café\\')", "CHECK ((`a` <> _utf8mb4'café'))") and kept("(`a` <> _utf8mb4\\'환불\\')", "((`a` <> _utf8mb4'환불'))")
