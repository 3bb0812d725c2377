# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can a gateway with these tunnels work? Pure: the role's variables only, all faults at once, each with its path, no key in any of them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from math import isfinite
from typing import Any

from ..aws.vpn_tunnels import LINK_LOCAL, PSK, PSK_RULE, TAKEN_INSIDE, shared_key_faults

ROLE = "vpn_gateway"
# The least seconds of each time, and why.
LEAST = {
    "probe_interval_seconds": (0.05, "each question is a packet through each tunnel"),
    "probe_silence_seconds": (0.1, "a tunnel that is well would be left"),
    "dpd_delay_seconds": (1, "0 turns it off, and what went silent is never built anew"),
    "retransmit_timeout_seconds": (0.1, "the other end has no time to answer"),
    "ike_rekey_seconds": (60, "keys would be renewed all the time"),
    "esp_rekey_seconds": (60, "keys would be renewed all the time"),
    "up_seconds": (1, "a tunnel that is being built would be called down"),
    "rollback_seconds": (10, "the change would be taken back before the controller has come by a connection of its own"),
}
ADDRESSES = ("outside_address", "inside_address", "customer_inside_address")


def gateway_faults(plan: Mapping[str, Any]) -> list[str]:
    """Every fault, as "vpn_gateway_tunnels[1].psk: what is wrong"; empty when it can work.

    plan: {"tunnels": [{"name", "outside_address", "inside_address", "customer_inside_address", "psk"}], "local_address", "public_address",
    "local_cidr", "remote_cidr", "data_plane", "esp_proposals"} and those of LEAST, as the role's variables of these names; from "data_plane" on they
    may be absent.
    """
    found: list[str] = []
    tunnels = [tunnel or {} for tunnel in plan.get("tunnels") or ()]
    path = f"{ROLE}_tunnels"
    if len(tunnels) != 2:
        found.append(f"{path}: exactly two tunnels are needed, got {len(tunnels)}")
    if len(tunnels) == 2 and sorted(str(tunnel.get("name")) for tunnel in tunnels) != ["a", "b"]:
        found.append(f"{path}: the two must be named a and b, got {' and '.join(repr(tunnel.get('name')) for tunnel in tunnels)}")
    insides: list[IPv4Network] = []
    outsides: list[str] = []
    for index, tunnel in enumerate(tunnels):
        found += [f"{path}[{index}].{said}" for said in _tunnel_faults(tunnel, insides, outsides)]
    return found + shared_key_faults(tunnels, path) + _range_faults(plan) + _offer_faults(plan) + _time_faults(plan)


def _tunnel_faults(tunnel: Mapping[str, Any], insides: list[IPv4Network], outsides: list[str]) -> list[str]:
    found = [f"{name}: {tunnel.get(name)!r} is not an IPv4 address" for name in ADDRESSES if _address(tunnel.get(name)) is None]
    outside = str(tunnel.get("outside_address"))
    if outside in outsides:
        found.append(f"outside_address: {outside} is the other tunnel's too; one lost address would take both")
    outsides.append(outside)
    theirs, ours = _address(tunnel.get("inside_address")), _address(tunnel.get("customer_inside_address"))
    if theirs and ours:
        inside = IPv4Network(f"{theirs}/30", strict=False)
        if not inside.subnet_of(LINK_LOCAL):
            found.append(f"inside_address: {theirs} is not in 169.254.0.0/16")
        elif inside in TAKEN_INSIDE:
            found.append(f"inside_address: {inside} is kept by AWS for itself")
        ends = list(inside.hosts())
        if theirs not in ends:
            found.append(f"inside_address: {theirs} is no address of a host in {inside}; those are {' and '.join(map(str, ends))}")
        if ours not in ends or ours == theirs:
            found.append(f"customer_inside_address: {ours} is not the other address of {inside}")
        if any(inside.overlaps(other) for other in insides):
            found.append(f"inside_address: {inside} is already used by the other tunnel")
        insides.append(inside)
    if not isinstance(psk := tunnel.get("psk"), str) or not PSK.fullmatch(psk):
        found.append(f"psk: {PSK_RULE}")
    return found


def _range_faults(plan: Mapping[str, Any]) -> list[str]:
    found = [f"{ROLE}_{name}: {plan.get(name)!r} is not an IPv4 address" for name in ("local_address", "public_address")
             if _address(plan.get(name)) is None]
    ranges: dict[str, IPv4Network] = {}
    for name in ("local_cidr", "remote_cidr"):
        try:
            ranges[name] = IPv4Network(str(plan.get(name)))
        except ValueError:
            found.append(f"{ROLE}_{name}: {plan.get(name)!r} is not an IPv4 range")
    if len(ranges) == 2 and ranges["local_cidr"].overlaps(ranges["remote_cidr"]):
        found.append(f"{ROLE}_local_cidr, {ROLE}_remote_cidr: {ranges['local_cidr']} and {ranges['remote_cidr']} overlap; "
                     "packets between the sites could not be routed")
    local = _address(plan.get("local_address"))
    if local and "local_cidr" in ranges and local not in ranges["local_cidr"]:
        found.append(f"{ROLE}_local_address: {local} is not in {ROLE}_local_cidr ({ranges['local_cidr']})")
    if "remote_cidr" in ranges:
        found += _round_faults(plan, ranges["remote_cidr"])
    return found


def _offer_faults(plan: Mapping[str, Any]) -> list[str]:
    """Where the plane is found out on the host (auto), that is looked at there."""
    offered = plan.get("esp_proposals")
    if plan.get("data_plane") == "userspace" and offered is not None and all("gcm" in str(each) for each in offered):
        return [f"{ROLE}_esp_proposals: AES-GCM alone is nothing to offer where strongSwan encrypts itself; add aes256-sha256-modp2048"]
    return []


def _time_faults(plan: Mapping[str, Any]) -> list[str]:
    found, seconds = [], {name: _number(plan[name]) for name in LEAST if name in plan}
    for name, value in seconds.items():
        least, otherwise = LEAST[name]
        if value is None:
            found.append(f"{ROLE}_{name}: {plan[name]!r} is no number of seconds")
        elif value < least:
            found.append(f"{ROLE}_{name}: {plan[name]} is less than {least} s; {otherwise}")
    interval, silence = seconds.get("probe_interval_seconds"), seconds.get("probe_silence_seconds")
    if interval and silence and silence < 2 * interval:
        found.append(f"{ROLE}_probe_silence_seconds: {silence:g} is less than two of {ROLE}_probe_interval_seconds ({interval:g}); one lost packet, "
                     "or none, would move traffic")
    return found


def _number(value: Any) -> float | None:
    """As given by -e, too, where all are words."""
    try:
        found = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return found if found is not None and isfinite(found) else None


def _round_faults(plan: Mapping[str, Any], remote: IPv4Network) -> list[str]:
    """What would be led into the tunnels that the tunnels themselves stand on."""
    ends = {f"tunnel {tunnel.get('name')}'s outside address": tunnel.get("outside_address") for tunnel in plan.get("tunnels") or () if tunnel}
    ends |= {f"{ROLE}_public_address": plan.get("public_address")}
    found = [f"{ROLE}_remote_cidr: {remote} holds {what}, {value}; encrypted packets would be led into the tunnels again"
             for what, value in ends.items() if (address := _address(value)) and address in remote]
    if remote.overlaps(LINK_LOCAL):
        found.append(f"{ROLE}_remote_cidr: {remote} holds addresses inside the tunnels (169.254.0.0/16)")
    return found


def _address(value: Any) -> IPv4Address | None:
    try:
        return IPv4Address(value) if isinstance(value, str) else None
    except ValueError:
        return None
