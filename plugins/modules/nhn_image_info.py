#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up images of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_image_info
short_description: Look up images of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the images a server can be made of. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every image unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which images there are
  multicloud.dr.nhn_image_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: The newest Debian
  multicloud.dr.nhn_image_info:
    auth: '{{ nhn_auth }}'
    name: Debian 12 Bookworm
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 5a8f
      name: Debian 12 Bookworm (2026.01.20)
      status: active
      min_disk_gb: 20
      created_at: '2026-01-20T02:00:00Z'
      login_username: debian
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import IMAGES, NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, IMAGES.answer)


if __name__ == "__main__":
    main()
