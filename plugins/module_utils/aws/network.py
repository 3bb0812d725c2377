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
            return described(name, None, (), (), ())
        inside = [{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}]
        attached = [{"Name": "attachment.vpc-id", "Values": [vpcs[0]["VpcId"]]}]
        return described(
            name, vpcs[0], ec2.describe_subnets(Filters=inside)["Subnets"], ec2.describe_security_groups(Filters=inside)["SecurityGroups"],
            ec2.describe_vpn_gateways(Filters=attached)["VpnGateways"])


def described(
    name: str, vpc: Mapping[str, Any] | None, subnets: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]],
    gateways: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """AWS's answers in the words of the roles.

    {"vpc_id": str or None, "subnets": [{"name", "cidr", "zone", "public"}] sorted by name, "subnet_ids": {name: id},
    "security_group_ids": {group name: id}, "vpn_gateway_id": str or None}. Subnets of other makers have no name of ours and are left out.
    """
    ours = {tags_of(subnet).get("Name", "").removeprefix(f"{name}-"): subnet for subnet in subnets
            if tags_of(subnet).get("Name", "").startswith(f"{name}-")}
    live = [gateway["VpnGatewayId"] for gateway in gateways if gateway["State"] in ("pending", "available")]
    return {
        "vpc_id": vpc["VpcId"] if vpc else None,
        "subnets": [{"name": short, "cidr": subnet["CidrBlock"], "zone": subnet["AvailabilityZone"], "public": subnet["MapPublicIpOnLaunch"]}
                    for short, subnet in sorted(ours.items())],
        "subnet_ids": {short: subnet["SubnetId"] for short, subnet in sorted(ours.items())},
        "security_group_ids": {group["GroupName"]: group["GroupId"] for group in groups},
        "vpn_gateway_id": live[0] if live else None,
    }
