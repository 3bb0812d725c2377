# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our side of a comparison with peers, in a process of its own, so that its start counts and its memory is its own.

`run` starts it; `python -m bench.db.ours` is that process: it reads what to do as JSON and prints what came of it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import astuple
from typing import Any
from unittest.mock import patch

from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

from bench.record import ROOT


def run(what: str, source: Server, target: Server, **options: Any) -> dict[str, Any]:
    """Do it and say how it went: wall (seconds, the whole process), peak_mb, and what the process itself says."""
    order = json.dumps({"what": what, "source": astuple(source), "target": astuple(target), **options})
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "bench.db.ours"], input=order, capture_output=True, text=True, check=False, cwd=ROOT,
                          timeout=1500)
    wall = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f"{what}: {done.stderr[-1500:]}")
    return {"wall": wall, **json.loads(done.stdout)}


def main() -> None:
    """Entry point of the process."""
    order = json.load(sys.stdin)
    source, target, schemas = Server(*order["source"]), Server(*order["target"]), order["schemas"]
    asked = _count_requests()
    found = {"copy": _copy, "compare": _compare, "repair": _repair}[order["what"]](source, target, schemas)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "requests": asked[0], "peak_mb": round(peak, 1)}))


def _count_requests() -> list[int]:
    """How many statements go to either server, as a list of one number."""
    asked = [0]
    send = vars(connection.pymysql.connections.Connection)["_execute_command"]

    def counted(self: Any, *given: Any) -> Any:
        asked[0] += 1
        return send(self, *given)

    patch.object(connection.pymysql.connections.Connection, "_execute_command", counted).start()
    return asked


def _copy(source: Server, target: Server, schemas: list[str]) -> dict[str, Any]:
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy

    done = copy(source, target, schemas)
    return {"seconds": done.seconds, "rows": done.rows, "held_seconds": done.held_seconds}


def _compare(source: Server, target: Server, schemas: list[str]) -> dict[str, Any]:
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare

    found = compare(source, target, schemas)
    return {"seconds": found.seconds, "rows": found.rows_compared, "differing": found.differing_rows,
            "keys": [each["key"] for each in found.differences]}


def _repair(source: Server, target: Server, schemas: list[str]) -> dict[str, Any]:
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair

    done = repair(source, target, schemas)
    return {"seconds": done.seconds, "more_seconds": round(done.seconds - done.comparison.seconds, 3), "left": done.left, "passes": done.passes}


if __name__ == "__main__":
    main()
