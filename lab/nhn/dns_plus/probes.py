# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who looks at endpoints: each one that a pool with a health check has, once per interval, with as many further attempts as the check has retries.

How many places NHN Cloud looks from, and how they come to agree, is not published; here there is one.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..store import Store

TICK_SECONDS = 0.5
Resolve = Callable[[str], str]
"""Name to IPv4 address; raises OSError when it has none."""
WELL = "No failures"


class Prober:
    """Keeps `store.dns_seen` up to date. clock: monotonic seconds; source: the address that it asks from."""

    def __init__(self, store: Store, resolve: Resolve, clock: Callable[[], float], source: str = "") -> None:
        self._store, self._resolve, self._clock, self._source = store, resolve, clock, source
        self._due: dict[tuple[str, str], float] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop."""
        while not stop.wait(TICK_SECONDS):
            self.look()

    def look(self) -> None:
        """Look at whatever is due, all at once: none waits for another's silence."""
        threads = [threading.Thread(target=self._look_at, args=each) for each in self._taken()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _taken(self) -> list[tuple[tuple[str, str], str, dict[str, Any]]]:
        with self._store.lock:
            watched = {(pool["poolId"], endpoint["endpointAddress"]): self._store.dns_health_checks[pool["healthCheckId"]]
                       for pool in self._store.dns_pools.values() if pool["healthCheckId"] and not pool["poolDisabled"]
                       for endpoint in pool["endpointList"] if not endpoint["endpointDisabled"]}
            now = self._clock()
            due = {key: check for key, check in watched.items() if key not in self._store.dns_seen or self._due.get(key, 0.0) <= now}
            self._due = {key: now + check["interval"] if key in due else self._due.get(key, now) for key, check in watched.items()}
            return [(key, check["healthCheckId"], dict(check)) for key, check in due.items()]

    def _look_at(self, key: tuple[str, str], check_id: str, check: dict[str, Any]) -> None:
        seen = (False, "")
        for _ in range(check["retries"] + 1):
            seen = probe(check, key[1], self._resolve, self._source)
            if seen[0]:
                break
        with self._store.lock:              # what it is about may have changed meanwhile
            pool, now = self._store.dns_pools.get(key[0]), self._store.dns_health_checks.get(check_id)
            if pool and pool["healthCheckId"] == check_id and now and now["updatedAt"] == check["updatedAt"]:
                self._store.dns_seen[key] = seen


def probe(check: Mapping[str, Any], address: str, resolve: Resolve, source: str = "") -> tuple[bool, str]:
    """(whether it is well, why) of one attempt at an endpoint. Never raises OSError."""
    try:
        plain = socket.create_connection((resolve(address), check["port"]), check["timeout"], (source, 0))
    except OSError as error:
        return False, f"{check['protocol']} connection failed: {error}"
    with plain:
        if check["protocol"] == "TCP":
            return True, WELL
        try:
            return _asked(check, address, plain)
        except (OSError, http.client.HTTPException) as error:
            return False, f"{check['protocol']} timeout occurred" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"


def _asked(check: Mapping[str, Any], address: str, plain: socket.socket) -> tuple[bool, str]:
    headers = {name: value for each in check.get("requestHeaderList") or () for name, value in each.items()}
    connection = http.client.HTTPConnection(address, check["port"])
    connection.sock = plain
    if check["protocol"] == "HTTPS":
        context = ssl.create_default_context()
        if check.get("allowInsecure"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection.sock = context.wrap_socket(plain, server_hostname=headers.get("Host", address))
    connection.sock.settimeout(check["timeout"])
    connection.request("GET", check.get("path") or "/", headers={"Connection": "close", **headers})
    answer = connection.getresponse()
    body = answer.read(10240).decode(errors="replace")
    if (codes := check.get("expectedCodes")) and not re.fullmatch(codes.replace("x", r"\d"), str(answer.status)):
        return False, f"Unexpected status code: {answer.status}"
    if (wanted := check.get("expectedBody")) and body != wanted:        # the stricter of what "expected response body" may mean
        return False, "Unexpected response body"
    return True, WELL
