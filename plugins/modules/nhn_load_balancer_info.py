#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up load balancers of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_load_balancer_info
short_description: Look up load balancers of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells the load balancers of the project with their listeners, and which members pass their check.
  - All take five requests together, and one more for each listener.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every load balancer unless given.
    type: str
"""

EXAMPLES = r"""
- name: Who serves
  multicloud.dr.nhn_load_balancer_info:
    auth: '{{ nhn_auth }}'
    name: tickets-web
  register: found
"""

RETURN = r"""
resources:
  description:
    - What was found, in order of name. Listeners are as M(multicloud.dr.nhn_load_balancer) takes them.
    - C(status) of a member is V(ACTIVE) when it passes its check. A balancer without one that does is still C(ACTIVE) itself.
  returned: success
  type: list
  elements: dict
  sample:
    - id: a9b8
      name: tickets-web
      vpc: a0b1
      subnet: c9d0
      address: 192.168.10.9
      type: shared
      description: ''
      listeners:
        - port: 80
          protocol: HTTP
          algorithm: ROUND_ROBIN
          members:
            - address: 192.168.10.21
              port: 8080
              weight: 1
              subnet: c9d0
              status: ACTIVE
          monitor:
            type: HTTP
            delay: 10
            timeout: 5
            max_retries: 3
            path: /healthz
            expected_codes: '200'
      vip_port: c7d6
      status: ACTIVE
      operating_status: ONLINE
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import load_balancers


def main() -> None:
    """Wiring only."""
    tell(NAME, load_balancers)


if __name__ == "__main__":
    main()
