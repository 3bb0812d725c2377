#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up MySQL instances of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_instance_info
short_description: Look up MySQL instances of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the instances, replicas and failed masters included. Each takes five requests, as the service tells it in five answers.
  - One that is just being made has few properties yet. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every instance unless given.
    type: str
"""

EXAMPLES = r"""
- name: Where the database is
  multicloud.dr.nhn_rds_instance_info:
    auth: '{{ nhn_auth }}'
    name: tickets-db
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits.
  returned: success
  type: list
  elements: dict
  sample:
    - id: e5f6
      name: tickets-db
      role: MASTER
      status: AVAILABLE
      progress: NONE
      version: MYSQL_V8408
      flavor: 50be
      port: 3306
      domain: e5f6.internal.kr1.mysql.rds.nhncloudservice.com
      address: 192.168.10.50
      high_availability: true
      storage_gb: 50
      backup:
        days: 7
        start: '18:00:00'
        duration: ONE_HOUR
      apply_needed: false
      created: '2026-03-01T12:00:00.000+09:00'
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import databases, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import INSTANCE_OPTIONS, instances


def main() -> None:
    """Wiring only."""
    tell(INSTANCE_OPTIONS, instances, databases)


if __name__ == "__main__":
    main()
