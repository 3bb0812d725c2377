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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: d5e6}
    name: {description: Its name., type: str, sample: tickets-management}
    port: {description: 'Id of the port that it is bound to, empty when it is not.', type: str, sample: e7f8}
    address: {description: The public address., type: str, sample: 203.0.113.20}
    fixed_address: {description: 'The address it leads to, V(null) when it is not bound.', type: str, sample: 192.168.0.10}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
    delete_protection: {description: Whether the service refuses to remove it., type: bool, sample: false}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import floating_ips


def main() -> None:
    """Wiring only."""
    tell(NAME, floating_ips)


if __name__ == "__main__":
    main()
