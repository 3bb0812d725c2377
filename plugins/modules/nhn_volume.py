#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, attach or remove a volume of NHN Cloud block storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_volume
short_description: Make, attach or remove a volume of NHN Cloud block storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a volume by name, and the server it is attached to.
  - No documented call changes the size, type or description of a volume, so these are used when it is made.
  - Removing a volume detaches it first. A volume that has snapshots, or is a server's root, is refused by the cloud.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the volume, unique in the project.
    type: str
    required: true
  size_gb:
    description: Size in gigabytes, at most 2048. Required when it does not exist yet.
    type: int
  type:
    description: Type of the volume, as V(General SSD) or V(General HDD). The cloud picks one unless given.
    type: str
  zone:
    description: Availability zone, that of the server it is for. The cloud picks one unless given.
    type: str
  description:
    description: A note. Used when the volume is made.
    type: str
  snapshot:
    description: Name or id of the snapshot it is made of, which restores it.
    type: str
  server:
    description: Name or id of the server it is attached to. An empty string detaches it.
    type: str
  wait_seconds:
    description: How long to wait for the cloud, in seconds.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Restore a snapshot and attach it to another host
  multicloud.dr.nhn_volume:
    auth: '{{ nhn_auth }}'
    name: tickets-data-restored
    size_gb: 20
    snapshot: tickets-data-20260301
    zone: kr-pub-a
    server: tickets-spare

- name: A new one, attached to nobody
  multicloud.dr.nhn_volume:
    auth: '{{ nhn_auth }}'
    name: tickets-data
    size_gb: 20
    type: General SSD
    description: what the drill writes to
    wait_seconds: 300

- name: Detach it
  multicloud.dr.nhn_volume:
    auth: '{{ nhn_auth }}'
    name: tickets-data
    server: ''

- name: Remove it
  multicloud.dr.nhn_volume:
    auth: '{{ nhn_auth }}'
    name: tickets-data
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  contains:
    name: {description: Its name., type: str, sample: tickets-data-restored}
    size_gb: {description: 'Its size, in GB.', type: int, sample: 20}
    type: {description: Its type., type: str, sample: General SSD}
    zone: {description: Its availability zone., type: str, sample: kr-pub-a}
    description: {description: The note., type: str, sample: ''}
    device: {description: 'Where the server has it, V(null) when it is at none.', type: str, sample: /dev/vdb}
    id: {description: Its id., type: str, sample: b7c8}
    server: {description: 'Id of the server it is at, empty when it is at none.', type: str, sample: f1a2}
    snapshot: {description: 'Id of the snapshot that it was made of, V(null) for none.', type: str, sample: d9e0}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: in-use}
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
  sample: [server tickets-spare]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.volume import Volume


def main() -> None:
    """Wiring only."""
    run(Volume)


if __name__ == "__main__":
    main()
