# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ports. Port security goes off only when groups and address pairs were cleared by an earlier request; a device cannot be set by hand."""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..graveyard import bury_servers
from ..store import Record, Store, find, new_id, shown
from .floating_ips import unbind
from .security_groups import default_group

routes = Routes("/network/v2.0")

CHANGEABLE = ("name", "admin_state_up", "fixed_ips", "port_security_enabled", "security_groups", "allowed_address_pairs", "extra_dhcp_opts")
FILTERS = ("id", "status", "name", "network_id", "tenant_id", "mac_address", "device_owner", "device_id")


@routes.on("GET", "/ports")
def list_ports(call: Call) -> Answer:
    bury_servers(call.store)
    wanted = [pair.split("=", 1) for value in call.request.args.getlist("fixed_ips") for pair in value.split(",")]
    ports = [port for port in call.store.ports.values() if all(_has_ip(port, pair) for pair in wanted)]
    return {"ports": select(call, [shown(port) for port in ports], FILTERS)}


@routes.on("GET", "/ports/<id>")
def get_port(call: Call) -> Answer:
    bury_servers(call.store)
    return {"port": shown(find(call.store.ports, call.id, "Port"))}


@routes.on("POST", "/ports")
def create_port(call: Call) -> Answer:
    want = call.fields("port", ("network_id",), (*CHANGEABLE, "device_owner", "device_id", "mac_address", "tenant_id"))
    return 201, {"port": shown(add_port(call.store, want))}


@routes.on("PUT", "/ports/<id>")
def update_port(call: Call) -> Answer:
    store, port = call.store, find(call.store.ports, call.id, "Port")
    if "device_id" in (call.json().get("port") or {}):
        raise Refused(500, "Request Failed: internal server error while processing your request.", "HTTPInternalServerError")
    want = call.fields("port", (), CHANGEABLE)
    groups = _groups(store, want["security_groups"]) if "security_groups" in want else port["security_groups"]
    pairs = _pairs(want["allowed_address_pairs"], port["mac_address"]) if "allowed_address_pairs" in want else port["allowed_address_pairs"]
    secured = want.get("port_security_enabled", port["port_security_enabled"])
    if not secured:
        # Whether one PUT may clear and switch off at once is not documented; the stricter reading keeps clients honest.
        if (port["port_security_enabled"] and (port["security_groups"] or port["allowed_address_pairs"])) or groups:
            raise Refused(409, "Port security must be enabled and port must have an IP address in order to use security groups.",
                          "PortSecurityAndIPRequiredForSecurityGroups")
        if pairs:
            raise Refused(409, "Port Security must be enabled in order to have allowed address pairs on a port.",
                          "AddressPairAndPortSecurityRequired")
    if "fixed_ips" in want:
        port["fixed_ips"] = _fixed_ips(store, port["network_id"], want["fixed_ips"], port)
    port.update({key: want[key] for key in ("name", "admin_state_up", "extra_dhcp_opts") if key in want},
                port_security_enabled=secured, security_groups=groups, allowed_address_pairs=pairs)
    return {"port": shown(port)}


@routes.on("DELETE", "/ports/<id>")
def delete_port(call: Call) -> Answer:
    drop_port(call.store, find(call.store.ports, call.id, "Port"))
    return 204, None


def add_port(store: Store, want: dict[str, Any]) -> Record:
    """A new port from the fields of a create call; without fixed addresses it takes one of the VPC's first subnet with room."""
    vpc = find(store.vpcs, want["network_id"], "Network")
    secured = want.get("port_security_enabled", True)
    if not secured and (want.get("security_groups") or want.get("allowed_address_pairs")):
        raise Refused(409, "Port security must be enabled and port must have an IP address in order to use security groups.",
                      "PortSecurityAndIPRequiredForSecurityGroups")
    mac = want.get("mac_address") or "fa:16:3e:" + ":".join(secrets.token_hex(1) for _ in range(3))
    groups = _groups(store, want["security_groups"]) if "security_groups" in want else [default_group(store)["id"]] if secured else []
    port = {"id": new_id(), "name": want.get("name", ""), "status": "DOWN", "admin_state_up": want.get("admin_state_up", True),
            "network_id": vpc["id"], "tenant_id": store.settings.credentials.tenant_id, "mac_address": mac,
            "fixed_ips": _fixed_ips(store, vpc["id"], want.get("fixed_ips") or [{}], None), "device_owner": want.get("device_owner", ""),
            "device_id": want.get("device_id", ""), "port_security_enabled": secured, "security_groups": groups,
            "allowed_address_pairs": _pairs(want.get("allowed_address_pairs") or [], mac),
            "extra_dhcp_opts": want.get("extra_dhcp_opts") or [], "binding:vnic_type": "normal"}
    store.ports[port["id"]] = port
    return port


def drop_port(store: Store, port: Record) -> None:
    """Delete a port; its floating IP stays, unbound."""
    for floating in store.floating_ips.values():
        if floating["port_id"] == port["id"]:
            unbind(floating)
    del store.ports[port["id"]]


def _groups(store: Store, wanted: list[str]) -> list[str]:
    return [find(store.security_groups, group, "SecurityGroup")["id"] for group in wanted]


def _pairs(wanted: list[dict[str, Any]], mac: str) -> list[dict[str, str]]:
    pairs = []
    for pair in wanted:
        try:
            ipaddress.IPv4Network(pair["ip_address"])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(400, f"Invalid input for allowed_address_pairs. Reason: {pair} has no valid IP address.", "HTTPBadRequest") from error
        pairs.append({"ip_address": pair["ip_address"], "mac_address": pair.get("mac_address", mac)})
    return pairs


def _fixed_ips(store: Store, vpc_id: str, wanted: list[dict[str, Any]], own: Record | None) -> list[dict[str, str]]:
    """Addresses as asked: `subnet_id`, `ip_address` or both each; refused when outside, taken or nowhere."""
    mine = {ip["ip_address"] for ip in own["fixed_ips"]} if own else set()
    subnets = [subnet for subnet in store.subnets.values() if subnet["vpc_id"] == vpc_id]
    chosen: list[dict[str, str]] = []
    for want in wanted:
        address, subnet_id = want.get("ip_address"), want.get("subnet_id")
        if subnet_id and subnet_id not in {subnet["id"] for subnet in subnets}:
            raise Refused(400, f"Invalid input for operation: Failed to create port on network {vpc_id}, because fixed_ips included invalid "
                               f"subnet {subnet_id}.", "InvalidInput")
        fits = [subnet for subnet in subnets if subnet_id in (None, subnet["id"]) and (address is None or _inside(address, subnet["cidr"]))]
        if not fits:
            raise Refused(400, f"Invalid input for operation: IP address {address} is not a valid IP for any subnet of network {vpc_id}.",
                          "InvalidIpForSubnet")
        subnet_id = fits[0]["id"]
        if address in store.addresses_in(subnet_id) - mine:
            raise Refused(409, f"Unable to complete operation for network {vpc_id}. The IP address {address} is in use.", "IpAddressInUse")
        chosen.append({"subnet_id": subnet_id, "ip_address": address or store.free_address(subnet_id)})
    return chosen


def _inside(address: str, cidr: str) -> bool:
    try:
        return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise Refused(400, f"Invalid input for fixed_ips. Reason: '{address}' is not a valid IP address.", "HTTPBadRequest") from error


def _has_ip(port: Record, pair: list[str]) -> bool:
    name, value = (*pair, "")[:2]
    if name == "ip_address_substr":
        return any(value in ip["ip_address"] for ip in port["fixed_ips"])
    return any(ip.get(name) == value for ip in port["fixed_ips"])
