#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, bind or remove a floating IP of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_floating_ip
short_description: Make, bind or remove a floating IP of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a public address, known by its label, and binds it to a port. The cloud picks the address.
  - The subnet of the port must follow a routing table with an internet gateway.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Label of the address.
    type: str
    required: true
  port:
    description: Name or id of the port, an empty string to free it.
    type: str
  delete_protection:
    description: Whether the cloud refuses to give the address back.
    type: bool
"""

EXAMPLES = r"""
- name: The public address of the management host
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    port: tickets-management

- name: Free it, and keep it for the next host
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    port: ''
    delete_protection: true

- name: Give an address back
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-nat
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: f9a0
    name: tickets-management
    port: f3a4
    address: 198.51.100.100
    fixed_address: 192.168.0.10
    status: ACTIVE
    delete_protection: false
action:
  description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).'
  returned: success
  type: str
  sample: create
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample:
    - vpc tickets-vpc
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.floating_ip import FloatingIp
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run


def main() -> None:
    """Wiring only."""
    run(FloatingIp)


if __name__ == "__main__":
    main()
