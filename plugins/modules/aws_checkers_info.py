#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_checkers_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_checkers_info
version_added: 0.1.0
short_description: Look up where Route 53's health checkers come from
description:
  - AWS's own list, for whoever lets in only some and must not turn checkers away.
  - Never changes anything.
options: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: See where checkers come from
  multicloud.dr.aws_checkers_info:
  register: checkers
"""

RETURN = r"""
ranges:
  description: Their IPv4 ranges, in order.
  returned: always
  type: list
  elements: str
  sample: [15.177.0.0/18]
ranges_ipv6:
  description: Their IPv6 ranges, in order.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.errors import asking


def main() -> None:
    """Read and tell."""
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    with told_plainly(module):
        with asking("ask where Route 53's health checkers come from"):
            found = sorted(module.client("route53").get_checker_ip_ranges()["CheckerIpRanges"])
        module.exit_json(changed=False, ranges=[each for each in found if ":" not in each], ranges_ipv6=[each for each in found if ":" in each])


if __name__ == "__main__":
    main()
