#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until buyers are being served."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_watch
short_description: Wait until the buyers of a drill got promises from a site
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads the log that M(multicloud.dr.drill_buyers) writes until it holds enough promises made by one site.
options:
  log: {description: The buyers' log., type: path, required: true}
  site: {description: Site that must have acknowledged; empty means any., type: str, default: ""}
  promises: {description: How many acknowledged purchases are enough., type: int, default: 10}
  seconds: {description: How long to wait at the most., type: int, default: 120}
attributes:
  check_mode: {support: full, description: Does not wait in check mode.}
"""

EXAMPLES = r"""
- name: Wait until tickets are sold at the standby
  multicloud.dr.drill_watch:
    log: build/reports/buyers.jsonl
    site: aws
    promises: 20
    seconds: 300
"""

RETURN = r"""
promises: {description: Acknowledged purchases seen., type: int, returned: always}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.proof.log import read


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True}, "site": {"type": "str", "default": ""}, "promises": {"type": "int", "default": 10},
            "seconds": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    p, seen, last = module.params, 0, None
    deadline = time.monotonic() + p["seconds"]
    while not module.check_mode:
        attempts = read(p["log"])
        seen = sum(1 for attempt in attempts if attempt.acknowledged and attempt.by_site == (p["site"] or attempt.by_site))
        last = attempts[-1] if attempts else None
        if seen >= p["promises"]:
            break
        if time.monotonic() > deadline:
            said = f"{last.status} {last.error or ''} from {last.address}" if last else "nothing: nobody tried"
            module.fail_json(msg=f"Waited {p['seconds']} s for {p['promises']} purchases acknowledged by {p['site'] or 'any site'}: "
                                 f"saw {seen}. The last answer was {said}.")
        time.sleep(0.2)
    module.exit_json(changed=False, promises=seen)


if __name__ == "__main__":
    main()
