# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far long work has come, as a line of JSON each second: a file to `tail -f`, or any function that takes a dictionary."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Tell = Callable[[Mapping[str, Any]], None]


class Progress:
    """Counts rows of one table after another; may be called from several threads. `tell` hears of it every `every` seconds, and of each
    table's end: {doing, table, rows, of (an estimate), seconds, rows_per_second, done}.
    """

    def __init__(self, doing: str, tell: Tell | None = None, every: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._doing, self._tell, self._every, self._now = doing, tell, every, now
        self._lock = threading.Lock()
        self._table, self._rows, self._of, self._began, self._told = "", 0, 0, now(), now()

    def begin(self, table: str, of: int) -> None:
        """A table with about `of` rows comes next."""
        with self._lock:
            self._table, self._rows, self._of = table, 0, of
            self._began = self._told = self._now()

    def add(self, rows: int) -> None:
        """So many rows are through."""
        with self._lock:
            self._rows += rows
            if self._now() - self._told >= self._every:
                self._say(done=False)

    def end(self) -> None:
        """The table is through."""
        with self._lock:
            self._say(done=True)

    def _say(self, done: bool) -> None:
        self._told = self._now()
        seconds = self._told - self._began
        if self._tell:
            self._tell({"doing": self._doing, "table": self._table, "rows": self._rows, "of": max(self._of, self._rows), "done": done,
                        "seconds": round(seconds, 3), "rows_per_second": round(self._rows / seconds) if seconds > 0 else 0})


def through_log(tell: Tell | None, every: float = 1.0, now: Callable[[], float] = time.monotonic) -> Callable[[str, int], None]:
    """To be called with each place in a log (file, bytes) that was read; `tell` hears of one every `every` seconds: {doing, log, position}."""
    said = [now()]

    def at(log: str, position: int) -> None:
        if tell and now() - said[0] >= every:
            said[0] = now()
            tell({"doing": "read", "log": log, "position": position})
    return at


def now_and_then(say: Callable[[str], None], every: float = 30.0, now: Callable[[], float] = time.monotonic) -> Tell:
    """A `tell` that says a sentence every so many seconds: for a log that people read."""
    said = [now()]

    def tell(seen: Mapping[str, Any]) -> None:
        if now() - said[0] >= every:
            said[0] = now()
            say(sentence(seen))
    return tell


def sentence(seen: Mapping[str, Any]) -> str:
    """What a `tell` hears, in words: of one table after another (Progress), of a comparison of many (compare.Telling), of a log (through_log), or of
    anything else."""
    if "tables" in seen:
        of = "" if seen["done"] else f"of about {seen['of']} "
        return (f"compared {seen['rows']} {of}rows in {seen['chunks']} chunks of {seen['begun']} tables: {seen['differing']} differ, "
                f"{seen['unsettled']} do not hold still")
    if "log" in seen:
        return f"{seen['doing']} {seen['log']} up to byte {seen['position']}"
    if "rows" not in seen:
        return ", ".join(f"{name}: {value}" for name, value in seen.items())
    return f"{seen['doing']} {seen['table']}: {seen['rows']} of about {seen['of']} rows, {seen.get('rows_per_second', 0)} a second"


def told_to(say: Callable[[str], None], path: str | None, warn: Callable[[str], None]) -> Tell:
    """What long work tells how far it is: a sentence every half minute, and all of it in the file, if there is one. warn: see lines_to. For modules,
    whose log is the host's journal."""
    tells = [now_and_then(say), *([lines_to(Path(path), warn)] if path else [])]

    def tell(seen: Mapping[str, Any]) -> None:
        for each in tells:
            each(seen)
    return tell


def lines_to(path: Path, warn: Callable[[str], None]) -> Tell:
    """A `tell` that appends lines of JSON to a file, each with the time of day (UTC). A line that cannot be written is left out, and `warn` hears of
    the first: what is told of is worth more than the telling."""
    warned: list[str] = []

    def tell(seen: Mapping[str, Any]) -> None:
        try:
            with path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **seen}) + "\n")
        except OSError as error:
            if not warned:
                warned.append(f"Progress is not written to {path} as it should be: {error.strerror}. The work itself went on.")
                warn(warned[0])

    return tell
