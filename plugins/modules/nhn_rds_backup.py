#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, export or remove a backup of an NHN Cloud RDS instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_backup
short_description: Make, export or remove a backup of an NHN Cloud RDS instance
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a backup by name, made on demand, and waits until it is finished. A name stands for one backup; there is no making it again.
  - With O(export) its files are copied to Object Storage as well. Removing the backup leaves exported files alone.
  - M(multicloud.dr.nhn_rds_instance) makes a new instance of a backup (O(multicloud.dr.nhn_rds_instance#module:restore)).
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: 'Name of the backup: a letter, then letters, digits, hyphens and underscores.'
    type: str
    required: true
  instance:
    description: Name or id of the instance.
    type: str
    required: true
  export:
    description:
      - Where in Object Storage its files should be. What is there already is never replaced.
      - The service does not say whose exported files are. What is at O(export.path) counts as the export of this backup when it is no older than the
        backup; anything else there is refused.
    type: dict
    suboptions:
      container:
        description: Name of the container, which must exist.
        type: str
        required: true
      path:
        description:
          - Name of the object, with the backup's name as one of its parts (V(nightly/before-migration)), so that no other backup can be meant.
          - At most 1024 bytes, 255 for each part, without spaces, quotes and the characters V(<), V(>) and V(;). The service may write several parts
            below it.
        type: str
        required: true
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: A backup before the migration, outside of RDS as well
  multicloud.dr.nhn_rds_backup:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: before-migration
    export:
      container: tickets-backups
      path: before-migration
    wait_seconds: 7200

- name: Remove it
  multicloud.dr.nhn_rds_backup:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: before-migration
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    instance: {description: Id of the instance., type: str, sample: e5f6}
    name: {description: Its name., type: str, sample: before-migration}
    binlog_file: {description: 'Binary log file that it ends in, V(null) when that is not told.', type: str, sample: mysql-bin.000012}
    binlog_position: {description: 'Position in that file, V(null) when that is not told.', type: int, sample: 819}
    bytes: {description: 'How large it is, in bytes.', type: int, sample: 2476333}
    created: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-11-26T23:32:40.406+09:00'}
    export:
      description: Where its exported files are, when O(export) asks for them; V(null) when they are not there.
      type: dict
      contains:
        container: {description: The container., type: str, sample: tickets-backups}
        path: {description: Where in the container., type: str, sample: before-migration}
    finished: {description: 'When it was done, as the service writes it; V(null) before.', type: str, sample: '2026-11-26T23:32:40.416+09:00'}
    id: {description: Its id., type: str, sample: c9d0}
    kind: {description: V(MANUAL) or V(AUTO)., type: str, sample: MANUAL}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: COMPLETED}
    version: {description: Version of the engine., type: str, sample: MYSQL_V8408}
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
  sample: [vpc tickets-vpc]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_backup import RdsBackup


def main() -> None:
    """Wiring only."""
    run(RdsBackup, databases)


if __name__ == "__main__":
    main()
