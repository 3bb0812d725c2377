#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a routing table of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_routing_table
short_description: Make, change or remove a routing table of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - 'Keeps a routing table by name within its VPC: its internet gateway, whether it is the default, which subnets are attached
    to it.'
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the table, unique in its VPC.
    type: str
    required: true
  vpc:
    description: Name or id of the VPC.
    type: str
    required: true
  distributed:
    description: Whether each host routes by itself (V(true), the cloud's default) or one central router does. A change interrupts
      traffic for about a minute.
    type: bool
  default:
    description: V(true) makes it the table of every subnet that is not attached to another. A VPC always has one, so V(false)
      on the default table is refused.
    type: bool
  gateway:
    description: Name or id of the internet gateway, an empty string for none.
    type: str
  subnets:
    description: 'Names or ids of the subnets attached to it. The whole set: others are detached and follow the default table.'
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: The default table leads outside
  multicloud.dr.nhn_routing_table:
    auth: '{{ nhn_auth }}'
    name: tickets-edge
    vpc: tickets-vpc
    default: true
    gateway: tickets-igw

- name: A table for the application
  multicloud.dr.nhn_routing_table:
    auth: '{{ nhn_auth }}'
    name: tickets-app
    vpc: tickets-vpc
    subnets:
      - tickets-app

- name: One router in the middle for the database
  multicloud.dr.nhn_routing_table:
    auth: '{{ nhn_auth }}'
    name: tickets-database
    vpc: tickets-vpc
    distributed: false

- name: Remove it
  multicloud.dr.nhn_routing_table:
    auth: '{{ nhn_auth }}'
    name: tickets-database
    vpc: tickets-vpc
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    gateway: {description: 'Id of its internet gateway, empty for none.', type: str, sample: ''}
    name: {description: Its name., type: str, sample: tickets-app}
    subnets: {description: Ids of the subnets that follow it by name., type: list, elements: str, sample: [c2d3]}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    default: {description: Whether subnets follow it that have no other., type: bool, sample: false}
    distributed: {description: 'Whether it works on every host, or in one place.', type: bool, sample: true}
    id: {description: Its id., type: str, sample: e4f5}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.routing_table import RoutingTable


def main() -> None:
    """Wiring only."""
    run(RoutingTable)


if __name__ == "__main__":
    main()
