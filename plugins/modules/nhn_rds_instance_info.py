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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: e5f6}
    name: {description: Its name., type: str, sample: tickets-db}
    description: {description: The note., type: str, sample: new}
    version: {description: Version of the engine., type: str, sample: MYSQL_V8408}
    flavor: {description: Id of its flavor., type: str, sample: 50be}
    port: {description: TCP port of the database., type: int, sample: 3306}
    parameter_group: {description: Id of its parameter group., type: str, sample: a1b2}
    security_groups: {description: Ids of its DB security groups., type: list, elements: str, sample: [a1b2]}
    subnet: {description: Id of its subnet., type: str, sample: a1b2}
    zone: {description: Its availability zone., type: str, sample: kr-pub-a}
    public_access: {description: Whether it has a public address., type: bool, sample: true}
    storage_type: {description: Type of its storage., type: str, sample: General SSD}
    storage_gb: {description: 'Size of its storage, in GB.', type: int, sample: 50}
    storage_autoscale:
      description: How its storage grows by itself. V4.0 alone.
      type: dict
      contains:
        enabled: {description: Whether it does., type: bool, sample: false}
        threshold_percent: {description: 'From how much use on, in percent.', type: int, sample: 80}
        max_gb: {description: 'Up to which size, in GB.', type: int, sample: 2048}
        cooldown_minutes: {description: 'How long it then rests, in minutes.', type: int, sample: 30}
    backup:
      description: The plan of its automatic backups.
      type: dict
      contains:
        start: {description: 'When the window begins, as HH:MM:SS.', type: str, sample: '18:00:00'}
        duration: {description: 'How long the window is, in the service''s words.', type: str, sample: ONE_HOUR}
        days: {description: 'How many days they are kept, V(0) for none made.', type: int, sample: 7}
        retries: {description: Number of further attempts., type: int, sample: 2}
        lock_wait_seconds: {description: 'How long the lock is waited for, in seconds.', type: int, sample: 1800}
        lock: {description: Whether tables are locked meanwhile., type: bool, sample: true}
        replication_region: {description: 'Region that they are copied to, V(null) for none.', type: str, sample: KR2}
    high_availability: {description: Whether a second one stands by., type: bool, sample: true}
    slow_query_analysis: {description: Whether slow queries are analysed. V4.0 alone., type: bool, sample: true}
    deletion_protection: {description: Whether the service refuses to remove it., type: bool, sample: false}
    status: {description: 'Whether it can be used, in the service''s words.', type: str, sample: AVAILABLE}
    progress: {description: 'What is being done to it, in the service''s words.', type: str, sample: NONE}
    role: {description: 'V(MASTER), or what else it is in its group.', type: str, sample: MASTER}
    created: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T12:00:00.000+09:00'}
    domain: {description: 'Its name inside the VPC, V(null) while there is none.', type: str, sample: e5f6.internal.kr1.mysql.rds.nhncloudservice.com}
    address: {description: 'Its address inside the VPC, V(null) while there is none.', type: str, sample: 192.168.10.50}
    apply_needed: {description: Whether it runs on older values than its parameter group has., type: bool, sample: false}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import INSTANCE_OPTIONS, instances


def main() -> None:
    """Wiring only."""
    tell(INSTANCE_OPTIONS, instances, databases)


if __name__ == "__main__":
    main()
