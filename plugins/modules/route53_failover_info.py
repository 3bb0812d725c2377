#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module route53_failover_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_failover_info
version_added: 0.1.0
short_description: Where a name leads now, and why
description:
  - Asks resolvers what they answer, and Route 53 what its checkers see, and says in sentences whether and why the two agree.
  - Reads a control plane of AWS, so no switch ever depends on it.
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
    description: Whose checks these are, as given to M(multicloud.dr.route53_failover).
    type: str
    required: true
  resolvers:
    description: Whom to ask, each as C(address) or C(address:port). Left out, the resolvers of the host this runs on.
    type: list
    elements: str
    default: []
  timeout_seconds:
    description: How long each may take.
    type: float
    default: 3.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
requirements:
  - dnspython
attributes:
  check_mode: {support: full, description: Reads only.}
notes:
  - The calculated check cannot be asked for at AWS; it is counted from the two that it stands on.
  - AWS does not say whether reports of an inverted check are told inverted; they are taken as what the checker saw.
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: See where users are sent
  multicloud.dr.route53_failover_info:
    name: tickets.example.com
    zone: example.com
    owner: tickets
    resolvers: [1.1.1.1, 8.8.8.8, 168.126.63.1]
    timeout_seconds: 5
  register: seen

- name: Say it
  ansible.builtin.debug:
    msg: "{{ seen.why }}"
"""

RETURN = r"""
leads_to:
  description: primary, secondary or elsewhere when all resolvers that answer agree, else null.
  returned: success
  type: str
why:
  description: Sentences for a person.
  returned: success
  type: list
  elements: str
  sample: ["By the checkers the name leads to the primary: its edge answers the checkers and the standby has not taken over."]
pinned:
  description: The standby's marker is seen, or no checker has reported on it yet, so the name leads to the secondary whatever becomes of it.
  returned: success
  type: bool
answers:
  description: What each resolver said.
  returned: success
  type: list
  elements: dict
  contains:
    resolver: {description: Who., type: str}
    addresses: {description: What it answered., type: list, elements: str}
    ttl: {description: For how many more seconds it may go on answering that., type: int}
    leads_to: {description: "primary, secondary, elsewhere, or null without an answer.", type: str}
    said: {description: Why there is no answer., type: str}
checks:
  description: "Health checks by name (edge, taken-over, primary): healthy as Route 53 counts it, checkers, succeeding, last report."
  returned: success
  type: dict
pair:
  description: The failover pair, in the shape of RV(multicloud.dr.route53_failover#module:resource); null when there is none.
  returned: success
  type: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws import failover_view, resolving
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord

OPTIONS = {
    "name": {"type": "str", "required": True},
    "zone": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "timeout_seconds": {"type": "float", "default": 3.0},
}


def main() -> None:
    """Read and tell."""
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    with told_plainly(module):
        asked = module.params
        route53 = module.client("route53")
        pair = FailoverRecord.as_it_is(route53, asked)
        query = resolving.query(asked["timeout_seconds"])
        answers = failover_view.ask(asked["name"], asked["resolvers"] or resolving.of_this_host(), query)
        alias = ((pair or {}).get("secondary") or {}).get("alias")
        behind = failover_view.ask(alias["name"], [answer.resolver for answer in answers if not answer.said][:1], query) if alias else []
        module.exit_json(changed=False, **failover_view.view(
            asked["name"], pair, failover_view.look_at_checks(route53, (pair or {}).get("checks", {})), answers,
            [address for answer in behind for address in answer.addresses]))


if __name__ == "__main__":
    main()
