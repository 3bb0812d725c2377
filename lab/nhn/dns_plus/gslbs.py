# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GSLBs of DNS Plus: a name of the service's own that leads to the pools connected to it, by priority, by chance or by where one asks from."""

from __future__ import annotations

import re
import secrets
import string
from typing import Any

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, new_id, shown
from . import pools
from .access import PREFIX, born, chosen, given_ids, good, page, refuse_more

routes = Routes(f"{PREFIX}/gslbs")

GSLBS, CONNECTED = 10, 10
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
RULES = ("FAILOVER", "RANDOM", "GEOLOCATION")
REGIONS = {"WESTERN_NORTH_AMERICA", "EASTERN_NORTH_AMERICA", "WESTERN_EUROPE", "EASTERN_EUROPE", "NORTHERN_SOUTH_AMERICA", "SOUTHERN_SOUTH_AMERICA",
           "OCEANIA", "MIDDLE_EAST", "NORTHERN_AFRICA", "SOUTHERN_AFRICA", "INDIA", "SOUTHEAST_ASIA", "NORTHEAST_ASIA"}
SORTED = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "GSLB_NAME": "gslbName", "GSLB_DOMAIN": "gslbDomain", "GSLB_TTL": "gslbTtl",
          "GSLB_ROUTING_RULE": "gslbRoutingRule", "GSLB_DISABLED": "gslbDisabled"}


@routes.on("GET", "")
def list_gslbs(call: Call) -> Answer:
    domain, health = call.request.args.get("gslbDomain"), call.request.args.get("showHealthy") == "true"
    found = [gslb for gslb in chosen(call, call.store.dns_gslbs.values(), "gslbId", "gslbName", "searchGslbName")
             if not domain or gslb["gslbDomain"] == domain]
    return page(call, "gslbList", found, SORTED, lambda gslb: _told(call.store, gslb, health))


@routes.on("POST", "")
def create_gslb(call: Call) -> Answer:
    store, meant = call.store, _meant(call)
    refuse_more(store.dns_gslbs, GSLBS, "GSLBs")
    domain = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(18)) + ".toastgslb.com"
    gslb = born(store, store.dns_gslbs, gslbId=new_id(), gslbDomain=domain, **{"connectedPoolList": [], **meant})
    store.dns_gslbs[gslb["gslbId"]] = gslb
    return good(gslb=_told(store, gslb))


@routes.on("PUT", "/<id>")
def update_gslb(call: Call) -> Answer:
    gslb = find(call.store.dns_gslbs, call.id, "Gslb")
    gslb.update(_meant(call), updatedAt=call.store.ymdt())
    return good(gslb=_told(call.store, gslb))


@routes.on("DELETE", "")
def delete_gslbs(call: Call) -> Answer:
    for gslb in given_ids(call, "gslbIdList", call.store.dns_gslbs, "Gslb"):
        del call.store.dns_gslbs[gslb["gslbId"]]
    return good()


@routes.on("POST", "/<id>/connected-pools/<pool_id>")
def connect_pool(call: Call) -> Answer:
    """One at a priority that is taken moves those from there on one further."""
    store, gslb = call.store, find(call.store.dns_gslbs, call.id, "Gslb")
    if any(each["poolId"] == call.path["pool_id"] for each in gslb["connectedPoolList"]):
        raise Refused(409, "The pool is connected already.")
    mine = _connection(store, {"poolId": call.path["pool_id"], **_asked(call)})
    return _connected(store, gslb, [*_making_room(gslb["connectedPoolList"], mine), mine])


@routes.on("PUT", "/<id>/connected-pools/<pool_id>")
def change_connection(call: Call) -> Answer:
    store, gslb = call.store, find(call.store.dns_gslbs, call.id, "Gslb")
    others = [each for each in gslb["connectedPoolList"] if each["poolId"] != call.path["pool_id"]]
    if len(others) == len(gslb["connectedPoolList"]):
        raise Refused(404, "The pool is not connected.")
    mine = _connection(store, {"poolId": call.path["pool_id"], **_asked(call)})
    return _connected(store, gslb, [*_making_room(others, mine), mine])


@routes.on("DELETE", "/<id>/connected-pools")
def detach_pools(call: Call) -> Answer:
    store, gslb = call.store, find(call.store.dns_gslbs, call.id, "Gslb")
    doomed = {pool["poolId"] for pool in given_ids(call, "poolIdList", store.dns_pools, "Pool")}
    return _connected(store, gslb, [each for each in gslb["connectedPoolList"] if each["poolId"] not in doomed])


def _asked(call: Call) -> Record:
    return call.fields("connectedPool", ("connectedPoolOrder",), ("connectedPoolRegionContent",))


def _making_room(others: list[Record], mine: Record) -> list[Record]:
    taken = any(each["connectedPoolOrder"] == mine["connectedPoolOrder"] for each in others)
    return [{**each, "connectedPoolOrder": each["connectedPoolOrder"] + (taken and each["connectedPoolOrder"] >= mine["connectedPoolOrder"])}
            for each in others]


def _connected(store: Store, gslb: Record, connections: list[Record]) -> Answer:
    if len(connections) > CONNECTED:
        raise Refused(400, f"The maximum number of connected pools is exceeded: {CONNECTED}")
    gslb.update(connectedPoolList=sorted(connections, key=lambda each: int(each["connectedPoolOrder"])), updatedAt=store.ymdt())
    return good(connectedPoolList=_told(store, gslb)["connectedPoolList"])


def _meant(call: Call) -> dict[str, Any]:
    want = call.fields("gslb", ("gslbName", "gslbTtl", "gslbRoutingRule"), ("gslbDisabled", "connectedPoolList"))
    if not NAME.fullmatch(want["gslbName"]):
        raise Refused(400, f"Invalid name: {want['gslbName']}")
    if not isinstance(want["gslbTtl"], int) or want["gslbTtl"] < 1:
        raise Refused(400, f"Invalid gslbTtl: {want['gslbTtl']}")
    if want["gslbRoutingRule"] not in RULES:
        raise Refused(400, f"gslbRoutingRule is none of {', '.join(RULES)}: {want['gslbRoutingRule']}")
    meant = {"gslbName": want["gslbName"], "gslbTtl": want["gslbTtl"], "gslbRoutingRule": want["gslbRoutingRule"],
             "gslbDisabled": bool(want.get("gslbDisabled"))}
    if "connectedPoolList" in want:
        connections = [_connection(call.store, each) for each in want["connectedPoolList"]]
        for word in ("poolId", "connectedPoolOrder"):
            if len({each[word] for each in connections}) < len(connections):
                raise Refused(400, f"{word} is there twice.")
        if len(connections) > CONNECTED:
            raise Refused(400, f"The maximum number of connected pools is exceeded: {CONNECTED}")
        meant["connectedPoolList"] = sorted(connections, key=lambda each: int(each["connectedPoolOrder"]))
    return meant


def _connection(store: Store, given: dict[str, Any]) -> Record:
    want = checked(given, ("poolId", "connectedPoolOrder"), ("connectedPoolRegionContent",))
    find(store.dns_pools, want["poolId"], "Pool")
    if not isinstance(want["connectedPoolOrder"], int) or want["connectedPoolOrder"] < 1:
        raise Refused(400, f"Invalid connectedPoolOrder: {want['connectedPoolOrder']}")
    regions = want.get("connectedPoolRegionContent")
    if regions and not set(regions.split(",")) <= REGIONS:
        raise Refused(400, f"Unknown region: {regions}")
    region = {"connectedPoolRegionContent": regions} if regions else {}
    return {"poolId": want["poolId"], "connectedPoolOrder": want["connectedPoolOrder"], **region}


def healthy(store: Store, gslb: Record) -> bool | None:
    """By the console's table: one pool that is well makes it well, else one that is ill makes it ill; None for what is not known."""
    if gslb["gslbDisabled"]:
        return None
    known = [state for each in gslb["connectedPoolList"] if (state := pools.healthy(store, store.dns_pools[each["poolId"]])) is not None]
    return any(known) if known else None


def _told(store: Store, gslb: Record, health: bool = False) -> Record:
    state = healthy(store, gslb) if health else None
    return {**shown(gslb), **({} if state is None else {"healthy": state}),
            "connectedPoolList": [{**each, "pool": pools.told(store, store.dns_pools[each["poolId"]], health)} for each in gslb["connectedPoolList"]]}
