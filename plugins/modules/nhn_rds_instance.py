#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a MySQL instance of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_instance
short_description: Make, change or remove a MySQL instance of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a MySQL instance by name and waits until it is available and idle.
  - Storage only grows. Version, port, subnet, zone and storage type cannot change here.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the instance.
    type: str
    required: true
  description:
    description: A note.
    type: str
  version:
    description: Engine version, such as V(MYSQL_V8045).
    type: str
  flavor:
    description: Name or id of the flavor. A change restarts the instance.
    type: str
  port:
    description: Port, from 3306 to 43306; the service has no default.
    type: int
  admin_user:
    description: Name of the first database user. Used when the instance is made, not compared later.
    type: str
  admin_password:
    description: Its password. Used when the instance is made, not compared later.
    type: str
  parameter_group:
    description: Name or id of the parameter group, of the same version.
    type: str
  security_groups:
    description: Names or ids of the DB security groups, the whole set. With none nothing can connect.
    type: list
    elements: str
  subnet:
    description: Name or id of the subnet.
    type: str
  zone:
    description: Availability zone.
    type: str
  storage_type:
    description: Type of the storage, such as V(General SSD).
    type: str
  storage_gb:
    description: Size of the storage in gigabytes, from 20 to 2048.
    type: int
  backup:
    description: The automatic backup.
    type: dict
    suboptions:
      days:
        description: How many days backups are kept; 0 for none.
        type: int
        default: 7
      start:
        description: When the window opens, as HH:MM:SS.
        type: str
        default: '18:00:00'
      duration:
        description: How long the window is.
        type: str
        choices:
          - HALF_AN_HOUR
          - ONE_HOUR
          - ONE_HOUR_AND_HALF
          - TWO_HOURS
          - TWO_HOURS_AND_HALF
          - THREE_HOURS
        default: ONE_HOUR
  high_availability:
    description: Whether a candidate in another zone stands by. A failover deletes all binary logs.
    type: bool
  deletion_protection:
    description: Whether the service refuses to remove the instance.
    type: bool
  restore:
    description:
      - Make it of a backup instead of empty. It then has the accounts of the backup. Used when the instance is made.
      - One of the backup as it is; the backup and its instance's binary logs up to a place; an instance as it was at a moment; exported files.
    type: dict
    suboptions:
      backup:
        description: Name or id of the backup.
        type: str
      binlog_file:
        description: Binary log up to which changes are applied on top.
        type: str
      binlog_position:
        description: Place in it.
        type: int
      instance:
        description: Name or id of the instance whose past is wanted.
        type: str
      time:
        description: The moment, as ISO 8601 with an offset. One outside of what the binary logs reach is refused with what they do reach.
        type: str
      container:
        description: Container of Object Storage with exported files.
        type: str
      path:
        description: The object, or the folder of its parts.
        type: str
  authentication_plugin:
    description: Plugin of the first user. Used when the instance is made.
    type: str
    choices:
      - NATIVE
      - SHA256
      - CACHING_SHA2
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 1800
"""

EXAMPLES = r"""
- name: The database of the primary site
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-db
    version: MYSQL_V8045
    flavor: m2.c2m4
    port: 3306
    admin_user: operator
    admin_password: '{{ nhn_database_admin_password }}'
    parameter_group: tickets-db
    security_groups:
      - tickets-db
    subnet: tickets-app
    zone: kr-pub-a
    storage_type: General SSD
    storage_gb: 50
    backup:
      days: 7
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: e5f6
    name: tickets-db
    status: AVAILABLE
    progress: NONE
    port: 3306
    domain: e5f6.internal.kr1.mysql.rds.nhncloudservice.com
    address: 192.168.10.50
    apply_needed: false
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE, spec, told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_instance import RdsInstance


def main() -> None:
    """Wiring only."""
    module = AnsibleModule(spec(RdsInstance.fields, RdsInstance.options, STATE, NHN_AUTH), supports_check_mode=True)
    with told_plainly(module):
        RdsInstance(Rds(module.params["auth"], job_seconds=module.params["wait_seconds"]), module.params).run(module)


if __name__ == "__main__":
    main()
