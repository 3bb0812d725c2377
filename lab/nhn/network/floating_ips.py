# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Floating IPs: handed out in order, bound only where an internet gateway is; a new binding still shows DOWN for a look."""

from __future__ import annotations

import ipaddress
from typing import Any

from lab import world

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import PUBLIC_NETWORK, Record, Store, find, new_id, ripe, shown

routes = Routes("/network/v2.0")

FILTERS = ("id", "status", "tenant_id", "floating_network_id", "fixed_ip_address", "floating_ip_address", "port_id", "delete_protection",
           "label")


@routes.on("GET", "/floatingips")
def list_floating_ips(call: Call) -> Answer:
    return {"floatingips": select(call, [_looked_at(floating) for floating in call.store.floating_ips.values()], FILTERS)}


@routes.on("GET", "/floatingips/<id>")
def get_floating_ip(call: Call) -> Answer:
    return {"floatingip": _looked_at(find(call.store.floating_ips, call.id, "FloatingIP"))}


@routes.on("POST", "/floatingips")
def create_floating_ip(call: Call) -> Answer:
    store = call.store
    want = call.fields("floatingip", ("floating_network_id",), ("port_id", "delete_protection", "label", "tenant_id"))
    if want["floating_network_id"] != PUBLIC_NETWORK:
        raise Refused(404, f"Network {want['floating_network_id']} could not be found.", "NetworkNotFound")
    floating: Record = {"id": new_id(), "floating_network_id": PUBLIC_NETWORK, "floating_ip_address": free_address(store), "fixed_ip_address": None,
                "port_id": None, "router_id": None, "tenant_id": store.settings.credentials.tenant_id, "status": "DOWN",
                "delete_protection": bool(want.get("delete_protection", False)), "label": want.get("label")}
    if want.get("port_id"):
        bind(store, floating, want["port_id"])
    store.floating_ips[floating["id"]] = floating
    return 201, {"floatingip": shown(floating)}


@routes.on("PUT", "/floatingips/<id>")
def update_floating_ip(call: Call) -> Answer:
    store, floating = call.store, find(call.store.floating_ips, call.id, "FloatingIP")
    want = call.fields("floatingip", (), ("port_id", "fixed_ip_address", "delete_protection", "label"))
    if want.get("port_id"):
        bind(store, floating, want["port_id"], want.get("fixed_ip_address"))
    elif "port_id" in want:
        unbind(floating)
    for name in ("delete_protection", "label"):
        floating[name] = want.get(name, floating[name])
    return {"floatingip": shown(floating)}


@routes.on("DELETE", "/floatingips/<id>")
def delete_floating_ip(call: Call) -> Answer:
    floating = find(call.store.floating_ips, call.id, "FloatingIP")
    if floating["delete_protection"]:
        raise Refused(409, f"Floating IP {floating['id']} is protected from deletion.", "FloatingIPDeleteProtected")
    del call.store.floating_ips[floating["id"]]
    return 204, None


def free_address(store: Store) -> str:
    """The lowest public address nobody holds."""
    first, last = (int(ipaddress.IPv4Address(address)) for address in world.NHN_FLOATING)
    taken = {floating["floating_ip_address"] for floating in store.floating_ips.values()}
    taken |= {database["_public_address"] for database in store.rds_instances.values()}
    for number in range(first, last + 1):
        if (address := str(ipaddress.IPv4Address(number))) not in taken:
            return address
    raise Refused(409, f"Quota exceeded for resources: ['floatingip']. The lab has {last - first + 1}.", "OverQuota")


def unbind(floating: Record) -> None:
    """Take a floating IP off its port."""
    floating.update(port_id=None, fixed_ip_address=None, status="DOWN")


def bind(store: Store, floating: Record, port_id: str, address: Any = None) -> None:
    """Put a floating IP on a port; refused when the port has one, or its subnet does not reach the internet."""
    port = find(store.ports, port_id, "Port")
    if other := next((held for held in store.floating_ips.values() if held["port_id"] == port_id and held is not floating), None):
        raise Refused(409, f"Cannot associate floating IP {floating['floating_ip_address']} with port {port_id}, "
                           f"as floating IP {other['floating_ip_address']} is there already.", "FloatingIPPortAlreadyAssociated")
    fixed = next((ip for ip in port["fixed_ips"] if address in (None, ip["ip_address"])), None)
    if fixed is None:
        raise Refused(400, f"Port {port_id} does not have fixed ip {address}.", "BadRequest")
    if not store.table_of(fixed["subnet_id"]).get("gateway_id"):
        raise Refused(400, f"External network {PUBLIC_NETWORK} is not reachable from subnet {fixed['subnet_id']}. "
                           f"Therefore, cannot associate Port {port_id} with a Floating IP.", "ExternalGatewayForFloatingIPNotFound")
    if floating["port_id"] != port_id:
        floating.update(port_id=port_id, fixed_ip_address=fixed["ip_address"], status="DOWN", _looks=0)


def _looked_at(floating: Record) -> Record:
    if floating["port_id"] and floating["status"] == "DOWN" and ripe(floating):
        floating["status"] = "ACTIVE"
    return shown(floating)
