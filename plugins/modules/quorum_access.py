#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may do what with the record."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_access
short_description: Let root do everything in the quorum, the agents read and write the record, and nobody else anything
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Makes users C(root) and O(user), a role for the latter, and has etcd ask who somebody is.
  - Root's password is set once. A later one in the vault is refused, as etcd would refuse it; change it with C(etcdctl user passwd root) first.
    That of O(user) follows the vault.
options:
  endpoints: {description: Base URLs of the etcd members., type: list, elements: str, required: true}
  ca: {description: "Whose members are believed, a PEM file.", type: path, required: true}
  certificate: {description: "Our certificate, a PEM file. It must have no common name.", type: path, required: true}
  key: {description: Its key., type: path, required: true}
  root_password: {description: Password of C(root)., type: str, required: true}
  user: {description: The agents' user., type: str, required: true}
  password: {description: Its password., type: str, required: true}
  timeout_seconds: {description: How long each member may take., type: float, default: 5.0}
attributes:
  check_mode: {support: full, description: Says what is missing.}
"""

EXAMPLES = r"""
- name: Let agents read and write the record, and nobody else
  multicloud.dr.quorum_access:
    endpoints: ["https://127.0.0.1:2379"]
    ca: /etc/multicloud-dr/quorum/ca.crt
    certificate: /etc/multicloud-dr/quorum/client.crt
    key: /etc/multicloud-dr/quorum/client.key
    root_password: "{{ vault_quorum_root_password }}"
    timeout_seconds: 10
    user: agent
    password: "{{ vault_quorum_agent_password }}"
"""

RETURN = r"""
made: {description: "What was missing, in words.", type: list, elements: str, returned: success}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "endpoints": {"type": "list", "elements": "str", "required": True}, "ca": {"type": "path", "required": True},
            "certificate": {"type": "path", "required": True}, "key": {"type": "path", "required": True, "no_log": False},
            "root_password": {"type": "str", "required": True, "no_log": True}, "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True}, "timeout_seconds": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    )
    asked = module.params
    files = {name: asked[name] for name in ("ca", "certificate", "key")}

    def at(user, password, open_=False):
        return access.at(asked["endpoints"], asked["timeout_seconds"], files, user, password, open_=open_)

    try:
        found = access.missing(at("root", asked["root_password"]), asked["user"], at(asked["user"], asked["password"]))
        if found and not module.check_mode:
            access.make(at("root", asked["root_password"], True), asked["root_password"], asked["user"], asked["password"])
    except access.RootRefused as error:
        module.fail_json(msg=f"root_password: is not the one the quorum knows ({error}). Nothing was touched. "
                             "Set it there first: etcdctl user passwd root")
    except Unanswered as error:
        module.fail_json(msg=f"Could not set who may ask the quorum: {error}. Run again when at least two members answer; what is set stays.")
    module.exit_json(changed=bool(found), made=found)


if __name__ == "__main__":
    main()
