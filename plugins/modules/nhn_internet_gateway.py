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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    external_network: {description: Id of the network outside., type: str, sample: d0e1}
    name: {description: Its name., type: str, sample: tickets-igw}
    id: {description: Its id., type: str, sample: a6b7}
    routing_table: {description: 'Id of the table that it is attached to, V(null) for none.', type: str, sample: b2c3}
    state: {description: 'How far along it is, in the service''s words.', type: str, sample: unavailable}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.internet_gateway import InternetGateway


def main() -> None:
    """Wiring only."""
    run(InternetGateway)


if __name__ == "__main__":
    main()
