# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup this_run: the process that runs the playbook, for what must not outlive it."""

from __future__ import annotations

DOCUMENTATION = """
name: this_run
author: The multicloud.dr contributors (!UNKNOWN)
short_description: The process number of this ansible-playbook
version_added: 0.1.0
description:
  - A task in the background (C(async)) goes on when its playbook is interrupted. With this number it can see that, and stop.
  - Of use on the controller only.
options:
  _terms: {description: None are taken., required: false}
"""

EXAMPLES = """
- multicloud.dr.drill_buyers:
    while_process: "{{ lookup('multicloud.dr.this_run') }}"
"""

RETURN = """
_list:
  description: One number.
  type: list
  elements: int
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Ansible's way to find the lookup."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **_unused: Any) -> list[Any]:
        """Tasks are templated in a worker, which ends with its task; what runs the playbook is the worker's parent."""
        parent = multiprocessing.parent_process()
        return [parent.pid if parent else os.getpid()]
