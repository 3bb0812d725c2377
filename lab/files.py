# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small files the lab's processes share: written whole or not at all, so that a reader never sees half of one."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace the file at once; the folder is made when it is missing. Safe with several writers: the last one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    fresh.touch(mode=mode)
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    """`write` a value as indented JSON."""
    write(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", mode)


def read_json(path: Path, missing: Any) -> Any:
    """The value in the file, or `missing` when there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return missing


def tail(path: Path, lines: int) -> str:
    """The last lines of a log, or a word that says why there are none."""
    if not path.exists():
        return "(no log)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) or "(the log is empty)"
