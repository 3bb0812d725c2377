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
  - The multicloud.dr contributors
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
  sample:
    - id: c9d0
      name: auto-20260301
      instance: e5f6
      status: COMPLETED
      kind: AUTO
      bytes: 2476333
      version: MYSQL_V8408
      created: '2026-03-01T18:00:00.000+09:00'
      finished: '2026-03-01T18:04:00.000+09:00'
judgement:
  description:
    - How the automatic backups of the instance do.
    - 'RV(judgement.verdict) is V(good), V(not_due) (the instance is younger than O(max_age_hours)), V(failed) (the last one that is over),
      V(too_old) or V(missing); the first two are RV(judgement.fine).'
  returned: success; null unless O(instance) is given
  type: dict
  sample:
    verdict: failed
    fine: false
    words: The last automatic backup of tickets-db, auto-20260302, failed; the newest good one is 24.1 h old.
    age_hours: 24.1
    last:
      name: auto-20260302
      status: ERROR
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import BACKUP_OPTIONS, backups


def main() -> None:
    """Wiring only."""
    tell(BACKUP_OPTIONS, backups, databases)


if __name__ == "__main__":
    main()
