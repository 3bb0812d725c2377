# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup command_line: what ansible-playbook was called with, where Ansible gives it no variable."""

from __future__ import annotations

DOCUMENTATION = """
name: command_line
author: The multicloud.dr contributors (!UNKNOWN)
short_description: What ansible-playbook was called with
version_added: 0.1.0
description:
  - Ansible gives tags and limit as variables, but not where it was told to start. A playbook whose first tasks are checks has to know.
  - Where nothing reads a task that is skipped, the C(hosts) of a play is read all the same.
options:
  _terms:
    description: Options by the names they have inside Ansible, such as C(start_at_task) for C(--start-at-task).
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- hosts: "{{ undef(hint='start at the start') if lookup('multicloud.dr.command_line', 'start_at_task') else 'localhost' }}"
"""

RETURN = """
_list:
  description: The value of each, empty when it was not given.
  type: list
  elements: raw
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Ansible's way to find the lookup."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **_unused: Any) -> list[Any]:
        """The value of each option. An option that this Ansible does not have is an error: taken for "not given" it would let everything pass."""
        unknown = [term for term in terms if term not in context.CLIARGS]
        if unknown:
            raise AnsibleLookupError(f"command_line: {', '.join(unknown)} is no option of this command")
        return [context.CLIARGS[term] or "" for term in terms]
