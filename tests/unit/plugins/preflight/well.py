# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A world in which nothing is missing, and a way to plant faults in it."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.findings import Finding, Seen, World
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.judge import findings
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.quotas import AWS_QUOTAS

from lab.secrets import MAKERS

ROOT = Path(__file__).parents[4]
NOW = datetime.datetime(2026, 11, 27, tzinfo=datetime.UTC).timestamp()
SITES = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/topology.yml").read_text())["topology_sites"]
PRICES = yaml.safe_load((ROOT / "playbooks/vars/prices.yml").read_text())["preflight_prices"]
ZONES = [f"ap-northeast-2{letter}" for letter in "abcd"]
REPOSITORY, DIGEST = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/tickets", f"sha256:{'a' * 64}"
RULE_GROUPS = {"AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesSQLiRuleSet": 200}
SERVERS = ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"]


@cache
def secrets() -> dict[str, str]:
    """New ones, by the names of the inventory; making a key pair takes a moment, so one set serves all."""
    return {f"vault_{name}": make() for name, make in MAKERS.items()}


def values() -> dict[str, Any]:
    """The inventory's variables, and the defaults of roles."""
    return copy.deepcopy({
        **secrets(), "topology_sites": SITES, "topology_zone": "example.org", "topology_domain": "tickets.example.org",
        "topology_timing": {"check_interval": 10},
        "operators_cidr": "203.0.113.0/24", "third.ansible_host": "203.0.113.7", "preflight_prices": PRICES,
        "aws_vpn_tunnels": [{"inside_cidr": "169.254.11.0/30"}, {"inside_cidr": "169.254.12.0/30"}],
        "nhn_network_vpc": {"name": "tickets-vpc"}, "nhn_network_subnets": SITES["nhn"]["subnets"],
        "nhn_network_internet_gateways": ["tickets-edge", "tickets-app"],
        "nhn_network_routing_tables": [{"name": "tickets-edge"}, {"name": "tickets-app"}], "nhn_network_nat_gateways": [],
        "nhn_host_name": "tickets-management", "nhn_host_flavor": "m2.c2m4", "nhn_host_image": "Debian 12 Bookworm", "nhn_host_zone": "kr-pub-a",
        "nhn_host_root_volume": {"size_gb": 20, "type": "General SSD"}, "nhn_host_routes": [{"routing_table": "tickets-app", "cidr": "10.0.0.0/16"}],
        "nhn_database_name": "tickets-db", "nhn_database_version": "MYSQL_V8408", "nhn_database_flavor": "m2.c2m4", "nhn_database_zone": "kr-pub-a",
        "nhn_database_storage_type": "General SSD", "nhn_database_storage_gb": 50, "nhn_database_high_availability": True,
        "nhn_kubernetes_name": "tickets", "nhn_kubernetes_version": "v1.32.3", "nhn_kubernetes_flavor": "m2.c2m4", "nhn_kubernetes_zone": "kr-pub-a",
        "nhn_kubernetes_image": "Debian 12 Container", "nhn_kubernetes_volume_type": "General SSD", "nhn_kubernetes_volume_gb": 50,
        "nhn_kubernetes_node_count": 2, "nhn_kubernetes_autoscaler": {"min_nodes": 2, "max_nodes": 4}, "nhn_kubernetes_labels": {},
        "nhn_kubernetes_addons": [{"name": "metrics_server", "version": "v0.4.4-nks2"}], "nhn_kubernetes_public_endpoint": True,
        "nhn_kubernetes_api_allowed_cidrs": ["203.0.113.0/24", "192.168.0.0/16"], "nhn_registry_name": "tickets",
        "aws_network_name": "tickets", "aws_network_nat_gateways": ["public-a"], "aws_network_security_groups": [{"name": "tickets-db"}],
        "aws_host_name": "tickets-standby", "aws_host_instance_type": "t3.small", "aws_host_image": "ami-1", "aws_host_subnet": "public-a",
        "aws_web_name": "tickets", "aws_web_instance_type": "t3.small", "aws_web_instance_image": "ami-1",
        "aws_web_subnets": ["public-a", "public-b"],
        "aws_web_app_subnets": ["private-a", "private-b"], "aws_web_min": 2, "aws_web_max": 3,
        "aws_web_root_device": "/dev/xvda", "aws_web_root_gigabytes": 16, "aws_web_certificate_arn": "",
        "aws_web_certificate_domain": "tickets.example.org", "aws_web_container_image": f"{REPOSITORY}@{DIGEST}",
        "aws_waf_name": "tickets", "aws_waf_rule_groups": [{"name": name} for name in RULE_GROUPS], "aws_waf_capacity_limit": 1500,
        "aws_waf_countries": [], "aws_waf_checked_paths": ["/edgez", "/readyz"],
        "aws_database_name": "tickets-db", "aws_database_engine_version": "8.4.8", "aws_database_class": "db.t3.medium",
        "aws_database_subnets": ["private-a", "private-b"], "aws_database_multi_az": False, "aws_database_storage_gib": 20,
        "aws_vpn_name": "tickets-vpn", "aws_storage_bucket": "tickets-latch", "aws_storage_backup_bucket": "tickets-backups"})


def nhn() -> dict[str, dict[str, Any]]:
    """What an empty project of NHN Cloud answers."""
    return {
        "login": {"offset_seconds": 0.2, "services": {"network": ["KR1", "KR2"], "compute": ["KR1"], "NKS": ["KR1"]}}, "objects": {"services": []},
        "rds": {"regions": {"KR1": True}, "versions": ["MYSQL_V8045", "MYSQL_V8407", "MYSQL_V8408"], "flavors": ["m2.c2m4"],
                "storage_types": ["General SSD"], "instances": []},
        "registry": {"registries": []},
        "network": {"external": True, "vpcs": [], "internet_gateways": [], "nat_gateways": [], "floating_ips": 0, "load_balancers": []},
        "compute": {"zones": ["kr-pub-a", "kr-pub-b"], "flavors": {"m2.c1m2": 1, "m2.c2m4": 2}, "servers": {}},
        "images": {"names": ["Debian 12 Bookworm (2026.01.20)"], "for_nodes": ["Debian 12 Container (2026.01.20)"]},
        "volumes": {"types": ["General SSD"], "gigabytes": 0},
        "kubernetes": {"versions": ["v1.32.3", "v1.33.4"], "addons": {"metrics_server": ["v0.4.4-nks1", "v0.4.4-nks2"]}, "clusters": []}}


def aws() -> dict[str, dict[str, Any]]:
    """What an empty account at AWS answers."""
    return {
        "identity": {"account": "123456789012", "arn": "arn:aws:iam::123456789012:user/builder", "offset_seconds": -0.3},
        "resolvers": {"servers": list(SERVERS)}, "regions": {"ap-northeast-2": "opt-in-not-required"}, "zones": dict.fromkeys(ZONES, "available"),
        "types": {"t3.small": {"zones": list(ZONES), "vcpus": 2, "architectures": ["x86_64"]}},
        "images": {"ami-1": {"state": "available", "architecture": "x86_64", "root": "/dev/xvda", "root_gib": 8}},
        "network": {"vpcs": [], "internet_gateways": [], "security_groups": ["default"], "addresses": [], "nat_gateways": [], "vpn_gateways": [],
                    "customer_gateways": [], "connections": []},
        "machines": {"names": [], "vcpus": 0}, "versions": {"mysql": ["8.0.45", "8.4.7", "8.4.8", "8.4.9"]}, "classes": {"zones": list(ZONES)},
        "databases": {"instances": {}}, "balancers": {"names": [], "target_groups": []}, "groups": {"names": []},
        "templates": {"names": []}, "pushed": {"digests": [DIGEST]},
        "certificates": {"arn:1": {"names": ["tickets.example.org"], "state": "ISSUED", "ends": NOW + 200 * 86400}},
        "firewall": {"web_acls": [], "ip_sets": []}, "rule_groups": dict(RULE_GROUPS), "log_policies": {"names": [], "delivery": False},
        "quotas": {"limits": {name: quota.default or 64.0 for name, quota in AWS_QUOTAS.items()}},
        "buckets": {"owned": 0, "wanted": {"tickets-latch": "free", "tickets-backups": "free"}},
        "names": {"zones": [{"id": "/hostedzone/Z1", "private": False, "servers": list(SERVERS)}], "health_checks": 0, "own_health_checks": 0}}


class Plant:
    """Facts to change before they are judged: `values`, `nhn`, `aws`, `third`, `key`, `silent` (by cloud), `faults`."""

    def __init__(self) -> None:
        self.values, self.nhn, self.aws = values(), nhn(), aws()
        self.third: dict[str, Any] = {"system": "Debian", "version": "12", "offset_seconds": 0.0}
        self.key: dict[str, Any] = {"path": "id", "exists": True, "public": True, "mode": 0o600}
        self.silent: dict[str, dict[str, dict[str, str]]] = {"nhn": {}, "aws": {}}
        self.faults: list[str] = []

    def hush(self, cloud: str, question: str, kind: str = "refused", words: str = "no") -> None:
        """Take an answer away."""
        getattr(self, cloud).pop(question, None)
        self.silent[cloud][question] = {"kind": kind, "words": words}

    def world(self) -> World:
        return World(self.values, Seen(self.nhn, self.silent["nhn"]), Seen(self.aws, self.silent["aws"]), self.faults, self.third, self.key, NOW)


def found(*plants: Callable[[Plant], Any]) -> list[Finding]:
    """What is found after these were planted."""
    plant = Plant()
    for change in plants:
        change(plant)
    return findings(plant.world())
