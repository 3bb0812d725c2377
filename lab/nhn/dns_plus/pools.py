# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools of DNS Plus: endpoints, and who looks whether they are well. One that a GSLB is connected to is not removed."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, new_id, shown
from .access import PREFIX, born, chosen, given_ids, good, page, refuse_more

routes = Routes(f"{PREFIX}/pools")

POOLS, ENDPOINTS, ALL_ENDPOINTS = 20, 10, 100
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
HOST = re.compile(r"(?=.{1,254}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
# Of the blocks that are reserved, those for examples are public here: the lab's own addresses are of them.
RESERVED = tuple(map(ipaddress.IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                             "192.168.0.0/16", "224.0.0.0/3")))
SORTED = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "POOL_NAME": "poolName", "POOL_DISABLED": "poolDisabled",
          "HEALTH_CHECK_ID": "healthCheckId"}


@routes.on("GET", "")
def list_gslb_pools(call: Call) -> Answer:
    check = call.request.args.get("healthCheckId")
    found = [pool for pool in chosen(call, call.store.dns_pools.values(), "poolId", "poolName", "searchPoolName")
             if not check or pool["healthCheckId"] == check]
    health = call.request.args.get("showHealthy") == "true"
    return page(call, "poolList", found, SORTED, lambda pool: told(call.store, pool, health))


@routes.on("POST", "")
def create_gslb_pool(call: Call) -> Answer:
    store, meant = call.store, _meant(call, 0)
    refuse_more(store.dns_pools, POOLS, "pools")
    pool = born(store, store.dns_pools, poolId=new_id(), **meant)
    store.dns_pools[pool["poolId"]] = pool
    return good(pool=told(store, pool))


@routes.on("PUT", "/<id>")
def update_gslb_pool(call: Call) -> Answer:
    """It is then what is sent, and a health check that is not named stays: no document says."""
    store, pool = call.store, find(call.store.dns_pools, call.id, "Pool")
    kept = pool["healthCheckId"]
    meant = _meant(call, len(pool["endpointList"]))
    if "healthCheckId" not in call.json()["pool"]:
        meant["healthCheckId"] = kept
    pool.update(meant, updatedAt=store.ymdt())
    there = {endpoint["endpointAddress"] for endpoint in pool["endpointList"]} if pool["healthCheckId"] == kept else set()
    store.dns_seen = {key: seen for key, seen in store.dns_seen.items() if key[0] != pool["poolId"] or key[1] in there}
    return good(pool=told(store, pool))


@routes.on("DELETE", "")
def delete_gslb_pools(call: Call) -> Answer:
    store = call.store
    doomed = given_ids(call, "poolIdList", store.dns_pools, "Pool")
    used = {each["poolId"] for gslb in store.dns_gslbs.values() for each in gslb["connectedPoolList"]}
    if held := [pool["poolName"] for pool in doomed if pool["poolId"] in used]:
        raise Refused(409, f"Pools that are connected to a GSLB cannot be deleted: {', '.join(held)}")
    for pool in doomed:
        del store.dns_pools[pool["poolId"]]
        store.dns_seen = {key: seen for key, seen in store.dns_seen.items() if key[0] != pool["poolId"]}
    return good()


def _meant(call: Call, before: int) -> dict[str, Any]:
    """What a body says. before: how many endpoints the pool had."""
    store = call.store
    want = call.fields("pool", ("poolName", "endpointList"), ("poolDisabled", "healthCheckId"))
    if not NAME.fullmatch(want["poolName"]):
        raise Refused(400, f"Invalid name: {want['poolName']}")
    if want.get("healthCheckId"):
        find(store.dns_health_checks, want["healthCheckId"], "HealthCheck")
    endpoints = [_endpoint(each) for each in want["endpointList"]]
    if len({each["endpointAddress"] for each in endpoints}) < len(endpoints):
        raise Refused(400, "An endpoint address is there twice.")
    every = sum(len(pool["endpointList"]) for pool in store.dns_pools.values()) - before
    if len(endpoints) > ENDPOINTS or every + len(endpoints) > ALL_ENDPOINTS:
        raise Refused(400, f"The maximum number of endpoints is exceeded: {ENDPOINTS} of a pool, {ALL_ENDPOINTS} in all")
    return {"poolName": want["poolName"], "poolDisabled": bool(want.get("poolDisabled")), "healthCheckId": want.get("healthCheckId") or "",
            "endpointList": endpoints}


def _endpoint(given: dict[str, Any]) -> Record:
    want = checked(given, ("endpointAddress",), ("endpointWeight", "endpointDisabled"))
    address, weight = want["endpointAddress"], want.get("endpointWeight", 1.0)
    if not HOST.fullmatch(address) or re.search(r"\.\.|--|\.-|-\.", address):
        raise Refused(400, f"Invalid endpoint address: {address}")
    if re.fullmatch(r"[\d.]+", address) and any(ipaddress.IPv4Address(address) in block for block in RESERVED):
        raise Refused(400, f"A reserved address cannot be an endpoint: {address}")
    if not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise Refused(400, f"endpointWeight is not from 0 to 1: {weight}")
    return {"endpointAddress": address, "endpointWeight": float(weight), "endpointDisabled": bool(want.get("endpointDisabled"))}


def healthy(store: Store, pool: Record) -> bool | None:
    """By the console's table: one that is well makes it well, else one that is ill makes it ill; None for what is not known."""
    if pool["poolDisabled"] or not pool["healthCheckId"]:
        return None
    seen = [store.dns_seen[key] for endpoint in pool["endpointList"] if not endpoint["endpointDisabled"]
            if (key := (pool["poolId"], endpoint["endpointAddress"])) in store.dns_seen]
    return any(well for well, _ in seen) if seen else None


def told(store: Store, pool: Record, health: bool = False) -> Record:
    """As it is shown, with its health check in full."""
    check = store.dns_health_checks.get(pool["healthCheckId"])
    record = {**shown(pool), **({"healthCheck": shown(check)} if check else {})}
    if health:
        if (state := healthy(store, pool)) is not None:
            record["healthy"] = state
        record["endpointList"] = [{**endpoint, **_seen(store, pool, endpoint)} for endpoint in pool["endpointList"]]
    return record


def _seen(store: Store, pool: Record, endpoint: Record) -> Record:
    if endpoint["endpointDisabled"] or not pool["healthCheckId"] or (key := (pool["poolId"], endpoint["endpointAddress"])) not in store.dns_seen:
        return {}
    return {"healthy": store.dns_seen[key][0], "failureReason": store.dns_seen[key][1]}
