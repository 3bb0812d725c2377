#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a DB security group of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_security_group
short_description: Make, change or remove a DB security group of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a DB security group and the whole set of its rules. Without a rule nothing passes, in either direction.
  - Waits for each change, as the service takes one at a time.
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
    description: The whole set of rules, in any order; of two that differ in their notes alone the first. Left out, rules are not touched.
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
      cidr:
        description: The other end.
        type: str
        required: true
      port_min:
        description: First port. Left out, the database's own port; required for egress.
        type: int
      port_max:
        description: Last port; O(rules[].port_min) unless given, and never without that.
        type: int
      description:
        description: A note. A difference in notes alone changes nothing.
        type: str
        default: ''
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Both sites may connect, replication may leave
  multicloud.dr.nhn_rds_security_group:
    auth: '{{ nhn_auth }}'
    name: tickets-db
    description: both sites
    rules:
      - cidr: 192.168.0.0/16
      - cidr: 10.0.0.0/16
      - direction: egress
        cidr: 10.0.0.0/16
        port_min: 3306
        port_max: 3307
        description: the standby, and the one being restored
    wait_seconds: 300

- name: Remove it
  multicloud.dr.nhn_rds_security_group:
    auth: '{{ nhn_auth }}'
    name: tickets-db
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    name: {description: Its name., type: str, sample: tickets-db}
    rules:
      description: Its rules, in no order.
      type: list
      elements: dict
      contains:
        cidr: {description: Range of the other end., type: str, sample: 192.168.0.0/16}
        direction: {description: V(ingress) or V(egress)., type: str, sample: ingress}
        description: {description: The note., type: str, sample: ''}
        port_min: {description: 'First port, V(null) for the database''s own.', type: int, sample: 3306}
        port_max: {description: 'Last port, V(null) for the database''s own.', type: int, sample: 3306}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: a1b2}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_security_group import RdsSecurityGroup


def main() -> None:
    """Wiring only."""
    run(RdsSecurityGroup, databases)


if __name__ == "__main__":
    main()
