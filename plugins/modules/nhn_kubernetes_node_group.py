#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a node group of a Kubernetes cluster of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_kubernetes_node_group
short_description: Make, change or remove a node group of a Kubernetes cluster of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps a worker group of an NKS cluster by name and waits until nothing is in progress.
  - The number of nodes, the flavor and the autoscaler can change. Zone, image, volume and labels are used when the group is made and not
    compared later.
  - The first group, V(default-worker), is made by M(multicloud.dr.nhn_kubernetes_cluster) and goes with it; it can be changed here too.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.nodes
  - multicloud.dr.nhn.state
options:
  name:
    description: 'Name of the group: up to 20 lower-case letters, digits and hyphens.'
    type: str
    required: true
  cluster:
    description: Name or id of the cluster.
    type: str
    required: true
  flavor:
    description: Name or id of the nodes' flavor. When it changes, the service replaces the nodes one by one.
    type: str
  node_count:
    description: Number of nodes, 1 when the group is made without.
    type: int
  labels:
    description:
      - More labels for the service, by name. C(extra_volumes) and C(extra_security_groups) are lists of mappings, and sizes in them are numbers of
        GB; all other labels are texts, and what else is given is made one (V(true) is C(True), a mapping is JSON).
    type: dict
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 1800
notes:
  - Labels of nodes, user scripts, automatic floating IPs and the autoscaler by metrics are not handled.
"""

EXAMPLES = r"""
- name: Workers in the other zone
  multicloud.dr.nhn_kubernetes_node_group:
    auth: '{{ nhn_auth }}'
    cluster: tickets
    name: zone-b
    flavor: m2.c2m4
    zone: kr-pub-b
    image: Ubuntu 22.04 Container
    autoscaler:
      min_nodes: 1
      max_nodes: 3
      scale_down: true
      scale_down_threshold_percent: 40
      scale_down_after_minutes: 20
      scale_down_delay_minutes: 30
      pods: 2

- name: A fixed number of larger ones
  multicloud.dr.nhn_kubernetes_node_group:
    auth: '{{ nhn_auth }}'
    cluster: tickets
    name: large
    flavor: m2.c4m8
    node_count: 2
    zone: kr-pub-a
    image: Ubuntu 22.04 Container
    volume_type: General HDD
    volume_gb: 100
    labels:
      extra_volumes:
        - volume_type: General SSD
          volume_size: 200
          volume_mount_path: /data
    autoscaler:
      enabled: false
    wait_seconds: 3600

- name: Remove it
  multicloud.dr.nhn_kubernetes_node_group:
    auth: '{{ nhn_auth }}'
    cluster: tickets
    name: large
    state: absent
"""

RETURN = r"""
resource:
  description: The group as it is now; in check mode as it would be. The flavor is told by id.
  returned: success
  type: dict
  sample:
    id: a3b4
    name: zone-b
    cluster: tickets
    status: CREATE_COMPLETE
    status_reason: null
    flavor: c5d6
    node_count: 1
    addresses: [192.168.10.9]
    autoscaler:
      enabled: true
      min_nodes: 1
      max_nodes: 3
      scale_down: true
      scale_down_threshold_percent: 50
      scale_down_after_minutes: 10
      scale_down_delay_minutes: 10
      pods: 1
action:
  description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).'
  returned: success
  type: str
  sample: create
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample:
    - kubernetes cluster tickets
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_node_group import KubernetesNodeGroup


def main() -> None:
    """Wiring only."""
    run(KubernetesNodeGroup)


if __name__ == "__main__":
    main()
