# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many questions to one cloud at once: each is answered, or has a reason why it is not, and none waits for longer than all may take together.

What hurries here are the clients: a build may wait for a cloud that is slow, a look beforehand tells that it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from typing import Any

from ..absent import absent
from ..faults import BadInput, Fault, Refused

try:
    import requests
except ImportError:
    requests = absent("requests")

SECONDS: dict[str, Any] = {"seconds": {"type": "float", "default": 12.0}}      # option of both modules: for everything that is asked of one cloud
CONNECT_SECONDS = 3.0

Question = Callable[[], Mapping[str, Any]]


class Hurried(requests.Session):
    """A session that gives up in time. until: by time.monotonic()."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self._end = until

    def request(self, *args: Any, **more: Any) -> requests.Response:
        """As ever, but not for longer than half of what is left: then there is time for another try."""
        if (left := self._end - time.monotonic()) <= 0:
            raise requests.Timeout
        return super().request(*args, **more | {"timeout": (min(CONNECT_SECONDS, left), max(left / 2, 0.1))})


class Impatient:
    """A clock for clients that try again: their pauses are short here."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.5))


def ask(questions: Mapping[str, Question], why: Callable[[Exception], Mapping[str, str]], until: float) -> dict[str, Any]:
    """{"answers": {question: answer}, "silent": {question: {"kind", "words"}}}.

    why: an exception in those words, without secrets; until: by time.monotonic(), when what was not answered counts as silent.
    """
    heard: SimpleQueue[tuple[str, Mapping[str, Any] | None, Mapping[str, str]]] = SimpleQueue()

    def one(name: str, question: Question) -> None:
        try:
            heard.put((name, question(), {}))
        except Exception as error:          # whatever becomes of one question, the others are answered, and it is told
            heard.put((name, None, why(error)))

    for name, question in questions.items():
        threading.Thread(target=one, args=(name, question), daemon=True).start()      # one that hangs ends with the process
    answers: dict[str, Any] = {}
    silent: dict[str, Any] = {}
    while len(answers) + len(silent) < len(questions):
        try:
            name, answer, reason = heard.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        if answer is None:
            silent[name] = dict(reason)
        else:
            answers[name] = dict(answer)
    late = {"kind": "silent", "words": "nothing in time"}
    silent |= {name: late for name in questions if name not in answers and name not in silent}
    return {"answers": answers, "silent": silent}


def why_not(error: Exception) -> dict[str, str]:
    """A fault of our own clients. What is missing in the inventory is told by the plan's checks, so it is no refusal."""
    if isinstance(error, BadInput):
        return {"kind": "unsaid", "words": "; ".join(error.faults)}
    if isinstance(error, Refused) and error.answer:
        told = " ".join(str(part) for part in (error.answer.status, error.answer.code) if part)
        return {"kind": "refused", "words": f"{told} {error.answer.words}".strip()}
    if isinstance(error, Fault):
        words = error.answer.words if error.answer and error.answer.words else f"could not {error.doing} {error.to}".strip()
        status = f"{error.answer.status} " if error.answer and error.answer.status else ""
        return {"kind": "silent", "words": f"{status}{words}"}
    return {"kind": "silent", "words": type(error).__name__}


def offset(date: str | None, began: float, ended: float) -> float | None:
    """By how many seconds the other side is ahead, from its Date header. began, ended: seconds since 1970, around the request."""
    if not date:
        return None
    try:
        there = parsedate_to_datetime(date).timestamp() + 0.5       # it tells whole seconds
    except ValueError:
        return None
    return round(there - (began + ended) / 2, 1)
