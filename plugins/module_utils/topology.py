# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the plan of the two sites one that can work? Pure: looks at the inventory's values only, never at a cloud.

Everything that can be known before the first request is asked here, and all faults are told at once, each with its path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

from .shape import shaped
from .switch.timing import Timing

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
NHN_REGIONS = ("KR1", "KR2")            # where NHN offers both NKS and RDS for MySQL (KR3 has no RDS, JP1 no NKS)
AWS_PSK = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")     # VpnTunnelOptionsSpecification: 8 to 64, not starting with zero
AWS_TAKEN_INSIDE = tuple(IPv4Network(f"169.254.{block}/30") for block in ("0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "169.252"))
LINK_LOCAL = IPv4Network("169.254.0.0/16")
MOLECULE_SKIPS = {"notest", "molecule-notest", "molecule-idempotence-notest"}      # `molecule` gives these by itself
NAME = re.compile(r"[a-z][a-z0-9-]{0,12}[a-z0-9]")            # leaves room for a suffix in NKS's 20 characters


SITE: dict[str, Any] = {"cidr": None, "region": None, "subnets": [{}], "host_address": None, "app_addresses": [None]}
SHAPE: dict[str, Any] = {"topology_sites": {"nhn": SITE, "aws": SITE}, "topology_timing": {}, "aws_vpn_tunnels": [{}],
                         "nhn_auth": {}, "aws_auth": {}, "database_passwords": {}}
HELD = ("nhn_auth", "aws_auth", "database_passwords")          # what each account signs in with


def faults(plan: Mapping[str, Any], aws_regions: Collection[str]) -> list[str]:
    """Every fault of a plan, as "path: what is wrong", in reading order; empty when it can work.

    plan: the inventory's variables of the same names, {topology_name, topology_domain, topology_zone, topology_primary, topology_standby,
    topology_sites: {nhn: {...}, aws: {...}}, topology_timing: {...}, aws_vpn_tunnels: [{psk, inside_cidr}], nhn_auth, aws_auth,
    database_passwords: {account: password}, topology_tags: [...]}, and what was asked for: {asked_tags: [...], skipped_tags: [...]}.
    A value that could not be had is an `Unset`. aws_regions: every region that exists. No fault repeats a secret.
    """
    plain: dict[str, Any] = {}
    malformed: list[str] = []
    for name, value in plan.items():
        plain[name], found = shaped(value, SHAPE.get(name), name)
        malformed += found
    places = tuple({said.partition(": ")[0] for said in malformed})
    judged = [*_names(plain), *_sites(plain.get("topology_sites"), aws_regions), *_timing(plain.get("topology_timing")),
              *_tunnels(plain.get("aws_vpn_tunnels")), *_accounts(plain)]
    known = plain.get("topology_tags") or ()
    tags = [*_tags("--tags", plain.get("asked_tags") or (), known),
            *_tags("--skip-tags", set(plain.get("skipped_tags") or ()) - MOLECULE_SKIPS, known)]
    return malformed + [said for said in judged if not said.startswith(places)] + tags


def _names(plan: Mapping[str, Any]) -> Iterable[str]:
    name = str(plan.get("topology_name") or "")
    if not NAME.fullmatch(name):
        yield f"topology_name: {name!r} must be 2 to 14 of a-z, 0-9 and '-', beginning with a letter"
    domain, zone = str(plan.get("topology_domain") or ""), str(plan.get("topology_zone") or "")
    if not zone or not (domain == zone or domain.endswith("." + zone)):
        yield f"topology_domain: {domain!r} does not lie in topology_zone {zone!r}"
    pair = (plan.get("topology_primary"), plan.get("topology_standby"))
    if {str(site) for site in pair} != {"nhn", "aws"}:
        yield f"topology_primary, topology_standby: must be nhn and aws, one each; got {pair[0]!r} and {pair[1]!r}"


def _sites(sites: Mapping[str, Any] | None, aws_regions: Collection[str]) -> Iterable[str]:
    sites = sites or {}
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
        yield from _region(path, site, plan, aws_regions)
        yield from _subnets(path, plan, ranges.get(site))
    if len(ranges) == 2 and ranges["nhn"].overlaps(ranges["aws"]):
        yield (f"topology_sites.nhn.cidr, topology_sites.aws.cidr: {ranges['nhn']} and {ranges['aws']} overlap; "
               "packets between the sites could not be routed")


def _region(path: str, site: str, plan: Mapping[str, Any], aws_regions: Collection[str]) -> Iterable[str]:
    region = str(plan.get("region") or "")
    if site == "nhn" and region not in NHN_REGIONS:
        yield f"{path}.region: {region!r} is not a region with both NKS and RDS for MySQL ({', '.join(NHN_REGIONS)})"
    if site == "aws":
        if region not in aws_regions:
            yield f"{path}.region: {region!r} is not an AWS region that the installed botocore knows, such as ap-northeast-2"
        for index, subnet in enumerate(_subnets_of(plan)):
            zone = str(subnet.get("zone") or "")
            if not re.fullmatch(re.escape(region) + "[a-f]", zone):
                yield f"{path}.subnets[{index}].zone: {zone!r} is not a zone of {region!r}"


def _subnets(path: str, plan: Mapping[str, Any], network: IPv4Network | None) -> Iterable[str]:
    seen: list[tuple[str, IPv4Network]] = []
    for index, subnet in enumerate(_subnets_of(plan)):
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


def _subnets_of(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [subnet or {} for subnet in plan.get("subnets") or ()]


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
    held = {name: numbers[name] for name in ("renew", "beat", "ttl", "margin") if name in numbers}
    if len(held) == 4:
        yield from (f"topology_{said}" for said in Timing(**held).faults())
    if numbers.get("check_interval", 10) not in (10, 30):
        yield f"topology_timing.check_interval: {numbers['check_interval']} s; Route 53 checks every 10 or 30 s"
    if not 1 <= numbers.get("check_threshold", 1) <= 10:
        yield f"topology_timing.check_threshold: {numbers['check_threshold']}; Route 53 takes 1 to 10"


def _tunnels(given: Sequence[Mapping[str, Any] | None] | None) -> Iterable[str]:
    tunnels = [tunnel or {} for tunnel in given or ()]
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


def _accounts(plan: Mapping[str, Any]) -> Iterable[str]:
    for name in HELD:
        yield from (f"{name}.{key}: is empty" for key, value in (plan.get(name) or {}).items() if value in ("", None))


def _tags(option: str, asked: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    known = sorted({*known, "all", "tagged", "untagged", "always", "never"} - {""})
    unknown = sorted({str(tag) for tag in asked} - set(known))
    if unknown:
        yield f"{option} {', '.join(unknown)}: not known; there are: {', '.join(known)}"


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
