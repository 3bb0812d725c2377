# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.ack`: what `ack: both_sites` costs. Two real servers, one following the other over a link of some length, and one copy of the
ticketing service in each of three states: `local`, `both_sites`, and `both_sites` with the link cut.

Leaves in build/bench/app.json: `both_sites_extra_ms` (median of one buyer's purchases, over `local`'s), beside it the round trip and the time to
apply of the same minutes; `both_sites_share_of_local` (purchases a second of 100 clients); `both_sites_to_local_seconds` (of the worst
cut: the longest that one of a few buyers had to wait for an answer, and how long until the first one was told `local`, whichever is greater).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle

from bench.record import ROOT, record
from lab.hosts.mysql.server import sql
from tests.contract.app_shop import Shop, opened, stocked, url
from tests.contract.mysql_pair import SCHEMAS, Pair, another, until

CLONE = zlib.crc32(str(ROOT).encode()) % 200
NETWORK, PREFIX = f"bench-ack-{CLONE}", f"10.248.{CLONE}"
LINK = f"{PREFIX}.254"          # the address at which either end of the wire listens
TO_STANDBY, TO_WRITER = 13306, 23306
PURCHASES = 400                 # of one buyer, in each state and round
FEW = 4                         # buyers while the link is cut
DURABLE = "SET GLOBAL sync_binlog = 1; SET GLOBAL innodb_flush_log_at_trx_commit = 1;"      # as both providers have it
APPLIED = ("SELECT TIMESTAMPDIFF(MICROSECOND, LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, "
           "LAST_APPLIED_TRANSACTION_END_APPLY_TIMESTAMP) / 1000 AS ms FROM performance_schema.replication_applier_status_by_worker "
           "WHERE LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP > NOW(6) - INTERVAL 1 SECOND")


@dataclass(frozen=True)
class Told:
    """One purchase: when it was sent and answered, and what was promised."""

    sent: float
    t: float
    ack: str

    @property
    def ms(self) -> float:
        return (self.t - self.sent) * 1000


class Buyers:
    """Clients of one copy, each on a connection of its own, each with a new wish as soon as the last one is answered."""

    def __init__(self, port: int, event_id: int, seats: Iterator[str]) -> None:
        self._port, self._event_id, self._seats = port, event_id, seats

    def during(self, clients: int, seconds: float) -> list[Told]:
        """What so many were told in so many seconds."""
        return self._crowd(clients, lambda began, _count: time.monotonic() - began < seconds)

    def times(self, count: int) -> list[Told]:
        """What one was told so many times."""
        return self._crowd(1, lambda _began, done: done < count)

    def _crowd(self, clients: int, more: Any) -> list[Told]:
        told: list[Told] = []

        async def everybody() -> None:
            began = time.monotonic()
            await asyncio.gather(*(self._buyer(told, began, more) for _ in range(clients)))

        asyncio.run(everybody())
        return told

    async def _buyer(self, told: list[Told], began: float, more: Any) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while more(began, len(told)):
            body = json.dumps({"event_id": self._event_id, "seat": next(self._seats), "buyer": "kim"})
            sent = time.monotonic()
            writer.write((f"POST /api/purchases HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {uuid.uuid4()}\r\nContent-Type: application/json\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            said = json.loads(await reader.readexactly(length))
            if not head.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(f"not sold: {said}")
            told.append(Told(sent, time.monotonic(), said["ack"]))
        writer.close()


def parameters(cloud: str) -> dict[str, object]:
    """The server's parameters as the cloud's role sets them."""
    name = f"{cloud}_database"
    found: dict[str, object] = yaml.safe_load((ROOT / "roles" / name / "defaults" / "main.yml").read_text())[f"{name}_parameters"]
    return found


@contextmanager
def wire(pair: Pair, round_trip_ms: float) -> Iterator[subprocess.Popen[bytes]]:
    """The link between both sites: the application and the standby's replication go through it."""
    ways = [f"{LINK}:{TO_STANDBY}={pair.standby.host}:3306", f"{LINK}:{TO_WRITER}={pair.primary.host}:3306"]
    process = subprocess.Popen([sys.executable, "-m", "bench.wire", str(round_trip_ms), *ways], cwd=ROOT)
    try:
        until(lambda: _listens(LINK, TO_STANDBY) and _listens(LINK, TO_WRITER))
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(10)


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@contextmanager
def beating(shop: Shop) -> Iterator[None]:
    """The writer's heartbeat, as its agent writes it."""
    stop = threading.Event()

    def beat() -> None:
        with shop.writer.connected() as conn:
            while not stop.wait(0.25):
                execute(conn, "UPDATE dr.gate SET sequence = sequence + 1, beat_at = UNIX_TIMESTAMP(SYSDATE(6)) WHERE server_uuid = @@server_uuid")

    heart = threading.Thread(target=beat)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join(10)


@contextmanager
def serving(shop: Shop, ack: str) -> Iterator[int]:
    """One copy of the application; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {**os.environ, "PYTHONPATH": str(ROOT / "app"), "SITE": "nhn", "DATABASE_URL": url(shop.writer), "ACK": ack,
             "STANDBY_DATABASE_URL": f"mysql+pymysql://app:app@{LINK}:{TO_STANDBY}/sales"}
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "--factory", "ticketing.main:create", "--port", str(port), "--no-access-log",
                                "--log-level", "error"], env=given)
    try:
        until(lambda: _listens("127.0.0.1", port))
        yield port
    finally:
        process.terminate()
        process.wait(20)


def round_trip(pair: Pair) -> float:
    """Milliseconds of a question to the standby over the wire, the median of many."""
    at = pair.as_user("aws", "app")
    with type(at)(LINK, TO_STANDBY, at.user, at.password).connected() as conn:
        found = []
        for _ in range(200):
            began = time.perf_counter()
            value(conn, "SELECT 1")
            found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


class Applying:
    """How long the standby takes from the source's commit to its own, sampled while others buy; both servers have this machine's clock."""

    def __init__(self, pair: Pair) -> None:
        self._pair, self._stop = pair, threading.Event()
        self._found: list[float] = []
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> list[float]:
        self._thread.start()
        return self._found

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _watch(self) -> None:
        with self._pair.standby.connected() as conn:
            while not self._stop.wait(0.05):
                self._found += [float(row["ms"]) for row in query(conn, APPLIED)]


def measure(pair: Pair, link: subprocess.Popen[bytes], shop: Shop, rounds: int, seconds: float, clients: int) -> dict[str, Any]:
    """All three states in turn, so that whatever else the machine does hits them alike."""
    seats = (f"{row.label}" for row in _seats(shop))
    one: dict[str, list[float]] = {"local": [], "both_sites": []}
    many: dict[str, list[list[Told]]] = {"local": [], "both_sites": [], "cut": []}
    applied: list[float] = []
    cuts = []
    with ExitStack() as copies:
        buyers = {ack: Buyers(copies.enter_context(serving(shop, ack)), shop.event_id, seats) for ack in one}
        until(lambda: buyers["both_sites"].times(1)[0].ack == "both_sites")
        for number in range(rounds):
            for ack in (*one,) if number % 2 else (*reversed(one),):
                with Applying(pair) as found:
                    told = buyers[ack].times(PURCHASES)
                one[ack] += [each.ms for each in told]
                applied += found if ack == "both_sites" else []
                many[ack].append(buyers[ack].during(clients, seconds))
                assert {each.ack for each in told} == {ack}, "nobody was left waiting"
            try:
                cuts.append(fall_back(link, buyers["both_sites"]))
                many["cut"].append(buyers["both_sites"].during(clients, seconds))
            finally:
                link.send_signal(signal.SIGCONT)
            until(lambda: buyers["both_sites"].times(1)[0].ack == "both_sites", 60)
    trip = round_trip(pair)
    assert {each.ack for told in many["cut"] for each in told} == {"local"}
    rates = {state: [len(told) / seconds for told in each] for state, each in many.items()}
    shares = [both / local for both, local in zip(rates["both_sites"], rates["local"], strict=True)]
    fell_back = sum(each.ack == "local" for told in many["both_sites"] for each in told)
    return {
        "round_trip_ms": trip, "apply_ms": statistics.median(applied) - trip / 2, "applied": len(applied),
        "one": {ack: _spread(each) for ack, each in one.items()}, "many": {state: _spread([each.ms for told in all_ for each in told])
                                                                          for state, all_ in many.items()},
        "rates": rates, "shares": shares, "cuts": cuts, "told_local_under_load": fell_back,
    }


def fall_back(link: subprocess.Popen[bytes], buyers: Buyers) -> dict[str, float]:
    """The link is cut while a few buy, so that nobody waits for anything but the standby; and it stays cut."""
    at: list[float] = []

    def strike() -> None:
        link.send_signal(signal.SIGSTOP)
        at.append(time.monotonic())

    timer = threading.Timer(1, strike)
    timer.start()
    told = buyers.during(FEW, 3)
    timer.join()
    after = [each for each in told if each.t > at[0]]
    return {"first_local_seconds": min(each.t for each in after if each.ack == "local") - at[0],
            "longest_wait_seconds": max(each.t - each.sent for each in after)}


def _seats(shop: Shop) -> Any:
    with shop.engine.connect() as conn:
        return conn.exec_driver_sql(f"SELECT label FROM seats WHERE event_id = {int(shop.event_id)} ORDER BY id").all()


def _spread(each: list[float]) -> dict[str, float]:
    ordered = sorted(each)
    return {"count": len(ordered), "median_ms": round(statistics.median(ordered), 2), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2), "max_ms": round(ordered[-1], 2)}


def figures(found: dict[str, Any]) -> dict[str, float]:
    """What is relied on."""
    one = {ack: each["median_ms"] for ack, each in found["one"].items()}
    return {
        "both_sites_extra_ms": round(one["both_sites"] - one["local"], 2), "both_sites_round_trip_ms": round(found["round_trip_ms"], 2),
        "both_sites_apply_ms": round(found["apply_ms"], 2), "both_sites_share_of_local": round(statistics.median(found["shares"]), 3),
        "both_sites_to_local_seconds": round(max(max(each["first_local_seconds"], each["longest_wait_seconds"]) for each in found["cuts"]), 3),
        "both_sites_per_second": round(statistics.median(found["rates"]["both_sites"]), 1),
        "local_per_second": round(statistics.median(found["rates"]["local"]), 1),
        "cut_per_second": round(statistics.median(found["rates"]["cut"]), 1),
    }


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.ack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--round-trip-ms", type=float, default=4.0, help="of the link between the sites (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of all three states (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each turn under load (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=100, help="who buy at the same time (default: %(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that the servers are taken away then, too
    with tempfile.TemporaryDirectory() as folder, another(Path(folder), NETWORK, PREFIX, parameters("nhn"), parameters("aws")) as pair, \
            wire(pair, options.round_trip_ms) as link:
        for name in (pair.nhn, pair.aws):
            sql(name, DURABLE)
        settle(Wish("replicating", pair.standby, "aws_rds", reader=pair.primary, source=Source(LINK, TO_WRITER, "dr_repl", "it's repl"),
                    schemas=SCHEMAS, retention_hours=72, wait_seconds=60))
        with opened((pair.primary, pair.standby)) as shop, beating(shop):
            found = measure(pair, link, stocked(shop, rows=500, width=200), options.rounds, options.seconds, options.clients)
    made = figures(found)
    print(json.dumps(found["one"] | found["many"], indent=1))
    for name, number in made.items():
        print(f"{name:32} {number}")
    record("app", made, {"what": "ack", "round_trip_ms": options.round_trip_ms, "clients": options.clients, **found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
