# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to speak with etcd 3.4: its v3 JSON gateway, over mutual TLS and as a user, on connections that are kept: shaking hands anew for each
question was two thirds of what an agent cost.

Seen with 3.4.23: once there are users, the gateway answers nobody whose certificate has a common name (HTTP 400), so that a certificate
cannot be mistaken for a user; who asks is then told by a token, which a password buys. A token is forgotten after some minutes without use
and when its member starts anew (HTTP 401), and it is void after the users were changed ("revision ... is old").
"""

from __future__ import annotations

import http.client
import json
import os
import select
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .record import Unanswered

VOID = ("invalid auth token", "revision in header is old", "revision of auth store is old")     # what is said of a token that is none any more
NO_USERS = "authentication is not enabled"
LONGEST = 1_000_000     # bytes of a piece of an answer that goes on
SILENCE = 30.0          # seconds after which such an answer has ended: its member may be gone without a word
IDLE = 5.0              # seconds after which a connection is not used any more: what became of the other end meanwhile nobody knows


class _Said(Exception):
    """etcd said no. `code`: of HTTP; `words`: at most 300 characters."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"HTTP {code} {words}")
        self.code, self.words = code, words


@dataclass(frozen=True)
class Access:
    """How to be let in. ca, certificate, key: PEM files; user, password: as whom, empty for nobody.
    open: go on without a token where there are no users yet, as while the quorum is being built.
    """

    ca: str
    certificate: str
    key: str
    user: str = ""
    password: str = field(default="", repr=False)
    open: bool = False


# The same as a module's option. What each part means is told in plugins/doc_fragments/quorum.py.
ACCESS: dict[str, Any] = {"type": "dict", "options": {
    "ca": {"type": "path", "required": True}, "certificate": {"type": "path", "required": True},
    "key": {"type": "path", "required": True, "no_log": False}, "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True}}}


class Etcd:
    """Some members. `endpoints`: base URLs, tried in turn. `timeout`: seconds per endpoint and request."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 1.0, access: Access | None = None) -> None:
        if not endpoints:
            raise ValueError("etcd.endpoints: at least one URL is needed")
        self._endpoints = [url.rstrip("/") for url in endpoints]
        self._timeout, self._access = timeout, access
        self._token: str | None = None
        self._context: tuple[tuple[int, ...], ssl.SSLContext | None] | None = None
        self._kept: dict[str, tuple[float, http.client.HTTPConnection]] = {}     # by endpoint, with the time of its last answer

    def ask(self, path: str, body: dict[str, Any], *, once: bool = False) -> dict[str, Any]:
        """The first answer that somebody gives. once: ask nobody but the endpoint that answered last. Raises Unanswered."""
        said, refused = [], False
        for url in self._endpoints[:1] if once else list(self._endpoints):
            try:
                answer = self._as_somebody(url, path, body)
            except (_Said, OSError, http.client.HTTPException, ValueError) as error:
                said.append(f"{url}: {error or type(error).__name__}")
                refused = refused or _refuses(error)
            else:
                # The endpoint that answered is asked first from now on, so that writes go where reads work.
                self._endpoints = [url, *(other for other in self._endpoints if other != url)]
                return answer
        raise Unanswered("etcd gave no answer (" + "; ".join(said) + ")", refused)

    def listen(self, path: str, body: dict[str, Any], silence: float = SILENCE) -> Iterator[dict[str, Any]]:
        """What the first endpoint that takes it says to a question whose answer goes on, piece by piece, until nothing comes for `silence` seconds or
        somebody hangs up. On a connection of its own. Raises Unanswered at its end.
        """
        said = []
        for url in list(self._endpoints):
            connection: http.client.HTTPConnection | None = None
            try:
                self._token = self._token or (self._buy(url) if self._access and self._access.user else None)
                connection = self._new(url)
                connection.request("POST", urlsplit(url).path + path, json.dumps(body).encode(), self._headers(self._token))
                sock, response = connection.sock, connection.getresponse()
                sock.settimeout(silence)
                while line := response.readline(LONGEST):
                    told = json.loads(line)
                    result = told.get("result") if isinstance(told, dict) and response.status == 200 else None
                    if not isinstance(result, dict) or result.get("canceled"):
                        raise ValueError(line[:300].decode(errors="replace").strip())
                    yield result
                raise http.client.RemoteDisconnected("hung up")
            except (_Said, OSError, http.client.HTTPException, ValueError) as error:
                self._token = None              # it may have been that
                said.append(f"{url}: {error or type(error).__name__}")
            finally:
                if connection is not None:
                    connection.close()
        raise Unanswered("etcd does not say what becomes of it (" + "; ".join(said) + ")")

    def _as_somebody(self, url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask with a token; with a fresh one, once, when it has become void. etcd looks at it before it does anything, so what was refused
        for it was not done.
        """
        if self._access is None or not self._access.user:
            return self._post(url, path, body)
        fresh = self._token is None
        if fresh:
            self._token = self._buy(url)
        try:
            return self._post(url, path, body, self._token)
        except _Said as error:
            if fresh or not any(word in error.words for word in VOID):
                raise
        self._token = self._buy(url)
        return self._post(url, path, body, self._token)

    def _buy(self, url: str) -> str | None:
        """A token for our password; None where there are no users and that is allowed."""
        access = self._access
        if access is None:
            raise AssertionError
        try:
            return str(self._post(url, "/v3/auth/authenticate", {"name": access.user, "password": access.password})["token"])
        except _Said as error:
            if access.open and NO_USERS in error.words:
                return None
            raise
        except KeyError as error:
            raise ValueError("no token in the answer") from error

    def _post(self, url: str, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        connection = self._connection(url)
        try:
            connection.request("POST", urlsplit(url).path + path, json.dumps(body).encode(), self._headers(token))
            response = connection.getresponse()
            said = response.read()
        except BaseException:               # nobody knows what would be heard on it next
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._kept[url] = (time.monotonic(), connection)
        if response.status != 200:
            raise _Said(response.status, said[:300].decode(errors="replace").strip())
        answer = json.loads(said)
        # Every true answer carries one, but those to maintenance, which is done by an empty one.
        if not isinstance(answer, dict) or ("header" not in answer and not (path.startswith("/v3/maintenance/") and not answer)):
            raise ValueError("no etcd header in the answer")
        return answer

    def _headers(self, token: str | None) -> dict[str, str]:
        return {"Content-Type": "application/json", **({"Authorization": token} if token else {})}

    def _connection(self, url: str) -> http.client.HTTPConnection:
        """The one that was kept, for the caller alone; else a new one. No proxy from the environment: it must never stand between an agent and
        the record.
        """
        self._certificates()                # which forgets what was kept by those before
        kept = self._kept.pop(url, None)
        if kept is not None:
            if time.monotonic() - kept[0] < IDLE and not _hung_up(kept[1]):
                return kept[1]
            kept[1].close()
        return self._new(url)

    def _new(self, url: str) -> http.client.HTTPConnection:
        context, to = self._certificates(), urlsplit(url)
        if to.scheme == "https":
            return http.client.HTTPSConnection(to.netloc, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(to.netloc, timeout=self._timeout)

    def _certificates(self) -> ssl.SSLContext | None:
        """What to show and whom to believe; read anew, on new connections, when a certificate was renewed under a process that goes on."""
        access = self._access
        paths = (access.ca, access.certificate, access.key) if access else ()
        stamp = tuple(os.stat(path).st_mtime_ns for path in paths)
        if self._context is None or self._context[0] != stamp:
            self._kept.clear()
            context = None
            if access:
                context = ssl.create_default_context(cafile=access.ca)
                context.load_cert_chain(access.certificate, access.key)
            self._context = stamp, context
        return self._context[1]


def _refuses(error: Exception) -> bool:
    """Is that more than silence? A member without a quorum says so by a code from 500 on, whoever asks: before it looks at a password it asks the
    quorum. So who is refused with a lesser one met a quorum that lives. Neither is it silence where what answers is no etcd, or is not believed, or
    where our own certificates could not be read.
    """
    if isinstance(error, _Said):
        return error.code < 500 or any(word in error.words for word in VOID)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | http.client.RemoteDisconnected):
        return False                # hung up
    return isinstance(error, ssl.SSLError | ValueError | http.client.HTTPException | FileNotFoundError | PermissionError)


def _hung_up(connection: http.client.HTTPConnection) -> bool:
    """Has the other end closed it, or said what nobody asked for? A request on it could then be lost, and a write must not be tried twice."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])
