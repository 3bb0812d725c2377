# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health checks of DNS Plus: how endpoints of the pools that have one are asked. One that a pool has is not removed."""

from __future__ import annotations

import re
from typing import Any

from ..calls import Answer, Call, Routes
from ..errors import Refused
from ..store import Record, Store, find, new_id, shown
from .access import PREFIX, born, chosen, given_ids, good, page, refuse_more

routes = Routes(f"{PREFIX}/health-checks")

HEALTH_CHECKS = 20
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
NEEDED, MAY = ("healthCheckName", "protocol", "port"), ("interval", "timeout", "retries")
HTTP = ("path", "expectedCodes", "expectedBody", "requestHeaderList")
TAKES = {"TCP": (), "HTTP": HTTP, "HTTPS": (*HTTP, "allowInsecure")}
SORTED = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "HEALTH_CHECK_NAME": "healthCheckName", "PROTOCOL": "protocol", "PORT": "port"}


@routes.on("GET", "")
def list_health_checks(call: Call) -> Answer:
    found = chosen(call, call.store.dns_health_checks.values(), "healthCheckId", "healthCheckName", "searchHealthCheckName")
    return page(call, "healthCheckList", found, SORTED, shown)


@routes.on("POST", "")
def create_health_check(call: Call) -> Answer:
    store = call.store
    refuse_more(store.dns_health_checks, HEALTH_CHECKS, "health checks")
    check = born(store, store.dns_health_checks, healthCheckId=new_id(), **_meant(call))
    store.dns_health_checks[check["healthCheckId"]] = check
    return good(healthCheck=shown(check))


@routes.on("PUT", "/<id>")
def update_health_check(call: Call) -> Answer:
    """It is then what is sent; what it saw before says nothing any more."""
    store, check, meant = call.store, find(call.store.dns_health_checks, call.id, "HealthCheck"), _meant(call)
    kept = {name: check[name] for name in ("healthCheckId", "createdAt", "_number")}
    check.clear()
    check.update(kept, **meant, updatedAt=store.ymdt())
    _forget(store, check)
    return good(healthCheck=shown(check))


@routes.on("DELETE", "")
def delete_health_checks(call: Call) -> Answer:
    store = call.store
    doomed = given_ids(call, "healthCheckIdList", store.dns_health_checks, "HealthCheck")
    used = {pool["healthCheckId"] for pool in store.dns_pools.values()}
    if held := [check["healthCheckName"] for check in doomed if check["healthCheckId"] in used]:
        raise Refused(409, f"Health checks that are connected to a pool cannot be deleted: {', '.join(held)}")
    for check in doomed:
        del store.dns_health_checks[check["healthCheckId"]]
    return good()


def _forget(store: Store, check: Record) -> None:
    pools = {pool["poolId"] for pool in store.dns_pools.values() if pool["healthCheckId"] == check["healthCheckId"]}
    store.dns_seen = {key: seen for key, seen in store.dns_seen.items() if key[0] not in pools}


def _meant(call: Call) -> dict[str, Any]:
    """What a body says, with the documented defaults. What the protocol does not know is refused."""
    protocol = (call.json().get("healthCheck") or {}).get("protocol")
    if protocol not in TAKES:
        raise Refused(400, f"protocol is none of {', '.join(TAKES)}: {protocol}")
    want = {"interval": 60, "timeout": 5, "retries": 2, **call.fields("healthCheck", NEEDED, (*MAY, *TAKES[protocol]))}
    if not NAME.fullmatch(want["healthCheckName"]):
        raise Refused(400, f"Invalid name: {want['healthCheckName']}")
    for name, low, high in (("port", 1, 65535), ("timeout", 1, 10), ("retries", 0, 5)):
        if not isinstance(want[name], int) or not low <= want[name] <= high:
            raise Refused(400, f"{name} is not from {low} to {high}: {want[name]}")
    least = max(10, (want["retries"] + 1) * want["timeout"])
    if not least <= want["interval"] <= 3600:
        raise Refused(400, f"interval is not from {least} to 3600: {want['interval']}")
    if want.get("path") and (not want["path"].startswith("/") or len(want["path"]) > 254):
        raise Refused(400, f"Invalid path: {want['path']}")
    if want.get("expectedCodes") and not re.fullmatch(r"[0-9x]{3}", want["expectedCodes"]):
        raise Refused(400, f"Invalid expectedCodes: {want['expectedCodes']}")
    if len((want.get("expectedBody") or "").encode()) > 10240:
        raise Refused(400, "expectedBody has more than 10 KB.")
    if any(not isinstance(header, dict) or len(header) != 1 for header in want.get("requestHeaderList") or ()):
        raise Refused(400, "requestHeaderList holds {name: value} each.")
    return want
