# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One machine, one lab: who owns it, and the lock that keeps two lab commands from working at once.

The networks' addresses are fixed, so two clones of the project cannot have a lab at the same time. The record lives under /run:
after a reboot it is gone, like everything of a lab but its stopped containers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TextIO

from lab import files
from lab.world import ROOT

PLACE = Path("/run/multicloud-dr-lab")
RECORD = PLACE / "owner.json"
LOCK = PLACE / "lock"

State = Literal["building", "up"]


class Busy(RuntimeError):
    """Another lab command is at work on this machine."""


class NotRoot(RuntimeError):
    """Only root can have a lab."""


NEEDS_ROOT = "The lab makes networks and containers and needs root: run the same command with sudo."


@dataclass(frozen=True)
class Owner:
    """clone: its path; state: `building` until `lab up` has finished once; started: epoch seconds; processes: what runs by name."""

    clone: str
    state: State
    started: float
    processes: tuple[str, ...] = ()


def need_root() -> None:
    """Raises NotRoot: another user's podman would show a world without a lab."""
    if os.geteuid() != 0:
        raise NotRoot(NEEDS_ROOT)


def owner() -> Owner | None:
    """Who has claimed this machine, or None."""
    found = files.read_json(RECORD, None)
    return Owner(found["clone"], found["state"], found["started"], tuple(found["processes"])) if found else None


def claim(state: State, processes: Sequence[str] = ()) -> None:
    """Make this clone the owner, or move its own record on; the moment it started is kept."""
    before = owner()
    started = before.started if before and before.clone == str(ROOT) else time.time()
    files.write_json(RECORD, asdict(Owner(str(ROOT), state, started, tuple(processes))), mode=0o644)


@contextlib.contextmanager
def lock(command: str) -> Iterator[None]:
    """Hold the machine for one command. Raises Busy, naming the other command, instead of waiting, and NotRoot.

    The file goes with the last lab: it is removed at the end of a command that leaves no owner.
    """
    need_root()
    handle = _locked()
    handle.truncate(0)
    handle.write(f"`lab {command}` of {ROOT} (pid {os.getpid()})")
    handle.flush()
    try:
        yield
    finally:
        handle.truncate(0)
        if not RECORD.exists():
            LOCK.unlink()
            with contextlib.suppress(OSError):      # something else of ours is still in it
                PLACE.rmdir()
        handle.close()


def _locked() -> TextIO:
    while True:
        PLACE.mkdir(exist_ok=True, mode=0o755)
        handle = open(LOCK, "a+")       # noqa: SIM115 - the caller closes it, which gives the lock back
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle.fileno()).st_nlink:      # 0: its holder was the last one and has just removed the file
                return handle
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip()
            handle.close()
            raise Busy(f"Another lab command is at work: {holder}. Wait for it, or end it, and try again.") from None
        handle.close()
