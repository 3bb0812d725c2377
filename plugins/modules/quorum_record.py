#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module quorum_record."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_record
short_description: Put a record that was set back forward again
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - A snapshot knows nothing of what became of the record after it. Once it is restored, this makes the record name the site that wrote last, at an
    epoch after every one that was, by compare-and-swap.
  - The record is never set back. One that is as late as O(epoch) and says something else is refused.
  - Where the record names another site than O(writer) it is first watched for O(takeover_seconds), and nothing is done while somebody renews it.
  - A record that is gone from a quorum that lives is put anew where O(absent) allows that, and nobody has put another one meanwhile.
  - Who wrote last is for a person to know. A site that is named wrongly is given the right to write beside what the other one has sold.
extends_documentation_fragment:
  - multicloud.dr.quorum
options:
  endpoints: {description: Base URLs of the etcd members., type: list, elements: str, required: true}
  topology: {description: Name of the topology whose record it is., type: str, required: true}
  writer: {description: The site that wrote last., type: str, required: true}
  sites: {description: "All sites that there are. O(writer) has to be one of them.", type: list, elements: str, required: true}
  epoch: {description: "The number of the epoch that the record is to have, 1 or more, above the one that it has.", type: int, required: true}
  takeover_seconds:
    description: TTL and margin of the agents, after which a gate that nobody renews is shut; above 0. Longer where the record itself says so.
    type: float
    default: 11.0
  absent:
    description: The record may be absent. Whose it was nobody can tell then, so that is watched for O(takeover_seconds) as well.
    type: bool
    default: false
  timeout_seconds: {description: How long each member may take., type: float, default: 2.0}
attributes:
  check_mode: {support: full, description: Reads the record and writes nothing.}
"""

EXAMPLES = r"""
- name: Say who wrote last, after the snapshot
  multicloud.dr.quorum_record:
    endpoints: ["https://127.0.0.1:2379"]
    topology: tickets
    writer: aws
    sites: [nhn, aws]
    epoch: 4
    takeover_seconds: 11
    timeout_seconds: 5
    access:
      ca: /etc/multicloud-dr/quorum/ca.crt
      certificate: /etc/multicloud-dr/quorum/client.crt
      key: /etc/multicloud-dr/quorum/client.key
      user: agent
      password: "{{ vault_quorum_agent_password }}"

- name: Put it anew, where somebody has removed it from a quorum that lives
  multicloud.dr.quorum_record:
    endpoints: ["https://127.0.0.1:2379"]
    topology: tickets
    writer: nhn
    sites: [nhn, aws]
    epoch: 6
    absent: true
    access: "{{ quorum_access_of_the_agent }}"
"""

RETURN = r"""
writer: {description: The site that the record names now., type: str, returned: success, sample: aws}
epoch: {description: Its epoch., type: int, returned: success, sample: 4}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import forward
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdStore, record_key
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import ACCESS, Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Refused, Unanswered


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "endpoints": {"type": "list", "elements": "str", "required": True}, "topology": {"type": "str", "required": True},
            "writer": {"type": "str", "required": True}, "sites": {"type": "list", "elements": "str", "required": True},
            "epoch": {"type": "int", "required": True}, "absent": {"type": "bool", "default": False},
            "takeover_seconds": {"type": "float", "default": 11.0}, "timeout_seconds": {"type": "float", "default": 2.0},
            "access": ACCESS,
        },
        supports_check_mode=True,
    )
    asked = module.params
    access = Access(**asked["access"]) if asked["access"] else None
    store = EtcdStore(asked["endpoints"], record_key(asked["topology"]), asked["timeout_seconds"], access)
    try:
        forward.refuse_no_site(asked["writer"], asked["sites"])
        forward.refuse_no_wait(asked["takeover_seconds"])
        changed = forward.pending(store.read().record, asked["writer"], asked["epoch"], asked["absent"])
        if changed and not module.check_mode:
            forward.put(store, asked["writer"], asked["epoch"], asked["takeover_seconds"], time.monotonic, time.sleep, asked["absent"])
    except Refused as error:
        module.fail_json(msg=f"{error} Nothing was touched.")
    except Unanswered as error:
        module.fail_json(msg=f"Could not put the record of {asked['topology']} forward: {error}. Run this again: it looks first.")
    module.exit_json(changed=changed, writer=asked["writer"], epoch=asked["epoch"])


if __name__ == "__main__":
    main()
