# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Subnets of a VPC (`vpcsubnets`): no smaller than /28, inside the VPC, apart from each other, with an immutable range."""

from __future__ import annotations

import ipaddress

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..graveyard import bury_servers
from ..store import Record, Store, find, new_id, shown
from .routing import as_listed as table_listed

routes = Routes("/network/v2.0")

QUOTA = 10
FILTERS = ("id", "name", "vpc_id", "cidr", "shared")
CREATED = ("name", "tenant_id", "id", "state", "create_time", "vpc_id", "shared", "cidr", "gateway")


@routes.on("GET", "/vpcsubnets")
def list_subnets(call: Call) -> Answer:
    return {"vpcsubnets": select(call, [as_detail(call.store, subnet) for subnet in call.store.subnets.values()], FILTERS)}


@routes.on("GET", "/vpcsubnets/<id>")
def get_subnet(call: Call) -> Answer:
    return {"vpcsubnet": as_detail(call.store, find(call.store.subnets, call.id, "VpcSubnet"))}


@routes.on("POST", "/vpcsubnets")
def create_subnet(call: Call) -> Answer:
    store = call.store
    want = call.fields("vpcsubnet", ("vpc_id", "cidr", "name"), ("tenant_id",))
    vpc = find(store.vpcs, want["vpc_id"], "Vpc")
    siblings = [subnet for subnet in store.subnets.values() if subnet["vpc_id"] == vpc["id"]]
    if len(siblings) >= QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['vpcsubnet']. A VPC may have {QUOTA}.", "OverQuota")
    cidr = _range(want["cidr"], vpc)
    for subnet in siblings:
        if cidr.overlaps(ipaddress.ip_network(subnet["cidr"])):
            raise Refused(400, f"Requested subnet with cidr: {cidr} overlaps with subnet {subnet['id']} ({subnet['cidr']}).", "InvalidInput")
    subnet = {"name": want["name"], "tenant_id": vpc["tenant_id"], "id": new_id(), "state": "available", "create_time": store.stamp(),
              "vpc_id": vpc["id"], "shared": False, "cidr": str(cidr), "gateway": str(cidr[1]),
              "router:external": False, "enable_dhcp": True, "_table": None}
    store.subnets[subnet["id"]] = subnet
    return 201, {"vpcsubnet": {key: subnet[key] for key in CREATED}}


@routes.on("PUT", "/vpcsubnets/<id>")
def update_subnet(call: Call) -> Answer:
    subnet = find(call.store.subnets, call.id, "VpcSubnet")
    subnet["name"] = call.fields("vpcsubnet", ("name",))["name"]
    return {"vpcsubnet": {key: subnet[key] for key in CREATED}}


@routes.on("PUT", "/vpcsubnets/<id>/attach_routingtable")
def attach_routing_table(call: Call) -> Answer:
    store, subnet = call.store, find(call.store.subnets, call.id, "VpcSubnet")
    table = find(store.routing_tables, call.fields(None, ("routingtable_id",))["routingtable_id"], "RoutingTable")
    if table["_vpc"] != subnet["vpc_id"]:
        raise Refused(400, f"Routing table {table['id']} belongs to another VPC than subnet {subnet['id']}.", "InvalidInput")
    _keep_floating_ips_reachable(store, subnet, table)
    subnet["_table"] = table["id"]
    return {"vpcsubnet": as_detail(store, subnet)}


@routes.on("PUT", "/vpcsubnets/<id>/detach_routingtable")
def detach_routing_table(call: Call) -> Answer:
    store, subnet = call.store, find(call.store.subnets, call.id, "VpcSubnet")
    if not subnet["_table"]:
        raise Refused(409, f"Subnet {subnet['id']} follows its VPC's default routing table already.", "Conflict")
    default = next(table for table in store.routing_tables.values() if table["_vpc"] == subnet["vpc_id"] and table["default_table"])
    _keep_floating_ips_reachable(store, subnet, default)
    subnet["_table"] = None
    return {"vpcsubnet": as_detail(store, subnet)}


@routes.on("DELETE", "/vpcsubnets/<id>")
def delete_subnet(call: Call) -> Answer:
    store, subnet = call.store, find(call.store.subnets, call.id, "VpcSubnet")
    if store.holders_in(subnet["id"]):
        bury_servers(store)
        raise Refused(409, f"Unable to complete operation on subnet {subnet['id']}: "
                           "One or more ports have an IP allocation from this subnet.", "SubnetInUse")
    del store.subnets[subnet["id"]]
    return 204, None


def as_detail(store: Store, subnet: Record) -> Record:
    """A subnet with its VPC and the routing table it follows, as every call but create and update answers it."""
    vpc, table = store.vpcs[subnet["vpc_id"]], store.table_of(subnet["id"])
    follows = {"id": table["id"], "name": table["name"], "default_table": table["default_table"], "explicit": bool(subnet["_table"])}
    listed = table_listed(table)
    if "gateway_id" in listed:
        follows["gateway_id"] = listed["gateway_id"]
    network = ipaddress.ip_network(subnet["cidr"])
    reserved = 3 if "gateway_id" in listed else 2       # gateway and DHCP; SNAT too where there is an internet gateway
    return {**shown(subnet), "available_ip_count": network.num_addresses - 2 - reserved - len(store.holders_in(subnet["id"])),
            "vpc": {key: vpc[key] for key in ("id", "name", "cidrv4", "state", "shared")}, "routingtable": follows, "routes": []}


def _keep_floating_ips_reachable(store: Store, subnet: Record, table: Record) -> None:
    inside = {port["id"] for port in store.ports.values() if any(ip["subnet_id"] == subnet["id"] for ip in port["fixed_ips"])}
    if not table.get("gateway_id") and any(floating["port_id"] in inside for floating in store.floating_ips.values()):
        raise Refused(409, f"Subnet {subnet['id']} has floating IPs; routing table {table['id']} has no internet gateway.", "Conflict")


def _range(text: object, vpc: Record) -> ipaddress.IPv4Network:
    try:
        cidr = ipaddress.IPv4Network(str(text))
    except ValueError as error:
        raise Refused(400, f"Invalid input for cidr. Reason: '{text}' is not a valid IP subnet: {error}.", "InvalidCidr") from error
    if cidr.prefixlen > 28 or not cidr.subnet_of(ipaddress.IPv4Network(vpc["cidrv4"])):
        raise Refused(400, f"Invalid CIDR {cidr}: a subnet lies inside its VPC ({vpc['cidrv4']}) and is no smaller than /28.", "InvalidCidr")
    return cidr
