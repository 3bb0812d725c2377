#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a site fares while it gets something new."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_watch
short_description: Watch a site after a rollout, and say whether it has to be taken back
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Looks once a second at the application, at the edge, and at pages as visitors ask for them, and counts how real users fare where HAProxy tells.
  - The verdict is C(good), C(back) (take it back) or C(unknown) (nobody could look, so nobody should go on, nor take anything back). It fails for
    none of them; whoever asks acts on it.
options:
  ready: {description: "Address at which the site's own application answers 200 when it can serve pages.", type: str, required: true}
  edge: {description: "Address at which the site's edge answers 200.", type: str, required: true}
  pages: {description: Addresses of pages to ask for., type: list, elements: str, default: []}
  times: {description: How many times to ask for each page in a look., type: int, default: 2}
  edge_socket: {description: "HAProxy's own socket on this host, where users are counted; empty not to.", type: str, default: ""}
  frontend: {description: Name of the frontend that users come in by., type: str, default: users}
  watch_seconds: {description: How long it has to be well., type: int, default: 60}
  silent_looks: {description: How many looks in a row without a good answer are no accident., type: int, default: 3}
  error_percent: {description: "How many percent of requests may fail, whatever it was before.", type: float, default: 1.0}
  worse_by: {description: "How many times the error rate of before is worse, above O(error_percent).", type: float, default: 3.0}
  least_requests: {description: Fewer requests than this number tell nothing of a rate., type: int, default: 50}
  before_percent: {description: "The error rate of the version before, in percent.", type: float, default: 0.0}
attributes:
  check_mode: {support: full, description: Asks nothing in check mode.}
"""

EXAMPLES = r"""
- name: Watch the standby
  multicloud.dr.release_watch:
    ready: http://127.0.0.1:8081/readyz
    edge: http://127.0.0.1/edgez
    pages: [http://127.0.0.1:8081/, http://127.0.0.1:8081/api/events]
    times: 4
    edge_socket: /run/haproxy/admin.sock
    frontend: users
    watch_seconds: 120
    silent_looks: 5
    error_percent: 0.5
    worse_by: 2
    least_requests: 100
    before_percent: "{{ before.error_percent | default(0, true) }}"
  register: after

- name: Take it back
  ansible.builtin.include_tasks: back.yml
  when: after.verdict == 'back'
"""

RETURN = r"""
verdict: {description: "C(good), C(back) or C(unknown).", type: str, returned: when not in check mode}
because: {description: Why., type: str, returned: when not in check mode}
error_percent: {description: "How many percent of requests failed; null where too few tell.", type: float, returned: when not in check mode}
seen: {description: "Sums over all looks: C(looks), C(ready), C(edge), C(asked), C(wrong), C(users), C(user_errors).", type: dict,
       returned: when not in check mode}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.release import watching
from ansible_collections.multicloud.dr.plugins.module_utils.release.judge import Limits
from ansible_collections.multicloud.dr.plugins.module_utils.waiting import SystemClock


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "ready": {"type": "str", "required": True}, "edge": {"type": "str", "required": True},
            "pages": {"type": "list", "elements": "str", "default": []}, "times": {"type": "int", "default": 2},
            "edge_socket": {"type": "str", "default": ""}, "frontend": {"type": "str", "default": "users"},
            "watch_seconds": {"type": "int", "default": 60}, "silent_looks": {"type": "int", "default": 3},
            "error_percent": {"type": "float", "default": 1.0}, "worse_by": {"type": "float", "default": 3.0},
            "least_requests": {"type": "int", "default": 50}, "before_percent": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True)
    p = module.params
    if module.check_mode:
        module.exit_json(changed=False, msg="asked nothing: check mode")
    limits = Limits(p["watch_seconds"], p["silent_looks"], p["error_percent"], p["worse_by"], p["least_requests"])
    site = watching.Site(p["ready"], p["edge"], tuple(p["pages"]), p["times"], p["edge_socket"], p["frontend"])
    verdict, looks = watching.watch(watching.Watch(site, SystemClock()), limits, p["before_percent"])
    module.exit_json(changed=False, seen=watching.summary(looks, limits), **verdict.facts())


if __name__ == "__main__":
    main()
