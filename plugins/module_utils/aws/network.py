# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of a network built by role aws_network, found by its tags. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..faults import Ambiguous
from .errors import asking


def tags_of(thing: Mapping[str, Any]) -> dict[str, str]:
    """AWS's list of tags as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}


def find_network(ec2: Any, name: str) -> dict[str, Any]:
    """The network called `name`, its VPC tagged Name=<name>-vpc. ec2: a boto3 EC2 client. Shape: see `described`.

    Raises Ambiguous when two VPCs carry the name, Refused or Unreachable as AWS answers.
    """
    with asking("look for the network", name):
        vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [f"{name}-vpc"]}])["Vpcs"]
        if len(vpcs) > 1:
            raise Ambiguous("tell which network is meant by", name, left=f"VPCs {', '.join(vpc['VpcId'] for vpc in vpcs)} all carry it.",
                            then="Remove the Name tag from those that are not it.")
        if not vpcs:
            return described(name, None)
        vpc = vpcs[0]["VpcId"]
        inside, attached = [{"Name": "vpc-id", "Values": [vpc]}], [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        return described(
            name, vpcs[0], subnets=ec2.describe_subnets(Filters=inside)["Subnets"],
            groups=ec2.describe_security_groups(Filters=inside)["SecurityGroups"],
            gateways=ec2.describe_vpn_gateways(Filters=attached)["VpnGateways"],
            nats=ec2.describe_nat_gateways(Filters=inside)["NatGateways"], tables=ec2.describe_route_tables(Filters=inside)["RouteTables"],
            endpoints=ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"])


def described(
    name: str, vpc: Mapping[str, Any] | None, *, subnets: Iterable[Mapping[str, Any]] = (), groups: Iterable[Mapping[str, Any]] = (),
    gateways: Iterable[Mapping[str, Any]] = (), nats: Iterable[Mapping[str, Any]] = (), tables: Iterable[Mapping[str, Any]] = (),
    endpoints: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """AWS's answers in the words of the roles; what other makers have put into the VPC has no name of ours and is left out.

    {"vpc_id": str or None, "cidr": the VPC's range or None, "subnets": [{"name", "cidr", "zone", "public"}] sorted by name, "subnet_ids": {name: id},
    "security_group_ids": {group name: id}, "vpn_gateway_id": str or None, "nat_gateways": {name of its subnet: {"id", "allocation_id"}},
    "route_table_ids": {name: id}, "s3_endpoint": {"id", "route_table_ids"} or None}.
    """
    ours = {short: subnet for subnet in subnets if (short := _short(name, subnet))}
    names = {subnet["SubnetId"]: short for short, subnet in ours.items()}
    live = [gateway["VpnGatewayId"] for gateway in gateways if gateway["State"] in ("pending", "available")]
    s3 = [endpoint for endpoint in endpoints if endpoint["ServiceName"].endswith(".s3") and endpoint["VpcEndpointType"] == "Gateway"
          and endpoint["State"].lower() in ("pending", "available")]
    return {
        "vpc_id": vpc["VpcId"] if vpc else None,
        "cidr": vpc["CidrBlock"] if vpc else None,
        "subnets": [{"name": short, "cidr": subnet["CidrBlock"], "zone": subnet["AvailabilityZone"], "public": subnet["MapPublicIpOnLaunch"]}
                    for short, subnet in sorted(ours.items())],
        "subnet_ids": {short: subnet["SubnetId"] for short, subnet in sorted(ours.items())},
        "security_group_ids": {group["GroupName"]: group["GroupId"] for group in groups},
        "vpn_gateway_id": live[0] if live else None,
        "nat_gateways": {names[nat["SubnetId"]]: {"id": nat["NatGatewayId"], "allocation_id": nat["NatGatewayAddresses"][0].get("AllocationId")}
                         for nat in nats if nat["State"] in ("pending", "available") and nat["SubnetId"] in names},
        "route_table_ids": {short: table["RouteTableId"] for table in tables if (short := _short(name, table))},
        "s3_endpoint": {"id": s3[0]["VpcEndpointId"], "route_table_ids": sorted(s3[0].get("RouteTableIds", []))} if s3 else None,
    }


def _short(name: str, thing: Mapping[str, Any]) -> str:
    """Its Name tag without the network's; empty for what is not of this network."""
    tag = tags_of(thing).get("Name", "")
    return tag.removeprefix(f"{name}-") if tag.startswith(f"{name}-") else ""
