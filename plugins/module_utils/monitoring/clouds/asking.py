# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One API of a cloud, asked again and again by a thread of its own. Whoever wants to know is answered at once, with what was heard last.

A figure that is older than a few rounds is told no more: who looks at it would take it for one of now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ...absent import NotInstalled
from ...faults import Fault
from .figures import Figure, bounded, figure

ROUNDS = 3              # for which something that was heard counts


class Asked:
    """ask: the figures of one API, or whatever exception; it has to end by itself. every: seconds between the end of one round and the next;
    log: takes a sentence, without secrets, when the API falls silent or answers again."""

    def __init__(self, api: str, ask: Callable[[], Iterable[Figure]], every: float, log: Callable[[str], Any],
                 clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self.api, self.every = api, every
        self._ask, self._log, self._clock, self._wall = ask, log, clock, wall
        self._began = clock()
        self._heard: tuple[float, float, list[Figure], int] | None = None      # when, by both clocks; what; how many were left out
        self._well: bool | None = None
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            self.once()
            stop.wait(self.every)

    def once(self) -> None:
        """One round. Nothing that the API does ends it otherwise than with an answer or without. Raises NotInstalled."""
        try:
            figures, more = bounded(self._ask())
        except NotInstalled:                # no silence of the API: it answers in no round
            raise
        except Exception as error:          # an API can fail in more ways than can be named, and one that does must not end the others
            self._say(False, f"{self.api} does not answer: {reason(error)}")
            return
        with self._lock:
            self._heard = (self._clock(), self._wall(), figures, more)
        self._say(True, f"{self.api} answers again")

    def now(self) -> list[Figure]:
        """What is known, and whether the API answers. Waits for nobody."""
        with self._lock:
            heard, well = self._heard, self._well
        age = self._clock() - (heard[0] if heard else self._began)
        fresh = age <= self.every * ROUNDS
        if well is None and fresh:
            return []                       # the first round is under way
        answers = figure("multicloud_dr_cloud_answers", int(bool(well) and fresh), api=self.api)
        if heard is None:
            return answers
        since = figure("multicloud_dr_cloud_answered_timestamp_seconds", heard[1], api=self.api)
        left = figure("multicloud_dr_cloud_left_out", heard[3], api=self.api)
        return [*answers, *since, *(heard[2] if fresh else ()), *(left if fresh else ())]

    def _say(self, well: bool, words: str) -> None:
        """Only what is news: an API that is away for a day is one line."""
        with self._lock:
            before, self._well = self._well, well
        if well is not before and not (well and before is None):
            self._log(words)


def reason(error: Exception) -> str:
    """Why, without anything that the other side or a library quoted: that may be a key or a token."""
    if isinstance(error, Fault):
        answer = error.answer
        told = " ".join(str(part) for part in (answer.status, answer.code) if part) if answer else ""
        return f"could not {error.doing}" + (f" ({told})" if told else "")
    answered = getattr(error, "response", None)         # botocore's ClientError
    code = answered.get("Error", {}).get("Code", "") if isinstance(answered, dict) else ""
    status = getattr(error, "code", "")                 # urllib's HTTPError
    return " ".join(str(part) for part in (type(error).__name__, code or status) if part)
