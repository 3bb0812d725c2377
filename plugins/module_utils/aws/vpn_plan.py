# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a connection is to be like, before AWS is asked for it: its faults in the words of role aws_vpn's variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from .vpn_tunnels import route_faults, tunnel_faults

TUNNELS = "aws_vpn_tunnels"
OF_BOTH = re.compile(rf"^{TUNNELS}\[\d\]\.(?!psk:|inside_cidr:)")              # what is said once for both tunnels


def faults(plan: Mapping[str, Any], cidr: str | None = None, foreseen: bool = False) -> list[str]:
    """Every reason why there can be no such connection, as "path: what is wrong"; empty when there can be. No fault tells a key.

    plan: the role's variables; cidr: the network's own range; foreseen: whether the other end may have no address yet, as in check mode.
    """
    tunnels = [{**plan["aws_vpn_tunnel_options"], **tunnel} for tunnel in plan[TUNNELS]]
    found = [OF_BOTH.sub("aws_vpn_tunnel_options.", fault) for fault in tunnel_faults(tunnels, TUNNELS)]
    found += [fault.replace("routes", "aws_vpn_peer_cidrs", 1) for fault in route_faults(plan["aws_vpn_peer_cidrs"], cidr)]
    return list(dict.fromkeys([*found, *_address(str(plan["aws_vpn_customer_address"] or ""), foreseen), *_only(plan)]))


def _address(address: str, foreseen: bool) -> Iterator[str]:
    if not address:
        if not foreseen:
            yield "aws_vpn_customer_address: is empty; build the other site's host first"
        return
    try:
        IPv4Address(address)
    except ValueError:
        yield f"aws_vpn_customer_address: {address!r} is not an IPv4 address"


def _only(plan: Mapping[str, Any]) -> Iterator[str]:
    known = [tunnel["inside_cidr"] for tunnel in plan[TUNNELS]]
    for index, cidr in enumerate(plan["aws_vpn_only"]):
        if cidr not in known:
            yield f"aws_vpn_only[{index}]: {cidr!r} is no tunnel's inside_cidr"
