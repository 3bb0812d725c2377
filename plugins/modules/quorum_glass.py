#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge whether the record may be made anew, and use the override by which."""

from __future__ import annotations

DOCUMENTATION = r"""
module: quorum_glass
short_description: Judge whether a record that is lost for good may be made anew, and use up the override by which
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Refuses while anybody sees a record that lives, a gate that is open, or somebody who was named gone and answers; and names what it does not know.
  - Where nothing speaks against it, it names the one override that counts, C(rebuild_record:EPOCH). EPOCH is that at which the record begins anew,
    after every one that is remembered and every one for which an override was used, so an override counts once.
  - With O(use) the override is written down on this host, with who, why and until when, before anything is done by it. To be run on every host that
    there is, with what all of them see.
  - Makes no record itself; see M(multicloud.dr.quorum_beginning).
options:
  places: {description: "RV(multicloud.dr.quorum_glass_info#module:place) of every host that there is.", type: list, elements: dict, required: true}
  members: {description: "All members, each with its site, or with nothing for the third place.", type: dict, required: true}
  writer: {description: The site that wrote last. It goes on., type: str, required: true}
  override: {description: The override that was refused last., type: str, default: ""}
  by: {description: Who names it., type: str, default: ""}
  reason: {description: Why., type: str, default: ""}
  until: {description: "Until when it counts, in UTC, as V(2026-01-02T15:04Z). At most 24 hours.", type: str, default: ""}
  gone:
    description:
      - Members whose hosts, and sites whose databases do not answer and are gone for good. Whoever names one answers for it that it never comes
        back as it was.
    type: list
    elements: str
    default: []
  takeover_seconds:
    description: TTL and margin of the agents. For so long every member has to have been stopped when the override is used.
    type: float
    default: 11.0
  use: {description: Use it up. Else it is only judged., type: bool, default: false}
  journal: {description: Where that is written down., type: path, default: /var/lib/multicloud-dr-quorum/break-glass.jsonl}
attributes:
  check_mode: {support: full, description: Judges and writes nothing.}
"""

EXAMPLES = r"""
- name: Hear what speaks against it, and which override there is
  multicloud.dr.quorum_glass:
    places: "{{ seen }}"
    members: {nhn: nhn, aws: aws, third: ""}
    writer: nhn

- name: Use it, having read the refusal
  multicloud.dr.quorum_glass:
    places: "{{ seen }}"
    members: {nhn: nhn, aws: aws, third: ""}
    writer: nhn
    override: rebuild_record:1004
    by: kim
    reason: all three disks were lost, ticket 4711
    until: 2026-01-02T15:04Z
    gone: [third]
    takeover_seconds: 11
    use: true
    journal: /var/lib/multicloud-dr-quorum/break-glass.jsonl
"""

RETURN = r"""
epoch: {description: Epoch at which the record begins anew., type: int, returned: success, sample: 1004}
proven: {description: "Whether most members were seen, so that nothing rests on a word.", type: bool, returned: success}
sentence: {description: "The override in one sentence: which site, by whom, why, until when.", type: str, returned: success}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import OVERRIDDEN, Busy, Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Refused


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "places": {"type": "list", "elements": "dict", "required": True}, "members": {"type": "dict", "required": True},
            "writer": {"type": "str", "required": True}, "override": {"type": "str", "default": ""}, "by": {"type": "str", "default": ""},
            "reason": {"type": "str", "default": ""}, "until": {"type": "str", "default": ""},
            "gone": {"type": "list", "elements": "str", "default": []}, "takeover_seconds": {"type": "float", "default": 11.0},
            "use": {"type": "bool", "default": False}, "journal": {"type": "path", "default": "/var/lib/multicloud-dr-quorum/break-glass.jsonl"},
        },
        supports_check_mode=True,
    )
    asked = module.params
    said = glass.Asked({name: site or "" for name, site in asked["members"].items()}, asked["writer"], asked["override"], asked["by"],
                       asked["reason"], asked["until"], tuple(asked["gone"]), asked["takeover_seconds"], time.time())
    try:
        places = [glass.Place.from_plain(each) for each in asked["places"]]
        found = glass.judge(places, said, using=asked["use"])
        if asked["use"] and not module.check_mode:
            journal = Journal(asked["journal"], time.time)
            with journal.alone():
                if asked["override"] in journal.overridden():
                    raise Refused(f"{asked['override']} was used by somebody else a moment ago.")
                journal.write(f"break-glass-{found.epoch}", OVERRIDDEN, "after", **found.line)
    except Refused as error:
        module.fail_json(msg=f"{error} No record was made.")
    except (KeyError, TypeError) as error:
        module.fail_json(msg=f"places: not what quorum_glass_info returns ({error!r}). No record was made.")
    except (Busy, OSError) as error:
        module.fail_json(msg=f"That the override is used could not be written down: {error}. No record was made. Mend that and run this again: the "
                             "refusal names the next override.")
    module.exit_json(changed=asked["use"], epoch=found.epoch, proven=found.proven, sentence=found.sentence)


if __name__ == "__main__":
    main()
