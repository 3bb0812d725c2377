# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A network in the words of the roles, from what AWS answers."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.aws.network import described


def subnet(name, cidr, public=False):
    return {"SubnetId": f"subnet-{cidr}", "CidrBlock": cidr, "AvailabilityZone": "ap-northeast-2a", "MapPublicIpOnLaunch": public,
            "Tags": [{"Key": "Name", "Value": name}]}


def nat(state, cidr):
    return {"NatGatewayId": f"nat-{state}", "SubnetId": f"subnet-{cidr}", "State": state, "NatGatewayAddresses": [{"AllocationId": "eipalloc-1"}]}


def named(name, **more):
    return {"Tags": [{"Key": "Name", "Value": name}], **more}


def test_names_lose_the_networks_own_and_strangers_are_left_out():
    found = described(
        "tickets", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"},
        subnets=[subnet("tickets-public-a", "10.0.0.0/24", True), subnet("other-public-a", "10.0.9.0/24")],
        groups=[{"GroupName": "tickets-standby", "GroupId": "sg-1"}],
        gateways=[{"VpnGatewayId": "vgw-old", "State": "deleted"}, {"VpnGatewayId": "vgw-1", "State": "available"}],
        nats=[*(nat(state, "10.0.0.0/24") for state in ("deleting", "deleted", "failed", "pending")), nat("available", "10.0.9.0/24")],
        tables=[named("tickets-private", RouteTableId="rtb-1"), {"RouteTableId": "rtb-main"}, named("other-private", RouteTableId="rtb-9")],
        endpoints=[{"VpcEndpointId": f"vpce-{state}", "ServiceName": f"com.amazonaws.r.{service}", "VpcEndpointType": kind, "State": state,
                    "RouteTableIds": ["rtb-2", "rtb-1"]}
                   for service, kind, state in (("s3", "Gateway", "deleted"), ("s3", "Interface", "available"), ("dynamodb", "Gateway", "available"),
                                                ("s3", "Gateway", "Available"))])
    assert found == {
        "vpc_id": "vpc-1", "cidr": "10.0.0.0/16",
        "subnets": [{"name": "public-a", "cidr": "10.0.0.0/24", "zone": "ap-northeast-2a", "public": True}],
        "subnet_ids": {"public-a": "subnet-10.0.0.0/24"},
        "security_group_ids": {"tickets-standby": "sg-1"},
        "vpn_gateway_id": "vgw-1",
        "nat_gateways": {"public-a": {"id": "nat-pending", "allocation_id": "eipalloc-1"}},
        "route_table_ids": {"private": "rtb-1"},
        "s3_endpoint": {"id": "vpce-Available", "route_table_ids": ["rtb-1", "rtb-2"]},
    }


def test_nothing_is_told_as_nothing():
    assert described("tickets", None) == {
        "vpc_id": None, "cidr": None, "subnets": [], "subnet_ids": {}, "security_group_ids": {}, "vpn_gateway_id": None, "nat_gateways": {},
        "route_table_ids": {}, "s3_endpoint": None}
