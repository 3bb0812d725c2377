#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of a load test."""

from __future__ import annotations

DOCUMENTATION = r"""
module: load_page
short_description: Draw a load test on one page
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Takes what C(ab) said, its file of every request, and what M(multicloud.dr.load_watch) read beside it, and writes C(NAME.html), C(NAME.svg) and
    C(NAME.json) with requests per second, times to answer, processor time, replicas and failures over time. No file of the page needs another.
options:
  folder: {description: Where they are written., type: path, required: true}
  name: {description: "Name of the test, and of the files.", type: str, required: true}
  url: {description: What the load was laid on., type: str, required: true}
  command: {description: The command that was run., type: str, required: true}
  said: {description: All that C(ab) said., type: str, required: true}
  requests_file: {description: The file that C(ab -g) wrote., type: path, required: true}
  samples: {description: What was read beside it., type: list, elements: dict, default: []}
attributes:
  check_mode: {support: full, description: Writes nothing.}
"""

EXAMPLES = r"""
- name: Draw it
  multicloud.dr.load_page:
    folder: build/reports
    name: load-20261127-1000
    url: http://192.168.10.200/events
    command: ab -n 100000 -c 100 http://192.168.10.200/events
    said: "{{ ab.stdout }}"
    requests_file: build/reports/load-20261127-1000.tsv
    samples: "{{ reading.samples }}"
"""

RETURN = r"""
figures: {description: "What was measured; what was not is null.", type: dict, returned: success}
html: {description: The page., type: str, returned: when not in check mode}
svg: {description: The charts alone., type: str, returned: when not in check mode}
"""

import json
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.load import ab, page


def run_of(p):
    """What page.py draws, of the module's parameters. Raises OSError, ab.NotAb."""
    with open(p["requests_file"], encoding="utf-8") as file:
        requests = ab.rows(file)
    began = min([second for second, _unused in requests], default=0)
    return {"name": p["name"], "url": p["url"], "command": p["command"], "started": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(began)),
            "ab": ab.totals(p["said"]), "seconds": ab.by_second(requests), "times": [took for _unused, took in requests],
            "samples": [{**one, "at": round(max(0.0, one["time"] - began), 2)} for one in p["samples"] if one["time"] >= began - 5]}


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True}, "name": {"type": "str", "required": True}, "url": {"type": "str", "required": True},
            "command": {"type": "str", "required": True}, "said": {"type": "str", "required": True},
            "requests_file": {"type": "path", "required": True}, "samples": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True)
    p = module.params
    try:
        run = run_of(p)
        figures = page.figures(run)
        files = {"html": page.html(run), "svg": page.svg(run),
                 "json": json.dumps({"name": p["name"], "url": p["url"], "command": p["command"], "started": run["started"], "figures": figures,
                                     "ab": run["ab"], "seconds": [vars(one) for one in run["seconds"]], "samples": run["samples"]}, indent=1)}
        paths = {kind: Path(p["folder"]) / f"{p['name']}.{kind}" for kind in files}
        if not module.check_mode:
            for kind, text in files.items():
                paths[kind].write_text(text, encoding="utf-8")
    except (OSError, ab.NotAb) as error:
        module.fail_json(msg=f"The load test {p['name']} cannot be drawn: {error}.")
    shown = {} if module.check_mode else {kind: str(paths[kind]) for kind in ("html", "svg")}
    module.exit_json(changed=not module.check_mode, figures=figures, **shown)


if __name__ == "__main__":
    main()
