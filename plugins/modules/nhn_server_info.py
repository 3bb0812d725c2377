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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: b3c4}
    name: {description: Its name., type: str, sample: tickets-management}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
    flavor: {description: Id of its flavor., type: str, sample: 50be}
    ports: {description: Ids of its ports., type: list, elements: str, sample: [e7f8]}
    keypair: {description: Name of its key pair., type: str, sample: tickets}
    zone: {description: Its availability zone., type: str, sample: kr-pub-a}
    addresses: {description: Its addresses inside the VPC., type: list, elements: str, sample: [192.168.0.10]}
    fault: {description: 'Why it is in ERROR, in the cloud''s words; V(null) when it is not.', type: str, sample: No valid host was found.}
    image: {description: Id of its image., type: str, sample: c1a7}
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T03:00:00Z'}
    public_addresses: {description: Its floating IPs' addresses., type: list, elements: str, sample: [203.0.113.20]}
    security_groups: {description: Names of its security groups., type: list, elements: str, sample: [tickets-management]}
    volumes: {description: Ids of its volumes., type: list, elements: str, sample: [f0a1]}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import servers


def main() -> None:
    """Wiring only."""
    tell(NAME, servers)


if __name__ == "__main__":
    main()
