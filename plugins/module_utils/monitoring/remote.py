# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where figures are written to besides, as Prometheus reads it. Pure. Nobody's, unless somebody is named; no secret is in it, as in told.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FOLDER = "/etc/prometheus/multicloud_remote_write"


def config(targets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """targets: the role's monitoring_remote_write."""
    return [{"url": str(given["url"]), **_login(at, given)} for at, given in enumerate(targets)]


def secrets(targets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """{path: what stands there and nowhere else}."""
    return {_path(at, name): str(given[name]) for at, given in enumerate(targets) for name in ("token", "password") if given.get(name)}


def _login(at: int, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("user"):
        return {"basic_auth": {"username": str(given["user"]), "password_file": _path(at, "password")}}
    return {"authorization": {"type": "Bearer", "credentials_file": _path(at, "token")}} if given.get("token") else {}


def _path(at: int, name: str) -> str:
    return f"{FOLDER}/{at}.{name}"
