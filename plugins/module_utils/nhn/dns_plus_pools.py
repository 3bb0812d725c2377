# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools of a GSLB with their health checks: our words, their one spelling, and the API's. Pure: only data goes in and out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from .spelling import called, within

REGIONS = ["WESTERN_NORTH_AMERICA", "EASTERN_NORTH_AMERICA", "WESTERN_EUROPE", "EASTERN_EUROPE", "NORTHERN_SOUTH_AMERICA", "SOUTHERN_SOUTH_AMERICA",
           "OCEANIA", "MIDDLE_EAST", "NORTHERN_AFRICA", "SOUTHERN_AFRICA", "INDIA", "SOUTHEAST_ASIA", "NORTHEAST_ASIA"]
HEALTH_CHECK: dict[str, Any] = {
    "protocol": {"type": "str", "choices": ["HTTPS", "HTTP", "TCP"], "required": True},
    "port": {"type": "int", "required": True},
    "interval_seconds": {"type": "int", "default": 60},
    "timeout_seconds": {"type": "int", "default": 5},
    "retries": {"type": "int", "default": 2},
    "path": {"type": "str", "default": "/"},
    "expected_codes": {"type": "str", "default": "2xx"},
    "expected_body": {"type": "str"},
    "headers": {"type": "dict", "default": {}},
    "verify_certificate": {"type": "bool", "default": True},
}
ENDPOINT: dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "weight": {"type": "float", "default": 1.0},
    "enabled": {"type": "bool", "default": True},
}
POOL: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "priority": {"type": "int", "required": True},
    "endpoints": {"type": "list", "elements": "dict", "required": True, "options": ENDPOINT},
    "health_check": {"type": "dict", "options": HEALTH_CHECK},
    "regions": {"type": "list", "elements": "str", "choices": REGIONS, "default": []},
    "enabled": {"type": "bool", "default": True},
}
JOINT = "__"                    # between the name of a GSLB and that of its pool; in neither of them
LONGEST = 100
# What nobody reaches from outside. The blocks that are reserved for examples are left to the service.
UNREACHABLE = tuple(map(IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
                                      "224.0.0.0/3")))
HOST = re.compile(r"(?=.{1,254}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
WORD = called(r"[A-Za-z0-9_-]{1,100}", "of letters, digits, - and _, 100 at most")


def own_name(text: str) -> str:
    """The name of a GSLB or of a pool of ours."""
    if JOINT in WORD(text) or text.startswith("_") or text.endswith("_"):
        raise ValueError(f"{text!r} has {JOINT!r} in it or _ at an end, which tells its pools from others'")
    return text


def full(gslb: str, pool: str) -> str:
    """What a pool of a GSLB, and its health check, are called at the service."""
    return f"{gslb}{JOINT}{pool}"


def spelled(pools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pools in one spelling, by priority. Raises ValueError for what the service would refuse, and for what it would take for another."""
    done: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, pool in enumerate(pools):
        faults: list[str] = []
        done.append({**pool, "regions": sorted(pool["regions"]), "endpoints": _endpoints(pool["endpoints"], faults),
                     "health_check": _health(pool["health_check"], faults) if pool.get("health_check") else None})
        _try(own_name, pool["name"], ".name", faults)
        _try(within(1, 2_147_483_647), pool["priority"], ".priority", faults)
        wrong += [f"[{number}]{fault}" for fault in faults]
    for word in ("name", "priority"):
        said = [pool[word] for pool in pools]
        wrong += [f"{word} {each} is there twice" for each in sorted({each for each in said if said.count(each) > 1}, key=str)]
    if wrong:
        raise ValueError(*wrong)
    return sorted(done, key=lambda pool: int(pool["priority"]))


def _try(rule: Any, given: Any, path: str, faults: list[str]) -> Any:
    try:
        return rule(given)
    except ValueError as fault:
        faults.append(f"{path}: {fault}")
        return given


def host(text: str) -> str:
    """An endpoint's address: a name, or an IPv4 address that can be reached from outside."""
    name = text.strip().lower().rstrip(".")
    if re.fullmatch(r"[\d.]+", name):
        try:
            found = IPv4Address(name)
        except ValueError:
            raise ValueError(f"{text!r} is no IPv4 address") from None
        if any(found in block for block in UNREACHABLE):
            raise ValueError(f"{text!r} is a reserved address, which the service takes none of")
        return str(found)
    if not HOST.fullmatch(name):
        raise ValueError(f"{text!r} is neither a name nor an IPv4 address")
    return name


def _endpoints(endpoints: list[dict[str, Any]], faults: list[str]) -> list[dict[str, Any]]:
    done = []
    for number, endpoint in enumerate(endpoints):
        path = f".endpoints[{number}]"
        done.append({**endpoint, "address": _try(host, endpoint["address"], f"{path}.address", faults), "weight": float(endpoint["weight"])})
        if not 0 <= endpoint["weight"] <= 1:
            faults.append(f"{path}.weight: {endpoint['weight']} is not from 0 to 1")
    said = [endpoint["address"] for endpoint in done]
    faults += [f".endpoints: {each} is there twice" for each in sorted({each for each in said if said.count(each) > 1})]
    if not endpoints:
        faults.append(".endpoints: at least one is required")
    return sorted(done, key=lambda endpoint: str(endpoint["address"]))


def _health(check: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    path, done = ".health_check", meant_by(check)
    _try(within(1, 65535), check["port"], f"{path}.port", faults)
    _try(within(1, 10), check["timeout_seconds"], f"{path}.timeout_seconds", faults)
    _try(within(0, 5), check["retries"], f"{path}.retries", faults)
    least = max(10, (check["retries"] + 1) * check["timeout_seconds"])
    if not least <= check["interval_seconds"] <= 3600:
        faults.append(f"{path}.interval_seconds: {check['interval_seconds']} is not from {least} (10, and (retries + 1) * timeout_seconds) to 3600")
    if done["path"] is not None and (not done["path"].startswith("/") or len(done["path"]) > 254):
        faults.append(f"{path}.path: must begin with / and have 254 characters at most")
    if done["expected_codes"] is not None and not re.fullmatch(r"[0-9x]{3}", done["expected_codes"]):
        faults.append(f"{path}.expected_codes: {done['expected_codes']!r} is not like 200, 20x or 2xx")
    return done


def meant_by(check: Mapping[str, Any]) -> dict[str, Any]:
    """A check with what its protocol knows; the rest is V(null): TCP knows no path, and only HTTPS a certificate."""
    http, tls = check["protocol"] != "TCP", check["protocol"] == "HTTPS"
    return {**{name: check[name] for name in ("protocol", "port", "interval_seconds", "timeout_seconds", "retries")},
            "path": (check.get("path") or "/") if http else None, "expected_codes": check.get("expected_codes") or None if http else None,
            "expected_body": (check.get("expected_body") or None) if http else None,
            "headers": {str(name): str(value) for name, value in sorted((check.get("headers") or {}).items())} if http else {},
            "verify_certificate": bool(check.get("verify_certificate", True)) if tls else None}


# -- the API's words ------------------------------------------------------------------------------------------------------------------

def check_read(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A health check of the API in our words."""
    if not raw:
        return None
    return meant_by({"protocol": raw["protocol"], "port": raw["port"], "interval_seconds": raw["interval"], "timeout_seconds": raw["timeout"],
                     "retries": raw["retries"], "path": raw.get("path"), "expected_codes": raw.get("expectedCodes"),
                     "expected_body": raw.get("expectedBody"), "verify_certificate": not raw.get("allowInsecure"),
                     "headers": {name: value for each in raw.get("requestHeaderList") or () for name, value in each.items()}})


def check_sent(check: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A health check of ours in the API's words: what its protocol does not know is left out, all else is said."""
    sent = {"healthCheckName": name, "protocol": check["protocol"], "port": check["port"], "interval": check["interval_seconds"],
            "timeout": check["timeout_seconds"], "retries": check["retries"]}
    if check["protocol"] != "TCP":
        sent.update(path=check["path"], expectedCodes=check["expected_codes"] or "", expectedBody=check["expected_body"] or "",
                    requestHeaderList=[{name: value} for name, value in check["headers"].items()])
    if check["protocol"] == "HTTPS":
        sent["allowInsecure"] = not check["verify_certificate"]
    return sent


def endpoints_read(raws: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Endpoints of the API in our words."""
    return sorted(({"address": each["endpointAddress"], "weight": float(each.get("endpointWeight", 1.0)), "enabled": not each.get("endpointDisabled")}
                   for each in raws), key=lambda endpoint: str(endpoint["address"]))


def pool_sent(pool: Mapping[str, Any], name: str, check: str) -> dict[str, Any]:
    """A pool of ours in the API's words. check: the id of its health check, "" for none."""
    return {"poolName": name, "poolDisabled": not pool["enabled"], "healthCheckId": check,
            "endpointList": [{"endpointAddress": each["address"], "endpointWeight": each["weight"], "endpointDisabled": not each["enabled"]}
                             for each in pool["endpoints"]]}


def connection_sent(pool: Mapping[str, Any], identity: str) -> dict[str, Any]:
    """How a pool is connected, in the API's words."""
    regions = {"connectedPoolRegionContent": ",".join(pool["regions"])} if pool["regions"] else {}
    return {"poolId": identity, "connectedPoolOrder": pool["priority"], **regions}


def regions_read(raw: Mapping[str, Any]) -> list[str]:
    """The regions of a connection."""
    return sorted(each for each in (raw.get("connectedPoolRegionContent") or "").split(",") if each)
