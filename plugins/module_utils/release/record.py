# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was begun and ended of a release, in one file of its own, so that whoever runs it again goes on where it stopped.

A record: {"release", "begun", "facts": {...}, "steps": [{"name", "began", "ended", "outcome": done|failed|back, "words"}]}. The file is replaced
whole: a kill leaves what stood before. A step without an end was interrupted, and is done again; every step can be.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]
DONE, FAILED, BACK = "done", "failed", "back"
ANEW = "Move it away to begin this release anew; every step can be repeated."
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadRecord(Exception):
    """The file is there and cannot be what we wrote; says what to do."""


def blank(release: str, now: float) -> Record:
    """The record of a release of which nothing was done yet."""
    return {"release": release, "begun": now, "facts": {}, "steps": []}


def done(record: Record) -> list[str]:
    """Steps whose last try was good, in the order in which they were first begun."""
    return [name for name, outcome in last(record).items() if outcome == DONE]


def last(record: Record) -> dict[str, str]:
    """How the last try of each step ended; "" where it did not."""
    found: dict[str, str] = {}
    for step in record["steps"]:
        found[step["name"]] = step.get("outcome", "")
    return found


def begin(record: Record, name: str, now: float, facts: Mapping[str, Any] | None = None) -> Record:
    """With a new try of a step, and with what was so before it. One that is done stays done: whoever asks for it again has to forget it first."""
    if last(record).get(name) == DONE:
        return record
    return {**record, "steps": [*record["steps"], {"name": name, "began": now}], "facts": {**record["facts"], **(facts or {})}}


def end(record: Record, name: str, outcome: str, words: str, now: float, facts: Mapping[str, Any] | None = None) -> Record:
    """With the end of the last try of a step, and with what later steps have to know of it."""
    steps = list(record["steps"])
    at = next((index for index in range(len(steps) - 1, -1, -1) if steps[index]["name"] == name and "ended" not in steps[index]), None)
    if at is None:
        raise ValueError(f"{name} was not begun")
    steps[at] = {**steps[at], "ended": now, "outcome": outcome, "words": words}
    return {**record, "steps": steps, "facts": {**record["facts"], **(facts or {})}}


def forget(record: Record, names: list[str]) -> Record:
    """As if these had never been done: a site whose release was taken back has to get it anew, and be watched anew."""
    return {**record, "steps": [{**step, "outcome": BACK} if step["name"] in names and step.get("outcome") == DONE else step
                                for step in record["steps"]]}


def read(path: Path) -> Record | None:
    """The record; None where there is none. Raises BadRecord."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise BadRecord(f"{path} is no record of a release ({error}). {ANEW}") from error
    if not (isinstance(found, dict) and isinstance(found.get("steps"), list) and isinstance(found.get("facts"), dict)):
        raise BadRecord(f"{path} is no record of a release. {ANEW}")
    return found


def write(path: Path, record: Record) -> None:
    """Replace the file; on disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as new:
        try:
            json.dump(record, new, indent=1, sort_keys=True)
            new.write("\n")
            new.flush()
            os.fsync(new.fileno())
        except BaseException:
            os.unlink(new.name)
            raise
    os.replace(new.name, path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder's records against everybody else who changes one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
