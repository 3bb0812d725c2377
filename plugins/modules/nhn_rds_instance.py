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
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a MySQL instance by name and waits until it is available and idle.
  - Storage only grows. Subnet, zone and storage type never change. The service can change version and port, with a restart and, for a version, for
    good; here that is left to a person.
  - Of several backup windows, as the console can have them, one is kept as O(backup) says, and the others are left as they are.
  - After a failover the candidate is the master, by its own name. Nothing is made or removed by the old name then; the message names the new one.
  - An unchanged instance takes up to nine requests, as the service tells an instance in five answers and knows only ids of what is named.
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
    description: Name or id of the parameter group, of the same version. Pointing the instance at another one brings its values to life.
    type: str
  security_groups:
    description: Names or ids of the DB security groups, the whole set. With none nothing can connect.
    type: list
    elements: str
  subnet:
    description: Name or id of the subnet.
    type: str
  vpc:
    description:
      - Name or id of the VPC that the subnet is looked for in. The service itself tells subnets of all VPCs, by name alone; without this, a
        name that is there twice is refused. Needs what the network service needs in O(auth).
    type: str
  zone:
    description: Availability zone where it is made. A failover of a highly available instance moves it to the other one, which is no difference.
    type: str
  public_access:
    description: Whether the service gives it a public address and name too. The DB security group decides who gets that far.
    type: bool
  storage_type:
    description: Type of the storage, such as V(General SSD).
    type: str
  storage_gb:
    description: Size of the storage in gigabytes, from 20 to 2048; where it may grow by itself (O(storage_autoscale)), the size it has at least.
    type: int
  storage_autoscale:
    description: How storage grows by itself. Needs O(auth.rds_version=v4.0).
    type: dict
    suboptions:
      enabled:
        description: Whether it does.
        type: bool
        required: true
      threshold_percent:
        description: How full it is when it grows, from 50 to 95.
        type: int
      max_gb:
        description: Beyond what size it does not, in gigabytes, up to 4096.
        type: int
      cooldown_minutes:
        description: How long it waits after growing, from 10 to 1440 minutes.
        type: int
  backup:
    description: The automatic backup. What is left out stays as it is. Of several windows, made in the console, the first is compared.
    type: dict
    suboptions:
      days:
        description: How many days backups are kept; 0 for none. A new instance begins with 7.
        type: int
      start:
        description: When the window opens, as HH:MM:SS or HH:MM. A new instance begins with V(18:00:00).
        type: str
      duration:
        description: How long the window is. A new instance begins with V(ONE_HOUR).
        type: str
        choices:
          - HALF_AN_HOUR
          - ONE_HOUR
          - ONE_HOUR_AND_HALF
          - TWO_HOURS
          - TWO_HOURS_AND_HALF
          - THREE_HOURS
      retries:
        description: How often a backup that failed is tried again, from 0 to 10.
        type: int
      lock_wait_seconds:
        description: How long a backup may wait for the lock of all tables, from 0 to 21600 seconds.
        type: int
      lock:
        description: Whether a backup locks the tables for a moment. Without it no replica can be made of the backup.
        type: bool
      replication_region:
        description: Region that backups are copied to.
        type: str
        choices: [KR1, KR2, JP1]
  high_availability:
    description: Whether a candidate in another zone stands by. A failover deletes all binary logs.
    type: bool
  candidate_name:
    description: Name of that candidate; the instance's with C(-candidate) unless given. Used when high availability begins, not compared later.
    type: str
  ping_interval_seconds:
    description:
      - How often the service looks whether the instance lives, from 1 to 600 seconds; four failures make it fail over.
      - Used when high availability begins; it cannot be read, so it is not compared later.
    type: int
  slow_query_analysis:
    description: Whether slow queries are analysed. Needs O(auth.rds_version=v4.0).
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
        description: Name or id of the backup. A name that several have, and a backup that is not complete, are refused.
        type: str
      binlog_file:
        description: Binary log up to which changes are applied on top.
        type: str
      binlog_position:
        description: Place in it, in bytes from its beginning.
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
  tls:
    description: What the first user's connections must be. Used when the instance is made; M(multicloud.dr.nhn_rds_user) keeps it later.
    type: str
    choices: [NONE, SSL, X509]
  remove_automatic_backups:
    description: Whether O(state=absent) removes its automatic backups too. Manual ones stay. Needs O(auth.rds_version=v4.0).
    type: bool
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
    authentication_plugin: CACHING_SHA2
    tls: SSL
    parameter_group: tickets-db
    security_groups:
      - tickets-db
    subnet: tickets-app
    zone: kr-pub-a
    public_access: false
    storage_type: General SSD
    storage_gb: 50
    backup:
      days: 7
      start: '18:00:00'
      retries: 2
    high_availability: true
    candidate_name: tickets-db-b
    ping_interval_seconds: 3

- name: How its backups are made, and that nobody removes it by mistake
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-db
    description: the seats
    backup:
      days: 7
      start: '18:00:00'
      duration: TWO_HOURS
      lock: true
      lock_wait_seconds: 600
      replication_region: KR2
    deletion_protection: true

- name: What only v4.0 of the service can
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-db
    storage_autoscale:
      enabled: true
      threshold_percent: 80
      max_gb: 200
      cooldown_minutes: 60
    slow_query_analysis: true

- name: A new one of a backup, with what the binary log holds up to a place
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-again
    version: MYSQL_V8045
    restore:
      backup: before-migration
      binlog_file: mysql-bin.000042
      binlog_position: 4711
    flavor: m2.c2m4
    port: 3306
    parameter_group: tickets-db
    security_groups:
      - tickets-db
    vpc: tickets-vpc
    subnet: tickets-app
    zone: kr-pub-b
    storage_type: General SSD
    storage_gb: 50
    backup:
      days: 7
    wait_seconds: 7200

- name: A new one as the database was at a moment
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-again
    version: MYSQL_V8045
    restore:
      instance: tickets-db
      time: '2026-03-01T12:00:00+09:00'
    flavor: m2.c2m4
    port: 3306
    parameter_group: tickets-db
    security_groups:
      - tickets-db
    subnet: tickets-app
    zone: kr-pub-b
    storage_type: General SSD
    storage_gb: 50
    backup:
      days: 7

- name: A new one of exported files, in another project
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-again
    version: MYSQL_V8045
    restore:
      container: tickets-backups
      path: before-migration
    flavor: m2.c2m4
    port: 3306
    parameter_group: tickets-db
    security_groups:
      - tickets-db
    subnet: tickets-app
    zone: kr-pub-b
    storage_type: General SSD
    storage_gb: 50
    backup:
      days: 7

- name: Remove it with its automatic backups
  multicloud.dr.nhn_rds_instance:
    auth: '{{ nhn_auth }}'
    name: tickets-again
    remove_automatic_backups: true
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    admin_password: {description: 'As asked for, and hidden; told in check mode alone, before it is made.', type: str, sample: '********'}
    admin_user: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: operator}
    backup:
      description: The plan of its automatic backups.
      type: dict
      contains:
        days: {description: 'How many days they are kept, V(0) for none made.', type: int, sample: 1}
        start: {description: 'When the window begins, as HH:MM:SS.', type: str, sample: '18:00:00'}
        duration: {description: 'How long the window is, in the service''s words.', type: str, sample: ONE_HOUR}
        retries: {description: Number of further attempts., type: int, sample: 2}
        lock_wait_seconds: {description: 'How long the lock is waited for, in seconds.', type: int, sample: 1800}
        lock: {description: Whether tables are locked meanwhile., type: bool, sample: true}
        replication_region: {description: 'Region that they are copied to, V(null) for none.', type: str, sample: KR2}
    flavor: {description: Id of its flavor., type: str, sample: a1b2}
    name: {description: Its name., type: str, sample: tickets-db}
    parameter_group: {description: Id of its parameter group., type: str, sample: a1b2}
    port: {description: TCP port of the database., type: int, sample: 3306}
    security_groups: {description: Ids of its DB security groups., type: list, elements: str, sample: [a1b2]}
    storage_gb: {description: 'Size of its storage, in GB.', type: int, sample: 20}
    storage_type: {description: Type of its storage., type: str, sample: General SSD}
    subnet: {description: Id of its subnet., type: str, sample: a1b2}
    version: {description: Version of the engine., type: str, sample: MYSQL_V8408}
    zone: {description: Its availability zone., type: str, sample: kr-pub-a}
    address: {description: 'Its address inside the VPC, V(null) while there is none.', type: str, sample: 192.168.10.50}
    apply_needed: {description: Whether it runs on older values than its parameter group has., type: bool, sample: false}
    created: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T12:00:00.000+09:00'}
    deletion_protection: {description: Whether the service refuses to remove it., type: bool, sample: false}
    description: {description: The note., type: str, sample: new}
    domain: {description: 'Its name inside the VPC, V(null) while there is none.', type: str, sample: e5f6.internal.kr1.mysql.rds.nhncloudservice.com}
    high_availability: {description: Whether a second one stands by., type: bool, sample: true}
    id: {description: Its id., type: str, sample: e5f6}
    progress: {description: 'What is being done to it, in the service''s words.', type: str, sample: NONE}
    public_access: {description: Whether it has a public address., type: bool, sample: true}
    role: {description: 'V(MASTER), or what else it is in its group.', type: str, sample: MASTER}
    slow_query_analysis: {description: Whether slow queries are analysed. V4.0 alone., type: bool, sample: true}
    status: {description: 'Whether it can be used, in the service''s words.', type: str, sample: AVAILABLE}
    storage_autoscale:
      description: How its storage grows by itself. V4.0 alone.
      type: dict
      contains:
        enabled: {description: Whether it does., type: bool, sample: false}
        threshold_percent: {description: 'From how much use on, in percent.', type: int, sample: 80}
        max_gb: {description: 'Up to which size, in GB.', type: int, sample: 2048}
        cooldown_minutes: {description: 'How long it then rests, in minutes.', type: int, sample: 30}
    candidate_name: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: w-stands-by}
    ping_interval_seconds: {description: 'How often the standby looks, in seconds.', type: int, sample: 5}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_instance import RdsInstance


def main() -> None:
    """Wiring only."""
    run(RdsInstance, databases)


if __name__ == "__main__":
    main()
