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

AGENT, APP, PUBLIC, PEER = 8008, 8000, 80, 8081
PATIENCE = 20.0
IDLE = 8.0          # as the edge was told
HERE, THERE = "127.0.0.1", "127.0.0.2"     # the sites as the edge knows them
SHUT, OPEN, LEAVING, SILENT = 503, 200, 404, 0
AWAY = 1.5          # seconds a restart of an agent was seen to take
says = {HERE: SHUT, THERE: SHUT}
orders: list[str] = []


class Agent(http.server.BaseHTTPRequestHandler):
    """/writer says how things stand at the site whose address was asked."""

    def do_GET(self):
        if (code := says[self.server.server_address[0]]) == SILENT:
            time.sleep(IDLE)
            return
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


class App(Agent):
    """Ready to serve; remembers every order in full, keeps connections, and says on a WebSocket what it hears (frames are not looked at)."""

    protocol_version = "HTTP/1.1"

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
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        orders.append(body)
        if body == "broken off":
            self.close_connection = True
            return
        time.sleep({"takes long": AWAY + 1, "takes too long": IDLE + 1}.get(body, 0))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(address, port, handler):
    server = http.server.ThreadingHTTPServer((address, port), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def buy(body):
    connection = http.client.HTTPConnection("127.0.0.1", PUBLIC, timeout=PATIENCE)
    connection.request("POST", "/api/purchases", body, {"Host": "tickets.test"})
    answer = connection.getresponse()
    return {"status": answer.status, "retry_after": answer.headers.get("Retry-After"), "text": answer.read().decode()}


def asked(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers={"Host": "tickets.test"})
    return connection.getresponse().status


class WebSocket:
    """As far as the edge can tell."""

    def __init__(self):
        self._socket = socket.create_connection(("127.0.0.1", PUBLIC), PATIENCE)
        self._socket.sendall(b"GET /live HTTP/1.1\r\nHost: tickets.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")      # the pair of RFC 6455, 1.3
        self.began = self._heard_to(b"\r\n\r\n").split(b" ")[1].decode()

    def echo(self, said):
        self._socket.sendall(said)
        return self._heard_to(said).decode()

    def ended(self):
        """Waits until the edge ends it."""
        return self._socket.recv(1) == b""

    def _heard_to(self, mark):
        heard = b""
        while mark not in heard:
            more = self._socket.recv(100)
            if not more:
                return b"ended after " + heard
            heard += more
        return heard


def again(connection, body):
    """One more order on a kept connection."""
    connection.request("POST", "/api/purchases", body, {"Host": "tickets.test"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


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


def wait_for(body, site):
    """Buy while nobody takes orders; open the site when the order is seen to wait."""
    told = {}
    buyer = threading.Thread(target=lambda: told.update(buy(body)))
    before, others = len(orders), int(statistics("users", "FRONTEND")["scur"])
    buyer.start()
    until(lambda: int(statistics("users", "FRONTEND")["scur"]) == others + 1)
    told["early"] = len(orders) - before
    says[site] = OPEN
    buyer.join(PATIENCE)
    return told


def up(server, status):
    try:
        return statistics("writer", server)["status"].startswith(status)
    except OSError:
        return False


def seconds(look):
    began = time.monotonic()
    until(look)
    return time.monotonic() - began


def started_anew(agent):
    """An order is under way while the agent is away, and while it does not know yet."""
    told = {}
    buyer = threading.Thread(target=lambda: told.update(buy("takes long")))
    buyer.start()
    until(lambda: "takes long" in orders)
    agent.shutdown()
    agent.server_close()
    time.sleep(AWAY)
    says[HERE] = SHUT
    agent = serve(HERE, AGENT, Agent)
    time.sleep(0.4)
    told["was"] = statistics("writer", "nhn")["status"].split()[0]
    says[HERE] = OPEN
    buyer.join(PATIENCE)
    return told, agent


def gone(agent):
    """How long it takes until a site is left that says so, whose agent does not run, whose agent says nothing."""
    took = {}
    says[HERE] = LEAVING
    took["told"] = seconds(lambda: up("nhn", "NOLB"))
    says[HERE] = OPEN
    until(lambda: statistics("writer", "nhn")["status"] == "UP")
    agent.shutdown()
    agent.server_close()
    took["refused"] = seconds(lambda: up("nhn", "DOWN"))
    agent = serve(HERE, AGENT, Agent)
    until(lambda: statistics("writer", "nhn")["status"] == "UP")
    says[HERE] = SILENT
    took["silent"] = seconds(lambda: up("nhn", "DOWN"))
    says[HERE] = OPEN
    until(lambda: statistics("writer", "nhn")["status"] == "UP")
    return took


def main():
    agent = serve(HERE, AGENT, Agent)
    serve(THERE, AGENT, Agent)
    serve(HERE, APP, App)
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"])
    try:
        until(lambda: up("nhn", "DOWN") and up("other", "DOWN"))
        nobody = buy("nobody writes")
        waiting = wait_for("x" * 9000, HERE)
        until(lambda: up("nhn", "UP"))
        served = buy("right away")
        hidden = {path: [asked(PUBLIC, path), asked(PEER, path)] for path in ("/release", "/%72elease", "/writer", "/%77riter", "/releases")}
        broken, late = buy("broken off"), buy("takes too long")
        anew, agent = started_anew(agent)
        took = gone(agent)
        live = WebSocket()
        time.sleep(IDLE + 1)            # for longer than a request may be silent
        lived = {"began": live.began, "later": live.echo(b"still here")}
        kept = http.client.HTTPConnection("127.0.0.1", PUBLIC, timeout=PATIENCE)
        kept_before, socket_before = [again(kept, "kept"), again(kept, "kept, later")], kept.sock
        says[HERE] = LEAVING
        until(lambda: up("nhn", "NOLB"))
        lived["leaving"] = live.echo(b"to the end")
        moved = wait_for("y" * 9000, THERE)
        kept_after = [again(kept, "kept, after"), kept.sock is socket_before]
        says[HERE] = SHUT
        lived["ended"] = live.ended()
        until(lambda: up("other", "UP"))
        lived["again"] = WebSocket().echo(b"at the other one")
        print(json.dumps({"nobody": nobody, "waiting": waiting, "served": served, "moved": moved, "orders": orders, "lived": lived,
                          "hidden": hidden, "broken": broken, "late": late, "anew": anew, "gone": took, "kept": [kept_before, kept_after]}))
    finally:
        haproxy.kill()


main()
