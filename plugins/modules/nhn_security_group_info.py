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
  - The multicloud.dr contributors
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
  sample:
    - id: d1e2
      name: tickets-management
      description: ''
      rules:
        - direction: ingress
          protocol: tcp
          port_min: 22
          port_max: 22
          remote_cidr: 198.51.100.0/24
          remote_group: null
          description: operators
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import security_groups


def main() -> None:
    """Wiring only."""
    tell(NAME, security_groups)


if __name__ == "__main__":
    main()
