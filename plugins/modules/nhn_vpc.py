#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a VPC of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_vpc
short_description: Make, change or remove a VPC of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a VPC by name.
  - NHN makes a default routing table with every VPC; see M(multicloud.dr.nhn_routing_table).
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the VPC.
    type: str
    required: true
  cidr:
    description: Its range of IPv4 addresses, from a private block and at least a /24. Required when it does not exist yet.
    type: str
"""

EXAMPLES = r"""
- name: A VPC for the primary site
  multicloud.dr.nhn_vpc:
    auth: '{{ nhn_auth }}'
    name: tickets-vpc
    cidr: 192.168.0.0/16

- name: Remove it
  multicloud.dr.nhn_vpc:
    auth: '{{ nhn_auth }}'
    name: tickets-vpc
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: a0b1
    name: tickets-vpc
    cidr: 192.168.0.0/16
    state: available
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.vpc import Vpc


def main() -> None:
    """Wiring only."""
    run(Vpc)


if __name__ == "__main__":
    main()
