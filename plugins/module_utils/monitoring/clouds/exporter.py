# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python3 -m multicloud_dr.monitoring.clouds.exporter CONFIG`: asks this site's cloud in the background, and tells Prometheus what it heard last.

CONFIG is a file of JSON: {port, every_seconds, aws: {client, database, balancer, group} or null, nhn: {auth, database, cluster, namespace} or
null}. It holds keys; nothing that is told, in a figure or in a line of the log, is made of them.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ...absent import NotInstalled
from ...aloud import aloud
from .asking import Asked
from .aws import Aws, connecting
from .figures import Figure, text
from .kubernetes import Kubernetes
from .nhn import Nhn

READING = 5.0           # seconds that whoever asks may take to say what he wants


def asked_of(config: Mapping[str, Any]) -> dict[str, Callable[[], Sequence[Figure]]]:
    """{API: what asks it} of everything that a configuration names."""
    found: dict[str, Callable[[], Sequence[Figure]]] = {}
    if aws := config.get("aws"):
        found |= Aws({name: aws.get(name) or "" for name in ("database", "balancer", "group")}, connecting(aws["client"]), time.time).asks()
    if nhn := config.get("nhn"):
        if nhn.get("database"):
            found |= Nhn(nhn["auth"], nhn["database"]).asks()
        if nhn.get("cluster"):
            found |= Kubernetes(nhn["auth"], nhn["cluster"], nhn["namespace"]).asks()
    return found


def serving(port: int, asked: Sequence[Asked]) -> ThreadingHTTPServer:
    """A server on loopback that answers /metrics; it does not serve yet. Raises OSError when somebody else listens there."""

    class Answer(BaseHTTPRequestHandler):
        timeout = READING

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = text([figure for each in asked for figure in each.now()]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_unused: object) -> None:
            """Quiet: Prometheus asks every few seconds."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    server.daemon_threads = True
    return server


def main(argv: Sequence[str]) -> int:
    """Entry point; runs until it is ended. 1 where a package is not installed: figures that never come look like a cloud that is silent."""
    if len(argv) != 1:
        aloud("usage: exporter CONFIG", to=sys.stderr)
        return 2
    with open(argv[0], encoding="utf-8") as file:
        config = json.load(file)
    asked = [Asked(api, ask, float(config["every_seconds"]), lambda words: aloud(words, to=sys.stderr))
             for api, ask in asked_of(config).items()]
    server, stop, lacks = serving(int(config["port"]), asked), threading.Event(), list[NotInstalled]()

    def run(each: Asked) -> None:
        try:
            each.run(stop)
        except NotInstalled as lack:
            lacks.append(lack)
            server.shutdown()

    for each in asked:
        threading.Thread(target=run, args=(each,), daemon=True, name=each.api).start()
    server.serve_forever()
    for lack in lacks[:1]:
        aloud(lack, to=sys.stderr)
    return 1 if lacks else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
