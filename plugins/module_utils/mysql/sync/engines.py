# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of an engine without transactions: of what is no part of one no view can be had, so its rows would be newer than the place in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...faults import Fault
from ..connection import query


def refuse_other_engines(source: Any, schemas: Sequence[str], doing: str) -> None:
    """Raises Fault with every table that is not InnoDB's by name, DatabaseFault."""
    others = query(source, (
        "SELECT table_schema AS s, table_name AS t, engine AS e FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        f"AND engine <> 'InnoDB' AND table_schema IN ({', '.join(['%s'] * len(schemas))})"), schemas, doing="read the storage engines")
    if others:
        raise Fault(doing, ", ".join(f"{row['s']}.{row['t']} ({row['e']})" for row in others), left="Only tables of InnoDB can be read as they "
                    "were at one moment. Nothing was touched.",
                    then="ALTER TABLE ... ENGINE = InnoDB at the source, or leave this schema out and bring it by other means.")
