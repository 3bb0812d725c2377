#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take today's snapshots of volumes of NHN Cloud, and remove the oldest."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_volume_snapshot_rotation
short_description: Take snapshots of volumes of NHN Cloud by a schedule, and remove the oldest
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - One snapshot of each volume for each stamp, called VOLUME-STAMP. A second run with the same stamp changes nothing.
  - Only snapshots with such a name, of that very volume, are ever removed. One that failed is removed and not counted as kept.
  - The oldest go before the new one is made, as a project may have three of a volume unless more were asked for; the only one that is kept
    goes after it. A volume that cannot be done does not hold up the others; the task fails in the end.
  - Role P(multicloud.dr.nhn_storage#role) has it done by a timer on a host.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  volumes:
    description: The volumes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the volume.
        type: str
        required: true
      keep:
        description: How many good snapshots stay, the new one included; at least 1.
        type: int
        required: true
  stamp:
    description: What tells one snapshot from the next, digits only.
    type: str
    required: true
  wait_seconds:
    description: How long one snapshot may take to be made, in seconds.
    type: int
    default: 1800
"""

EXAMPLES = r"""
- name: Take today's snapshot, of which three stay
  multicloud.dr.nhn_volume_snapshot_rotation:
    auth: '{{ nhn_auth }}'
    volumes:
      - {name: tickets-data, keep: 3}
    stamp: "{{ now(utc=true, fmt='%Y%m%d') }}"
    wait_seconds: 3600
"""

RETURN = r"""
rotations:
  description:
    - What was done with each volume, or would be. C(made) is empty when this stamp has a good snapshot already; C(kept) are the names of the
      scheduled ones that stay, the new one last.
  returned: success
  type: list
  elements: dict
  contains:
    volume: {description: Name of the volume., type: str, sample: tickets-data}
    made: {description: 'Name of the snapshot made, empty when this stamp has a good one.', type: str, sample: tickets-data-20260304}
    removed: {description: Names of those removed., type: list, elements: str, sample: [tickets-data-20260301]}
    kept:
      description: Names of those that stay, the new one last.
      type: list
      elements: str
      sample: [tickets-data-20260302, tickets-data-20260303, tickets-data-20260304]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import act
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.snapshot_rotation import OPTIONS, rotate


def main() -> None:
    """Wiring only."""
    act(OPTIONS, rotate)


if __name__ == "__main__":
    main()
