# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a network at AWS is to look like, before anything is asked of AWS: its faults, and its route tables. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

ROLE = "aws_network"
PUBLIC, PRIVATE = "public", "private"
ANYWHERE = IPv4Network("0.0.0.0/0")


def faults(subnets: Sequence[Mapping[str, Any]], nat_gateways: Sequence[str], groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every reason why this cannot be built, as "path: what is wrong"; empty when it can.

    subnets: [{"name", "cidr", "zone", "public"}]; nat_gateways: names of subnets; groups: [{"name", "rules": [{"cidr_ip"}, {"group_name"}]}].
    """
    return [*_subnets(subnets), *_nats(subnets, nat_gateways), *_groups(groups)]


def route_tables(subnets: Sequence[Mapping[str, Any]], nat_gateways: Sequence[str]) -> list[dict[str, Any]]:
    """[{"name", "public", "nat": name of a subnet or None, "cidrs"}]: one for what is public, one for each NAT gateway that private ones use.

    A private subnet takes the gateway in its own zone, so that no zone goes down with another; without one there, the first.
    """
    zones = {subnet["name"]: subnet["zone"] for subnet in subnets}
    first = nat_gateways[0] if nat_gateways else None
    ways: dict[str | None, list[str]] = {}
    for subnet in subnets:
        if not subnet["public"]:
            beside = next((nat for nat in nat_gateways if zones[nat] == subnet["zone"]), first)
            ways.setdefault(beside, []).append(subnet["cidr"])
    return [{"name": PUBLIC, "public": True, "nat": None, "cidrs": [subnet["cidr"] for subnet in subnets if subnet["public"]]},
            *({"name": PRIVATE if nat == first else f"{PRIVATE}-{nat}", "public": False, "nat": nat, "cidrs": cidrs} for nat, cidrs in ways.items())]


def _subnets(subnets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    path = f"{ROLE}_subnets"
    yield from (f"{path}: {name} is there twice" for name in _twice([subnet["name"] for subnet in subnets]))
    if len({subnet["zone"] for subnet in subnets if subnet["public"]}) < 2:
        yield f"{path}: public ones must lie in two zones at least, as load balancers want it"
    if len({subnet["zone"] for subnet in subnets}) < 2:
        yield f"{path}: must lie in two zones at least"


def _nats(subnets: Sequence[Mapping[str, Any]], nat_gateways: Sequence[str]) -> Iterator[str]:
    known = {subnet["name"]: subnet for subnet in subnets}
    for number, name in enumerate(nat_gateways):
        path = f"{ROLE}_nat_gateways[{number}]"
        if name not in known:
            yield f"{path}: {name} is no subnet; there are {', '.join(known)}"
        elif not known[name]["public"]:
            yield f"{path}: {name} is private, and a NAT gateway needs a way out itself"
        elif known[name]["zone"] in [known[other]["zone"] for other in nat_gateways[:number] if other in known]:
            yield f"{path}: {name} lies in the zone of another NAT gateway"


def _groups(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    path = f"{ROLE}_security_groups"
    names = [group["name"] for group in groups]
    yield from (f"{path}: {name} is there twice" for name in _twice(names))
    for number, group in enumerate(groups):
        for at, rule in enumerate(group["rules"]):
            yield from _rule(f"{path}[{number}].rules[{at}]", rule, names)


def _rule(path: str, rule: Mapping[str, Any], names: Collection[str]) -> Iterator[str]:
    if not rule.get("cidr_ip") and not rule.get("group_name"):
        yield f"{path}: lets nobody in; give cidr_ip or group_name"
    yield from (f"{path}.group_name: {name} is no group of {ROLE}_security_groups" for name in rule.get("group_name") or () if name not in names)
    for cidr in rule.get("cidr_ip") or ():
        try:
            network = IPv4Network(cidr)
        except ValueError:
            yield f"{path}.cidr_ip: {cidr!r} is not a range such as 10.0.0.0/16"
        else:
            if network == ANYWHERE and str(rule["proto"]) in ("-1", "all"):
                yield f"{path}.cidr_ip: everything from anywhere; name the ports"


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
