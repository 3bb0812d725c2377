# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch has begun and finished: JSON lines, each on disk before the next thing happens.

A line: {"time": epoch seconds, "switch": id, "step": name, "phase": before|after|failed|begun|finished, ...details}. A process killed in
the middle of a line leaves a torn one; it is skipped when read and never continued when written.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNASKED = ("SITE_LOST", "WRITER_STOPPED")       # verdicts on which a site takes over from a writer that has fallen silent


class Busy(Exception):
    """Another process is running a switch with this journal."""


class Journal:
    """`clock`: wall clock in epoch seconds, for people who read the journal. Only whether to ask a person is decided by it, never who writes."""

    def __init__(self, path: str | Path, clock: Callable[[], float]) -> None:
        self.path = Path(path)
        self._clock = clock

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the journal against every other switch. The lock ends with the process, however it ends. Raises Busy."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "a", encoding="utf-8") as lock:
            self._hand_over(lock.fileno())
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(f"Another switch is running with {self.path}; wait for it or end it.") from error
            yield

    def write(self, switch: str, step: str, phase: str, **details: Any) -> None:
        """Append one line and return once it is on disk."""
        line = json.dumps({"time": round(self._clock(), 6), "switch": switch, "step": step, "phase": phase, **details}, sort_keys=True)
        created = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            self._hand_over(file)
            size = os.fstat(file).st_size
            torn = size and os.pread(file, 1, size - 1) != b"\n"
            os.write(file, (("\n" if torn else "") + line + "\n").encode())
            os.fsync(file)
        finally:
            os.close(file)
        if created:     # the file's name must survive a power cut as well
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _hand_over(self, file: int) -> None:
        """A switch runs as root, the agent that reads the journal does not: what is made here belongs to the directory's owner."""
        if os.geteuid() == 0:
            home = os.stat(self.path.parent)
            os.fchown(file, home.st_uid, home.st_gid)

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line, oldest first. Empty when nothing was ever written."""
        if not self.path.exists():
            return []
        whole = []
        for text in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue        # torn by a kill; what it wanted to say was not yet promised to anybody
            if isinstance(line, dict) and {"switch", "step", "phase"} <= line.keys():
                whole.append(line)
        return whole

    def unfinished(self) -> dict[str, Any] | None:
        """The last switch that changed something and did not finish: {"switch": id, "step": where it stopped, "epoch": int | None}.
        A switch that was only judged, or refused before it took the record, has left nothing to finish.
        """
        lines = self.lines()
        begun = [line["switch"] for line in lines if line["phase"] == "begun"]
        if not begun:
            return None
        mine = [line for line in lines if line["switch"] == begun[-1]]
        taken = [line for line in mine if line["step"] == "take_record" and line["phase"] in ("before", "after")]
        if not taken or any(line["phase"] == "finished" for line in mine):
            return None
        steps = [line for line in mine if line["phase"] in ("before", "after", "failed")]
        epochs = [line["epoch"] for line in mine if "epoch" in line]
        return {"switch": begun[-1], "step": steps[-1]["step"], "epoch": epochs[-1] if epochs else None}

    def takeovers(self, since: float) -> int:
        """How many switches that nobody had asked the writer for were finished here after `since` (epoch seconds)."""
        lines = self.lines()
        alone = {line["switch"] for line in lines if line["phase"] == "begun" and line.get("verdict") in UNASKED}
        return sum(1 for line in lines if line["phase"] == "finished" and line["switch"] in alone and line["time"] > since)

    def told(self, since: float) -> list[dict[str, Any]]:
        """The steps of the last switch, as a run yields them, when it finished after `since` (epoch seconds); else nothing.

        [{"name", "started" (epoch s), "seconds", "changed", "detail"}]; a step that took several tries is told as its last.
        """
        lines = self.lines()
        ended = next((line for line in reversed(lines) if line["phase"] == "finished" and line["time"] > since), None)
        if ended is None:
            return []
        mine = [line for line in lines if line["switch"] == ended["switch"]]
        began = {line["step"]: line["time"] for line in mine if line["phase"] == "before"}
        rows = {}
        for line in mine:
            if line["phase"] == "begun":
                rows[line["step"]] = {"name": line["step"], "started": line["started"], "seconds": line["seconds"], "changed": False,
                                      "detail": line["detail"]}
            elif line["phase"] == "after" and line["step"] in began:
                started = began[line["step"]]
                rows[line["step"]] = {"name": line["step"], "started": started, "seconds": round(line["time"] - started, 3),
                                      "changed": line["changed"], "detail": line["detail"]}
        return list(rows.values())
