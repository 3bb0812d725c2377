# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter topology_faults: every reason why a plan of two sites cannot work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.absent import absent
from ansible_collections.multicloud.dr.plugins.module_utils.shape import Unset
from ansible_collections.multicloud.dr.plugins.module_utils.topology import faults
from jinja2 import Undefined
from jinja2.exceptions import UndefinedError

try:
    from botocore.session import Session
except ImportError:
    Session = absent("botocore")

DOCUMENTATION = """
name: topology_faults
short_description: Every reason why a plan of two sites cannot work
version_added: 0.1.0
description:
  - Looks at the inventory's values only, never at a cloud, and returns a sentence for each fault, with its path.
  - A value that stands on an undefined variable is a fault like any other, and does not hide the others.
options:
  _input:
    description:
      - The plan, as a mapping of the inventory's variables. Keys C(topology_name), C(topology_domain), C(topology_zone), C(topology_primary),
        C(topology_standby), C(topology_sites), C(topology_timing), C(aws_vpn_tunnels), C(nhn_auth), C(aws_auth), C(database_passwords)
        and C(topology_tags), and beside them C(asked_tags) and C(skipped_tags).
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


def topology_faults(plan: Mapping[str, Any]) -> list[str]:
    """Every fault of the plan, as "path: what is wrong"."""
    return faults(resolved(plan), _aws_regions())


@cache
def _aws_regions() -> frozenset[str]:
    """Every region that the installed botocore knows; reading its lists takes a third of a second, and they do not change."""
    session = Session()
    return frozenset(region for partition in session.get_available_partitions() for region in session.get_available_regions("ec2", partition))


def resolved(value: Any) -> Any:
    """The value with every template in it resolved, and an `Unset` where that cannot be done.

    Ansible hands a filter its containers lazily: what an element stands on is resolved, or found undefined, when that element is read.
    """
    if isinstance(value, Mapping):
        return {key: read(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [read(value, index) for index in range(len(value))]
    return value


def read(container: Any, key: Any) -> Any:
    """What is held under a key or at an index, or why it cannot be had."""
    try:
        value = container[key]
        if isinstance(value, Undefined):
            str(value)                  # says why, by raising
        return resolved(value)
    except UndefinedError as error:
        return Unset(str(error))


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"topology_faults": topology_faults}
