# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's CustomerGatewayConfiguration document (XML) as plain tunnels. Pure. What is returned holds keys: whoever prints it leaks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any
from xml.etree import ElementTree

from ..faults import BadInput

NAMES = "ab"                            # AWS numbers tunnels 1 and 2; everything of ours says a and b
NEEDED = ("name", "outside_address", "inside_address", "customer_inside_address")
DOCTYPE = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def tunnels(document: str) -> list[dict[str, Any]]:
    """The two tunnels of a connection, in AWS's order, named a and b.

    [{"name", "outside_address": AWS's, "customer_outside_address": ours as AWS knows it, "inside_address": AWS's,
    "customer_inside_address": ours, "inside_prefix": int, "psk",
    "ike": {"encryption", "integrity", "group", "lifetime_seconds", "mode"},
    "esp": {"encryption", "integrity", "group", "lifetime_seconds", "mode", "mss", "dpd_interval_seconds", "dpd_retries"}}]

    Raises BadInput with every fault and its path, such as ipsec_tunnel[1]/ike/pre_shared_key. Keys are never quoted.
    """
    if DOCTYPE.search(document):
        raise BadInput(["vpn_connection: a document type or entity declaration has no place in it"])
    try:
        root = ElementTree.fromstring(document.encode())
    except ElementTree.ParseError as error:
        raise BadInput([f"vpn_connection: not XML at line {error.position[0]}, column {error.position[1]}"]) from None
    if root.tag != "vpn_connection":
        raise BadInput([f"{root.tag}: expected vpn_connection"])
    found = root.findall("ipsec_tunnel")
    if len(found) != len(NAMES):
        raise BadInput([f"vpn_connection/ipsec_tunnel: expected {len(NAMES)} tunnels, got {len(found)}"])
    faults: list[str] = []
    described = [_tunnel(name, _Reader(found[index], f"ipsec_tunnel[{index}]", faults)) for index, name in enumerate(NAMES)]
    if faults:
        raise BadInput(faults)
    return described


class _Reader:
    """Reads values of one tunnel and notes every fault with its path instead of stopping at the first."""

    def __init__(self, element: ElementTree.Element, path: str, faults: list[str]):
        self.element, self.path, self.faults = element, path, faults

    def text(self, path: str) -> str:
        value = (self.element.findtext(path) or "").strip()
        if not value:
            self.faults.append(f"{self.path}/{path}: is missing")
        return value

    def address(self, path: str) -> str:
        return self._as(path, IPv4Address, "an IPv4 address")

    def number(self, path: str) -> int:
        return int(self._as(path, int, "a number") or 0)

    def _as(self, path: str, kind: Callable[[str], Any], what: str) -> str:
        value = self.text(path)
        try:
            return str(kind(value)) if value else ""
        except ValueError:
            self.faults.append(f"{self.path}/{path}: {value!r} is not {what}")
            return ""


def _tunnel(name: str, read: _Reader) -> dict[str, Any]:
    return {
        "name": name,
        "outside_address": read.address("vpn_gateway/tunnel_outside_address/ip_address"),
        "customer_outside_address": read.address("customer_gateway/tunnel_outside_address/ip_address"),
        "inside_address": read.address("vpn_gateway/tunnel_inside_address/ip_address"),
        "customer_inside_address": read.address("customer_gateway/tunnel_inside_address/ip_address"),
        "inside_prefix": read.number("vpn_gateway/tunnel_inside_address/network_cidr"),
        "psk": read.text("ike/pre_shared_key"),
        "ike": _proposal("ike", read),
        "esp": {
            **_proposal("ipsec", read),
            "mss": read.number("ipsec/tcp_mss_adjustment"),
            "dpd_interval_seconds": read.number("ipsec/dead_peer_detection/interval"),
            "dpd_retries": read.number("ipsec/dead_peer_detection/retries"),
        },
    }


def _proposal(part: str, read: _Reader) -> dict[str, Any]:
    return {
        "encryption": read.text(f"{part}/encryption_protocol"),
        "integrity": read.text(f"{part}/authentication_protocol"),
        "group": read.text(f"{part}/perfect_forward_secrecy"),
        "lifetime_seconds": read.number(f"{part}/lifetime"),
        "mode": read.text(f"{part}/mode"),
    }


def with_keys(found: Sequence[Mapping[str, Any]], keyed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the customer's end needs of each tunnel: {"name", "outside_address", "inside_address", "customer_inside_address", "psk"}.

    found: as tunnels() gives them, with or without psk; keyed: [{"inside_cidr", "psk"}]. The key is that of the range which holds the
    inside address, since both ends read the same vault; a tunnel whose range is still another takes a key left, as at AWS (vpn_tunnels.paired).
    Raises BadInput where a tunnel has no partner.
    """
    keys = {IPv4Network(tunnel["inside_cidr"]): tunnel["psk"] for tunnel in keyed}
    own = {tunnel["name"]: cidr for tunnel in found for cidr in keys if IPv4Address(tunnel["inside_address"]) in cidr}
    left = [psk for cidr, psk in keys.items() if cidr not in own.values()]
    joined, faults = [], []
    for tunnel in found:
        if tunnel["name"] in own or left:
            psk = keys[own[tunnel["name"]]] if tunnel["name"] in own else left.pop(0)
            joined.append({**{name: tunnel[name] for name in NEEDED}, "psk": psk})
        else:
            faults.append(f"tunnel {tunnel['name']}: no key is given for the inside address {tunnel['inside_address']}")
    if faults:
        raise BadInput(faults)
    return joined
