#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_registry_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_registry_info
version_added: 0.1.0
short_description: Where the account's registry of ECR is, and a pass for it
description:
  - Asks ECR for a pass, which is good for twelve hours, and tells it with the registry's host.
  - What it returns is a secret. Give its task C(no_log).
  - Never changes anything.
options: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - The multicloud.dr contributors
"""

EXAMPLES = r"""
- name: Ask ECR for a pass
  multicloud.dr.aws_registry_info:
    region: ap-northeast-2
  register: pass
  no_log: true
"""

RETURN = r"""
host:
  description: The registry, as it stands in an image's name.
  returned: always
  type: str
  sample: 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com
user:
  description: Who logs in.
  returned: always
  type: str
  sample: AWS
password:
  description: The pass.
  returned: always
  type: str
"""

import base64

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.errors import asking


def main() -> None:
    """Ask and tell."""
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    with told_plainly(module):
        with asking("ask ECR for a pass"):
            given = module.client("ecr").get_authorization_token()["authorizationData"][0]
        user, _unused, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        module.exit_json(changed=False, host=given["proxyEndpoint"].partition("://")[2], user=user, password=password)


if __name__ == "__main__":
    main()
