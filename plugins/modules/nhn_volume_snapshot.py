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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    name: {description: Its name., type: str, sample: tickets-data-20260301}
    volume: {description: Id of the volume., type: str, sample: b7c8}
    while_attached: {description: 'As asked for; told in check mode alone, before it is made.', type: bool, sample: true}
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T02:00:00.000000'}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: d9e0}
    size_gb: {description: 'Size of its volume, in GB.', type: int, sample: 20}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: available}
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
  sample: [volume tickets-data]
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.volume_snapshot import VolumeSnapshot


def main() -> None:
    """Wiring only."""
    run(VolumeSnapshot)


if __name__ == "__main__":
    main()
