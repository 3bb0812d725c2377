#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_web_acl."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_web_acl
version_added: 0.1.0
short_description: Create, change or remove a regional web ACL of AWS WAF, with its log and what it stands in front of
description:
  - Finds the web ACL by its name and writes only what differs. What AWS replaces by an update and this module has no option for stays as it is.
  - AWS calls what was made a moment ago unavailable; the module asks again until it no longer does.
  - An option that is left out is left alone.
options:
  name:
    description: Name of the web ACL.
    type: str
    required: true
  description:
    description: What it is for, in two characters or more.
    type: str
  default_action:
    description: What happens to requests that no rule decides on. Needed to make one.
    type: str
    choices: [allow, block]
  rules:
    description:
      - All its rules, each in the words of the API's C(Rule), with C(Name), C(Priority), C(Statement), C(VisibilityConfig), and C(Action) or
        C(OverrideAction). A C(SearchString) is plain text. Needed to make one.
    type: list
    elements: dict
  metric_name:
    description: Name of its metrics; one that is made without gets its own name.
    type: str
  sampled_requests:
    description: Whether AWS keeps samples of whole requests; of one that is made without, it keeps none.
    type: bool
  load_balancers:
    description: Names of all application load balancers it stands in front of. One that has another web ACL gets this one instead.
    type: list
    elements: str
  log_group:
    description: Name of the log group that its log goes to, which begins with C(aws-waf-logs-); empty for no log.
    type: str
  logged:
    description: Which requests are logged. Given together with O(log_group).
    type: str
    choices: [blocked, all]
  redacted_headers:
    description: Names of headers whose values are kept out of the log. Given together with O(log_group).
    type: list
    elements: str
  tags:
    description: All its tags.
    type: dict
  wait_seconds:
    description: How long AWS may call something unavailable, for each change.
    type: int
    default: 300
  state:
    description: Whether it should exist. One that should not is taken away from its load balancers first.
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
- name: Let nobody in who sends SQL
  multicloud.dr.aws_web_acl:
    name: tickets
    description: In front of tickets
    default_action: allow
    rules:
      - Name: AWSManagedRulesSQLiRuleSet
        Priority: 0
        OverrideAction: {None: {}}
        Statement: {ManagedRuleGroupStatement: {VendorName: AWS, Name: AWSManagedRulesSQLiRuleSet}}
        VisibilityConfig: {SampledRequestsEnabled: false, CloudWatchMetricsEnabled: true, MetricName: tickets-sqli}
    metric_name: tickets
    sampled_requests: false
    load_balancers: [tickets]
    log_group: aws-waf-logs-tickets
    logged: blocked
    redacted_headers: [authorization, cookie]
    tags: {Name: tickets}
    wait_seconds: 300

- name: Take it away again
  multicloud.dr.aws_web_acl:
    name: tickets
    state: absent
"""

RETURN = r"""
resource:
  description: The web ACL as it is now, in check mode as it would be; its options, and C(id), C(arn) and C(capacity) in units (WCU).
  returned: success
  type: dict
  sample: {name: tickets, capacity: 1206, default_action: allow, load_balancers: [tickets], log_group: aws-waf-logs-tickets, logged: blocked}
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
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE, carry_out, spec, told_plainly, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.aws.web_acl import WebAcl
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan, tidied

OPTIONS = {"name": {"type": "str", "required": True}, "wait_seconds": {"type": "int", "default": 300}}


def main() -> None:
    """Wiring only."""
    module = AnsibleAWSModule(argument_spec=spec(WebAcl.fields, OPTIONS, STATE), supports_check_mode=True)
    with told_plainly(module):
        params = tidied(WebAcl.fields, module.params)
        acl = WebAcl(module.client, params)
        want = acl.wish(wanted(WebAcl.fields, params))
        step = plan(WebAcl.fields, acl.find(), want)
        if step.changes:
            step = step.needing(acl.needs)
        carry_out(module, step, lambda step: converge(acl, step, want))


if __name__ == "__main__":
    main()
