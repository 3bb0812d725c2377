#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up servers of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_server_info
short_description: Look up servers of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the servers of the project with their addresses, ports and volumes; those that are being removed are not told.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every server unless given.
    type: str
"""

EXAMPLES = r"""
- name: Where the management host is
  multicloud.dr.nhn_server_info:
    auth: '{{ nhn_auth }}'
    name: tickets-management
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. Flavor, image, ports and volumes are told by id, security groups by name.
    - C(fault) is why it is in status C(ERROR), V(null) otherwise. C(created_at) is in UTC.
  returned: success
  type: list
  elements: dict
  sample:
    - id: b3c4
      name: tickets-management
      status: ACTIVE
      flavor: 50be
      image: c1a7
      keypair: tickets
      zone: kr-pub-a
      ports: [e7f8]
      addresses: [192.168.0.10]
      public_addresses: [203.0.113.20]
      security_groups: [tickets-management]
      volumes: [f0a1]
      created_at: '2026-03-01T03:00:00Z'
      fault: null
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import servers


def main() -> None:
    """Wiring only."""
    tell(NAME, servers)


if __name__ == "__main__":
    main()
