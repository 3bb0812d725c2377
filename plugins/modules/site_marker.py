#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take the marker of a takeover away."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_marker
short_description: Take away the marker that leads users to the standby, once the primary writes again
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - A site that takes over writes a marker, and names lead to it from then on, whatever becomes of it. This takes the marker away.
  - Refuses while the record does not say that the primary writes, and while the primary's edge does not let people in.
  - Runs on the host of the standby's site agent, reads that agent's configuration and uses its rights. Calls no control plane.
options:
  site: {description: The site whose marker it is. Must be that of this host., type: str, required: true}
  state:
    description: Only V(absent). A switch writes the marker, and nothing else does.
    type: str
    choices: [absent]
    default: absent
  config: {description: Configuration of the site agent on this host., type: path, default: /etc/multicloud-dr/agent.json}
attributes:
  check_mode: {support: full, description: Judges and tells the steps it would take; reads only.}
"""

EXAMPLES = r"""
- name: Lead users home
  multicloud.dr.site_marker:
    site: aws
    state: absent

- name: The same where the agent is configured elsewhere
  multicloud.dr.site_marker:
    site: aws
    config: /srv/multicloud-dr/agent.json
"""

RETURN = r"""
steps:
  description: What was done, in order; in check mode what would be.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: "judge or marker.", type: str}
    changed: {description: Whether it changed anything., type: bool}
    detail: {description: One sentence., type: str}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch import parts, probes, unlatch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import CONFIG, BadConfig, read_config


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True}, "state": {"type": "str", "choices": ["absent"], "default": "absent"},
            "config": {"type": "path", "default": CONFIG},
        },
        supports_check_mode=True,
    )
    done: list[dict] = []
    try:
        config = read_config(module.params["config"])
    except (BadConfig, OSError) as error:
        module.fail_json(msg=f"Could not read the agent's configuration: {error}. Nothing was touched. Run role site_agent first.", steps=done)
    if config.site != module.params["site"]:
        module.fail_json(msg=f"site: this host belongs to {config.site}, not to {module.params['site']}. Nothing was touched.", steps=done)
    try:
        away = unlatch.Unlatch(config.site, config.primary, parts.make_store(config), parts.make_latch(config),
                               lambda: probes.edge_answers(config.raw["edges"][config.primary]))
        for step in away.plan() if module.check_mode else away.run():
            done.append(step)
    except (unlatch.Refused, OSError) as error:
        module.fail_json(msg=str(error), steps=done, changed=any(step["changed"] for step in done))
    module.exit_json(changed=any(step["changed"] for step in done), steps=done)


if __name__ == "__main__":
    main()
