# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports of drills that went well and badly, as drill_report writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGAN = 1767225600.0        # 2026-01-01T00:00:00Z

STEPS = (
    ("judge", 0.0, 0.041, False, "SITE_LOST: NHN has not renewed the record for 11.2 s, and its edge gives no answer; AWS takes over."),
    ("take_record", 0.05, 0.018, True, "AWS holds the record at epoch 2."), ("close_gate", 0.08, 0.035, False, "Nobody writes here."),
    ("promote", 0.13, 0.092, True, f"Applied all from {'0d3f7f0e' * 8}.example.com:3306 up to mysql-bin.000001:254603, then stopped."),
    ("open_gate", 0.24, 0.021, True, "Open for epoch 2."), ("latch", 0.27, 0.064, True, "The marker is there."),
    ("prove", 0.35, 0.28, False, "A row was written and read back under epoch 2."))


def report(started: str = "2026-01-01T00:00:00Z", **other: Any) -> dict[str, Any]:
    """One that kept every promise; other: what is otherwise."""
    given: dict[str, Any] = {
        "started": started, "verdict": "SITE_LOST",
        "because": "NHN has not renewed the record for 11.4 s, and its edge gives no answer; AWS takes over.",
        "rto_seconds": 23.4, "last_good": BEGAN + 40.2, "first_after": BEGAN + 63.6, "max_rto_seconds": 60.0, "floor_seconds": 30, "rpo_seconds": 0.4,
        "max_rpo_seconds": 5.0, "acknowledged": 1290, "lost_acknowledged": 0, "lost": [], "contested": 31, "duplicated": 0, "duplicates": [],
        "dual_writer_intervals": 0, "from_site": "nhn", "to_site": "aws", "tables_equal": True, "rows_compared": 1_284_551, "control_plane_writes": 0,
        "salvage_acknowledged": [
            {"ticket": "0d3f7f0e-1111-4222-8333-123456789abc", "event_id": 1, "seat": "B-17", "site": "nhn", "told_at": BEGAN + 40.1}],
        "steps": [{"name": name, "started": BEGAN + 51.8 + at, "seconds": took, "changed": changed, "detail": detail}
                  for name, at, took, changed, detail in STEPS],
    }
    return {**given, **other}


def seconds() -> list[dict[str, Any]]:
    """Two minutes of buyers, of which NHN serves the first forty seconds and AWS those from the 64th on."""
    return [{"second": at, "sites": {"nhn": 9 + at % 4} if at <= 40 else {"aws": 8 + at % 5} if at >= 64 else {}, "taken": at % 3,
             "refused": 4 if 40 < at < 64 else 0} for at in range(120)]


def kept(directory: Path, *reports: dict[str, Any]) -> None:
    """Put them where drill_report does."""
    for each in reports:
        name = each["started"].replace(":", "").replace("-", "")
        (directory / f"drill-{name}.json").write_text(json.dumps(each), encoding="utf-8")
