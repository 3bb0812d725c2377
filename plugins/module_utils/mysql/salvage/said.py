# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A statement as its log holds it: in the bytes of the client that sent it, in whatever character set that was. Pure.

What the server writes itself it may write in UTF-8 all the same, the name of a view in the midst of a client's bytes even. So a name counts as there
in either spelling, and in every text that cannot be read for certain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Character sets of which Python and MySQL make the same text, and where Python can make none, it says so. Of all others only ASCII is read.
CODECS: Mapping[str, str] = {
    "latin1": "cp1252", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "cp850": "cp850", "cp852": "cp852", "cp1250": "cp1250",
    "cp1251": "cp1251", "cp1257": "cp1257", "koi8r": "koi8-r", "macce": "mac_latin2", "macroman": "mac_roman", "tis620": "tis_620",
    "euckr": "cp949", "gb2312": "gb2312", "gbk": "gbk"}
# MySQL takes the bytes of a client that says "binary" for its own UTF-8.
_UTF8 = frozenset({"utf8", "utf8mb3", "utf8mb4", "binary"})
_NOT_ASCII = frozenset({"swe7"})
_BEYOND = re.compile("[\U00010000-\U0010ffff]")         # in a name MySQL makes a question mark of it
# How long what stands in front of the character set is, by MySQL's codes: flags, sql_mode, the steps of AUTO_INCREMENT; a catalog says it itself.
_FIXED: Mapping[int, int] = {0: 4, 1: 8, 3: 4}
_CHARSET, _CATALOG = 4, 6


@dataclass(frozen=True)
class Said:
    """text: the statement; schema: the one it ran in; raw: as it is in the log, where names in UTF-8 may be among others; certain: no name can be
    in it that is not in one of these."""

    text: str
    schema: str
    raw: bytes = b""
    certain: bool = True


def said(body: bytes, head: int, charsets: Mapping[int, str]) -> Said:
    """The statement of an event. head: bytes before what varies; charsets: {collation: its character set} of the log's server."""
    size, words = body[8], int.from_bytes(body[11:13], "little")
    at = head + words
    raw = body[at + size + 1:]
    charset = charsets.get(_collation(body[head:at]), "")
    text, certain = _read(raw, charset)
    return Said(_BEYOND.sub("?", text), body[at:at + size].decode("utf-8", "replace"), b"" if charset in _UTF8 else raw, certain)


def _collation(words: bytes) -> int:
    """The number of what the client speaks, 0 where that is not told."""
    at = 0
    while at < len(words):
        code, at = words[at], at + 1
        if code == _CHARSET:
            return int.from_bytes(words[at:at + 2], "little")
        if code == _CATALOG and at < len(words):
            at += 1 + words[at]
        elif code in _FIXED:
            at += _FIXED[code]
        else:
            return 0
    return 0


def _read(raw: bytes, charset: str) -> tuple[str, bool]:
    """(the text, whether that is certain)."""
    if charset in _UTF8:        # whatever bytes a literal holds, they take no name along: it begins and ends in ASCII
        return raw.decode("utf-8", "replace"), True
    try:
        return raw.decode(CODECS.get(charset, "ascii")), charset not in _NOT_ASCII
    except UnicodeDecodeError:
        return raw.decode("ascii", "replace"), False
