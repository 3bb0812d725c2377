#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the service answer by its public name?"""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_proof
short_description: Ask the service by its public name, as a visitor does
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Resolves the name, asks for a page and reads the answer, until it is as wanted or the time is over. Changes nothing.
options:
  domain: {description: Public name of the service., type: str, required: true}
  port: {description: TCP port of the service., type: int, default: 80}
  path: {description: What to ask for., type: str, default: /api/events}
  nameserver: {description: Address of the name server to ask; empty asks the system's., type: str, default: ""}
  seconds: {description: How long to wait for a good answer., type: int, default: 60}
attributes:
  check_mode: {support: full, description: Asks nothing in check mode.}
"""

EXAMPLES = r"""
- name: See the service answer by its name
  multicloud.dr.service_proof:
    domain: tickets.example.com

- name: See it sell in the lab, whose name server nobody else knows
  multicloud.dr.service_proof:
    domain: tickets.example.com
    port: 8080
    path: /api/events
    nameserver: 203.0.113.53
    seconds: 120
"""

RETURN = r"""
address: {description: What the name resolved to., type: str, returned: success}
status: {description: Status of the answer., type: int, returned: success}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import Resolver
from ansible_collections.multicloud.dr.plugins.module_utils.proof.visitor import NoAnswer, Visitor


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True}, "port": {"type": "int", "default": 80}, "path": {"type": "str", "default": "/api/events"},
            "nameserver": {"type": "str", "default": ""}, "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    p = module.params
    if module.check_mode:
        module.exit_json(changed=False, msg="asked nothing: check mode")
    with told_plainly(module):
        visitor, deadline = Visitor(Resolver(p["nameserver"] or None), p["domain"], p["port"]), time.monotonic() + p["seconds"]
        while True:
            try:
                answer = visitor.ask(p["path"])
                if answer.status == 200:
                    module.exit_json(changed=False, address=answer.address, status=answer.status)
                seen = f"{answer.address} said {answer.status} {answer.reason}"
            except NoAnswer as silence:
                seen = f"{silence.address or 'no address'} said nothing ({silence})"
            if time.monotonic() > deadline:
                module.fail_json(msg=f"http://{p['domain']}{p['path']} did not answer 200 within {p['seconds']} s. "
                                     f"Last seen: {seen}")
            time.sleep(0.5)


if __name__ == "__main__":
    main()
