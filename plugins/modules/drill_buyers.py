#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buyers who go on buying until told to stop, or until whoever sent them is gone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_buyers
short_description: Buy tickets through the public name until told to stop
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - A few buyers ask for one free seat after the other, each with an idempotency key that is kept until the wish is answered for good.
  - They compete. Some seats are wanted by all of them, and once another site acknowledges purchases they ask it, with new keys, for the
    20 seats that were acknowledged last by the site before. Every such wish must be refused, or the seat was promised twice.
  - Every answer becomes one line of JSON in a log. The log is the evidence that M(multicloud.dr.drill_report) judges.
  - Meant to run in the background (C(async)), while something else goes wrong.
  - One crowd writes one log. Another that is to write the same one is refused while the first still buys.
options:
  state:
    description:
      - V(buying) buys. V(gone) sends home those whom an ended drill left buying with this log, waits until they have gone, and removes the
        log, so that nothing of an earlier drill is taken for the next one's. It refuses while that drill still runs.
    type: str
    choices: [buying, gone]
    default: buying
  domain: {description: Public name of the service., type: str, required: true}
  port: {description: TCP port of the service., type: int, default: 80}
  nameserver: {description: Address of the name server to ask; empty asks the system's., type: str, default: ""}
  event_id: {description: Event to buy seats of., type: int, default: 1}
  buyers: {description: How many buy at the same time., type: int, default: 4}
  every_seconds: {description: Pause of each buyer between two wishes., type: float, default: 0.2}
  max_seconds: {description: When to stop without being told., type: int, default: 600}
  while_process: {description: Number of a process on this host; buyers go home when it has ended. 0 means none., type: int, default: 0}
  log: {description: File the attempts are written to; it is replaced., type: path, required: true}
  stop_file: {description: The buyers stop when this file appears., type: path, required: true}
attributes:
  check_mode: {support: full, description: Buys nothing and sends nobody home in check mode.}
"""

EXAMPLES = r"""
- name: Nobody of an earlier drill is left
  multicloud.dr.drill_buyers:
    domain: tickets.example.com
    log: build/reports/buyers.jsonl
    stop_file: build/reports/buyers.stop
    state: gone

- name: Buy until told to stop
  multicloud.dr.drill_buyers:
    domain: tickets.example.com
    port: 80
    nameserver: 203.0.113.53
    event_id: 1
    buyers: 8
    every_seconds: 0.5
    max_seconds: 900
    log: build/reports/buyers.jsonl
    stop_file: build/reports/buyers.stop
    while_process: "{{ lookup('multicloud.dr.this_run') }}"
  async: 900
  poll: 0
"""

RETURN = r"""
attempts: {description: Requests made., type: int, returned: always}
acknowledged: {description: Requests that were answered with a promise., type: int, returned: always}
"""

import json
import threading
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Board, interrupted, order, shop, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.proof.crowd import Alone, StillThere, alive
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import Resolver
from ansible_collections.multicloud.dr.plugins.module_utils.proof.visitor import NoAnswer, Visitor


def free_seats(visitor, event_id):
    """Labels of the seats nobody has. Raises NoAnswer or ValueError."""
    answer = visitor.ask(f"/api/events/{event_id}/seats", timeout=10)
    if answer.status != 200:
        raise ValueError(f"/api/events/{event_id}/seats answered {answer.status}")
    return [seat["seat"] for seat in json.loads(answer.body) if not seat["taken"]]


def run(p):
    """Buy until the stop file appears, who sent us is gone, the seats run out or the time is over; returns (attempts, acknowledged)."""

    def visitor():
        return Visitor(Resolver(p["nameserver"] or None), p["domain"], p["port"])

    seats = free_seats(visitor(), p["event_id"])
    stop, lock, board, counts = threading.Event(), threading.Lock(), Board(), [0, 0]
    log, stop_file = Path(p["log"]), Path(p["stop_file"])
    log.parent.mkdir(parents=True, exist_ok=True)
    stop_file.unlink(missing_ok=True)
    with log.open("w", buffering=1) as out:

        def again():
            with lock:
                return board.again()

        def buyer(number):
            mine = visitor()
            wishes = shop(
                interrupted(wanted(seats, number, p["buyers"]), again),
                lambda key, seat: order(mine, key, p["event_id"], seat, f"drill-{number}"), stop.wait, p["every_seconds"],
            )
            for attempt in wishes:
                with lock:
                    out.write(attempt.line() + "\n")
                    board.note(attempt)
                    counts[0] += 1
                    counts[1] += attempt.acknowledged

        threads = [threading.Thread(target=buyer, args=(number,), daemon=True) for number in range(p["buyers"])]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + p["max_seconds"]
        while time.monotonic() < deadline and not stop_file.exists() and alive(p["while_process"]) and any(thread.is_alive() for thread in threads):
            stop.wait(0.1)
        stop.set()
        for thread in threads:
            thread.join(10)
    return counts


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True}, "port": {"type": "int", "default": 80}, "nameserver": {"type": "str", "default": ""},
            "event_id": {"type": "int", "default": 1}, "buyers": {"type": "int", "default": 4},
            "every_seconds": {"type": "float", "default": 0.2}, "max_seconds": {"type": "int", "default": 600},
            "log": {"type": "path", "required": True}, "stop_file": {"type": "path", "required": True},
            "while_process": {"type": "int", "default": 0}, "state": {"type": "str", "choices": ["buying", "gone"], "default": "buying"},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, attempts=0, acknowledged=0)
    with told_plainly(module):
        p = module.params
        alone = Alone(p["log"], p["stop_file"], p["while_process"])
        if p["state"] == "gone":
            try:
                module.exit_json(changed=alone.clear(seconds=60), attempts=0, acknowledged=0)
            except StillThere as error:
                module.fail_json(msg=str(error))
        try:
            with alone:
                attempts, acknowledged = run(p)
        except StillThere as error:
            module.fail_json(msg=str(error))
        except (OSError, NoAnswer, ValueError) as error:
            module.fail_json(msg=f"Could not begin to buy at http://{module.params['domain']}: {error}. Nothing was bought.")
        module.exit_json(changed=acknowledged > 0, attempts=attempts, acknowledged=acknowledged)


if __name__ == "__main__":
    main()
