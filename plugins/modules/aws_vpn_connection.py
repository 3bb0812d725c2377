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
  - Unlike M(amazon.aws.ec2_vpc_vpn) it compares keys and tunnel options with what AWS has, and changes one tunnel after the other.
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
    description: Public address of the peer. It cannot be changed on an existing connection.
    type: str
    required: true
  routes:
    description: Ranges behind the peer; others are removed.
    type: list
    elements: str
    required: true
  tunnels:
    description: The two tunnels. Options left out are AWS's own choice and not compared.
    type: list
    elements: dict
    required: true
    suboptions:
      inside_cidr: {description: A /30 in 169.254.0.0/16 for the inside addresses., type: str, required: true}
      psk: {description: Pre-shared key., type: str, required: true}
      dpd_timeout_seconds: {description: Seconds of silence until AWS thinks the peer dead; at least 30., type: int}
      dpd_timeout_action: {description: What AWS does then., type: str, choices: [clear, none, restart]}
      startup_action: {description: Whether AWS waits for the peer or starts by itself., type: str, choices: [add, start]}
      ike_versions: {description: Versions AWS accepts., type: list, elements: str, choices: [ikev1, ikev2]}
  wait_seconds:
    description: How long AWS may take for each change; minutes are usual.
    type: int
    default: 900
  state:
    description: Whether it should exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode: {support: full, description: Says what would be done, and what must exist first.}
  diff_mode: {support: full, description: Always shown; tunnels are masked, as they hold keys.}
author:
  - The multicloud.dr contributors
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
        dpd_timeout_seconds: 30
        dpd_timeout_action: restart
        startup_action: start
      - inside_cidr: 169.254.12.0/30
        psk: "{{ vault_vpn_psk_b }}"
        dpd_timeout_seconds: 30
        dpd_timeout_action: restart
        startup_action: start
    wait_seconds: 1800

- name: Part the networks
  multicloud.dr.aws_vpn_connection:
    name: tickets-vpn
    network: tickets
    customer_address: 198.51.100.100
    routes: [192.168.0.0/16]
    tunnels:
      - {inside_cidr: 169.254.11.0/30, psk: "{{ vault_vpn_psk_a }}"}
      - {inside_cidr: 169.254.12.0/30, psk: "{{ vault_vpn_psk_b }}"}
    state: absent
"""

RETURN = r"""
resource:
  description: The connection as it is now, in check mode as it would be; without its tunnels, which hold keys.
  returned: success
  type: dict
  sample: {id: vpn-0a1b, name: tickets-vpn, customer_address: 198.51.100.100, routes: [192.168.0.0/16], tunnels: "********"}
action:
  description: none, create, update or delete.
  returned: success
  type: str
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
    "wait_seconds": {"type": "int", "default": 900},
}


def main() -> None:
    """Wiring only."""
    module = AnsibleAWSModule(argument_spec=spec(VpnConnection.fields, OPTIONS, STATE), supports_check_mode=True)
    with told_plainly(module):
        connection = VpnConnection(module.client("ec2"), module.params)
        want = wanted(VpnConnection.fields, module.params)
        step = plan(VpnConnection.fields, connection.find(), want)
        if step.action == "create":
            step = step.needing(connection.needs)
        carry_out(module, step, lambda step: converge(connection, step, want))


if __name__ == "__main__":
    main()
