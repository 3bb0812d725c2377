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
  - The multicloud.dr contributors (!UNKNOWN)
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
        GB; all other labels are texts, and what else is given is made one (V(true) is C(True), a mapping is JSON). Those that the service
        documents for clusters alone, such as C(strict_sg_rules), are refused.
      - What an option of this module says (C(boot_volume_size), C(ca_enable), C(availability_zone)) is refused as a label.
      - C(user_script), C(user_script_v2), C(skm), C(control_plane_log) and what ends in C(appkey) or C(key_id) is kept out of answers and logs.
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
  contains:
    autoscaler:
      description: The autoscaler of the worker group.
      type: dict
      contains:
        enabled: {description: Whether it is on., type: bool, sample: true}
        max_nodes: {description: Largest number of nodes., type: int, sample: 3}
        scale_down: {description: Whether it takes nodes away., type: bool, sample: true}
        min_nodes: {description: Fewest number of nodes., type: int, sample: 1}
        pods: {description: Number of pods the autoscaler itself has., type: int, sample: 1}
        scale_down_threshold_percent: {description: 'Below how much use a node is idle, in percent.', type: int, sample: 50}
        scale_down_after_minutes: {description: 'How long a node is idle before it goes, in minutes.', type: int, sample: 10}
        scale_down_delay_minutes: {description: 'How long none goes after one came, in minutes.', type: int, sample: 10}
    cluster: {description: 'The cluster, as it was named.', type: str, sample: tickets}
    flavor: {description: Id of its flavor., type: str, sample: c5d6}
    image: {description: 'As asked for, by id; told in check mode alone, before it is made.', type: str, sample: a1b2}
    name: {description: Its name., type: str, sample: zone-b}
    node_count: {description: Number of its nodes., type: int, sample: 1}
    volume_gb: {description: 'Size of the nodes'' boot volume, in GB.', type: int, sample: 50}
    volume_type: {description: Type of the nodes' boot volume., type: str, sample: General SSD}
    zone: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: kr-pub-b}
    addresses: {description: Addresses of its nodes., type: list, elements: str, sample: [192.168.10.9]}
    id: {description: Its id., type: str, sample: a3b4}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
    status_reason: {description: 'Why, in the service''s words; V(null) when there is no reason to tell.', type: str, sample: no host has room}
    labels: {description: 'Hidden, as they may hold secrets; there in check mode alone, before it is made.', type: str, sample: '********'}
action: {description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).', returned: success, type: str, sample: create}
diff:
  description: What differs, or would. Secrets are hidden.
  returned: success
  type: dict
  contains:
    before: {description: 'The resource as it was, with what RV(resource) holds; empty when there was none.', type: dict, sample: {}}
    after:
      description: The resource as it was to be, with what RV(resource) holds; empty when there was to be none.
      type: dict
      sample: {name: tickets}
needs:
  description: What must exist before this can be done.
  returned: in check mode, when something is missing
  type: list
  elements: str
  sample: [kubernetes cluster tickets]
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create vpc}
    to: {description: To what., type: str, sample: tickets-vpc}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 409}
        code: {description: The service's own code., type: str, sample: OverQuota}
        words: {description: 'Its words, as they are.', type: str, sample: Quota exceeded for resources.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_node_group import KubernetesNodeGroup


def main() -> None:
    """Wiring only."""
    run(KubernetesNodeGroup)


if __name__ == "__main__":
    main()
