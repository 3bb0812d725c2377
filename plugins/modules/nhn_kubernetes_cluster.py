#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, resize or remove a Kubernetes cluster of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_kubernetes_cluster
short_description: Make, resize or remove a Kubernetes cluster of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors
description:
  - Keeps an NKS cluster by name and waits until nothing is in progress.
  - Only the number of nodes can change here; upgrades are a procedure of their own. Zone, image, volume, addons and labels are
    used when the cluster is made and not compared later.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: 'Name of the cluster: up to 20 lower-case letters, digits and hyphens.'
    type: str
    required: true
  version:
    description: Kubernetes version, such as V(v1.32.3).
    type: str
  keypair:
    description: Name of a key pair of the same API user.
    type: str
  vpc:
    description: Name or id of the VPC.
    type: str
  subnet:
    description: Name or id of the subnet of the nodes.
    type: str
  flavor:
    description: Name or id of the nodes' flavor.
    type: str
  node_count:
    description: Number of nodes in the first worker group.
    type: int
  zone:
    description: Availability zone of the nodes.
    type: str
  image:
    description: Name or id of the nodes' image, or how its name begins (then the newest).
    type: str
  volume_type:
    description: Type of the nodes' volumes.
    type: str
    default: General SSD
  volume_gb:
    description: Size of the nodes' volumes in gigabytes.
    type: int
    default: 50
  public_endpoint:
    description: Whether the Kubernetes API has a public address. The subnet then needs an internet gateway.
    type: bool
    default: true
  addons:
    description: Addons to install; a CNI and a DNS are required. Calico and CoreDNS unless given.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the addon.
        type: str
        required: true
      version:
        description: Version of the addon.
        type: str
        required: true
      options:
        description: Settings of the addon.
        type: dict
  labels:
    description: More labels for the service, by name.
    type: dict
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: The application's cluster
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets
    version: v1.32.3
    keypair: tickets
    vpc: tickets-vpc
    subnet: tickets-app
    flavor: m2.c2m4
    node_count: 2
    zone: kr-pub-a
    image: Ubuntu 22.04 Container
"""

RETURN = r"""
resource:
  description: The resource as it is now; in check mode as it would be. Parents are told by id.
  returned: success
  type: dict
  sample:
    id: e1f2
    name: tickets
    status: CREATE_COMPLETE
    version: v1.32.3
    node_count: 2
    api_address: https://e1f2-kr1-k8s.container.cloud.toast.com:6443
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
    - vpc tickets-vpc
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE, spec, told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_cluster import KubernetesCluster


def main() -> None:
    """Wiring only."""
    module = AnsibleModule(spec(KubernetesCluster.fields, KubernetesCluster.options, STATE, NHN_AUTH), supports_check_mode=True)
    with told_plainly(module):
        KubernetesCluster(Iaas(module.params["auth"]), module.params).run(module)


if __name__ == "__main__":
    main()
