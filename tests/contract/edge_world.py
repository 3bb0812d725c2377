# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs inside a container of its own, beside a real HAProxy: the agents of two sites that open, leave and shut, an application that
remembers, one buyer.

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
HERE, THERE = "127.0.0.1", "127.0.0.2"     # the sites as the edge knows them
SHUT, OPEN, LEAVING = 503, 200, 404
says = {HERE: SHUT, THERE: SHUT}
orders: list[str] = []


class Agent(http.server.BaseHTTPRequestHandler):
    """/writer says how things stand at the site whose address was asked."""

    def do_GET(self):
        self.send_response(says[self.server.server_address[0]])
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


def serve(address, port, handler):
    server = http.server.ThreadingHTTPServer((address, port), handler)
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


def statistics(proxy, server):
    lines = [line.split(",") for line in ask_haproxy("show stat").lstrip("# ").splitlines() if line]
    row = next(row for row in lines if row[:2] == [proxy, server])
    return dict(zip(lines[0], row, strict=False))


def until(look):
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)


def main():
    serve(HERE, AGENT, Agent)
    serve(THERE, AGENT, Agent)
    serve(HERE, APP, App)
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"])

    def wait_for(body, site):
        """Buy while nobody takes orders; open the site when the order is seen to wait."""
        told = {}
        buyer = threading.Thread(target=lambda: told.update(buy(body)))
        before = len(orders)
        buyer.start()
        until(lambda: int(statistics("users", "FRONTEND")["scur"]) == 1)
        told["early"] = len(orders) - before
        says[site] = OPEN
        buyer.join(PATIENCE)
        return told

    def up(server, status):
        try:
            return statistics("writer", server)["status"].startswith(status)
        except OSError:
            return False

    try:
        until(lambda: up("nhn", "DOWN") and up("other", "DOWN"))
        nobody = buy("nobody writes")
        waiting = wait_for("x" * 9000, HERE)
        until(lambda: up("nhn", "UP"))
        served = buy("right away")
        says[HERE] = LEAVING
        until(lambda: up("nhn", "NOLB"))
        moved = wait_for("y" * 9000, THERE)
        print(json.dumps({"nobody": nobody, "waiting": waiting, "served": served, "moved": moved, "orders": orders}))
    finally:
        haproxy.kill()


main()
