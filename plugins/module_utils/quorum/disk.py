# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left of a member's data on this host's disk. By its files alone: what stands in them etcd finds out itself when it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

State = Literal["none", "part", "whole"]


class Disk(NamedTuple):
    """`none`: there is nothing, as on a new host. `part`: something is missing without which the rest is of no use. why: what, in words."""

    state: State
    why: str


def look(directory: str | Path) -> Disk:
    """Of etcd's --data-dir. Raises OSError for what cannot be looked at: that is no disk without data."""
    kept = Path(directory) / "member"
    if not kept.exists() or not any(kept.iterdir()):
        return Disk("none", f"there is nothing in {kept}")
    log, pages = kept / "wal", kept / "snap" / "db"
    if not log.is_dir() or not any(path.stat().st_size for path in log.glob("*.wal")):
        return Disk("part", f"its log is gone from {log}")
    if not pages.is_file() or not pages.stat().st_size:
        return Disk("part", f"{pages} is gone")
    return Disk("whole", "")
