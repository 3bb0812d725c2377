#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up volume snapshots of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_volume_snapshot_info
short_description: Look up volume snapshots of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the snapshots of volumes, so that old ones can be found and removed. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every volume snapshot unless given.
    type: str
"""

EXAMPLES = r"""
- name: Which snapshots there are
  multicloud.dr.nhn_volume_snapshot_info:
    auth: '{{ nhn_auth }}'
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  sample:
    - id: d9e0
      name: tickets-data-20260301
      volume: b7c8
      size_gb: 20
      status: available
      created_at: '2026-03-01T02:00:00.000000'
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME, SNAPSHOTS


def main() -> None:
    """Wiring only."""
    tell(NAME, SNAPSHOTS.answer)


if __name__ == "__main__":
    main()
