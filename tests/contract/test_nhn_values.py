# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values in another spelling converge, and values that the documents rule out are refused in check mode as in a run, with nothing touched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import CLUSTER, DATABASE, NETWORK, WALK

INSTANCE = {**DATABASE[2][1], "name": "bad"}
SERVER = WALK["server"][0]
GROUP = WALK["kubernetes_node_group"][0]
OTHERWISE: dict[str, tuple[str, dict[str, Any]]] = {
    "a rule from a bare address": ("security_group", {"rules": [{"remote_cidr": "10.0.0.5", "protocol": "tcp", "port_min": 22}]}),
    "a rule with host bits": ("security_group", {"rules": [{"remote_cidr": "10.0.0.5/8"},
                                                                 {"remote_cidr": "10.0.0.0/255.255.0.0", "protocol": "udp"}]}),
    "a database rule from a bare address": ("rds_security_group", {"rules": [{"cidr": "10.0.0.5"}, {"cidr": "10.0.0.5/16", "port_min": 1}]}),
    "formulas of an instance": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {
        "max_connections": "{max(vCPU * 100, 200)}", "innodb_buffer_pool_size": "ramSizeByte * 3 / 4"}}),
    "a window without seconds": ("rds_instance", {**INSTANCE, "backup": {"days": 3, "start": "03:30"}}),
    "a database rule told twice, its notes apart": ("rds_security_group", {"rules": [{"cidr": "10.0.0.0/16"},
                                                                                     {"cidr": "10.0.0.0/16", "description": "again"}]}),
    "a rule told twice, its notes apart": ("security_group", {"rules": [{"protocol": "tcp", "port_min": 22},
                                                                        {"protocol": "TCP", "port_min": 22, "description": "again"}]}),
    "a route to a bare address": ("route", {"vpc": "vpc", "routing_table": "app", "cidr": "10.8.0.1", "gateway": "192.168.0.10"}),
    "a route with host bits": ("route", {"vpc": "vpc", "routing_table": "app", "cidr": "10.9.0.1/16", "gateway": "192.168.0.10"}),
    "a VPC by its mask": ("vpc", {"cidr": "172.16.0.0/255.255.0.0"}),
    "a subnet by its mask": ("subnet", {"vpc": "vpc", "cidr": "192.168.99.7/255.255.255.0"}),
    "allowed addresses": ("port", {"vpc": "vpc", "subnet": "edge", "allowed_addresses": ["10.0.0.5/16", "10.1.0.5/32"]}),
}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a VPC outside the private ranges": ("vpc", {"cidr": "8.8.8.0/24"}, "cidr: 8.8.8.0/24 is not within"),
    "a VPC that is too small": ("vpc", {"cidr": "10.0.0.0/28"}, "smaller than a /24"),
    "a VPC of IPv6": ("vpc", {"cidr": "fd00::/64"}, "no IPv4 address or range"),
    "a subnet outside its VPC": ("subnet", {"vpc": "vpc", "cidr": "10.9.0.0/24"}, "not within 192.168.0.0/16"),
    "a subnet that is too small": ("subnet", {"vpc": "vpc", "cidr": "192.168.5.0/30"}, "smaller than a /28"),
    "a subnet over another": ("subnet", {"vpc": "vpc", "cidr": "192.168.0.128/25"}, "overlaps 192.168.0.0/24 of subnet edge"),
    "a server in no zone": ("server", {**SERVER, "zone": "kr-pub-z"}, "kr-pub-a"),
    "a server on no volume": ("server", {**SERVER, "root_volume": {"type": "Generl SSD"}}, "General SSD"),
    "a volume in no zone": ("volume", {"size_gb": 10, "zone": "kr-pub-z"}, "kr-pub-a"),
    "a volume that is too large": ("volume", {"size_gb": 2049}, "size_gb: 2049 is not from 1 to 2048"),
    "a rule of IPv6": ("security_group", {"rules": [{"remote_cidr": "fd00::/8"}]}, "rules[0].remote_cidr: 'fd00::/8' is no IPv4"),
    "a member that is there twice": ("load_balancer", {"vpc": "vpc", "subnet": "app", "listeners": [{"port": 80, "protocol": "HTTP", "members": [
        {"address": "192.168.10.9", "port": 1}, {"address": "192.168.10.9", "port": 1}]}]}, "listeners[0].members: 192.168.10.9:1 is there twice"),
    "a database version that is none": ("rds_instance", {**INSTANCE, "version": "MYSQL_V9999"}, "MYSQL_V8045"),
    "a database storage type that is none": ("rds_instance", {**INSTANCE, "storage_type": "SSD"}, "General SSD"),
    "a database port out of range": ("rds_instance", {**INSTANCE, "port": 80}, "port: 80 is not from 3306 to 43306"),
    "too little storage": ("rds_instance", {**INSTANCE, "storage_gb": 5}, "storage_gb: 5 is not from 20 to 2048"),
    "a window that is none": ("rds_instance", {**INSTANCE, "backup": {"days": 731, "start": "25:00:00"}}, "backup.start: '25:00:00' is no time"),
    "a database name that is none": ("rds_instance", {**INSTANCE, "name": "1 2"}, "name: '1 2' is not"),
    "parameters of no version": ("rds_parameter_group", {"version": "MYSQL_V5000"}, "MYSQL_V8045"),
    "a parameter that is none": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"nonsense": "1"}}, "no such parameter"),
    "a parameter's value": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"log_bin_trust_function_creators": "x"}},
                            "parameters.log_bin_trust_function_creators: 'x' is not within 0-1"),
    "a parameter's number": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"max_connections": 0}}, "'0' is not within 1-100000"),
    "a parameter's word": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"binlog_row_image": "HALF"}},
                           "'HALF' is not one of FULL,MINIMAL,NOBLOB"),
    "a key pair without a key": ("keypair", {"public_key": ""}, "public_key: is no public key"),
    "a key pair with a path": ("keypair", {"public_key": "keys/id_ed25519.pub"}, "public_key: is no public key"),
    "a key pair's name": ("keypair", {"name": "?q", "public_key": WALK["keypair"][0]["public_key"]}, "name: '?q' is not 1 to 255"),
    "no storage": ("rds_instance", {**INSTANCE, "storage_gb": 0}, "storage_gb: 0 is not from 20 to 2048"),
    "a cluster of one letter": ("kubernetes_cluster", {**WALK["kubernetes_cluster"][0], "name": "x"}, "name: 'x' is not 2 to 20"),
    "a truth of YAML": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"log_bin_trust_function_creators": True}},
                        "parameters.log_bin_trust_function_creators: true and false are YAML's"),
    "a formula without its quotes": ("rds_parameter_group", {"version": "MYSQL_V8408", "parameters": {"max_connections": {"vCPU * 100": None}}},
                                     "parameters.max_connections: must be a text or a number; a formula in braces needs quotes"),
    "a container called as none can be": ("object_container", {"name": "a/b"}, "without /"),
    "a database rule of a last port alone": ("rds_security_group", {"rules": [{"cidr": "10.0.0.0/16", "port_max": 80}]},
                                             "rules[0].port_min: required with port_max"),
    "a database rule of egress to no port": ("rds_security_group", {"rules": [{"cidr": "10.0.0.0/16", "direction": "egress"}]},
                                             "rules[0].port_min: required for egress"),
    "a database rule of ports backwards": ("rds_security_group", {"rules": [{"cidr": "10.0.0.0/16", "port_min": 81, "port_max": 80}]},
                                           "rules[0].port_min: 81 is more than port_max 80"),
    "a code of ICMP without a type": ("security_group", {"rules": [{"protocol": "icmp", "port_max": 0}]}, "rules[0].port_min: required"),
    "a rule of ports backwards": ("security_group", {"rules": [{"protocol": "tcp", "port_min": 81, "port_max": 80}]},
                                  "rules[0].port_min: 81 is more than port_max 80"),
    "a rule of ports of no protocol": ("security_group", {"rules": [{"port_min": 80}]}, "rules[0].protocol: required with ports"),
    "a rule of a last port alone": ("security_group", {"rules": [{"protocol": "TCP", "port_max": 80}]}, "rules[0].port_min: required with port_max"),
    "a rule of two other ends": ("security_group", {"rules": [{"remote_group": "group", "remote_cidr": "10.0.0.0/8"}]},
                                 "rules[0].remote_group: not together with remote_cidr"),
    "objects that end before they begin": ("object_container", {"lifecycle_days": -1}, "lifecycle_days: -1 is less than 0"),
    "a cluster of no nodes": ("kubernetes_cluster", {**CLUSTER[0][1], "node_count": 0}, "node_count: 0 is not from 1 to 10"),
    "a cluster of too many nodes": ("kubernetes_cluster", {**CLUSTER[0][1], "node_count": 11}, "node_count: 11 is not from 1 to 10"),
    "an addon in two versions": ("kubernetes_cluster", {**CLUSTER[0][1], "addons": [
        {"name": "coredns", "version": "1"}, {"name": "coredns", "state": "absent"}]}, "addons[1].name: coredns is there twice"),
    "a server that is told too much": ("server", {"ports": ["port"], "flavor": "m2.c1m2", "image": "Debian", "keypair": "keypair",
                                                  "user_data": "CANARY" * 10000}, "user_data: takes 80000 bytes as it is sent"),
    "a server without a port": ("server", {**SERVER, "ports": []}, "ports: is empty"),
    "a server with a port twice": ("server", {**SERVER, "ports": ["port", "port"]}, "ports: port is there twice"),
    "a server on too small a volume": ("server", {**SERVER, "root_volume": {"size_gb": 10}},
                                       "root_volume.size_gb: 10 is less than the 20 that image"),
    "a server with too long a name": ("server", {**SERVER, "name": "n" * 256}, "name: must have from 1 to 255"),
    "a route that is told too much": ("route", {"vpc": "vpc", "routing_table": "app", "cidr": "10.9.0.0/16", "gateway": "192.168.0.10",
                                                "description": "\u00e9" * 129}, "description: takes 258 bytes, and the service takes 256"),
    "a route of its VPC": ("route", {"vpc": "vpc", "routing_table": "app", "cidr": "192.168.0.0/16", "gateway": "192.168.0.10"},
                           "It belongs to its VPC"),
    "a route of a gateway": ("route", {"vpc": "vpc", "routing_table": "edge", "cidr": "0.0.0.0/0", "state": "absent"},
                             "It belongs to an internet gateway"),
    "a reserved schema": ("rds_schema", {"instance": "database", "name": "mysql"}, "name: 'mysql' is reserved"),
    "a reserved user": ("rds_user", {"instance": "database", "name": "rds_admin", "authority": "READ", "password": "CANARY"}, "is reserved"),
    "a short password": ("rds_user", {"instance": "database", "authority": "READ", "password": "CAN"}, "password: must have from 4 to 256"),
    "a cluster of no version": ("kubernetes_cluster", {**CLUSTER[0][1], "version": "v9.9.9"}, "kubernetes version v9.9.9"),
    "a cluster called as none can be": ("kubernetes_cluster", {**CLUSTER[0][1], "name": "Bad_Name"}, "name: 'Bad_Name' is not"),
    "a cluster in no zone": ("kubernetes_cluster", {**CLUSTER[0][1], "zone": "kr-pub-z"}, "kr-pub-a"),
}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a network and an instance."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE[:3]:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("what", OTHERWISE)
def test_another_spelling_converges(what: str, world: NhnCloud) -> None:
    kind, options = OTHERWISE[what]
    options = {**options, "name": "odd"} if kind != "route" else options
    assert world.run(kind, check=True, **options).result["action"] == "create"
    world.make(kind, **options)
    world.requests()
    for check in (True, False):
        again = world.run(kind, check=check, **options)
        assert again.result.get("action") == "none" and world.take_writes() == [], again.result
    world.make(kind, **options, state="absent")


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_in_check_mode_as_in_a_run(what: str, world: NhnCloud) -> None:
    kind, options, words = REFUSED[what]
    named = options if kind == "route" else {"name": "bad", **options}
    told = [world.run(kind, check=check, **named) for check in (True, False)]
    assert told[0].failed and words in told[0].result["msg"], told[0].result
    assert told[0].result["msg"] == told[1].result["msg"] and world.take_writes() == [] and "CANARY" not in told[0].everything


def test_a_registry_where_there_is_none(world: NhnCloud) -> None:
    elsewhere = NhnCloud(world.url, world.store)
    del elsewhere.auth["registry_url"]
    elsewhere.auth["region"] = "JP1"
    assert "KR1, KR2, KR3" in elsewhere.run("registry", name="x", check=True).result["msg"]


def test_what_grew_by_itself_is_not_too_large(world: NhnCloud) -> None:
    instance = next(iter(world.store.rds_instances.values()))
    there = instance["_storage"]["storageSize"]
    instance["_storage"]["storageSize"] = 3000
    assert world.run("rds_instance", name="database", storage_gb=3000).result["action"] == "none"
    assert "storage only grows" in world.run("rds_instance", name="database", storage_gb=2000).result["msg"]
    instance["_storage"]["storageSize"] = there


def test_a_type_of_icmp_is_no_port(world: NhnCloud) -> None:
    """Code 8 of type 8 is nothing: a ping has code 0. Any code is another rule than code 0."""
    world.make("security_group", name="ping", rules=[{"protocol": "icmp", "port_min": 8}])
    [group] = [each for each in world.store.security_groups.values() if each["name"] == "ping"]
    rule = next(each for each in world.store.security_group_rules.values()
                if each["security_group_id"] == group["id"] and each["protocol"] == "icmp")
    assert (rule["port_range_min"], rule["port_range_max"]) == (8, None)
    assert not world.run("security_group", name="ping", rules=[{"protocol": "ICMP", "port_min": 8}]).changed
    assert world.run("security_group", check=True, name="ping", rules=[{"protocol": "icmp", "port_min": 8, "port_max": 0}]).changed
    world.make("security_group", name="ping", state="absent")
