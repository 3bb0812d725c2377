#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a security group of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_security_group
short_description: Make, change or remove a security group of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a security group and the whole set of its IPv4 rules. Rules that are not listed are removed, after the missing ones were
    made.
  - Rules for IPv6, which the API can neither make nor need, are left alone.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the group.
    type: str
    required: true
  description:
    description: A note.
    type: str
  rules:
    description: The whole set of rules, in any order. Left out, rules are not touched; an empty list removes all.
    type: list
    elements: dict
    suboptions:
      direction:
        description: Which way.
        type: str
        choices:
          - ingress
          - egress
        default: ingress
      protocol:
        description: Name or number of the protocol, such as V(tcp), V(udp), V(icmp), V(50). Left out, any.
        type: str
      port_min:
        description: First port; the type for V(icmp), such as V(8) for a ping.
        type: int
      port_max:
        description: Last port, O(rules[].port_min) unless given; the code for V(icmp), any unless given.
        type: int
      remote_cidr:
        description:
          - The other end, by address or range of IPv4; V(10.0.0.5) is V(10.0.0.5/32).
          - Anybody unless this or O(rules[].remote_group) is given.
        type: str
      remote_group:
        description: The other end, by name or id of its security group; the group's own name for its own members.
        type: str
      description:
        description: A note. A difference in notes alone changes nothing.
        type: str
        default: ''
"""

EXAMPLES = r"""
- name: What may reach the management host
  multicloud.dr.nhn_security_group:
    auth: '{{ nhn_auth }}'
    name: tickets-host
    rules:
      - protocol: tcp
        port_min: 22
        remote_cidr: 198.51.100.0/24
      - remote_cidr: 10.0.0.0/16
      - direction: egress

- name: Members may reach each other, and the monitoring their exporters
  multicloud.dr.nhn_security_group:
    auth: '{{ nhn_auth }}'
    name: tickets-app
    description: the application's hosts
    rules:
      - remote_group: tickets-app
      - protocol: tcp
        port_min: 9100
        port_max: 9110
        remote_cidr: 192.168.0.10/32
        description: exporters
      - direction: egress

- name: Remove it
  multicloud.dr.nhn_security_group:
    auth: '{{ nhn_auth }}'
    name: tickets-app
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    name: {description: Its name., type: str, sample: tickets-host}
    rules:
      description: Its rules, in no order.
      type: list
      elements: dict
      contains:
        direction: {description: V(ingress) or V(egress)., type: str, sample: ingress}
        protocol: {description: 'The protocol, V(null) for all.', type: str, sample: tcp}
        port_min: {description: 'First port, V(null) where none is meant.', type: int, sample: 22}
        port_max: {description: 'Last port, V(null) where none is meant.', type: int, sample: 22}
        remote_cidr: {description: 'Range of the other end, V(null) for any.', type: str, sample: 198.51.100.0/24}
        remote_group: {description: 'Id of the group at the other end, C(itself) for this one, V(null) for none.', type: str, sample: itself}
        description: {description: The note., type: str, sample: ''}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: d1e2}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.security_group import SecurityGroup


def main() -> None:
    """Wiring only."""
    run(SecurityGroup)


if __name__ == "__main__":
    main()
