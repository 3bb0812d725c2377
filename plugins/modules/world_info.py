#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What exists now at both clouds."""

from __future__ import annotations

DOCUMENTATION = r"""
module: world_info
short_description: Look up the addresses of hosts, databases, cluster, load balancer and tunnels at both clouds
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads both clouds by name and changes nothing. What does not exist yet is null.
  - A cloud that does not answer is an error, unless I(unreachable_is_null) or I(unreachable_is_remembered) names it. Not having looked is not
    having seen.
extends_documentation_fragment: [multicloud.dr.nhn]
options:
  aws:
    description: How to speak to AWS.
    type: dict
    required: true
    suboptions:
      region: {description: Region., type: str, required: true}
      access_key: {description: Access key; empty uses boto3's own search., type: str}
      secret_key: {description: Secret key., type: str}
      endpoint_url: {description: Where the API answers; empty is AWS itself., type: str}
  names:
    description: Names of the resources to look for.
    type: dict
    required: true
    suboptions:
      nhn: {description: "C(host), C(database), C(cluster).", type: dict, required: true}
      aws:
        description: C(host), C(database), C(load_balancer), C(vpn), and where there are such, C(inner_balancer) and an Auto Scaling C(group).
        type: dict
        required: true
  unreachable_is_null:
    description: Sites that may be away, as while a site is lost; everything of theirs is null then, and RV(world) says so.
    type: list
    elements: str
    choices: [nhn, aws]
    default: []
  unreachable_is_remembered:
    description:
      - Sites that may be away too, and have to be worked on all the same. Their host is the one in I(remembered), everything else of theirs is
        null, and RV(world) says so. For what operates a switch, which needs to reach a host and nothing that an API knows.
    type: list
    elements: str
    choices: [nhn, aws]
    default: []
  remembered:
    description: RV(hosts) of an earlier look.
    type: dict
    default: {}
attributes:
  check_mode: {support: full, description: Only reads.}
"""

EXAMPLES = r"""
- name: Look at both clouds
  multicloud.dr.world_info:
    auth: "{{ nhn_auth }}"
    aws: "{{ aws_auth }}"
    names:
      nhn: {host: tickets-management, database: tickets-db, cluster: tickets}
      aws: {host: tickets-standby, database: tickets-db, load_balancer: tickets, vpn: tickets-vpn}

- name: Look at NHN alone where AWS may be away, with a key of its own
  multicloud.dr.world_info:
    auth: "{{ nhn_auth }}"
    aws:
      region: ap-northeast-2
      access_key: "{{ vault_aws_access_key }}"
      secret_key: "{{ vault_aws_secret_key }}"
      endpoint_url: "{{ aws_endpoint_url }}"
    names:
      nhn: {host: tickets-management, database: tickets-db, cluster: tickets}
      aws: {host: tickets-standby, database: tickets-db, load_balancer: tickets, vpn: tickets-vpn}
    unreachable_is_null: [aws]

- name: Find the hosts although neither API may answer
  multicloud.dr.world_info:
    auth: "{{ nhn_auth }}"
    aws: "{{ aws_auth }}"
    names: "{{ world_names }}"
    unreachable_is_remembered: [nhn, aws]
    remembered: {aws: {id: i-0a1b2c, private: 10.0.1.20, public: 203.0.113.20}}
"""

RETURN = r"""
world:
  description: What was found.
  type: dict
  returned: always
  contains:
    nhn: {description: "C(host) {id, private, public}, C(database) {id, host, port}, C(cluster) {id, name}; C(answers).", type: dict}
    aws:
      description: >-
        C(host), C(database), C(load_balancer) and C(inner_balancer) {id, name, zone}, C(applications) (private addresses of those that run),
        C(vpn) {id, state, tunnels without keys}; C(answers).
      type: dict
hosts:
  description: The host of each site, {id, private, public} or null; for a site that gave no answer the one that was I(remembered).
  type: dict
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_configuration import tunnels
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds
from ansible_collections.multicloud.dr.plugins.module_utils.world import aws as aws_world
from ansible_collections.multicloud.dr.plugins.module_utils.world import nhn as nhn_world

AWS_AUTH = {
    "region": {"type": "str", "required": True}, "access_key": {"type": "str", "no_log": True}, "secret_key": {"type": "str", "no_log": True},
    "endpoint_url": {"type": "str"},
}
NOTHING: dict[str, dict[str, Any]] = {
    "nhn": {"host": None, "database": None, "cluster": None},
    "aws": {"host": None, "database": None, "load_balancer": None, "inner_balancer": None, "applications": [], "vpn": None},
}


def at_nhn(params):
    """The primary's part of the world."""
    return nhn_world.look(Iaas(params["auth"]), Rds(params["auth"]), params["names"]["nhn"])


def at_aws(params):
    """The standby's part of the world; tunnels without their keys, which both ends read from the vault."""
    found = aws_world.ask(params["aws"], params["names"]["aws"])
    if found["vpn"]:
        described = tunnels(found["vpn"].pop("configuration"))
        found["vpn"]["tunnels"] = [{key: value for key, value in tunnel.items() if key != "psk"} for tunnel in described]
    return found


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            **NHN_AUTH, "aws": {"type": "dict", "required": True, "options": AWS_AUTH},
            "names": {"type": "dict", "required": True, "options": {
                "nhn": {"type": "dict", "required": True}, "aws": {"type": "dict", "required": True}}},
            "unreachable_is_null": {"type": "list", "elements": "str", "choices": ["nhn", "aws"], "default": []},
            "unreachable_is_remembered": {"type": "list", "elements": "str", "choices": ["nhn", "aws"], "default": []},
            "remembered": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    world, hosts, asked = {}, {}, module.params
    with told_plainly(module):
        for site, look in (("nhn", at_nhn), ("aws", at_aws)):
            try:
                world[site] = {"answers": True, **look(asked)}
                hosts[site] = world[site]["host"]
            except Fault:
                if site not in (*asked["unreachable_is_null"], *asked["unreachable_is_remembered"]):
                    raise
                hosts[site] = asked["remembered"].get(site)
                world[site] = {"answers": False, **NOTHING[site], **({"host": hosts[site]} if site in asked["unreachable_is_remembered"] else {})}
    module.exit_json(changed=False, world=world, hosts=hosts)


if __name__ == "__main__":
    main()
