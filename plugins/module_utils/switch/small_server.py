# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server for short questions, on one thread: GET and HEAD, one request to a connection. Of a request it reads the first line alone: no header
can change what is answered.

Edges ask an agent eight times a second. With a thread for each question one costs half a millisecond of a core, here less than a third of
that. Who asks or listens slowly holds nobody up: a connection is read when there is something to read, and written when there is room. Who goes
on listening (`Live`) has a place of its own, so that people who look on never take one from an edge.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from typing import NamedTuple

MOST = 4096             # bytes of a request
PATIENCE = 5.0          # seconds in which a request has to arrive, and in which somebody has to take more of his answer
AT_ONCE = 64            # connections; who comes beyond waits to be let in
LISTENERS = 16          # likewise, of those who go on listening; who comes beyond is sent away
EVERY = 2.0             # seconds between two pieces of an answer that goes on

Answer = tuple[int, str, str]           # status, content type, text


class Live(NamedTuple):
    """An answer that goes on until its listener leaves. `piece`: what is said now, at once and every EVERY seconds; it must not take long."""

    kind: str
    piece: Callable[[], str]


@dataclass
class _Asked:
    """A connection. `since`: when it came or last made progress. `left`: what is still to be said to it."""

    since: float
    who: str
    heard: bytearray = field(default_factory=bytearray)
    left: bytearray = field(default_factory=bytearray)
    piece: Callable[[], str] | None = None


class SmallServer:
    """`answer`: what to say to a path, and to whom (an address); it must not take long. Raises OSError when the address cannot be had."""

    def __init__(self, address: str, port: int, answer: Callable[[str, str], Answer | Live]) -> None:
        self._answer = answer
        self._listening = socket.create_server((address, port), backlog=AT_ONCE)
        self._listening.setblocking(False)
        self.address, self.port = self._listening.getsockname()[:2]
        self._asked: dict[socket.socket, _Asked] = {}       # whose answer has an end
        self._live: dict[socket.socket, _Asked] = {}        # who goes on listening
        self._told_at = float("-inf")                       # when those were told the latest piece
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._wakes, self._woken = socket.socketpair()      # by `shutdown`: while nobody asks this thread sleeps
        self._ended = threading.Event()

    def serve_forever(self) -> None:
        """Answer until `shutdown`."""
        for each in (self._listening, self._woken):
            self._selector.register(each, selectors.EVENT_READ)
        while not self._stop.is_set():
            for key, _events in self._selector.select(0.5 if self._asked or self._live else None):
                asked = key.fileobj
                if not isinstance(asked, socket.socket):
                    raise AssertionError
                if asked is self._listening:
                    self._let_in()
                elif asked in self._live:
                    self._hear_out(asked)
                elif asked in self._asked:          # not forgotten a moment ago
                    self._go_on(asked)
            self._tell()
            self._send_away()
        for asked in [*self._asked, *self._live]:
            self._forget(asked)
        self._selector.close()
        for each in (self._listening, self._wakes, self._woken):
            each.close()
        self._ended.set()

    def shutdown(self) -> None:
        """Stop answering; returns when it has."""
        self._stop.set()
        with suppress(OSError):         # it has ended already
            self._wakes.send(b".")
        self._ended.wait(2.0)

    def _let_in(self) -> None:
        try:
            asked, address = self._listening.accept()
        except OSError:
            return                          # gone again
        asked.setblocking(False)
        self._asked[asked] = _Asked(time.monotonic(), str(address[0]))
        self._go_on(asked)                  # mostly it is all there already, and nothing has to be waited for
        if asked in self._asked or asked in self._live:
            self._wait_for(asked, selectors.EVENT_WRITE if asked in self._asked and self._asked[asked].left else selectors.EVENT_READ)
        if len(self._asked) >= AT_ONCE:     # the oldest makes room
            self._forget(next(iter(self._asked)))

    def _go_on(self, asked: socket.socket) -> None:
        """Read more of the question, or say more of the answer."""
        if self._asked[asked].left:
            if self._send(asked, self._asked[asked]) is not False:
                self._forget(asked)
            return
        known = self._asked[asked]
        try:
            more = asked.recv(MOST)
        except BlockingIOError:
            return
        except OSError:
            self._forget(asked)
            return
        known.heard.extend(more)
        whole = b"\r\n\r\n" in known.heard or b"\n\n" in known.heard
        if whole or len(known.heard) >= MOST:
            self._say(asked, known, bytes(known.heard).split(b"\n", 1)[0].split() if whole else [])
        elif not more:
            self._forget(asked)

    def _say(self, asked: socket.socket, known: _Asked, words: list[bytes]) -> None:
        clear = len(words) >= 2 and words[0] in (b"GET", b"HEAD")
        answer = self._answered(words[1].decode("latin-1"), known.who) if clear else (501, "text/plain", "known: GET and HEAD\n")
        head_alone = clear and words[0] == b"HEAD"
        if isinstance(answer, Live):
            if len(self._live) < LISTENERS and not head_alone:
                self._listen(asked, known, answer)
                return
            answer = (200, answer.kind, "") if head_alone else (503, "text/plain", "too many listen already\n")
        code, kind, text = answer
        body = text.encode()
        known.left.extend(_head(code, kind, f"Content-Length: {len(body)}\r\n") + (b"" if head_alone else body))
        known.since = time.monotonic()
        if self._send(asked, known) is False:       # a long answer, or a listener with little room: the rest when he has taken that
            self._wait_for(asked, selectors.EVENT_WRITE)
        else:
            self._forget(asked)

    def _listen(self, asked: socket.socket, known: _Asked, answer: Live) -> None:
        del self._asked[asked]
        self._live[asked] = known
        known.piece = answer.piece
        known.left.extend(_head(200, answer.kind, ""))
        self._tell_one(asked, known)

    def _tell(self) -> None:
        """The next piece to everybody who listens, when it is time."""
        now = time.monotonic()
        if self._live and now - self._told_at >= EVERY:
            self._told_at = now
            for asked, known in list(self._live.items()):
                self._tell_one(asked, known)

    def _tell_one(self, asked: socket.socket, known: _Asked) -> None:
        """Who has not taken the last piece yet gets no new one, and is sent away when he takes nothing for long."""
        if known.piece is None:
            raise AssertionError
        if len(known.left) < MOST:
            try:
                known.left.extend(known.piece().encode())
            except Exception:                   # as in _answered
                traceback.print_exc()
                self._forget(asked)
                return
        if self._send(asked, known) is None or (known.left and time.monotonic() - known.since > PATIENCE * 3):
            self._forget(asked)

    def _hear_out(self, asked: socket.socket) -> None:
        """Whatever a listener says counts for nothing, but that he leaves."""
        try:
            if asked.recv(MOST):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._forget(asked)

    def _send(self, asked: socket.socket, known: _Asked) -> bool | None:
        """As much as there is room for: True when that was all, False when something is left, None when nobody takes it any more."""
        try:
            sent = asked.send(known.left)
        except BlockingIOError:
            return False
        except OSError:
            return None                     # hung up before he had his answer: no event
        del known.left[:sent]
        if sent:
            known.since = time.monotonic()
        return not known.left

    def _answered(self, path: str, asker: str) -> Answer | Live:
        try:
            return self._answer(path, asker)
        except Exception:                   # one question that nobody foresaw must not silence the others
            traceback.print_exc()
            return 500, "text/plain", "this question cannot be answered; the log says why\n"

    def _send_away(self) -> None:
        now = time.monotonic()
        for asked in [each for each, known in self._asked.items() if now - known.since > PATIENCE]:
            self._forget(asked)

    def _forget(self, asked: socket.socket) -> None:
        (self._asked if asked in self._asked else self._live).pop(asked)
        with suppress(KeyError):            # who had said all at once was never waited for
            self._selector.unregister(asked)
        asked.close()

    def _wait_for(self, asked: socket.socket, events: int) -> None:
        if asked in self._selector.get_map():
            self._selector.modify(asked, events)
        else:
            self._selector.register(asked, events)


def _head(code: int, kind: str, length: str) -> bytes:
    return (f"HTTP/1.0 {code} {responses[code]}\r\nContent-Type: {kind}\r\n{length}Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n").encode()
