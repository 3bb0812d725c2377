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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: c9d0}
    name: {description: Its name., type: str, sample: tickets-edge}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    cidr: {description: Its range., type: str, sample: 192.168.0.0/24}
    gateway: {description: Address of its gateway., type: str, sample: 192.168.0.1}
    free_addresses: {description: Number of addresses that are free., type: int, sample: 250}
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create vpc}
    to: {description: To what., type: str, sample: tickets-vpc}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 409}
        code: {description: The service's own code., type: str, sample: OverQuota}
        words: {description: 'Its words, as they are.', type: str, sample: Quota exceeded for resources.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME, SUBNETS


def main() -> None:
    """Wiring only."""
    tell({**NAME, "vpc": {"type": "str"}}, SUBNETS.answer)


if __name__ == "__main__":
    main()
