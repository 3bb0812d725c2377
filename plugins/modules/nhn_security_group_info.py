#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up security groups of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_security_group_info
short_description: Look up security groups of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the security groups of the project with their rules for IPv4.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every security group unless given.
    type: str
"""

EXAMPLES = r"""
- name: What may come in
  multicloud.dr.nhn_security_group_info:
    auth: '{{ nhn_auth }}'
    name: tickets-management
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. Rules are as M(multicloud.dr.nhn_security_group) takes them.
    - C(remote_cidr) and C(remote_group) are both V(null) where a rule holds for everybody; V(itself) stands for the group's own id.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: d1e2}
    name: {description: Its name., type: str, sample: tickets-management}
    description: {description: The note., type: str, sample: ''}
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
        description: {description: The note., type: str, sample: operators}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import security_groups


def main() -> None:
    """Wiring only."""
    tell(NAME, security_groups)


if __name__ == "__main__":
    main()
