#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a container of NHN Cloud Object Storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_object_container
short_description: Make, change or remove a container of NHN Cloud Object Storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a container by name. One that holds objects is not removed.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the container. To be seen through the S3-compatible interface it must follow the rules for buckets.
    type: str
    required: true
  storage_policy:
    description: Kind of storage. Set when the container is made.
    type: str
    choices: [Standard, Economy]
  lifecycle_days:
    description: How many days objects put from now on are kept; 0 for ever.
    type: int
"""

EXAMPLES = r"""
- name: Where exported backups go
  multicloud.dr.nhn_object_container:
    auth: '{{ nhn_auth }}'
    name: tickets-backups

- name: Old logs, cheaply and for ninety days
  multicloud.dr.nhn_object_container:
    auth: '{{ nhn_auth }}'
    name: tickets-logs
    storage_policy: Economy
    lifecycle_days: 90

- name: Remove it
  multicloud.dr.nhn_object_container:
    auth: '{{ nhn_auth }}'
    name: tickets-logs
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    name: {description: Its name., type: str, sample: tickets-backups}
    storage_policy: {description: V(Standard) or V(Economy)., type: str, sample: Standard}
    bytes: {description: 'What its objects have together, in bytes.', type: int, sample: 4952666}
    id: {description: 'Its name, as containers have no ids.', type: str, sample: tickets-backups}
    lifecycle_days: {description: 'How many days objects live that are put into it, V(0) for ever.', type: int, sample: 0}
    objects: {description: Number of objects., type: int, sample: 2}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.object_container import ObjectContainer


def main() -> None:
    """Wiring only."""
    run(ObjectContainer, objects)


if __name__ == "__main__":
    main()
