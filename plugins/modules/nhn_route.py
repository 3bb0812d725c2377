#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a route of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_route
short_description: Make, change or remove a route of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps one route of a routing table, known by where it leads.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  routing_table:
    description: Name or id of the routing table.
    type: str
    required: true
  cidr:
    description: Where the route leads.
    type: str
    required: true
  gateway:
    description: Address to send it to. Something in the VPC must own it. Required when the route does not exist yet.
      With O(state=absent), a route that leads elsewhere is left alone.
    type: str
  description:
    description: A note of up to 256 bytes.
    type: str
  vpc:
    description: Name or id of the VPC of the routing table.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: To the other site, through the VPN router
  multicloud.dr.nhn_route:
    auth: '{{ nhn_auth }}'
    vpc: tickets-vpc
    routing_table: tickets-app
    cidr: 10.0.0.0/16
    gateway: 192.168.0.10
    description: to AWS

- name: Remove it
  multicloud.dr.nhn_route:
    auth: '{{ nhn_auth }}'
    vpc: tickets-vpc
    routing_table: tickets-app
    cidr: 10.0.0.0/16
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    cidr: {description: The range that it leads to., type: str, sample: 10.0.0.0/16}
    gateway: {description: The address that it leads through., type: str, sample: 192.168.0.10}
    routing_table: {description: Id of its routing table., type: str, sample: e4f5}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: b8c9}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.route import Route


def main() -> None:
    """Wiring only."""
    run(Route)


if __name__ == "__main__":
    main()
