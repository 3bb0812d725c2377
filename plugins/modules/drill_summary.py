#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A quarter's drills on one page."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_summary
short_description: Sum up a quarter's drills from their reports
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads every C(drill-*.json) that M(multicloud.dr.drill_report) has left in a directory, and writes C(quarter-<quarter>.json) and C(.html) beside
    them. The page stands beside the quarter before.
  - Asks nobody and judges nothing anew. A file that holds no report is named, and the others count.
options:
  directory: {description: Where reports are kept., type: path, required: true}
  quarter:
    description: Which one, as C(2026-Q4), in UTC. Empty for that of the newest report.
    type: str
    default: ""
attributes:
  check_mode: {support: full, description: Says what the files would hold.}
  diff_mode: {support: none, description: A page is no diff to read.}
"""

EXAMPLES = r"""
- name: Sum up the quarter of the newest drill
  multicloud.dr.drill_summary:
    directory: build/reports

- name: Sum up another quarter
  multicloud.dr.drill_summary:
    directory: build/reports
    quarter: 2026-Q3
"""

RETURN = r"""
quarter: {description: Which one it is., type: str, returned: success, sample: 2026-Q4}
figures:
  description: What its drills say together. A figure that none of them measured is null.
  type: dict
  returned: success
  sample: {drills: 3, kept: 3, rto_median_seconds: 23.2, rto_max_seconds: 24.6, rpo_max_seconds: 0.4, acknowledged: 1200, lost_acknowledged: 0,
           salvage: 2, duplicated: 0, dual_writer_intervals: 0}
unread: {description: "Files that hold no report, and why.", type: list, elements: str, returned: success}
files: {description: Paths of the JSON and HTML files., type: list, elements: str, returned: success}
"""

import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.proof import history, quarter_page


def before(quarter):
    """The quarter before one."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return f"{year - (number == 1)}-Q{(number - 2) % 4 + 1}"


def summary(directory, quarter):
    """(quarter, figures, unread, {ending: text}). Raises ValueError when there is nothing to go by."""
    drills, unread = history.rows(directory)
    if not drills and not quarter:
        raise ValueError(f"it holds no drill's report{': ' + '; '.join(unread) if unread else ''}. Make a drill first (playbooks/drill.yml), or name "
                         "a quarter.")
    quarter = quarter or history.quarter_of(drills[-1]["started"])
    if not history.QUARTER.fullmatch(quarter):
        raise ValueError(f"quarter: {quarter!r} is not one such as 2026-Q4")
    mine, earlier = ([row for row in drills if history.quarter_of(row["started"]) == each] for each in (quarter, before(quarter)))
    figures = history.summed(mine)
    page = quarter_page.page(quarter, mine, figures, history.summed(earlier) if earlier else None, unread)
    kept = json.dumps({"quarter": quarter, "figures": figures, "drills": mine, "unread": unread}, indent=2, ensure_ascii=False) + "\n"
    return quarter, figures, unread, {"json": kept, "html": page}


def write(directory, quarter, texts, check):
    """Both files, where they differ; their paths, and whether any did."""
    changed, files = False, []
    for ending, text in texts.items():
        path = directory / f"quarter-{quarter}.{ending}"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed = True
            if not check:
                path.write_text(text, encoding="utf-8")
        files.append(str(path))
    return files, changed


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "required": True}, "quarter": {"type": "str", "default": ""}},
                           supports_check_mode=True)
    directory = Path(module.params["directory"])
    try:
        quarter, figures, unread, texts = summary(directory, module.params["quarter"])
        files, changed = write(directory, quarter, texts, module.check_mode)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"Could not sum up the drills in {directory}: {error}")
    module.exit_json(changed=changed, quarter=quarter, figures=figures, unread=unread, files=files)


if __name__ == "__main__":
    main()
