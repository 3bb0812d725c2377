#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a site the writer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_switch
short_description: Make the site of this host the writer, when the verdict allows it
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Judges first, and refuses with the verdict's sentence unless the other site has fallen silent for long enough (or a switch to this
    site was interrupted). Then takes the record, ends what is still being written here, promotes the database, opens its gate, writes
    the marker that turns DNS, and proves it.
  - With O(planned) a writer that lives is asked to stop; it does so once nothing older runs, and this site takes over when everything that
    was written there has arrived. Nothing is lost, and sales pause for about a second. A run that ends before this site has the record
    leaves the writer where it was.
  - When users are served it widens the capacity here, sees that nobody writes at the other site, and asks for a backup. None of that can fail the
    switch. What it could not do is told in its row, and the agent tries again.
  - Each step is journalled on disk before and after, and asks first whether anything is left to do. A run that was killed anywhere
    converges when it is run again. When this site is the writer already, nothing is changed.
  - Runs on the host of the site agent and reads that agent's configuration. Calls no control plane of any cloud before users are served.
options:
  site: {description: The site that is to write. Must be the site of this host., type: str, required: true}
  config: {description: Configuration of the site agent on this host., type: path, default: /etc/multicloud-dr/agent.json}
  override:
    description:
      - Named overrides, each as C(NAME:EPOCH) with the epoch of the record that the refusal names; each that is used goes into the journal.
        A switch moves the epoch, so an override counts once, wherever it was left standing.
      - C(accept_lag) promotes a copy that was further behind than allowed when the writer fell silent.
      - C(accept_unproven) moves the service to a copy that was never compared with its source, or was found to differ when it last was.
      - C(accept_flapping) takes over although this site has done so too often within the last hour.
      - C(accept_silent_edge) moves the service here although the edge here gives no answer, or says that nothing behind it can serve.
    type: list
    elements: str
    default: []
  planned:
    description:
      - Move the service although its writer lives. The copy here may be behind by half of the record's TTL at most, since nobody can buy while it
        catches up, and no XA transaction may be prepared at the writer.
    type: bool
    default: false
  if_lost:
    description: In check mode only, tell the steps that would be taken if the writer were lost now, as before a drill.
    type: bool
    default: false
  patience_seconds:
    description: How long to go on judging while the verdict forbids the switch. A record that is only being waited for is always waited for.
    type: float
    default: 0.0
attributes:
  check_mode: {support: full, description: Judges and tells the steps it would take; reads only.}
"""

EXAMPLES = r"""
- name: Fail over to AWS
  multicloud.dr.site_switch:
    site: aws
  register: switch

- name: Move to AWS while NHN lives, as before a maintenance window there
  multicloud.dr.site_switch:
    site: aws
    planned: true

- name: Fail over although the copy was too far behind, having read the refusal at epoch 3
  multicloud.dr.site_switch:
    site: aws
    override: ["accept_lag:3"]

- name: Say what would be done if NHN were lost now; with --check alone
  multicloud.dr.site_switch:
    site: aws
    if_lost: true

- name: Fail over as soon as that is allowed, within two minutes; the agent is configured elsewhere
  multicloud.dr.site_switch:
    site: aws
    patience_seconds: 120
    config: /srv/multicloud-dr/agent.json
"""

RETURN = r"""
name: {description: "Name of the verdict that allowed it, or that of a site that writes already, as C(WRITER_HERE).", type: str, returned: success}
verdict: {description: The verdict's name and its sentence, type: str, returned: success}
steps:
  description: What was done, in order. On failure, what was done before it.
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description:
        - C(judge), C(ask_holder) and C(catch_up) (planned only), C(take_record), C(close_gate), C(promote), C(open_gate), C(latch), C(stand_alone),
          C(prove), then C(widen), C(fence), C(protect).
      type: str
    started: {description: Epoch seconds. Absent in check mode., type: float}
    seconds: {description: How long it took. Absent in check mode., type: float}
    changed: {description: Whether it changed anything., type: bool}
    detail: {description: One sentence., type: str}
refused: {description: "Name of the verdict that forbade the switch.", type: str, returned: when refused}
override: {description: "The override that would allow it, with the epoch it counts for; null when there is none.", type: str, returned: when refused}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.switch import journal, steps, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.assembly import make_switch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import CONFIG, BadConfig, read_config

LONGEST = 86_400            # seconds of patience


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True}, "config": {"type": "path", "default": CONFIG},
            "override": {"type": "list", "elements": "str", "default": []},
            "planned": {"type": "bool", "default": False}, "if_lost": {"type": "bool", "default": False},
            "patience_seconds": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True,
    )
    asked = module.params
    done: list[dict] = []
    if asked["if_lost"] and not module.check_mode:
        module.fail_json(msg="if_lost: what would be seen if the writer were lost is nothing to act on, so it is for check mode alone. "
                             "Nothing was touched.", steps=done)
    if not 0 <= asked["patience_seconds"] < LONGEST:
        module.fail_json(msg=f"patience_seconds: {asked['patience_seconds']} is not between 0 and {LONGEST}. Nothing was touched.", steps=done)
    if faults := verdict.override_faults(asked["override"]):
        module.fail_json(msg=" ".join([*faults, "Nothing was touched."]), steps=done)
    try:
        config = read_config(asked["config"])
    except (BadConfig, OSError) as error:
        module.fail_json(msg=f"Could not read the agent's configuration: {error}. Nothing was touched. Run role site_agent first.", steps=done)
    if config.site != asked["site"]:
        module.fail_json(msg=f"site: this host belongs to {config.site}, so it cannot make {asked['site']} the writer. Nothing was touched.",
                         steps=done)
    switch = make_switch(config, frozenset(asked["override"]), asked["planned"])
    try:
        go = steps.plan_if_lost if asked["if_lost"] else steps.plan if module.check_mode else steps.run
        for step in go(switch, asked["patience_seconds"]):
            done.append(step)
    except steps.SwitchRefused as error:
        module.fail_json(msg=f"{error} Nothing was touched.", refused=error.found.verdict, override=error.found.override, steps=done)
    except (steps.StepFailed, journal.Busy) as error:
        module.fail_json(msg=str(error), steps=done, changed=any(step["changed"] for step in done))
    except OSError as error:        # what a step meets is told by it: this is the journal
        module.fail_json(msg=f"The journal of switches in {config.state} could not be read or written: {error}. What the steps told here changed is "
                             "done and is not repeated. Make room there, or mend the disk, and run the switch again.",
                         steps=done, changed=any(step["changed"] for step in done))
    sentence = done[0]["detail"]
    module.exit_json(changed=any(step["changed"] for step in done), name=sentence.split(":")[0], verdict=sentence, steps=done)


if __name__ == "__main__":
    main()
