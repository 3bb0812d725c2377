# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both clouds' security groups become filters, and filters nftables: what no rule names does not pass."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.materialise import aws_cloud, aws_groups, filtering, nhn_cloud
from lab.materialise.specs import Database, Filter, Host, LoadBalancer, Rule
from tests.unit.lab.test_materialise_clouds import AWS, NHN

PORT = NHN["ports"][0]


def nhn_rule(direction: str, **more: Any) -> dict[str, Any]:
    return {"direction": direction, "ethertype": "IPv4", "protocol": None, "port_range_min": None, "port_range_max": None,
            "remote_ip_prefix": None, "remote_group_id": None, **more}


def nhn_world(*rules: dict[str, Any], port: dict[str, Any] | None = None) -> dict[str, Any]:
    world = copy.deepcopy(NHN)
    world["security_groups"] = [{"id": "group", "rules": list(rules)}, {"id": "other", "rules": [nhn_rule("ingress")]}]
    world["ports"][0] |= port or {}
    return world


def nhn_host(world: dict[str, Any]) -> Filter | None:
    return next(spec.filter for spec in nhn_cloud.desired(world).values() if isinstance(spec, Host))


def nhn_database(rules: list[dict[str, Any]], others: list[dict[str, Any]] | None = None) -> Filter | None:
    world = copy.deepcopy(NHN)
    world["rds_instances"][0]["security_groups"] = [{"id": "db-group", "rules": rules}]
    world["rds_instances"] += others or []
    return next(spec.filter for spec in nhn_cloud.desired(world).values() if isinstance(spec, Database) and spec.resource == "db-1")


def rules(filter_: Filter | None) -> set[Rule]:
    assert filter_ is not None
    return set(filter_.rules)


def accepts(*given: Rule, way: str = "ingress") -> list[str]:
    """What the chain of one way accepts, beyond what has begun."""
    chain = filtering.ruleset(Filter(given)).partition(f"chain {way} {{")[2].partition("}\n")[0]
    lines = [line.strip() for line in chain.splitlines()]
    begun = lines.index("tcp flags & (syn | rst) == 0 ct state new accept")
    return [line.removesuffix("accept").strip() for line in lines[begun + 1:] if "accept" in line]


def test_a_port_has_the_rules_of_its_own_groups_and_sends_from_its_own_addresses() -> None:
    found = nhn_host(nhn_world(nhn_rule("ingress", protocol="tcp", port_range_min=80, port_range_max=81, remote_ip_prefix="10.0.0.0/8"),
                               nhn_rule("egress")))
    assert rules(found) == {Rule("ingress", ("10.0.0.0/8",), 6, 80, 81), Rule("egress", ("0.0.0.0/0",))}
    assert found and found.sources == ("192.168.0.10", "10.0.0.0/16")


def test_a_port_without_groups_lets_nothing_pass_and_one_without_port_security_everything() -> None:
    assert rules(nhn_host(nhn_world(nhn_rule("egress"), port={"security_groups": []}))) == set()
    assert nhn_host(nhn_world(port={"security_groups": [], "port_security_enabled": False, "allowed_address_pairs": []})) is None


def test_rules_for_ipv6_say_nothing_of_ipv4() -> None:
    assert rules(nhn_host(nhn_world(nhn_rule("ingress", ethertype="IPv6")))) == set()


def test_a_rule_for_a_group_is_one_for_its_members_whoever_they_are_now() -> None:
    world = nhn_world(nhn_rule("ingress", remote_group_id="other"))
    assert rules(nhn_host(world)) == {Rule("ingress", ())}
    world["ports"].append({**PORT, "id": "port-2", "security_groups": ["other"], "fixed_ips": [{"subnet_id": "app", "ip_address": "192.168.10.7"}]})
    assert rules(nhn_host(world)) == {Rule("ingress", ("192.168.10.7",))}


@pytest.mark.parametrize(("said", "number"), [("esp", 50), ("50", 50), ("icmp", 1), ("0", 0), (None, None)])
def test_protocols_by_name_by_number_and_any(said: str | None, number: int | None) -> None:
    assert {rule.protocol for rule in rules(nhn_host(nhn_world(nhn_rule("ingress", protocol=said))))} == {number}


def test_a_database_hears_its_own_port_and_says_nothing_unless_told() -> None:
    own = {"portType": "DB_PORT", "minPort": None, "maxPort": None}
    told = [{"direction": "INGRESS", "etherType": "IPV4", "cidr": "192.168.0.0/16", "port": own},
            {"direction": "INGRESS", "etherType": "IPV6", "cidr": "::/0", "port": own},
            {"direction": "EGRESS", "etherType": "IPV4", "cidr": "10.0.0.0/16", "port": {"portType": "PORT", "minPort": 3307, "maxPort": 3307}}]
    assert rules(nhn_database(told)) == {Rule("ingress", ("192.168.0.0/16",), 6, 3306, 3306), Rule("egress", ("10.0.0.0/16",), 6, 3307, 3307)}
    assert rules(nhn_database([])) == set() and rules(nhn_database(told[:1])) == {Rule("ingress", ("192.168.0.0/16",), 6, 3306, 3306)}


def test_databases_of_one_group_reach_each_other_and_no_others() -> None:
    kin, stranger = ({**NHN["rds_instances"][0], "id": number, "address": f"192.168.10.{number}", "port": 10000 + int(number),
                      "security_groups": [{"id": group, "rules": []}]} for number, group in (("51", "db-group"), ("52", "another")))
    assert rules(nhn_database([], [kin, stranger])) == {Rule("ingress", ("192.168.10.51",), 6, 3306, 3306),
                                                        Rule("egress", ("192.168.10.51",), 6, 10051, 10051)}


def test_aws_groups_name_each_other_and_the_resolver_is_always_there() -> None:
    world = copy.deepcopy(AWS)
    world["security_groups"] = [
        {"GroupId": "sg-host", "IpPermissionsEgress": [], "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-balancer"}]},
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}], "UserIdGroupPairs": []}]},
        {"GroupId": "sg-app", "IpPermissionsEgress": [], "IpPermissions": []},
        {"GroupId": "sg-db", "IpPermissionsEgress": [], "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [],
             "UserIdGroupPairs": [{"GroupId": "sg-host"}, {"GroupId": "sg-nobody"}]}]},
        {"GroupId": "sg-balancer", "IpPermissions": [], "IpPermissionsEgress": [
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": []}]}]
    found = {spec.resource: rules(spec.filter) - set(aws_groups.RESOLVER) for spec in aws_cloud.desired(world, {}).values()
             if isinstance(spec, Host | Database | LoadBalancer) and rules(spec.filter) >= set(aws_groups.RESOLVER)}
    looked_at = Rule("ingress", ("10.0.255.254/32",))         # by this machine: hosts and databases
    assert found == {
        "i-0a0b0c0d0e": {Rule("ingress", ("10.0.255.200",), 6, 80, 80), Rule("ingress", ("10.0.0.0/16",), 1, 8, None), looked_at},
        "i-0f0f0f0f0f": {looked_at},
        "tickets-db": {Rule("ingress", ("10.0.0.10",), 6, 3306, 3306), Rule("ingress", (), 6, 3306, 3306), looked_at},
        "arn:lb/app/tickets/1": {Rule("egress", ("0.0.0.0/0",))}}


def test_rules_in_the_kernel_s_words() -> None:
    assert accepts(Rule("ingress", ("0.0.0.0/0",))) == [""]
    assert accepts(Rule("ingress", ("10.0.0.0/8",), 6, 80, 80)) == ["ip saddr { 10.0.0.0/8 } meta l4proto 6 th dport 80"]
    assert accepts(Rule("egress", ("10.0.0.0/8",), 17, 500, 4500), way="egress") == ["ip daddr { 10.0.0.0/8 } meta l4proto 17 th dport 500-4500"]
    assert accepts(Rule("ingress", ("0.0.0.0/0",), 1, 8, 0)) == ["meta l4proto 1 icmp type 8 icmp code 0"]
    assert accepts(Rule("ingress", ("0.0.0.0/0",), 50)) == ["meta l4proto 50"]
    assert accepts(Rule("ingress", ("0.0.0.0/0",), 0)) == ["meta l4proto 0"]
    assert accepts(Rule("ingress", ("0.0.0.0/0",)), way="egress") == accepts(Rule("egress", ("0.0.0.0/0",))) == []


def test_a_rule_for_nobody_lets_nobody_in() -> None:
    assert accepts(Rule("ingress", (), 6, 80, 80)) == []


def test_overlapping_ranges_become_one() -> None:
    assert "ip saddr != { 192.168.0.0/16 } counter drop" in filtering.ruleset(Filter(sources=("192.168.0.10", "192.168.0.0/16")))


def test_without_port_security_the_table_goes() -> None:
    assert filtering.ruleset(None) == "table ip lab_security_groups\ndelete table ip lab_security_groups\n"
