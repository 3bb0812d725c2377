#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a load balancer of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_load_balancer
short_description: Make, change or remove a load balancer of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a load balancer by name with its listeners, each with one pool, the pool's members and at most one health monitor.
  - The cloud refuses changes while an earlier one is under way, so every write waits for it.
  - For a public address, give RV(resource.vip_port) to M(multicloud.dr.nhn_floating_ip).
  - Listeners with certificates, L7 policies and address access control are not handled.
  - Reading all its parts takes six requests and one for each listener, more than other modules need.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the load balancer, unique in the project.
    type: str
    required: true
  vpc:
    description: Name or id of the VPC.
    type: str
    required: true
  subnet:
    description: Name or id of the subnet of its address. Required when it does not exist yet.
    type: str
  address:
    description: Its private address. The cloud picks one unless given.
    type: str
  type:
    description: Kind of load balancer. The cloud's default is V(shared).
    type: str
    choices: [shared, dedicated]
  description:
    description: A note.
    type: str
  listeners:
    description: The listeners, the whole set. Left alone unless given.
    type: list
    elements: dict
    suboptions:
      port:
        description: Port it listens on, unique among the listeners.
        type: int
        required: true
      protocol:
        description: What it speaks. A change makes the listener anew.
        type: str
        choices: [TCP, HTTP, HTTPS]
        required: true
      algorithm:
        description: How it picks a member.
        type: str
        choices: [ROUND_ROBIN, LEAST_CONNECTIONS, SOURCE_IP]
        default: ROUND_ROBIN
      members:
        description: Who serves, the whole set.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: Address of the member.
            type: str
            required: true
          port:
            description: Port of the member.
            type: int
            required: true
          weight:
            description: Its share.
            type: int
            default: 1
          subnet:
            description: Name or id of its subnet; that of the load balancer unless given.
            type: str
      monitor:
        description: How members are checked. None unless given.
        type: dict
        suboptions:
          type:
            description: What the check speaks. A change makes the monitor anew.
            type: str
            choices: [TCP, HTTP, HTTPS]
            default: TCP
          delay:
            description: Seconds between checks.
            type: int
            default: 10
          timeout:
            description: Seconds a check may take.
            type: int
            default: 5
          max_retries:
            description: How many failed checks make a member unhealthy.
            type: int
            default: 3
          path:
            description: Path asked for, unless the check is TCP.
            type: str
            default: /
          expected_codes:
            description: Answers that are healthy, as V(200), V(201,202) or V(201-204), unless the check is TCP.
            type: str
            default: '200'
  wait_seconds:
    description: How long to wait for the cloud, in seconds.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: One address for the web servers
  multicloud.dr.nhn_load_balancer:
    auth: '{{ nhn_auth }}'
    name: tickets-web
    vpc: tickets-vpc
    subnet: tickets-app
    listeners:
      - port: 80
        protocol: HTTP
        monitor:
          type: HTTP
          path: /healthz
        members:
          - address: 192.168.10.21
            port: 8080
          - address: 192.168.10.22
            port: 8080

- name: One of its own for each connection that lasts, at a known address
  multicloud.dr.nhn_load_balancer:
    auth: '{{ nhn_auth }}'
    name: tickets-live
    vpc: tickets-vpc
    subnet: tickets-app
    address: 192.168.10.9
    type: dedicated
    description: seat maps that update themselves
    listeners:
      - port: 443
        protocol: TCP
        algorithm: SOURCE_IP
        monitor:
          type: HTTPS
          expected_codes: 200,204
          delay: 5
          timeout: 2
          max_retries: 2
        members:
          - address: 192.168.10.21
            port: 8443
            weight: 3
          - address: 192.168.0.21
            port: 8443
            subnet: tickets-edge
    wait_seconds: 900

- name: Remove it
  multicloud.dr.nhn_load_balancer:
    auth: '{{ nhn_auth }}'
    name: tickets-live
    vpc: tickets-vpc
    state: absent
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: a9b8
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
        monitor:
          type: HTTP
          delay: 10
          timeout: 5
          max_retries: 3
          path: /healthz
          expected_codes: '200'
    vip_port: c7d6
    status: ACTIVE
action:
  description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).'
  returned: success
  type: str
  sample: create
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample:
    - subnet tickets-app
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.load_balancer import LoadBalancer


def main() -> None:
    """Wiring only."""
    run(LoadBalancer)


if __name__ == "__main__":
    main()
