#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a database user of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_user
short_description: Make, change or remove a database user of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a user of an instance, known by name and host. RDS users cannot be made by SQL.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the user, up to 32 characters.
    type: str
    required: true
  instance:
    description: Name or id of the instance.
    type: str
    required: true
  host:
    description: Where the user may come from.
    type: str
    default: '%'
  authority:
    description: What the user may do; each includes the one before. C(READ) includes replication, C(DDL) is needed for triggers
      and for NHN's own procedures. Required when the user does not exist yet.
    type: str
    choices:
      - READ
      - CRUD
      - DDL
  password:
    description: The password. It cannot be read back; see O(update_password). Required when the user does not exist yet.
    type: str
  authentication_plugin:
    description: How the user proves the password.
    type: str
    choices:
      - NATIVE
      - SHA256
      - CACHING_SHA2
  tls:
    description: What the user's connections must be.
    type: str
    choices: [NONE, SSL, X509]
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 600
  update_password:
    description: V(on_create) sets the password only when the user is made; V(always) sets it on every run, which then always reports
      a change.
    type: str
    choices:
      - on_create
      - always
    default: on_create
"""

EXAMPLES = r"""
- name: The account of the application
  multicloud.dr.nhn_rds_user:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: app
    authority: CRUD
    password: '{{ nhn_database_app_password }}'

- name: The account that replication reads with, from the other site alone
  multicloud.dr.nhn_rds_user:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: dr_repl
    host: 10.0.%
    authority: READ
    password: '{{ nhn_database_replication_password }}'
    authentication_plugin: CACHING_SHA2
    tls: NONE
    wait_seconds: 300

- name: Give it a new password
  multicloud.dr.nhn_rds_user:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: app
    password: '{{ nhn_database_app_password }}'
    update_password: always

- name: Remove it
  multicloud.dr.nhn_rds_user:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: app
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    authority: {description: 'V(READ), V(CRUD), V(DDL), or V(CUSTOM) where somebody changed it.', type: str, sample: CRUD}
    host: {description: From where the user may come., type: str, sample: '%'}
    instance: {description: Id of the instance., type: str, sample: e5f6}
    name: {description: Its name., type: str, sample: app}
    password: {description: 'As asked for, and hidden; told in check mode alone, before it is made.', type: str, sample: '********'}
    authentication_plugin: {description: 'How the user logs in, in the service''s words.', type: str, sample: CACHING_SHA2}
    id: {description: Its id., type: str, sample: a7b8}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: STABLE}
    tls: {description: 'Whether TLS is required, in the service''s words.', type: str, sample: NONE}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_user import RdsUser


def main() -> None:
    """Wiring only."""
    run(RdsUser, databases)


if __name__ == "__main__":
    main()
