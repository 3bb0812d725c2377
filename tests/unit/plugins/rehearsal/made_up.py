# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal's world without a cloud, a database or a container: each remembers in a file what it holds, so that a run that is killed leaves it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import Seen
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import Parts, parts_from

STANDS_BY: dict[str, Any] = {
    "site": "aws", "writer": False, "maintenance": False, "record": {"writer": "nhn", "epoch": 4},
    "verdict": {"verdict": "NORMAL", "action": "none"}, "observations": {"replica": {"following": True, "lag_seconds": 0.3}}}
TIMING = {"check_interval": 10, "check_threshold": 2, "ttl": 10, "margin": 1, "dns_ttl": 10}


class QuickClock:
    """The machine's clock, with pauses cut short, and a wait of a minute over in a moment."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        time.sleep(0.001)


class Cloud:
    """AWS's instances, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.quota = {"DBInstances": (1, 40), "AllocatedStorage": (20, 100_000)}

    @property
    def there(self) -> dict[str, dict[str, str]]:
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def keep(self, there: Mapping[str, Mapping[str, str]]) -> None:
        self.path.write_text(json.dumps(there))

    def seen(self, name: str) -> Seen | None:
        found = self.there.get(name)
        return Seen(name, found["id"], found["mark"]) if found else None

    def refuse(self, name: str, restore: dict[str, Any] | None) -> None:
        pass

    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str:
        assert restore is None
        if name in self.there:
            raise Fault("make database instance", name, left="DBInstanceAlreadyExists")
        self.keep({**self.there, name: {"id": f"db-{mark[-6:]}", "mark": mark}})
        return f"db-{mark[-6:]}"

    def server(self, seen: Seen) -> Server:
        return Server("copy.invalid", 3306, "admin", "boss-boss")

    def remove(self, seen: Seen) -> None:
        self.keep({name: found for name, found in self.there.items() if found["id"] != seen.identity})

    def quotas(self) -> dict[str, tuple[int, int]]:
        return self.quota

    def storage_gb(self) -> int:
        return 20


class Containers:
    """podman, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment: Mapping[str, str] = {}

    def pull(self, image: str) -> None:
        if image == "nowhere":
            raise Fault("have the image", "of it", left="There is none.")

    def run(self, image: str, command: Sequence[str], environment: Mapping[str, str], kept: Path, memory_mb: int) -> None:
        self.path.write_text("running")
        self.environment = environment

    def there(self) -> bool:
        return self.path.exists()

    def remove(self) -> bool:
        there = self.there()
        self.path.unlink(missing_ok=True)
        return there

    def logs(self) -> str:
        return "it said this"


class Shop:
    """The ticketing service as far as a rehearsal knows it. gate: a file that is there while its gate is open; known: keys of purchases."""

    def __init__(self, gate: Path, release: str = "1.4") -> None:
        self.gate, self.release, self.known, self.events = gate, release, dict[str, str](), [
            {"id": 1, "on_sale": True, "admit_per_minute": 60, "sold": 0, "seats": 2}, {"id": 2, "on_sale": False, "admit_per_minute": None,
             "sold": 0, "seats": 2}, {"id": 3, "on_sale": True, "admit_per_minute": None, "sold": 1, "seats": 3}]
        self.status: dict[str, Any] = STANDS_BY
        self.sells_while_shut = self.forgets = False
        self.taken = {"A-1"}

    @property
    def opened(self) -> bool:
        return self.gate.exists()

    @opened.setter
    def opened(self, value: bool) -> None:
        self.gate.touch() if value else self.gate.unlink(missing_ok=True)

    def answer(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        if path == "/status":
            return 200, self.status
        if path == "/readyz":
            return 200, {"status": "ready"}
        if path == "/release":
            return 200, {"release": self.release, "keys": []}
        if path == "/api/events":
            return 200, self.events
        if path.endswith("/seats"):
            return 200, [{"seat": name, "taken": name == "A-1", "held": False} for name in ("A-1", "A-2", "A-3")]
        if method == "POST":
            if not self.opened and not self.sells_while_shut:
                return 503, {"error": "gate_closed"}
            if body["seat"] in self.taken:
                return 409, {"error": "seat_taken"}
            self.taken.add(body["seat"])
            self.known[key] = "T-1"
            return 201, {"ticket": "T-1", "epoch": 5}
        ticket = None if self.forgets else self.known.get(path.rpartition("/")[2])
        return (200, {"ticket": ticket}) if ticket else (404, {"error": "no_such_purchase"})


@contextmanager
def serving(shop: Shop) -> Iterator[str]:
    """Its address, on loopback alone."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = shop.answer(self.command, self.path, body, self.headers.get("Idempotency-Key") or "")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def parts(folder: Path, live: str, **application: Any) -> Parts:
    """What a rehearsal works with; `live` is where this site's agent and its application answer."""
    made = parts_from({
        "topology": "tickets", "site": "aws", "schemas": ["tickets", "dr"], "state_directory": str(folder / "state"), "agent_url": live,
        "database": {"host": "standby.invalid", "user": "dr_agent", "password": "CANARY-88"}, "aws": {
            "instance": "tickets-db", "admin_user": "admin", "admin_password": "boss-boss", "client": {}}, "timing": TIMING,
        "application": {"image": "tickets:1", "command": ["serve"], "environment": {"SESSION_KEYS": "s"}, "account": "app", "schema": "tickets",
                        "address": "127.0.0.1", "port": free_port(), "memory_mb": 1, "live_url": live, **application}}, time.time, QuickClock())
    made.__dict__.update(instances=Cloud(folder / "cloud.json"), podman=Containers(folder / "container"))
    return made
