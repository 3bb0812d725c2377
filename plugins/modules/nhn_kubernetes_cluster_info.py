#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up Kubernetes clusters of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_kubernetes_cluster_info
short_description: Look up Kubernetes clusters of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Tells NKS clusters with their node groups and addons, and which versions of Kubernetes can be made. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every cluster unless given.
    type: str
notes:
  - The group of the control plane is not told, as the service refuses to show it.
"""

EXAMPLES = r"""
- name: Which clusters there are
  multicloud.dr.nhn_kubernetes_cluster_info:
    auth: '{{ nhn_auth }}'
  register: found

- name: How the application's cluster does
  multicloud.dr.nhn_kubernetes_cluster_info:
    auth: '{{ nhn_auth }}'
    name: tickets
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name; an empty list when nothing fits. C(node_count) and C(addresses) are those of all groups.
  returned: success
  type: list
  elements: dict
  sample:
    - id: e1f2
      name: tickets
      status: CREATE_COMPLETE
      status_reason: null
      health: HEALTHY
      version: v1.32.3
      vpc: a0b1
      subnet: c9d0
      flavor: c5d6
      keypair: tickets
      node_count: 3
      addresses: [192.168.10.4, 192.168.10.5, 192.168.10.9]
      api_address: https://e1f2-kr1-k8s.container.cloud.toast.com:6443
      created_at: '2026-03-01T02:00:00+00:00'
      node_groups:
        - id: a3b4
          name: default-worker
          status: CREATE_COMPLETE
          flavor: c5d6
          image: e7f8
          node_count: 2
          min_nodes: 1
          max_nodes: 10
      addons:
        - name: calico
          version: v3.28.2-nks1
          status: CREATE_COMPLETE
versions:
  description: Versions of Kubernetes with which a cluster can be made, newest first.
  returned: success
  type: list
  elements: str
  sample: [v1.33.4, v1.32.3, v1.31.4]
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_lookup import clusters
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, clusters)


if __name__ == "__main__":
    main()
