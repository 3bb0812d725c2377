# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a call of each module takes that changes nothing, those that only look among them, as a process of its own, its start counted. The
emulator answers from this machine."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

from bench.record import ROOT
from tests.contract.nhn_faults import fresh
from tests.contract.nhn_walk import LOOK_AT, TO_LOOK_AT, WALK, WORLD

TIMES = 3
PACKAGE = "ansible_collections.multicloud.dr.plugins.modules.nhn_"


def unchanged() -> dict[str, list[tuple[float, float]]]:
    """{module: (seconds, seconds of a processor) of each of three calls}. Raises RuntimeError when a call was not unchanged."""
    measured: dict[str, list[tuple[float, float]]] = {}
    with fresh() as cloud:
        for kind, options in WORLD:
            cloud.make(kind, **options)
        for kind, (made, _, _) in WALK.items():
            cloud.make(kind, **made)
            measured[kind] = [_call(kind, {"auth": cloud.auth, **made}) for _ in range(TIMES)]
            cloud.make(kind, **{**made, "state": "absent"})
            for container in cloud.store.containers.values():       # exported files outlive their backup
                container["objects"].clear()
        for kind in TO_LOOK_AT:
            cloud.make(kind, **WALK[kind][0])
        for kind, options in LOOK_AT.items():
            measured[kind] = [_call(kind, {"auth": cloud.auth, **options}) for _ in range(TIMES)]
    return measured


def _call(kind: str, options: dict[str, Any]) -> tuple[float, float]:
    started, used = time.monotonic(), _processor()
    done = subprocess.run([sys.executable, "-m", PACKAGE + kind], input=json.dumps({"ANSIBLE_MODULE_ARGS": options}), capture_output=True,
                          text=True, check=False, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT / "collections")})
    seconds = time.monotonic() - started
    if done.returncode or json.loads(done.stdout).get("changed") is not False:
        raise RuntimeError(f"nhn_{kind} did not leave things as they are: {done.stdout[-500:]}{done.stderr[-500:]}")
    return round(seconds, 3), round(_processor() - used, 3)


def _processor() -> float:
    """Seconds of a processor that ended processes of ours have used; the emulator is a thread of this one, and not among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
