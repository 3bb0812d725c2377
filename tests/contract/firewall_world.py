# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a load balancer's container: `serve`, an application that tells what reached it; `ask`, whoever comes to the load balancer.

`ask` reads a list of requests as JSON, {"source", "port", "method", "path", "headers", "body", "times", "socket"}, and prints what was answered. The
standard library only: nothing of the project is in that container.
"""

import http.client
import http.server
import json
import socket
import ssl
import sys

APP, BALANCER, PATIENCE = 9000, "127.0.0.1", 10.0
USUAL = {"Host": "tickets.lab.test", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept": "*/*"}


class App(http.server.BaseHTTPRequestHandler):
    """Answers every request with what it was told, and says on a WebSocket what it hears (frames are not looked at)."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.end_headers()
            while heard := self.rfile.read1(100):
                self.wfile.write(heard)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = json.dumps({"method": self.command, "path": self.path, "body": body, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_PUT = do_GET

    def log_message(self, *_):
        """Say nothing."""


class Queue(http.server.ThreadingHTTPServer):
    """With room for whoever comes at once."""

    request_queue_size = 200


def connected(wish):
    """A connection to one of the load balancer's ports, from an address of ours."""
    made = socket.create_connection((BALANCER, wish.get("port", 80)), PATIENCE, (wish["source"], 0))
    if wish.get("port") != 443:
        return made
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(made, server_hostname="tickets.lab.test")


def ask(wish):
    """One request, or `times` of them on one connection: the status of the last, what reached the application, and how many were let in."""
    connection, statuses = http.client.HTTPConnection(BALANCER), []
    connection.sock = connected(wish)
    headers = {name: value for name, value in {**USUAL, **wish.get("headers", {})}.items() if value is not None}
    body = wish.get("body", "").encode()
    for _ in range(wish.get("times", 1)):
        connection.putrequest(wish.get("method", "GET"), wish.get("path", "/"), skip_host=True, skip_accept_encoding=True)
        for name, value in ({**headers, "Content-Length": str(len(body))} if body else headers).items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        text = answer.read()
        statuses.append(answer.status)
        if answer.will_close:
            connection.sock = connected(wish)
    reached = json.loads(text) if answer.status == 200 else None
    return {"status": statuses[-1], "reached": reached, "let_in": statuses.count(200)}


def speak(wish):
    """A WebSocket: the status line, and what came back for what was said."""
    with connected(wish) as wire:
        wire.settimeout(PATIENCE)
        head = {**USUAL, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        wire.sendall(("GET /ws HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += wire.recv(1000)
        wire.sendall("안녕, <script>".encode())
        heard = b""
        while len(heard) < len("안녕, <script>".encode()):
            heard += wire.recv(100)
        return {"status": int(answer.split()[1]), "heard": heard.decode()}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        Queue(("127.0.0.1", APP), App).serve_forever()
    print(json.dumps([speak(wish) if wish.get("socket") else ask(wish) for wish in json.load(sys.stdin)]))
