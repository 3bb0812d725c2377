# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the agent answers over HTTP: GET /writer, /status (JSON), /metrics (Prometheus text), and /console, a page for people (HTML) that asks for
/console/data (JSON) or listens to /console/events (the same again and again). Reads memory only, as edges are answered on the same thread: what
is on disk was read by another. Nothing can be done by it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from .askers import Askers
from .console.outlook import Outlook
from .console.page import PAGE
from .metrics import metrics
from .small_server import Answer, Live, SmallServer

# An edge (HAProxy) takes 404 at its word: it sends nobody new, and breaks nothing off. It takes 503 as it takes silence, which may be that of
# an agent that is started anew while its gate is valid: only when it has heard nothing else for seconds, and then it breaks everything off.
WRITER, LEAVING, NOT_THE_WRITER = 200, 404, 503
_WORDS = {WRITER: "the writer\n", LEAVING: "the writer until now: send nobody any more\n", NOT_THE_WRITER: "not the writer\n"}


class Door:
    """What /writer says. A site that has stopped writing is left at once and in peace: it says so for `linger` seconds on `clock`, before it says
    that it is not the writer.
    """

    def __init__(self, linger: float, clock: Callable[[], float]) -> None:
        self._linger, self._clock = linger, clock
        self._wrote = float("-inf")

    def code(self, writes: bool, leaving: bool) -> int:
        """`writes`: the gate is valid; `leaving`: somebody else has asked for the record."""
        now = self._clock()
        if writes:
            self._wrote = now
            return LEAVING if leaving else WRITER
        return LEAVING if now - self._wrote < self._linger else NOT_THE_WRITER


def serve(address: str, port: int, writer: Callable[[], int], status: Callable[[], dict[str, Any]], askers: Askers, outlook: Outlook) -> SmallServer:
    """A bound server; call serve_forever on it. `askers` hears who was told what about the writer; `outlook` knows what the page shows. Raises
    OSError when the address cannot be had.
    """

    def answer(path: str, asker: str) -> Answer | Live:
        if path == "/writer":
            code = writer()
            askers.told(asker, code)
            return code, "text/plain", _WORDS[code]
        if path == "/status":
            return 200, "application/json", json.dumps(status(), sort_keys=True) + "\n"
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4", metrics(status(), time.time())
        if path.partition("?")[0] == "/console":
            return 200, "text/html; charset=utf-8", PAGE
        if path == "/console/events":
            return Live("text/event-stream", outlook.piece)
        if path == "/console/data":
            return 200, "application/json", outlook.data() + "\n"
        return 404, "text/plain", "known: /writer /status /metrics /console\n"

    return SmallServer(address, port, answer)
