# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CustomerGatewayConfiguration document of a VPN connection, as AWS writes it: prints only, decides nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

# AWS names the weakest proposal it takes, not the only one: the peer may offer stronger ones.
_TUNNEL = """\
  <ipsec_tunnel>
    <customer_gateway>
      <tunnel_outside_address>
        <ip_address>{customer_outside}</ip_address>
      </tunnel_outside_address>
      <tunnel_inside_address>
        <ip_address>{customer_inside}</ip_address>
        <network_mask>255.255.255.252</network_mask>
        <network_cidr>30</network_cidr>
      </tunnel_inside_address>
    </customer_gateway>
    <vpn_gateway>
      <tunnel_outside_address>
        <ip_address>{outside}</ip_address>
      </tunnel_outside_address>
      <tunnel_inside_address>
        <ip_address>{inside}</ip_address>
        <network_mask>255.255.255.252</network_mask>
        <network_cidr>30</network_cidr>
      </tunnel_inside_address>
    </vpn_gateway>
    <ike>
      <authentication_protocol>sha1</authentication_protocol>
      <encryption_protocol>aes-128-cbc</encryption_protocol>
      <lifetime>{ike_lifetime}</lifetime>
      <perfect_forward_secrecy>group2</perfect_forward_secrecy>
      <mode>main</mode>
      <pre_shared_key>{psk}</pre_shared_key>
    </ike>
    <ipsec>
      <protocol>esp</protocol>
      <authentication_protocol>hmac-sha1-96</authentication_protocol>
      <encryption_protocol>aes-128-cbc</encryption_protocol>
      <lifetime>{esp_lifetime}</lifetime>
      <perfect_forward_secrecy>group2</perfect_forward_secrecy>
      <mode>tunnel</mode>
      <clear_df_bit>true</clear_df_bit>
      <fragmentation_before_encryption>true</fragmentation_before_encryption>
      <tcp_mss_adjustment>1379</tcp_mss_adjustment>
      <dead_peer_detection>
        <interval>10</interval>
        <retries>3</retries>
      </dead_peer_detection>
    </ipsec>
  </ipsec_tunnel>
"""

_CONNECTION = """\
<?xml version="1.0" encoding="UTF-8"?>
<vpn_connection id="{id}">
  <customer_gateway_id>{customer_gateway_id}</customer_gateway_id>
  <vpn_gateway_id>{vpn_gateway_id}</vpn_gateway_id>
  <vpn_connection_type>ipsec.1</vpn_connection_type>
  <vpn_connection_attributes>{attributes}</vpn_connection_attributes>
{tunnels}</vpn_connection>
"""


def configuration(
    tunnels: Sequence[Mapping[str, Any]], *,
    connection_id: str, customer_gateway_id: str, vpn_gateway_id: str, customer_outside: str, static: bool,
) -> str:
    """The document. `tunnels` are the connection's TunnelOptions, with OutsideIpAddress, TunnelInsideCidr and PreSharedKey filled in."""
    return _CONNECTION.format(
        id=connection_id, customer_gateway_id=customer_gateway_id, vpn_gateway_id=vpn_gateway_id,
        attributes="NoBGPVPNConnection" if static else "", tunnels="".join(_tunnel(customer_outside, options) for options in tunnels))


def _tunnel(customer_outside: str, options: Mapping[str, Any]) -> str:
    aws_side, customer_side = ipaddress.ip_network(options["TunnelInsideCidr"]).hosts()
    return _TUNNEL.format(
        customer_outside=customer_outside, outside=options["OutsideIpAddress"], inside=aws_side, customer_inside=customer_side,
        psk=escape(options["PreSharedKey"]), ike_lifetime=options.get("Phase1LifetimeSeconds", 28800),
        esp_lifetime=options.get("Phase2LifetimeSeconds", 3600))
