#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module preflight_nhn."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_nhn
short_description: What NHN Cloud has on offer and what a project holds already
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Asks everything at once and changes nothing. It never fails for what it is told, or is not told; C(playbooks/preflight.yml) judges that.
  - What is missing in O(auth) is not asked for.
extends_documentation_fragment: [multicloud.dr.nhn]
options:
  seconds:
    description: How long it may all take, in seconds. What was not answered by then counts as silence.
    type: float
    default: 12.0
  dns_plus:
    description: Whether DNS Plus is asked as well.
    type: bool
    default: false
attributes:
  check_mode: {support: full, description: Only reads.}
"""

EXAMPLES = r"""
- name: Ask NHN Cloud
  multicloud.dr.preflight_nhn:
    auth: "{{ nhn_auth }}"
    seconds: 30
    dns_plus: true
  register: nhn_seen
"""

RETURN = r"""
seen:
  description: What was heard.
  type: dict
  returned: always
  contains:
    answers:
      description: Of each question that was answered, C(login), C(objects), C(rds), C(registry), C(network), C(compute), C(images), C(volumes),
        C(kubernetes) and, when it was asked, C(dns_plus), the answer.
      type: dict
    silent:
      description: Of each other one why not, C(kind) being V(refused), V(silent) or V(unsaid), and C(words).
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.ask_nhn import look
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.asking import SECONDS


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={**NHN_AUTH, **SECONDS, "dns_plus": {"type": "bool", "default": False}}, supports_check_mode=True)
    module.exit_json(changed=False, seen=look(module.params["auth"], module.params["seconds"], names=module.params["dns_plus"]))


if __name__ == "__main__":
    main()
