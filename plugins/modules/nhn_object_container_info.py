#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up containers of NHN Cloud Object Storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_object_container_info
short_description: Look up containers of NHN Cloud Object Storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the containers of the tenant of Object Storage.
  - Each takes a request, as a container tells its settings itself.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name; every container unless given.
    type: str
"""

EXAMPLES = r"""
- name: What the backups take
  multicloud.dr.nhn_object_container_info:
    auth: '{{ nhn_auth }}'
    name: tickets-backups
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. C(objects) counts them, C(bytes) is what they take.
    - C(lifecycle_days) is V(0) where objects live until somebody removes them.
  returned: success
  type: list
  elements: dict
  sample:
    - id: tickets-backups
      name: tickets-backups
      storage_policy: Standard
      lifecycle_days: 0
      objects: 12
      bytes: 104857600
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import object_containers


def main() -> None:
    """Wiring only."""
    tell(NAME, object_containers, objects)


if __name__ == "__main__":
    main()
