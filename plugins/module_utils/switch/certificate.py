# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a certificate ends: the one thing that an agent wants to know of it. Pure. Python tells it of a certificate that it trusts, and of no other;
and an agent shall not need a library for one date.
"""

from __future__ import annotations

from datetime import UTC, datetime

SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
ISSUED, NOT_AFTER = 3, 1        # in what is signed: serial, algorithm, issuer, validity, and more; in the validity: from, to


def ends_at(der: bytes) -> float:
    """Epoch seconds at which an X.509 certificate ends. Raises ValueError for what is none."""
    try:
        ((kind, certificate),) = _parts(der)
        signed = _parts(certificate)[0][1]
        fields = [part for part in _parts(signed) if part[0] != VERSION]
        tag, when = _parts(fields[ISSUED][1])[NOT_AFTER]
    except (IndexError, ValueError) as error:
        raise ValueError("it is no certificate") from error
    if kind != SEQUENCE or tag not in (UTC_TIME, GENERALIZED_TIME):
        raise ValueError("it is no certificate")
    text = when.decode("ascii", "replace")
    if tag == UTC_TIME:                                 # two digits of a year: RFC 5280 has them from 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of what stands one after the other. Raises ValueError or IndexError where it breaks off."""
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at:at + size], "big"), at + size
        if at + length > len(der):
            raise ValueError("breaks off")
        found.append((tag, der[at:at + length]))
        at += length
    return found
