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
  - The multicloud.dr contributors
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
    description: Where in Object Storage its files should be. What is there already is not looked into, nor replaced.
    type: dict
    suboptions:
      container:
        description: Name of the container, which must exist.
        type: str
        required: true
      path:
        description: Name of the object. The service may write several parts below it.
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
  sample:
    id: c9d0
    name: before-migration
    instance: e5f6
    status: COMPLETED
    kind: MANUAL
    bytes: 2476333
    binlog_file: mysql-bin.000012
    binlog_position: 819
    export:
      container: tickets-backups
      path: before-migration
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
    - vpc tickets-vpc
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_backup import RdsBackup


def main() -> None:
    """Wiring only."""
    run(RdsBackup, databases)


if __name__ == "__main__":
    main()
