# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Jenkins is told besides its configuration: its secrets, one file each, and the digest of the word that a webhook says. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

# A matrix names each thing that somebody may; who administers may do everything.
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "administer": ("Overall/Administer",),
    "release": ("Overall/Read", "Job/Read", "Job/Build", "Job/Cancel", "View/Read"),
    "look": ("Overall/Read", "Job/Read", "View/Read"),
}


def secrets(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """[{name, content}] of each file; its name is what the configuration calls it by.

    given: the role's variables without its name before each.
    """
    found = {"vault_password": given["vault_password"], "node_key": given["node_key"], "source_key": given["source_key"],
             "source_password": given["source_password"]}
    people = {f"user_{user['name']}": user["password"] for user in given["users"]}
    return [{"name": name, "content": str(content)} for name, content in {**found, **people}.items() if content]


def people(users: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """[{name, reference, permissions}]: by what the configuration refers to a password, not the password."""
    return [{"name": str(user["name"]), "reference": f"${{user_{user['name']}}}", "permissions": list(PERMISSIONS[str(user["may"])])}
            for user in users]


def hook(token: str) -> dict[str, str]:
    """{uuid, hash}: what the git plugin keeps of a token that may notify it. The uuid is the same for the same token."""
    digest = hashlib.sha256(token.encode("ascii")).hexdigest()
    return {"uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"multicloud.dr:{digest}")), "hash": digest}
