# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The request journal of a control plane: one JSON line per API request, so that idempotence can be measured on the wire.

A line is `{"time": epoch seconds, "method", "path", "action", "write": bool, "status": int}`; `write` says whether the request
would change state. It is on disk before the client has its answer, so whoever counts after a call has returned misses nothing.
The lab talking to itself is never recorded: requests under `/_lab/`, and those whose User-Agent carries LAB_AGENT.

Example: `RequestJournal(app, REQUESTS / "nhn.jsonl", lambda environ: ("create server", True))`
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
Classify = Callable[[Environ], tuple[str, bool]]
"""Says what a request is: (the name of its action, whether it would change state)."""

LAB_PREFIX = "/_lab/"
APPKEY = re.compile(r"(/appkeys/)[^/]+")       # some of NHN's services have theirs in the path
LAB_AGENT = "multicloud-dr-lab"     # for lab processes that read a cloud's API as a client: boto3's user_agent_extra, or the whole header


class RequestJournal:
    """WSGI middleware that appends a line to `path` for every request `app` answers.

    `classify` belongs to the emulator: only it can tell `POST /tokens` (a read) from `POST /servers` (a write). It may look at
    the body through `body_of`. `writes` counts the writes since the start. A request that made the app raise is recorded with
    status 500 and the exception goes on.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], path: Path, classify: Classify, clock: Callable[[], float] = time.time):
        self.app = app
        self.path = path
        self.classify = classify
        self.clock = clock
        self.writes = 0
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(LAB_PREFIX) or LAB_AGENT in environ.get("HTTP_USER_AGENT", ""):
            return self.app(environ, start_response)
        action, write = self.classify(environ)
        entry = {"time": self.clock(), "method": environ.get("REQUEST_METHOD", ""), "path": APPKEY.sub(r"\1***", environ.get("PATH_INFO", "")),
                 "action": action, "write": write}

        def answered(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self._append({**entry, "status": int(status.split(" ", 1)[0])})
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            return self.app(environ, answered)
        except Exception:
            self._append({**entry, "status": 500})
            raise

    def _append(self, entry: dict[str, Any]) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as journal:
            self.writes += entry["write"]
            journal.write(json.dumps(entry) + "\n")


def body_of(environ: Environ) -> bytes:
    """The request's whole body; it stays readable for the application behind the middleware."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def entries(path: Path, since: float = 0.0) -> Iterator[dict[str, Any]]:
    """The journal's lines from the moment `since` (epoch seconds) on; none when the journal does not exist yet."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as journal:
        for line in journal:
            entry = json.loads(line)
            if entry["time"] >= since:
                yield entry


def count_writes(path: Path, since: float = 0.0) -> int:
    """How many requests since that moment (epoch seconds) would have changed the control plane's state."""
    return sum(1 for entry in entries(path, since) if entry["write"])
