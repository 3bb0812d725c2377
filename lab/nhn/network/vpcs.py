# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VPCs: a private range of /8 to /24 with a default routing table; deletable once its subnets are gone."""

from __future__ import annotations

import ipaddress

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import PUBLIC_NETWORK, Record, Store, find, new_id, shown
from .routing import add_table
from .subnets import as_detail as subnet_detail

routes = Routes("/network/v2.0")

QUOTA = 3
PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
FILTERS = ("id", "name", "tenant_id", "router:external", "shared")


@routes.on("GET", "/vpcs")
def list_vpcs(call: Call) -> Answer:
    everything = [*({**shown(vpc), "router:external": False} for vpc in call.store.vpcs.values()), public_network(call.store)]
    return {"vpcs": select(call, everything, FILTERS)}


@routes.on("GET", "/vpcs/<id>")
def get_vpc(call: Call) -> Answer:
    store = call.store
    if call.id == PUBLIC_NETWORK:
        return {"vpc": {**public_network(store), "routingtables": [], "subnets": []}}
    vpc = find(store.vpcs, call.id, "Vpc")
    return {"vpc": {**shown(vpc), "router:external": False,
                    "routingtables": [shown(table) for table in store.routing_tables.values() if table["_vpc"] == vpc["id"]],
                    "subnets": [subnet_detail(store, subnet) for subnet in store.subnets.values() if subnet["vpc_id"] == vpc["id"]]}}


@routes.on("POST", "/vpcs")
def create_vpc(call: Call) -> Answer:
    store = call.store
    want = call.fields("vpc", ("name", "cidrv4"), ("tenant_id", "external_network_id"))
    cidr = _range(want["cidrv4"])
    if len(store.vpcs) >= QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['vpc']. The project may have {QUOTA}.", "OverQuota")
    vpc = {"name": want["name"], "tenant_id": store.settings.credentials.tenant_id, "state": "available", "create_time": store.stamp(),
           "cidrv4": cidr, "shared": False, "id": new_id()}
    store.vpcs[vpc["id"]] = vpc
    add_table(store, vpc["id"], "vpc-" + "-".join(vpc["id"].split("-")[:2]), distributed=True, default=True)
    return 201, {"vpc": shown(vpc)}


@routes.on("PUT", "/vpcs/<id>")
def update_vpc(call: Call) -> Answer:
    store, vpc = call.store, find(call.store.vpcs, call.id, "Vpc")
    want = call.fields("vpc", (), ("name", "cidrv4"))
    if "cidrv4" in want:
        cidr = _range(want["cidrv4"])
        if outside := [subnet["cidr"] for subnet in store.subnets.values() if subnet["vpc_id"] == vpc["id"]
                       and not ipaddress.IPv4Network(subnet["cidr"]).subnet_of(ipaddress.IPv4Network(cidr))]:
            raise Refused(400, f"Invalid CIDR {cidr}: subnet {outside[0]} would be outside the VPC.", "InvalidCidr")
        vpc["cidrv4"] = cidr
        for route in store.routes.values():
            if route["gateway"] == "local" and store.routing_tables[route["routingtable_id"]]["_vpc"] == vpc["id"]:
                route.update(cidr=cidr, mask=ipaddress.ip_network(cidr).prefixlen)
    vpc["name"] = want.get("name", vpc["name"])
    return {"vpc": shown(vpc)}


@routes.on("DELETE", "/vpcs/<id>")
def delete_vpc(call: Call) -> Answer:
    store, vpc = call.store, find(call.store.vpcs, call.id, "Vpc")
    if any(subnet["vpc_id"] == vpc["id"] for subnet in store.subnets.values()):
        raise Refused(409, f"Unable to complete operation on VPC {vpc['id']}. There are one or more subnets in use.", "VpcInUse")
    tables = [table for table in store.routing_tables.values() if table["_vpc"] == vpc["id"]]
    if attached := next((table for table in tables if table.get("gateway_id")), None):
        raise Refused(409, f"Internet gateway {attached['gateway_id']} is attached to routing table {attached['id']}.", "VpcInUse")
    for table in tables:
        del store.routing_tables[table["id"]]
    gone = {table["id"] for table in tables}
    store.routes = {key: route for key, route in store.routes.items() if route["routingtable_id"] not in gone}
    del store.vpcs[vpc["id"]]
    return 204, None


def public_network(store: Store) -> Record:
    """The external network, as the VPC family shows it."""
    return {"id": PUBLIC_NETWORK, "name": "Public Network", "tenant_id": store.user_id, "state": "available",
            "create_time": "2018-07-02 11:12:08", "cidrv4": "0.0.0.0/0", "shared": True, "router:external": True}


def _range(text: object) -> str:
    try:
        cidr = ipaddress.IPv4Network(str(text))
    except ValueError as error:
        raise Refused(400, f"Invalid input for cidrv4. Reason: '{text}' is not a valid IP subnet: {error}.", "InvalidCidr") from error
    if cidr.prefixlen > 24 or not any(cidr.subnet_of(block) for block in PRIVATE):
        raise Refused(400, f"Invalid CIDR {cidr}: a VPC lies in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 and is no smaller than /24.",
                      "InvalidCidr")
    return str(cidr)
