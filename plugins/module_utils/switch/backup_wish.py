# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking for a backup now, without any right to make or start one: a file in the agent's own directory, which systemd watches on behalf of
who makes them (role db_backup), and what he has written about the last one.
"""

from __future__ import annotations

import json
import os
import time
from math import isfinite
from pathlib import Path

from .journal import hand_over

WANTED = "backup-wanted"
STATUS = Path("/var/lib/multicloud-dr-backup/status.json")


class BackupWish:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def asked(self) -> int | None:
        """The epoch for which one was asked for last."""
        try:
            return int(json.loads(self._path.read_text(encoding="utf-8"))["epoch"])
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError, OverflowError):
            return None             # torn by a kill: ask again

    def ask(self, epoch: int) -> None:
        """Have one made now. Raises OSError."""
        with open(self._path, "w", encoding="utf-8") as file:
            json.dump({"epoch": epoch, "at": round(time.time())}, file)
            file.flush()
            os.fsync(file.fileno())
            hand_over(file.fileno(), self._path.parent)


def backup_made(path: Path = STATUS) -> float | None:
    """When the newest good backup that this host knows of was made, in epoch seconds; None when it knows of none."""
    try:
        made = float(json.loads(path.read_text(encoding="utf-8"))["backup"]["created"])
    except (OSError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return made if isfinite(made) else None
