# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's customer gateway configuration document: what is read from one of the documented shape, and how a bad one is refused."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.multicloud.dr.plugins.filter.vpn import vpn_tunnels
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_configuration import tunnels
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput

TUNNEL = """
  <ipsec_tunnel>
    <customer_gateway>
      <tunnel_outside_address><ip_address>198.51.100.100</ip_address></tunnel_outside_address>
      <tunnel_inside_address>
        <ip_address>169.254.{net}.2</ip_address><network_mask>255.255.255.252</network_mask><network_cidr>30</network_cidr>
      </tunnel_inside_address>
    </customer_gateway>
    <vpn_gateway>
      <tunnel_outside_address><ip_address>198.51.100.{net}</ip_address></tunnel_outside_address>
      <tunnel_inside_address>
        <ip_address>169.254.{net}.1</ip_address><network_mask>255.255.255.252</network_mask><network_cidr>30</network_cidr>
      </tunnel_inside_address>
    </vpn_gateway>
    <ike>
      <authentication_protocol>sha1</authentication_protocol>
      <encryption_protocol>aes-128-cbc</encryption_protocol>
      <lifetime>28800</lifetime>
      <perfect_forward_secrecy>group2</perfect_forward_secrecy>
      <mode>main</mode>
      <pre_shared_key>CANARY.key_{net}</pre_shared_key>
    </ike>
    <ipsec>
      <protocol>esp</protocol>
      <authentication_protocol>hmac-sha1-96</authentication_protocol>
      <encryption_protocol>aes-128-cbc</encryption_protocol>
      <lifetime>3600</lifetime>
      <perfect_forward_secrecy>group2</perfect_forward_secrecy>
      <mode>tunnel</mode>
      <clear_df_bit>true</clear_df_bit>
      <fragmentation_before_encryption>true</fragmentation_before_encryption>
      <tcp_mss_adjustment>1379</tcp_mss_adjustment>
      <dead_peer_detection><interval>10</interval><retries>3</retries></dead_peer_detection>
    </ipsec>
  </ipsec_tunnel>"""
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<vpn_connection id="vpn-0a1b2c3d4e5f">
  <customer_gateway_id>cgw-0a1b</customer_gateway_id>
  <vpn_gateway_id>vgw-0a1b</vpn_gateway_id>
  <vpn_connection_type>ipsec.1</vpn_connection_type>
  <vpn_connection_attributes>NoBGPVPNConnection</vpn_connection_attributes>""" + TUNNEL.format(net=11) + TUNNEL.format(net=12) + """
</vpn_connection>"""


def faults_of(document):
    with pytest.raises(BadInput) as caught:
        tunnels(document)
    return list(caught.value.faults)


def test_both_tunnels_are_read_whole():
    first, second = vpn_tunnels(DOCUMENT)
    assert first == {
        "name": "a", "outside_address": "198.51.100.11", "customer_outside_address": "198.51.100.100",
        "inside_address": "169.254.11.1", "customer_inside_address": "169.254.11.2", "inside_prefix": 30, "psk": "CANARY.key_11",
        "ike": {"encryption": "aes-128-cbc", "integrity": "sha1", "group": "group2", "lifetime_seconds": 28800, "mode": "main"},
        "esp": {"encryption": "aes-128-cbc", "integrity": "hmac-sha1-96", "group": "group2", "lifetime_seconds": 3600, "mode": "tunnel",
                "mss": 1379, "dpd_interval_seconds": 10, "dpd_retries": 3},
    }
    assert (second["name"], second["outside_address"], second["psk"]) == ("b", "198.51.100.12", "CANARY.key_12")


def test_every_fault_is_told_with_its_path_and_no_key():
    broken = DOCUMENT.replace("198.51.100.11", "nowhere", 1).replace("<pre_shared_key>CANARY.key_12</pre_shared_key>", "").replace(
        "<lifetime>28800</lifetime>", "<lifetime>long</lifetime>", 1)
    assert faults_of(broken) == [
        "ipsec_tunnel[0]/vpn_gateway/tunnel_outside_address/ip_address: 'nowhere' is not an IPv4 address",
        "ipsec_tunnel[0]/ike/lifetime: 'long' is not a number",
        "ipsec_tunnel[1]/ike/pre_shared_key: is missing",
    ]
    with pytest.raises(AnsibleFilterError) as caught:
        vpn_tunnels(broken)
    assert "ipsec_tunnel[1]/ike/pre_shared_key: is missing" in str(caught.value) and "CANARY" not in str(caught.value)


@pytest.mark.parametrize(("document", "fault"), [
    ("", "vpn_connection: not XML at line 1, column 0"),
    ("<html/>", "html: expected vpn_connection"),
    ("<vpn_connection/>", "vpn_connection/ipsec_tunnel: expected 2 tunnels, got 0"),
    (DOCUMENT.replace(TUNNEL.format(net=12), ""), "vpn_connection/ipsec_tunnel: expected 2 tunnels, got 1"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><vpn_connection>&b;</vpn_connection>',
     "vpn_connection: a document type or entity declaration has no place in it"),
])
def test_what_is_no_such_document_is_refused(document, fault):
    assert faults_of(document) == [fault]
