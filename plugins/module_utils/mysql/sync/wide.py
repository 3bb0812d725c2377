# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that a server could not put together for a checksum. CONCAT answers NULL beyond max_allowed_packet, and a sum leaves a NULL out: two rows that
differ would be equal. So a table that may hold such a row is refused by name; by default, and at both clouds, none can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...faults import Fault
from ..connection import value, where
from .encoding import LONG, SHORT
from .tables import Table

# Of a column, in bytes: a SHA-256, and of a document a number besides; the longest number, which is a DECIMAL of 65 digits; a length and its colon.
_DIGEST, _NUMBER, _LENGTH = 90, 70, 6


def longest(table: Table) -> int:
    """The bytes that a row's encoding (see encoding) may have, and no row has more."""
    return sum(_DIGEST if column.type in LONG else _LENGTH + column.octets if column.type in SHORT else _NUMBER for column in table.stored)


def refuse_too_wide(tables: Iterable[Table], *conns: Any) -> None:
    """Raises Fault, naming every table that may hold a row which one of these servers cannot add up; DatabaseFault."""
    widths = {table.label: longest(table) for table in tables}
    found = [f"{label} (a row may take {width} bytes, and {where(conn)} has a max_allowed_packet of {packet})"
             for conn in conns if widths and max(widths.values()) > (packet := int(value(conn, "SELECT @@max_allowed_packet")))
             for label, width in sorted(widths.items()) if width > packet]
    if found:
        raise Fault("add up rows of", "; ".join(found), left="Such a row would be left out of every sum, and be equal to any other. Nothing was "
                    "compared.", then="Raise max_allowed_packet on both servers (parameter groups; 1 MiB is enough for any table), then run again.")
