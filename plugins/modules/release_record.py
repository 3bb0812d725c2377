#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was done of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_record
short_description: Keep what was begun and ended of a release
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Each release has a file of its own. Whoever runs a release again reads what is done, and goes on from there.
  - In check mode it only reads.
options:
  folder: {description: Where the records are., type: path, required: true}
  release: {description: Name of the release; of letters and digits with - _ and . between., type: str, required: true}
  state:
    description:
      - C(read) changes nothing; C(begun), C(done) and C(failed) are said of O(step), C(forgotten) of O(steps), which are to be done anew.
      - C(held) holds the folder for this run of ansible-playbook, until that ends, and fails while another one does.
    type: str
    choices: [read, begun, done, failed, forgotten, held]
    default: read
  step: {description: Name of the step., type: str, default: ""}
  steps: {description: Names of steps that are to be done anew., type: list, elements: str, default: []}
  words: {description: What there is to say of how it ended., type: str, default: ""}
  facts:
    description: What later steps and later runs have to know of it, said with C(begun) of what was so before, and with C(done) and C(failed).
    type: dict
    default: {}
attributes:
  check_mode: {support: full, description: Reads only.}
"""

EXAMPLES = r"""
- name: See what is done
  multicloud.dr.release_record:
    folder: /var/lib/multicloud-dr/releases
    release: "1.4"
  register: seen

- name: Note that the image is built
  multicloud.dr.release_record:
    folder: /var/lib/multicloud-dr/releases
    release: "1.4"
    state: done
    step: build
    words: 61 MB
    facts: {digest: "sha256:…"}

- name: Let nobody else release meanwhile
  multicloud.dr.release_record:
    folder: /var/lib/multicloud-dr/releases
    release: "1.4"
    state: held

- name: Have both looked at again
  multicloud.dr.release_record:
    folder: /var/lib/multicloud-dr/releases
    release: "1.4"
    state: forgotten
    steps: ["roll:aws", "watch:aws"]
"""

RETURN = r"""
record: {description: The whole record., type: dict, returned: success}
done: {description: Names of the steps that are done., type: list, elements: str, returned: success}
facts: {description: What was kept of them., type: dict, returned: success}
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.release import held
from ansible_collections.multicloud.dr.plugins.module_utils.release import record as records


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True}, "release": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["read", "begun", "done", "failed", "forgotten", "held"], "default": "read"},
            "step": {"type": "str", "default": ""}, "steps": {"type": "list", "elements": "str", "default": []},
            "words": {"type": "str", "default": ""}, "facts": {"type": "dict", "default": {}},
        },
        required_if=[("state", state, ("step",)) for state in ("begun", "done", "failed")], supports_check_mode=True)
    p, now = module.params, time.time()
    if not records.NAME.fullmatch(p["release"]):
        module.fail_json(msg=f"release: {p['release']!r} is no name for a release: letters and digits, with - _ and . between, 64 at most")
    folder = Path(p["folder"])
    path = folder / f"{p['release']}.json"
    new = False
    try:
        if p["state"] == "held" and not module.check_mode:
            new = held.hold(folder, p["release"], held.run_of_this())
        if p["state"] in ("read", "held") or module.check_mode:
            before = after = records.read(path) or records.blank(p["release"], now)
        else:
            with records.alone(folder):
                before = records.read(path) or records.blank(p["release"], now)
                after = changed(before, p, now)
                if after != before:
                    records.write(path, after)
    except (held.Held, records.BadRecord, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=new or after != before, record=after, done=records.done(after), facts=after["facts"])


def changed(record, p, now):
    """The record as it is after what is said."""
    if p["state"] == "begun":
        return records.begin(record, p["step"], now, p["facts"])
    if p["state"] == "forgotten":
        return records.forget(record, p["steps"])
    return records.end(record, p["step"], p["state"], p["words"], now, p["facts"])


if __name__ == "__main__":
    main()
