# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files a container reads through its bind mount `/etc/lab`: replaced in one step, so a reader sees the old text or the new one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab import files
from lab.world import HOSTS


def folder(name: str, part: str = "config") -> Path:
    """A container's directory on this machine, made when missing."""
    path = HOSTS / name / part
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(name: str, texts: Mapping[str, str]) -> bool:
    """Write a container's files; True when any of them was different before."""
    changed = {filename: text for filename, text in texts.items() if read(name, filename) != text}
    for filename, text in changed.items():
        files.write(folder(name) / filename, text)
    return bool(changed)


def read(name: str, filename: str) -> str | None:
    """A container's file, or None when it has none of that name."""
    path = folder(name) / filename
    return path.read_text(encoding="utf-8") if path.exists() else None
