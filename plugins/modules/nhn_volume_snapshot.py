#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove a snapshot of a volume of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_volume_snapshot
short_description: Make or remove a snapshot of a volume of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a snapshot by name. A snapshot never changes; restore it with option O(ignore:snapshot) of M(multicloud.dr.nhn_volume).
  - A project may have three snapshots of a volume unless its quota says otherwise.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the snapshot, unique in the project.
    type: str
    required: true
  volume:
    description: Name or id of the volume. Required when the snapshot does not exist yet.
    type: str
  description:
    description: A note. Used when the snapshot is made.
    type: str
  while_attached:
    description: Whether to take it although a server has the volume attached. What the server has not written out is not in it.
    type: bool
  wait_seconds:
    description: How long to wait for the cloud, in seconds.
    type: int
    default: 1800
"""

EXAMPLES = r"""
- name: A snapshot of the data volume
  multicloud.dr.nhn_volume_snapshot:
    auth: '{{ nhn_auth }}'
    name: tickets-data-20260301
    volume: tickets-data
    while_attached: true
    description: before the upgrade
    wait_seconds: 3600

- name: Remove it
  multicloud.dr.nhn_volume_snapshot:
    auth: '{{ nhn_auth }}'
    name: tickets-data-20260301
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: d9e0
    name: tickets-data-20260301
    volume: b7c8
    description: ''
    size_gb: 20
    status: available
    created_at: '2026-03-01T02:00:00.000000'
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
    - volume tickets-data
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.volume_snapshot import VolumeSnapshot


def main() -> None:
    """Wiring only."""
    run(VolumeSnapshot)


if __name__ == "__main__":
    main()
