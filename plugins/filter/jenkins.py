# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of role jenkins: why a host cannot run a Jenkins as it is told to, and what that Jenkins is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.jenkins import plan, told

DOCUMENTATION = """
name: jenkins_faults
short_description: Every reason why a host cannot run a Jenkins as role jenkins is told to
version_added: 0.1.0
description:
  - Looks at the variables only, and returns a sentence for each fault, with its path and without any secret.
  - Beside it, C(jenkins_secrets) takes the same and returns the files of secrets that its configuration names, each as C(name) and C(content).
    C(jenkins_people) takes the users, and returns each with the name of his secret and what he may. C(jenkins_hook) takes the token of the webhook,
    and returns what the git plugin keeps of it, C(uuid) and C(hash).
options:
  _input:
    description: The role's variables, each without C(jenkins_) before it.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (lookup('ansible.builtin.vars', 'plan_of_jenkins') | multicloud.dr.jenkins_faults) == []
"""

RETURN = """
_value:
  description: Sentences; empty when it can.
  type: list
  elements: str
"""


def jenkins_faults(given: Mapping[str, Any]) -> list[str]:
    """Every fault of the plan, as "path: what is wrong"."""
    return plan.faults(given)


def jenkins_secrets(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """The files of secrets."""
    return told.secrets(given)


def jenkins_people(users: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The users, without their passwords."""
    return told.people(users)


def jenkins_hook(token: str) -> dict[str, str]:
    """What is kept of the webhook's token."""
    return told.hook(token)


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"jenkins_faults": jenkins_faults, "jenkins_secrets": jenkins_secrets, "jenkins_people": jenkins_people, "jenkins_hook": jenkins_hook}
