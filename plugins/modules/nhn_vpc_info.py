#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up VPCs of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_vpc_info
short_description: Look up VPCs of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the VPCs of the project, and the network that leads out of it.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every VPC unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which VPCs there are
  multicloud.dr.nhn_vpc_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: Which id the VPC has
  multicloud.dr.nhn_vpc_info:
    auth: '{{ nhn_auth }}'
    name: tickets-vpc
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. C(external) is true for the network that floating IPs and internet gateways belong to.
  returned: success
  type: list
  elements: dict
  sample:
    - id: a0b1
      name: tickets-vpc
      cidr: 192.168.0.0/16
      state: available
      external: false
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import vpcs


def main() -> None:
    """Wiring only."""
    tell(NAME, vpcs)


if __name__ == "__main__":
    main()
