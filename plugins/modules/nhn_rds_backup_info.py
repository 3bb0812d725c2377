#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up and judge backups of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_backup_info
short_description: Look up and judge backups of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the backups, and of an instance that is named whether its automatic ones do what they should, by the service's own records.
  - Nothing is ever changed, and a bad judgement is no failure here; see RV(judgement).
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  instance:
    description: Name or id of the instance, which must exist; backups of every instance unless given.
    type: str
  name:
    description: Name or id of a backup; every one unless given.
    type: str
  kind:
    description: Only automatic, or only manual ones. The judgement is of the automatic ones all the same.
    type: str
    choices: [AUTO, MANUAL]
  max_age_hours:
    description: How old the newest good automatic backup may be, in hours, before it is judged too old. A day and the length of a window by default.
    type: float
    default: 26.0
"""

EXAMPLES = r"""
- name: How the backups of the primary's database do
  multicloud.dr.nhn_rds_backup_info:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    max_age_hours: 26
  register: backups
  failed_when: not backups.judgement.fine

- name: Whether the backup before the migration is good
  multicloud.dr.nhn_rds_backup_info:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: before-migration
    kind: MANUAL
  register: found
"""

RETURN = r"""
resources:
  description: What was found, oldest first; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: c9d0}
    name: {description: Its name., type: str, sample: auto-20260301}
    instance: {description: Id of the instance., type: str, sample: e5f6}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: COMPLETED}
    kind: {description: V(MANUAL) or V(AUTO)., type: str, sample: AUTO}
    bytes: {description: 'How large it is, in bytes.', type: int, sample: 2476333}
    version: {description: Version of the engine., type: str, sample: MYSQL_V8408}
    created: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T18:00:00.000+09:00'}
    finished: {description: 'When it was done, as the service writes it; V(null) before.', type: str, sample: '2026-03-01T18:04:00.000+09:00'}
judgement:
  description:
    - How the automatic backups of the instance do.
    - RV(judgement.verdict) is V(good), V(not_due) (the instance is younger than O(max_age_hours)), V(failed) (the last one that is over),
      V(too_old) or V(missing); the first two are RV(judgement.fine).
  returned: success; null unless O(instance) is given
  type: dict
  contains:
    verdict: {description: What the description says., type: str, sample: good}
    fine: {description: Whether nobody need look., type: bool, sample: true}
    words: {description: The same for people., type: str, sample: The newest one is 3.0 h old.}
    age_hours: {description: 'Age of the newest good one, in hours; V(null) when there is none.', type: float, sample: 3.0}
    last:
      description: The newest one that is over, V(null) when there is none.
      type: dict
      contains:
        name: {description: Its name., type: str, sample: auto-20260302}
        status: {description: 'Its state, in the service''s words.', type: str, sample: COMPLETED}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import BACKUP_OPTIONS, backups


def main() -> None:
    """Wiring only."""
    tell(BACKUP_OPTIONS, backups, databases)


if __name__ == "__main__":
    main()
