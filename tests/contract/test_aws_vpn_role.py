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

VPN: dict[str, Any] = {
    "aws_vpn_name": "tickets-vpn", "aws_vpn_network": "tickets", "aws_vpn_customer_address": "198.51.100.100",
    "aws_vpn_peer_cidrs": ["192.168.0.0/16"],
    "aws_vpn_tunnels": [{"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a"}, {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b"}]}


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
    assert "CANARY" not in play("aws_vpn", "destroy", check=True, aws_vpn_name="tickets-vpn")
    assert aws.take_writes() == []

    monkeypatch.setenv("ANSIBLE_VERBOSITY", "0")
    with monkeypatch.context() as refusing:
        refusing.setattr(VPNConnections, "delete_vpn_connection", refused)
        told = play("aws_vpn", "destroy", fails=True, aws_vpn_name="tickets-vpn")
    assert "Failed to delete the VPN connection: vpn-" in told and "CANARY" not in told      # the module tells no more of AWS's answer
    with monkeypatch.context() as refusing:
        refusing.setattr(VPNConnections, "describe_vpn_connections", refused)
        told = play("aws_vpn", "destroy", fails=True, aws_vpn_name="tickets-vpn")
    assert "Could not look tickets-vpn up: " in told and "Nothing of it was touched" in told

    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    assert "CANARY" not in play("aws_vpn", "destroy", aws_vpn_name="tickets-vpn")
    ec2 = aws.client("ec2")
    assert [found["State"] for found in ec2.describe_vpn_connections()["VpnConnections"]] in ([], ["deleted"])
    assert [found for found in ec2.describe_customer_gateways()["CustomerGateways"] if found["State"] == "available"] == []
    aws.take_writes()
    assert "changed=0" in play("aws_vpn", "destroy", aws_vpn_name="tickets-vpn")
    assert aws.take_writes() == []


def test_every_fault_is_told_in_one_run(aws: AwsCloud, tmp_path: Path) -> None:
    told = Play(aws, tmp_path)("aws_vpn", fails=True, **{
        **VPN, "aws_vpn_peer_cidrs": ["10.0.0.0/8"], "aws_vpn_tunnels": [{"inside_cidr": "169.254.0.0/30", "psk": "0CANARY"}]})
    for fault in ("aws_vpn_tunnels: exactly two", "aws_vpn_tunnels[0].psk: must be", "aws_vpn_tunnels[0].inside_cidr: 169.254.0.0/30 is kept by AWS",
                  "aws_vpn_peer_cidrs[0]: 10.0.0.0/8 and the network's own 10.0.0.0/16 overlap"):
        assert fault in told.replace("''", "'"), fault
    assert "aws_vpn_customer_address" not in told and "CANARY" not in told
