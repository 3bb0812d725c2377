#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a NAT gateway of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_nat_gateway
short_description: Make, change or remove a NAT gateway of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a NAT gateway by name, which lets subnets without public addresses reach the internet.
  - 'It lives in a subnet whose routing table has an internet gateway. The subnets it serves follow another table, with a
    M(multicloud.dr.nhn_route) to V(0.0.0.0/0) whose gateway is its RV(resource.address).'
  - The service's documents list it for KR1 and KR2, the region guide also for KR3.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the gateway, unique in its VPC.
    type: str
    required: true
  vpc:
    description: Name or id of the VPC.
    type: str
    required: true
  subnet:
    description: Name or id of the subnet it lives in. Required when it does not exist yet; it cannot move.
    type: str
  floating_ip:
    description: Label, address or id of a free floating IP. Required when the gateway does not exist yet; it cannot be exchanged.
    type: str
  description:
    description: A note.
    type: str
  wait_seconds:
    description: How long to wait for the cloud, in seconds.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: A way out for the private subnets
  multicloud.dr.nhn_nat_gateway:
    auth: '{{ nhn_auth }}'
    name: tickets-nat
    vpc: tickets-vpc
    subnet: tickets-edge
    floating_ip: tickets-nat
    description: updates of the database hosts

- name: Remove it
  multicloud.dr.nhn_nat_gateway:
    auth: '{{ nhn_auth }}'
    name: tickets-nat
    vpc: tickets-vpc
    wait_seconds: 300
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    floating_ip: {description: Id of its floating IP., type: str, sample: f0a1}
    name: {description: Its name., type: str, sample: tickets-nat}
    subnet: {description: Id of its subnet., type: str, sample: c9d0}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    address: {description: Its address inside the VPC., type: str, sample: 192.168.0.7}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: e5f6}
    public_address: {description: The address that is seen outside., type: str, sample: 133.186.0.7}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
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
  sample: [floating ip tickets-nat]
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.nat_gateway import NatGateway


def main() -> None:
    """Wiring only."""
    run(NatGateway)


if __name__ == "__main__":
    main()
