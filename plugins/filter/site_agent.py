# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter site_agent_faults: what the agent would refuse to start with, in the names that an inventory has for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.switch import agent_file

DOCUMENTATION = """
name: site_agent_faults
author: The multicloud.dr contributors
short_description: Every reason why the site agent would not start with a configuration
version_added: 0.1.0
description:
  - Reads what is to become C(agent.json) with the agent's own reader, and returns a sentence for each fault. Each begins with the variable of role
    C(site_agent) that the value comes from.
options:
  _input:
    description: The configuration, as the text of that file.
    type: str
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: ({'topology': 'tickets', 'site': 'nhn'} | to_json | multicloud.dr.site_agent_faults) == []
"""

RETURN = """
_value:
  description: Sentences; empty when the agent would start with it.
  type: list
  elements: str
"""

# Where a value of agent.json comes from, where that is not site_agent_ and its path. The longest that fits counts.
FROM = {
    "etcd.": "site_agent_etcd_", "etcd.timeout_seconds": "site_agent_etcd_timeout_seconds",
    "database.": "site_agent_database_", "database.dialect": "site_agent_dialect", "database.schemas": "site_agent_schemas",
    "database.exclude": "site_agent_exclude",
    "listen.addresses": "site_agent_address", "listen.port": "site_agent_port",
    "limits.lag_seconds": "site_agent_max_lag_seconds", "limits.takeovers": "site_agent_max_takeovers",
    "limits.compared_seconds": "site_agent_max_compared_days",
}
SECRETS = ("password", "secret_key", "replication_password")


def variable(path: str) -> str:
    """The variable, and what follows it in the path."""
    known = max((name for name in FROM if path.startswith(name)), key=len, default="")
    return f"{FROM[known]}{path[len(known):]}" if known else f"site_agent_{path}"


def site_agent_faults(text: str) -> list[str]:
    """Every fault, as "variable: what is wrong"."""
    found = []
    for fault in agent_file.faults(json.loads(text)):
        path, _unused, said = fault.partition(": ")
        found.append(f"{variable(path)}: {'is no text that can be kept' if path.endswith(SECRETS) and said != 'missing' else said}")
    return found


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"site_agent_faults": site_agent_faults}
