#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A member that lost its data, on its way back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_member
short_description: Let the quorum take this host's member back, when its data is lost or of another cluster
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Where the data is, it does nothing, except to tell the others a new address. Where it is not, the old member leaves the cluster and a new
    one is added; RV(initial_cluster) is what the new one must be started with. It must not be started otherwise, for an old identity without
    its old log may vote twice.
  - Only while the others are a quorum. When they are not, the record can only be restored from a snapshot.
  - Data of another cluster, as on a host that was away while the record was restored, is moved aside, never removed; the member is stopped first. So
    is data of which a part is lost, and data that a person says is damaged (O(damaged)), as etcd itself does when it ends on it at every start.
options:
  endpoints: {description: Base URLs of the other members., type: list, elements: str, required: true}
  own_endpoint: {description: Base URL of this host's member., type: str, required: true}
  ca: {description: "Whose members are believed, a PEM file.", type: path, required: true}
  certificate: {description: "Our certificate, a PEM file. It must have no common name.", type: path, required: true}
  key: {description: Its key., type: path, required: true}
  root_password: {description: Password of C(root)., type: str, required: true}
  name: {description: Name of the member., type: str, required: true}
  peer_url: {description: Where the others reach it., type: str, required: true}
  data_directory: {description: Where its data is., type: path, required: true}
  damaged: {description: "The data here is all there and damaged, so that etcd ends on it: it is moved aside as well.", type: bool, default: false}
  timeout_seconds: {description: How long each member may take., type: float, default: 5.0}
attributes:
  check_mode: {support: full, description: Says what it would do.}
"""

EXAMPLES = r"""
- name: Let the others take this member back
  multicloud.dr.quorum_member:
    endpoints: ["https://198.51.100.10:2379", "https://203.0.113.7:2379"]
    own_endpoint: https://127.0.0.1:2379
    ca: /etc/multicloud-dr/quorum/ca.crt
    certificate: /etc/multicloud-dr/quorum/client.crt
    key: /etc/multicloud-dr/quorum/client.key
    root_password: "{{ vault_quorum_root_password }}"
    timeout_seconds: 10
    name: nhn
    peer_url: https://203.0.113.9:2380
    data_directory: /var/lib/etcd/multicloud-dr
    damaged: "{{ 'nhn' in quorum_damaged }}"
  register: back
"""

RETURN = r"""
action: {description: "What was done: none, move, join or replace.", type: str, returned: success}
because: {description: Why, type: str, returned: success}
initial_cluster: {description: "For C(ETCD_INITIAL_CLUSTER), empty unless it joins.", type: str, returned: success}
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import access, disk, members
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered


def free_name(path):
    """A name beside a directory that nothing has."""
    number = 1
    while os.path.exists(f"{path}.aside-{number}"):
        number += 1
    return f"{path}.aside-{number}"


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "endpoints": {"type": "list", "elements": "str", "required": True}, "own_endpoint": {"type": "str", "required": True},
            "ca": {"type": "path", "required": True}, "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False}, "root_password": {"type": "str", "required": True, "no_log": True},
            "name": {"type": "str", "required": True}, "peer_url": {"type": "str", "required": True},
            "data_directory": {"type": "path", "required": True}, "damaged": {"type": "bool", "default": False},
            "timeout_seconds": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    )
    asked = module.params
    files = {name: asked[name] for name in ("ca", "certificate", "key")}

    def cluster(endpoints):
        return members.Cluster(access.at(endpoints, asked["timeout_seconds"], files, "root", asked["root_password"], open_=True))

    own = members.Cluster(access.at([asked["own_endpoint"]], asked["timeout_seconds"], files, "", "", open_=True))
    others = cluster(asked["endpoints"])
    try:
        found = disk.look(asked["data_directory"])
    except OSError as error:
        module.fail_json(msg=f"Could not take {asked['name']} back: its disk cannot be looked at: {error}. Nothing was touched.")
    try:
        has_data = found.state == "whole"
        damaged = found.why if found.state == "part" else "somebody says that it is damaged" if has_data and asked["damaged"] else ""
        step = members.plan(others.members(), asked["name"], asked["peer_url"], has_data=has_data, damaged=damaged,
                            foreign=has_data and not damaged and members.foreign(others, own))
        told = []
        if not module.check_mode:
            for gone in step.remove:
                others.remove(gone)
            if step.action == "replace":
                module.run_command(["systemctl", "stop", "etcd.service"], check_rc=True)
                os.rename(asked["data_directory"], free_name(asked["data_directory"]))
            if step.action in ("join", "replace"):
                told = others.add(asked["peer_url"])
            if step.action == "move":
                others.move(step.moved, asked["peer_url"])
    except Unanswered as error:
        module.fail_json(msg=f"Could not take {asked['name']} back: the others are no quorum, or would not have it: {error}. Its disk was left as it "
                             "is. If the others have lost their data as well, restore the record: playbooks/restore_record.yml")
    module.exit_json(changed=step.action != "none", action=step.action, because=step.because,
                     initial_cluster=members.initial_cluster(told, asked["name"], asked["peer_url"]))


if __name__ == "__main__":
    main()
