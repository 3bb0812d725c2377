# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of role monitoring: why a host cannot watch both sites as it is told to, who is told of alerts, and where figures go besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.monitoring import plan, remote, told

DOCUMENTATION = """
name: monitoring_faults
short_description: Every reason why a host cannot watch both sites as role monitoring is told to
version_added: 0.1.0
description:
  - Looks at the variables only, and returns a sentence for each fault, with its path. No address of a receiver is in it, as it may hold a secret.
  - Beside it, C(monitoring_told) takes the receivers, how many hours an alert lasts before it is told again, the port of rehearsals, and whether this
    Alertmanager takes a webhook's address from a file, and returns what Alertmanager reads. C(monitoring_secrets) takes the first and the last of
    these, and returns the files that stand beside it, each as C(path) and C(content). C(monitoring_remote_write) and
    C(monitoring_remote_secrets) do the same of where figures are written to besides.
options:
  _input:
    description: The role's variables, each without C(monitoring_) before it.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (lookup('ansible.builtin.vars', 'plan_of_monitoring') | multicloud.dr.monitoring_faults) == []
"""

RETURN = """
_value:
  description: Sentences; empty when it can.
  type: list
  elements: str
"""


def monitoring_faults(given: Mapping[str, Any]) -> list[str]:
    """Every fault of the plan, as "path: what is wrong"."""
    return plan.faults(given)


def monitoring_told(receivers: Sequence[Mapping[str, Any]], repeat_hours: int, rehearsal_port: int, url_files: bool = False) -> dict[str, Any]:
    """Alertmanager's configuration."""
    return told.config(receivers, int(repeat_hours), int(rehearsal_port), bool(url_files))


def monitoring_secrets(receivers: Sequence[Mapping[str, Any]], url_files: bool = False) -> list[dict[str, str]]:
    """The files of secrets that it names."""
    return [{"path": path, "content": content} for path, content in told.secrets(receivers, bool(url_files)).items()]


def monitoring_remote_write(targets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """That part of Prometheus's configuration."""
    return remote.config(targets)


def monitoring_remote_secrets(targets: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The files of secrets that it names."""
    return [{"path": path, "content": content} for path, content in remote.secrets(targets).items()]


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"monitoring_faults": monitoring_faults, "monitoring_told": monitoring_told, "monitoring_secrets": monitoring_secrets,
                "monitoring_remote_write": monitoring_remote_write, "monitoring_remote_secrets": monitoring_remote_secrets}
