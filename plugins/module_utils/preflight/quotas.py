# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is there room for what is going to be made? What is there already under our names is not counted twice. Pure.

AWS tells its quotas; where the account may not ask, AWS's own defaults are taken. NHN Cloud has no API for them: its documented defaults are
taken (TOAST-DOCS/TOAST-Cloud, en/resource-policy.md), and `preflight_nhn_quotas` says what was raised for the project.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .findings import Finding, World

NHN_DEFAULTS = {"vpcs": 3, "subnets_per_vpc": 10, "routing_tables_per_vpc": 10, "routes_per_table": 10, "internet_gateways": 3, "nat_gateways": 3,
                "floating_ips": 50, "load_balancers": 10, "vcpus": 100, "volume_gb": 10240, "clusters": 3, "nodes_per_group": 10}


@dataclass(frozen=True)
class Quota:
    """One of AWS's. default: what an account has unless it was raised; None where that differs from account to account."""

    service: str
    code: str
    about: str
    default: float | None


AWS_QUOTAS = {
    "vpcs": Quota("vpc", "L-F678F1CE", "VPCs per region", 5),
    "internet_gateways": Quota("vpc", "L-A4707A72", "internet gateways per region", 5),
    "nat_gateways_per_zone": Quota("vpc", "L-FE5A380F", "NAT gateways per zone", 5),
    "security_groups": Quota("vpc", "L-E79EC296", "security groups per region", 2500),
    "addresses": Quota("ec2", "L-0263D0A3", "elastic IPs per region", 5),
    "vcpus": Quota("ec2", "L-1216C47A", "vCPUs of running standard instances", None),
    "vpn_gateways": Quota("ec2", "L-7029FAB6", "virtual private gateways per region", 5),
    "customer_gateways": Quota("ec2", "L-4FB7FF5D", "customer gateways per region", 50),
    "vpn_connections": Quota("ec2", "L-3E6EC3A3", "VPN connections per region", 50),
    "databases": Quota("rds", "L-7B6409FD", "DB instances per region", 40),
    "database_gb": Quota("rds", "L-7ADDB58A", "storage of all DB instances, in GB", 100_000),
    "balancers": Quota("elasticloadbalancing", "L-53DA6B97", "application load balancers per region", 50),
    "target_groups": Quota("elasticloadbalancing", "L-B22855CB", "target groups per region", 3000),
    "scaling_groups": Quota("autoscaling", "L-CDE20ADC", "Auto Scaling groups per region", 500),
    "launch_templates": Quota("ec2", "L-FB451C26", "launch templates per region", 5000),
    "web_acls": Quota("wafv2", "L-2EC3DE7B", "web ACLs per region", 100),
    "ip_sets": Quota("wafv2", "L-D6DA96AE", "IP sets per region", 100),
    "health_checks": Quota("route53", "L-ACB674F3", "health checks", 200),
    "buckets": Quota("s3", "L-DC2B2D3D", "buckets", 10_000),
}


def judge(world: World) -> Iterable[Finding]:
    """Everything for which there is no room."""
    yield from _nhn(world)
    yield from _aws(world)


def ours(names: Iterable[Any], wanted: Iterable[Any]) -> int:
    """How many of those that are wanted are there already."""
    return len(set(map(str, names)) & {str(name) for name in wanted if name})


def _nhn(world: World) -> Iterator[Finding]:
    raised = world["preflight_nhn_quotas"] or {}
    limits = {**NHN_DEFAULTS, **(raised if isinstance(raised, Mapping) else {})}
    yield from (Finding(f"preflight_nhn_quotas.{name}", "is no quota of NHN Cloud that is known here", f"There are: {', '.join(NHN_DEFAULTS)}.")
                for name in limits if name not in NHN_DEFAULTS)

    def room(name: str, used: float, new: float, about: str) -> Iterator[Finding]:
        if used + new > limits[name]:
            had = f"{used:g} of {limits[name]:g} are used and {new:g} more are needed" if used else \
                f"{new:g} are needed and {limits[name]:g} are allowed"
            yield Finding(f"NHN Cloud quota {name}", f"{about}: {had}", "Remove what nobody needs, or have the quota raised and say so in "
                          f"preflight_nhn_quotas.{name}.")

    tables = world.mappings("nhn_network_routing_tables")
    yield from room("subnets_per_vpc", 0, len(world.mappings("nhn_network_subnets")), "subnets of one VPC")
    yield from room("routing_tables_per_vpc", 0, len(tables), "routing tables of one VPC")
    routes = [str(route.get("routing_table")) for route in world.mappings("nhn_host_routes")]
    yield from room("routes_per_table", 0, max((routes.count(name) for name in routes), default=0), "routes of one table")
    scaled = world["nhn_kubernetes_autoscaler"] or {}
    most = max([scaled.get("max_nodes") or 0, world["nhn_kubernetes_node_count"] or 0])
    yield from room("nodes_per_group", 0, most, "nodes of one group")
    if network := world.nhn["network"]:
        vpc = str((world["nhn_network_vpc"] or {}).get("name"))
        named = [vpc_["name"] for vpc_ in network["vpcs"]]
        yield from room("vpcs", len(named), 1 - ours(named, [vpc]), "VPCs")
        nat = [gateway.get("name") for gateway in world.mappings("nhn_network_nat_gateways")]
        for name, wanted, about in (("internet_gateways", world["nhn_network_internet_gateways"] or (), "internet gateways"),
                                    ("nat_gateways", nat, "NAT gateways")):
            yield from room(name, len(network[name]), len(set(wanted)) - ours(network[name], wanted), about)
        balancer, host = ours(network["load_balancers"], [world["nhn_kubernetes_name"]]), ours(
            (world.nhn["compute"] or {}).get("servers", {}), [world["nhn_host_name"]])
        addresses = 0 if host else 1 + (1 if world["nhn_kubernetes_public_endpoint"] else 0) + len(nat)
        yield from room("floating_ips", network["floating_ips"], addresses, "floating IPs")
        yield from room("load_balancers", len(network["load_balancers"]), 0 if host else 1 - balancer, "load balancers (the application's)")
    yield from _nhn_machines(world, room, most)


def _nhn_machines(world: World, room: Any, most_nodes: int) -> Iterator[Finding]:
    compute, cluster = world.nhn["compute"], str(world["nhn_kubernetes_name"])
    if compute:
        flavors, servers = compute["flavors"], compute["servers"]
        mine = {name: vcpus for name, vcpus in servers.items() if name == world["nhn_host_name"] or name.startswith(f"{cluster}-")}
        needed = flavors.get(world["nhn_host_flavor"], 0) + most_nodes * flavors.get(world["nhn_kubernetes_flavor"], 0)
        yield from room("vcpus", sum(servers.values()), max(0, needed - sum(mine.values())), "vCPUs with every node that the autoscaler may add")
        if volumes := world.nhn["volumes"]:
            root = (world["nhn_host_root_volume"] or {}).get("size_gb") or 0
            new = 0 if mine else root + most_nodes * (world["nhn_kubernetes_volume_gb"] or 0)
            yield from room("volume_gb", volumes["gigabytes"], new, "gigabytes of block storage")
    if kubernetes := world.nhn["kubernetes"]:
        yield from room("clusters", len(kubernetes["clusters"]), 1 - ours(kubernetes["clusters"], [cluster]), "clusters")


def _aws(world: World) -> Iterator[Finding]:
    told = (world.aws["quotas"] or {}).get("limits", {})
    if unread := [name for name, limit in told.items() if limit is None]:
        yield Finding("aws_auth (servicequotas:GetServiceQuota)",
                      f"AWS does not say how much is allowed of: {', '.join(sorted(unread))}; its defaults were taken",
                      "Allow that action to the account that builds, so that raised and lowered quotas are seen.", advice=True)
    for name, used, new in _aws_uses(world):
        quota = AWS_QUOTAS[name]
        limit = told.get(name) if told.get(name) is not None else quota.default
        if limit is not None and used + new > limit:
            yield Finding(f"AWS quota {name}", f"{quota.about}: {used:g} of {limit:g} are used and {new:g} more are needed",
                          f"Remove what nobody needs, or have it raised: Service Quotas, {quota.service}, {quota.code}.")


def _aws_uses(world: World) -> Iterator[tuple[str, float, float]]:
    """(quota, used, what will be made beside that)."""
    if network := world.aws["network"]:
        name = str(world["aws_network_name"])
        gateways = [str(each) for each in world["aws_network_nat_gateways"] or ()]
        nat = [f"{name}-nat-{each}" for each in gateways]
        groups = [group.get("name") for group in world.mappings("aws_network_security_groups")]
        connection = [world["aws_vpn_name"]]
        for quota, there, wanted in (
                ("vpcs", [vpc["name"] for vpc in network["vpcs"]], [f"{name}-vpc"]),
                ("internet_gateways", network["internet_gateways"], [f"{name}-internet"]),
                ("security_groups", network["security_groups"], groups), ("addresses", network["addresses"], [*nat, world["aws_host_name"]]),
                ("vpn_gateways", network["vpn_gateways"], [f"{name}-vpn"]), ("customer_gateways", network["customer_gateways"], connection),
                ("vpn_connections", [each["name"] for each in network["connections"]], connection)):
            yield quota, len(there), len({str(each) for each in wanted if each}) - ours(there, wanted)
        yield from _nat_by_zone(world, network["nat_gateways"], gateways, name)
    yield from _aws_machines(world)
    if names := world.aws["names"]:
        yield "health_checks", names["health_checks"], max(0, 3 - names["own_health_checks"])
    if buckets := world.aws["buckets"]:
        wanted = [name for name in (world["aws_storage_bucket"], world["aws_storage_backup_bucket"]) if name]
        yield "buckets", buckets["owned"], sum(buckets["wanted"].get(str(name)) == "free" for name in wanted)


def _nat_by_zone(world: World, there: Sequence[Mapping[str, str]], gateways: Sequence[str], name: str) -> Iterator[tuple[str, float, float]]:
    zone_of = {str(subnet.get("name")): str(subnet.get("zone")) for subnet in world.site("aws").get("subnets") or () if isinstance(subnet, Mapping)}
    for zone in sorted({zone_of[each] for each in gateways if each in zone_of}):
        here = [gateway["name"] for gateway in there if gateway["zone"] == zone]
        wanted = [f"{name}-nat-{each}" for each in gateways if zone_of.get(each) == zone]
        yield "nat_gateways_per_zone", len(here), len(wanted) - ours(here, wanted)


def _aws_machines(world: World) -> Iterator[tuple[str, float, float]]:
    types, machines, web = world.aws["types"], world.aws["machines"], str(world["aws_web_name"])
    if types and machines:
        # A replacement starts new instances first, as many again as there are.
        wanted = ((str(world["aws_host_name"]), world["aws_host_instance_type"], 1),
                  (f"{web}-app", world["aws_web_instance_type"], 2 * (world["aws_web_max"] or 0)))
        yield "vcpus", machines["vcpus"], sum(max(0, most - machines["names"].count(name)) * (types.get(str(kind)) or {"vcpus": 0})["vcpus"]
                                              for name, kind, most in wanted)
    if databases := world.aws["databases"]:
        mine = str(world["aws_database_name"]) in databases["instances"]
        storage = world["aws_database_storage_gib"] or 0
        yield "databases", len(databases["instances"]), 0 if mine else 1
        yield "database_gb", math.ceil(sum(each["gib"] for each in databases["instances"].values())), 0 if mine else storage
    if balancers := world.aws["balancers"]:
        yield from _beside("balancers", balancers["names"], [web, f"{web}-inner"])
        yield from _beside("target_groups", balancers["target_groups"], [f"{web}-edge", f"{web}-app"])
    if firewall := world.aws["firewall"]:
        acl = str(world["aws_waf_name"])
        yield from _beside("web_acls", firewall["web_acls"], [acl])
        yield from _beside("ip_sets", firewall["ip_sets"], [f"{acl}-checkers"])
    for quota, found in (("scaling_groups", world.aws["groups"]), ("launch_templates", world.aws["templates"])):
        if found:
            yield from _beside(quota, found["names"], [web])


def _beside(quota: str, there: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[str, float, float]]:
    yield quota, len(there), len(wanted) - ours(there, wanted)
