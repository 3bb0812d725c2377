# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packets ten times a second from the gateway to the other site: `python -m bench.vpn.turn start`, then `stop`, which prints what was lost as JSON,
with `return_may_lose`: how much of that each return of a tunnel accounts for in this data plane.
`carrying` prints the tunnel that carries and the other one; `both` and `one` wait until both tunnels answer,
or one only and carries, and print the same. With MULTICLOUD_DR_WORLD=machines in the environment: of the machines, not of the lab."""

from __future__ import annotations

import dataclasses
import json
import os
import sys

from bench.vpn import flow
from bench.vpn.gateway import Gateway
from bench.vpn.machines import Machines

gateway = Machines() if os.environ.get("MULTICLOUD_DR_WORLD") == "machines" else Gateway()
match sys.argv[1]:
    case "start":
        flow.start(gateway.run, gateway.source, gateway.target)
        told: object = {}
    case "stop":
        told = {**dataclasses.asdict(flow.stop(gateway.run)), "return_may_lose": flow.RETURN_MAY_LOSE[gateway.config["plane"]]}
    case verb:
        if verb == "both":
            gateway.both_up()
        if verb == "one":
            gateway.one_up()
        name = gateway.carrying()
        told = {"carrying": name, "standby": {"a": "b", "b": "a"}.get(name or "")}
print(json.dumps(told))
