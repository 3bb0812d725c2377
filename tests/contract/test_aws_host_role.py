# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_host against the control plane alone: a host whose public address outlives it, on an encrypted volume, and nothing left of either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_inventory import inventory
from tests.contract.aws_live import made_real
from tests.contract.aws_play import Play
from tests.contract.nhn_walk import KEY

ROLE = "aws_host"
BUILD: dict[str, Any] = {
    "aws_host_name": "tickets-standby", "aws_host_network": "tickets", "aws_host_subnet": "public-a", "aws_host_address": "10.0.0.10",
    "aws_host_image": "ami-785db401", "aws_host_public_key": KEY, "aws_host_security_groups": ["tickets-standby"],
    "aws_host_tags": {"service": "tickets"}}


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with AwsCloud() as aws:
        vpc = aws.network()["vpc"]
        aws.client("ec2").create_security_group(GroupName="tickets-standby", Description="d", VpcId=vpc)
        aws.take_writes()
        yield Play(aws, tmp_path)


def host(aws: AwsCloud) -> dict[str, Any]:
    [instance] = [instance for reservation in aws.client("ec2").describe_instances()["Reservations"] for instance in reservation["Instances"]
                  if instance["State"]["Name"] != "terminated"]
    return dict(instance)


@pytest.mark.long
def test_the_host_keeps_its_public_address_for_as_long_as_the_service_has_one(play: Play) -> None:
    aws, ec2 = play.aws, play.aws.client("ec2")
    before = inventory(aws.client)
    play(ROLE, check=True, **BUILD)
    assert aws.take_writes() == [] and inventory(aws.client) == before
    with made_real(aws):
        play(ROLE, **BUILD)
    [address] = ec2.describe_addresses()["Addresses"]
    assert host(aws)["PublicIpAddress"] == address["PublicIp"] and host(aws)["InstanceId"] == address["InstanceId"]
    assert {"Key": "service", "Value": "tickets"} in address["Tags"]
    assert [volume["Encrypted"] for volume in ec2.describe_volumes()["Volumes"]] == [True]
    aws.take_writes()
    for check in (False, True):
        assert "changed=0" in play(ROLE, check=check, **BUILD)
        assert aws.take_writes() == []

    # An instance that was lost is built again, and reached where it was.
    ec2.terminate_instances(InstanceIds=[host(aws)["InstanceId"]])
    with made_real(aws):
        play(ROLE, **BUILD)
    assert host(aws)["PublicIpAddress"] == address["PublicIp"] and len(ec2.describe_addresses()["Addresses"]) == 1

    aws.take_writes()
    play(ROLE, "destroy", check=True, **BUILD)
    assert aws.take_writes() == []
    play(ROLE, "destroy", **BUILD)
    assert inventory(aws.client) == before
    aws.take_writes()
    assert "changed=0" in play(ROLE, "destroy", **BUILD)
    assert aws.take_writes() == []
