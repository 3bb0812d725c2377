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
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a public key by name. It belongs to the API user. A key cannot change under its name, as servers keep the one they were
    made with.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the key pair, of letters, digits, spaces and V(_), V(@), V(.), V(-).
    type: str
    required: true
  public_key:
    description: The public key as one OpenSSH line, never empty. Required when it does not exist yet.
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
  contains:
    name: {description: Its name., type: str, sample: tickets}
    public_key: {description: The public key., type: str, sample: ssh-ed25519 AAAA operators}
    fingerprint: {description: Fingerprint of the key., type: str, sample: 'SHA256:abcd'}
    id: {description: 'Its name, as key pairs have no ids.', type: str, sample: tickets}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.keypair import Keypair


def main() -> None:
    """Wiring only."""
    run(Keypair)


if __name__ == "__main__":
    main()
