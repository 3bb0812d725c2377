#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up floating IPs of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_floating_ip_info
short_description: Look up floating IPs of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the public addresses of the project, bound and free.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Label, address or id; every floating IP unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which public addresses are free
  multicloud.dr.nhn_floating_ip_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: Which address the management host has
  multicloud.dr.nhn_floating_ip_info:
    auth: '{{ nhn_auth }}'
    name: tickets-management
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of label; C(name) is the label, empty when there is none.
    - C(port) is the id of the port it is bound to, empty when it is free.
  returned: success
  type: list
  elements: dict
  sample:
    - id: d5e6
      name: tickets-management
      address: 203.0.113.20
      port: e7f8
      fixed_address: 192.168.0.10
      status: ACTIVE
      delete_protection: false
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import floating_ips


def main() -> None:
    """Wiring only."""
    tell(NAME, floating_ips)


if __name__ == "__main__":
    main()
