# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do ranges and addresses get in each other's way, or in that of what exists? Those within the plan are its own checks' matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from ..nhn.kubernetes_labels import LINK_LOCAL, OWN, SMALLEST, USUAL
from ..site_plan import PRIVATE, network
from .findings import Finding, World

EVERYBODY = IPv4Network("0.0.0.0/0")
OTHER_RANGE = "Choose another range; one that is built on cannot be changed any more."


def judge(world: World) -> Iterable[Finding]:
    """Every collision."""
    yield from _pods(world)
    yield from _existing(world)
    yield from _tunnels(world)
    yield from _operators(world)
    yield from _third(world)


def _sites(world: World) -> list[tuple[str, IPv4Network]]:
    return [(f"topology_sites.{site}.cidr", found) for site in ("nhn", "aws") if (found := network(world.site(site).get("cidr")))]


def _pods(world: World) -> Iterator[Finding]:
    """Pods reach databases of both sites by their addresses, so these must be nobody else's."""
    labels = world["nhn_kubernetes_labels"] or {}
    taken: list[tuple[str, IPv4Network]] = _sites(world)
    for label, default in USUAL.items():
        path = f"nhn_kubernetes_labels.{label}"
        given = labels.get(label, default)
        found = network(given)
        if found is None:
            yield Finding(path, f"{given!r} is not an IPv4 range such as {default}", "Correct it, or leave it out.")
            continue
        if found.prefixlen > SMALLEST:
            yield Finding(path, f"{found} is smaller than NKS takes", f"Give it /{SMALLEST} or more.")
        yield from (Finding(path, f"{found} overlaps {kept}, which NKS keeps for itself", OTHER_RANGE)
                    for kept in (LINK_LOCAL, OWN) if found.overlaps(kept))
        yield from (Finding(path, f"{found} overlaps {other} ({where}), so that pods could not reach what is there",
                            f"Set nhn_kubernetes_labels.{label} to a range that nobody has.") for where, other in taken if found.overlaps(other))
        taken.append((path, found))


def _existing(world: World) -> Iterator[Finding]:
    """A VPC of our name must have our range; another one that overlaps can never be joined with ours."""
    for site, seen, name in (("nhn", world.nhn["network"], (world["nhn_network_vpc"] or {}).get("name")),
                             ("aws", world.aws["network"], f"{world['aws_network_name']}-vpc")):
        whole = network(world.site(site).get("cidr"))
        if not seen or whole is None:
            continue
        path = f"topology_sites.{site}.cidr"
        alike = [vpc for vpc in seen["vpcs"] if vpc["name"] == name]
        if len(alike) > 1:
            yield Finding(path, f"there are {len(alike)} VPCs called {name}, and nobody knows which one is meant", "Rename or remove the others.")
        for vpc in seen["vpcs"]:
            there = network(vpc["cidr"])
            if there is None:
                continue
            if vpc["name"] == name and there != whole:
                yield Finding(path, f"VPC {name} exists with {there}, and {whole} is wanted; a range is set when a VPC is made",
                              f"Ask for {there}, or choose another topology_name.")
            elif vpc["name"] != name and there.overlaps(whole):
                yield Finding(path, f"{whole} overlaps VPC {vpc['name'] or vpc['id']} ({there}): the two could never be peered",
                              "Choose another range if they shall ever meet.", advice=True)


def _tunnels(world: World) -> Iterator[Finding]:
    if not (seen := world.aws["network"]):
        return
    inside = {str(tunnel.get("inside_cidr")): index for index, tunnel in enumerate(world.mappings("aws_vpn_tunnels"))}
    for connection in seen["connections"]:
        if connection["name"] == world["aws_vpn_name"]:
            continue
        other = connection["name"] or connection["id"]
        yield from (Finding(f"aws_vpn_tunnels[{inside[cidr]}].inside_cidr", f"{cidr} is used by connection {other}",
                            "Choose another /30 of 169.254.0.0/16.")
                    for cidr in connection["inside_cidrs"] if cidr in inside)


def _operators(world: World) -> Iterator[Finding]:
    operators = network(world["operators_cidr"])
    if operators is None:
        return
    if operators == EVERYBODY:
        yield Finding("operators_cidr", "lets everybody try to log in to hosts of both sites", "Name the range that people come from.", advice=True)
        return
    yield from (Finding("operators_cidr", f"{operators} overlaps {where} ({cidr}); people log in from outside of both sites",
                        "Name the public range that they come from.") for where, cidr in _sites(world) if operators.overlaps(cidr))
    allowed = [found for given in world["nhn_kubernetes_api_allowed_cidrs"] or () if (found := network(given) or network(f"{given}/32"))]
    if allowed and not any(operators.subnet_of(cidr) for cidr in allowed):
        yield Finding("nhn_kubernetes_api_allowed_cidrs", f"the cluster's API would be closed to {operators} (operators_cidr)",
                      "Add that range.")


def _third(world: World) -> Iterator[Finding]:
    """The third place is reached without the VPN, or it is no third place."""
    if (given := world["third.ansible_host"]) is None:
        return
    try:
        address = IPv4Address(str(given))
    except AddressValueError:
        yield Finding("third.ansible_host", f"{given!r} is no IPv4 address",
                      "Members of the quorum know each other by address: give it as ansible_host.")
        return
    if _within(address, PRIVATE):
        yield Finding("third.ansible_host", f"{address} is private: a VPN would lead there, and with it a cut link would take the last vote away",
                      "Give its public address as ansible_host.")


def _within(address: IPv4Address, blocks: Sequence[IPv4Network]) -> bool:
    return any(address in block for block in blocks)
