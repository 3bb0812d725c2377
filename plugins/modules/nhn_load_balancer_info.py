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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: a9b8}
    name: {description: Its name., type: str, sample: tickets-web}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    subnet: {description: Id of its subnet., type: str, sample: c9d0}
    address: {description: Its address., type: str, sample: 192.168.10.9}
    type: {description: V(shared) or V(dedicated)., type: str, sample: shared}
    description: {description: The note., type: str, sample: ''}
    listeners:
      description: Its listeners, in order of their port.
      type: list
      elements: dict
      contains:
        port: {description: TCP port that it listens at., type: int, sample: 80}
        protocol: {description: What it speaks., type: str, sample: HTTP}
        algorithm: {description: How members are chosen., type: str, sample: ROUND_ROBIN}
        members:
          description: Who answers.
          type: list
          elements: dict
          contains:
            address: {description: Address of the member., type: str, sample: 192.168.10.21}
            port: {description: TCP port of the member., type: int, sample: 8080}
            weight: {description: Weight of the member among the others., type: int, sample: 1}
            subnet: {description: Id of the member's subnet., type: str, sample: c9d0}
            status: {description: 'Whether it answers, as the monitor sees it.', type: str, sample: ACTIVE}
        monitor:
          description: How members are watched, V(null) when they are not.
          type: dict
          contains:
            type: {description: What the monitor speaks., type: str, sample: HTTP}
            delay: {description: Seconds from one look to the next., type: int, sample: 10}
            timeout: {description: Seconds a member may take., type: int, sample: 5}
            max_retries: {description: Number of looks that decide., type: int, sample: 3}
            path: {description: 'Path that is asked for, V(null) where there is none.', type: str, sample: /healthz}
            expected_codes: {description: 'HTTP codes that are good, V(null) where there are none.', type: str, sample: '200'}
    vip_port: {description: Id of the port that has its address., type: str, sample: c7d6}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
    operating_status: {description: 'Whether it works, in the service''s words.', type: str, sample: ONLINE}
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create vpc}
    to: {description: To what., type: str, sample: tickets-vpc}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 409}
        code: {description: The service's own code., type: str, sample: OverQuota}
        words: {description: 'Its words, as they are.', type: str, sample: Quota exceeded for resources.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup_kept import load_balancers


def main() -> None:
    """Wiring only."""
    tell(NAME, load_balancers)


if __name__ == "__main__":
    main()
