#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a network port of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_port
short_description: Make, change or remove a network port of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a network interface that exists before its server and survives it, with a fixed address.
  - 'A router needs to send from addresses that are not its own: list them, or switch port security off.'
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the port, unique in its VPC.
    type: str
    required: true
  vpc:
    description: Name or id of the VPC.
    type: str
    required: true
  subnet:
    description: Name or id of the subnet. Required when the port does not exist yet.
    type: str
  address:
    description: The fixed address. The cloud picks one unless given.
    type: str
  security_groups:
    description: Names or ids of the security groups, the whole set.
    type: list
    elements: str
  allowed_addresses:
    description: Addresses or CIDRs, besides its own, that it may send from; the whole set.
    type: list
    elements: str
  port_security:
    description: V(false) switches off security groups and spoofing protection together; both lists must then be empty. Filter
      on the host instead.
    type: bool
"""

EXAMPLES = r"""
- name: A port that may forward for the other site
  multicloud.dr.nhn_port:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    vpc: tickets-vpc
    subnet: tickets-edge
    address: 192.168.0.10
    security_groups:
      - tickets-host
    allowed_addresses:
      - 10.0.0.0/16

- name: A port that routes for everybody behind it, whatever the address; its host filters
  multicloud.dr.nhn_port:
    auth: '{{ nhn_auth }}'
    name: tickets-vpn
    vpc: tickets-vpc
    subnet: tickets-edge
    security_groups: []
    allowed_addresses: []
    port_security: false

- name: Remove it
  multicloud.dr.nhn_port:
    auth: '{{ nhn_auth }}'
    name: tickets-vpn
    vpc: tickets-vpc
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    address: {description: Its address inside the VPC., type: str, sample: 192.168.0.10}
    allowed_addresses: {description: Further addresses and ranges that it may send from., type: list, elements: str, sample: [10.0.0.0/16]}
    name: {description: Its name., type: str, sample: tickets-management}
    security_groups: {description: Ids of its security groups., type: list, elements: str, sample: [d1e2]}
    subnet: {description: Id of its subnet., type: str, sample: c9d0}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    id: {description: Its id., type: str, sample: f3a4}
    mac: {description: Its hardware address., type: str, sample: 'fa:16:3e:00:00:01'}
    port_security: {description: Whether it filters by its security groups and addresses., type: bool, sample: true}
    server: {description: 'Id of the server it is at, empty when it is at none.', type: str, sample: ''}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.port import Port


def main() -> None:
    """Wiring only."""
    run(Port)


if __name__ == "__main__":
    main()
