# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a container of its own, beside a real HAProxy: an agent that opens and shuts, an application that remembers, one buyer.

Prints what happened as JSON. The standard library only: nothing of the project is in that container.
"""

import http.client
import http.server
import json
import socket
import subprocess
import threading
import time

AGENT, APP, PUBLIC = 8008, 8000, 80
PATIENCE = 20.0
writer = threading.Event()
orders: list[str] = []


class Agent(http.server.BaseHTTPRequestHandler):
    """/writer says whether the gate is open."""

    def do_GET(self):
        self.send_response(200 if writer.is_set() else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


class App(Agent):
    """Ready to serve; remembers every order in full."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        orders.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(port, handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def buy(body):
    connection = http.client.HTTPConnection("127.0.0.1", PUBLIC, timeout=PATIENCE)
    connection.request("POST", "/api/purchases", body, {"Host": "tickets.test"})
    answer = connection.getresponse()
    return {"status": answer.status, "retry_after": answer.headers.get("Retry-After"), "text": answer.read().decode()}


def ask_haproxy(command):
    with socket.socket(socket.AF_UNIX) as conversation:
        conversation.connect("/run/haproxy/admin.sock")
        conversation.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: conversation.recv(65536), b"")).decode()


def statistics(server):
    lines = [line.split(",") for line in ask_haproxy("show stat").lstrip("# ").splitlines() if line]
    row = next(row for row in lines if row[:2] == ["writer", server])
    return dict(zip(lines[0], row, strict=False))


def until(look):
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)


def main():
    serve(AGENT, Agent)
    serve(APP, App)
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"])

    def up(server, status):
        try:
            return statistics(server)["status"].startswith(status)
        except OSError:
            return False

    try:
        until(lambda: up("nhn", "DOWN") and up("other", "DOWN"))
        nobody = buy("nobody writes")
        waiting = {}
        buyer = threading.Thread(target=lambda: waiting.update(buy("x" * 9000)))
        tries = int(statistics("nobody")["wretr"])
        buyer.start()
        until(lambda: int(statistics("nobody")["wretr"]) > tries)
        early = list(orders)
        writer.set()
        buyer.join(PATIENCE)
        until(lambda: up("nhn", "UP"))
        served = buy("right away")
        print(json.dumps({"nobody": nobody, "waiting": waiting, "served": served, "early": early, "orders": orders}))
    finally:
        haproxy.kill()


main()
