#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up flavors of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_flavor_info
short_description: Look up flavors of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the flavors a server can have. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every flavor unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which flavors there are
  multicloud.dr.nhn_flavor_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: What the database's flavor has
  multicloud.dr.nhn_flavor_info:
    auth: '{{ nhn_auth }}'
    name: m2.c2m4
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 6f8a
      name: m2.c1m2
      vcpus: 1
      ram_mb: 2048
      disk_gb: 0
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import FLAVORS, NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, FLAVORS.answer)


if __name__ == "__main__":
    main()
