# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose triggers and views an account may make. MySQL makes one that belongs to another account only for whoever may say so (else 1227), and by then
the old one may have been dropped, or hours of rows been copied. One whose owner is missing it makes, and then fails every statement that meets it
(1449).

Who owns a trigger or a view information_schema tells as user@host; in the statement that makes it the names stand in the quotes of the sql_mode
that it was made under.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ...faults import Fault
from ..connection import query, value

_ANY = re.compile(r"GRANT .*\b(?:SET_ANY_DEFINER|SET_USER_ID|SUPER|ALL PRIVILEGES)\b.* ON \*\.\* TO ")      # since 8.2, before 8.4, on old servers


def refuse_owners(conn: Any, owners: Collection[str], doing: str, what: str) -> None:
    """Raises Fault, with every account by name that is not there or for which `conn` may make nothing; DatabaseFault. owners: user@host each."""
    if not owners:
        return
    there = {str(row["who"]) for row in query(conn, "SELECT CONCAT(user, '@', host) AS who FROM mysql.user", doing="list the accounts")}
    if missing := sorted({*owners} - there):
        raise Fault(doing, what, left=f"They belong to {', '.join(missing)}, which the target does not have. Nothing was touched.",
                    then="Create the accounts first (db_accounts).")
    refuse_others(conn, owners, doing, what)


def refuse_others(conn: Any, owners: Collection[str], doing: str, what: str) -> None:
    """Raises Fault, with every account that `conn` may make nothing for by name; DatabaseFault. The session's roles count."""
    me = str(value(conn, "SELECT CURRENT_USER()", doing="ask who we are"))
    others = sorted({*owners} - {me})
    if others and not any(_ANY.match(str(next(iter(row.values())))) for row in query(conn, "SHOW GRANTS", doing="read what this account may do")):
        raise Fault(doing, what, left=f"They belong to {', '.join(others)}, and {me} may make none but its own there. Nothing was touched.",
                    then=f"GRANT SET_ANY_DEFINER ON *.* TO that account (SET_USER_ID before MySQL 8.4); where the service does not give it, have "
                    f"them made at the source with DEFINER = {me}.")
