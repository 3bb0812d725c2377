# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter release_why: why a task failed, for the record of a release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.release.words import why

DOCUMENTATION = """
name: release_why
short_description: Why a task failed, in one line
version_added: 0.1.0
description:
  - Takes the result of a failed task, or of a loop of them, and returns the words of whoever said no.
options:
  _input:
    description: The result, such as C(ansible_failed_result).
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.debug:
    msg: "{{ ansible_failed_result | multicloud.dr.release_why }}"
"""

RETURN = """
_value:
  description: One line.
  type: str
"""


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"release_why": why}
