# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API on the wire: TLS, bearer token, one path prefix per cluster (/clusters/<uuid>)."""

from __future__ import annotations

import hmac
import json
import logging
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from lab.journal import RequestJournal, body_of
from lab.kubernetes import api
from lab.kubernetes.api import Answer, Request
from lab.kubernetes.cluster import Cluster
from lab.kubernetes.errors import Refused

Environ = dict[str, Any]
Start = Callable[..., Any]
log = logging.getLogger(__name__)
PREFIX = "/clusters/"
PHRASES = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 415: "Unsupported Media Type", 422: "Unprocessable Entity", 500: "Internal Server Error",
           503: "Service Unavailable"}


class Handler(WSGIRequestHandler):
    """Gives up on clients that say nothing, and is quiet: the journal tells what was asked."""

    timeout = 60

    def log(self, type: str, message: str, *args: Any) -> None:
        log.debug(message, *args)


class Application:
    """The WSGI application. `clusters`: uuid to cluster; `dark()`: the site is down, so its API is too."""

    def __init__(self, clusters: Mapping[str, Cluster], token: str, dark: Callable[[], bool]):
        self.clusters, self.token, self.dark = clusters, token, dark

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        request = request_of(environ)
        answer = self._answer(environ, request)
        if isinstance(answer.body, Iterator):           # a watch: its lines as they come, until either side has had enough
            start("200 OK", [("Content-Type", "application/json")])
            return chain([b""], (line.encode() for line in answer.body))       # the head goes out with the first piece, and clients wait for it
        body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
        kind = "text/plain; charset=utf-8" if isinstance(answer.body, str) else "application/json"
        warnings = [("Warning", f'299 - "{text}"') for text in map(_quoted, answer.warnings)]
        start(f"{answer.code} {PHRASES.get(answer.code, 'Answer')}", [("Content-Type", kind), ("Content-Length", str(len(body))), *warnings])
        return [body]

    def classify(self, environ: Environ) -> tuple[str, bool]:
        """For the journal: what a request does and whether it changes the cluster."""
        request = request_of(environ)
        target = api.locate(request.path)
        cluster = self.clusters.get(cluster_of(environ))
        return (f"{request.method.lower()} {target.kind.plural if target else request.path}",
                cluster.api.would_change(request) if cluster else request.method != "GET")

    def _answer(self, environ: Environ, request: Request) -> Answer:
        if self.dark():
            return Answer(503, Refused(503, "ServiceUnavailable", "the site is down").status())
        given = environ.get("HTTP_AUTHORIZATION", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return Answer(401, Refused(401, "Unauthorized", "Unauthorized").status())
        cluster = self.clusters.get(cluster_of(environ))
        if cluster is None:
            return Answer(404, Refused(404, "NotFound", "no cluster of that id is served here").status())
        return cluster.api.handle(request)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def cluster_of(environ: Environ) -> str:
    """The uuid in the path; "" when there is none."""
    path = environ.get("PATH_INFO", "")
    return path[len(PREFIX):].split("/", 1)[0] if path.startswith(PREFIX) else ""


def request_of(environ: Environ) -> Request:
    """The request below its cluster's prefix."""
    path = environ.get("PATH_INFO", "")
    uuid = cluster_of(environ)
    below = path[len(PREFIX) + len(uuid):] if uuid else path
    headers = {"content-type": environ.get("CONTENT_TYPE", ""), "user-agent": environ.get("HTTP_USER_AGENT", ""),
               "accept": environ.get("HTTP_ACCEPT", "")}
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    return Request(environ["REQUEST_METHOD"], below or "/", query, headers, body_of(environ))


def make_server(host: str, port: int, application: Application, *, journal: Path | None = None,
                certificate: tuple[Path, Path] | None = None) -> ThreadedWSGIServer:
    """A server ready for `serve_forever`. `certificate`: (certificate file, key file); without it plain HTTP is spoken."""
    wrapped: Any = RequestJournal(application, journal, application.classify) if journal else application
    server = ThreadedWSGIServer(host, port, wrapped, Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        # The handshake is done by the connection's own thread: a silent client must not keep others from being accepted.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.ssl_context = context
    return server
