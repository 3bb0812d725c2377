#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every alert once through Alertmanager, without anything being wrong."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_rehearsal
short_description: See each alert pass through Alertmanager, and its end
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Hands every alert of some rules to Alertmanager as Prometheus would, and sees it arrive at a receiver that the module itself is, as firing and
    then as resolved. A label leads it there and nowhere else, if role C(monitoring) has written Alertmanager's configuration, so nobody is woken.
  - Whether a fault makes Prometheus raise an alert is not seen by this; the tests of the rules say that.
  - Changes nothing. What was handed over is taken back, also when something did not arrive, which is an error that names it.
options:
  rules:
    description: The rules as they stand in a file of Prometheus. Those that raise no alert are left out.
    type: list
    elements: dict
    required: true
  site: {description: Name of the site that the alerts say they are of., type: str, required: true}
  alertmanager: {description: Base URL of Alertmanager., type: str, default: "http://127.0.0.1:9093"}
  port: {description: Port on loopback to which Alertmanager sends what is rehearsed., type: int, default: 9095}
  timeout_seconds: {description: How long all of them together may take to arrive., type: float, default: 30.0}
attributes:
  check_mode: {support: full, description: Hands nothing over and says which alerts would be.}
"""

EXAMPLES = r"""
- name: See every alert arrive
  multicloud.dr.alert_rehearsal:
    rules: "{{ (lookup('ansible.builtin.file', 'rules.yml') | from_yaml).groups | map(attribute='rules') | flatten }}"
    site: aws
    alertmanager: http://127.0.0.1:9093
    port: 9095
    timeout_seconds: 20
"""

RETURN = r"""
alerts: {description: Names of the alerts., type: list, elements: str, returned: always}
seconds:
  description: "How long each took to arrive: C(fired) and C(ended), in seconds."
  type: dict
  returned: when not in check mode
  sample: {SiteDown: {fired: 0.12, ended: 1.05}}
slowest_seconds: {description: The longest of all of them., type: float, returned: when not in check mode}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.rehearsal import rehearse


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "rules": {"type": "list", "elements": "dict", "required": True}, "site": {"type": "str", "required": True},
            "alertmanager": {"type": "str", "default": "http://127.0.0.1:9093"}, "port": {"type": "int", "default": 9095},
            "timeout_seconds": {"type": "float", "default": 30.0}},
        supports_check_mode=True,
    )
    asked = module.params
    alerts = [rule["alert"] for rule in asked["rules"] if "alert" in rule]
    if module.check_mode:
        module.exit_json(changed=False, alerts=alerts)
    with told_plainly(module):
        took = rehearse(asked["rules"], asked["site"], asked["alertmanager"], asked["port"], asked["timeout_seconds"])
        every = [seconds for each in took.values() for seconds in each.values()]
        module.exit_json(changed=False, alerts=alerts, seconds=took, slowest_seconds=max(every, default=0.0))


if __name__ == "__main__":
    main()
