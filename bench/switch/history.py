# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happened, as it happened: one file of JSON lines that is only ever appended to, so that whoever is interrupted has a history all the same.

A line: {"kind": attempt|gate|event, "mono": seconds, "wall": epoch seconds, ...}. attempt: "client" and the buyer's Attempt as "told".
gate: a look at one site's gate, see Gate. event: "name" and whatever belongs to it, as a fault that struck.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt


@dataclass(frozen=True)
class Gate:
    """A look at the gate of one site's database. asked, told: seconds on this machine's monotonic clock around the question; valid_for: seconds
    the server that answered will take writes yet, 0 when it takes none. A site that gave no answer has no look."""

    site: str
    asked: float
    told: float
    server_uuid: str
    epoch: int | None
    valid_for: float


@dataclass(frozen=True)
class Told:
    """One attempt of one client."""

    client: int
    attempt: Attempt


class History:
    """Written by many threads. Nothing is kept in memory but what `attempts` needs to be waited for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._out = path.open("a", buffering=1, encoding="utf-8")
        self._changed = threading.Condition()
        self._attempts: list[Told] = []

    def attempt(self, client: int, attempt: Attempt) -> None:
        """A client had an answer, or none."""
        self._write("attempt", client=client, told=asdict(attempt))
        with self._changed:
            self._attempts.append(Told(client, attempt))
            self._changed.notify_all()

    def gate(self, look: Gate) -> None:
        """Somebody looked at a gate."""
        self._write("gate", **asdict(look))

    def event(self, name: str, **details: Any) -> None:
        """Something else happened."""
        self._write("event", name=name, **details)

    def attempts(self) -> list[Told]:
        """Everything told so far, in the order of answers."""
        with self._changed:
            return list(self._attempts)

    def wait(self, enough: Any, seconds: float) -> bool:
        """Until `enough(attempts so far)` is true; False after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(self._attempts), seconds)

    def close(self) -> None:
        self._out.close()

    def _write(self, kind: str, **rest: Any) -> None:
        line = json.dumps({"kind": kind, "mono": round(time.monotonic(), 6), "wall": round(time.time(), 6), **rest}, separators=(",", ":"))
        with self._changed:
            if not self._out.closed:
                self._out.write(line + "\n")


@dataclass(frozen=True)
class Read:
    """A history as it is on disk."""

    attempts: tuple[Told, ...]
    gates: tuple[Gate, ...]
    events: tuple[dict[str, Any], ...]


def read(lines: Iterable[str]) -> Read:
    """Every whole line. One that is torn is the last, of somebody who was killed."""
    attempts, gates, events = [], [], []
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if line["kind"] == "attempt":
            attempts.append(Told(line["client"], Attempt(**line["told"])))
        elif line["kind"] == "gate":
            gates.append(Gate(**{name: line[name] for name in ("site", "asked", "told", "server_uuid", "epoch", "valid_for")}))
        else:
            events.append(line)
    return Read(tuple(attempts), tuple(gates), tuple(events))
