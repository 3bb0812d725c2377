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
  - The multicloud.dr contributors
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
  sample:
    - id: '7'
      name: tickets
      scan_on_push: true
      block_vulnerable: false
      severity: null
      system_cve_allowlist: true
      cve_allowlist: []
      require_signature: false
      images: 2
      bytes: 104857600
      uri: 0a1b2c3d-kr1-registry.container.nhncloud.com/tickets
      private_uri: private-0a1b2c3d-kr1-registry.container.nhncloud.com/tickets
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
