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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: d9e0}
    name: {description: Its name., type: str, sample: tickets-data-20260301}
    volume: {description: Id of the volume., type: str, sample: b7c8}
    size_gb: {description: 'Size of its volume, in GB.', type: int, sample: 20}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: available}
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T02:00:00.000000'}
judgement:
  description:
    - Whether the snapshots of a schedule, called VOLUME-STAMP, are made; V(null) unless O(volume) is given.
    - C(verdict) is V(good), V(failed) (the last one), V(too_old), V(missing) or V(not_due) (the volume is younger than that). C(fine) is true for
      V(good) and V(not_due), C(words) says it, C(last) is the newest one's name, C(age_hours) is of the newest good one.
  returned: success
  type: dict
  contains:
    verdict: {description: What the description says., type: str, sample: good}
    fine: {description: Whether nobody need look., type: bool, sample: true}
    words: {description: The same for people., type: str, sample: The newest one is 3.0 h old.}
    age_hours: {description: 'Age of the newest good one, in hours; V(null) when there is none.', type: float, sample: 3.0}
    last: {description: 'Name of the newest one, V(null) when there is none.', type: str, sample: tickets-data-20260301}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.snapshot_health import OPTIONS, snapshots


def main() -> None:
    """Wiring only."""
    tell(OPTIONS, snapshots)


if __name__ == "__main__":
    main()
