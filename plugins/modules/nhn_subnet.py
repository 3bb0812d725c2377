#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove a subnet of a VPC of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_subnet
short_description: Make or remove a subnet of a VPC of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a subnet by name within its VPC. Its range cannot change.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the subnet, unique in its VPC.
    type: str
    required: true
  vpc:
    description: Name or id of the VPC.
    type: str
    required: true
  cidr:
    description: Range of addresses inside the VPC's, at least a /28. The first address is the gateway. Required when it does not
      exist yet.
    type: str
"""

EXAMPLES = r"""
- name: The subnet of the application
  multicloud.dr.nhn_subnet:
    auth: '{{ nhn_auth }}'
    name: tickets-app
    vpc: tickets-vpc
    cidr: 192.168.10.0/24

- name: Remove it
  multicloud.dr.nhn_subnet:
    auth: '{{ nhn_auth }}'
    name: tickets-app
    vpc: tickets-vpc
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: c2d3
    name: tickets-app
    vpc: a0b1
    cidr: 192.168.10.0/24
    gateway: 192.168.10.1
    routing_table: e4f5
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.subnet import Subnet


def main() -> None:
    """Wiring only."""
    run(Subnet)


if __name__ == "__main__":
    main()
