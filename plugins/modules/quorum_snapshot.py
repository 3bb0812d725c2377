#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module quorum_snapshot."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_snapshot
short_description: Put the record in a snapshot forward, before anybody can read it
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - A snapshot knows nothing of what became of the record after it, so it may name a site that was succeeded. Were it restored as it is, that site's
    agent would renew the record before anybody could put it forward. This makes another snapshot of it, in which the record names the site that
    wrote last, at an epoch after every one that was; only that one is then restored.
  - The data is served meanwhile by an etcd of its own, on loopback, at a port that nobody is told. It ends with this module, however that ends.
  - Where the record names another site than O(writer) it takes O(takeover_seconds), in which the gate of that one runs out. Members of the quorum
    have to be stopped before.
  - The record is never set back. One that is as late as O(epoch) and says something else is refused.
  - Who wrote last is for a person to know. A site that is named wrongly is given the right to write beside what the other one has sold.
extends_documentation_fragment:
  - multicloud.dr.quorum
options:
  path: {description: The snapshot. It is left as it is., type: path, required: true}
  checksum: {description: "Its SHA-256, as its note says. Another one is refused.", type: str, required: true}
  directory: {description: "Where the other one goes, as C(snapshot.db). Whatever is in it is removed first.", type: path, required: true}
  topology: {description: Name of the topology whose record it is., type: str, required: true}
  writer: {description: The site that wrote last., type: str, required: true}
  sites: {description: "All sites that there are. O(writer) has to be one of them.", type: list, elements: str, required: true}
  epoch: {description: "The number of the epoch that the record is to have, 1 or more, above the one that it has.", type: int, required: true}
  takeover_seconds:
    description: TTL and margin of the agents, after which a gate that nobody renews is shut; above 0. Longer where the record itself says so.
    type: float
    default: 11.0
  member:
    description: As whom the data is served.
    type: dict
    required: true
    suboptions:
      certificate: {description: "Certificate of a member, a PEM file.", type: path, required: true}
      key: {description: Its key., type: path, required: true}
  access:
    description: As whom it is read and written. Only root may keep a snapshot.
    required: true
attributes:
  check_mode: {support: full, description: Reads the record in the snapshot and leaves nothing.}
"""

EXAMPLES = r"""
- name: Say who wrote last, in what is then restored
  multicloud.dr.quorum_snapshot:
    path: /var/lib/multicloud-dr-quorum/snapshots/2026-01-02T101000Z.db
    checksum: "{{ note.sha256 }}"
    directory: /var/lib/multicloud-dr-quorum/forward
    topology: tickets
    writer: aws
    sites: [nhn, aws]
    epoch: 5
    takeover_seconds: 11
    member:
      certificate: /etc/multicloud-dr/quorum/member.crt
      key: /etc/multicloud-dr/quorum/member.key
    access:
      ca: /etc/multicloud-dr/quorum/ca.crt
      certificate: /etc/multicloud-dr/quorum/client.crt
      key: /etc/multicloud-dr/quorum/client.key
      user: root
      password: "{{ vault_quorum_root_password }}"
"""

RETURN = r"""
path: {description: The snapshot that was made., type: str, returned: success, sample: /var/lib/multicloud-dr-quorum/forward/snapshot.db}
sha256: {description: "Its SHA-256, empty in check mode.", type: str, returned: success}
writer: {description: The site that the record in it names., type: str, returned: success, sample: aws}
epoch: {description: Its epoch., type: int, returned: success, sample: 5}
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import forward, offline
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import ACCESS, Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Refused, Unanswered


def main():
    """Entry point."""
    files = {"certificate": {"type": "path", "required": True}, "key": {"type": "path", "required": True, "no_log": False}}
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True}, "checksum": {"type": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "topology": {"type": "str", "required": True}, "writer": {"type": "str", "required": True},
            "sites": {"type": "list", "elements": "str", "required": True}, "epoch": {"type": "int", "required": True},
            "takeover_seconds": {"type": "float", "default": 11.0}, "member": {"type": "dict", "required": True, "options": files},
            "access": {**ACCESS, "required": True},
        },
        supports_check_mode=True,
    )
    asked = module.params
    snapshot, made = Path(asked["path"]), os.path.join(asked["directory"], "snapshot.db")
    tools = offline.Tools(*(module.get_bin_path(name, required=True) for name in ("etcd", "etcdctl", "setpriv")))
    told = offline.Told(asked["topology"], asked["writer"], asked["epoch"], asked["takeover_seconds"])
    try:
        forward.refuse_no_site(asked["writer"], asked["sites"])
        forward.refuse_no_wait(asked["takeover_seconds"])
        if (found := offline.sha256(snapshot)) != asked["checksum"]:
            module.fail_json(msg=f"{snapshot} is not the snapshot that its note tells of: its SHA-256 is {found}, not {asked['checksum']}. "
                                 "Nothing was made of it.")
        changed = offline.put_forward(tools, snapshot, Path(asked["directory"]), asked["member"], Access(**asked["access"]), told,
                                      check=module.check_mode)
    except Refused as error:
        module.fail_json(msg=f"{error} Nothing was made of {snapshot}.")
    except (Unanswered, offline.NotDone, OSError) as error:
        module.fail_json(msg=f"Could not put the record in {snapshot} forward: {error}. The snapshot is as it was, and nobody was served. "
                             "Run this again.")
    module.exit_json(changed=changed, path=made, sha256="" if module.check_mode else offline.sha256(Path(made)), writer=told.writer, epoch=told.epoch)


if __name__ == "__main__":
    main()
