# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One crowd of buyers to a log: two would mix their evidence. The lock goes with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO


class StillThere(Exception):
    """Buyers of another drill are at work with the same log."""


def alive(pid: int) -> bool:
    """Whether that process runs; 0 means none in particular, and never ends."""
    return not pid or os.path.exists(f"/proc/{pid}")


class Alone:
    """Hold `log` against every other crowd while in the block. Raises StillThere at once when another holds it.

    sent_by: number of the process that these buyers belong to, 0 when to none.
    """

    def __init__(self, log: str | Path, stop_file: str | Path, sent_by: int = 0) -> None:
        self._log, self._stop, self._sent_by = Path(log), Path(stop_file), sent_by
        self._lock: IO[str] | None = None

    def __enter__(self) -> Alone:
        if not self._take():
            raise StillThere(f"Buyers of another drill still write {self._log}. Wait for that drill to end; `touch {self._stop}` sends them home.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._release()

    def clear(self, seconds: float) -> bool:
        """Send home those whom an ended drill left, wait until they have gone, and remove the log. True when there was anything.
        Raises StillThere when their drill still runs, and when after `seconds` they have not gone.
        """
        if not self._log.parent.is_dir():
            return False
        somebody, deadline = False, time.monotonic() + seconds
        while not self._take():
            somebody = True
            if (drill := self._holder()) and alive(drill):
                raise StillThere(f"Another drill is under way (process {drill}); its buyers write {self._log}. Wait for it, or end it.")
            self._stop.touch()
            if time.monotonic() > deadline:
                raise StillThere(f"Buyers of an earlier drill were told to go home {seconds:g} s ago and still write {self._log}. "
                                 "`pgrep -af drill_buyers` names them; end them and run again.")
            time.sleep(0.1)
        try:
            old = self._log.exists()
            self._log.unlink(missing_ok=True)
            self._stop.unlink(missing_ok=True)
        finally:
            self._release()
        return somebody or old

    def _take(self) -> bool:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        lock = self._log.with_suffix(".lock").open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        lock.truncate(0)
        lock.write(str(self._sent_by))
        lock.flush()
        self._lock = lock
        return True

    def _holder(self) -> int:
        text = self._log.with_suffix(".lock").read_text(encoding="utf-8")
        return int(text) if text.isdigit() else 0

    def _release(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None
