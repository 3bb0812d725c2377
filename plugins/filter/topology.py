# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter topology_faults: every reason why a plan of two sites cannot work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.topology import faults

DOCUMENTATION = """
name: topology_faults
short_description: Every reason why a plan of two sites cannot work
version_added: 0.1.0
description:
  - Looks at the inventory's values only, never at a cloud, and returns a sentence for each fault, with its path.
options:
  _input:
    description:
      - The plan. Keys C(name), C(domain), C(zone), C(primary), C(standby), C(sites), C(timing), C(tunnels),
        C(asked_tags), C(skipped_tags) and C(known_tags).
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (plan | multicloud.dr.topology_faults) == []
"""

RETURN = """
_value:
  description: Sentences such as C(topology_sites.aws.region - 'mars-1' is not an AWS region); empty when the plan can work.
  type: list
  elements: str
"""


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"topology_faults": faults}
