# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes the physical backups that NHN's control plane is making, beside the loop, and says which are done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.hosts import mysql

log = logging.getLogger("lab.materialise")


class Backups:
    """One at a time. `take(container, archive)` makes one or raises; an archive that is there already is not made again."""

    def __init__(self, take: Callable[[str, Path], Any] = mysql.take):
        self._take = take
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="backup")
        self._jobs: dict[str, Future[Any]] = {}

    def serve(self, wanted: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Start what is new among `wanted`, {id: (container, archive)}; {id: COMPLETED or ERROR} of those that have ended."""
        for gone in set(self._jobs) - set(wanted):
            if self._jobs[gone].done():
                del self._jobs[gone]
        ended = {}
        for identity, (container, archive) in wanted.items():
            if Path(archive).exists():
                ended[identity] = "COMPLETED"
            elif identity not in self._jobs:
                self._jobs[identity] = self._pool.submit(self._take, container, Path(archive))
            elif self._jobs[identity].done() and (error := self._jobs[identity].exception()):
                log.error("backup of %s failed: %s", container, error)
                ended[identity] = "ERROR"
        return ended

    def close(self) -> None:
        """Wait for the one under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)
