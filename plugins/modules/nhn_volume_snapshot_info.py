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
  - Tells the snapshots of volumes, and of a volume that is named whether its scheduled ones are made. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every volume snapshot unless given.
    type: str
  volume:
    description: Name or id of a volume; only its snapshots are told then, and RV(judgement) with them.
    type: str
  max_age_hours:
    description: How old its newest good scheduled snapshot may be to be fine, in hours.
    type: float
    default: 26.0
"""

EXAMPLES = r"""
- name: Which snapshots there are
  multicloud.dr.nhn_volume_snapshot_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: Whether one is there
  multicloud.dr.nhn_volume_snapshot_info:
    auth: '{{ nhn_auth }}'
    name: tickets-data-20260301
  register: found

- name: Refuse to go on while the scheduled ones are not made
  multicloud.dr.nhn_volume_snapshot_info:
    auth: '{{ nhn_auth }}'
    volume: tickets-data
    max_age_hours: 26
  register: scheduled
  failed_when: not scheduled.judgement.fine
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
judgement:
  description:
    - Whether the snapshots of a schedule, called VOLUME-STAMP, are made; V(null) unless O(volume) is given.
    - C(verdict) is V(good), V(failed) (the last one), V(too_old), V(missing) or V(not_due) (the volume is younger than that). C(fine) is
      true for V(good) and V(not_due), C(words) says it, C(last) is the newest one's name, C(age_hours) is of the newest good one.
  returned: success
  type: dict
  sample:
    verdict: good
    fine: true
    words: The newest scheduled snapshot of tickets-data, tickets-data-20260301, is 3.0 h old.
    last: tickets-data-20260301
    age_hours: 3.0
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.snapshot_health import OPTIONS, snapshots


def main() -> None:
    """Wiring only."""
    tell(OPTIONS, snapshots)


if __name__ == "__main__":
    main()
