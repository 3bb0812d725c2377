# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS refuses of a tunnel's options: InvalidParameterValue, as VpnTunnelOptionsSpecification (EC2 API, 2016-11-15) and "Tunnel options" and
"Tunnel initiation options" in the Site-to-Site VPN user guide have it. Decides by what it is given only.
"""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import EC2ClientError

# What AWS refuses as an inside network: its own metadata and time services live in these.
LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")
RESERVED_INSIDE = {*(f"169.254.{third}.0/30" for third in range(6)), "169.254.169.252/30"}
PSK_CHARACTERS = string.ascii_letters + string.digits + "._"
LIMITS = {"Phase1LifetimeSeconds": (900, 28800), "Phase2LifetimeSeconds": (900, 3600), "RekeyFuzzPercentage": (0, 100),
          "ReplayWindowSize": (64, 2048), "DpdTimeoutSeconds": (30, 10**6)}
_CIPHERS, _HASHES = {"AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"}, {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"}
_GROUPS = {2, *range(14, 25)}
ONE_OF = {"DpdTimeoutAction": {"clear", "none", "restart"}, "StartupAction": {"add", "start"}}
SOME_OF: dict[str, set[Any]] = {
    "IkeVersions": {"ikev1", "ikev2"}, "Phase1EncryptionAlgorithms": _CIPHERS, "Phase2EncryptionAlgorithms": _CIPHERS,
    "Phase1IntegrityAlgorithms": _HASHES, "Phase2IntegrityAlgorithms": _HASHES,
    "Phase1DHGroupNumbers": _GROUPS, "Phase2DHGroupNumbers": _GROUPS | {5}}


def checked_tunnels(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The caller's tunnel options under the names DescribeVpnConnections uses, or refused."""
    if len(given) > 2:
        raise EC2ClientError("InvalidParameterValue", "A VPN connection has two tunnels; more tunnel options were given.")
    told = [as_described(options) for options in given]
    inside = [options["TunnelInsideCidr"] for options in told if options.get("TunnelInsideCidr")]
    for cidr in inside:
        if not _usable_inside(cidr) or inside.count(cidr) > 1:
            raise EC2ClientError("InvalidParameterValue", f"The specified TunnelInsideCidr {cidr} is not a free /30 in 169.254.0.0/16.")
    for options in told:
        if fault := next(_faults(options), None):
            raise EC2ClientError("InvalidParameterValue", fault.replace("Dpd", "DPD").replace("Ike", "IKE"))     # as the caller spelt it
    return told


def as_described(options: dict[str, Any]) -> dict[str, Any]:
    """Tunnel options under the names DescribeVpnConnections uses: a few differ in case from those CreateVpnConnection takes."""
    return {name.replace("DPD", "Dpd").replace("IKE", "Ike"): value for name, value in options.items()}


def _faults(options: dict[str, Any]) -> Iterator[str]:
    psk = options.get("PreSharedKey")
    if psk is not None and (not 8 <= len(psk) <= 64 or psk.startswith("0") or set(psk) - set(PSK_CHARACTERS)):
        yield "PreSharedKey: 8 to 64 letters, digits, '.' and '_', not starting with 0."
    for name, (least, most) in LIMITS.items():
        if not least <= int(options.get(name, least)) <= most:
            yield f"{name}: {options[name]} is not between {least} and {most}."
    for name, known in ONE_OF.items():
        if options.get(name) is not None and options[name] not in known:
            yield f"{name}: {options[name]} is not one of {sorted(known)}."
    for name, known in SOME_OF.items():
        for entry in options.get(name) or ():
            value = int(entry["Value"]) if "DHGroup" in name else entry["Value"]
            if value not in known:
                yield f"{name}: {value} is not one of {sorted(known)}."
    first, second = int(options.get("Phase1LifetimeSeconds", 28800)), int(options.get("Phase2LifetimeSeconds", 3600))
    if second >= first:
        yield f"Phase2LifetimeSeconds: {second} is not less than Phase1LifetimeSeconds, {first}."
    margin = options.get("RekeyMarginTimeSeconds")
    if margin is not None and not 60 <= int(margin) <= second // 2:
        yield f"RekeyMarginTimeSeconds: {margin} is not between 60 and half of Phase2LifetimeSeconds, {second // 2}."
    versions = [entry["Value"] for entry in options.get("IkeVersions") or ()]
    if options.get("StartupAction") == "start" and versions and "ikev2" not in versions:
        yield "StartupAction: start is for ikev2 only."


def _usable_inside(cidr: str) -> bool:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError:
        return False
    return network.prefixlen == 30 and network.subnet_of(LINK_LOCAL) and cidr not in RESERVED_INSIDE
