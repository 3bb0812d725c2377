#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host sees of a record that is lost."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_glass_info
short_description: See what this host knows of a record that is lost for good
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Asks every member for the record, both databases for their gates, both edges and the agent of this host whether they answer, and reads what was
    kept here. Changes nothing. Whoever gives no answer is told in RV(place), and is no error.
  - What every host sees is weighed by M(multicloud.dr.quorum_glass).
extends_documentation_fragment:
  - multicloud.dr.quorum
options:
  access:
    description: As whom the members are asked.
    required: true
  member: {description: Name of this host's member., type: str, required: true}
  endpoints: {description: Base URLs of all members., type: list, elements: str, required: true}
  others: {description: "The other members, each with the base URL of its public address.", type: dict, required: true}
  topology: {description: Name of the topology whose record it is., type: str, required: true}
  databases:
    description: How each site's database is asked. One without a C(host) is taken from O(config).
    type: list
    elements: dict
    default: []
    suboptions:
      site: {description: The site., type: str, required: true}
      host: {description: "Its address, empty where nobody knows it.", type: str, default: ""}
      port: {description: Its port., type: int, default: 3306}
      user: {description: As whom., type: str, required: true}
      password: {description: That user's password., type: str, required: true}
  edges: {description: "Of each site the URL at which its edge answers users.", type: dict, default: {}}
  agent_url: {description: Where the agent of this host answers., type: str, default: "http://127.0.0.1:8008"}
  config: {description: Configuration of the site agent on this host., type: path, default: /etc/multicloud-dr/agent.json}
  memory: {description: Where that agent keeps the highest epoch it ever saw., type: path, default: /var/lib/multicloud-dr/epoch}
  snapshot: {description: Note of the newest snapshot., type: path, default: /var/lib/multicloud-dr-quorum/snapshots/newest.json}
  journal: {description: Which overrides were used from here., type: path, default: /var/lib/multicloud-dr-quorum/break-glass.jsonl}
  unit: {description: The service that is this host's own member., type: str, default: etcd.service}
  timeout_seconds: {description: How long each of them may take., type: float, default: 3.0}
attributes:
  check_mode: {support: full, description: Only reads.}
"""

EXAMPLES = r"""
- name: See what this host knows
  multicloud.dr.quorum_glass_info:
    member: nhn
    endpoints: ["https://127.0.0.1:2379", "https://198.51.100.10:2379", "https://203.0.113.7:2379"]
    others: {aws: "https://198.51.100.10:2379", third: "https://203.0.113.7:2379"}
    topology: tickets
    databases: [{site: nhn, host: 192.168.0.12, port: 3306, user: dr_agent, password: "{{ vault_db_agent_password }}"}]
    edges: {nhn: "http://203.0.113.9/edgez"}
    agent_url: http://127.0.0.1:8008
    config: /etc/multicloud-dr/agent.json
    memory: /var/lib/multicloud-dr/epoch
    snapshot: /var/lib/multicloud-dr-quorum/snapshots/newest.json
    journal: /var/lib/multicloud-dr-quorum/break-glass.jsonl
    unit: etcd.service
    timeout_seconds: 3
    access:
      ca: /etc/multicloud-dr/quorum/ca.crt
      certificate: /etc/multicloud-dr/quorum/client.crt
      key: /etc/multicloud-dr/quorum/client.key
      user: agent
      password: "{{ vault_quorum_agent_password }}"
  register: seen
"""

RETURN = r"""
place: {description: "What was seen, as M(multicloud.dr.quorum_glass) takes it.", type: dict, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass_look
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import ACCESS

DATABASES = {"type": "list", "elements": "dict", "default": [], "options": {
    "site": {"type": "str", "required": True}, "host": {"type": "str", "default": ""}, "port": {"type": "int", "default": 3306},
    "user": {"type": "str", "required": True}, "password": {"type": "str", "required": True, "no_log": True}}}


def main():
    """Entry point."""
    state = "/var/lib/multicloud-dr-quorum"
    module = AnsibleModule(
        argument_spec={
            "access": {**ACCESS, "required": True}, "member": {"type": "str", "required": True},
            "endpoints": {"type": "list", "elements": "str", "required": True}, "others": {"type": "dict", "required": True},
            "topology": {"type": "str", "required": True}, "databases": DATABASES, "edges": {"type": "dict", "default": {}},
            "agent_url": {"type": "str", "default": "http://127.0.0.1:8008"},
            "config": {"type": "path", "default": "/etc/multicloud-dr/agent.json"},
            "memory": {"type": "path", "default": "/var/lib/multicloud-dr/epoch"},
            "snapshot": {"type": "path", "default": f"{state}/snapshots/newest.json"},
            "journal": {"type": "path", "default": f"{state}/break-glass.jsonl"},
            "unit": {"type": "str", "default": "etcd.service"}, "timeout_seconds": {"type": "float", "default": 3.0},
        },
        supports_check_mode=True,
    )
    _unused, shown, _unused = module.run_command([module.get_bin_path("systemctl", required=True), "show", module.params["unit"],
                                                 *(f"--property={name}" for name in glass_look.SHOWN)])
    try:
        module.exit_json(changed=False, place=glass_look.plain(glass_look.look(module.params, shown)))
    except OSError as error:
        module.fail_json(msg=f"Could not read which overrides were used from here: {error}. Nothing was touched.")


if __name__ == "__main__":
    main()
