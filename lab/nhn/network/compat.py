# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Neutron clients expect to see: VPCs as networks, their subnets as subnets. Lists only; nothing else is documented."""

from __future__ import annotations

import ipaddress

from ..calls import Answer, Call, Routes, select
from ..store import PUBLIC_NETWORK, PUBLIC_SUBNET

routes = Routes("/network/v2.0")

NETWORK_FILTERS = ("id", "name", "router:external", "shared", "tenant_id", "provider:network_type")
SUBNET_FILTERS = ("id", "name", "enable_dhcp", "network_id", "cidr", "shared")


@routes.on("GET", "/networks")
def list_networks(call: Call) -> Answer:
    store = call.store
    networks = [{"id": vpc["id"], "name": vpc["name"], "status": "ACTIVE", "router:external": False, "tenant_id": vpc["tenant_id"],
                 "subnets": [subnet["id"] for subnet in store.subnets.values() if subnet["vpc_id"] == vpc["id"]],
                 "admin_state_up": True, "mtu": 0, "shared": False, "port_security_enabled": True} for vpc in store.vpcs.values()]
    networks.append({"id": PUBLIC_NETWORK, "name": "Public Network", "status": "ACTIVE", "router:external": True,
                     "tenant_id": store.user_id, "subnets": [PUBLIC_SUBNET], "admin_state_up": True, "mtu": 0, "shared": True,
                     "port_security_enabled": True})
    return {"networks": select(call, networks, NETWORK_FILTERS)}


@routes.on("GET", "/subnets")
def list_network_subnets(call: Call) -> Answer:
    subnets = []
    for subnet in call.store.subnets.values():
        cidr = ipaddress.ip_network(subnet["cidr"])
        subnets.append({"id": subnet["id"], "name": subnet["name"], "network_id": subnet["vpc_id"], "tenant_id": subnet["tenant_id"],
                        "cidr": subnet["cidr"], "gateway_ip": subnet["gateway"], "enable_dhcp": True, "ip_version": 4, "shared": False,
                        "allocation_pools": [{"start": str(cidr[2]), "end": str(cidr[-2])}], "host_routes": [], "dns_nameservers": [],
                        "ipv6_address_mode": None, "ipv6_ra_mode": None, "subnetpool_id": None})
    return {"subnets": select(call, subnets, SUBNET_FILTERS)}
