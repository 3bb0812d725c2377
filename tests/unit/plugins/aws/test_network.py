# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A network in the words of the roles, from what AWS answers."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.aws.network import described


def subnet(name, cidr, public=False):
    return {"SubnetId": f"subnet-{cidr}", "CidrBlock": cidr, "AvailabilityZone": "ap-northeast-2a", "MapPublicIpOnLaunch": public,
            "Tags": [{"Key": "Name", "Value": name}]}


def test_names_lose_the_networks_own_and_strangers_are_left_out():
    found = described("tickets", {"VpcId": "vpc-1"}, [subnet("tickets-public-a", "10.0.0.0/24", True), subnet("other-public-a", "10.0.9.0/24")],
                      [{"GroupName": "tickets-standby", "GroupId": "sg-1"}],
                      [{"VpnGatewayId": "vgw-old", "State": "deleted"}, {"VpnGatewayId": "vgw-1", "State": "available"}])
    assert found == {
        "vpc_id": "vpc-1",
        "subnets": [{"name": "public-a", "cidr": "10.0.0.0/24", "zone": "ap-northeast-2a", "public": True}],
        "subnet_ids": {"public-a": "subnet-10.0.0.0/24"},
        "security_group_ids": {"tickets-standby": "sg-1"},
        "vpn_gateway_id": "vgw-1",
    }


def test_nothing_is_told_as_nothing():
    assert described("tickets", None, (), (), ()) == {
        "vpc_id": None, "subnets": [], "subnet_ids": {}, "security_group_ids": {}, "vpn_gateway_id": None}
