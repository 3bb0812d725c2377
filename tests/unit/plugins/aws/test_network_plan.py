# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a network at AWS: what is wrong with it, and by which table each subnet goes out."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.aws.network_plan import faults, route_tables

SUBNETS = [{"name": f"{kind}-{zone}", "cidr": f"10.0.{third}.0/24", "zone": zone, "public": kind == "public"}
           for kind, zone, third in (("public", "a", 0), ("public", "b", 1), ("private", "a", 10), ("private", "b", 11))]


def test_each_private_subnet_goes_out_in_its_own_zone_or_by_the_first_gateway():
    def private(*nats: str) -> list[tuple[str, Any, list[str]]]:
        public, *others = route_tables(SUBNETS, nats)
        assert (public["name"], public["cidrs"]) == ("public", ["10.0.0.0/24", "10.0.1.0/24"])
        return [(table["name"], table["nat"], table["cidrs"]) for table in others]
    assert private() == [("private", None, ["10.0.10.0/24", "10.0.11.0/24"])]
    assert private("public-b") == [("private", "public-b", ["10.0.10.0/24", "10.0.11.0/24"])]
    assert private("public-a", "public-b") == [("private", "public-a", ["10.0.10.0/24"]), ("private-public-b", "public-b", ["10.0.11.0/24"])]


def test_a_sound_plan_has_no_fault():
    rules = [{"proto": "tcp", "cidr_ip": ["0.0.0.0/0"]}, {"proto": "-1", "cidr_ip": ["192.168.0.0/16"]}, {"proto": "tcp", "group_name": ["x"]}]
    assert faults(SUBNETS, ["public-a", "public-b"], [{"name": "x", "rules": rules}]) == []


def test_every_fault_is_told_with_its_path():
    subnets = [*SUBNETS, {**SUBNETS[0], "name": "public-a2"}, {**SUBNETS[0], "name": "private-a"}]
    groups = [{"name": "x", "rules": [{"proto": "tcp"}, {"proto": "all", "cidr_ip": ["0.0.0.0/0"]}]}, {"name": "x", "rules": [
        {"proto": "tcp", "group_name": ["y"]}, {"proto": "tcp", "cidr_ip": ["10.0.0.1/8"]}]}]
    assert faults(subnets[:5], ["private-a", "public-a", "public-a2", "nowhere"], groups) == [
        "aws_network_nat_gateways[0]: private-a is private, and a NAT gateway needs a way out itself",
        "aws_network_nat_gateways[1]: public-a lies in the zone of another NAT gateway",
        "aws_network_nat_gateways[2]: public-a2 lies in the zone of another NAT gateway",
        "aws_network_nat_gateways[3]: nowhere is no subnet; there are public-a, public-b, private-a, private-b, public-a2",
        "aws_network_security_groups: x is there twice",
        "aws_network_security_groups[0].rules[0]: lets nobody in; give cidr_ip or group_name",
        "aws_network_security_groups[0].rules[1].cidr_ip: everything from anywhere; name the ports",
        "aws_network_security_groups[1].rules[0].group_name: y is no group of aws_network_security_groups",
        "aws_network_security_groups[1].rules[1].cidr_ip: '10.0.0.1/8' is not a range such as 10.0.0.0/16"]
    assert "aws_network_subnets: private-a is there twice" in faults(subnets, [], [])
    assert faults([subnet for subnet in SUBNETS if subnet["zone"] == "a"], [], []) == [
        "aws_network_subnets: public ones must lie in two zones at least, as load balancers want it",
        "aws_network_subnets: must lie in two zones at least"]
