#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up subnets of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_subnet_info
short_description: Look up subnets of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the subnets of a VPC, or of all. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  vpc:
    description: Name or id of the VPC; every VPC's unless given.
    type: str
  name:
    description: Name or id; every subnet unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which subnets the VPC has
  multicloud.dr.nhn_subnet_info:
    auth: '{{ nhn_auth }}'
    vpc: tickets-vpc
  register: found

- name: How many addresses are free in one of them
  multicloud.dr.nhn_subnet_info:
    auth: '{{ nhn_auth }}'
    vpc: tickets-vpc
    name: tickets-app
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  sample:
    - id: c9d0
      name: tickets-edge
      vpc: a0b1
      cidr: 192.168.0.0/24
      gateway: 192.168.0.1
      free_addresses: 250
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME, SUBNETS


def main() -> None:
    """Wiring only."""
    tell({**NAME, "vpc": {"type": "str"}}, SUBNETS.answer)


if __name__ == "__main__":
    main()
