# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of role k8s_app: why an application cannot run as it is described, before a cluster is asked, and parts of its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.kubernetes import manifests, plan, shapes

DOCUMENTATION = """
name: k8s_app_faults
short_description: Every reason why an application cannot run on Kubernetes as role k8s_app is told to
version_added: 0.1.0
description:
  - Looks at the variables and at the objects made of them, never at a cluster, and returns a sentence for each fault, with its path. No secret is
    in it.
  - Objects are held against the schemas of one version of Kubernetes (package kubernetes-validate), strictly. A field that this version does not
    know is a fault.
  - Beside it, C(k8s_app_mounts), C(k8s_app_spread), C(k8s_app_border) and C(k8s_app_pull_login) make parts of those objects.
options:
  _input:
    description: The role's variables, each without C(k8s_app_) before it.
    type: dict
    required: true
  manifests:
    description: The objects that would be sent.
    type: list
    elements: dict
    required: true
  version:
    description: The version of Kubernetes that would get them, such as C(v1.32.3).
    type: str
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (plan | multicloud.dr.k8s_app_faults(manifests, 'v1.32.3')) == []
"""

RETURN = """
_value:
  description: Sentences; empty when it can.
  type: list
  elements: str
"""


def k8s_app_faults(given: Mapping[str, Any], objects: Sequence[Mapping[str, Any]], version: str) -> list[str]:
    """Faults of the variables; only where there are none those of the objects, which are made of them."""
    return plan.faults(manifests.plain(given)) or manifests.faults(objects, str(version))


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"k8s_app_faults": k8s_app_faults, "k8s_app_mounts": shapes.mounts, "k8s_app_spread": shapes.spread,
                "k8s_app_border": shapes.border, "k8s_app_pull_login": shapes.pull_login}
