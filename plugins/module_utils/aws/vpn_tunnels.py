# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A VPN connection's two tunnels: their options, in our words and in AWS's, what it refuses, and what differs. Pure.

Left to AWS are what a tunnel logs to (LogOptions), who says when an endpoint is replaced (EnableTunnelLifecycleControl), IPv6 inside
(TunnelInsideIpv6Cidr) and further key exchanges (Phase1AdditionalKeyExchanges, Phase2AdditionalKeyExchanges).
Limits and what AWS does when it says nothing are those of VpnTunnelOptionsSpecification and ModifyVpnTunnelOptionsSpecification (EC2 API,
2016-11-15) and of "Tunnel options for your Site-to-Site VPN connection" in the user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from ..engine import as_set
from ..site_plan import network

PSK = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")          # 8 to 64, not starting with zero
PSK_RULE = "must be 8 to 64 letters, digits, '.' or '_', not beginning with 0"
LINK_LOCAL = IPv4Network("169.254.0.0/16")
TAKEN_INSIDE = tuple(IPv4Network(f"169.254.{block}/30") for block in ("0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "169.252"))

ENCRYPTION = ["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"]
INTEGRITY = ["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"]
PHASE1_GROUPS = [2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
PHASE2_GROUPS = [2, 5, *PHASE1_GROUPS[1:]]


def _several(of: Sequence[Any], kind: str = "str") -> dict[str, Any]:
    return {"type": "list", "elements": kind, "choices": list(of)}


TUNNEL_OPTIONS: dict[str, dict[str, Any]] = {
    "inside_cidr": {"type": "str", "required": True},
    "psk": {"type": "str", "required": True, "no_log": True},
    "ike_versions": _several(["ikev1", "ikev2"]),
    "phase1_encryption": _several(ENCRYPTION),
    "phase1_integrity": _several(INTEGRITY),
    "phase1_dh_groups": _several(PHASE1_GROUPS, "int"),
    "phase1_lifetime_seconds": {"type": "int"},
    "phase2_encryption": _several(ENCRYPTION),
    "phase2_integrity": _several(INTEGRITY),
    "phase2_dh_groups": _several(PHASE2_GROUPS, "int"),
    "phase2_lifetime_seconds": {"type": "int"},
    "rekey_margin_seconds": {"type": "int", "no_log": False},
    "rekey_fuzz_percent": {"type": "int", "no_log": False},
    "replay_window_packets": {"type": "int"},
    "dpd_timeout_seconds": {"type": "int"},
    "dpd_timeout_action": {"type": "str", "choices": ["clear", "none", "restart"]},
    "startup_action": {"type": "str", "choices": ["add", "start"]},
}
# Our word: (as CreateVpnConnection and ModifyVpnTunnelOptions take it, as DescribeVpnConnections tells it).
PLAIN = {
    "inside_cidr": ("TunnelInsideCidr", "TunnelInsideCidr"),
    "psk": ("PreSharedKey", "PreSharedKey"),
    "phase1_lifetime_seconds": ("Phase1LifetimeSeconds", "Phase1LifetimeSeconds"),
    "phase2_lifetime_seconds": ("Phase2LifetimeSeconds", "Phase2LifetimeSeconds"),
    "rekey_margin_seconds": ("RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds"),
    "rekey_fuzz_percent": ("RekeyFuzzPercentage", "RekeyFuzzPercentage"),
    "replay_window_packets": ("ReplayWindowSize", "ReplayWindowSize"),
    "dpd_timeout_seconds": ("DPDTimeoutSeconds", "DpdTimeoutSeconds"),
    "dpd_timeout_action": ("DPDTimeoutAction", "DpdTimeoutAction"),
    "startup_action": ("StartupAction", "StartupAction"),
}
VALUED = {      # lists of {"Value": ...}
    "ike_versions": ("IKEVersions", "IkeVersions"),
    "phase1_encryption": ("Phase1EncryptionAlgorithms", "Phase1EncryptionAlgorithms"),
    "phase1_integrity": ("Phase1IntegrityAlgorithms", "Phase1IntegrityAlgorithms"),
    "phase1_dh_groups": ("Phase1DHGroupNumbers", "Phase1DHGroupNumbers"),
    "phase2_encryption": ("Phase2EncryptionAlgorithms", "Phase2EncryptionAlgorithms"),
    "phase2_integrity": ("Phase2IntegrityAlgorithms", "Phase2IntegrityAlgorithms"),
    "phase2_dh_groups": ("Phase2DHGroupNumbers", "Phase2DHGroupNumbers"),
}
# What an option is that AWS does not tell. No default for the DPD timeout: AWS's own pages say 30 and 40, so it is set once and told from then on.
DEFAULTS: dict[str, Any] = {
    "ike_versions": ["ikev1", "ikev2"], "phase1_encryption": ENCRYPTION, "phase1_integrity": INTEGRITY, "phase1_dh_groups": PHASE1_GROUPS,
    "phase2_encryption": ENCRYPTION, "phase2_integrity": INTEGRITY, "phase2_dh_groups": PHASE2_GROUPS,
    "phase1_lifetime_seconds": 28800, "phase2_lifetime_seconds": 3600, "rekey_margin_seconds": 270, "rekey_fuzz_percent": 100,
    "replay_window_packets": 1024, "dpd_timeout_action": "clear", "startup_action": "add",
}
LIMITS = {"phase1_lifetime_seconds": (900, 28800), "phase2_lifetime_seconds": (900, 3600), "rekey_fuzz_percent": (0, 100),
          "replay_window_packets": (64, 2048), "dpd_timeout_seconds": (30, None)}


def read_tunnel(options: Mapping[str, Any]) -> dict[str, Any]:
    """One of AWS's TunnelOptions in our words, with its outside_address."""
    plain = {name: options[told] for name, (_unused, told) in PLAIN.items() if options.get(told) is not None}
    valued = {name: [entry["Value"] for entry in options[told]] for name, (_unused, told) in VALUED.items() if options.get(told)}
    return {**DEFAULTS, **plain, **valued, "outside_address": options["OutsideIpAddress"]}


def sent_tunnel(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    """A tunnel in the words that CreateVpnConnection and ModifyVpnTunnelOptions take; what is not given is left out."""
    sent = {taken: tunnel[name] for name, (taken, _unused) in PLAIN.items() if tunnel.get(name) is not None}
    return sent | {taken: [{"Value": value} for value in tunnel[name]] for name, (taken, _unused) in VALUED.items() if tunnel.get(name)}


def paired(have: Iterable[Mapping[str, Any]], want: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """Each tunnel as it is, with how it should be. AWS keeps tunnels in an order of its own: they are told apart by their inside network, and
    one with a new network takes a place left."""
    wanted, places = {tunnel["inside_cidr"]: tunnel for tunnel in want}, list(have)
    left = [tunnel for cidr, tunnel in wanted.items() if cidr not in {place["inside_cidr"] for place in places}]
    return [(place, wanted.get(place["inside_cidr"]) or (left.pop(0) if left else None)) for place in places]


def differing(have: Iterable[Mapping[str, Any]], want: Iterable[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """What to change: (outside address, wanted options that differ) of each tunnel that is not as wanted. A key that AWS does not tell
    (PreSharedKeyStorage SecretsManager) cannot be compared and is left alone."""
    changes = []
    for place, tunnel in paired(have, want):
        drift = {name: value for name, value in (tunnel or {}).items() if value is not None and not _same(name, place.get(name), value)}
        if drift:
            changes.append((place["outside_address"], drift))
    return changes


def _same(name: str, have: Any, want: Any) -> bool:
    if name == "psk" and have is None:
        return True
    return as_set(have, want) if isinstance(want, list) else have == want


def without_keys(have: Sequence[Mapping[str, Any]], want: Sequence[Mapping[str, Any]] | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Both sides of a diff, told without a key: of the one that is, only whether it is the one asked for. Options nobody asked for are left
    out. want: None when nothing is compared."""
    before, after = [], []
    for place, tunnel in paired(have, want or ()):
        asked = {name: value for name, value in (tunnel or place).items() if value is not None}
        shown = {name: place.get(name) for name in (*asked, "outside_address")}
        before.append({**shown, "psk": "the key asked for" if not tunnel or _same("psk", place.get("psk"), asked["psk"]) else "another key"})
        after.append({**asked, "psk": "the key asked for", "outside_address": place["outside_address"]})
    if not have:
        after = [{name: value for name, value in {**tunnel, "psk": "the key asked for"}.items() if value is not None} for tunnel in want or ()]
    return before, after


# -- what can be refused before AWS is asked ------------------------------------------------------------------------------------------


def tunnel_faults(tunnels: Sequence[Mapping[str, Any]], path: str = "tunnels") -> list[str]:
    """Everything AWS would refuse about a connection's tunnels, all at once, as "path: what is wrong". No key is quoted."""
    found = [] if len(tunnels) == 2 else [f"{path}: exactly two tunnels are needed, got {len(tunnels)}"]
    insides: list[IPv4Network] = []
    for index, tunnel in enumerate(tunnels):
        here = f"{path}[{index}]"
        if not (psk := tunnel.get("psk")):
            found.append(f"{here}.psk: is missing; both ends of a tunnel read the same key from the vault")
        elif not isinstance(psk, str) or not PSK.fullmatch(psk):
            found.append(f"{here}.psk: {PSK_RULE}")
        found += [f"{here}.inside_cidr: {said}" for said in _inside_faults(tunnel.get("inside_cidr"), insides)]
        found += [f"{here}.{said}" for said in _number_faults(tunnel)]
    return found + shared_key_faults(tunnels, path)


def shared_key_faults(tunnels: Sequence[Mapping[str, Any]], path: str) -> list[str]:
    """One fault when both tunnels have the same key: who learns it has both."""
    keys = [tunnel.get("psk") for tunnel in tunnels]
    return [f"{path}: both tunnels have the same psk; each needs its own"] if len(keys) == 2 and keys[0] and keys[0] == keys[1] else []


def _inside_faults(cidr: Any, others: list[IPv4Network]) -> Iterator[str]:
    inside = network(cidr)
    if inside is None or inside.prefixlen != 30 or not inside.subnet_of(LINK_LOCAL):
        yield f"{cidr!r} must be a /30 in 169.254.0.0/16"
    elif inside in TAKEN_INSIDE:
        yield f"{inside} is kept by AWS for itself"
    elif inside in others:
        yield f"{inside} is already used by the other tunnel"
    else:
        others.append(inside)


def _number_faults(tunnel: Mapping[str, Any]) -> Iterator[str]:
    for name, (least, most) in LIMITS.items():
        value = tunnel.get(name)
        if value is not None and (value < least or (most is not None and value > most)):
            yield f"{name}: {value} is not {least} {'or more' if most is None else f'to {most}'}"
    first, second = (tunnel.get(f"phase{phase}_lifetime_seconds") or DEFAULTS[f"phase{phase}_lifetime_seconds"] for phase in (1, 2))
    if second >= first:
        yield f"phase2_lifetime_seconds: {second} must be less than phase1_lifetime_seconds ({first})"
    margin = tunnel.get("rekey_margin_seconds")
    if margin is not None and not 60 <= margin <= second // 2:
        yield f"rekey_margin_seconds: {margin} is not 60 to half of phase2_lifetime_seconds ({second // 2})"
    ike = tunnel.get("ike_versions")
    if ike is not None and not ike:
        yield "ike_versions: at least one version is needed"
    elif ike is not None and "ikev2" not in ike and tunnel.get("startup_action") == "start":
        yield "startup_action: AWS starts a tunnel by IKEv2 only, which ike_versions does not hold"


def route_faults(routes: Sequence[str], own: str | None = None) -> list[str]:
    """What is wrong with the ranges behind the peer. own: the network's own range; one inside the other could not be routed between them."""
    found: list[str] = []
    known: list[IPv4Network] = []
    for index, route in enumerate(routes):
        try:
            network = IPv4Network(route)
        except ValueError:
            found.append(f"routes[{index}]: {route!r} is not an IPv4 range")
            continue
        if own and network.overlaps(IPv4Network(own)):
            found.append(f"routes[{index}]: {network} and the network's own {own} overlap; packets between the sites could not be routed")
        found += [f"routes[{index}]: {network} overlaps {other}" for other in known if network.overlaps(other)]
        known.append(network)
    return found
