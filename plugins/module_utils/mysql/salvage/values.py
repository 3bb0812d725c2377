# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One form for a value, whether SELECT or a log gave it: the same value is the same thing, and what was altered on its way is not. Pure.

Text of UTF-8 is str; text of any other character set stays the bytes it is, because two readers may make two texts of the same bytes
(and one text of two); ENUM, SET and BIT are their number, because an ENUM may hold both '' and the error value ''.
"""

from __future__ import annotations

from typing import Any

from ..sync.tables import AS_NUMBER, Column
from .cells import OPAQUE

_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_FLOATS = frozenset({"float", "double"})
_UTF8 = frozenset({"utf8mb4", "utf8mb3", "utf8", "ascii"})
# For people's eyes only: nothing is compared or written by these.
_SHOWN = {"sjis": "shift_jis", "cp932": "cp932", "euckr": "cp949", "gbk": "gbk", "gb2312": "gb2312", "gb18030": "gb18030", "big5": "big5",
          "ujis": "euc_jp", "latin1": "cp1252", "latin2": "iso8859_2", "utf16": "utf-16-be", "ucs2": "utf-16-be", "utf16le": "utf-16-le",
          "utf32": "utf-32-be", "cp1251": "cp1251", "koi8r": "koi8_r", "cp1250": "cp1250", "cp1256": "cp1256", "cp1257": "cp1257"}


class Numbered(int):
    """The number of an ENUM or SET, with the words people know it by."""

    label: str

    def __new__(cls, number: int, label: str = "") -> Numbered:
        made = super().__new__(cls, number)
        made.label = label
        return made


class Encoded(bytes):
    """Text in a character set of its own."""

    charset: str

    def __new__(cls, raw: bytes, charset: str = "") -> Encoded:
        made = super().__new__(cls, raw)
        made.charset = charset
        return made

    @property
    def shown(self) -> str | None:
        """As people may read it; None when nothing here knows the character set."""
        return self.decode(_SHOWN[self.charset], "replace") if self.charset in _SHOWN else None


class Document(str):
    """The text of a JSON document; kinds: what that does not tell of it (see sync.documents), "" when it is all there is."""

    kinds: str

    def __new__(cls, text: str, kinds: str = "") -> Document:
        made = super().__new__(cls, text)
        made.kinds = kinds
        return made

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True and (not isinstance(other, Document) or self.kinds == other.kinds)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def taken(column: Column, value: Any, label: Any = None) -> Any:
    """A value as sync.rows.exact_columns or a log gives it, in this form. label: of an ENUM or SET its words, of JSON its kinds, where that
    was asked for."""
    if value is None or value == OPAQUE:
        return value
    if column.type in AS_NUMBER:
        number = int(value)
        return number if label is None else Numbered(number, label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label))
    if column.type == "json" and isinstance(value, bytes):
        return Document(value.decode(), label.decode() if isinstance(label, bytes) else str(label or ""))
    if isinstance(value, bytes) and column.charset in _UTF8:
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    return Encoded(value, column.charset) if isinstance(value, bytes) and column.charset else value


def canonical_value(column: Column, value: Any) -> Any:
    """Without what two servers may write differently: zeros in front, digits of a FLOAT."""
    if value is None or value == OPAQUE:
        return value
    if column.type in _INTEGERS:
        return str(int(value))                      # ZEROFILL shows zeros that are not logged
    if column.type in AS_NUMBER:
        return int(value)
    if column.type in _FLOATS:
        return repr(float(value))
    if column.type == "decimal":
        sign, digits = ("-", value[1:]) if value.startswith("-") else ("", value)
        whole, point, part = digits.partition(".")
        return f"{sign}{whole.lstrip('0') or '0'}{point}{part}"
    return value


def sql_value(column: Column, value: Any) -> tuple[str, list[Any]]:
    """(a place in a statement, the driver's values for it) that put a value there to the byte."""
    if isinstance(value, bytes) and column.charset:
        return f"_{column.charset} X'{value.hex()}'", []
    return "%s", [value]
