# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One release at a time: which run of ansible-playbook holds a folder of releases. Held for as long as that process lives, so a kill frees it.

A holder is {"release", "process", "started": what the kernel says of its start, so that another process of the same number is not taken for it}.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .record import alone

Holder = dict[str, Any]
PROCESSES, NAME, PROGRAM = Path("/proc"), ".held.json", b"ansible-playbook"


class Held(Exception):
    """Another run is at it; says which, and what to do."""


def hold(folder: Path, release: str, process: int | None, processes: Path = PROCESSES) -> bool:
    """Hold the folder for a run; whether that is new. process: its number, None where it is not known: then nobody is held off. Raises Held."""
    if process is None or (started := _started(process, processes)) is None:
        return False
    ours = {"release": release, "process": process, "started": started}
    with alone(folder):
        path = folder / NAME
        found = _read(path)
        if found == ours:
            return False
        other = found.get("process")
        if other != process and isinstance(other, int) and _started(other, processes) == found.get("started"):
            raise Held(f"Release {found.get('release')} is being run here already, by process {other}. Wait for its end, or end it: what it has "
                       "done is written down, and the next run with its name goes on from there.")
        path.write_text(json.dumps(ours), encoding="utf-8")
        return True


def playbook(process: int, processes: Path = PROCESSES) -> int | None:
    """The ansible-playbook that a process is of, not one of its workers; None where there is none."""
    found = None
    while process > 1:
        if PROGRAM in _words(process, processes):
            found = process
        elif found is not None:
            return found                # what began that one may itself be of a playbook, and is not this run
        process = _parent(process, processes)
    return found


def _read(path: Path) -> Holder:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):       # nobody, or one that was killed as it wrote: it holds nothing any more
        return {}
    return found if isinstance(found, dict) else {}


def _stat(process: int, processes: Path) -> list[str]:
    """What /proc says of it behind its name, which may have spaces; nothing where it is not there."""
    try:
        return (processes / str(process) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _parent(process: int, processes: Path) -> int:
    told = _stat(process, processes)
    return int(told[1]) if told else 0


def _started(process: int, processes: Path) -> str | None:
    """In ticks since the machine came up; None of one that has ended."""
    told = _stat(process, processes)
    return told[19] if told and told[0] not in "ZX" else None


def _words(process: int, processes: Path) -> bytes:
    try:
        return (processes / str(process) / "cmdline").read_bytes()
    except OSError:
        return b""


def run_of_this() -> int | None:
    """That of the process that asks."""
    return playbook(os.getpid())
