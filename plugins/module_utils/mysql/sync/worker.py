# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One worker of a comparison that any number of hosts share; without Ansible, so that a Kubernetes Job can run it.

    python -m ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.worker TASK.json

TASK.json:

    {"source": {"host": "192.168.10.50", "user": "dr_sync"}, "target": {"host": "10.0.10.50", "user": "dr_sync"},
     "schemas": ["tickets"], "ignore": [], "checkpoint": "weekly_2026_48", "threads": 2, "chunk_rows": 20000}

Passwords come from the environment: SYNC_SOURCE_PASSWORD and SYNC_TARGET_PASSWORD. All workers are given the same task. Progress goes to
the error output, a line about every second; the result, for everything and not only this worker's part, is one JSON object on the output. Ends
with 0 when both servers are equal, 1 when they are not, 2 when the comparison could not be finished: start it again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...aloud import aloud
from ...faults import BadInput, Fault
from ..connection import Server
from . import checkpoint
from .asked import MOST, name_faults
from .compare import LAG_UNKNOWN, How, compare
from .progress import sentence

PASSWORDS = {"source": "SYNC_SOURCE_PASSWORD", "target": "SYNC_TARGET_PASSWORD"}
SETTINGS = {"chunk_rows": int, "settle_seconds": float, "shown": int, "threads": int, "max_lag_seconds": float, "lag_patience": float}
LARGEST = 1_000_000_000     # of any other number: years of seconds
_KNOWN = {"source", "target", "schemas", "ignore", "checkpoint", *SETTINGS}


def task(text: str, environment: Mapping[str, str]) -> tuple[Server, Server, list[str], list[str], dict[str, Any]]:
    """(source, target, schemas, ignore, settings of How) of a task file. Raises BadInput with every fault at once."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadInput([f"the task is no JSON: {error}"]) from error
    if not isinstance(given, dict):
        raise BadInput(["the task is no JSON object"])
    faults = [f"{name}: unknown" for name in sorted(set(given) - _KNOWN)]
    servers = []
    for side, variable in PASSWORDS.items():
        about = given.get(side)
        about = about if isinstance(about, dict) else {}
        faults += [f"{side}.{part}: must be a text" for part in ("host", "user") if not isinstance(about.get(part), str)]
        faults += [f"{side}.{part}: unknown" for part in sorted(set(about) - {"host", "port", "user"})]
        port = about.get("port", 3306)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
            faults.append(f"{side}.port: must be a number from 1 to 65535")
            port = 0
        if not environment.get(variable):
            faults.append(f"{side}: its password is expected in the environment as {variable}")
        servers.append(Server(str(about.get("host")), port, str(about.get("user")), environment.get(variable, "")))
    names: dict[str, list[str]] = {"schemas": [], "ignore": []}
    for name in names:
        if isinstance(given.get(name, []), list) and all(isinstance(item, str) for item in given.get(name, [])):
            names[name] = given.get(name, [])
        else:
            faults.append(f"{name}: must be a list of names")
    shared = given.get("checkpoint") if isinstance(given.get("checkpoint"), str) else None
    faults += name_faults(names["schemas"], names["ignore"], shared)
    if shared is None:
        faults.append("checkpoint: must be a name, the same for all workers")
    settings: dict[str, Any] = {"checkpoint": shared}
    for name, kind in SETTINGS.items():
        if name in given:
            most = MOST.get(name, LARGEST)
            if _is_number(given[name]) and 0 < given[name] <= most and kind(given[name]) == given[name]:
                settings[name] = kind(given[name])
            else:
                faults.append(f"{name}: must be a {'whole ' if kind is int else ''}number above 0, and no more than {most}")
    if faults:
        raise BadInput(faults)
    return servers[0], servers[1], names["schemas"], names["ignore"], settings


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the file's first lines."""
    parser = argparse.ArgumentParser(prog="worker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", metavar="TASK.json", help="what to compare; - reads it from the input")
    parser.add_argument("--forget", action="store_true", help="drop the task's checkpoint, finished or not, and end")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    options = parser.parse_args(arguments)

    def tell(report: Mapping[str, Any]) -> None:
        aloud(sentence(report), to=sys.stderr)

    try:
        text = (sys.stdin.buffer.read() if options.task == "-" else Path(options.task).read_bytes()).decode("utf-8", "replace")
        source, target, schemas, ignore, settings = task(text, os.environ)
        if options.forget:
            checkpoint.forget(target, settings["checkpoint"])
            return 0
        found = compare(source, target, schemas, ignore=ignore, how=How(**settings, progress=None if options.quiet else tell))
        if found.lag_unknown:
            aloud(LAG_UNKNOWN, to=sys.stderr)
        aloud(json.dumps(found.facts()))
    except OSError as error:
        aloud(f"Could not read {options.task} or write what came of it: {error.strerror}", to=sys.stderr)
        return 2
    except Fault as fault:
        aloud(fault.told(), to=sys.stderr)
        return 2
    except Exception:           # whatever nobody foresaw has compared nothing, and a 1 would say that it did
        traceback.print_exc()
        return 2
    return int(not found.equal)


if __name__ == "__main__":
    raise SystemExit(main())
