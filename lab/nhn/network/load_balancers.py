# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancers with their listeners, pools, members and health monitors, below /lbaas. Any change leaves the load balancer pending
for one more look, its removal too, and while it is pending every change is refused. No packet passes through, so a member is healthy once looked
at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import Record, Store, find, new_id, ripe, shown
from .ports import add_port, drop_port

routes = Routes("/network/v2.0/lbaas")


@dataclass(frozen=True)
class Kind:
    """The fields of one kind: those a create needs, those it may have with their defaults, those an update takes, allowed values."""

    needed: tuple[str, ...]
    defaults: dict[str, Any]
    changeable: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]


QUOTA = 10
RANGES = {"protocol_port": (1, 65535), "keepalive_timeout": (0, 3600)}
COMMON = {"name": "", "description": "", "admin_state_up": True}
KINDS = {
    "listener": Kind(("protocol", "protocol_port", "loadbalancer_id"),
                     {**COMMON, "default_pool_id": None, "connection_limit": 2000, "keepalive_timeout": 300, "default_tls_container_ref": None,
                      "sni_container_refs": []},
                     (*COMMON, "default_pool_id", "connection_limit", "keepalive_timeout", "default_tls_container_ref", "sni_container_refs"),
                     {"protocol": ("TCP", "HTTP", "HTTPS", "TERMINATED_HTTPS")}),
    "pool": Kind(("lb_algorithm", "protocol"), {**COMMON, "loadbalancer_id": None, "listener_id": None,
                                                    "member_port": -1, "session_persistence": None},
                 (*COMMON, "lb_algorithm", "member_port", "session_persistence"),
                 {"lb_algorithm": ("ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"), "protocol": ("TCP", "HTTP", "HTTPS", "HTTP_REENCRYPT")}),
    "healthmonitor": Kind(("pool_id", "type", "delay", "timeout", "max_retries"),
                          {"admin_state_up": True, "http_method": "GET", "url_path": "/", "expected_codes": "200", "host_header": None,
                           "health_check_port": 0},
                          ("delay", "timeout", "max_retries", "http_method", "url_path", "expected_codes", "host_header", "health_check_port",
                           "admin_state_up"),
                          {"type": ("TCP", "HTTP", "HTTPS")}),
    "member": Kind(("subnet_id", "address", "protocol_port"), {"weight": 1, "admin_state_up": True}, ("weight", "admin_state_up"), {}),
}


@routes.on("GET", "/loadbalancers")
def list_load_balancers(call: Call) -> Answer:
    _let_go(call.store, *list(call.store.lbaas["loadbalancer"]))
    return {"loadbalancers": select(call, [_looked_at(call.store, balancer) for balancer in call.store.lbaas["loadbalancer"].values()],
                                    ("id", "name", "vip_address"))}


@routes.on("GET", "/loadbalancers/<id>")
def get_load_balancer(call: Call) -> Answer:
    _let_go(call.store, call.id)
    return {"loadbalancer": _looked_at(call.store, find(call.store.lbaas["loadbalancer"], call.id, "LoadBalancer"))}


@routes.on("POST", "/loadbalancers")
def create_load_balancer(call: Call) -> Answer:
    store = call.store
    want = call.fields("loadbalancer", ("vip_subnet_id",), (*COMMON, "vip_address", "loadbalancer_type", "tenant_id"))
    subnet = find(store.subnets, want["vip_subnet_id"], "Subnet")
    if (kind := want.get("loadbalancer_type", "shared")) not in ("shared", "dedicated"):
        raise Refused(400, f"Invalid input for loadbalancer_type. Reason: '{kind}' is not in ['shared', 'dedicated'].", "HTTPBadRequest")
    if len(store.lbaas["loadbalancer"]) >= QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['loadbalancer']. The project may have {QUOTA}.", "OverQuota")
    identity = new_id()
    address = {"subnet_id": subnet["id"], **({"ip_address": want["vip_address"]} if want.get("vip_address") else {})}
    port = add_port(store, {"network_id": subnet["vpc_id"], "fixed_ips": [address], "device_id": identity, "device_owner": "neutron:LOADBALANCERV2",
                            "name": f"loadbalancer-{identity}"})
    balancer: Record = {"id": identity, **COMMON, **{key: want[key] for key in COMMON if key in want}, "vip_subnet_id": subnet["id"],
                        "vip_address": port["fixed_ips"][0]["ip_address"], "vip_port_id": port["id"], "loadbalancer_type": kind,
                        "tenant_id": store.settings.credentials.tenant_id, "provider": "haproxy", "provisioning_status": "PENDING_CREATE",
                        "operating_status": "OFFLINE", "workflow_status": "SUCCESS", "ipacl_groups": [], "ipacl_group_action": None}
    store.lbaas["loadbalancer"][identity] = balancer
    return 201, {"loadbalancer": _told(store, balancer)}


@routes.on("PUT", "/loadbalancers/<id>")
def update_load_balancer(call: Call) -> Answer:
    balancer = find(call.store.lbaas["loadbalancer"], call.id, "LoadBalancer")
    want = call.fields("loadbalancer", (), COMMON)
    _touch(balancer)
    balancer.update(want)
    return {"loadbalancer": _told(call.store, balancer)}


@routes.on("DELETE", "/loadbalancers/<id>")
def delete_load_balancer(call: Call) -> Answer:
    store, balancer = call.store, find(call.store.lbaas["loadbalancer"], call.id, "LoadBalancer")
    _touch(balancer, change=False, removal=True)
    for kind in ("listener", "pool"):
        if inside := [each["id"] for each in store.lbaas[kind].values() if each["_of"] == balancer["id"]]:
            raise Refused(409, f"Load balancer {balancer['id']} is in use by {kind} {inside[0]}.", "EntityInUse")
    balancer.update(provisioning_status="PENDING_DELETE", _looks=0)
    return 204, None


@routes.on("GET", "/<any(listeners,pools,healthmonitors):kinds>")
def list_load_balancer_parts(call: Call) -> Answer:
    kind = call.path["kinds"].removesuffix("s")
    return {call.path["kinds"]: select(call, [_part(call.store, kind, each) for each in call.store.lbaas[kind].values()], ("id", "name"))}


@routes.on("GET", "/<any(listeners,pools,healthmonitors):kinds>/<id>")
def get_load_balancer_part(call: Call) -> Answer:
    kind = call.path["kinds"].removesuffix("s")
    return {kind: _part(call.store, kind, find(call.store.lbaas[kind], call.id, kind.title()))}


@routes.on("POST", "/<any(listeners,pools,healthmonitors):kinds>")
def create_load_balancer_part(call: Call) -> Answer:
    kind, store = call.path["kinds"].removesuffix("s"), call.store
    want = _wanted(call, kind)
    balancer = _home(store, kind, want)
    if kind == "listener" and any(each["_of"] == balancer["id"] and each["protocol_port"] == want["protocol_port"]
                                  for each in store.lbaas["listener"].values()):
        raise Refused(409, f"Load Balancer {balancer['id']} already has a listener with protocol_port of {want['protocol_port']}.", "Conflict")
    if kind == "pool" and want["listener_id"] and store.lbaas["listener"][want["listener_id"]]["default_pool_id"]:
        raise Refused(409, f"Listener {want['listener_id']} is already using a pool.", "ListenerPoolConflict")
    if kind == "healthmonitor" and any(each["pool_id"] == want["pool_id"] for each in store.lbaas[kind].values()):
        raise Refused(409, f"Pool {want['pool_id']} already has a healthmonitor.", "OneHealthMonitorPerPool")
    _touch(balancer)
    part = {"id": new_id(), "tenant_id": store.settings.credentials.tenant_id, **want, "_of": balancer["id"]}
    store.lbaas[kind][part["id"]] = part
    if kind == "pool" and want["listener_id"]:
        store.lbaas["listener"][want["listener_id"]]["default_pool_id"] = part["id"]
    return 201, {kind: _part(store, kind, part)}


@routes.on("PUT", "/<any(listeners,pools,healthmonitors):kinds>/<id>")
def update_load_balancer_part(call: Call) -> Answer:
    return _update(call, call.path["kinds"].removesuffix("s"))


@routes.on("DELETE", "/<any(listeners,pools,healthmonitors):kinds>/<id>")
def delete_load_balancer_part(call: Call) -> Answer:
    kind, store = call.path["kinds"].removesuffix("s"), call.store
    part = find(store.lbaas[kind], call.id, kind.title())
    if kind == "pool" and any(each["pool_id"] == part["id"] for each in store.lbaas["healthmonitor"].values()):
        raise Refused(409, f"Pool {part['id']} is in use by a health monitor.", "EntityInUse")
    _touch(store.lbaas["loadbalancer"][part["_of"]], removal=True)
    if kind == "pool":
        store.lbaas["member"] = {key: each for key, each in store.lbaas["member"].items() if each["_pool"] != part["id"]}
        for listener in store.lbaas["listener"].values():
            if listener["default_pool_id"] == part["id"]:
                listener["default_pool_id"] = None
    del store.lbaas[kind][part["id"]]
    return 204, None


@routes.on("GET", "/pools/<pool>/members")
def list_members(call: Call) -> Answer:
    find(call.store.lbaas["pool"], call.path["pool"], "Pool")
    return {"members": [_member(each) for each in call.store.lbaas["member"].values() if each["_pool"] == call.path["pool"]]}


@routes.on("GET", "/pools/<pool>/members/<id>")
def get_member(call: Call) -> Answer:
    return {"member": _member(find(call.store.lbaas["member"], call.id, "Member"))}


@routes.on("POST", "/pools/<pool>/members")
def create_member(call: Call) -> Answer:
    store, pool = call.store, find(call.store.lbaas["pool"], call.path["pool"], "Pool")
    want = _wanted(call, "member")
    find(store.subnets, want["subnet_id"], "Subnet")
    if any(each["_pool"] == pool["id"] and (each["address"], each["protocol_port"]) == (want["address"], want["protocol_port"])
           for each in store.lbaas["member"].values()):
        raise Refused(409, f"Member with address {want['address']} and protocol_port {want['protocol_port']} already present in pool {pool['id']}.",
                      "MemberExists")
    _touch(store.lbaas["loadbalancer"][pool["_of"]])
    member = {"id": new_id(), "tenant_id": store.settings.credentials.tenant_id, "operating_status": "INACTIVE", **want, "_of": pool["_of"],
              "_pool": pool["id"]}
    store.lbaas["member"][member["id"]] = member
    return 201, {"member": shown(member)}


@routes.on("PUT", "/pools/<pool>/members/<id>")
def update_member(call: Call) -> Answer:
    return _update(call, "member")


@routes.on("DELETE", "/pools/<pool>/members/<id>")
def delete_member(call: Call) -> Answer:
    member = find(call.store.lbaas["member"], call.id, "Member")
    _touch(call.store.lbaas["loadbalancer"][member["_of"]], removal=True)
    del call.store.lbaas["member"][member["id"]]
    return 204, None


def _wanted(call: Call, kind: str) -> Record:
    want = {**KINDS[kind].defaults, **call.fields(kind, KINDS[kind].needed, (*KINDS[kind].defaults, "tenant_id"))}
    for name, allowed in KINDS[kind].choices.items():
        if want[name] not in allowed:
            raise Refused(400, f"Invalid input for {name}. Reason: '{want[name]}' is not in {list(allowed)}.", "HTTPBadRequest")
    _check_ranges(want)
    return want


def _check_ranges(want: Record) -> None:
    for name, (low, high) in RANGES.items():
        if name in want and not low <= int(want[name]) <= high:
            raise Refused(400, f"Invalid input for {name}. Reason: '{want[name]}' is not from {low} to {high}.", "HTTPBadRequest")


def _home(store: Store, kind: str, want: Record) -> Record:
    """The load balancer a new part is for."""
    if kind == "healthmonitor":
        identity = find(store.lbaas["pool"], want["pool_id"], "Pool")["_of"]
    elif kind == "pool" and bool(want["listener_id"]) == bool(want["loadbalancer_id"]):
        raise Refused(400, "A pool is for one listener or for one load balancer.", "HTTPBadRequest")
    elif want.get("listener_id"):
        identity = find(store.lbaas["listener"], want["listener_id"], "Listener")["_of"]
    else:
        identity = want["loadbalancer_id"]
    return find(store.lbaas["loadbalancer"], identity, "LoadBalancer")


def _update(call: Call, kind: str) -> Answer:
    part = find(call.store.lbaas[kind], call.id, kind.title())
    want = call.fields(kind, (), KINDS[kind].changeable)
    _check_ranges(want)
    _touch(call.store.lbaas["loadbalancer"][part["_of"]])
    part.update(want)
    return {kind: _part(call.store, kind, part)}


def _touch(balancer: Record, change: bool = True, removal: bool = False) -> None:
    """Refuse while it is pending. In ERROR only what it consists of, and itself, can be removed."""
    if balancer["provisioning_status"] != "ACTIVE" and not (removal and balancer["provisioning_status"].startswith("ERROR")):
        raise Refused(409, f"Load Balancer {balancer['id']} is immutable and cannot be updated.", "StateInvalid")
    if change and not balancer["provisioning_status"].startswith("ERROR"):
        balancer.update(provisioning_status="PENDING_UPDATE", _looks=0)


def _looked_at(store: Store, balancer: Record) -> Record:
    if balancer["provisioning_status"] in ("PENDING_CREATE", "PENDING_UPDATE") and ripe(balancer):
        balancer.update(provisioning_status="ACTIVE", operating_status="ONLINE")
    return _told(store, balancer)


def _let_go(store: Store, *ids: str) -> None:
    """One that was removed is PENDING_DELETE for one look, and gone at the next, its port with it."""
    table = store.lbaas["loadbalancer"]
    going = [table[identity] for identity in ids if identity in table and table[identity]["provisioning_status"] == "PENDING_DELETE"]
    for balancer in [each for each in going if ripe(each)]:
        del table[balancer["id"]]
        if balancer["vip_port_id"] in store.ports:
            drop_port(store, store.ports[balancer["vip_port_id"]])


def _told(store: Store, balancer: Record) -> Record:
    return {**shown(balancer), **{f"{kind}s": [{"id": each["id"]} for each in store.lbaas[kind].values() if each["_of"] == balancer["id"]]
                                  for kind in ("listener", "pool")}}


def _part(store: Store, kind: str, part: Record) -> Record:
    told = shown(part, "loadbalancer_id", "listener_id", "pool_id")
    if kind == "healthmonitor":
        return {**told, "pools": [{"id": part["pool_id"]}]}
    told["loadbalancers"] = [{"id": part["_of"]}]
    if kind == "pool":
        monitors = [each["id"] for each in store.lbaas["healthmonitor"].values() if each["pool_id"] == part["id"]]
        told.update(healthmonitor_id=monitors[0] if monitors else None,
                    listeners=[{"id": each["id"]} for each in store.lbaas["listener"].values() if each["default_pool_id"] == part["id"]],
                    members=[{"id": each["id"]} for each in store.lbaas["member"].values() if each["_pool"] == part["id"]])
    return told


def _member(member: Record) -> Record:
    told = shown(member)
    member["operating_status"] = "ACTIVE"
    return told
