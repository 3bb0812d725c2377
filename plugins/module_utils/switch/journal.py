# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch has begun and finished: JSON lines, each on disk before the next thing happens, chained (chain.py) and copied to etcd
(mirror.py).

A line: {"time": epoch seconds, "switch": id, "step": name, "phase": before|after|waits|failed|begun|finished, "number", "link", ...details}. A
process killed in the middle of a line leaves a torn one; it is skipped when read and never continued when written.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from . import chain
from .chain import Chain
from .mirror import JournalView, Mirror
from .record import Unanswered

ENDS = ("after", "waits", "failed")             # phases that end a try
FOLLOWING = ("widen", "fence", "protect")       # steps of afterwards.py: not needed for a switch to be finished
PROTECTED = "protected"                         # not a step: a copy was seen to follow this site
OVERRIDDEN = "overridden"                       # likewise: a person named something that speaks against maintenance
UNASKED = ("SITE_LOST", "WRITER_STOPPED")       # verdicts on which a site takes over from a writer that has fallen silent


class Busy(Exception):
    """Another process is running a switch with this journal."""


class Lines(Protocol):
    """Where lines are kept, oldest first."""

    def alone(self) -> AbstractContextManager[None]:
        """Hold them against everybody else who writes. Raises Busy."""

    def read(self) -> list[str]:
        """Every line, torn ones as well."""

    def append(self, text: str) -> None:
        """Add one, and return once it is kept."""

    def fill(self, texts: Sequence[str]) -> None:
        """Make these all there is, and return once they are kept: a kill leaves all of them, or what was there before."""

    def stamp(self) -> object:
        """Equal to an earlier one as long as nothing was added or changed."""


class FileLines:
    """A file. What root makes belongs to the owner of its directory."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "a", encoding="utf-8") as lock:
            hand_over(lock.fileno(), self.path.parent)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(f"Another switch is running with {self.path}; wait for it or end it.") from error
            yield

    def read(self) -> list[str]:
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []

    def stamp(self) -> object:
        try:
            file = os.stat(self.path)
        except FileNotFoundError:
            return None
        return (file.st_ino, file.st_size, file.st_mtime_ns)

    def append(self, text: str) -> None:
        created = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            hand_over(file, self.path.parent)
            size = os.fstat(file).st_size
            torn = size and os.pread(file, 1, size - 1) != b"\n"
            os.write(file, (("\n" if torn else "") + text + "\n").encode())
            os.fsync(file)
        finally:
            os.close(file)
        if created:
            self._keep_name()

    def fill(self, texts: Sequence[str]) -> None:
        fresh = self.path.with_suffix(".new")
        try:
            with open(fresh, "w", encoding="utf-8") as file:
                hand_over(file.fileno(), self.path.parent)
                os.fchmod(file.fileno(), 0o640)
                file.write("".join(f"{text}\n" for text in texts))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        finally:
            fresh.unlink(missing_ok=True)
        self._keep_name()

    def _keep_name(self) -> None:
        """The file's name must survive a power cut as well."""
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class LastRead:
    """The lines as they were read last, for whoever must not wait for a disk; written by somebody else. `refresh` is called now and again by one
    who may wait. What cannot be read stays as it was.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known: tuple[object, list[str]] = (None, [])

    def refresh(self) -> None:
        """Raises OSError."""
        stamp = self._lines.stamp()
        if stamp != self._known[0]:
            self._known = (stamp, self._lines.read())

    def stamp(self) -> object:
        return self._known[0]

    def read(self) -> list[str]:
        return self._known[1]

    def alone(self) -> AbstractContextManager[None]:
        return self._lines.alone()

    def append(self, text: str) -> None:
        self._lines.append(text)

    def fill(self, texts: Sequence[str]) -> None:
        self._lines.fill(texts)


def hand_over(file: int, directory: Path) -> None:
    """Give an open file to the owner of its directory: a switch runs as root, the agent that reads what it leaves does not."""
    if os.geteuid() == 0:
        home = os.stat(directory)
        os.fchown(file, home.st_uid, home.st_gid)


class Journal:
    """`lines`: where it is kept, or the path of a file. `clock`: wall clock in epoch seconds, for people who read the journal. Only whether to
    ask a person is decided by it, never who writes. `mirror`: its copy, None where there is none.
    """

    def __init__(self, lines: Lines | str | Path, clock: Callable[[], float], mirror: Mirror | None = None) -> None:
        self._lines: Lines = FileLines(lines) if isinstance(lines, str | Path) else lines
        self._clock, self._mirror = clock, mirror
        self._read: tuple[object, Chain] | None = None      # the latest reading, and the stamp from before it

    def alone(self) -> AbstractContextManager[None]:
        """Hold the journal against every other switch. The lock ends with the process, however it ends. Raises Busy."""
        return self._lines.alone()

    def write(self, switch: str, step: str, phase: str, **details: Any) -> None:
        """Append one line and return once it is on disk, and in etcd if that answers."""
        where = {"machine": self._mirror.machine} if self._mirror and self._mirror.machine else {}
        line = {"time": round(self._clock(), 6), "switch": switch, "step": step, "phase": phase, **details, **where}
        self._lines.append(chain.seal(self.chain(), line))
        self.copy()

    def chain(self) -> Chain:
        """Every whole line, and whether they hold on to each other."""
        stamp = self._lines.stamp()
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, chain.read(self._lines.read()))
        return self._read[1]

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line, oldest first. Empty when nothing was ever written."""
        return list(self.chain().lines)

    def copy(self) -> None:
        """Bring etcd's copy up to date, as far as that answers."""
        if self._mirror:
            self._mirror.copy(self.chain())

    def beside(self) -> list[tuple[str, ...]]:
        """The journals of this site's other hosts, by etcd's copies. Raises Unanswered."""
        return self._mirror.beside() if self._mirror else []

    def checked(self) -> JournalView:
        """Whether the chain holds, and whether etcd's copy says the same."""
        held = self.chain()
        return self._mirror.compared(held) if self._mirror else JournalView(len(held.lines), None, held.faults)

    def restore(self) -> int:
        """Bring back from etcd what a new disk does not have; the number of lines, 0 when the disk has a journal or etcd has none or gives
        no answer. All of it or nothing: half a history would speak of switches that were finished long ago. Raises Busy, OSError.
        """
        if self._mirror is None or self._lines.read():
            return 0
        try:
            texts = self._mirror.history()
        except Unanswered:
            return 0
        if not texts:
            return 0                # nothing to write: the disk need not take writes
        with self.alone():
            if self._lines.read():
                return 0
            self._lines.fill(texts)
        return len(texts)

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
        steps = [line for line in mine if line["phase"] in ("before", "after", "failed") and line["step"] not in (*FOLLOWING, PROTECTED)]
        epochs = [line["epoch"] for line in mine if "epoch" in line]
        return {"switch": begun[-1], "step": steps[-1]["step"], "epoch": epochs[-1] if epochs else None}

    def takeovers(self, since: float) -> int:
        """How many switches that nobody had asked the writer for made this site sell after `since` (epoch seconds), whatever of them could not be
        finished. One of which a damaged line no longer tells counts as well: rather a person is asked once too often.
        """
        lines = self.lines()
        begun = [line for line in lines if line["phase"] == "begun"]
        told = {line["switch"] for line in begun if line.get("verdict")}
        alone = {line["switch"] for line in begun if line.get("verdict") in UNASKED} | {line["switch"] for line in lines} - told
        return len({line["switch"] for line in lines if _sells(line) and line["switch"] in alone and line["time"] > since})

    def overridden(self) -> set[str]:
        """Every override that maintenance was begun by."""
        return {name for line in self.lines() if line["step"] == OVERRIDDEN for name in line.get("overrides", ())}

    def unknown(self) -> int:
        """How many overrides may have been used at most, where a line that is damaged or torn may have been one; 0 where every line is whole. No
        more than there are lines, or were: a number tells of those that are gone.
        """
        held = self.chain()
        if not held.faults and held.found == len(held.lines):
            return 0
        return max([held.found, *(line["number"] for line in held.lines)])

    def told(self, since: float) -> list[dict[str, Any]]:
        """The steps of the last switch, as a run yields them, when it finished after `since` (epoch seconds); else nothing."""
        last = self.last()
        return last["steps"] if last and last["finished"] > since else []

    def last(self) -> dict[str, Any] | None:
        """The switch that was finished last, None when none ever was: {"switch", "verdict", "because", "epoch", "finished" (epoch s), "steps"}.

        steps: [{"name", "started" (epoch s), "seconds", "changed", "detail"}], as a run yields them, each as its last try.
        """
        lines = self.lines()
        ended = next((line for line in reversed(lines) if line["phase"] == "finished"), None)
        if ended is None:
            return None
        mine = [line for line in lines if line["switch"] == ended["switch"]]
        judged = next((line for line in mine if line["phase"] == "begun"), {})
        return {"switch": ended["switch"], "verdict": judged.get("verdict"), "because": judged.get("detail"), "epoch": ended.get("epoch"),
                "finished": ended["time"], "steps": _rows(mine)}

    def made(self) -> dict[str, Any] | None:
        """The switch by which this site came to sell last: {"switch", "verdict", "epoch", "since" (epoch s), "finished": bool}, None when none did.
        It sells from when its gate was opened, whatever of the switch cannot be finished after that.
        """
        lines = self.lines()
        sells = [line for line in lines if _sells(line)]
        if not sells:
            return None
        mine = [line for line in sells if line["switch"] == sells[-1]["switch"]]
        judged = next((line for line in lines if line["phase"] == "begun" and line["switch"] == mine[0]["switch"]), {})
        epochs = [line["epoch"] for line in lines if line["switch"] == mine[0]["switch"] and line.get("epoch") is not None
                  and line["step"] not in FOLLOWING]        # which may be done in a later reign
        return {"switch": mine[0]["switch"], "verdict": judged.get("verdict"), "epoch": epochs[-1] if epochs else None, "since": mine[0]["time"],
                "finished": mine[-1]["phase"] == "finished"}

    def left(self, names: Collection[str]) -> dict[str, str | None]:
        """Which of the steps that follow a switch are not done of the one by which this site came to sell, each with the phase it stopped at,
        None when it was never begun.
        """
        if (made := self.made()) is None:
            return {}
        phases = {line["step"]: str(line["phase"]) for line in self.lines() if line["switch"] == made["switch"]}
        return {name: phases.get(name) for name in names if phases.get(name) != "after"}

    def unprotected(self, epoch: int) -> dict[str, Any] | None:
        """Has no copy been seen to follow this site, the writer at `epoch`, since it was made that? The switch that made it so, as `made` tells
        it; None when a copy has, or when no switch did. One whose epoch nobody knows any more counts.
        """
        made = self.made()
        if made is None or (made["epoch"] is not None and made["epoch"] > epoch):
            return None
        return None if self.protected(made["switch"]) else made

    def protected(self, switch: str) -> bool:
        """A copy was seen to follow this site since that switch."""
        return any(line["step"] == PROTECTED and line["switch"] == switch for line in self.lines())

    def protect(self, how: str, made: Mapping[str, Any] | None = None) -> None:
        """A copy follows this site. `made`: the switch of another host that is meant; this host's own left out. Raises Busy."""
        with self.alone():
            if (made := made or self.made()) is not None:
                self.write(made["switch"], PROTECTED, "after", changed=False, detail=how, epoch=made["epoch"])


def _sells(line: Mapping[str, Any]) -> bool:
    """This site sells by the switch that wrote it."""
    return line["phase"] == "finished" or (line["step"] == "open_gate" and line["phase"] == "after")


def _rows(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    began = {line["step"]: line["time"] for line in lines if line["phase"] == "before"}
    rows = {}
    for line in lines:
        if line["phase"] == "begun" and "started" in line:
            rows[line["step"]] = {"name": line["step"], "started": line["started"], "seconds": line.get("seconds", 0.0), "changed": False,
                                  "detail": line.get("detail", "")}
        elif line["phase"] in ENDS and line["step"] in began:
            started = began[line["step"]]
            rows[line["step"]] = {"name": line["step"], "started": started, "seconds": round(line["time"] - started, 3),
                                  "changed": line.get("changed", False), "detail": line.get("detail", "")}
    return list(rows.values())
