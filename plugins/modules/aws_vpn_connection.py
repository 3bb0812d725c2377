#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_vpn_connection."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vpn_connection
version_added: 0.1.0
short_description: A site-to-site VPN connection with static routes and two tunnels of ours
description:
  - Makes, changes or deletes a connection between a network's VPN gateway and one peer, with its customer gateway.
  - Unlike M(amazon.aws.ec2_vpc_vpn) it knows every tunnel option, and compares keys and options with what AWS has.
  - AWS takes a tunnel down while it is changed. So one tunnel is changed after the other, and one that is up only while AWS calls the
    other one up too, whatever an earlier run left; of that it waits, and says what it last saw. A tunnel that is down carries nothing, and is
    changed at once.
  - What AWS would refuse is refused before it is asked, all of it at once.
options:
  name:
    description: Name of the connection.
    type: str
    required: true
  network:
    description: Name of the network built by role aws_network, whose VPN gateway is used.
    type: str
    required: true
  customer_address:
    description:
      - Public address of the peer. With another one the connection gets another customer gateway, and the one before is deleted unless another
        connection has it. AWS keeps the tunnels' outside addresses and options, and takes both tunnels down for minutes.
      - Required where O(state=present).
    type: str
  routes:
    description: Ranges behind the peer; others are removed. Required where O(state=present).
    type: list
    elements: str
  tunnels:
    description: The two tunnels. Options left out are AWS's own choice and not compared. Required where O(state=present).
    type: list
    elements: dict
    suboptions:
      inside_cidr:
        description: A /30 in 169.254.0.0/16 for the inside addresses; AWS keeps the first ones of 169.254.0 to 169.254.5 and 169.254.169.252/30.
        type: str
        required: true
      psk: {description: "Pre-shared key, 8 to 64 letters, digits, dots and underscores, not beginning with 0.", type: str, required: true}
      ike_versions: {description: Versions AWS accepts., type: list, elements: str, choices: [ikev1, ikev2]}
      phase1_encryption:
        description: Ciphers AWS accepts for IKE.
        type: list
        elements: str
        choices: [AES128, AES256, AES128-GCM-16, AES256-GCM-16]
      phase1_integrity: {description: Hashes AWS accepts for IKE., type: list, elements: str, choices: [SHA1, SHA2-256, SHA2-384, SHA2-512]}
      phase1_dh_groups:
        description: Diffie-Hellman groups AWS accepts for IKE.
        type: list
        elements: int
        choices: [2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
      phase1_lifetime_seconds: {description: "How long an IKE key lives, 900 to 28800.", type: int}
      phase2_encryption:
        description: Ciphers AWS accepts for packets.
        type: list
        elements: str
        choices: [AES128, AES256, AES128-GCM-16, AES256-GCM-16]
      phase2_integrity: {description: Hashes AWS accepts for packets., type: list, elements: str, choices: [SHA1, SHA2-256, SHA2-384, SHA2-512]}
      phase2_dh_groups:
        description: Diffie-Hellman groups AWS accepts for packets' keys.
        type: list
        elements: int
        choices: [2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
      phase2_lifetime_seconds: {description: "How long a packet key lives, 900 to 3600 and less than phase1_lifetime_seconds.", type: int}
      rekey_margin_seconds:
        description: How long before the end of a packet key AWS begins to think of a new one, 60 to half of phase2_lifetime_seconds.
        type: int
      rekey_fuzz_percent: {description: "Share of that margin in which AWS chooses the moment at random, 0 to 100.", type: int}
      replay_window_packets: {description: "How many packets may overtake one another, 64 to 2048.", type: int}
      dpd_timeout_seconds: {description: Seconds of silence until AWS thinks the peer dead; at least 30., type: int}
      dpd_timeout_action: {description: What AWS does then., type: str, choices: [clear, none, restart]}
      startup_action: {description: Whether AWS waits for the peer or starts by itself., type: str, choices: [add, start]}
  only:
    description:
      - The C(inside_cidr) of tunnels that may be changed in this run; the others stay as they are. Left out, both may.
      - To change a key, which both ends hold, change one tunnel, have the other end take its key, then change the other.
    type: list
    elements: str
  accept_both_down:
    description: Whether a tunnel that is up may be changed although AWS does not call the other one up. Both are down then.
    type: bool
    default: false
  both_up:
    description: Whether to wait until AWS calls both tunnels up, for O(wait_seconds) at most.
    type: bool
    default: false
  wait_seconds:
    description: How long AWS may take for each change; minutes are usual.
    type: int
    default: 900
  state:
    description:
      - Whether it should exist.
      - With V(absent) its customer gateway goes too when its Name tag is O(name) and no other connection has it. Any other one is left, which a
        warning says. What an interrupted run left goes as well.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode: {support: full, description: "Says what would be done, and what must exist first."}
  diff_mode: {support: full, description: Always shown; of a key only whether it is the one asked for.}
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Join the networks
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - {inside_cidr: 169.254.11.0/30, psk: "{{ vault_vpn_psk_a }}", ike_versions: [ikev2]}
      - {inside_cidr: 169.254.12.0/30, psk: "{{ vault_vpn_psk_b }}", ike_versions: [ikev2]}

- name: What AWS does when a tunnel is silent, and how long its changes may take
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - inside_cidr: 169.254.11.0/30
        psk: "{{ vault_vpn_psk_a }}"
        ike_versions: [ikev2]
        phase1_encryption: [AES256-GCM-16]
        phase1_integrity: [SHA2-256]
        phase1_dh_groups: [14, 19]
        phase1_lifetime_seconds: 28800
        phase2_encryption: [AES256-GCM-16]
        phase2_integrity: [SHA2-256]
        phase2_dh_groups: [14, 19]
        phase2_lifetime_seconds: 3600
        rekey_margin_seconds: 270
        rekey_fuzz_percent: 100
        replay_window_packets: 1024
        dpd_timeout_seconds: 30
        dpd_timeout_action: restart
        startup_action: start
      - inside_cidr: 169.254.12.0/30
        psk: "{{ vault_vpn_psk_b }}"
        dpd_timeout_seconds: 30
        dpd_timeout_action: restart
        startup_action: start
    wait_seconds: 1800

- name: Give the first tunnel its new key, and leave the other alone
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - {inside_cidr: 169.254.11.0/30, psk: "{{ vault_vpn_psk_a }}", ike_versions: [ikev2]}
      - {inside_cidr: 169.254.12.0/30, psk: "{{ vault_vpn_psk_b }}", ike_versions: [ikev2]}
    only: [169.254.11.0/30]

- name: Give it to both in one go, where nobody needs the link
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - {inside_cidr: 169.254.11.0/30, psk: "{{ vault_vpn_psk_a }}", ike_versions: [ikev2]}
      - {inside_cidr: 169.254.12.0/30, psk: "{{ vault_vpn_psk_b }}", ike_versions: [ikev2]}
    accept_both_down: true

- name: Wait until AWS calls both tunnels up
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - {inside_cidr: 169.254.11.0/30, psk: "{{ vault_vpn_psk_a }}", ike_versions: [ikev2]}
      - {inside_cidr: 169.254.12.0/30, psk: "{{ vault_vpn_psk_b }}", ike_versions: [ikev2]}
    both_up: true
    wait_seconds: 300

- name: Part the networks
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    state: absent
"""

RETURN = r"""
resource:
  description: The connection as it is now, in check mode as it would be; of its tunnels everything but the keys, and C(status), UP or DOWN.
  returned: success
  type: dict
  sample: {id: vpn-0a1b, name: tickets-vpn, customer_address: 198.51.100.100, customer_gateway: cgw-0a1b, routes: [192.168.0.0/16],
    tunnels: [{inside_cidr: 169.254.11.0/30, outside_address: 203.0.113.1, ike_versions: [ikev2], status: UP}]}
action:
  description: none, create, update or delete.
  returned: success
  type: str
turns:
  description:
    - Of a connection of which AWS calls a tunnel up, the tunnels that were to be changed, in their order; those that carry nothing come first.
      Whoever changes keys, or cannot lose a packet, takes these turns one by one with O(only), and the other end has its part in each.
    - Empty where nothing carries, or the peer is another one, which takes both tunnels down.
  returned: success
  type: list
  elements: dict
  contains:
    inside_cidr: {description: "The tunnel's C(inside_cidr) as it is wanted.", type: str, returned: always}
    outside_address: {description: AWS's address of it., type: str, returned: always}
    status: {description: "What AWS calls it, C(UP) or C(DOWN).", type: str, returned: always}
needs:
  description: What must exist first.
  returned: in check mode, when something must
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE, carry_out, spec, told_plainly, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_connection import VpnConnection
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan

OPTIONS = {
    "name": {"type": "str", "required": True},
    "network": {"type": "str", "required": True},
    "only": {"type": "list", "elements": "str"},
    "accept_both_down": {"type": "bool", "default": False},
    "both_up": {"type": "bool", "default": False},
    "wait_seconds": {"type": "int", "default": 900},
}


def main() -> None:
    """Wiring only."""
    module = AnsibleAWSModule(argument_spec=spec(VpnConnection.fields, OPTIONS, STATE), supports_check_mode=True,
                              required_if=[("state", "present", ("customer_address", "routes", "tunnels"))])
    with told_plainly(module):
        connection = VpnConnection(module.client("ec2"), module.params)
        have = connection.find()
        want = connection.wish(wanted(VpnConnection.fields, module.params), have)
        step = plan(VpnConnection.fields, have, want)
        if stays := connection.stays(step):
            module.warn(stays)
        if step.action == "create":
            step = step.needing(connection.needs)

        def apply(_unused: object) -> dict[str, object]:
            now = converge(connection, step, want)
            if now and module.params["both_up"]:
                connection.both_up(now)
            return connection.told(now) if now else {}

        carry_out(module, connection.shown(step), apply, turns=connection.turns(step))


if __name__ == "__main__":
    main()
