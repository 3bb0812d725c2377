# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_vpn from nothing to gone: what it says, and that no key is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.vpn_connections import VPNConnections

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_play import Play

pytestmark = pytest.mark.long

VPN: dict[str, Any] = {
    "aws_vpn_name": "tickets-vpn", "aws_vpn_network": "tickets", "aws_vpn_customer_address": "198.51.100.100",
    "aws_vpn_peer_cidrs": ["192.168.0.0/16"],
    "aws_vpn_tunnels": [{"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a"}, {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b"}]}
GOING = {name: VPN[name] for name in ("aws_vpn_name", "aws_vpn_network")}


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        cloud.network()
        yield cloud


def refused(*_: object) -> None:
    """AWS, when it does not want to."""
    raise EC2ClientError("IncorrectState", "The connection is busy.")


def test_no_key_is_told_from_the_first_run_to_the_last(aws: AwsCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS hands both keys out with every description of a connection, so whoever only looks has them."""
    play = Play(aws, tmp_path)
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    assert "CANARY" not in play("aws_vpn", **VPN)
    aws.take_writes()
    assert "CANARY" not in play("aws_vpn", "destroy", check=True, **GOING)
    assert aws.take_writes() == []

    monkeypatch.setenv("ANSIBLE_VERBOSITY", "0")
    with monkeypatch.context() as refusing:
        refusing.setattr(VPNConnections, "delete_vpn_connection", refused)
        told = play("aws_vpn", "destroy", fails=True, **GOING)
    assert "Could not delete the VPN connection tickets-vpn" in told and "The connection is busy" in told and "CANARY" not in told
    with monkeypatch.context() as refusing:
        refusing.setattr(VPNConnections, "describe_vpn_connections", refused)
        told = play("aws_vpn", "destroy", fails=True, **GOING)
    assert "Could not look for the VPN connection tickets-vpn" in told

    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    assert "CANARY" not in play("aws_vpn", "destroy", **GOING)
    ec2 = aws.client("ec2")
    assert [found["State"] for found in ec2.describe_vpn_connections()["VpnConnections"]] in ([], ["deleted"])
    assert [found for found in ec2.describe_customer_gateways()["CustomerGateways"] if found["State"] == "available"] == []
    aws.take_writes()
    assert "changed=0" in play("aws_vpn", "destroy", **GOING)
    assert aws.take_writes() == []


def customer_gateways(aws: AwsCloud) -> set[str]:
    """Those that are there."""
    return {found["CustomerGatewayId"] for found in aws.client("ec2").describe_customer_gateways()["CustomerGateways"]
            if found["State"] == "available"}


def test_only_a_customer_gateway_of_ours_goes(aws: AwsCloud, tmp_path: Path) -> None:
    """AWS tells them apart by more than the address: another team may have one for the same peer, made before ours."""
    play, ec2 = Play(aws, tmp_path), aws.client("ec2")
    given = {"Type": "ipsec.1", "PublicIp": "198.51.100.100", "BgpAsn": 65000}
    theirs = ec2.create_customer_gateway(**given)["CustomerGateway"]["CustomerGatewayId"]
    play("aws_vpn", **VPN)
    assert len(customer_gateways(aws)) == 2
    told = play("aws_vpn", "destroy", **GOING)
    assert customer_gateways(aws) == {theirs} and "was left" not in told

    # Given to the connection by somebody, and taken for ours by nobody.
    play("aws_vpn", **VPN)
    connection = next(found for found in ec2.describe_vpn_connections()["VpnConnections"] if found["State"] != "deleted")
    ours = connection["CustomerGatewayId"]
    ec2.modify_vpn_connection(VpnConnectionId=connection["VpnConnectionId"], CustomerGatewayId=theirs)
    ec2.delete_customer_gateway(CustomerGatewayId=ours)
    told = play("aws_vpn", "destroy", check=True, **GOING)
    assert f"customer gateway {theirs} (198.51.100.100) is not tagged Name=tickets-vpn" in told
    told = play("aws_vpn", "destroy", **GOING)
    assert f"customer gateway {theirs} (198.51.100.100) is not tagged Name=tickets-vpn" in told and customer_gateways(aws) == {theirs}
    ec2.delete_customer_gateway(CustomerGatewayId=theirs)


def test_what_an_interrupted_end_left_is_removed_by_the_next(aws: AwsCloud, tmp_path: Path) -> None:
    play, ec2 = Play(aws, tmp_path), aws.client("ec2")
    play("aws_vpn", **VPN)
    ec2.delete_vpn_connection(VpnConnectionId=next(
        found["VpnConnectionId"] for found in ec2.describe_vpn_connections()["VpnConnections"] if found["State"] != "deleted"))
    aws.take_writes()
    play("aws_vpn", "destroy", check=True, **GOING)
    assert aws.take_writes() == [] and len(customer_gateways(aws)) == 1
    play("aws_vpn", "destroy", **GOING)
    assert aws.take_writes() == ["ec2:DeleteCustomerGateway"] and customer_gateways(aws) == set()


def test_every_fault_is_told_in_one_run(aws: AwsCloud, tmp_path: Path) -> None:
    told = Play(aws, tmp_path)("aws_vpn", fails=True, **{
        **VPN, "aws_vpn_peer_cidrs": ["10.0.0.0/8"], "aws_vpn_tunnels": [{"inside_cidr": "169.254.0.0/30", "psk": "0CANARY"}]})
    for fault in ("aws_vpn_tunnels: exactly two", "aws_vpn_tunnels[0].psk: must be", "aws_vpn_tunnels[0].inside_cidr: 169.254.0.0/30 is kept by AWS",
                  "aws_vpn_peer_cidrs[0]: 10.0.0.0/8 and the network's own 10.0.0.0/16 overlap"):
        assert fault in told.replace("''", "'"), fault
    assert "aws_vpn_customer_address" not in told and "CANARY" not in told
