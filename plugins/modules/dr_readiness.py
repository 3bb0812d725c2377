#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module dr_readiness."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_readiness
version_added: 0.1.0
short_description: How ready both sites are for the loss of the one that writes
description:
  - From what was seen already, a score of 0 to 100 with a reason for every point that is missing. Asks nobody.
  - Each reason says what mends it.
  - What was not looked at costs as much as what is wrong. A standby that would not take over leaves less than half.
options:
  agents:
    description: For each site what its agent answers to C(/status); empty or null for one that gave no answer.
    type: dict
    required: true
  tunnels:
    description: For each tunnel whether it carries packets; left out when nobody looked.
    type: list
    elements: bool
  leads_to:
    description: The site that resolvers send users to; left out when they disagree or nobody looked.
    type: str
  pinned_to:
    description:
      - The site whose marker says that it has taken over; left out while none does. Names lead there whatever becomes of that site, so while it
        writes nobody would be sent to the other one.
    type: str
  dns_said:
    description: Why, as told by M(multicloud.dr.route53_failover_info).
    type: list
    elements: str
    default: []
  max_lag_seconds:
    description: A copy further behind costs points.
    type: float
    default: 30.0
  max_compared_days:
    description: A copy that was last compared with its source longer ago costs points.
    type: float
    default: 7.0
attributes:
  check_mode: {support: full, description: Reads nothing and changes nothing.}
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Say how ready the pair is
  multicloud.dr.dr_readiness:
    agents: {nhn: "{{ nhn_status.json }}", aws: "{{ aws_status.json }}"}
    tunnels: [true, true]
    leads_to: nhn
    pinned_to: "{{ 'aws' if seen.pinned else omit }}"
    dns_said: ["{{ seen.why }}"]
    max_lag_seconds: 10
    max_compared_days: 1
  register: readiness
"""

RETURN = r"""
score: {description: 0 to 100., type: int, returned: success, sample: 90}
ready: {description: "Were the writer lost now, the other site would take over without any override.", type: bool, returned: success}
writer: {description: "The site that holds the record, null when nobody knows.", type: str, returned: success}
reasons:
  description: What is missing, with its cost.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: takeover, writer, record, copy, proof, guard, link, dns, journal, maintenance, room, release, dates, backup, rehearsal or clocks.
      type: str
    cost: {description: Points., type: int}
    said: {description: What is wrong., type: str}
    cure: {description: What mends it., type: str}
words: {description: All of it for people., type: list, elements: str, returned: success}
"""

import time
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch import readiness


def main() -> None:
    """Score and tell."""
    module = AnsibleModule(argument_spec={
        "agents": {"type": "dict", "required": True}, "tunnels": {"type": "list", "elements": "bool"}, "leads_to": {"type": "str"},
        "pinned_to": {"type": "str"},
        "dns_said": {"type": "list", "elements": "str", "default": []}, "max_lag_seconds": {"type": "float", "default": 30.0},
        "max_compared_days": {"type": "float", "default": 7.0},
    }, supports_check_mode=True)
    asked = module.params
    found = readiness.score(asked["agents"], tunnels=asked["tunnels"], leads_to=asked["leads_to"], pinned_to=asked["pinned_to"],
                            dns_said=asked["dns_said"],
                            max_lag=asked["max_lag_seconds"], max_compared=asked["max_compared_days"] * 86400.0, now=time.time())
    module.exit_json(changed=False, score=found.score, ready=found.ready, writer=found.writer, reasons=[asdict(each) for each in found.reasons],
                     words=found.words)


if __name__ == "__main__":
    main()
