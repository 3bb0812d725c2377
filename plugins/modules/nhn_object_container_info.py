#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up containers of NHN Cloud Object Storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_object_container_info
short_description: Look up containers of NHN Cloud Object Storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the containers of the tenant of Object Storage.
  - Each takes a request, as a container tells its settings itself.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name; every container unless given.
    type: str
"""

EXAMPLES = r"""
- name: What the backups take
  multicloud.dr.nhn_object_container_info:
    auth: '{{ nhn_auth }}'
    name: tickets-backups
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. C(objects) counts them, C(bytes) is what they take.
    - C(lifecycle_days) is V(0) where objects live until somebody removes them.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: 'Its name, as containers have no ids.', type: str, sample: tickets-backups}
    name: {description: Its name., type: str, sample: tickets-backups}
    storage_policy: {description: V(Standard) or V(Economy)., type: str, sample: Standard}
    lifecycle_days: {description: 'How many days objects live that are put into it, V(0) for ever.', type: int, sample: 0}
    objects: {description: Number of objects., type: int, sample: 12}
    bytes: {description: 'What its objects have together, in bytes.', type: int, sample: 104857600}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import object_containers


def main() -> None:
    """Wiring only."""
    tell(NAME, object_containers, objects)


if __name__ == "__main__":
    main()
