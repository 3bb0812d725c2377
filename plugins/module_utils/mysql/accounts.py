# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database accounts made by SQL, where no provider's API makes them (AWS). `plan` is pure; the rest talks to one server.

The authorities are NHN's (READ, CRUD, DDL), so that an account means the same on both sites; on AWS they can be held to schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import connection
from .connection import DatabaseFault, Server, execute, query
from .dialects import Statement

EVERYWHERE = ""          # the scope *.*

_SERVER_WIDE = frozenset({"PROCESS", "SHOW DATABASES", "REPLICATION SLAVE", "REPLICATION CLIENT", "RELOAD"})
_READ = frozenset({"SELECT", "SHOW VIEW", "PROCESS", "SHOW DATABASES", "REPLICATION SLAVE", "REPLICATION CLIENT"})
_CRUD = _READ | {"INSERT", "UPDATE", "DELETE", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE"}
_DDL = _CRUD | {"CREATE", "DROP", "INDEX", "ALTER", "CREATE VIEW", "REFERENCES", "EVENT", "ALTER ROUTINE", "CREATE ROUTINE", "TRIGGER", "RELOAD"}
AUTHORITIES = {"READ": _READ, "CRUD": _CRUD, "DDL": _DDL}

Privileges = Mapping[str, frozenset[str]]     # {scope: privileges}, scope a schema or EVERYWHERE


@dataclass(frozen=True)
class Account:
    """An account that must be there. schemas: what the authority is held to, everything (as on NHN) when empty; read_schemas: where
    it may SELECT besides."""

    name: str
    password: str = field(repr=False)
    authority: str
    host: str = "%"
    schemas: tuple[str, ...] = ()
    read_schemas: tuple[str, ...] = ()

    def privileges(self) -> Privileges:
        """What it must hold, by scope. Server-wide privileges go only with an authority over everything."""
        whole = AUTHORITIES[self.authority]
        if not self.schemas:
            return {EVERYWHERE: whole}
        held = {schema: whole - _SERVER_WIDE for schema in self.schemas}
        return {**{schema: frozenset({"SELECT"}) for schema in self.read_schemas}, **held}


def plan(account: Account, held: Privileges | None, password_fits: bool) -> list[tuple[str, Statement]]:
    """What to do, as (words without secrets, statement). held: None when the account does not exist."""
    who = (account.name, account.host)
    steps: list[tuple[str, Statement]] = []
    if held is None:
        steps.append(("create", Statement("CREATE USER %s@%s IDENTIFIED BY %s", (*who, account.password))))
    elif not password_fits:
        steps.append(("change the password", Statement("ALTER USER %s@%s IDENTIFIED BY %s", (*who, account.password))))
    wanted, held = account.privileges(), held or {}
    for scope in sorted({*wanted, *held}):
        more = wanted.get(scope, frozenset()) - held.get(scope, frozenset())
        less = held.get(scope, frozenset()) - wanted.get(scope, frozenset())
        at = f"`{scope}`.*" if scope else "*.*"
        if more:
            listed = ", ".join(sorted(more))
            steps.append((f"grant {listed} on {at}", Statement(f"GRANT {listed} ON {at} TO %s@%s", who)))
        if less:
            listed = ", ".join(sorted(less))
            steps.append((f"revoke {listed} on {at}", Statement(f"REVOKE {listed} ON {at} FROM %s@%s", who)))
    return steps


def held(conn: Any, account: Account) -> Privileges | None:
    """What an account holds by scope, None when it does not exist. Needs SELECT on schema mysql. Raises DatabaseFault."""
    if not query(conn, "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s", (account.name, account.host), doing="look for the account"):
        return None
    grantee = f"'{account.name}'@'{account.host}'"
    rows = query(conn, (
        "SELECT '' AS scope, privilege_type AS privilege FROM information_schema.user_privileges WHERE grantee = %s "
        "UNION ALL SELECT table_schema, privilege_type FROM information_schema.schema_privileges WHERE grantee = %s"),
        (grantee, grantee), doing="read what the account holds")
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        if row["privilege"] != "USAGE":
            found[row["scope"]] = found.get(row["scope"], frozenset()) | {row["privilege"]}
    return found


def password_fits(server: Server, account: Account) -> bool:
    """Whether the account can log in with its password from here: the only way to compare what a salted hash holds."""
    try:
        with connection.connected(server.host, server.port, account.name, account.password):
            return True
    except DatabaseFault as fault:
        if fault.code in (1045, 1049):
            return False
        raise


def plans(conn: Any, server: Server, accounts: Sequence[Account]) -> list[tuple[Account, list[tuple[str, Statement]]]]:
    """What is left to do for each account. Reads only (a login attempt counts as reading). Raises DatabaseFault."""
    found = [(account, held(conn, account)) for account in accounts]
    return [(account, plan(account, has, has is not None and password_fits(server, account))) for account, has in found]


def apply(conn: Any, steps: Sequence[tuple[str, Statement]], account: Account) -> None:
    """Carry a plan out. Raises DatabaseFault."""
    for words, statement in steps:
        execute(conn, statement.sql, statement.values, doing=f"{words} for account {account.name}@{account.host}")
