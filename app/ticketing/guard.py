# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Around every request: refuse what another site's page sends, and what is too long; add the headers that make browsers careful; count."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing.metrics import Metrics

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}     # what is counted by name: anybody can make up others
LONGEST_BODY = 65536
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
                               "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
SECURE_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class TooLong(Exception):
    """A body goes on beyond LONGEST_BODY."""


class Guard:
    """ASGI around the application. `refuse(request, status, code)`: how a refusal is said, to programs and to people."""

    def __init__(self, app: ASGIApp, metrics: Metrics, refuse: Callable[[Request, int, str], Response]) -> None:
        self._app, self._metrics, self._refuse = app, metrics, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, begun = time.perf_counter(), 500, False

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | SECURE_HEADERS if scope["scheme"] == "https" else HEADERS).items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LONGEST_BODY:
                raise TooLong
            return message

        self._metrics.running.inc()
        try:
            refusal = refused(scope)
            if refusal:
                await self._refuse(Request(scope), *refusal)(scope, receive, sending)
            else:
                await self._app(scope, receiving, sending)
        except TooLong:
            if not begun:
                await self._refuse(Request(scope), 413, "too_long")(scope, receive, sending)
        finally:
            self._metrics.running.dec()
            route = getattr(scope.get("route"), "path", None) or "other"
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - started)


def refused(scope: Scope) -> tuple[int, str] | None:
    """(status, code) of what is not even looked at; None where all is well.

    Browsers say where a request that changes something was made; programs that are no browsers say nothing, and have no cookies that
    somebody else's page could borrow.
    """
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LONGEST_BODY:
        return 413, "too_long"
    if scope["method"] in SAFE:
        return None
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return 403, "forged"
    origin = headers.get("origin")
    if origin is not None and _host(origin) != headers.get("host", "").lower():
        return 403, "forged"
    return None


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
