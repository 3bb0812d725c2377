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
  - The multicloud.dr contributors (!UNKNOWN)
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
  contains:
    id: {description: Its id., type: str, sample: e1f2}
    name: {description: Its name., type: str, sample: tickets}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
    status_reason: {description: 'Why, in the service''s words; V(null) when there is no reason to tell.', type: str, sample: default-worker failed}
    health: {description: 'How it does, in the service''s words; V(null) while that is unknown.', type: str, sample: HEALTHY}
    vpc: {description: Id of its VPC., type: str, sample: a0b1}
    subnet: {description: Id of its subnet., type: str, sample: c9d0}
    flavor: {description: Id of its flavor., type: str, sample: c5d6}
    keypair: {description: Name of its key pair., type: str, sample: tickets}
    node_count: {description: Number of nodes of all its groups., type: int, sample: 3}
    addresses: {description: Addresses of its nodes., type: list, elements: str, sample: [192.168.10.4, 192.168.10.5, 192.168.10.9]}
    api_address:
      description: Address of its API; V(null) while there is none.
      type: str
      sample: https://e1f2-kr1-k8s.container.cloud.toast.com:6443
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T02:00:00+00:00'}
    version: {description: Its version., type: str, sample: v1.32.3}
    node_groups:
      description: Its worker groups, in order of name.
      type: list
      elements: dict
      contains:
        id: {description: Its id., type: str, sample: a3b4}
        name: {description: Its name., type: str, sample: default-worker}
        status: {description: 'How far along it is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
        flavor: {description: Id of its flavor., type: str, sample: c5d6}
        image: {description: Id of its image., type: str, sample: e7f8}
        node_count: {description: Number of its nodes., type: int, sample: 2}
        min_nodes: {description: Fewest number of nodes that the autoscaler leaves., type: int, sample: 1}
        max_nodes: {description: Largest number of nodes that the autoscaler makes., type: int, sample: 10}
    addons:
      description: Its addons, in order of name.
      type: list
      elements: dict
      contains:
        name: {description: Name of the addon., type: str, sample: calico}
        version: {description: Version of the addon., type: str, sample: v3.28.2-nks1}
        status: {description: 'How far along the addon is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
versions:
  description: Versions of Kubernetes with which a cluster can be made, newest first.
  returned: when O(name) is not given
  type: list
  elements: str
  sample: [v1.33.4, v1.32.3, v1.31.4]
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_lookup import clusters
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, clusters)


if __name__ == "__main__":
    main()
