# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NAT gateways: born with a free floating IP, in a subnet that reaches the internet; BUILD for one more look. No packet passes through."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import Record, find, new_id, ripe, shown
from .floating_ips import bind
from .ports import add_port, drop_port

routes = Routes("/network/v2.0")

QUOTA = 3
FILTERS = ("id", "tenant_id", "name")


@routes.on("GET", "/natgateways")
def list_nat_gateways(call: Call) -> Answer:
    return {"natgateways": select(call, [_looked_at(gateway) for gateway in call.store.nat_gateways.values()], FILTERS)}


@routes.on("GET", "/natgateways/<id>")
def get_nat_gateway(call: Call) -> Answer:
    return {"natgateway": _looked_at(find(call.store.nat_gateways, call.id, "NatGateway"))}


@routes.on("POST", "/natgateways")
def create_nat_gateway(call: Call) -> Answer:
    store = call.store
    want = call.fields("natgateway", ("name", "vpc_id", "subnet_id", "floatingips_id"), ("description", "tenant_id"))
    vpc, subnet = find(store.vpcs, want["vpc_id"], "Vpc"), find(store.subnets, want["subnet_id"], "Subnet")
    floating = find(store.floating_ips, want["floatingips_id"], "FloatingIP")
    if subnet["vpc_id"] != vpc["id"]:
        raise Refused(400, f"Subnet {subnet['id']} is not in VPC {vpc['id']}.", "BadRequest")
    if floating["port_id"]:
        raise Refused(409, f"Floating IP {floating['id']} is bound to port {floating['port_id']} already.", "FloatingIPInUse")
    if len(store.nat_gateways) >= QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['natgateway']. The project may have {QUOTA}.", "OverQuota")
    identity = new_id()
    port = add_port(store, {"network_id": vpc["id"], "fixed_ips": [{"subnet_id": subnet["id"]}], "device_id": identity,
                            "device_owner": "network:nat_gateway", "port_security_enabled": False})
    try:
        bind(store, floating, port["id"])
    except Refused:
        drop_port(store, port)
        raise
    tenant = store.settings.credentials.tenant_id
    gateway: Record = {"id": identity, "name": want["name"], "description": want.get("description") or "", "status": "BUILD",
                       "vpc_id": vpc["id"], "subnet_id": subnet["id"], "port_id": port["id"], "floatingips_id": floating["id"],
                       "fixed_ip": port["fixed_ips"][0]["ip_address"], "floating_ip": floating["floating_ip_address"],
                       "tenant_id": tenant, "project_id": tenant, "create_time": store.stamp()}
    store.nat_gateways[identity] = gateway
    return 201, {"natgateway": shown(gateway)}


@routes.on("PUT", "/natgateways/<id>")
def update_nat_gateway(call: Call) -> Answer:
    gateway = find(call.store.nat_gateways, call.id, "NatGateway")
    gateway.update(call.fields("natgateway", (), ("name", "description")))
    return {"natgateway": shown(gateway)}


@routes.on("DELETE", "/natgateways/<id>")
def delete_nat_gateway(call: Call) -> Answer:
    store, gateway = call.store, find(call.store.nat_gateways, call.id, "NatGateway")
    if any(route["gateway"] == gateway["fixed_ip"] and store.routing_tables[route["routingtable_id"]]["_vpc"] == gateway["vpc_id"]
           for route in store.routes.values()):
        raise Refused(409, f"NAT gateway {gateway['id']} is in use by a route.", "NatGatewayInUse")
    drop_port(store, store.ports[gateway["port_id"]])
    del store.nat_gateways[gateway["id"]]
    return 204, None


def _looked_at(gateway: Record) -> Record:
    if gateway["status"] == "BUILD" and ripe(gateway):
        gateway["status"] = "ACTIVE"
    return shown(gateway)
