# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NHN Cloud holds, as specs. Pure: the world is what its emulator shows at `/_lab/world`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from lab import world
from lab.materialise import nhn_groups
from lab.materialise.specs import Database, Host, Nat, Network, Restore, Route, Router, Schema, Spec, User, host_address, hostname, short


def desired(nhn: Mapping[str, Any]) -> dict[str, Spec]:
    """Every spec NHN Cloud asks for, by name."""
    cloud = _Cloud(nhn)
    specs: list[Spec] = []
    for number, vpc in enumerate(sorted(nhn["vpcs"], key=lambda vpc: (vpc["create_time"], vpc["id"]))):
        specs += [Network(network_name(vpc["id"]), "nhn", vpc["id"], vpc["cidrv4"]), cloud.router(vpc, number)]
    specs += [cloud.host(server) for server in nhn["servers"] if server["fixed_ips"] and server["status"] != "DELETED"]
    specs += [cloud.database(database) for database in nhn["rds_instances"] if database["subnet_id"] in cloud.vpc_of_subnet]
    return {spec.name: spec for spec in specs}


class _Cloud:
    def __init__(self, nhn: Mapping[str, Any]):
        self.nhn = nhn
        self.cidrs = {vpc["id"]: vpc["cidrv4"] for vpc in nhn["vpcs"]}
        self.vpc_of_subnet = {subnet["id"]: subnet["vpc_id"] for subnet in nhn["subnets"]}
        self.ports = {port["id"]: port for port in nhn["ports"]}
        self.keys = {keypair["name"]: keypair["public_key"] for keypair in nhn["keypairs"]}

    def router(self, vpc: Mapping[str, Any], number: int) -> Router:
        tables = sorted((table for table in self.nhn["routing_tables"] if table["vpc_id"] == vpc["id"]),
                        key=lambda table: not table["default_table"])
        is_open = any(table["gateway_id"] for table in tables)
        return Router(
            name=f"lab-nhn-router-{short(vpc['id'])}", site="nhn", resource=vpc["id"], network=network_name(vpc["id"]),
            cidr=vpc["cidrv4"], address=host_address(vpc["cidrv4"], 1),
            internet_address=str(ipaddress.ip_address(world.NHN_ROUTER) + number), open=is_open,
            nat=self._nat(vpc["id"]) if is_open else (), routes=_routes(tables),
        )

    def host(self, server: Mapping[str, Any]) -> Host:
        place = server["fixed_ips"][0]
        vpc_id = self.vpc_of_subnet[place["subnet_id"]]
        return Host(
            name=f"lab-nhn-host-{short(server['id'])}", site="nhn", resource=server["id"], network=network_name(vpc_id),
            address=place["ip_address"], gateway=host_address(self.cidrs[vpc_id], 1), hostname=hostname(server["name"]),
            user=server["login_username"], public_key=self.keys.get(server["key_name"] or "", ""), user_data=server["user_data"] or "",
            public=tuple(pair.public for pair in self._nat(vpc_id) if pair.private == place["ip_address"]),
            filter=nhn_groups.of_port(self.nhn, self.ports[server["ports"][0]]),
        )

    def database(self, database: Mapping[str, Any]) -> Database:
        vpc_id = self.vpc_of_subnet[database["subnet_id"]]
        return Database(
            name=database_name(database["id"]), site="nhn", resource=database["id"], network=network_name(vpc_id),
            address=database["address"], gateway=host_address(self.cidrs[vpc_id], 1), port=int(database["port"]),
            domain=database["domain"], admin_user=database["admin_user"], admin_password=database["admin_password"],
            parameters=tuple(sorted((name, str(value)) for name, value in database["parameters"].items())),
            users=tuple(User(user["id"], user["name"], user["password"], user["host"], user["authority"]) for user in database["users"]),
            schemas=tuple(Schema(schema["id"], schema["name"]) for schema in database["schemas"]), restore=_restore(database.get("restore")),
            filter=nhn_groups.of_database(self.nhn, database),
        )

    def _nat(self, vpc_id: str) -> tuple[Nat, ...]:
        here = {port["id"] for port in self.nhn["ports"] if port["network_id"] == vpc_id}
        return tuple(sorted(Nat(floating["floating_ip_address"], floating["fixed_ip_address"])
                            for floating in self.nhn["floating_ips"] if floating["port_id"] in here and floating["fixed_ip_address"]))


def backups(nhn: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The backups that are being made: {id: (container of the instance, where the archive goes)}."""
    return {backup["id"]: (database_name(backup["instance"]), backup["archive"]) for backup in nhn.get("rds_backups", ())}


def database_name(instance: str) -> str:
    return f"lab-nhn-db-{short(instance)}"


def _restore(told: Mapping[str, Any] | None) -> Restore | None:
    if not told:
        return None
    replay = dict(told["replay"] or {})
    source = replay.pop("source", "")
    return Restore(told["archive"], tuple(sorted((name, str(value)) for name, value in replay.items())),
                   database_name(source) if source else "", bool(told["adopt"]))


def _routes(tables: list[Mapping[str, Any]]) -> tuple[Route, ...]:
    """One flat network has one table: the union of all, the default one first in a conflict. A gateway's route is no route to a host."""
    routes: dict[str, str] = {}
    for table in tables:
        for route in table["routes"]:
            if route["gateway"] != "local" and not route.get("gateway_id"):
                routes.setdefault(route["cidr"], route["gateway"])
    return tuple(sorted(Route(cidr, via) for cidr, via in routes.items()))


def network_name(vpc_id: str) -> str:
    return f"lab-nhn-{short(vpc_id)}"
