#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove a database schema of NHN Cloud RDS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_rds_schema
short_description: Make or remove a database schema of NHN Cloud RDS
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a schema of an instance. RDS refuses CREATE DATABASE by SQL.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: 'Name of the schema: a letter, then letters, digits and underscores.'
    type: str
    required: true
  instance:
    description: Name or id of the instance.
    type: str
    required: true
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: The application's schema
  multicloud.dr.nhn_rds_schema:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: tickets

- name: Remove it
  multicloud.dr.nhn_rds_schema:
    auth: '{{ nhn_auth }}'
    instance: tickets-db
    name: tickets
    wait_seconds: 300
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    instance: {description: Id of the instance., type: str, sample: e5f6}
    name: {description: Its name., type: str, sample: tickets}
    id: {description: Its id., type: str, sample: c9d0}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: STABLE}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_schema import RdsSchema


def main() -> None:
    """Wiring only."""
    run(RdsSchema, databases)


if __name__ == "__main__":
    main()
