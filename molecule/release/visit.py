# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Visitors at both front doors until the file argv[2] appears: each asks which version answers, and for what is on sale, over a new connection each
time. Leaves in argv[1] by door {asked, failed, versions: {version: answers}, first: the first failures in words}. stdin: {door: host}, where the host
is an address, or a name that the name server argv[4] knows; all call the service argv[3]."""

import http.client
import json
import os
import sys
import threading
import time
from pathlib import Path

import dns.resolver

left, stop, service, nameserver = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
doors = json.load(sys.stdin)
born = os.getppid()
end = time.monotonic() + 3000
PATHS = ("/api/openapi.json", "/api/events", "/")


def address(host: str) -> str:
    """As a visitor's resolver finds it."""
    if host.replace(".", "").isdigit():
        return host
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [nameserver]
    return str(resolver.resolve(host, "A", lifetime=5)[0])


def visit(host: str, seen: dict) -> None:
    """Ask on and on, as someone who waits for no one else."""
    at = address(host)
    while not stop.exists() and time.monotonic() < end and os.getppid() == born:
        for path in PATHS:
            seen["asked"] += 1
            try:
                connection = http.client.HTTPConnection(at, 80, timeout=15)
                connection.request("GET", path, headers={"Host": service, "User-Agent": "multicloud.dr", "Connection": "close"})
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                if answer.status != 200:
                    raise ValueError(f"{answer.status} {answer.reason}")
                if path.endswith(".json"):
                    version = json.loads(body)["info"]["version"]
                    seen["versions"][version] = seen["versions"].get(version, 0) + 1
            except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
                seen["failed"] += 1
                if len(seen["first"]) < 10:
                    seen["first"].append(f"{time.strftime('%H:%M:%S')} {path}: {type(error).__name__}: {error}"[:200])
            time.sleep(0.1)


told = {door: [{"asked": 0, "failed": 0, "versions": {}, "first": []} for _ in range(2)] for door in doors}
threads = [threading.Thread(target=visit, args=(doors[door], seen)) for door, group in told.items() for seen in group]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
left.write_text(json.dumps({door: {
    "asked": sum(seen["asked"] for seen in group), "failed": sum(seen["failed"] for seen in group),
    "versions": {version: sum(seen["versions"].get(version, 0) for seen in group)
                 for version in sorted({version for seen in group for version in seen["versions"]})},
    "first": [words for seen in group for words in seen["first"]]} for door, group in told.items()}))
