#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module route53_failover."""

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_failover
version_added: 0.1.0
short_description: A failover pair that leads to the standby by itself and never comes back by itself
description:
  - Two A records of one name and three health checks. The primary is answered while its edge answers AND the standby has not taken over.
  - That the standby has taken over is told by a marker object; the check of it is inverted, which M(amazon.aws.route53_health_check)
    cannot do. A primary that comes back after a failover is stale, and this keeps users off it until somebody removes the marker.
  - Route 53 takes a new check for healthy, and a new inverted one for unhealthy, until checkers have reported. So a new check, also one by which AWS
    has to replace another (other O(check_interval), other scheme, a name for an address), decides nothing before it was seen with a result. This is
    waited for, five minutes at most.
  - The secondary has no check, so it is answered whenever the primary is not.
options:
  name:
    description: The name users know.
    type: str
    required: true
  zone:
    description: The hosted zone it lies in, a public one.
    type: str
    required: true
  owner:
    description: Whose checks these are. At most 30 characters, and no C(/) among them; part of their names and caller references.
    type: str
    required: true
  primary_addresses:
    description: The primary site's edge, one or more IPv4 addresses that can be reached from outside.
    type: list
    elements: str
    required: true
  secondary_load_balancer:
    description: Name of the standby site's load balancer, answered by an alias. Its TTL is AWS's, 60 seconds.
    type: str
  secondary_addresses:
    description: The standby site's edge, instead of a load balancer; likewise, and none of the primary's.
    type: list
    elements: str
  edge_url:
    description:
      - What is asked of the primary's edge; 2xx or 3xx is healthy. A name, or an IPv4 address that health checkers can reach, which no private
        or otherwise reserved one is.
    type: str
    required: true
  marker_url:
    description: Where the marker appears when the standby takes over; 2xx or 3xx means that it has. Never the same as O(edge_url).
    type: str
    required: true
  ttl:
    description: TTL of the records that are not aliases, in seconds, 0 to 2147483647.
    type: int
    default: 10
  check_interval:
    description: Seconds between two looks of one checker.
    type: int
    choices: [10, 30]
    default: 10
  check_threshold:
    description: Consecutive results that turn a checker's verdict, 1 to 10.
    type: int
    default: 2
  override:
    description:
      - A plan that moves users who are being served is refused while what O(edge_url) asks gives no good answer to the host this runs on, at each
        address that users would be sent to.
      - V(accept_silent_target) does it all the same; it is warned about each time.
      - A plan with another O(marker_url) is refused while the marker is found at the one before and not at the new one, since users would be led back
        to the primary. V(accept_return) does it all the same.
    type: list
    elements: str
    choices: [accept_silent_target, accept_return]
    default: []
  state:
    description: Whether the pair and its checks should exist. One that shall not is found by O(name) and O(owner) alone.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode: {support: full, description: "Says what would be done, and what must exist first."}
  diff_mode: {support: full, description: Always shown.}
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Lead users to the primary, and to the standby when the primary is dark
  multicloud.dr.route53_failover:
    name: tickets.example.com
    zone: example.com
    owner: tickets
    primary_addresses: [198.51.100.100]
    secondary_load_balancer: tickets
    edge_url: http://198.51.100.100/edgez
    marker_url: https://tickets-latch.s3.ap-northeast-2.amazonaws.com/taken-over

- name: The standby answers at addresses; move users though its edge gives no good answer here
  multicloud.dr.route53_failover:
    name: tickets.example.com
    zone: example.com
    owner: tickets
    primary_addresses: [198.51.100.100]
    secondary_addresses: [203.0.113.20]
    edge_url: http://198.51.100.100/edgez
    marker_url: https://tickets-latch.s3.ap-northeast-2.amazonaws.com/taken-over
    ttl: 30
    check_interval: 30
    check_threshold: 3
    override: [accept_silent_target]

- name: Take the pair and its checks away
  multicloud.dr.route53_failover:
    name: tickets.example.com
    zone: example.com
    owner: tickets
    primary_addresses: [198.51.100.100]
    secondary_load_balancer: tickets
    edge_url: http://198.51.100.100/edgez
    marker_url: https://tickets-latch.s3.ap-northeast-2.amazonaws.com/taken-over
    state: absent
"""

RETURN = r"""
resource:
  description: The pair as it is now, in check mode as it would be.
  returned: success
  type: dict
  contains:
    checks: {description: "Health checks by name: edge, taken-over (inverted), primary (calculated from both)", type: dict}
    primary: {description: The primary record., type: dict}
    secondary: {description: The secondary record., type: dict}
    strays: {description: Ids of checks that an interrupted run has left., type: list, elements: str}
action:
  description: none, create, update or delete.
  returned: success
  type: str
needs:
  description: What must exist first.
  returned: in check mode, when something must
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE, carry_out, told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord
from ansible_collections.multicloud.dr.plugins.module_utils.aws.live_traffic import OVERRIDES, refuse_if_silent, silent
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan

OPTIONS = {
    "name": {"type": "str", "required": True},
    "zone": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "primary_addresses": {"type": "list", "elements": "str", "required": True},
    "secondary_load_balancer": {"type": "str"},
    "secondary_addresses": {"type": "list", "elements": "str"},
    "edge_url": {"type": "str", "required": True},
    "marker_url": {"type": "str", "required": True},
    "ttl": {"type": "int", "default": 10},
    "check_interval": {"type": "int", "choices": [10, 30], "default": 10},
    "check_threshold": {"type": "int", "default": 2},
    "override": {"type": "list", "elements": "str", "choices": list(OVERRIDES), "default": []},
}


def main() -> None:
    """Wiring only."""
    module = AnsibleAWSModule(
        argument_spec={**OPTIONS, **STATE}, supports_check_mode=True,
        mutually_exclusive=[("secondary_load_balancer", "secondary_addresses")],
        required_one_of=[("secondary_load_balancer", "secondary_addresses")],
    )
    with told_plainly(module):
        pair = FailoverRecord(module.client("route53"), lambda: module.client("elbv2"), module.params)
        want = pair.want()
        step = plan(pair.fields, pair.find(), want)
        if step.changes and want:
            step = step.needing(pair.needs)
        if warning := refuse_if_silent(step, silent, module.params["override"]):
            module.warn(warning)
        carry_out(module, step, lambda step: converge(pair, step, want))


if __name__ == "__main__":
    main()
