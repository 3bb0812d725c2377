# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connections to lab hosts that Ansible keeps open for its next task: each is an ssh of its own that would outlive the lab by a minute.

Their sockets are not under build/: the path of one has 107 characters at most, ssh needs 17 of them while it makes one, and a clone may
lie deep. The inventory names this folder; a test holds both to each other.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import processes
from lab.ownership import PLACE
from lab.processes import Process

SOCKETS = PLACE / "ssh"     # one lab a machine, so one folder; like the lab's record it does not outlive a reboot


def running(sockets: Path = SOCKETS) -> list[Process]:
    """Every ssh whose command line names a socket in the folder: masters that wait (`ssh: SOCKET [mux]`) and those still at work."""
    return [Process("ssh", int(entry.name), "") for entry, command in processes.commands()
            if command.startswith(("ssh\0", "ssh: ", "/usr/bin/ssh\0")) and f"{sockets}/" in command]


def close(sockets: Path = SOCKETS) -> int:
    """End them and remove the folder. Returns how many there were; raises ProcessFailed when one would not go."""
    open_ones = running(sockets)
    processes.stop(open_ones)
    shutil.rmtree(sockets, ignore_errors=True)
    return len(open_ones)
