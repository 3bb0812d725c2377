# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.nhn.table`: the table of docs/nhn.md, module by module, out of docs/figures/nhn.json. Writes it between its two marks."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES, PAGE = ROOT / "docs" / "figures" / "nhn.json", ROOT / "docs" / "nhn.md"
BEGIN, END = "<!-- from docs/figures/nhn.json, by `python -m bench.nhn.table` -->", "<!-- end -->"
FAULTS = ("lost reply", "throttle", "expired token")
Counts = Mapping[str, Mapping[str, list[int]]]


def newest(runs: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """What the last run that measured it says; {} when none did."""
    return next((dict(run[key]) for run in reversed(runs) if key in run), {})


def rows(runs: list[dict[str, Any]]) -> list[str]:
    """The table's lines, a module each, and a line of sums. Met and got over: of making, altering and dropping together."""
    walks, makes, changes = newest(runs, "walks"), newest(runs, "by_module"), newest(runs, "changes_by_module")
    lines, sums = [], dict.fromkeys((*FAULTS, "steps", "foretold"), (0, 0))
    for kind, walk in walks.items():
        met = {fault: _met(kind, fault, makes, changes) for fault in FAULTS}
        for fault, (there, over) in met.items():
            sums[fault] = (sums[fault][0] + there, sums[fault][1] + over)
        sums["steps"] = (sums["steps"][0] + walk["steps"], sums["steps"][1] + walk["foretold"])
        told = " | ".join(f"{over} of {there}" if there else "no token" for there, over in met.values())
        idle = walk["check_writes"] + walk["idle_writes"]
        lines.append(f"| `nhn_{kind}` | {walk['foretold']} of {walk['steps']} | {idle} | {walk['requests']} | {told} |")
    told = " | ".join(f"{sums[fault][1]} of {sums[fault][0]}" for fault in FAULTS)
    writes = sum(walk["check_writes"] + walk["idle_writes"] for walk in walks.values())
    return [*lines, f"| {len(walks)} modules | {sums['steps'][1]} of {sums['steps'][0]} | {writes} | | {told} |"]


def _met(kind: str, fault: str, makes: Counts, changes: Counts) -> tuple[int, int]:
    parts = [makes.get(kind, {}), *(counts for step, counts in changes.items() if step.split()[0] == kind)]
    counts = [part[fault] for part in parts if fault in part]
    return sum(there for there, _ in counts), sum(over for _, over in counts)


def table(runs: list[dict[str, Any]]) -> str:
    """The whole table."""
    head = ["| Module | Walk: steps as foretold | Writes in check mode and when nothing changes | Requests when nothing changes "
            "| Lost reply got over | Throttle got over | Expired token got over |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows(runs)])


def put(page: str, runs: list[dict[str, Any]]) -> str:
    """The page with the table as the figures have it."""
    return re.sub(re.escape(BEGIN) + r".*?" + re.escape(END), f"{BEGIN}\n{table(runs)}\n{END}", page, flags=re.DOTALL)


def main() -> int:
    """Write it."""
    PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), json.loads(FIGURES.read_text(encoding="utf-8"))["runs"]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
