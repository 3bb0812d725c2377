#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the service answer by its public name?"""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_proof
short_description: Ask the service by its public name, as a visitor does
version_added: 0.1.0
author: The multicloud.dr contributors
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
- multicloud.dr.service_proof:
    domain: tickets.example.com
"""

RETURN = r"""
address: {description: What the name resolved to., type: str, returned: success}
status: {description: Status of the answer., type: int, returned: success}
"""

import http.client
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import NoAddress, Resolver


def ask(resolver, p):
    """(address, status, words): one question; status 0 when nobody answered, and words says why."""
    address = None
    try:
        address = resolver.address(p["domain"])
        connection = http.client.HTTPConnection(address, p["port"], timeout=5)
        try:
            connection.request("GET", p["path"], headers={"Host": p["domain"], "Connection": "close"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
    except (NoAddress, OSError, http.client.HTTPException) as error:
        return address, 0, f"{type(error).__name__}: {error}"
    return address, answer.status, answer.reason


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
    resolver, deadline = Resolver(p["nameserver"] or None), time.monotonic() + p["seconds"]
    while True:
        address, status, words = ask(resolver, p)
        if status == 200:
            module.exit_json(changed=False, address=address, status=status)
        if time.monotonic() > deadline:
            module.fail_json(msg=f"http://{p['domain']}{p['path']} did not answer 200 within {p['seconds']} s. "
                                 f"Last seen: {address or 'no address'} said {status or 'nothing'} {words}")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
