# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can one site's ranges, subnets and addresses be built, and what is put into them? Pure.

Both clouds find such faults themselves, but one after the other, and only when half of a site is there. Each fault is "path: what is wrong".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
BIGGEST_AND_SMALLEST = {"nhn": (8, 24), "aws": (16, 28)}        # of a VPC
SMALLEST_SUBNET = 28                    # at either cloud
NHN_ZONES = {"KR1": ("kr-pub-a", "kr-pub-b"), "KR2": ("kr2-pub-a", "kr2-pub-b")}     # where there are both NKS and RDS for MySQL
APPS = {"nhn": 1, "aws": 0}             # NHN's is the cluster's service; AWS's instances have whatever address AWS gives them
SPREAD = ("aws_web_subnets", "aws_database_subnets", "aws_web_app_subnets")    # what has to lie in two zones
HOST_SUBNET = {"nhn": "nhn_host_subnet", "aws": "aws_host_subnet"}


@dataclass(frozen=True)
class Place:
    """Something that is put into a subnet by its name. address_path: "" when the cloud chooses the address."""

    path: str
    subnet: Any
    address_path: str = ""
    address: Any = None


def site_faults(site: str, plan: Mapping[str, Any], variables: Mapping[str, Any], aws_regions: Collection[str]) -> Iterable[str]:
    """Every fault of one site.

    plan: its part of topology_sites, {cidr, region, subnets: [{name, cidr}], host_address}, at NHN with `zone` and `app_addresses`,
    at AWS with `zone` and `public` in each subnet. variables: what else of the inventory names subnets, by the inventory's names.
    """
    path = f"topology_sites.{site}"
    whole = network(plan.get("cidr"))
    biggest, smallest = BIGGEST_AND_SMALLEST[site]
    if whole is None:
        yield f"{path}.cidr: {plan.get('cidr')!r} is not an IPv4 range such as 10.0.0.0/16"
    elif not any(whole.subnet_of(block) for block in PRIVATE):
        yield f"{path}.cidr: {whole} is not private (RFC 1918)"
    elif not biggest <= whole.prefixlen <= smallest:
        yield f"{path}.cidr: {whole} must be between /{biggest} and /{smallest} on this cloud"
    subnets = [subnet or {} for subnet in plan.get("subnets") or ()]
    yield from _nhn_region(path, plan) if site == "nhn" else _aws_region(path, plan, subnets, aws_regions)
    yield from _names(path, subnets)
    yield from _ranges(path, subnets, whole)
    yield from _addresses(path, plan, APPS[site], [cidr for subnet in subnets if (cidr := network(subnet.get("cidr")))])
    yield from _placed(path, subnets, list(_places(site, plan, variables)))
    if site == "nhn":
        yield from _tables(variables)


def network(value: Any) -> IPv4Network | None:
    """The range, None when it is none as clouds take it: with its length, and no bit set beyond it."""
    try:
        found = IPv4Network(value) if isinstance(value, str) else None
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
    return found if str(found) == value else None


def _address(value: Any) -> IPv4Address | None:
    try:
        return IPv4Address(value) if isinstance(value, str) else None
    except AddressValueError:
        return None


def _nhn_region(path: str, plan: Mapping[str, Any]) -> Iterable[str]:
    region, zone = str(plan.get("region") or ""), str(plan.get("zone") or "")
    if region not in NHN_ZONES:
        yield f"{path}.region: {region!r} is not a region with both NKS and RDS for MySQL ({', '.join(NHN_ZONES)})"
    elif zone not in NHN_ZONES[region]:
        yield f"{path}.zone: {zone!r} is not a zone of {region!r} ({', '.join(NHN_ZONES[region])})"


def _aws_region(path: str, plan: Mapping[str, Any], subnets: Sequence[Mapping[str, Any]], aws_regions: Collection[str]) -> Iterable[str]:
    region = str(plan.get("region") or "")
    if region not in aws_regions:
        yield f"{path}.region: {region!r} is not an AWS region that the installed botocore knows, such as ap-northeast-2"
    for index, subnet in enumerate(subnets):
        zone, public = str(subnet.get("zone") or ""), subnet.get("public")
        if not re.fullmatch(re.escape(region) + "[a-f]", zone):
            yield f"{path}.subnets[{index}].zone: {zone!r} is not a zone of {region!r}"
        if not isinstance(public, bool):
            yield f"{path}.subnets[{index}].public: {public!r} must be true or false"
    if subnets and len({str(subnet.get("zone")) for subnet in subnets if subnet.get("public") is True}) < 2:
        yield f"{path}.subnets: public ones must lie in two zones at least; a load balancer needs that"


def _names(path: str, subnets: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    first: dict[str, int] = {}
    for index, subnet in enumerate(subnets):
        name, here = subnet.get("name"), f"{path}.subnets[{index}].name"
        if not isinstance(name, str) or not name.strip():
            yield f"{here}: {name!r} is not a name"
        elif name in first:
            yield f"{here}: {name!r} is already used by subnets[{first[name]}]"
        else:
            first[name] = index


def _ranges(path: str, subnets: Sequence[Mapping[str, Any]], whole: IPv4Network | None) -> Iterable[str]:
    seen: list[tuple[str, IPv4Network]] = []
    for index, subnet in enumerate(subnets):
        here = f"{path}.subnets[{index}].cidr"
        cidr = network(subnet.get("cidr"))
        if cidr is None:
            yield f"{here}: {subnet.get('cidr')!r} is not an IPv4 range such as 10.0.0.0/24"
            continue
        if whole and not cidr.subnet_of(whole):
            yield f"{here}: {cidr} does not lie in {whole}"
        if cidr.prefixlen > SMALLEST_SUBNET:
            yield f"{here}: {cidr} must be /{SMALLEST_SUBNET} or bigger"
        yield from (f"{here}: {cidr} overlaps subnet {name} ({other})" for name, other in seen if cidr.overlaps(other))
        seen.append((str(subnet.get("name")), cidr))
    if not subnets:
        yield f"{path}.subnets: is empty"


def _addresses(path: str, plan: Mapping[str, Any], apps: int, cidrs: Sequence[IPv4Network]) -> Iterable[str]:
    given = list(plan.get("app_addresses") or ())
    if len(given) < apps:
        yield f"{path}.app_addresses: at least {apps} {'is' if apps == 1 else 'are'} needed, got {len(given)}"
    taken: dict[IPv4Address, str] = {}
    for name, value in [("host_address", plan.get("host_address")), *((f"app_addresses[{index}]", value) for index, value in enumerate(given))]:
        address = _address(value)
        if address is None:
            yield f"{path}.{name}: {value!r} is not an IPv4 address"
        elif address in taken:
            yield f"{path}.{name}: {address} is already used by {taken[address]}"
        elif cidrs and not any(cidr[3] < address < cidr.broadcast_address for cidr in cidrs if cidr.prefixlen <= SMALLEST_SUBNET):
            yield f"{path}.{name}: {address} lies in no subnet, or among the first and last addresses that clouds keep for themselves"
        if address is not None:
            taken.setdefault(address, name)


def _places(site: str, plan: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterable[Place]:
    host = HOST_SUBNET[site]
    yield Place(host, variables.get(host), f"topology_sites.{site}.host_address", plan.get("host_address"))
    if site == "nhn":
        yield from (Place(name, variables.get(name)) for name in ("nhn_database_subnet", "nhn_kubernetes_subnet"))
        for index, table in enumerate(variables.get("nhn_network_routing_tables") or ()):
            yield from (Place(f"nhn_network_routing_tables[{index}].subnets[{place}]", name)
                        for place, name in enumerate((table or {}).get("subnets") or ()))
        return
    for variable in SPREAD:
        yield from (Place(f"{variable}[{index}]", name) for index, name in enumerate(variables.get(variable) or ()))


def _tables(variables: Mapping[str, Any]) -> Iterable[str]:
    """A subnet has one routing table, the default one unless another names it, and a gateway serves one table. Names are what finds them."""
    of: dict[str, str] = {}
    gateways: dict[str, str] = {}
    tables = [table or {} for table in variables.get("nhn_network_routing_tables") or ()]
    names = [str(table.get("name") or "") for table in tables]
    for index, table in enumerate(tables):
        here, gateway = f"nhn_network_routing_tables[{index}]", table.get("internet_gateway")
        if not names[index] or names[index] in names[:index]:
            yield f"{here}.name: {table.get('name')!r} must be a name of its own"
        if not isinstance(table.get("default", False), bool):
            yield f"{here}.default: {table['default']!r} must be true or false"
        for place, subnet in enumerate(table.get("subnets") or ()):
            if str(subnet) in of:
                yield f"{here}.subnets[{place}]: {subnet!r} is already in table {of[str(subnet)]}"
            of.setdefault(str(subnet), names[index])
        if gateway and gateway not in (variables.get("nhn_network_internet_gateways") or ()):
            yield f"{here}.internet_gateway: {gateway!r} is not in nhn_network_internet_gateways"
        elif gateway in gateways:
            yield f"{here}.internet_gateway: {gateway!r} already serves table {gateways[gateway]}"
        elif gateway:
            gateways[gateway] = names[index]
    defaults = [name for name, table in zip(names, tables, strict=True) if table.get("default") is True]
    if len(defaults) != 1:
        yield f"nhn_network_routing_tables: exactly one is the default, got {len(defaults)}"
    yield from _routes(variables, names, of.get(str(variables.get("nhn_host_subnet")), defaults[0] if defaults else None))


def _routes(variables: Mapping[str, Any], names: Sequence[str], own: str | None) -> Iterable[str]:
    """A host can be no gateway in `own`, the table of its own subnet."""
    for index, route in enumerate(variables.get("nhn_host_routes") or ()):
        name, cidr, here = str((route or {}).get("routing_table")), (route or {}).get("cidr"), f"nhn_host_routes[{index}]"
        if network(cidr) is None:
            yield f"{here}.cidr: {cidr!r} is not an IPv4 range such as 10.0.0.0/16"
        if name not in names:
            yield f"{here}.routing_table: {name!r} is not a name in nhn_network_routing_tables"
        elif name == own:
            yield (f"{here}.routing_table: {name!r} is the table of the host's own subnet ({variables.get('nhn_host_subnet')}); "
                   "NHN takes no route through a host there")


def _placed(path: str, subnets: Sequence[Mapping[str, Any]], places: Sequence[Place]) -> Iterable[str]:
    known = {str(subnet.get("name")): subnet for subnet in subnets}
    zones: dict[str, set[str]] = {variable: set() for variable in SPREAD if path.endswith(".aws")}
    taken: dict[IPv4Address, str] = {}
    for place in places if subnets else ():
        address = _address(place.address)
        if address is None and place.address_path not in ("", f"{path}.host_address"):      # the host's is judged with the site's
            yield f"{place.address_path}: {place.address!r} is not an IPv4 address"
        elif address in taken:
            yield f"{place.address_path}: {address} is already used by {taken[address]}"
        elif address is not None:
            taken[address] = place.address_path
        subnet = known.get(str(place.subnet))
        if subnet is None:
            yield f"{place.path}: {place.subnet!r} is not a name in {path}.subnets"
            continue
        cidr = network(subnet.get("cidr"))
        if cidr and address and address not in cidr:
            yield f"{place.address_path}: {address} does not lie in subnet {place.subnet} ({cidr})"
        if place.path.startswith(SPREAD):
            zones.setdefault(place.path.partition("[")[0], set()).add(str(subnet.get("zone")))
    yield from (f"{variable}: {'all lie in one zone' if found else 'there are none'}; two zones are needed"
                for variable, found in zones.items() if len(found) < 2)
