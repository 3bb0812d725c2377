# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's security groups as filters of its hosts, databases and load balancers. Pure: the world is what `read.aws` collected from the API."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from lab import world
from lab.materialise.filtering import PROTOCOLS
from lab.materialise.specs import Database, Filter, Host, LoadBalancer, Network, Rule, Spec

# AWS's groups do not come between an instance and its VPC's resolver, which in the lab is this machine.
RESOLVER = tuple(Rule("egress", (f"{world.MACHINE}/32",), PROTOCOLS[name], world.DNS_PORT, world.DNS_PORT) for name in ("tcp", "udp"))


def filtered(aws: Mapping[str, Any], specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """The specs with what their groups let pass; groups name each other, so every member's address must be known."""
    held = _held(aws)
    ours = {name: spec for name, spec in specs.items() if isinstance(spec, Host | Database | LoadBalancer)}
    members: dict[str, set[str]] = {}
    for spec in ours.values():
        for group in held[spec.resource]:
            members.setdefault(group, set()).add(spec.address)
    rules = {group["GroupId"]: {*_rules(group["IpPermissions"], "ingress", members), *_rules(group["IpPermissionsEgress"], "egress", members)}
             for group in aws["security_groups"]}
    return {**specs, **{name: dataclasses.replace(spec, filter=Filter(
        (*sorted({rule for group in held[spec.resource] for rule in rules[group]}, key=repr), *RESOLVER, *_watched(spec, specs))))
        for name, spec in ours.items()}}


def _watched(spec: Spec, specs: Mapping[str, Spec]) -> Iterator[Rule]:
    """This machine looks at a host or a database as if it stood on it: what it asks from the end of its own network, to judge a drill or a
    schedule of faults, is no traffic of the world."""
    if isinstance(spec, Host | Database) and isinstance(network := specs.get(spec.network), Network):
        yield Rule("ingress", (f"{network.machine_address}/32",))


def _held(aws: Mapping[str, Any]) -> dict[str, list[str]]:
    """The groups of each instance, database and load balancer, by the name its API has for it."""
    return {
        **{instance["InstanceId"]: [group["GroupId"] for group in instance["NetworkInterfaces"][0]["Groups"]]
           for instance in aws["instances"] if instance.get("NetworkInterfaces")},
        **{database["DBInstanceIdentifier"]: [group["VpcSecurityGroupId"] for group in database["VpcSecurityGroups"]]
           for database in aws["databases"]},
        **{balancer["LoadBalancerArn"]: list(balancer.get("SecurityGroups", ())) for balancer in aws["load_balancers"]},
    }


def _rules(permissions: list[Mapping[str, Any]], direction: Any, members: Mapping[str, set[str]]) -> Iterator[Rule]:
    for permission in permissions:
        name = permission["IpProtocol"]
        protocol = None if name == "-1" else PROTOCOLS.get(name) or int(name)
        low, high = (None if permission.get(end, -1) == -1 else permission[end] for end in ("FromPort", "ToPort"))
        for cidr in permission["IpRanges"]:
            yield Rule(direction, (cidr["CidrIp"],), protocol, low, high)
        for pair in permission["UserIdGroupPairs"]:
            yield Rule(direction, tuple(sorted(members.get(pair["GroupId"], ()))), protocol, low, high)
