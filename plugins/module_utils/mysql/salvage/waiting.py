# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which reports wait for a decision: rows that nobody has brought over or given up. Reads only.

Decisions are rows at the writer (`dr.salvaged`) and reports are files, so a report counts until every row of it that is not superseded is decided
on, whoever wrote when it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..connection import Server
from .replay import undecided
from .report import FOLDER, load


@dataclass(frozen=True)
class Waits:
    """A report, and the ids of its rows that wait. conflicts: those that stand against what the writer holds."""

    report: str
    path: str
    made: str
    old_site: str
    rows: tuple[str, ...]
    conflicts: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As it is told."""
        return {"report": self.report, "path": self.path, "made": self.made, "old": self.old_site, "rows": list(self.rows),
                "conflicts": list(self.conflicts)}


def waiting(writer: Server, folder: str | Path = FOLDER) -> Iterator[Waits]:
    """Every report in the folder that waits, oldest first. Raises Fault for one that cannot be read, DatabaseFault."""
    paths = sorted(Path(folder).glob("*.json"))
    if not paths:
        return
    with writer.connected() as conn:
        for path in paths:
            report = load(path.stem, folder)
            left = undecided(conn, report)
            if left:
                conflicts = {row.id for row in report.rows if row.verdict == "conflict"}
                yield Waits(report.id, str(path), report.made, report.old_site, tuple(left), tuple(each for each in left if each in conflicts))
