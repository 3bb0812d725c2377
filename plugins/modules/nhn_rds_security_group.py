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
  - The multicloud.dr contributors
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
  sample:
    id: a1b2
    name: tickets-db
    description: ''
    rules:
      - direction: ingress
        cidr: 192.168.0.0/16
        port_min: null
        port_max: null
        description: ''
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_security_group import RdsSecurityGroup


def main() -> None:
    """Wiring only."""
    run(RdsSecurityGroup, databases)


if __name__ == "__main__":
    main()
