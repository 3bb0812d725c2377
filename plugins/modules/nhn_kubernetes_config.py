#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetch the kubeconfig of a Kubernetes cluster of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_kubernetes_config
short_description: Fetch the kubeconfig of a Kubernetes cluster of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads the administrator's kubeconfig of an NKS cluster and changes nothing.
  - The answer holds a private key or token, so the task needs C(no_log=true).
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id of the cluster.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fetch the kubeconfig
  multicloud.dr.nhn_kubernetes_config:
    auth: '{{ nhn_auth }}'
    name: tickets
  register: fetched
  no_log: true
"""

RETURN = r"""
kubeconfig:
  description: The kubeconfig as YAML text, null in check mode when there is no cluster yet. Secret.
  returned: success
  type: str
  sample: null
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_cluster import KubernetesCluster


def main() -> None:
    """Wiring only."""
    module = AnsibleModule({**NHN_AUTH, "name": {"type": "str", "required": True}}, supports_check_mode=True)
    with told_plainly(module):
        need = f"kubernetes cluster {module.params['name']}"
        cluster = KubernetesCluster(Iaas(module.params["auth"]), module.params)
        found = cluster.find()
        if found:
            module.exit_json(changed=False, kubeconfig=cluster.kubeconfig(found["id"]))
        if module.check_mode:
            module.exit_json(changed=False, kubeconfig=None, needs=[need], msg=f"needs {need} first")
        raise Absent("fetch the kubeconfig of", need, left="There is no such cluster.", then="Make it first.")


if __name__ == "__main__":
    main()
