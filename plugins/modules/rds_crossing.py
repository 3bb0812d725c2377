#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until a standby has all that its writer had written."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_crossing
short_description: See a row cross from the writer to its standby
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Writes a marker row at the writer and waits until it is there at the standby. Replication keeps the order, so all that was written before it is
    there as well; a release waits like this for its schema.
  - Repairs nothing. What is wrong with the replica is told with what cures it.
  - In check mode it writes nothing and waits for nothing.
options:
  source:
    description: The writer, and an account that may write the marker there.
    type: dict
    required: true
    suboptions: &server
      host: {description: Address or name., type: str, required: true}
      port: {description: TCP port., type: int, default: 3306}
      user: {description: Account., type: str, required: true}
      password: {description: Its password., type: str, required: true}
  replica:
    description: The standby, and an account that may read the marker and the state of replication there.
    type: dict
    required: true
    suboptions: *server
  schema: {description: Schema of the marker., type: str, default: dr}
  seconds: {description: How long it may take., type: int, default: 60}
attributes:
  check_mode: {support: full, description: Writes nothing and waits for nothing.}
"""

EXAMPLES = r"""
- name: Wait for the schema at the standby
  multicloud.dr.rds_crossing:
    source: {host: 192.168.10.50, port: 3306, user: dr_agent, password: "{{ agent_password }}"}
    replica: {host: 10.0.10.50, port: 3306, user: admin, password: "{{ admin_password }}"}
    schema: dr
    seconds: 120
"""

RETURN = r"""
seconds: {description: How long it took., type: float, returned: when not in check mode}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.heartbeat import crossing

SERVER = {"type": "dict", "required": True, "options": {
    "host": {"type": "str", "required": True}, "port": {"type": "int", "default": 3306}, "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True}}}


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"source": SERVER, "replica": SERVER, "schema": {"type": "str", "default": "dr"},
                                          "seconds": {"type": "int", "default": 60}}, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=False, msg="wrote nothing: check mode")
    source, replica = (Server(**module.params[name]) for name in ("source", "replica"))
    with told_plainly(module), source.connected() as writer, replica.connected() as follower:
        took = crossing(writer, follower, module.params["seconds"], schema=module.params["schema"])
        module.exit_json(changed=False, seconds=round(took, 3))         # the marker is one row, written again and again


if __name__ == "__main__":
    main()
