#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module preflight_aws."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_aws
short_description: What AWS has on offer, what an account holds and may have, and who answers for a zone
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Asks everything at once and changes nothing. It never fails for what it is told, or is not told; C(playbooks/preflight.yml) judges that.
options:
  aws:
    description: How to speak to AWS.
    type: dict
    required: true
    suboptions:
      region: {description: Region., type: str, required: true}
      access_key: {description: Access key; left out it is found by boto3's own search. Nothing is asked while it is empty., type: str}
      secret_key: {description: Secret key; likewise., type: str}
      endpoint_url: {description: Where the API answers; empty is AWS itself., type: str}
  instance_types:
    description: Types of instances to look up.
    type: list
    elements: str
    required: true
  images:
    description: Images (AMI) to look up.
    type: list
    elements: str
    required: true
  engine_version:
    description: Version of MySQL of which the database's class is looked up.
    type: str
    required: true
  database_class:
    description: That class.
    type: str
    required: true
  buckets:
    description: Names of buckets to look up.
    type: list
    elements: str
    required: true
  certificate_arn:
    description: A certificate of ACM to look up; empty for none.
    type: str
    default: ""
  certificate_domain:
    description: Or the domain whose certificates are looked up; empty for none.
    type: str
    default: ""
  container_image:
    description: An image by its digest; where that is in ECR, what its repository holds is looked up.
    type: str
    default: ""
  rule_groups:
    description: AWS's managed rule groups of a web ACL to look up.
    type: list
    elements: str
    default: []
  zone:
    description: The hosted zone; at Route 53 and at resolvers.
    type: str
    required: true
  owner:
    description: Whose health checks are counted as own, as option O(owner) of M(multicloud.dr.route53_failover).
    type: str
    required: true
  resolvers:
    description: Whom to ask who answers for the zone, as C(address) or C(address:port); empty asks the resolvers of this host.
    type: list
    elements: str
    default: []
  seconds:
    description: How long it may all take, in seconds. What was not answered by then counts as silence.
    type: float
    default: 12.0
attributes:
  check_mode: {support: full, description: Only reads.}
"""

EXAMPLES = r"""
- name: Ask AWS
  multicloud.dr.preflight_aws:
    aws:
      region: ap-northeast-2
      access_key: "{{ vault_aws_access_key }}"
      secret_key: "{{ vault_aws_secret_key }}"
      endpoint_url: "{{ aws_endpoint_url }}"
    instance_types: [t3.small]
    images: [ami-0a1b2c3d4e5f60718]
    engine_version: 8.4.8
    database_class: db.t3.medium
    buckets: [tickets-latch, tickets-backups]
    certificate_arn: arn:aws:acm:ap-northeast-2:123456789012:certificate/0a1b2c3d
    certificate_domain: tickets.example.com
    container_image: 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/tickets@sha256:{{ digest }}
    rule_groups: [AWSManagedRulesCommonRuleSet]
    zone: example.com
    owner: tickets
    resolvers: [192.0.2.53]
    seconds: 30
  register: aws_seen
"""

RETURN = r"""
seen:
  description: What was heard.
  type: dict
  returned: always
  contains:
    answers:
      description: Of each question that was answered (C(identity), C(regions), C(quotas) and so on) the answer. No key is in it.
      type: dict
    silent:
      description: Of each other one why not, C(kind) being V(refused), V(silent) or V(unsaid), and C(words).
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.resolving import name_servers
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.ask_aws import look
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.asking import SECONDS

AUTH = {"region": {"type": "str", "required": True}, "access_key": {"type": "str", "no_log": True}, "secret_key": {"type": "str", "no_log": True},
        "endpoint_url": {"type": "str"}}
TEXT = {"type": "str", "required": True}
MAYBE = {"type": "str", "default": ""}
TEXTS = {"type": "list", "elements": "str", "required": True}
RESOLVER_SECONDS = 3.0


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "aws": {"type": "dict", "required": True, "options": AUTH}, "instance_types": TEXTS, "images": TEXTS, "engine_version": TEXT,
            "database_class": TEXT, "buckets": TEXTS, "zone": TEXT, "owner": TEXT, **SECONDS,
            "resolvers": {"type": "list", "elements": "str", "default": []}, "rule_groups": {"type": "list", "elements": "str", "default": []},
            "certificate_arn": MAYBE, "certificate_domain": MAYBE, "container_image": MAYBE,
        },
        supports_check_mode=True,
    )
    wanted = {**module.params, "types": module.params["instance_types"]}
    with told_plainly(module):
        seen = look(module.params["aws"], wanted, name_servers(RESOLVER_SECONDS), module.params["seconds"])
    module.exit_json(changed=False, seen=seen)


if __name__ == "__main__":
    main()
