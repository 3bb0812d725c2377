#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a Kubernetes cluster of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_kubernetes_cluster
short_description: Make, change or remove a Kubernetes cluster of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps an NKS cluster by name and waits until nothing is in progress.
  - The number of nodes of the first worker group, its autoscaler and the addons can change; upgrades are a procedure of their own. Zone,
    image, volume and labels are used when the cluster is made and not compared later.
  - Further worker groups are kept by M(multicloud.dr.nhn_kubernetes_node_group).
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.nodes
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
  public_endpoint:
    description:
      - Whether the Kubernetes API has a public address. Without one it is reached from inside the VPC only; the nodes go out as their subnet's
        routing table says, in both cases.
    type: bool
    default: true
  addons:
    description:
      - Addons to keep. Those that are named are installed, changed or removed, and others are left alone.
      - A cluster is made with Calico and CoreDNS unless they are named, as a CNI and a DNS are required.
      - V(metrics_server) is what autoscalers of pods and C(kubectl top) need.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the addon.
        type: str
        required: true
      version:
        description: Version of the addon. Required unless it is to be absent.
        type: str
      options:
        description: Settings of the addon. Used when the cluster is made; no later call of the service takes them.
        type: dict
      resolve_conflicts:
        description: What becomes of settings that differ from the addon's own when it is installed or changed later.
        type: str
        choices: [none, overwrite, preserve]
      state:
        description: Whether it should be installed.
        type: str
        choices: [present, absent]
        default: present
  api_allowed_cidrs:
    description:
      - IPv4 addresses and ranges from which the Kubernetes API can be reached, the whole list; from everywhere when it is empty. The cluster's
        own subnet always can, as the service sees to it.
      - Name from where Ansible and whoever deploys come, or they are shut out. The console's pages about what is inside the cluster stay empty
        while there is a list. Left as it is unless given.
    type: list
    elements: str
  labels:
    description:
      - More labels for the service, by name. C(extra_volumes) and C(extra_security_groups) are lists of mappings, and sizes in them are numbers of
        GB; C(pods_network_subnet) is a number; all other labels are texts, and what else is given is made one (V(true) is C(True), a mapping is
        JSON).
      - Where the subnet's routing table has no internet gateway, C(ncr_sgw) and C(obs_sgw) name the service gateways of the registry and of Object
        Storage by id. The nodes fetch their images through these.
      - What an option of this module says (C(boot_volume_size), C(ca_enable), C(availability_zone)) is refused as a label.
      - C(user_script), C(user_script_v2), C(skm), C(control_plane_log) and what ends in C(appkey) or C(key_id) is kept out of answers and logs.
    type: dict
  wait_seconds:
    description: How long to wait for the cloud to finish, in seconds. A wait that runs out says what it last saw.
    type: int
    default: 3600
notes:
  - That the API calls the metrics server's addon V(metrics_server) is taken from the service's release notes; its API guide names
    V(calico) and V(coredns) alone.
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
    autoscaler:
      min_nodes: 2
      max_nodes: 4
      scale_down: true
      scale_down_threshold_percent: 40
      scale_down_after_minutes: 20
      scale_down_delay_minutes: 30
      pods: 2
    api_allowed_cidrs:
      - 198.51.100.0/24

- name: Count the nodes by hand again
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets
    node_count: 3
    autoscaler:
      enabled: false

- name: Renew one addon and install another
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets
    addons:
      - name: coredns
        version: 1.8.4-nks2
        resolve_conflicts: preserve
      - name: metrics_server
        version: v0.4.4-nks2

- name: One that nobody outside can reach, with a network of another kind
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets-inner
    version: v1.32.3
    keypair: tickets
    vpc: tickets-vpc
    subnet: tickets-app
    flavor: m2.c2m4
    node_count: 2
    zone: kr-pub-a
    image: Ubuntu 22.04 Container
    volume_type: General HDD
    volume_gb: 100
    public_endpoint: false
    labels:
      strict_sg_rules: true
      pods_network_cidr: 10.100.0.0/16
      pods_network_subnet: 24
    addons:
      - name: calico
        version: v3.28.2-nks1
        options:
          mode: ebpf
      - name: coredns
        version: 1.8.4-nks1
    wait_seconds: 5400

- name: Take an addon away
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets
    addons:
      - name: metrics_server
        state: absent

- name: Remove it
  multicloud.dr.nhn_kubernetes_cluster:
    auth: '{{ nhn_auth }}'
    name: tickets-inner
    state: absent
"""

RETURN = r"""
resource:
  description:
    - The resource as it is now; in check mode as it would be. Parents are told by id.
    - C(autoscaler), C(addons) and C(api_allowed_cidrs) are told when they were asked for.
  returned: success
  type: dict
  contains:
    flavor: {description: Id of its flavor., type: str, sample: a1b2}
    image: {description: 'As asked for, by id; told in check mode alone, before it is made.', type: str, sample: a1b2}
    keypair: {description: Name of its key pair., type: str, sample: keypair}
    name: {description: Its name., type: str, sample: tickets}
    node_count: {description: Number of its nodes., type: int, sample: 2}
    public_endpoint: {description: 'As asked for; told in check mode alone, before it is made.', type: bool, sample: true}
    subnet: {description: Id of the nodes' subnet., type: str, sample: a1b2}
    version: {description: Its version., type: str, sample: v1.32.3}
    volume_gb: {description: 'Size of the nodes'' boot volume, in GB.', type: int, sample: 50}
    volume_type: {description: Type of the nodes' boot volume., type: str, sample: General SSD}
    vpc: {description: Id of its VPC., type: str, sample: a1b2}
    zone: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: kr-pub-a}
    api_address:
      description: Address of its API; V(null) while there is none.
      type: str
      sample: https://e1f2-kr1-k8s.container.cloud.toast.com:6443
    id: {description: Its id., type: str, sample: e1f2}
    status: {description: 'How far along it is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
    status_reason: {description: 'Why, in the service''s words; V(null) when there is no reason to tell.', type: str, sample: default-worker failed}
    addons:
      description: Its addons, in order of name.
      type: list
      elements: dict
      contains:
        name: {description: Name of the addon., type: str, sample: coredns}
        version: {description: Version of the addon., type: str, sample: 1.8.4-nks2}
        resolve_conflicts: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: preserve}
        state: {description: 'As asked for; told in check mode alone, before it is made.', type: str, sample: present}
        options: {description: Settings it was asked for with., type: dict, sample: {mode: vxlan}}
        status: {description: 'How far along the addon is, in the service''s words.', type: str, sample: CREATE_COMPLETE}
    api_allowed_cidrs: {description: 'From where its API can be reached, everywhere when empty.', type: list, elements: str, sample: [198.51.100.7]}
    autoscaler:
      description: The autoscaler of the worker group.
      type: dict
      contains:
        enabled: {description: Whether it is on., type: bool, sample: true}
        scale_down: {description: Whether it takes nodes away., type: bool, sample: true}
        min_nodes: {description: Fewest number of nodes., type: int, sample: 2}
        max_nodes: {description: Largest number of nodes., type: int, sample: 4}
        pods: {description: Number of pods the autoscaler itself has., type: int, sample: 1}
        scale_down_threshold_percent: {description: 'Below how much use a node is idle, in percent.', type: int, sample: 50}
        scale_down_after_minutes: {description: 'How long a node is idle before it goes, in minutes.', type: int, sample: 20}
        scale_down_delay_minutes: {description: 'How long none goes after one came, in minutes.', type: int, sample: 10}
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
  sample: [vpc tickets-vpc]
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_cluster import KubernetesCluster


def main() -> None:
    """Wiring only."""
    run(KubernetesCluster)


if __name__ == "__main__":
    main()
