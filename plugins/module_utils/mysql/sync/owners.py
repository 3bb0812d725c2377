# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose triggers and views an account may make. MySQL makes one that belongs to another account only for whoever may say so (else 1227), and by then
the old one may have been dropped, or hours of rows been copied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...faults import Fault
from ..connection import query, value

_OWNER = re.compile(r"DEFINER\s*=\s*`((?:[^`]|``)*)`@`((?:[^`]|``)*)`")
_ANY = re.compile(r"GRANT .*\b(?:SET_ANY_DEFINER|SET_USER_ID|SUPER|ALL PRIVILEGES)\b.* ON \*\.\* TO ")      # since 8.2, before 8.4, on old servers


def owner(statement: str) -> str:
    """user@host of what a CREATE statement makes, "" for none: of whoever makes it."""
    found = _OWNER.search(statement)
    return "@".join(part.replace("``", "`") for part in found.groups()) if found else ""


def refuse_others(conn: Any, owners: Iterable[str], doing: str, what: str) -> None:
    """Raises Fault, with every account that `conn` may make nothing for by name; DatabaseFault. The session's roles count."""
    me = str(value(conn, "SELECT CURRENT_USER()", doing="ask who we are"))
    others = sorted({each for each in owners if each and each != me})
    if others and not any(_ANY.match(str(next(iter(row.values())))) for row in query(conn, "SHOW GRANTS", doing="read what this account may do")):
        raise Fault(doing, what, left=f"They belong to {', '.join(others)}, and {me} may make none but its own there. Nothing was touched.",
                    then=f"GRANT SET_ANY_DEFINER ON *.* TO that account (SET_USER_ID before MySQL 8.4); where the service does not give it, have "
                    f"them made at the source with DEFINER = {me}.")
