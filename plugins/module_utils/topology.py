# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the plan of the two sites one that can work? Pure: looks at the inventory's values only, never at a cloud.

Everything that can be known before the first request is asked here, and all faults are told at once, each with its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
NHN_REGIONS = ("KR1", "KR2")            # where NHN offers both NKS and RDS for MySQL (KR3 has no RDS, JP1 no NKS)
AWS_REGION = re.compile(r"(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(central|(north|south)?(east|west)|north|south)-[1-9]")
AWS_PSK = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")     # VpnTunnelOptionsSpecification: 8 to 64, not starting with zero
AWS_TAKEN_INSIDE = tuple(IPv4Network(f"169.254.{block}/30") for block in ("0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "169.252"))
LINK_LOCAL = IPv4Network("169.254.0.0/16")
MOLECULE_SKIPS = {"notest", "molecule-notest", "molecule-idempotence-notest"}      # `molecule` gives these by itself
NAME = re.compile(r"[a-z][a-z0-9-]{0,12}[a-z0-9]")            # leaves room for a suffix in NKS's 20 characters


def faults(topology: Mapping[str, Any]) -> list[str]:
    """Every fault of a topology, as "path: what is wrong", in reading order; empty when it can work.

    topology: {name, domain, zone, primary, standby, sites: {nhn: {...}, aws: {...}}, timing: {...}, tunnels: [{psk, inside_cidr}],
    asked_tags: [...], skipped_tags: [...], known_tags: [...]} with the inventory's own value shapes.
    """
    found = [*_names(topology), *_sites(topology), *_timing(topology.get("timing")), *_tunnels(topology.get("tunnels"))]
    known = topology.get("known_tags", ())
    return found + _tags("--tags", topology.get("asked_tags", ()), known) + _tags(
        "--skip-tags", set(topology.get("skipped_tags", ())) - MOLECULE_SKIPS, known)


def _names(topology: Mapping[str, Any]) -> Iterable[str]:
    name = str(topology.get("name") or "")
    if not NAME.fullmatch(name):
        yield f"topology_name: {name!r} must be 2 to 14 of a-z, 0-9 and '-', beginning with a letter"
    domain, zone = str(topology.get("domain") or ""), str(topology.get("zone") or "")
    if not zone or not (domain == zone or domain.endswith("." + zone)):
        yield f"topology_domain: {domain!r} does not lie in topology_zone {zone!r}"
    pair = (topology.get("primary"), topology.get("standby"))
    if set(pair) != {"nhn", "aws"}:
        yield f"topology_primary, topology_standby: must be nhn and aws, one each; got {pair[0]!r} and {pair[1]!r}"


def _sites(topology: Mapping[str, Any]) -> Iterable[str]:
    sites = topology.get("sites") or {}
    ranges: dict[str, IPv4Network] = {}
    for site, biggest, smallest in (("nhn", 8, 24), ("aws", 16, 28)):
        path = f"topology_sites.{site}"
        plan = sites.get(site)
        if not isinstance(plan, Mapping):
            yield f"{path}: is missing"
            continue
        network = _network(plan.get("cidr"))
        if network is None:
            yield f"{path}.cidr: {plan.get('cidr')!r} is not an IPv4 range such as 10.0.0.0/16"
        elif not any(network.subnet_of(block) for block in PRIVATE):
            yield f"{path}.cidr: {network} is not private (RFC 1918)"
        elif not biggest <= network.prefixlen <= smallest:
            yield f"{path}.cidr: {network} must be between /{biggest} and /{smallest} on this cloud"
        else:
            ranges[site] = network
        yield from _region(path, site, plan)
        yield from _subnets(path, plan, ranges.get(site))
    if len(ranges) == 2 and ranges["nhn"].overlaps(ranges["aws"]):
        yield (f"topology_sites.nhn.cidr, topology_sites.aws.cidr: {ranges['nhn']} and {ranges['aws']} overlap; "
               "packets between the sites could not be routed")


def _region(path: str, site: str, plan: Mapping[str, Any]) -> Iterable[str]:
    region = str(plan.get("region") or "")
    if site == "nhn" and region not in NHN_REGIONS:
        yield f"{path}.region: {region!r} is not a region with both NKS and RDS for MySQL ({', '.join(NHN_REGIONS)})"
    if site == "aws":
        if not AWS_REGION.fullmatch(region):
            yield f"{path}.region: {region!r} is not an AWS region, such as ap-northeast-2"
        for index, subnet in enumerate(plan.get("subnets") or ()):
            zone = str(subnet.get("zone") or "")
            if not re.fullmatch(re.escape(region) + "[a-f]", zone):
                yield f"{path}.subnets[{index}].zone: {zone!r} is not a zone of {region!r}"


def _subnets(path: str, plan: Mapping[str, Any], network: IPv4Network | None) -> Iterable[str]:
    seen: list[tuple[str, IPv4Network]] = []
    for index, subnet in enumerate(plan.get("subnets") or ()):
        here = f"{path}.subnets[{index}].cidr"
        cidr = _network(subnet.get("cidr"))
        if cidr is None:
            yield f"{here}: {subnet.get('cidr')!r} is not an IPv4 range"
            continue
        if network and not cidr.subnet_of(network):
            yield f"{here}: {cidr} does not lie in {network}"
        yield from (f"{here}: {cidr} overlaps subnet {name} ({other})" for name, other in seen if cidr.overlaps(other))
        seen.append((str(subnet.get("name")), cidr))
    if not seen:
        yield f"{path}.subnets: is empty"
    addresses = [("host_address", plan.get("host_address"))]
    addresses += [(f"app_addresses[{index}]", value) for index, value in enumerate(plan.get("app_addresses") or ())]
    for name, value in addresses:
        address = _address(value)
        if address is None:
            yield f"{path}.{name}: {value!r} is not an IPv4 address"
        elif seen and not any(address in cidr and int(address) - int(cidr.network_address) > 3 for _, cidr in seen):
            yield f"{path}.{name}: {address} lies in no subnet, or among the first addresses that clouds keep for themselves"


def _timing(timing: Mapping[str, Any] | None) -> Iterable[str]:
    if not timing:
        yield "topology_timing: is missing"
        return
    numbers = {}
    for name in ("renew", "beat", "ttl", "margin", "check_interval", "check_threshold", "dns_ttl"):
        value = timing.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            yield f"topology_timing.{name}: {value!r} is not a positive number of seconds"
        else:
            numbers[name] = value
    if {"renew", "ttl"} <= numbers.keys() and numbers["renew"] > numbers["ttl"] / 4:
        yield (f"topology_timing.renew: {numbers['renew']} s is more than a quarter of ttl ({numbers['ttl']} s); "
               "one lost renewal would stop sales")
    if {"margin", "ttl"} <= numbers.keys() and numbers["margin"] >= numbers["ttl"] / 2:
        yield f"topology_timing.margin: {numbers['margin']} s leaves no time to sell in a ttl of {numbers['ttl']} s"
    if numbers.get("check_interval", 10) not in (10, 30):
        yield f"topology_timing.check_interval: {numbers['check_interval']} s; Route 53 checks every 10 or 30 s"
    if not 1 <= numbers.get("check_threshold", 1) <= 10:
        yield f"topology_timing.check_threshold: {numbers['check_threshold']}; Route 53 takes 1 to 10"


def _tunnels(tunnels: Sequence[Mapping[str, Any]] | None) -> Iterable[str]:
    tunnels = tunnels or ()
    if len(tunnels) != 2:
        yield f"aws_vpn_tunnels: exactly two tunnels are needed, got {len(tunnels)}"
    insides: list[IPv4Network] = []
    for index, tunnel in enumerate(tunnels):
        path = f"aws_vpn_tunnels[{index}]"
        psk = tunnel.get("psk")
        if not psk:
            yield f"{path}.psk: is missing; both ends of a tunnel read the same key from the vault"
        elif not AWS_PSK.fullmatch(str(psk)):
            yield f"{path}.psk: must be 8 to 64 letters, digits, '.' or '_', not beginning with 0"
        inside = _network(tunnel.get("inside_cidr"))
        if inside is None or inside.prefixlen != 30 or not inside.subnet_of(LINK_LOCAL):
            yield f"{path}.inside_cidr: {tunnel.get('inside_cidr')!r} must be a /30 in 169.254.0.0/16"
        elif inside in AWS_TAKEN_INSIDE:
            yield f"{path}.inside_cidr: {inside} is kept by AWS for itself"
        elif inside in insides:
            yield f"{path}.inside_cidr: {inside} is already used by the other tunnel"
        else:
            insides.append(inside)
    keys = [tunnel.get("psk") for tunnel in tunnels]
    if len(keys) == 2 and keys[0] and keys[0] == keys[1]:
        yield "aws_vpn_tunnels: both tunnels have the same psk; each needs its own"


def _tags(option: str, asked: Iterable[str], known: Iterable[str]) -> list[str]:
    known = sorted({*known, "all", "tagged", "untagged", "always", "never"} - {""})
    return [f"{option} {tag}: is not known; there are: {', '.join(known)}" for tag in asked if tag not in known]


def _network(value: Any) -> IPv4Network | None:
    try:
        return IPv4Network(value) if isinstance(value, str) else None
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def _address(value: Any) -> IPv4Address | None:
    try:
        return IPv4Address(value) if isinstance(value, str) else None
    except AddressValueError:
        return None
