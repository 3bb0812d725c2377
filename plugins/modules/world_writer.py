#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who the writer is, by the record."""

from __future__ import annotations

DOCUMENTATION = r"""
module: world_writer
short_description: Read from the quorum record which site is the writer
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads the record by one linearizable read and changes nothing. RV(writer) is null as long as nobody has ever claimed the record.
  - A quorum that does not answer is an error, unless O(unreachable_is_null) is set. Not having looked is not having seen.
extends_documentation_fragment:
  - multicloud.dr.quorum
options:
  endpoints: {description: Base URLs of the etcd members., type: list, elements: str, required: true}
  topology: {description: Name of the topology whose record is read., type: str, required: true}
  timeout_seconds: {description: How long each member may take., type: float, default: 2.0}
  unreachable_is_null:
    description: Return nulls and RV(answered=false) when no member answers, as before the quorum is built.
    type: bool
    default: false
attributes:
  check_mode: {support: full, description: Only reads.}
"""

EXAMPLES = r"""
- name: Ask who writes
  multicloud.dr.world_writer:
    endpoints: ["https://127.0.0.1:2379", "https://198.51.100.10:2379"]
    topology: tickets
    timeout_seconds: 5
    unreachable_is_null: true
    access:
      ca: /etc/multicloud-dr/quorum/ca.crt
      certificate: /etc/multicloud-dr/quorum/client.crt
      key: /etc/multicloud-dr/quorum/client.key
      user: agent
      password: "{{ vault_quorum_agent_password }}"
  register: record
"""

RETURN = r"""
writer: {description: "The site that holds the record, null when it is absent or did not answer.", type: str, returned: always}
epoch: {description: "How often the writer has changed or offered the record.", type: int, returned: always}
counter: {description: How often the record was written, type: int, returned: always}
offered_to: {description: "The site that the holder, having stopped, offers the record to; null when it does not.", type: str, returned: always}
answered: {description: Whether the quorum answered, type: bool, returned: always}
refused:
  description:
    - Whether, of members that gave no answer, one is there all the same, as one that does not let us in, or could not be asked as it should be. Then
      nobody knows whether the quorum is lost.
  type: bool
  returned: always
because: {description: The same as a sentence, type: str, returned: always}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdStore, record_key
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import ACCESS, Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered, describe


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "endpoints": {"type": "list", "elements": "str", "required": True}, "topology": {"type": "str", "required": True},
            "timeout_seconds": {"type": "float", "default": 2.0}, "unreachable_is_null": {"type": "bool", "default": False},
            "access": ACCESS,
        },
        supports_check_mode=True,
    )
    asked = module.params
    answer: dict[str, Any] = {"changed": False, "writer": None, "epoch": None, "counter": None, "offered_to": None, "refused": False}
    try:
        access = Access(**asked["access"]) if asked["access"] else None
        seen = EtcdStore(asked["endpoints"], record_key(asked["topology"]), asked["timeout_seconds"], access).read()
    except Unanswered as error:
        if not asked["unreachable_is_null"]:
            module.fail_json(msg=f"Could not read who the writer is of {asked['topology']}: {error}. Nothing was touched. "
                                 "Build or repair it first: ansible-playbook site.yml --tags quorum")
        module.exit_json(**{**answer, "refused": error.refused}, answered=False, because=f"The record gives no answer: {error}.")
    if (held := seen.record) is not None:
        answer.update(writer=held.writer, epoch=held.epoch, counter=held.counter, offered_to=held.offer.to if held.offer else None)
    module.exit_json(**answer, answered=True, because=f"The record of {asked['topology']} says {describe(seen)}.")


if __name__ == "__main__":
    main()
