# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Routing tables and their routes. A table always holds the VPC's `local` route, and the 0.0.0.0/0 route while a gateway is attached."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import Record, Store, find, new_id, shown

routes = Routes("/network/v2.0")

TABLE_QUOTA = 10
ROUTE_QUOTA = 10
CREATED = ("default_table", "name", "tenant_id", "distributed", "state", "create_time", "id")
TABLE_FILTERS = ("tenant_id", "id", "name", "default_table", "gateway_id", "distributed")
ROUTE_FILTERS = ("id", "cidr", "mask", "gateway", "routingtable_id", "gateway_id")


@routes.on("GET", "/routingtables")
def list_routing_tables(call: Call) -> Answer:
    store, detail = call.store, call.request.args.get("detail", "").lower() == "true"
    tables = [as_listed(table) for table in store.routing_tables.values()]
    if detail:
        for table in tables:
            vpc = store.vpcs[store.routing_tables[table["id"]]["_vpc"]]
            table["vpcs"] = [{"id": vpc["id"], "name": vpc["name"]}]
            table["subnets"] = [{"id": subnet["id"], "name": subnet["name"]} for subnet in _followers(store, table["id"])]
    return {"routingtables": select(call, tables, TABLE_FILTERS)}


@routes.on("GET", "/routingtables/<id>")
def get_routing_table(call: Call) -> Answer:
    return {"routingtable": _full(call.store, find(call.store.routing_tables, call.id, "RoutingTable"))}


@routes.on("POST", "/routingtables")
def create_routing_table(call: Call) -> Answer:
    store = call.store
    want = call.fields("routingtable", ("name", "vpc_id"), ("distributed", "tenant_id"))
    vpc = find(store.vpcs, want["vpc_id"], "Vpc")
    if sum(table["_vpc"] == vpc["id"] for table in store.routing_tables.values()) >= TABLE_QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['routingtable']. A VPC may have {TABLE_QUOTA}.", "OverQuota")
    table = add_table(store, vpc["id"], want["name"], distributed=_boolean(want.get("distributed", True)), default=False)
    return 201, {"routingtable": {key: table[key] for key in CREATED}}


@routes.on("PUT", "/routingtables/<id>")
def update_routing_table(call: Call) -> Answer:
    table = find(call.store.routing_tables, call.id, "RoutingTable")
    want = call.fields("routingtable", (), ("name", "distributed"))
    table.update(name=want.get("name", table["name"]), distributed=_boolean(want.get("distributed", table["distributed"])))
    return {"routingtable": {key: table[key] for key in CREATED}}


@routes.on("PUT", "/routingtables/<id>/attach_gateway")
def attach_gateway(call: Call) -> Answer:
    store, table = call.store, find(call.store.routing_tables, call.id, "RoutingTable")
    gateway = find(store.internet_gateways, call.fields(None, ("gateway_id",))["gateway_id"], "InternetGateway")
    if table.get("gateway_id") or gateway["routingtable_id"]:
        raise Refused(409, f"Routing table {table['id']} or internet gateway {gateway['id']} is attached already.", "Conflict")
    if any(route["cidr"] == "0.0.0.0/0" for route in _routes_of(store, table)):
        raise Refused(409, f"Routing table {table['id']} has a route for 0.0.0.0/0 already.", "Conflict")
    table.update(gateway_id=gateway["id"], gateway_name=gateway["name"])
    gateway.update(routingtable_id=table["id"], state="available")
    _add_route(store, table, "0.0.0.0/0", "", gateway_id=gateway["id"])
    return {"routingtable": _full(store, table)}


@routes.on("PUT", "/routingtables/<id>/detach_gateway")
def detach_gateway(call: Call) -> Answer:
    store, table = call.store, find(call.store.routing_tables, call.id, "RoutingTable")
    if not table.get("gateway_id"):
        raise Refused(404, f"Routing table {table['id']} has no gateway attached.", "GatewayNotFound")
    behind = {subnet["id"] for subnet in _followers(store, table["id"])}
    if any(floating["port_id"] and any(ip["subnet_id"] in behind for ip in store.ports[floating["port_id"]]["fixed_ips"])
           for floating in store.floating_ips.values()):
        raise Refused(409, f"Gateway {table['gateway_id']} is required by one or more floating IPs.", "RouterExternalGatewayInUseByFloatingIp")
    gateway = store.internet_gateways[table.pop("gateway_id")]
    table.pop("gateway_name")
    gateway.update(routingtable_id=None, state="unavailable")
    store.routes = {key: route for key, route in store.routes.items() if route.get("gateway_id") != gateway["id"]}
    return {"routingtable": _full(store, table)}


@routes.on("PUT", "/routingtables/<id>/set_as_default")
def set_default_routing_table(call: Call) -> Answer:
    store, table = call.store, find(call.store.routing_tables, call.id, "RoutingTable")
    for sibling in store.routing_tables.values():
        if sibling["_vpc"] == table["_vpc"]:
            sibling["default_table"] = sibling is table
    return {"routingtable": _full(store, table)}


@routes.on("DELETE", "/routingtables/<id>")
def delete_routing_table(call: Call) -> Answer:
    store, table = call.store, find(call.store.routing_tables, call.id, "RoutingTable")
    if table["default_table"]:
        raise Refused(409, f"Routing table {table['id']} is the default of its VPC and cannot be deleted.", "RoutingTableInUse")
    if table.get("gateway_id") or _followers(store, table["id"]):
        raise Refused(409, f"Routing table {table['id']} still has a gateway or subnets attached.", "RoutingTableInUse")
    del store.routing_tables[table["id"]]
    store.routes = {key: route for key, route in store.routes.items() if route["routingtable_id"] != table["id"]}
    return 204, None


@routes.on("GET", "/routingtables/<id>/related_gateways")
def list_related_gateways(call: Call) -> Answer:
    """NAT gateways that its routes lead to. The emulated cloud has no peerings and no VPN gateways."""
    store, table = call.store, find(call.store.routing_tables, call.id, "RoutingTable")
    leads_to = {route["gateway"] for route in _routes_of(store, table)}
    return {"gateways": [{"id": gateway["id"], "type": "goblin:natgateway", "name": gateway["name"]} for gateway in store.nat_gateways.values()
                         if gateway["vpc_id"] == table["_vpc"] and gateway["fixed_ip"] in leads_to]}


@routes.on("GET", "/routes")
def list_routes(call: Call) -> Answer:
    return {"routes": select(call, [shown(route) for route in call.store.routes.values()], ROUTE_FILTERS)}


@routes.on("GET", "/routes/<id>")
def get_route(call: Call) -> Answer:
    return {"route": shown(find(call.store.routes, call.id, "Route"))}


@routes.on("POST", "/routes")
def create_route(call: Call) -> Answer:
    store = call.store
    want = call.fields("route", ("routingtable_id", "cidr", "gateway"), ("description", "tenant_id"))
    table = find(store.routing_tables, want["routingtable_id"], "RoutingTable")
    if len(_routes_of(store, table)) >= ROUTE_QUOTA:
        raise Refused(409, f"Quota exceeded for resources: ['route']. A routing table may have {ROUTE_QUOTA}.", "OverQuota")
    cidr = _checked_route(store, table, want)
    return 201, {"route": shown(_add_route(store, table, cidr, want["gateway"], description=want.get("description")))}


@routes.on("PUT", "/routes/<id>")
def update_route(call: Call) -> Answer:
    store, route = call.store, _own_route(call)
    want = {key: route[key] for key in ("cidr", "gateway", "description")} | call.fields("route", (), ("cidr", "gateway", "description"))
    cidr = _checked_route(store, store.routing_tables[route["routingtable_id"]], want, route["id"])
    route.update(cidr=cidr, mask=ipaddress.ip_network(cidr).prefixlen, gateway=want["gateway"], description=want["description"])
    return {"route": shown(route)}


@routes.on("DELETE", "/routes/<id>")
def delete_route(call: Call) -> Answer:
    del call.store.routes[_own_route(call)["id"]]
    return 204, None


def add_table(store: Store, vpc_id: str, name: str, *, distributed: bool, default: bool) -> Record:
    """A new routing table of a VPC, with the VPC's own route in it."""
    table: Record = {"default_table": default, "name": name, "tenant_id": store.settings.credentials.tenant_id, "distributed": distributed,
             "state": "available", "create_time": store.stamp(), "id": new_id(), "_vpc": vpc_id}
    store.routing_tables[table["id"]] = table
    _add_route(store, table, store.vpcs[vpc_id]["cidrv4"], "local")
    return table


def as_listed(table: Record) -> Record:
    """A table as lists show it without `detail`; gateway fields are there only while a gateway is."""
    return shown(table)


def _full(store: Store, table: Record) -> Record:
    """A table as a single read answers it: VPC and subnets are plain ids here, unlike in lists."""
    inside = [{**shown(route, "description"), "hidden": False} for route in _routes_of(store, table)]
    return {**shown(table), "activated": True, "vpcs": [table["_vpc"]], "routes": inside,
            "subnets": [subnet["id"] for subnet in _followers(store, table["id"])]}


def _followers(store: Store, table_id: str) -> list[Record]:
    return [subnet for subnet in store.subnets.values() if store.table_of(subnet["id"])["id"] == table_id]


def _routes_of(store: Store, table: Record) -> list[Record]:
    return [route for route in store.routes.values() if route["routingtable_id"] == table["id"]]


def _add_route(store: Store, table: Record, cidr: str, gateway: str, description: str | None = None, **more: Any) -> Record:
    route: Record = {"id": new_id(), "routingtable_id": table["id"], "tenant_id": table["tenant_id"], "cidr": cidr,
             "mask": ipaddress.ip_network(cidr).prefixlen, "gateway": gateway, "description": description, **more}
    store.routes[route["id"]] = route
    return route


def _own_route(call: Call) -> Record:
    route = find(call.store.routes, call.id, "Route")
    if route["gateway"] == "local" or route.get("gateway_id"):
        raise Refused(409, f"Route {route['id']} belongs to its VPC or gateway and can be neither changed nor deleted.", "RouteInUse")
    return route


def _checked_route(store: Store, table: Record, want: Record, own_id: str | None = None) -> str:
    """The route's range in canonical form, or the refusal the documentation promises."""
    try:
        cidr = str(ipaddress.IPv4Network(want["cidr"]))
        gateway = str(ipaddress.IPv4Address(want["gateway"]))
    except ValueError as error:
        raise Refused(400, f"Invalid route {want['cidr']} via {want['gateway']}: {error}.", "InvalidInput") from error
    if len((want.get("description") or "").encode()) > 256:
        raise Refused(400, "Invalid input for description. Reason: it is longer than 256 bytes.", "HTTPBadRequest")
    if any(route["cidr"] == cidr and route["id"] != own_id for route in _routes_of(store, table)):
        raise Refused(409, f"Routing table {table['id']} has a route for {cidr} already.", "RouteAlreadyExists")
    owner = next((port for port in store.ports.values() if port["network_id"] == table["_vpc"]
                  and any(ip["ip_address"] == gateway for ip in port["fixed_ips"])), None)
    if owner is None:
        raise Refused(400, f"Invalid gateway {gateway}: nothing in VPC {table['_vpc']} owns that address.", "InvalidInput")
    own_tables = {store.table_of(ip["subnet_id"])["id"] for ip in owner["fixed_ips"]}
    has_floating = any(floating["port_id"] == owner["id"] for floating in store.floating_ips.values())
    if table["id"] in own_tables and not (cidr == "0.0.0.0/0" and has_floating):
        raise Refused(400, f"Invalid gateway {gateway}: it is in a subnet that follows routing table {table['id']} itself. "
                           "Give the forwarding instance a subnet and a routing table of its own.", "InvalidInput")
    return cidr


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise Refused(400, f"Invalid input for distributed. Reason: '{value}' cannot be converted to boolean.", "HTTPBadRequest")
