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
  - The multicloud.dr contributors (!UNKNOWN)
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
            description: Its share of connections, in proportion to the weights of the other members.
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
  contains:
    listeners:
      description: Its listeners, in order of their port.
      type: list
      elements: dict
      contains:
        port: {description: TCP port that it listens at., type: int, sample: 80}
        protocol: {description: What it speaks., type: str, sample: HTTP}
        monitor:
          description: How members are watched, V(null) when they are not.
          type: dict
          contains:
            type: {description: What the monitor speaks., type: str, sample: HTTP}
            path: {description: 'Path that is asked for, V(null) where there is none.', type: str, sample: /healthz}
            delay: {description: Seconds from one look to the next., type: int, sample: 10}
            timeout: {description: Seconds a member may take., type: int, sample: 5}
            max_retries: {description: Number of looks that decide., type: int, sample: 3}
            expected_codes: {description: 'HTTP codes that are good, V(null) where there are none.', type: str, sample: '200'}
        members:
          description: Who answers.
          type: list
          elements: dict
          contains:
            address: {description: Address of the member., type: str, sample: 192.168.10.21}
            port: {description: TCP port of the member., type: int, sample: 8080}
            weight: {description: Weight of the member among the others., type: int, sample: 1}
            subnet: {description: Id of the member's subnet., type: str, sample: c9d0}
        algorithm: {description: How members are chosen., type: str, sample: ROUND_ROBIN}
    name: {description: Its name., type: str, sample: tickets-web}
    subnet: {description: Id of its subnet., type: str, sample: c9d0}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    address: {description: Its address., type: str, sample: 192.168.10.9}
    description: {description: The note., type: str, sample: ''}
    id: {description: Its id., type: str, sample: a9b8}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: ACTIVE}
    type: {description: V(shared) or V(dedicated)., type: str, sample: shared}
    vip_port: {description: Id of the port that has its address., type: str, sample: c7d6}
action: {description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).', returned: success, type: str, sample: create}
diff:
  description: What differs, or would. Secrets are hidden.
  returned: success
  type: dict
  contains:
    before: {description: 'The resource as it was, with what RV(resource) holds; empty when there was none.', type: dict, sample: {}}
    after:
      description: The resource as it was to be, with what RV(resource) holds; empty when there was to be none.
      type: dict
      sample: {name: tickets}
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample: [subnet tickets-app]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.load_balancer import LoadBalancer


def main() -> None:
    """Wiring only."""
    run(LoadBalancer)


if __name__ == "__main__":
    main()
