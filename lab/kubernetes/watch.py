# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches: what changes from a version on, a line of JSON for each change, as long as the client listens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from lab.kubernetes import errors
from lab.kubernetes.store import Store

Object = dict[str, Any]
LONGEST = 1800.0        # seconds, unless the client says how long


def watch(store: Store, since: str, kind: str, fits: Callable[[Object], bool], seconds: float = LONGEST,
          show: Callable[[Object], Object] = lambda thing: thing) -> Iterator[str]:
    """Lines {"type": ADDED|MODIFIED|DELETED, "object"}. since: a version; "" or "0" begins with all there is. fits: whether an object is among
    those asked for; one that no longer is, is told as gone. show: how one is told.

    Ends after `seconds`, or with an ERROR when what happened since is forgotten.
    """
    with store.lock:
        present = [thing for thing in store.all(kind) if fits(thing)] if since in ("", "0") else []
        start = int(store.version) if since in ("", "0") else int(since)
    yield from (_line("ADDED", show(thing)) for thing in present)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        changes = store.since(start, left)
        if changes is None:
            yield _line("ERROR", errors.Refused(410, "Expired", f"too old resource version: {start} ({store.oldest})").status())
            return
        for version, before, after in changes:
            start = version
            was, now = (thing if thing and thing["kind"] == kind and fits(thing) else None for thing in (before, after))
            if now:
                yield _line("MODIFIED" if was else "ADDED", show(now))
            elif was:
                yield _line("DELETED", show(was))


def _line(change: str, thing: Object) -> str:
    return json.dumps({"type": change, "object": thing}) + "\n"
