#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge a drill and write its report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_report
short_description: Judge a drill by what buyers were promised, and write its report
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Asks the service for every purchase that was acknowledged, and accounts for each. It is there, to be salvaged, or lost.
  - To be salvaged are only purchases that the site that is gone acknowledged for its own database alone, at most O(max_rpo_seconds) before its
    last one, while others it acknowledged did arrive. Whatever else is missing is lost.
  - Writes C(drill-<time>.json) and C(.html) and points C(latest.json) and C(latest.html) at them. The page sets this drill beside the earlier ones
    whose reports are kept there.
  - Fails, after writing the report, when a promise was broken. Each that was is named. They are no purchase lost, no seat promised twice, never
    two writers, an outage not above O(max_rto_over_floor) times the expected one, and, where it is counted, no write to the standby's control plane
    between detection and the first purchase there.
options:
  log: {description: The buyers' log., type: path, required: true}
  directory: {description: Where reports are kept., type: path, required: true}
  domain: {description: Public name of the service., type: str, required: true}
  port: {description: TCP port of the service., type: int, default: 80}
  nameserver: {description: Address of the name server to ask; empty asks the system's., type: str, default: ""}
  started: {description: When the drill began (ISO 8601)., type: str, required: true}
  verdict: {description: Named diagnosis that the switch acted on., type: str, required: true}
  because: {description: The diagnosis in a sentence., type: str, default: ""}
  steps: {description: The switch's steps., type: list, elements: dict, required: true}
  detected: {description: "When the switch began, in seconds since the epoch.", type: float, required: true}
  timing: {description: The topology's timing., type: dict, required: true}
  comparison: {description: "What M(multicloud.dr.rds_sync) said before the disaster: C(equal), C(rows_compared).", type: dict, default: {}}
  max_rpo_seconds:
    description: How far replication may have been behind, in seconds. An older purchase that did not arrive is lost, not to be salvaged.
    type: float
    default: 60
  max_rto_over_floor:
    description: How long buyers may have been without service, as a multiple of what O(timing) lets expect. A longer outage is a broken promise.
    type: float
    default: 2
  requests_log:
    description:
      - A log of requests to the standby's control plane, one JSON object a line with C(time), C(write) and C(action); empty where there is none.
    type: path
    default: ""
attributes:
  check_mode: {support: none, description: A drill has no check mode.}
"""

EXAMPLES = r"""
- name: Account for every promise
  multicloud.dr.drill_report:
    log: build/reports/buyers.jsonl
    directory: build/reports
    domain: tickets.example.com
    started: "2026-01-01T00:00:00Z"
    port: 80
    nameserver: 203.0.113.53
    verdict: SITE_LOST
    because: NHN has not renewed the record for 11 seconds, and nobody reaches its edge.
    steps: "{{ switch.steps }}"
    detected: "{{ switch.detected }}"
    timing: "{{ topology_timing }}"
    comparison: "{{ comparison }}"
    max_rpo_seconds: 5
    max_rto_over_floor: 1.5
    requests_log: build/lab/requests/aws.jsonl
"""

RETURN = r"""
report: {description: The report as written., type: dict, returned: always}
files: {description: Paths of the JSON and HTML files., type: list, elements: str, returned: always}
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.proof import history, report_page
from ansible_collections.multicloud.dr.plugins.module_utils.proof import report as reports
from ansible_collections.multicloud.dr.plugins.module_utils.proof.ledger import account, origin, promises, timeline
from ansible_collections.multicloud.dr.plugins.module_utils.proof.log import read
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import Resolver
from ansible_collections.multicloud.dr.plugins.module_utils.proof.visitor import NoAnswer, Visitor


def ticket_under(visitor, key):
    """The ticket the service holds under a key, None when it says there is none. Raises when it says neither."""
    last = "no answer"
    for _unused in range(3):
        try:
            answer = visitor.ask(f"/api/purchases/{key}")
        except NoAnswer as silence:
            last = str(silence)
            continue
        if answer.status == 200:
            return json.loads(answer.body)["ticket"]
        if answer.status == 404:
            return None
        last = f"status {answer.status}"
    raise ValueError(f"purchase {key}: {last}")


def present(attempts, p):
    """Tickets among the promises that the service holds now."""
    def asked(key):
        return ticket_under(Visitor(Resolver(p["nameserver"] or None), p["domain"], p["port"]), key)

    keys = sorted({promise.key for promise in promises(attempts)})
    with ThreadPoolExecutor(8) as pool:
        return {ticket for ticket in pool.map(asked, keys) if ticket}


def judge(p):
    """The report as a dictionary, and the timeline for its chart with the moment it begins."""
    attempts = read(p["log"])
    figures = account(attempts, present(attempts, p), p["max_rpo_seconds"])
    floor = reports.floor_seconds(p["timing"])
    report = {
        "started": p["started"], "verdict": p["verdict"], "because": p["because"].removeprefix(f"{p['verdict']}: "), "steps": p["steps"], **figures,
        "floor_seconds": floor, "max_rto_seconds": floor * p["max_rto_over_floor"], "max_rpo_seconds": p["max_rpo_seconds"],
    }
    if p["comparison"]:
        report |= {"tables_equal": bool(p["comparison"]["equal"]), "rows_compared": int(p["comparison"]["rows_compared"])}
    if p["requests_log"] and figures["first_after"]:
        lines = (json.loads(line) for line in Path(p["requests_log"]).read_text().splitlines())
        writes = reports.control_plane_writes(lines, p["detected"], figures["first_after"])
        report |= {} if writes is None else {"control_plane_writes": writes}
    return report, timeline(attempts), origin(attempts)


def write(directory, report, seconds, began):
    """Both files, and the links to the latest; returns their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    name = "drill-" + report["started"].replace(":", "").replace("-", "")
    earlier = [row for row in history.rows(directory)[0] if history.when(row["started"]) < history.when(report["started"])]
    shown = report_page.page(report, seconds, began, earlier)
    files = []
    for ending, text in (("json", json.dumps(report, indent=2, ensure_ascii=False) + "\n"), ("html", shown)):
        path = directory / f"{name}.{ending}"
        path.write_text(text)
        link = directory / f"latest.{ending}"
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
        files.append(str(path))
    return files


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec={
        "log": {"type": "path", "required": True}, "directory": {"type": "path", "required": True}, "domain": {"type": "str", "required": True},
        "port": {"type": "int", "default": 80}, "nameserver": {"type": "str", "default": ""}, "started": {"type": "str", "required": True},
        "verdict": {"type": "str", "required": True}, "because": {"type": "str", "default": ""},
        "steps": {"type": "list", "elements": "dict", "required": True}, "detected": {"type": "float", "required": True},
        "timing": {"type": "dict", "required": True}, "comparison": {"type": "dict", "default": {}},
        "max_rpo_seconds": {"type": "float", "default": 60}, "max_rto_over_floor": {"type": "float", "default": 2},
        "requests_log": {"type": "path", "default": ""},
    })
    with told_plainly(module):
        try:
            report, seconds, began = judge(module.params)
        except (OSError, ValueError, KeyError) as error:
            module.fail_json(msg=f"Could not account for every promise: {error}. The buyers' log is kept at {module.params['log']}; run again.")
        files = write(Path(module.params["directory"]), report, seconds, began)
        if wrong := reports.broken(report):
            module.fail_json(msg=f"The drill broke a promise: {'; '.join(wrong)}. See {files[0]}.", report=report, files=files)
        module.exit_json(changed=True, report=report, files=files)


if __name__ == "__main__":
    main()
