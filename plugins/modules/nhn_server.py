#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make or remove a server of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_server
short_description: Make or remove a server of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - 'Keeps a server by name, on ports made before it, and waits until it runs. Nothing about it can change: a resize stops a host,
    so it is not done on the way.'
  - A server in a state that it does not leave by itself, such as C(ERROR) or C(SHUTOFF), fails the task.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the server.
    type: str
    required: true
  flavor:
    description: Name or id of the flavor.
    type: str
  image:
    description: Name or id of the image, or how its name begins (then the newest). Used when the server is made and not compared
      later.
    type: str
  ports:
    description: Names or ids of its ports, in order.
    type: list
    elements: str
  keypair:
    description: Name of the key pair.
    type: str
  zone:
    description: Availability zone. The cloud picks one unless given.
    type: str
  user_data:
    description: Text for cloud-init. Used when the server is made, never compared, never shown.
    type: str
  root_volume:
    description: The root volume. Used when the server is made and not compared later.
    type: dict
    suboptions:
      size_gb:
        description: Size in gigabytes.
        type: int
        default: 20
      type:
        description: Type of the volume.
        type: str
        default: General SSD
      delete_with_server:
        description: Whether the volume goes with the server.
        type: bool
        default: true
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: The management host
  multicloud.dr.nhn_server:
    auth: '{{ nhn_auth }}'
    name: tickets-management
    flavor: m2.c2m4
    image: Debian 12 Bookworm
    ports:
      - tickets-management
    keypair: tickets
    zone: kr-pub-a

- name: A host with room of its own, set up when it first starts
  multicloud.dr.nhn_server:
    auth: '{{ nhn_auth }}'
    name: tickets-spare
    flavor: m2.c2m4
    image: Debian 12 Bookworm
    ports:
      - tickets-spare
    keypair: tickets
    root_volume:
      size_gb: 50
      type: General HDD
      delete_with_server: false
    user_data: |
      #cloud-config
      packages: [nftables]
    wait_seconds: 900

- name: Remove it
  multicloud.dr.nhn_server:
    auth: '{{ nhn_auth }}'
    name: tickets-spare
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: b5c6
    name: tickets-management
    status: ACTIVE
    flavor: d7e8
    ports:
      - f3a4
    keypair: tickets
    zone: kr-pub-a
    addresses:
      - 192.168.0.10
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.server import Server


def main() -> None:
    """Wiring only."""
    run(Server)


if __name__ == "__main__":
    main()
