#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove an internet gateway of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_internet_gateway
short_description: Make or remove an internet gateway of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps an internet gateway by name. It serves the routing table that attaches it; see M(multicloud.dr.nhn_routing_table).
  - Removing one detaches it first.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the gateway.
    type: str
    required: true
  external_network:
    description: Id of the external network. The project's only one unless given.
    type: str
"""

EXAMPLES = r"""
- name: The way out
  multicloud.dr.nhn_internet_gateway:
    auth: '{{ nhn_auth }}'
    name: tickets-igw

- name: A way out where there is more than one outside
  multicloud.dr.nhn_internet_gateway:
    auth: '{{ nhn_auth }}'
    name: tickets-igw
    external_network: b04b1c31-f2e9-4ae0-a264-02b7d61ad618

- name: Remove it
  multicloud.dr.nhn_internet_gateway:
    auth: '{{ nhn_auth }}'
    name: tickets-igw
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: a6b7
    name: tickets-igw
    external_network: d0e1
    routing_table: null
    state: unavailable
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.internet_gateway import InternetGateway


def main() -> None:
    """Wiring only."""
    run(InternetGateway)


if __name__ == "__main__":
    main()
