# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drills whose reports are kept, to set one beside the others and to sum up a quarter. Reads files; everything else here is pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from .report import broken

COUNTED = ("acknowledged", "lost_acknowledged", "salvage", "duplicated", "dual_writer_intervals")
QUARTER = re.compile(r"[0-9]{4}-Q[1-4]")


class NoReport(ValueError):
    """A file that should hold a drill's report does not; the message says why."""


def read(path: Path) -> dict[str, Any]:
    """One drill as a row: {started, verdict, from_site, to_site, rto_seconds, floor_seconds, max_rto_seconds, rpo_seconds, acknowledged,
    lost_acknowledged, salvage, duplicated, dual_writer_intervals, broken: [sentence], file}. Raises NoReport.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        when(report["started"])
        row = {name: report[name] for name in ("started", "verdict", "rto_seconds", "rpo_seconds", "acknowledged", "lost_acknowledged", "duplicated",
                                               "dual_writer_intervals", "floor_seconds")}
        return {**row, "from_site": report.get("from_site"), "to_site": report.get("to_site"), "max_rto_seconds": report.get("max_rto_seconds"),
                "salvage": len(report["salvage_acknowledged"]), "broken": broken({"max_rto_seconds": float("inf"), **report}), "file": path.name}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoReport(f"{path.name}: {type(error).__name__}: {error}") from error


def rows(directory: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Every drill whose report is in a directory, oldest first, and why any file is none."""
    found, wrong = [], []
    for path in sorted(directory.glob("drill-*.json")):
        try:
            found.append(read(path))
        except NoReport as error:
            wrong.append(str(error))
    return sorted(found, key=lambda row: when(row["started"])), wrong


def when(started: str) -> datetime:
    """The moment a report names. Raises ValueError."""
    moment = datetime.fromisoformat(started)
    if moment.tzinfo is None:
        raise ValueError(f"{started} names no time zone")
    return moment


def quarter_of(started: str) -> str:
    """As people say it: 2026-Q4."""
    moment = when(started)
    return f"{moment.year}-Q{(moment.month + 2) // 3}"


def summed(drills: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a number of drills say together; what none of them measured is None."""
    outages = [float(row["rto_seconds"]) for row in drills if row["rto_seconds"] is not None]
    return {
        "drills": len(drills), "kept": sum(not row["broken"] for row in drills),
        "rto_median_seconds": round(median(outages), 2) if outages else None, "rto_max_seconds": max(outages, default=None),
        "rpo_max_seconds": max((float(row["rpo_seconds"]) for row in drills if row["rpo_seconds"] is not None), default=None),
        **{name: sum(row[name] for row in drills) for name in COUNTED},
    }
