# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS holds, as specs. Pure: the world is what `read.aws` collected from the API, addresses in use come as `kept`."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from lab import world
from lab.materialise import aws_groups, aws_ways, vpn_configuration, web_acls
from lab.materialise.specs import (
    Database,
    Host,
    Listener,
    LoadBalancer,
    Nat,
    Network,
    Route,
    Router,
    Spec,
    Target,
    TargetGroup,
    Vgw,
    host_address,
    hostname,
    lowest_free,
    short,
)

LOGIN_USER = "admin"                # of Debian's own EC2 images
VGW_OFFSET = -5                     # 10.0.255.250 in 10.0.0.0/16
DATABASE_OFFSETS = (50, 199)        # within its subnet
BALANCER_OFFSETS = (-55, -6)        # within the VPC, out of every subnet's way
POWERED = ("pending", "running")
PRESENT = (*POWERED, "stopping", "stopped")


def desired(aws: Mapping[str, Any], kept: Mapping[str, str]) -> dict[str, Spec]:
    """Every spec AWS asks for, by name. `kept`: {container name: private address}, so that an address once given stays."""
    cloud = _Cloud(aws, kept)
    specs: list[Spec] = []
    for number, vpc in enumerate(sorted(cloud.vpcs, key=lambda vpc: vpc["VpcId"])):
        specs += [cloud.network(vpc), cloud.router(vpc, number)]
    specs += map(cloud.host, cloud.instances)
    specs += filter(None, map(cloud.vgw, aws["vpn_gateways"]))
    specs += cloud.databases()
    specs += cloud.load_balancers()
    return aws_groups.filtered(aws, {spec.name: spec for spec in specs})


class _Cloud:
    def __init__(self, aws: Mapping[str, Any], kept: Mapping[str, str]):
        self.aws = aws
        self.kept = kept
        self.vpcs = [vpc for vpc in aws["vpcs"] if not vpc.get("IsDefault")]
        self.cidrs = {vpc["VpcId"]: vpc["CidrBlock"] for vpc in self.vpcs}
        self.subnets = {subnet["SubnetId"]: subnet for subnet in aws["subnets"]}
        self.instances = [instance for instance in aws["instances"]
                          if instance["State"]["Name"] in PRESENT and instance.get("VpcId") in self.cidrs]
        self.addresses = {instance["InstanceId"]: instance["PrivateIpAddress"] for instance in self.instances}
        self.vgw_of_vpc = {attachment["VpcId"]: gateway["VpnGatewayId"] for gateway in aws["vpn_gateways"]
                           for attachment in gateway.get("VpcAttachments", []) if attachment["State"] == "attached"}

    def network(self, vpc: Mapping[str, Any]) -> Network:
        return Network(network_name(vpc["VpcId"]), "aws", vpc["VpcId"], vpc["CidrBlock"])

    def router(self, vpc: Mapping[str, Any], number: int) -> Router:
        vpc_id, cidr = vpc["VpcId"], vpc["CidrBlock"]
        ways = aws_ways.out(self.aws, vpc_id)
        nats = {nat["NatGatewayId"]: nat["NatGatewayAddresses"][0]["PublicIp"] for nat in self.aws["nat_gateways"]
                if nat["VpcId"] == vpc_id and nat["State"] == "available"}
        is_open = any(attachment["VpcId"] == vpc_id for gateway in self.aws["internet_gateways"]
                      for attachment in gateway.get("Attachments", []))
        return Router(
            name=f"lab-aws-router-{short(vpc_id)}", site="aws", resource=vpc_id, network=network_name(vpc_id), cidr=cidr,
            address=host_address(cidr, 1), internet_address=str(ipaddress.ip_address(world.AWS_ROUTER) + number),
            open=is_open, nat=self._nat(vpc_id) if is_open else (), routes=self._routes(vpc_id),
            shared=tuple(sorted(Nat(nats[way], cidr) for cidr, way in ways.items() if way in nats)) if is_open else (),
            shut=tuple(sorted(cidr for cidr, way in ways.items() if way not in nats and not way.startswith("igw-"))) if is_open else (),
        )

    def host(self, instance: Mapping[str, Any]) -> Host:
        name, vpc_id = tag(instance, "Name") or instance["InstanceId"], instance["VpcId"]
        return Host(
            name=f"lab-aws-host-{short(instance['InstanceId'])}", site="aws", resource=instance["InstanceId"],
            network=network_name(vpc_id), address=instance["PrivateIpAddress"], gateway=host_address(self.cidrs[vpc_id], 1),
            hostname=hostname(name), user=LOGIN_USER, public_key=self.aws["secrets"]["keypairs"].get(instance.get("KeyName"), ""),
            user_data=self.aws["secrets"]["user_data"].get(instance["InstanceId"]) or "", metadata=self._metadata(instance),
            public=tuple(pair.public for pair in self._nat(vpc_id) if pair.private == instance["PrivateIpAddress"]),
            powered=instance["State"]["Name"] in POWERED,
        )

    def _metadata(self, instance: Mapping[str, Any]) -> str:
        zone = instance["Placement"]["AvailabilityZone"]
        return json.dumps({
            "meta-data": {"instance-id": instance["InstanceId"], "local-ipv4": instance["PrivateIpAddress"], "placement/availability-zone": zone,
                          "placement/region": zone.rstrip("abcdef")},
            "role": self.aws["secrets"].get("roles", {}).get(instance["InstanceId"])}, sort_keys=True)

    def vgw(self, gateway: Mapping[str, Any]) -> Vgw | None:
        """None for a gateway that is in no VPC or has no connection: nothing of it can be reached yet."""
        gateway_id = gateway["VpnGatewayId"]
        vpc_id = next((vpc for vpc, attached in self.vgw_of_vpc.items() if attached == gateway_id and vpc in self.cidrs), None)
        connections = self._connections(gateway_id)
        tunnels = tuple(tunnel for connection in connections for tunnel in vpn_configuration.tunnels(
            connection["VpnConnectionId"], connection["CustomerGatewayConfiguration"],
            connection.get("Options", {}).get("TunnelOptions", ())))
        if vpc_id is None or not tunnels:
            return None
        remote = {route["DestinationCidrBlock"] for connection in connections for route in connection.get("Routes", [])
                  if route.get("State") not in ("deleting", "deleted")}
        return Vgw(f"lab-vgw-{short(gateway_id)}", "aws", gateway_id, network_name(vpc_id), host_address(self.cidrs[vpc_id], VGW_OFFSET),
                   self.cidrs[vpc_id], tuple(sorted(remote)), tunnels)

    def databases(self) -> list[Spec]:
        found: list[Spec] = []
        taken = set(self.addresses.values()) | set(self.kept.values())
        for database in sorted(self.aws["databases"], key=lambda database: database["DBInstanceIdentifier"]):
            identifier, group = database["DBInstanceIdentifier"], database.get("DBSubnetGroup", {})
            places = [self.subnets[member["SubnetIdentifier"]] for member in group.get("Subnets", [])
                      if member["SubnetIdentifier"] in self.subnets]
            if group.get("VpcId") not in self.cidrs or not places or database["DBInstanceStatus"] == "deleting":
                continue
            cidr = min(places, key=lambda subnet: ipaddress.ip_network(subnet["CidrBlock"]))["CidrBlock"]
            name = f"lab-aws-db-{hostname(identifier)}"
            address = self.kept.get(name) or lowest_free(host_address(cidr, DATABASE_OFFSETS[0]), host_address(cidr, DATABASE_OFFSETS[1]), taken)
            taken.add(address)
            secret = self.aws["secrets"]["databases"].get(identifier, {})
            endpoint = database.get("Endpoint") or {}
            found.append(Database(
                name=name, site="aws", resource=identifier, network=network_name(group["VpcId"]), address=address,
                gateway=host_address(self.cidrs[group["VpcId"]], 1),
                port=endpoint.get("Port") or database.get("DbInstancePort") or 3306,
                domain=endpoint.get("Address") or f"{identifier}.lab.{world.AWS_REGION}.rds.amazonaws.com",
                admin_user=secret.get("user", database["MasterUsername"]), admin_password=secret.get("password", ""),
                parameters=tuple(sorted(self.aws["parameters"].get(identifier, {}).items())),
            ))
        return found

    def load_balancers(self) -> list[Spec]:
        found: list[Spec] = []
        taken = set(self.kept.values())
        firewalls = web_acls.by_balancer(self.aws["web_acls"], self.aws["ip_sets"])
        for balancer in sorted(self.aws["load_balancers"], key=lambda balancer: balancer["LoadBalancerArn"]):
            vpc_id, arn = balancer["VpcId"], balancer["LoadBalancerArn"]
            if vpc_id not in self.cidrs or balancer["Type"] != "application":
                continue
            name, cidr = f"lab-aws-lb-{hostname(balancer['LoadBalancerName'])}", self.cidrs[vpc_id]
            public = "" if balancer.get("Scheme") == "internal" else (
                self.kept.get(f"{name}/internet") or lowest_free(*world.AWS_LOAD_BALANCERS, taken))
            private = self.kept.get(name) or lowest_free(host_address(cidr, BALANCER_OFFSETS[0]), host_address(cidr, BALANCER_OFFSETS[1]), taken)
            taken |= {public, private}
            groups = {group["TargetGroupArn"]: self._group(group) for group in self.aws["target_groups"]}
            held = sorted(self.aws["listeners"].get(arn, []), key=lambda listener: listener["Port"])
            listeners = tuple(filter(None, (self._listener(listener, groups) for listener in held)))
            used = {listener.group for listener in listeners}
            found.append(LoadBalancer(name, "aws", arn, network_name(vpc_id), private, public, balancer["DNSName"].lower(), listeners,
                                      tuple(group for group in groups.values() if group.name in used), web_acl=firewalls.get(arn)))
        return found

    def _listener(self, listener: Mapping[str, Any], groups: Mapping[str, TargetGroup]) -> Listener | None:
        """None for one that leads nowhere: a group that is gone, or a certificate that nobody has."""
        [*_, action] = listener["DefaultActions"]
        redirect, certificate = action.get("RedirectConfig") or {}, ""
        if listener.get("Protocol") == "HTTPS":
            certificate = self.aws["secrets"].get("certificates", {}).get(listener["Certificates"][0]["CertificateArn"], "")
            if not certificate:
                return None
        if redirect:
            where = f"{redirect['Protocol'].lower()} {redirect['Port']} {redirect['StatusCode']}"
            return Listener(listener["Port"], "", where, certificate)
        group = groups.get(action.get("TargetGroupArn", ""))
        return Listener(listener["Port"], group.name, "", certificate) if group else None

    def _group(self, group: Mapping[str, Any]) -> TargetGroup:
        port = group.get("HealthCheckPort", "traffic-port")
        targets = []
        for target in self.aws["targets"].get(group["TargetGroupArn"], []):
            address = self.addresses.get(target["Id"]) if group.get("TargetType", "instance") == "instance" else target["Id"]
            if address:
                targets.append(Target(target["Id"], address, target.get("Port") or group["Port"]))
        return TargetGroup(
            arn=group["TargetGroupArn"], name=group["TargetGroupName"], targets=tuple(sorted(targets)),
            check_path=group.get("HealthCheckPath", "/"), check_port=None if port == "traffic-port" else int(port),
            check_codes=group.get("Matcher", {}).get("HttpCode", "200"), interval=group["HealthCheckIntervalSeconds"],
            timeout=group["HealthCheckTimeoutSeconds"], rise=group["HealthyThresholdCount"], fall=group["UnhealthyThresholdCount"],
        )

    def _connections(self, gateway_id: str) -> list[Mapping[str, Any]]:
        return sorted((connection for connection in self.aws["vpn_connections"]
                       if connection.get("VpnGatewayId") == gateway_id and connection["State"] not in ("deleting", "deleted")),
                      key=lambda connection: connection["VpnConnectionId"])

    def _nat(self, vpc_id: str) -> tuple[Nat, ...]:
        """Public addresses given at launch, then elastic ones, which replace them."""
        here = {instance["PrivateIpAddress"] for instance in self.instances if instance["VpcId"] == vpc_id}
        pairs = {instance["PrivateIpAddress"]: instance["PublicIpAddress"] for instance in self.instances if instance.get("PublicIpAddress")}
        pairs |= {address["PrivateIpAddress"]: address["PublicIp"] for address in self.aws["addresses"] if address.get("PrivateIpAddress")}
        return tuple(sorted(Nat(public, private) for private, public in pairs.items() if private in here))

    def _routes(self, vpc_id: str) -> tuple[Route, ...]:
        """One flat network has one table: the union of all, the VPC's main one first in a conflict."""
        vgw_address = host_address(self.cidrs[vpc_id], VGW_OFFSET)
        tables = sorted((table for table in self.aws["route_tables"] if table["VpcId"] == vpc_id),
                        key=lambda table: not any(link.get("Main") for link in table.get("Associations", [])))
        routes: dict[str, str] = {}
        for table in tables:
            for route in table.get("Routes", []):
                destination, via = route.get("DestinationCidrBlock"), None
                if route.get("GatewayId", "").startswith("vgw-"):
                    via = vgw_address
                elif route.get("InstanceId"):
                    via = self.addresses.get(route["InstanceId"])
                if destination and via and route.get("State", "active") == "active":
                    routes.setdefault(destination, via)
            for propagating in table.get("PropagatingVgws", []):
                if self.vgw_of_vpc.get(vpc_id) == propagating.get("GatewayId"):
                    for connection in self._connections(propagating["GatewayId"]):
                        for route in connection.get("Routes", []):
                            routes.setdefault(route["DestinationCidrBlock"], vgw_address)
        return tuple(sorted(Route(cidr, via) for cidr, via in routes.items()))


def network_name(vpc_id: str) -> str:
    return f"lab-aws-{short(vpc_id)}"


def tag(resource: Mapping[str, Any], key: str) -> str | None:
    return next((entry["Value"] for entry in resource.get("Tags", []) if entry["Key"] == key), None)
