# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A VPN connection from nothing to gone, with what crossed the wire at each step."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_configuration import tunnels as tunnels_in
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_connection import VpnConnection, differing
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, Refused, Unchangeable

from tests.contract.aws_cloud import AwsCloud

A = {"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a", "startup_action": "add", "ike_versions": ["ikev2"]}
B = {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b", "startup_action": "add", "ike_versions": ["ikev2"]}
WANT = {"customer_address": "198.51.100.100", "routes": ["192.168.0.0/16"], "tunnels": [A, B]}


@pytest.fixture(scope="module")
def aws():
    with AwsCloud() as cloud:
        cloud.network()
        yield cloud


def connection(aws, network="tickets"):
    return VpnConnection(aws.client("ec2"), {"name": "tickets-vpn", "network": network, "wait_seconds": 10})


def ensure(aws, want):
    """(action, writes) of one run."""
    kind = connection(aws)
    step = plan(kind.fields, kind.find(), want)
    assert aws.take_writes() == []          # a plan only reads
    converge(kind, step.needing(kind.needs) if step.action == "create" else step, want)
    return step.action, aws.take_writes()


def test_the_walk(aws):
    assert ensure(aws, WANT) == ("create", ["ec2:CreateCustomerGateway", "ec2:CreateVpnConnection", "ec2:CreateVpnConnectionRoute"])
    assert ensure(aws, WANT) == ("none", [])
    assert ensure(aws, {**WANT, "tunnels": [B, A]}) == ("none", [])                     # order is AWS's affair
    document = aws.client("ec2").describe_vpn_connections()["VpnConnections"][0]["CustomerGatewayConfiguration"]
    assert [(found["outside_address"], found["psk"]) for found in tunnels_in(document)] == [
        ("198.51.100.200", "CANARY.key.a"), ("198.51.100.201", "CANARY.key.b")]
    other_key = {**WANT, "tunnels": [A, {**B, "psk": "CANARY.new.b"}]}
    assert ensure(aws, other_key) == ("update", ["ec2:ModifyVpnTunnelOptions"])
    assert ensure(aws, other_key) == ("none", [])
    assert ensure(aws, {**other_key, "routes": ["172.16.0.0/12"]}) == (
        "update", ["ec2:CreateVpnConnectionRoute", "ec2:DeleteVpnConnectionRoute"])
    with pytest.raises(Unchangeable, match=r"customer_address is '198[.]51[.]100[.]100', wanted"):
        ensure(aws, {**WANT, "customer_address": "198.51.100.101"})
    assert ensure(aws, None) == ("delete", ["ec2:DeleteVpnConnection"])
    assert ensure(aws, None) == ("none", [])


def test_without_a_network_it_says_what_is_needed(aws):
    kind = connection(aws, network="nowhere")
    step = plan(kind.fields, kind.find(), WANT).needing(kind.needs)
    assert step.needs == ("VPN gateway of network nowhere",)
    with pytest.raises(Absent, match="VPN gateway of network nowhere"):
        converge(kind, step, WANT)
    assert aws.take_writes() == []


def test_a_key_that_aws_refuses_is_told_in_its_words_without_the_key(aws):
    with pytest.raises(Refused, match=r"AWS answered 400 InvalidParameterValue") as caught:
        ensure(aws, {**WANT, "tunnels": [{**A, "psk": "0CANARY-short"}, B]})
    assert "CANARY" not in str(caught.value)


def test_a_tunnel_with_a_new_inside_network_takes_the_place_left():
    have = [{"outside_address": "x", **A}, {"outside_address": "y", **B}]
    moved = {**A, "inside_cidr": "169.254.13.0/30"}
    assert differing(have, [B, moved]) == [("x", {"inside_cidr": "169.254.13.0/30"})]
    assert differing(have, [{**B, "ike_versions": None}, A]) == []
