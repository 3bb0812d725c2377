# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may do what with the record: root everything, the agents' user read and write below our own prefix, nobody else anything."""

from __future__ import annotations

import base64
from typing import Any

from ..switch.etcd_wire import NO_USERS, Access, Etcd
from ..switch.record import Unanswered

PREFIX = "/multicloud-dr/"
ROLE = "agents"
DENIED = "invalid user ID or password"


class RootRefused(Exception):
    """etcd has users, and root's password is another one."""


def missing(root: Etcd, user: str, as_user: Etcd) -> list[str]:
    """What is not as it should be, in words; empty when all is. root, as_user: the same members asked as either, both only as somebody.

    Raises RootRefused, or Unanswered when nobody answers.
    """
    try:
        roles = root.ask("/v3/auth/role/list", {}).get("roles", [])
    except Unanswered as error:
        if NO_USERS in str(error):
            return ["users and roles"]
        if DENIED in str(error):
            raise RootRefused(str(error)) from error
        raise
    found = []
    if ROLE not in roles or root.ask("/v3/auth/role/get", {"role": ROLE}).get("perm", []) != [_permission()]:
        found.append(f"role {ROLE}")
    users = root.ask("/v3/auth/user/list", {}).get("users", [])
    if user not in users or root.ask("/v3/auth/user/get", {"name": user}).get("roles", []) != [ROLE]:
        return [*found, f"user {user}"]
    try:
        as_user.ask("/v3/kv/range", {"key": _base64(PREFIX)})
    except Unanswered as error:
        if DENIED not in str(error):
            raise
        found.append(f"password of {user}")
    return found


def make(root: Etcd, root_password: str, user: str, password: str) -> None:
    """Make it so, whatever of it there is already. `root` must go on where there are no users yet (Access.open)."""
    if not _told(root, "/v3/auth/user/add", {"name": "root", "password": root_password}):
        root.ask("/v3/auth/user/changepw", {"name": "root", "password": root_password})
    _told(root, "/v3/auth/role/add", {"name": "root"})
    root.ask("/v3/auth/user/grant", {"user": "root", "role": "root"})
    _told(root, "/v3/auth/role/add", {"name": ROLE})
    for permission in root.ask("/v3/auth/role/get", {"role": ROLE}).get("perm", []):
        if permission != _permission():
            root.ask("/v3/auth/role/revoke", {"role": ROLE, "key": permission["key"], "range_end": permission.get("range_end", "")})
    root.ask("/v3/auth/role/grant", {"name": ROLE, "perm": _permission()})
    if not _told(root, "/v3/auth/user/add", {"name": user, "password": password}):
        root.ask("/v3/auth/user/changepw", {"name": user, "password": password})
    for role in root.ask("/v3/auth/user/get", {"name": user}).get("roles", []):
        if role != ROLE:
            root.ask("/v3/auth/user/revoke", {"name": user, "role": role})
    root.ask("/v3/auth/user/grant", {"user": user, "role": ROLE})
    root.ask("/v3/auth/enable", {})


def at(endpoints: list[str], timeout: float, files: dict[str, str], user: str, password: str, *, open_: bool) -> Etcd:
    """The members as seen by a user. files: {ca, certificate, key}."""
    return Etcd(endpoints, timeout, Access(**files, user=user, password=password, open=open_))


def _told(root: Etcd, path: str, body: dict[str, Any]) -> bool:
    """Add something; False when it was there."""
    try:
        root.ask(path, body)
    except Unanswered as error:
        if "already exists" not in str(error):
            raise
        return False
    return True


def _permission() -> dict[str, str]:
    """All keys that begin with our prefix; the range ends before the first that does not."""
    return {"permType": "READWRITE", "key": _base64(PREFIX), "range_end": _base64(PREFIX[:-1] + chr(ord(PREFIX[-1]) + 1))}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
