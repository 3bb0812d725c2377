#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot made of nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_beginning
short_description: Make a snapshot of nothing but the record, users, and by whom the record was made anew
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - What a record that is lost for good begins anew with. Members that are made of this snapshot have all of it from the first moment on, so nobody
    ever meets a quorum without a record, or a record without the word of who wanted it.
  - The data is served meanwhile by an etcd of its own, on loopback, at a port that nobody is told. It ends with this module, however that ends.
  - The override has to be used up before, by M(multicloud.dr.quorum_glass), and is still good until when that said.
extends_documentation_fragment:
  - multicloud.dr.quorum
options:
  access:
    description: As whom it is written. Only root may, and its password is that which root has from then on.
    required: true
  directory: {description: "Where the snapshot goes, as C(snapshot.db). Whatever is in it is removed first.", type: path, required: true}
  topology: {description: Name of the topology whose record it is., type: str, required: true}
  epoch: {description: The number of the epoch for which an override was used., type: int, required: true}
  user: {description: The user as whom agents read and write the record., type: str, required: true}
  password: {description: That user's password., type: str, required: true}
  takeover_seconds: {description: TTL and margin of the agents. The record says so., type: float, default: 11.0}
  member:
    description: As whom the data is served.
    type: dict
    required: true
    suboptions:
      certificate: {description: "Certificate of a member, a PEM file.", type: path, required: true}
      key: {description: Its key., type: path, required: true}
  journal: {description: Where the override was written down., type: path, default: /var/lib/multicloud-dr-quorum/break-glass.jsonl}
  node: {description: Under which name that is copied into the rebuilt record's journal., type: str, required: true}
attributes:
  check_mode: {support: full, description: Sees whether an override was used for that epoch and makes nothing.}
"""

EXAMPLES = r"""
- name: Make what the members begin with
  multicloud.dr.quorum_beginning:
    directory: /var/lib/multicloud-dr-quorum/forward
    topology: tickets
    epoch: 1004
    user: agent
    password: "{{ vault_quorum_agent_password }}"
    takeover_seconds: 11
    node: break-glass.nhn
    journal: /var/lib/multicloud-dr-quorum/break-glass.jsonl
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
path: {description: The snapshot., type: str, returned: success, sample: /var/lib/multicloud-dr-quorum/forward/snapshot.db}
sha256: {description: "Its SHA-256, empty in check mode.", type: str, returned: success}
writer: {description: The site that the record names., type: str, returned: success, sample: nhn}
"""

import os
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass, offline
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import ACCESS, Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered


def main():
    """Entry point."""
    files = {"certificate": {"type": "path", "required": True}, "key": {"type": "path", "required": True, "no_log": False}}
    module = AnsibleModule(
        argument_spec={
            "access": {**ACCESS, "required": True}, "directory": {"type": "path", "required": True}, "topology": {"type": "str", "required": True},
            "epoch": {"type": "int", "required": True}, "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True}, "takeover_seconds": {"type": "float", "default": 11.0},
            "member": {"type": "dict", "required": True, "options": files},
            "journal": {"type": "path", "default": "/var/lib/multicloud-dr-quorum/break-glass.jsonl"}, "node": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    asked = module.params
    made = os.path.join(asked["directory"], "snapshot.db")
    tools = offline.Tools(*(module.get_bin_path(name, required=True) for name in ("etcd", "etcdctl", "setpriv")))
    journal = Journal(asked["journal"], time.time)
    try:
        used = glass.used_for(journal.lines(), asked["epoch"], time.time())
        told = offline.Told(asked["topology"], used["writer"], asked["epoch"], asked["takeover_seconds"])
        if not module.check_mode:
            offline.begin(tools, Path(asked["directory"]), asked["member"], Access(**asked["access"]), told, (asked["user"], asked["password"]),
                          journal, asked["node"])
    except glass.Refused as error:
        module.fail_json(msg=f"{error} No record was made.")
    except (Unanswered, offline.NotDone, OSError) as error:
        module.fail_json(msg=f"Could not make a record of nothing: {error}. Nobody was served. Run the playbook again: the refusal names the next "
                             "override.")
    module.exit_json(changed=True, path=made, sha256="" if module.check_mode else offline.sha256(Path(made)), writer=told.writer)


if __name__ == "__main__":
    main()
