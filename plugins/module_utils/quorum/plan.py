# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can these three members keep the record? Pure: looks at what is planned and at what was found out, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, collapse_addresses
from typing import Any

MEMBERS = 3
# A member that starts again, or recovers from another's snapshot, forgot who may do what: etcd issues 14355 (mended in 3.4.21) and 14571
# (mended in 3.4.22 and 3.5.6). Before 3.5.3 members could differ for good after a crash, by etcd's own account.
# Of a range that is wider than this nobody can say who is in it: it is more than any private network has.
WIDEST = 8
OLDEST = {(3, 4): (3, 4, 22), (3, 5): (3, 5, 6)}


def faults(members: Sequence[Mapping[str, Any]], site_cidrs: Iterable[str]) -> list[str]:
    """Every reason why these members cannot keep the record, as "path: what is wrong"; empty when they can.

    members: [{name, address, site}], address being the public one and site the cloud it stands in, empty for neither.
    site_cidrs: ranges that only the VPN leads to.
    """
    path = "quorum_members"
    found = []
    if len(members) != MEMBERS:
        found.append(f"{path}: {len(members)} of them; three are needed, so that any two can decide")
    inside, unread = networks("quorum_site_cidrs", site_cidrs)
    found += unread
    for key in ("name", "address"):
        values = [str(member.get(key) or "") for member in members]
        found += [f"{path}[{at}].{key}: {value} is that of another member as well" for at, value in enumerate(values)
                  if value and value in values[:at]]
        found += [f"{path}[{at}].{key}: is missing" for at, value in enumerate(values) if not value]
    for at, member in enumerate(members):
        if not (text := str(member.get("address") or "")):
            continue
        try:
            address = IPv4Address(text)
        except AddressValueError:
            found.append(f"{path}[{at}].address: {text!r} is not an IPv4 address")
            continue
        found += [f"{path}[{at}].address: {address} lies in {network}, which only the VPN leads to. When the link is cut the members must still "
                  "reach each other: give its public address" for network in inside if address in network]
    return found


def client_faults(cidrs: Iterable[Any]) -> list[str]:
    """Likewise, of those that may ask. The firewall is loaded before etcd at every start: what it refuses keeps the member from starting."""
    path = "quorum_client_cidrs"
    asking, found = networks(path, cidrs)
    wide = [network for network in asking if network.prefixlen < WIDEST]
    if wide or IPv4Network("0.0.0.0/0") in collapse_addresses(asking):
        found.append(f"{path}: {', '.join(map(str, wide)) or 'all of them together'} would let in people that nobody knows. Name the clients, with "
                     f"{WIDEST} bits or more of each: who can write the record decides which cloud sells")
    return found


def page_faults(addresses: Iterable[Any]) -> list[str]:
    """Likewise, of those that a certificate for a page is to name: an address each, as a certificate names no network."""
    path = "quorum_page_addresses"
    given = [addresses] if isinstance(addresses, str) else list(addresses)
    wide = [f"{path}[{at}]: {str(each)!r} is not the address of a host; a certificate names no network" for at, each in enumerate(given)
            if "/" in str(each)]
    return wide or networks(path, given)[1]


def networks(path: str, cidrs: Iterable[Any]) -> tuple[list[IPv4Network], list[str]]:
    """(the addresses and networks, what is none of both). IPv4 alone: by that members are asked, and everything else is dropped. Of the many ways to
    write a range the firewall has one, so there is one here.
    """
    good, wrong = [], []
    for at, cidr in enumerate([cidrs] if isinstance(cidrs, str) else cidrs):
        _unused, slash, bits = str(cidr).partition("/")
        try:
            if slash and not (bits.isascii() and bits.isdecimal()):
                raise ValueError(f"{bits!r} is no number of bits")
            good.append(IPv4Network(str(cidr)))
        except ValueError as error:
            meant = f"; {IPv4Network(str(cidr), strict=False)} is meant?" if "host bits" in str(error) else ""
            wrong.append(f"{path}[{at}]: {str(cidr)!r} is not an IPv4 address or network such as 10.0.0.0/16{meant}")
    return good, wrong


def warnings(members: Sequence[Mapping[str, Any]]) -> list[str]:
    """What works and is no good: members that one loss takes together."""
    by_site: dict[str, list[str]] = {}
    for member in members:
        by_site.setdefault(str(member.get("site") or ""), []).append(str(member.get("name")))
    return [f"quorum_members: {' and '.join(names)} both stand in {site}. When {site} is lost, so is the quorum: nobody may take over, and no site "
            "sells. Put one of them into a third place." for site, names in by_site.items() if site and len(names) > 1]


def too_old(version: str) -> str | None:
    """Why this etcd may not keep the record; None when it may. version: as `etcd --version` says it, such as 3.4.23."""
    if not (found := re.match(r"(\d+)\.(\d+)\.(\d+)", version)):
        return f"etcd says that it is version {version!r}, which nobody here understands"
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    oldest = OLDEST.get(numbers[:2], min(OLDEST.values()))
    if numbers >= oldest:
        return None
    return (f"etcd {version} is older than {'.'.join(map(str, oldest))}: a member that starts again, or that recovers from another's snapshot, may "
            "forget who may write the record (etcd issues 14355 and 14571)")


def crosses_vpn(name: str, address: str, device: str, kind: str) -> str | None:
    """Why the way to a member is no good, by this host's own routes: `device` is where packets to it leave, `kind` what sort of device that is."""
    if kind in TUNNELS:
        return (f"{name} ({address}) is reached through {device}, which is a tunnel ({kind}). A link that is cut would then cut this member off "
                "as well, and with it the last vote: members must reach each other beside the VPN.")
    return None


TUNNELS = ("tun", "xfrm", "vti", "ipip", "gre", "sit", "wireguard")
