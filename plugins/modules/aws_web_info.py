#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_web_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_web_info
version_added: 0.1.0
short_description: Look up what there is of an application built by role aws_web
description:
  - Finds its repository, target groups, launch template and Auto Scaling group in one go, in the words of the role.
  - Never changes anything.
options:
  name:
    description: Name of the application, which all its parts carry.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Wait until both instances can serve pages
  multicloud.dr.aws_web_info:
    name: tickets
  register: seen
  until: seen.web.healthy['tickets-edge'] | default(0) >= 2
  retries: 60
  delay: 5
"""

RETURN = r"""
web:
  description: What there is; values are null and collections empty where there is nothing.
  returned: always
  type: dict
  contains:
    repository:
      description: Its C(uri), C(scan_on_push), whether its tags are C(immutable), its C(lifecycle) policy, and how many C(images) it holds.
      type: dict
    target_groups:
      description: Name to C(arn), C(port), C(check_port) (0 for the same), C(check_path), C(codes), C(interval), C(timeout), C(rise) and C(fall).
      type: dict
    healthy: {description: Name of a target group to how many of its targets are healthy., type: dict, sample: {tickets-edge: 2}}
    template_version: {description: Newest version of the launch template; 0 when there is none., type: int, sample: 3}
    group:
      description: >-
        The group's C(template_version), C(min), C(max), C(subnet_ids), C(target_group_arns), C(health_check), C(grace_seconds) and C(tags).
      type: dict
    capacity: {description: How many instances it is to have., type: int, sample: 2}
    behind: {description: Ids of instances that were started from another version of the template., type: list, elements: str}
    refreshing: {description: Whether its instances are being replaced., type: bool}
    outdated: {description: Whether that was begun before there was the version of the template that the group names., type: bool}
    policy:
      description: >-
        The policy's C(cpu_percent) at which it holds the group, its C(warmup_seconds) for new instances, and whether it C(scales_in).
      type: dict
      sample: {cpu_percent: 50.0, warmup_seconds: 120, scales_in: true}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.web import find_web


def main() -> None:
    """Read and tell."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(changed=False, web=find_web(module.client, module.params["name"]))


if __name__ == "__main__":
    main()
