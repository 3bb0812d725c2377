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
  - The multicloud.dr contributors
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
  sample:
    id: tickets-backups
    name: tickets-backups
    storage_policy: Standard
    lifecycle_days: 0
    objects: 2
    bytes: 4952666
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.object_container import ObjectContainer


def main() -> None:
    """Wiring only."""
    run(ObjectContainer, objects)


if __name__ == "__main__":
    main()
