#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put a site into maintenance, or end that."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_maintenance
short_description: Put the site of this host into maintenance, or end that
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - In maintenance the agent of a site takes nothing over and finishes nothing. Where it holds the record it keeps it and shuts the gate, so
    nothing can be sold; the other site leaves it alone, as the record is renewed.
  - Refuses to begin where that would stop sales or leave nobody to act, each with an override by name; and without one where the agent here gives no
    answer or does not know who writes, and while a switch to this site runs.
  - Runs on the host of the site agent and reads that agent's configuration.
options:
  site: {description: The site. Must be that of this host., type: str, required: true}
  state:
    description: V(begun) puts it into maintenance, V(ended) takes it out.
    type: str
    choices: [begun, ended]
    required: true
  reason: {description: What for; whoever asks the agent is told., type: str, default: ''}
  by: {description: Who; likewise., type: str, default: ''}
  override:
    description:
      - Named overrides, each as C(NAME:EPOCH) with the epoch of the record, or C(NAME:EPOCH.N) for the N-th time in that epoch, as the refusal
        names it. Each counts once and is written to the journal of switches.
      - C(accept_no_sales) begins although this site writes.
      - C(accept_no_standby) begins although the other site is in maintenance too, or nobody has looked.
    type: list
    elements: str
    default: []
  config: {description: Configuration of the site agent on this host., type: path, default: /etc/multicloud-dr/agent.json}
attributes:
  check_mode: {support: full, description: Judges and tells the steps it would take; reads only.}
"""

EXAMPLES = r"""
- name: Leave AWS out of it while its database is upgraded
  multicloud.dr.site_maintenance:
    site: aws
    state: begun
    reason: upgrade of the database to 8.4.9
    by: kim

- name: Begin on the site that writes, having read the refusal at epoch 3; the agent is configured elsewhere
  multicloud.dr.site_maintenance:
    site: nhn
    state: begun
    override: ["accept_no_sales:3"]
    config: /srv/multicloud-dr/agent.json

- name: End it
  multicloud.dr.site_maintenance:
    site: nhn
    state: ended
"""

RETURN = r"""
steps:
  description: What was done, in order; in check mode what would be.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: "judge, flag or followed.", type: str}
    changed: {description: Whether it changed anything., type: bool}
    detail: {description: One sentence., type: str}
override: {description: "The override that would allow it, null when there is none.", type: str, returned: when refused}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch import conclusion, maintenance, probes
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import CONFIG, BadConfig, read_config


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True}, "state": {"type": "str", "choices": ["begun", "ended"], "required": True},
            "reason": {"type": "str", "default": ""}, "by": {"type": "str", "default": ""},
            "override": {"type": "list", "elements": "str", "default": []}, "config": {"type": "path", "default": CONFIG},
        },
        supports_check_mode=True,
    )
    asked = module.params
    done: list[dict] = []
    if faults := conclusion.override_faults(asked["override"], maintenance.OVERRIDES, maintenance.AGAIN):
        module.fail_json(msg=" ".join([*faults, "Nothing was touched."]), steps=done)
    try:
        config = read_config(asked["config"])
    except (BadConfig, OSError) as error:
        module.fail_json(msg=f"Could not read the agent's configuration: {error}. Nothing was touched. Run role site_agent first.", steps=done)
    if config.site != asked["site"]:
        module.fail_json(msg=f"site: this host belongs to {config.site}, not to {asked['site']}. Nothing was touched.", steps=done)
    change = maintenance.Change(
        site=config.site, begins=asked["state"] == "begun", flag=maintenance.Flag(config.state / "maintenance"),
        status=lambda: probes.agent_status(config.agent_url), limit=config.timing.ttl * 3, clock=time.monotonic, wall=time.time,
        sleep=time.sleep, journal=config.journal(), by=asked["by"], reason=asked["reason"], overrides=asked["override"],
        steady=config.timing.ttl)
    try:
        for step in change.plan() if module.check_mode else change.run():
            done.append(step)
    except maintenance.Refused as error:
        module.fail_json(msg=f"{error} Nothing was touched.", override=error.override, steps=done)
    except (maintenance.Unheard, OSError) as error:
        module.fail_json(msg=str(error), steps=done, changed=any(step["changed"] for step in done))
    module.exit_json(changed=any(step["changed"] for step in done), steps=done)


if __name__ == "__main__":
    main()
