# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users and schemas that come from the control plane, made so in the database. The plans are pure; only `sync_*` talk to a server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from lab.hosts.mysql.flavours import grants
from lab.hosts.mysql.quoting import account, name, text
from lab.hosts.mysql.server import sql

Key = tuple[str, str]     # (user, host)


def sync_users(container: str, users: Sequence[Mapping[str, str]]) -> None:
    """Make the server hold exactly these API users: [{name, password, host, authority}], authority READ, CRUD or DDL.

    What was made and when it changed is told from a fingerprint kept as the account's attribute, so a call that changes nothing
    writes nothing: rewriting a password would drop it from the server's caching_sha2_password cache. Accounts the API did not
    make (the first user, the provider's own, those made by SQL) are not touched. Not in the binary log: on the real service an
    external replica does not receive them either.
    """
    seen = sql(container, (
        "SELECT user, host, attribute->>'$.api' FROM information_schema.user_attributes WHERE attribute->>'$.api' IS NOT NULL;"), rows=True)
    if plan := plan_users({(user, host): mark for user, host, mark in seen}, users):
        sql(container, "\n".join(["SET SESSION sql_log_bin = 0;", *plan]))


def sync_schemas(container: str, schemas: Sequence[Mapping[str, str]]) -> None:
    """Create the API's schemas [{name}] and drop those it has deleted. Schemas made by SQL are not touched. Goes into the binary log."""
    made = {row[0] for row in sql(container, "SELECT name FROM mysql.api_schemas;", rows=True)}
    if plan := plan_schemas(made, {schema["name"] for schema in schemas}):
        sql(container, "\n".join(plan))


def plan_users(made: Mapping[Key, str], users: Sequence[Mapping[str, str]]) -> list[str]:
    """Statements that lead from the accounts the API has made ({(user, host): fingerprint}) to those it wants."""
    wanted = {(user["name"], user["host"]): user for user in users}
    plan = [f"DROP USER IF EXISTS {account(*key)};" for key in sorted(set(made) - set(wanted))]
    for key, user in sorted(wanted.items()):
        mark = fingerprint(user)
        if made.get(key) == mark:
            continue
        who = account(*key)
        plan += [
            f"CREATE USER IF NOT EXISTS {who};",
            f"ALTER USER {who} IDENTIFIED BY {text(user['password'])} ATTRIBUTE '{{\"api\": \"{mark}\"}}';",
            f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {who};",
            *grants(who, user["authority"]),
        ]
    return plan


def plan_schemas(made: set[str], wanted: set[str]) -> list[str]:
    """Statements that lead from the schemas the API has made to those it wants; each is noted outside the binary log."""
    def noted(statement: str) -> list[str]:
        return ["SET SESSION sql_log_bin = 0;", statement, "SET SESSION sql_log_bin = 1;"]

    plan: list[str] = []
    for gone in sorted(made - wanted):
        plan += [f"DROP DATABASE IF EXISTS {name(gone)};", *noted(f"DELETE FROM mysql.api_schemas WHERE name = {text(gone)};")]
    for new in sorted(wanted - made):
        plan += [f"CREATE DATABASE IF NOT EXISTS {name(new)};", *noted(f"INSERT INTO mysql.api_schemas VALUES ({text(new)});")]
    return plan


def fingerprint(user: Mapping[str, str]) -> str:
    """What is compared to see a changed password or authority: a digest, so that no password is kept in clear."""
    return hashlib.sha256("\0".join(user[part] for part in ("name", "host", "password", "authority")).encode()).hexdigest()
