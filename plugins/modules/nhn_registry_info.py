#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up container registries of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_registry_info
short_description: Look up container registries of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the registries of the appkey.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every registry unless given.
    type: str
"""

EXAMPLES = r"""
- name: Where images are pushed to
  multicloud.dr.nhn_registry_info:
    auth: '{{ nhn_auth }}'
    name: tickets
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. C(images) counts them, C(bytes) is what they take; C(uri) is what an image's name begins with.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: '7'}
    name: {description: Its name., type: str, sample: tickets}
    scan_on_push: {description: Whether images are looked through as they come., type: bool, sample: true}
    block_vulnerable: {description: Whether images with weaknesses cannot be fetched., type: bool, sample: false}
    system_cve_allowlist: {description: Whether the service's own list of weaknesses that do not count is used., type: bool, sample: true}
    require_signature: {description: Whether images must be signed., type: bool, sample: false}
    severity: {description: 'From which severity on weaknesses count, V(null) when they do not.', type: str, sample: critical}
    cve_allowlist: {description: Weaknesses that do not count., type: list, elements: str, sample: []}
    images: {description: Number of repositories in it., type: int, sample: 2}
    bytes: {description: 'What it holds, in bytes.', type: int, sample: 104857600}
    uri: {description: Where images go., type: str, sample: 0a1b2c3d-kr1-registry.container.nhncloud.com/tickets}
    private_uri: {description: Where images go from inside a VPC., type: str, sample: private-0a1b2c3d-kr1-registry.container.nhncloud.com/tickets}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import registries
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.registry import registries as connect


def main() -> None:
    """Wiring only."""
    tell(NAME, registries, connect)


if __name__ == "__main__":
    main()
