# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kubernetes.core leaves in the temporary directory about a cluster of the lab: a list of API resources, named by a hash.

The name is sha256("<server>[-<user>]") as kubernetes.core's client/discovery.py makes it; the clusters are those that the journal of
the NHN control plane has seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from lab import world
from lab.journal import entries

_CLUSTER = re.compile(r"/clusters/([0-9a-f-]{36})/config")


def remove(requests: Path, temporary: Path | None = None) -> int:
    """Remove the caches of all clusters in the journal `requests`; returns how many there were."""
    folder = temporary or Path(tempfile.gettempdir())
    clusters = {found[1] for entry in entries(requests) if (found := _CLUSTER.search(entry["path"]))}
    names = [f"k8srcp-{hashlib.sha256(f'{world.KUBERNETES_URL}/clusters/{cluster}{user}'.encode()).hexdigest()}.json"
             for cluster in clusters for user in _users()]
    there = [path for name in names if (path := folder / name).exists()]
    for path in there:
        path.unlink()
    return len(there)


def _users() -> list[str]:
    """The endings a client may have made of who it was: the terminal's user, the number, or nothing (root's number counts as none)."""
    users = ["", f"-{os.getuid()}"]
    with contextlib.suppress(OSError):      # there is no terminal
        users.append(f"-{os.getlogin()}")
    return users
