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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    cidr: {description: Its range., type: str, sample: 192.168.10.0/24}
    name: {description: Its name., type: str, sample: tickets-app}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    gateway: {description: Address of its gateway., type: str, sample: 192.168.10.1}
    id: {description: Its id., type: str, sample: c2d3}
    routing_table: {description: Id of the routing table that it follows., type: str, sample: e4f5}
action: {description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).', returned: success, type: str, sample: create}
diff:
  description: What differs, or would. Secrets are hidden.
  returned: success
  type: dict
  contains:
    before: {description: 'The resource as it was, with what RV(resource) holds; empty when there was none.', type: dict, sample: {}}
    after:
      description: The resource as it was to be, with what RV(resource) holds; empty when there was to be none.
      type: dict
      sample: {name: tickets}
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample: [vpc tickets-vpc]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.subnet import Subnet


def main() -> None:
    """Wiring only."""
    run(Subnet)


if __name__ == "__main__":
    main()
