# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_network against the control plane alone: built, built again without a write, altered, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_play import GROUPS, NETWORK, Play

ROLE = "aws_network"


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with AwsCloud() as aws:
        yield Play(aws, tmp_path)


def tagged(things: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Things by their Name tag; every one of ours must have it, and the service's."""
    found = {}
    for thing in things:
        tags = {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}
        if tags:
            assert tags["service"] == "tickets", thing
            found[tags["Name"]] = thing
    return found


def ways_out(ec2: Any) -> dict[str, tuple[str, int]]:
    """Route table to (where 0.0.0.0/0 goes, as the first letters of an id, how many subnets)."""
    found = {}
    for name, table in tagged(ec2.describe_route_tables()["RouteTables"]).items():
        way = next((route.get("NatGatewayId") or route.get("GatewayId") or "" for route in table["Routes"]
                    if route.get("DestinationCidrBlock") == "0.0.0.0/0"), "")
        found[name] = (way.partition("-")[0], len([link for link in table["Associations"] if link.get("SubnetId")]))
    return found


@pytest.mark.long
def test_the_network_is_built_and_built_again_without_a_write(play: Play) -> None:
    ec2 = play.aws.client("ec2")
    assert "need the VPC first" in play(ROLE, check=True, **NETWORK)
    assert play.aws.take_writes() == []
    play(ROLE, **NETWORK)
    assert ways_out(ec2) == {"tickets-public": ("igw", 2), "tickets-private": ("nat", 2)}
    [nat] = ec2.describe_nat_gateways()["NatGateways"]
    [address] = ec2.describe_addresses()["Addresses"]
    assert set(tagged([nat])) == set(tagged([address])) == {"tickets-nat-public-a"}
    assert nat["NatGatewayAddresses"][0]["AllocationId"] == address["AllocationId"]
    [endpoint] = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    tables = tagged(ec2.describe_route_tables()["RouteTables"])
    assert endpoint["ServiceName"] == "com.amazonaws.ap-northeast-2.s3" and set(tagged([endpoint])) == {"tickets-s3"}
    assert sorted(endpoint["RouteTableIds"]) == sorted(table["RouteTableId"] for table in tables.values())

    groups = {group["GroupName"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    names = {group["GroupId"]: name for name, group in groups.items()}
    assert {pair["GroupId"] for rule in groups["tickets-db"]["IpPermissions"] for pair in rule["UserIdGroupPairs"]} == {
        groups["tickets-app"]["GroupId"], groups["tickets-standby"]["GroupId"]}
    assert all(cidr["CidrIp"] in ("0.0.0.0/0", "192.168.0.0/16") for name in names.values() if name.startswith("tickets-")
               for rule in groups[name]["IpPermissions"] for cidr in rule["IpRanges"])

    play.aws.take_writes()
    assert "changed=0" in play(ROLE, **NETWORK)
    assert play.aws.take_writes() == []
    assert "changed=0" in play(ROLE, check=True, **NETWORK)
    assert play.aws.take_writes() == []

    # Groups alone are kept, and a forgotten rule is seen.
    ec2.authorize_security_group_ingress(GroupId=groups["tickets-db"]["GroupId"], IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    play.aws.take_writes()
    play(ROLE, "groups", **NETWORK)
    assert play.aws.take_writes() == ["ec2:RevokeSecurityGroupIngress"]
    play(ROLE, "groups", **NETWORK)
    assert play.aws.take_writes() == []


@pytest.mark.whole
def test_a_way_out_of_each_zone_and_back_to_one(play: Play) -> None:
    ec2 = play.aws.client("ec2")
    both = {**NETWORK, "aws_network_nat_gateways": ["public-a", "public-c"]}
    play(ROLE, **both)
    assert ways_out(ec2) == {"tickets-public": ("igw", 2), "tickets-private": ("nat", 1), "tickets-private-public-c": ("nat", 1)}
    play.aws.take_writes()
    assert "changed=0" in play(ROLE, **both)
    assert play.aws.take_writes() == []
    play(ROLE, **NETWORK)
    assert ways_out(ec2)["tickets-private"] == ("nat", 2)
    assert [nat["State"] for nat in ec2.describe_nat_gateways()["NatGateways"] if nat["State"] != "deleted"] == ["available"]
    assert len(ec2.describe_addresses()["Addresses"]) == 1
    play.aws.take_writes()
    assert "changed=0" in play(ROLE, **NETWORK)
    assert play.aws.take_writes() == []


@pytest.mark.whole
def test_an_address_that_an_interrupted_run_left_goes_with_the_rest(play: Play) -> None:
    """The run ended between the address and its NAT gateway; another network's address is nobody's to give back."""
    ec2 = play.aws.client("ec2")
    play(ROLE, **{**NETWORK, "aws_network_nat_gateways": []})
    for name in ("tickets-nat-public-a", "others-nat-public-a"):
        ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": name}]}])
    play.aws.take_writes()
    play(ROLE, "destroy", check=True, **NETWORK)
    assert play.aws.take_writes() == []
    play(ROLE, "destroy", **NETWORK)
    assert [address["Tags"][0]["Value"] for address in ec2.describe_addresses()["Addresses"]] == ["others-nat-public-a"]
    play.aws.take_writes()
    ec2.allocate_address(Domain="vpc", TagSpecifications=[
        {"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "tickets-nat-public-a"}]}])
    play(ROLE, "destroy", **NETWORK)            # the VPC is gone already
    assert len(ec2.describe_addresses()["Addresses"]) == 1
    play.aws.take_writes()
    assert "changed=0" in play(ROLE, "destroy", **NETWORK)
    assert play.aws.take_writes() == []


@pytest.mark.long
def test_what_cannot_be_built_is_refused_at_once_with_paths(play: Play) -> None:
    wrong = [{"name": "tickets-db", "description": "x", "rules": [{"proto": "tcp", "ports": [1], "group_name": ["nobody"], "rule_desc": "x"},
                                                                  {"proto": "tcp", "ports": [1], "cidr_ip": ["10.0.0.300/8"], "rule_desc": "x"}]}]
    told = play(ROLE, fails=True, **{**NETWORK, "aws_network_nat_gateways": ["private-a", "nowhere"],
                                     "aws_network_security_groups": GROUPS[:1] + wrong})
    for fault in ("aws_network_nat_gateways[0]: private-a is private", "aws_network_nat_gateways[1]: nowhere is no subnet",
                  "aws_network_security_groups[1].rules[0].group_name: nobody is no group", "rules[1].cidr_ip: '10.0.0.300/8' is not a range"):
        assert fault in told
    assert play.aws.take_writes() == []
