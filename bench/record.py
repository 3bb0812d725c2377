# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a measurement is written down."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "build" / "bench"


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {"cores": os.cpu_count(), "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(), "python": platform.python_version()}


def record(name: str, figures: dict[str, float], run: dict[str, Any]) -> Path:
    """Add a run to build/bench/<name>.json; figures measured now replace older ones, others stay."""
    path = BENCH / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {"figures": {}, "runs": []}
    kept["figures"] |= figures
    kept["machine"] = machine()
    kept["runs"].append({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **run})
    path.write_text(json.dumps(kept, indent=2) + "\n")
    return path
