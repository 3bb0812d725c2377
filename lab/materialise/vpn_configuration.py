# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads AWS's CustomerGatewayConfiguration: the XML a VPN connection hands to its customer, from which the cloud's own end follows.

AWS writes only its weakest algorithms into the XML and accepts all of its published ones, unless the connection's tunnel
options narrow them; the cloud's end does the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from lab.materialise.specs import Tunnel

ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
GROUPS = (2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)

_STRONGSWAN_GROUPS = {
    2: "modp1024", 5: "modp1536", 14: "modp2048", 15: "modp3072", 16: "modp4096", 17: "modp6144", 18: "modp8192",
    19: "ecp256", 20: "ecp384", 21: "ecp521", 22: "modp1024s160", 23: "modp2048s224", 24: "modp2048s256",
}


class BadConfiguration(ValueError):
    """The XML lacks something a tunnel needs; the message names the element."""


def tunnels(connection: str, configuration: str, options: Sequence[Mapping[str, Any]] = ()) -> tuple[Tunnel, ...]:
    """Both tunnels of a connection from its XML; `options`: the connection's Options.TunnelOptions as boto3 tells them."""
    try:
        root = ElementTree.fromstring(configuration.strip())
    except ElementTree.ParseError as error:
        raise BadConfiguration(f"{connection}: CustomerGatewayConfiguration is not XML: {error}") from error
    by_outside = {option.get("OutsideIpAddress"): option for option in options}
    found = []
    for number, element in enumerate(root.iter("ipsec_tunnel"), start=1):
        def text(path: str, element: ElementTree.Element = element, number: int = number) -> str:
            value = element.findtext(path)
            if not value or not value.strip():
                raise BadConfiguration(f"{connection}: ipsec_tunnel[{number}]/{path} is missing")
            return value.strip()

        outside = text("vpn_gateway/tunnel_outside_address/ip_address")
        option = by_outside.get(outside, {})
        found.append(Tunnel(
            name=f"{connection}-{number}",
            outside=outside,
            peer_id=text("customer_gateway/tunnel_outside_address/ip_address"),
            inside=text("vpn_gateway/tunnel_inside_address/ip_address"),
            peer_inside=text("customer_gateway/tunnel_inside_address/ip_address"),
            psk=text("ike/pre_shared_key"),
            ike_proposals=_proposals(option, 1),
            esp_proposals=_proposals(option, 2),
            ike_seconds=int(text("ike/lifetime")),
            esp_seconds=int(text("ipsec/lifetime")),
            dpd_interval=(interval := int(text("ipsec/dead_peer_detection/interval"))),
            dpd_timeout=int(option.get("DpdTimeoutSeconds") or interval * int(text("ipsec/dead_peer_detection/retries"))),
            version={("ikev1",): 1, ("ikev2",): 2}.get(tuple(sorted(_values(option, "IkeVersions", ()))), 0),
            starts=option.get("StartupAction") == "start",
            restarts=option.get("DpdTimeoutAction") == "restart",
            options=hashlib.sha256(repr(sorted(option.items())).encode()).hexdigest()[:12] if option else "",
        ))
    return tuple(found)


def _proposals(option: Mapping[str, Any], phase: int) -> str:
    """strongSwan's proposals for IKE (phase 1) or ESP (phase 2): AEAD ciphers and the others cannot share one."""
    encryption = [str(value).lower() for value in _values(option, f"Phase{phase}EncryptionAlgorithms", ENCRYPTION)]
    integrity = [str(value).lower().replace("sha2-", "sha") for value in _values(option, f"Phase{phase}IntegrityAlgorithms", INTEGRITY)]
    groups = [_STRONGSWAN_GROUPS[int(value)] for value in _values(option, f"Phase{phase}DHGroupNumbers", GROUPS)]
    aead = [value.replace("-", "") for value in encryption if "gcm" in value]
    plain = [value for value in encryption if "gcm" not in value]
    prf = [f"prf{value}" for value in integrity] if phase == 1 else []
    suites = [[*plain, *integrity] if plain else [], [*aead, *prf] if aead else []]
    offers = [[*suite, *groups] for suite in suites if suite]
    if phase == 2:      # perfect forward secrecy is asked for, not insisted on
        offers += [suite for suite in suites if suite]
    return ",".join("-".join(offer) for offer in offers)


def _values(option: Mapping[str, Any], key: str, default: Iterable[Any]) -> list[Any]:
    return [entry["Value"] for entry in option.get(key) or ()] or list(default)
