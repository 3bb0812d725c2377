# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values out of a row image of MySQL's binary log, exactly as the server holds them: what cannot be told exactly is OPAQUE. Pure.

Text is told as the bytes of its column's character set, ENUM, SET and BIT as their number: nothing is converted that two sides could
convert in two ways.

The format is MySQL's own and stable since 5.6: each column's type and a few bytes of metadata come in the table map, the values follow
each other without separators, so every type has to be measured even where its value is not wanted. JSON is measured and not read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

OPAQUE = "\0not read\0"         # a value that is there and was not decoded; equal to nothing a server gives

ENUM, SET = 247, 248
_INTEGERS = {1: 1, 2: 2, 9: 3, 3: 4, 8: 8}
_METADATA = {4: 1, 5: 1, 15: 2, 16: 2, 17: 1, 18: 1, 19: 1, 242: 1, 245: 1, 246: 2, 247: 2, 248: 2, 252: 1, 253: 2, 254: 2, 255: 1}
_DIGITS = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)        # bytes that hold so many decimal digits


class Unreadable(ValueError):
    """A column of a type nothing here can measure; the rest of the row is lost with it."""


def metadata(types: bytes, packed: bytes) -> list[bytes]:
    """The metadata of each column, out of the table map's packed block."""
    found, at = [], 0
    for kind in types:
        size = _METADATA.get(kind, 0)
        found.append(packed[at:at + size])
        at += size
    return found


def cell(data: bytes, at: int, kind: int, meta: bytes, unsigned: bool, text: bool) -> tuple[Any, int]:
    """(value, where the next one begins). text: the column holds text, not bytes that BINARY(n) pads. Raises Unreadable."""
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return str(int.from_bytes(data[at:at + size], "little", signed=not unsigned)), at + size
    if kind == 254 and meta[0] & 0x30 != 0x30:
        meta = bytes((meta[0] | 0x30, meta[1])) + bytes((((meta[0] & 0x30) ^ 0x30) >> 4,))     # lengths beyond 255 hide in the type
    if kind == 254 and meta[0] in (ENUM, SET):
        return int.from_bytes(data[at:at + meta[1]], "little"), at + meta[1]
    if kind in _READERS:
        return _READERS[kind](data, at, meta, text)
    raise Unreadable(f"type {kind}")


def real_type(kind: int, meta: bytes) -> int:
    """The type a column was declared with: ENUM and SET hide behind CHAR's."""
    return meta[0] if kind == 254 and meta[0] in (ENUM, SET) else kind


def _string(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    limit = meta[1] | (meta[2] << 8 if len(meta) > 2 else 0)
    value, end = _counted(data, at, 2 if limit > 255 else 1, text)
    return value if text else value.ljust(limit, b"\0"), end        # BINARY(n) is logged without its padding


def _varchar(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return _counted(data, at, 2 if int.from_bytes(meta, "little") > 255 else 1, text)


def _blob(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return _counted(data, at, meta[0], text)


def _json(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return OPAQUE, _counted(data, at, meta[0], text)[1]


def _counted(data: bytes, at: int, width: int, text: bool) -> tuple[Any, int]:
    size = int.from_bytes(data[at:at + width], "little")
    begin = at + width
    return data[begin:begin + size], begin + size


def _float(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return repr(struct.unpack_from("<f", data, at)[0]), at + 4


def _double(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return repr(struct.unpack_from("<d", data, at)[0]), at + 8


def _decimal(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    """Groups of nine digits in four bytes, the odd ones at the outer ends; the sign is the inverted first bit, negatives are inverted."""
    precision, scale = meta
    whole = precision - scale
    groups = [whole % 9] + [9] * (whole // 9), [9] * (scale // 9) + [scale % 9]
    size = sum(_DIGITS[digits] for part in groups for digits in part)
    raw = bytearray(data[at:at + size])
    negative = not raw[0] & 0x80
    raw[0] ^= 0x80
    if negative:
        raw = bytearray(byte ^ 0xFF for byte in raw)
    place, parts = 0, ["", ""]
    for side, part in enumerate(groups):
        for digits in part:
            width = _DIGITS[digits]
            parts[side] += f"{int.from_bytes(raw[place:place + width], 'big'):0{digits}d}" if digits else ""
            place += width
    return ("-" if negative else "") + (parts[0].lstrip("0") or "0") + (f".{parts[1]}" if scale else ""), at + size


def _date(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    number = int.from_bytes(data[at:at + 3], "little")
    return f"{number >> 9:04d}-{number >> 5 & 15:02d}-{number & 31:02d}", at + 3


def _year(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    return f"{data[at] + 1900 if data[at] else 0:04d}", at + 1


def _fraction(data: bytes, at: int, digits: int) -> tuple[str, int]:
    size = (digits + 1) // 2
    number = int.from_bytes(data[at:at + size], "big") if size else 0
    return (f".{f'{number:0{size * 2}d}'[:digits]}" if digits else ""), at + size


def _datetime(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    number = int.from_bytes(data[at:at + 5], "big") - 0x8000000000
    months, days, clock = number >> 22, number >> 17 & 31, number & 0x1FFFF
    fraction, end = _fraction(data, at + 5, meta[0])
    return (f"{months // 13:04d}-{months % 13:02d}-{days:02d} {clock >> 12:02d}:{clock >> 6 & 63:02d}:{clock & 63:02d}{fraction}"), end


def _timestamp(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    seconds = int.from_bytes(data[at:at + 4], "big")
    fraction, end = _fraction(data, at + 4, meta[0])
    when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    return (f"{when:%Y-%m-%d %H:%M:%S}" if seconds else "0000-00-00 00:00:00") + fraction, end


def _time(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    """Six bytes as one number, in microseconds of a strange kind: hours, minutes and seconds in bits, negatives as its complement."""
    digits = meta[0]
    size = 3 + (digits + 1) // 2
    number = int.from_bytes(data[at:at + size], "big") - (0x80 << 8 * (size - 1))
    sign, number = ("-", -number) if number < 0 else ("", number)
    clock, below = number >> 8 * (size - 3), number & (1 << 8 * (size - 3)) - 1
    fraction = f".{f'{below:0{(size - 3) * 2}d}'[:digits]}" if digits else ""
    return f"{sign}{clock >> 12 & 1023:02d}:{clock >> 6 & 63:02d}:{clock & 63:02d}{fraction}", at + size


def _bit(data: bytes, at: int, meta: bytes, text: bool) -> tuple[Any, int]:
    size = meta[1] + (meta[0] > 0)
    return int.from_bytes(data[at:at + size], "big"), at + size


_READERS: dict[int, Callable[[bytes, int, bytes, bool], tuple[Any, int]]] = {
    4: _float, 5: _double, 10: _date, 13: _year, 15: _varchar, 16: _bit, 17: _timestamp, 18: _datetime, 19: _time, 242: _blob, 245: _json,
    246: _decimal, 252: _blob, 253: _varchar, 254: _string, 255: _blob,
}
