# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a measurement is written down."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "build" / "bench"
# What a figure of the data is measured with, and one of the switch: only those of the code as it is count.
OF_THE_DATA = ("plugins/module_utils/mysql", "plugins/module_utils/switch", "roles/nhn_database", "roles/aws_database", "lab/hosts/mysql", "bench/db",
               "bench/sync_roundtrip.py")
OF_THE_SWITCH = ("plugins", "roles", "playbooks", "inventories", "app", "lab", "bench/switch")


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {"cores": os.cpu_count(), "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(), "python": platform.python_version()}


def tree(*folders: str) -> str:
    """The code that is measured, as a short name: everything git knows below these folders, as it lies there now."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *folders], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = hashlib.sha256()
    for name in sorted(filter(None, listed.split("\0"))):
        path = ROOT / name
        if path.is_file():      # not what was removed, nor where a link leads
            found.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:12]


def measured(*folders: str) -> dict[str, str]:
    """What a run that begins now measures: the commit, with a + when something was changed since, and the tree of these folders."""
    def git(*command: str) -> str:
        return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    return {"commit": git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", *folders) else ""), "tree": tree(*folders)}


def record(name: str, figures: dict[str, float], run: dict[str, Any], *, others: Collection[str] | None = None) -> Path:
    """Add a run to build/bench/<name>.json; figures measured now replace older ones, others stay (of those, where it is given, only `others`)."""
    path = BENCH / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {"figures": {}, "runs": []}
    kept["figures"] = {known: value for known, value in kept["figures"].items() if others is None or known in others} | figures
    kept["machine"] = machine()
    kept["runs"].append({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **run})
    path.write_text(json.dumps(kept, indent=2) + "\n")
    return path
