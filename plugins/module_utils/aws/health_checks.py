# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route 53 health checks as the failover pair needs them. Pure: what to ask for, what is there, and what kind of change leads from one to the other.

A check is a dictionary: {"url", "inverted", "interval", "threshold"} for one that looks at an endpoint, {"children", "threshold"} for a
calculated one. What is there has its "id" too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
PATH_MOST = 255         # characters of a path that AWS takes
# Local, private, not routed or multicast, as AWS's reference of HealthCheckConfig has it (RFC 5735, RFC 6598): nobody outside reaches these. Those
# for documentation are left out: they stand for public ones in every example, and in the lab.
UNREACHABLE = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")))


def address_fault(address: str) -> str | None:
    """Why health checkers and users cannot reach it; None when they can."""
    try:
        found = IPv4Address(address)
    except AddressValueError:
        return f"{address!r} is not an IPv4 address"
    range_ = next((str(each) for each in UNREACHABLE if found in each), None)
    return f"{address!r} cannot be reached from outside: it lies in {range_}" if range_ else None


def url_faults(path: str, url: str) -> list[str]:
    """Why a URL cannot be checked, each with the path of its option; empty when it can."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError as error:
        return [f"{path}: {url!r} is not a URL: {error}"]
    if parts.scheme not in PORTS or not parts.hostname or not port:
        return [f"{path}: {url!r} must be http://host/path or https://host/path"]
    if parts.query or parts.fragment or parts.username:
        return [f"{path}: {url!r} must not have a query, fragment or user"]
    if len(parts.path) > PATH_MOST:
        return [f"{path}: the path of {url!r} is longer than {PATH_MOST} characters"]
    if ":" in parts.hostname or _is_address(parts.hostname):
        return [f"{path}: {fault}" for fault in [address_fault(parts.hostname)] if fault]
    return []


def config(check: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """AWS's HealthCheckConfig of a check. ids: {name of a child: id}."""
    if "children" in check:
        return {"Type": "CALCULATED", "ChildHealthChecks": sorted(ids[child] for child in check["children"]),
                "HealthThreshold": check["threshold"]}
    parts = urlsplit(check["url"])
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    return {
        "Type": parts.scheme.upper(), **({"IPAddress": host} if _is_address(host) else {"FullyQualifiedDomainName": host}),
        "Port": parts.port or PORTS[parts.scheme], "ResourcePath": parts.path or "/", "RequestInterval": check["interval"],
        "FailureThreshold": check["threshold"], "Inverted": check["inverted"], **({"EnableSNI": not _is_address(host)} if secure else {}),
    }


def described(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A check in our words. found: one of AWS's HealthChecks; names: {id: name} of the checks that are ours."""
    has = found["HealthCheckConfig"]
    if has["Type"] == "CALCULATED":
        children = sorted(names.get(child, child) for child in has.get("ChildHealthChecks", []))
        return {"id": found["Id"], "children": children, "threshold": has.get("HealthThreshold")}
    scheme = has["Type"].lower()
    host = has.get("IPAddress") or has.get("FullyQualifiedDomainName", "")
    port = "" if has.get("Port") == PORTS.get(scheme) else f":{has.get('Port')}"
    return {"id": found["Id"], "url": f"{scheme}://{host}{port}{has.get('ResourcePath', '')}", "inverted": bool(has.get("Inverted")),
            "interval": has.get("RequestInterval"), "threshold": has.get("FailureThreshold")}


def same(have: Mapping[str, Any] | None, want: Mapping[str, Any]) -> bool:
    """Whether a check is as wanted; its id does not matter, nor do an URL's default port and empty path."""
    if have is None or ("children" in have) != ("children" in want):
        return False
    if "children" in want:
        return (sorted(have["children"]), have["threshold"]) == (sorted(want["children"]), want["threshold"])
    return config(have, {}) == config(want, {})


def same_endpoint(one: str, other: str) -> bool:
    """Whether two URLs ask the same of the same server."""
    return config({"url": one, **_ANYHOW}, {}) == config({"url": other, **_ANYHOW}, {})


def must_be_replaced(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """AWS changes neither type nor interval of a check, and turns an address into a name only by way of a reset."""
    return _unchangeable(have) != _unchangeable(want)


def reference(owner: str, name: str, want: Mapping[str, Any]) -> str:
    """The caller reference of a check: whoever creates it twice, because an answer got lost, gets the same one. At most 64 characters."""
    digest = hashlib.sha256(repr(_unchangeable(want)).encode()).hexdigest()[:8]
    return f"{prefix(owner, name)}{digest}"


def prefix(owner: str, name: str) -> str:
    """How the caller references of all checks of that name begin."""
    return f"mcdr/{owner}/{name}/"


_ANYHOW = {"inverted": False, "interval": 10, "threshold": 2}


def _unchangeable(check: Mapping[str, Any]) -> tuple[Any, ...]:
    if "children" in check:
        return ("CALCULATED",)
    asked = config(check, {})
    return (asked["Type"], asked["RequestInterval"], "IPAddress" in asked)


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True
