#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, bind or remove a floating IP of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_floating_ip
short_description: Make, bind or remove a floating IP of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a public address, known by its label, and binds it to a port. The cloud picks the address.
  - The subnet of the port must follow a routing table with an internet gateway.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Label of the address.
    type: str
    required: true
  port:
    description: Name or id of the port, an empty string to free it.
    type: str
  delete_protection:
    description: Whether the cloud refuses to give the address back.
    type: bool
"""

EXAMPLES = r"""
- name: The public address of the management host
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    port: tickets-management

- name: Free it, and keep it for the next host
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    port: ''
    delete_protection: true

- name: Give an address back
  multicloud.dr.nhn_floating_ip:
    auth: '{{ nhn_auth }}'
    name: tickets-nat
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    name: {description: Its name., type: str, sample: tickets-management}
    port: {description: 'Id of the port that it is bound to, empty when it is not.', type: str, sample: f3a4}
    address: {description: The public address., type: str, sample: 198.51.100.100}
    delete_protection: {description: Whether the service refuses to remove it., type: bool, sample: false}
    fixed_address: {description: 'The address it leads to, V(null) when it is not bound.', type: str, sample: 192.168.0.10}
    id: {description: Its id., type: str, sample: f9a0}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.floating_ip import FloatingIp
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run


def main() -> None:
    """Wiring only."""
    run(FloatingIp)


if __name__ == "__main__":
    main()
