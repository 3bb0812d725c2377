#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove a key pair of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_keypair
short_description: Make or remove a key pair of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a public key by name. It belongs to the API user. A key cannot change under its name, as servers keep the one they were
    made with.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the key pair.
    type: str
    required: true
  public_key:
    description: The public key as one OpenSSH line. Required when it does not exist yet.
    type: str
"""

EXAMPLES = r"""
- name: The operators' key
  multicloud.dr.nhn_keypair:
    auth: '{{ nhn_auth }}'
    name: tickets
    public_key: '{{ lookup(''ansible.builtin.file'', ''id_ed25519.pub'') }}'

- name: Remove it
  multicloud.dr.nhn_keypair:
    auth: '{{ nhn_auth }}'
    name: tickets
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: tickets
    name: tickets
    public_key: ssh-ed25519 AAAA operators
    fingerprint: SHA256:abcd
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.keypair import Keypair


def main() -> None:
    """Wiring only."""
    run(Keypair)


if __name__ == "__main__":
    main()
