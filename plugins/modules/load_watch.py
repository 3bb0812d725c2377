#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be read beside a load test."""

from __future__ import annotations

DOCUMENTATION = r"""
module: load_watch
short_description: Read replicas, processor time and a visitor's answers while something is under load
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads once a pause until the file O(until) is there, and returns every reading. What nobody tells is null in it, never 0.
  - Meant to run beside the load, with C(async).
options:
  kubeconfig: {description: "Where the application runs, as a dictionary; empty not to ask Kubernetes.", type: dict, default: {}}
  namespace: {description: The namespace of the Deployment., type: str, default: default}
  name: {description: Name of the Deployment and of its scaler., type: str, default: ""}
  selector: {description: "Labels of its pods, as the API takes them.", type: str, default: ""}
  visitor_url: {description: What a visitor asks for beside the load; empty for none., type: str, default: ""}
  visitor_times: {description: How many times at each reading., type: int, default: 5}
  pause_seconds: {description: How long between two readings., type: float, default: 2.0}
  until: {description: It ends when this file is there., type: path, required: true}
  longest_seconds: {description: And after that long in any case., type: int, default: 1800}
attributes:
  check_mode: {support: full, description: Reads nothing in check mode.}
"""

EXAMPLES = r"""
- name: Read beside the load
  multicloud.dr.load_watch:
    kubeconfig: "{{ nhn_kubernetes_kubeconfig }}"
    namespace: ticketing
    name: ticketing
    selector: app.kubernetes.io/name=ticketing,app.kubernetes.io/component=web
    visitor_url: http://192.168.10.200/events
    visitor_times: 5
    pause_seconds: 2
    until: /tmp/load.ended
    longest_seconds: 900
  async: 960
  poll: 0
  register: reading
"""

RETURN = r"""
samples:
  description: "Each with C(time) (epoch seconds), C(replicas), C(ready), C(wanted), C(cpu_cores), C(asked) and C(wrong)."
  type: list
  elements: dict
  returned: when not in check mode
"""

import json
import tempfile
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.load.cluster import Cluster
from ansible_collections.multicloud.dr.plugins.module_utils.release.watching import answers


def getter(kubeconfig):
    """What asks that cluster's API for a path, by the official client."""
    from kubernetes import config
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    folder = tempfile.TemporaryDirectory(prefix="load_watch.")      # of certificates, which every new connection reads
    api = config.new_client_from_config_dict(kubeconfig, temp_file_path=folder.name)

    def get(path, kept=folder):
        try:
            told = api.call_api(path, "GET", auth_settings=["BearerToken"], _preload_content=False, _request_timeout=5)
            return json.loads(told.data)
        except (ApiException, HTTPError) as error:
            raise OSError(str(error)) from error

    get("/version")
    return get


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "dict", "default": {}, "no_log": True}, "namespace": {"type": "str", "default": "default"},
            "name": {"type": "str", "default": ""}, "selector": {"type": "str", "default": ""}, "visitor_url": {"type": "str", "default": ""},
            "visitor_times": {"type": "int", "default": 5}, "pause_seconds": {"type": "float", "default": 2.0},
            "until": {"type": "path", "required": True}, "longest_seconds": {"type": "int", "default": 1800},
        },
        supports_check_mode=True)
    p = module.params
    if module.check_mode:
        module.exit_json(changed=False, msg="read nothing: check mode")
    try:
        cluster = Cluster(getter(p["kubeconfig"]), p["namespace"], p["name"], p["selector"]) if p["kubeconfig"] else None
    except OSError as error:
        module.fail_json(msg=f"Kubernetes gives no answer: {error}. No load was laid on anything; mend the way there, or give no kubeconfig.")
    ended, limit = Path(p["until"]), time.monotonic() + p["longest_seconds"]
    samples = []
    while True:
        last = ended.exists() or time.monotonic() > limit
        now = time.time()
        told = [answers(p["visitor_url"], 5) for _unused in range(p["visitor_times"])] if p["visitor_url"] else []
        asked = [one for one in told if one is not None]
        samples.append({"time": now, "asked": len(asked), "wrong": sum(not one for one in asked), **(cluster.read() if cluster else {})})
        if last:                                            # one more when the load has ended: what it left
            module.exit_json(changed=False, samples=samples)
        time.sleep(p["pause_seconds"])


if __name__ == "__main__":
    main()
