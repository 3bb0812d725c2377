#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up key pairs for S3 of NHN Cloud's Object Storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_s3_credential_info
short_description: Look up key pairs for S3 of NHN Cloud's Object Storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells which key pairs the API user has in the tenant of Object Storage, three at most. They have no names, so whose they are is known only where
    their files are.
  - Secrets are never told. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  access:
    description: An access key; every pair unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which pairs there are
  multicloud.dr.nhn_s3_credential_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: Whether one is still there, before its file is thrown away
  multicloud.dr.nhn_s3_credential_info:
    auth: '{{ nhn_auth }}'
    access: 0f1e2d3c4b5a69788796a5b4c3d2e1f0
  register: found
"""

RETURN = r"""
resources:
  description: The pairs, oldest first; an empty list when there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its access key., type: str, sample: 0f1e2d3c4b5a69788796a5b4c3d2e1f0}
    access: {description: Its access key., type: str, sample: 0f1e2d3c4b5a69788796a5b4c3d2e1f0}
    user: {description: Id of the API user., type: str, sample: a1b2}
    tenant: {description: Id of the tenant of Object Storage., type: str, sample: c3d4}
    created_at: {description: 'When it was issued, as ISO 8601.', type: str, sample: '2026-03-01T02:00:00Z'}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import s3_credentials


def main() -> None:
    """Wiring only."""
    tell({"access": {"type": "str"}}, s3_credentials, objects)


if __name__ == "__main__":
    main()
