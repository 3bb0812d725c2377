# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server for short questions with short answers, on one thread: GET and HEAD, one request to a connection.

Edges ask an agent eight times a second. With a thread for each question one costs half a millisecond of a core, here less than a third of
that. Who asks slowly holds nobody up: a connection is read when there is something to read.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable
from http.client import responses

MOST = 4096             # bytes of a request
PATIENCE = 5.0          # seconds in which a request has to arrive
AT_ONCE = 64            # connections; who comes beyond waits to be let in

Answer = tuple[int, str, str]           # status, content type, text


class SmallServer:
    """`answer`: what to say to a path, and to whom (an address); it must not take long. Raises OSError when the address cannot be had."""

    def __init__(self, address: str, port: int, answer: Callable[[str, str], Answer]) -> None:
        self._answer = answer
        self._listening = socket.create_server((address, port), backlog=AT_ONCE)
        self._listening.setblocking(False)
        self.address, self.port = self._listening.getsockname()[:2]
        self._asked: dict[socket.socket, tuple[float, str, bytearray]] = {}     # since when, who, and what has arrived
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._ended = threading.Event()

    def serve_forever(self) -> None:
        """Answer until `shutdown`."""
        self._selector.register(self._listening, selectors.EVENT_READ)
        while not self._stop.is_set():
            for key, _events in self._selector.select(0.5):
                asked = key.fileobj
                assert isinstance(asked, socket.socket)
                if asked is self._listening:
                    self._let_in()
                elif asked in self._asked:          # not forgotten a moment ago
                    self._read(asked)
            self._send_away()
        for asked in list(self._asked):
            self._forget(asked)
        self._selector.close()
        self._listening.close()
        self._ended.set()

    def shutdown(self) -> None:
        """Stop answering; returns when it has."""
        self._stop.set()
        self._ended.wait(2.0)

    def _let_in(self) -> None:
        try:
            asked, address = self._listening.accept()
        except OSError:
            return                          # gone again
        asked.setblocking(False)
        self._asked[asked] = (time.monotonic(), str(address[0]), bytearray())
        self._selector.register(asked, selectors.EVENT_READ)
        self._read(asked)                   # mostly it is all there already
        if len(self._asked) >= AT_ONCE:     # the oldest makes room
            self._forget(next(iter(self._asked)))

    def _read(self, asked: socket.socket) -> None:
        _since, asker, said = self._asked[asked]
        try:
            more = asked.recv(MOST)
        except BlockingIOError:
            return
        except OSError:
            self._forget(asked)
            return
        said.extend(more)
        whole = b"\r\n\r\n" in said or b"\n\n" in said
        if whole or len(said) >= MOST:
            self._say(asked, asker, bytes(said).split(b"\n", 1)[0].split() if whole else [])
        if whole or not more or len(said) >= MOST:
            self._forget(asked)

    def _say(self, asked: socket.socket, asker: str, words: list[bytes]) -> None:
        known = len(words) >= 2 and words[0] in (b"GET", b"HEAD")
        code, kind, text = self._answered(words[1].decode("latin-1"), asker) if known else (501, "text/plain", "known: GET and HEAD\n")
        body = text.encode()
        head = (f"HTTP/1.0 {code} {responses[code]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n"
                "Connection: close\r\n\r\n")
        try:
            asked.settimeout(1.0)           # what is said here fits into the kernel's buffer
            asked.sendall(head.encode() + (b"" if known and words[0] == b"HEAD" else body))
        except OSError:
            pass                            # hung up before he had his answer: no event

    def _answered(self, path: str, asker: str) -> Answer:
        try:
            return self._answer(path, asker)
        except Exception:                   # one question that nobody foresaw must not silence the others
            traceback.print_exc()
            return 500, "text/plain", "this question cannot be answered; the log says why\n"

    def _send_away(self) -> None:
        now = time.monotonic()
        for asked in [each for each, (since, _asker, _said) in self._asked.items() if now - since > PATIENCE]:
            self._forget(asked)

    def _forget(self, asked: socket.socket) -> None:
        del self._asked[asked]
        self._selector.unregister(asked)
        asked.close()
