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
  - The multicloud.dr contributors (!UNKNOWN)
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
        description: Whether the volume goes with the server. If not, it stays without a name; M(multicloud.dr.nhn_volume) knows it by its id.
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
  contains:
    flavor: {description: Id of its flavor., type: str, sample: d7e8}
    image: {description: Id of its image., type: str, sample: a1b2}
    keypair: {description: Name of its key pair., type: str, sample: tickets}
    name: {description: Its name., type: str, sample: tickets-management}
    ports: {description: Ids of its ports., type: list, elements: str, sample: [f3a4]}
    root_volume:
      description: As asked for; told in check mode alone, before it is made.
      type: dict
      contains:
        size_gb: {description: 'Its size, in GB.', type: int, sample: 20}
        type: {description: Its type., type: str, sample: General SSD}
        delete_with_server: {description: Whether it goes with the server., type: bool, sample: true}
    user_data: {description: 'As asked for, and hidden; told in check mode alone, before it is made.', type: str, sample: '********'}
    zone: {description: Its availability zone., type: str, sample: kr-pub-a}
    addresses: {description: Its addresses inside the VPC., type: list, elements: str, sample: [192.168.0.10]}
    fault: {description: 'Why it is in ERROR, in the cloud''s words; V(null) when it is not.', type: str, sample: No valid host was found.}
    id: {description: Its id., type: str, sample: b5c6}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.server import Server


def main() -> None:
    """Wiring only."""
    run(Server)


if __name__ == "__main__":
    main()
