# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to speak with etcd 3.4: its v3 JSON gateway, by urllib, over mutual TLS and as a user.

Seen with 3.4.23: once there are users, the gateway answers nobody whose certificate has a common name (HTTP 400), so that a certificate
cannot be mistaken for a user; who asks is then told by a token, which a password buys. A token is forgotten after some minutes without use
and when its member starts anew (HTTP 401), and it is void after the users were changed ("revision ... is old").
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .record import Unanswered

VOID = ("invalid auth token", "revision in header is old", "revision of auth store is old")     # what is said of a token that is none any more
NO_USERS = "authentication is not enabled"


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


class Etcd:
    """Some members. `endpoints`: base URLs, tried in turn. `timeout`: seconds per endpoint and request."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 1.0, access: Access | None = None) -> None:
        if not endpoints:
            raise ValueError("etcd.endpoints: at least one URL is needed")
        self._endpoints = [url.rstrip("/") for url in endpoints]
        self._timeout, self._access = timeout, access
        self._token: str | None = None
        self._opener: tuple[tuple[int, ...], urllib.request.OpenerDirector] | None = None

    def ask(self, path: str, body: dict[str, Any], *, once: bool = False) -> dict[str, Any]:
        """The first answer that somebody gives. once: ask nobody but the endpoint that answered last. Raises Unanswered."""
        said = []
        for url in self._endpoints[:1] if once else list(self._endpoints):
            try:
                answer = self._as_somebody(url, path, body)
            except urllib.error.HTTPError as error:
                said.append(f"{url}: HTTP {error.code} {_words(error)}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                said.append(f"{url}: {getattr(error, 'reason', error)}")
            else:
                # The endpoint that answered is asked first from now on, so that writes go where reads work.
                self._endpoints = [url, *(other for other in self._endpoints if other != url)]
                return answer
        raise Unanswered("etcd gave no answer (" + "; ".join(said) + ")")

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
        except urllib.error.HTTPError as error:
            if fresh or not any(word in _words(error) for word in VOID):
                raise
        self._token = self._buy(url)
        return self._post(url, path, body, self._token)

    def _buy(self, url: str) -> str | None:
        """A token for our password; None where there are no users and that is allowed."""
        access = self._access
        assert access is not None
        try:
            return str(self._post(url, "/v3/auth/authenticate", {"name": access.user, "password": access.password})["token"])
        except urllib.error.HTTPError as error:
            if access.open and NO_USERS in _words(error):
                return None
            raise
        except KeyError as error:
            raise ValueError("no token in the answer") from error

    def _post(self, url: str, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", **({"Authorization": token} if token else {})}
        request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
        with self._opened().open(request, timeout=self._timeout) as response:
            answer = json.load(response)
        # Every true answer carries one, but those to maintenance, which is done by an empty one.
        if not isinstance(answer, dict) or ("header" not in answer and not (path.startswith("/v3/maintenance/") and not answer)):
            raise ValueError("no etcd header in the answer")
        return answer

    def _opened(self) -> urllib.request.OpenerDirector:
        """Who opens connections; made anew when a certificate was renewed under a process that goes on."""
        access = self._access
        paths = (access.ca, access.certificate, access.key) if access else ()
        stamp = tuple(Path(path).stat().st_mtime_ns for path in paths)
        if self._opener is None or self._opener[0] != stamp:
            # A proxy from the environment must never stand between an agent and the record.
            handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
            if access:
                context = ssl.create_default_context(cafile=access.ca)
                context.load_cert_chain(access.certificate, access.key)
                handlers.append(urllib.request.HTTPSHandler(context=context))
            self._opener = stamp, urllib.request.build_opener(*handlers)
        return self._opener[1]


def _words(error: urllib.error.HTTPError) -> str:
    """What etcd said to an error, at most 300 characters; can be asked more than once."""
    if not hasattr(error, "said"):
        error.said = error.read(300).decode(errors="replace").strip()      # type: ignore[attr-defined]
    return str(error.said)
