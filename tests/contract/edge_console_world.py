# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a container of its own, beside a real HAProxy: an agent that says what it was asked, and somebody with a browser.

Prints what happened as JSON. The standard library only: nothing of the project is in that container.
"""

import http.client
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time

AGENT, PAGE = 8008, 8443
heard: list[str] = []


class Agent(http.server.BaseHTTPRequestHandler):
    """Whatever it is asked."""

    def do_GET(self):
        heard.append(f"{self.command} {self.path}")
        body = heard[-1].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Say nothing."""


def asked(method, path):
    connection = http.client.HTTPSConnection("127.0.0.1", PAGE, timeout=10, context=ssl.create_default_context(cafile="/ca.crt"))
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    return answer, [answer.status, body if answer.status == 200 else ""]


def oldest():
    """The oldest TLS that is spoken there."""
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile="/ca.crt")
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        try:
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(("127.0.0.1", PAGE), 10) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                return wrapped.version()
        except (OSError, ValueError):
            continue
    return None


def plainly():
    """What is said to who speaks no TLS."""
    connection = http.client.HTTPConnection("127.0.0.1", PAGE, timeout=10)
    try:
        connection.request("GET", "/console")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", AGENT), Agent)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"])
    try:
        end = time.monotonic() + 20
        while oldest() is None:
            assert time.monotonic() < end, "took too long"
            time.sleep(0.05)
        heard.clear()       # the edge has asked whether the site writes
        wanted = [f"GET {path}" for path in ("/console", "/console/data", "/console/events", "/", "/status", "/writer", "/console/../status")]
        answers = {what: asked(*what.split()) for what in [*wanted, "POST /console"]}
        print(json.dumps({"told": {what: told for what, (_, told) in answers.items()}, "leads_to": answers["GET /"][0].headers["Location"],
                          "heard": [what for what in heard if what != "GET /writer"], "oldest": oldest(), "plain": plainly()}))
    finally:
        haproxy.kill()


main()
