# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's row under load: how long a beat needs to be seen on the standby, how old it is after a rush, what the triggers cost."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, value
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate, gate_triggers

from bench.db.customers import BESIDE, Customers, gate_of, renewing
from bench.db.load import FREE, GATED, Buyers, Crowd, create_sql
from bench.db.servers import AWS, NHN, SCHEMA, Pair, boss

BEATS_A_SECOND = 20         # five times what an agent writes, so that a minute gives enough of them for a percentile
PROMISED, PACE = 2_000, 2_200       # commits a second that the delay is promised at, and while beats are timed
STEADY_SECONDS, RUSH_SECONDS, RUSHES = 25.0, 6.0, 3
ROUNDS, ROUND_SECONDS = 16, 1.0       # short ones, so that whatever else the machine does hits both alike
EPOCH = 1


class Beats:
    """Writes beats at the source, and watches for them at the target, each in a thread of its own."""

    def __init__(self, pair: Pair) -> None:
        self.source = gate_of(pair.source)
        self.target = pair.target
        self.written: dict[int, float] = {}         # {sequence: when it was committed}
        self.seen: dict[int, float] = {}            # {sequence: when it was seen; others in between were seen then too}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write), threading.Thread(target=self._watch)]

    def __enter__(self) -> Beats:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        self.source.drop()

    def delays(self) -> list[float]:
        """Seconds from commit to sight, for each beat that has been seen."""
        arrivals = sorted(self.seen.items())
        found, at = [], 0
        for sequence, written in sorted(self.written.items()):
            while at < len(arrivals) and arrivals[at][0] < sequence:
                at += 1
            if at < len(arrivals):
                found.append(max(0.0, arrivals[at][1] - written))
        return found

    def age(self) -> float:
        """Seconds since the newest beat that has been seen was written."""
        return time.monotonic() - self.written[max(sequence for sequence in self.seen if sequence in self.written)]

    def _write(self) -> None:
        sequence = next(row.sequence for row in self.source.look().rows)
        began, count = time.monotonic(), 0
        while not self._stop.is_set():
            if self.source.beat(EPOCH) is None:
                raise RuntimeError("the gate is shut")
            sequence += 1
            count += 1
            self.written[sequence] = time.monotonic()
            time.sleep(max(0.0, began + count / BEATS_A_SECOND - time.monotonic()))

    def _watch(self) -> None:
        with self.target.connected() as conn:
            last = 0
            while not self._stop.is_set():
                sequence = int(value(conn, "SELECT MAX(sequence) FROM dr.gate") or 0)
                if sequence > last:
                    last = sequence
                    self.seen[sequence] = time.monotonic()
                time.sleep(0.005)


def replica(pair: Pair) -> dict[str, Any]:
    """With the standby following: the beat's delay at a steady pace, and its age at the end of a rush, the median of three."""
    buyer = Server(pair.source.host, pair.source.port, "shop", "shop")
    with _followed(pair), Beats(pair) as beats:
        with Buyers(buyer, GATED, pace=PACE) as buyers:
            buyers.during(3)
            beats.written.clear()
            rate = buyers.during(STEADY_SECONDS)
            delays = sorted(beats.delays())
        rushes = []
        for _ in range(RUSHES):
            _settled(beats)
            with Buyers(buyer, GATED) as buyers:
                rate_of_it = buyers.during(RUSH_SECONDS)
                rushes.append({"age": beats.age(), "commits_per_second": rate_of_it})
        caught_up = _settled(beats)
    found = {"beat_delay_p99_seconds": delays[int(len(delays) * 0.99)], "beat_delay_median_seconds": statistics.median(delays),
             "beats": len(delays), "commits_per_second": rate, "burst_lag_seconds": statistics.median(each["age"] for each in rushes),
             "burst_commits_per_second": statistics.median(each["commits_per_second"] for each in rushes), "caught_up_seconds": caught_up}
    print("  " + ", ".join(f"{name} {number:.3f}" for name, number in found.items()), flush=True)
    return {**found, "rushes": rushes}


def cost(pair: Pair) -> dict[str, Any]:
    """One-row inserts a second into a table without the triggers and into one with them, in turn, and how long a renewal waits meanwhile,
    and a commit that has nothing to do with the gate: of customers with the application's driver, and of buyers who cost next to nothing
    (`bare_...`), which leaves both cores to the server.
    """
    buyer = Server(pair.source.host, pair.source.port, "shop", "shop")
    found: dict[str, Any] = {}
    with _opened(pair):
        for name, crowd in (("", Customers(buyer, FREE)), ("bare_", Buyers(buyer, FREE))):
            with renewing(pair.source, EPOCH) as waits, crowd:
                found |= {name + what: number for what, number in _in_turn(crowd).items()}
            for what, each in waits.items():
                found |= {f"{name}{what}_wait_max_seconds": max(each), f"{name}{what}_wait_median_seconds": statistics.median(each),
                          f"{name}{what}_wait_p99_seconds": sorted(each)[int(len(each) * 0.99) - 1], f"{name}{what}s": len(each)}
    print("  " + ", ".join(f"{name} {number:.4g}" for name, number in found.items() if not isinstance(number, list)), flush=True)
    return found


def _in_turn(crowd: Crowd) -> dict[str, Any]:
    """The median over the rounds, each of which compares two neighbouring seconds."""
    rates: dict[str, list[float]] = {FREE: [], GATED: []}
    crowd.during(2)
    for turn in range(ROUNDS):
        for table in (FREE, GATED) if turn % 2 else (GATED, FREE):
            crowd.to(table)
            crowd.during(0.1)
            rates[table].append(round(crowd.during(ROUND_SECONDS), 1))
    costs = [100 * (1 - gated / free) for free, gated in zip(rates[FREE], rates[GATED], strict=True)]
    return {"gate_cost_percent": statistics.median(costs), "free_per_second": statistics.median(rates[FREE]),
            "gated_per_second": statistics.median(rates[GATED]), "costs": [round(each, 1) for each in costs]}


@contextmanager
def _opened(pair: Pair) -> Iterator[None]:
    """An open gate at the source, and two empty tables to buy into, one of them guarded by the gate."""
    with pair.source.connected() as conn:
        for statement in (f"CREATE DATABASE IF NOT EXISTS {SCHEMA}", f"DROP TABLE IF EXISTS {FREE}, {GATED}", create_sql(FREE), create_sql(GATED),
                          gate.SCHEMA, gate.TABLE, "DELETE FROM dr.gate"):
            execute(conn, statement)
        gate_triggers.install(conn, [SCHEMA], exclude=[FREE, BESIDE])
    opener = gate_of(pair.source)
    opener.open("nhn", EPOCH, opener.look().now + 3600)
    opener.drop()
    yield


@contextmanager
def _followed(pair: Pair) -> Iterator[None]:
    """The target follows the source, from where the source is now, with both schemas as they are made from here on."""
    aws = dialects.for_site("aws_rds")
    boss(NHN, f"DROP DATABASE IF EXISTS {SCHEMA}; DROP DATABASE IF EXISTS dr;")
    boss(AWS, f"DROP DATABASE IF EXISTS {SCHEMA}; DROP DATABASE IF EXISTS dr;")
    source = dialects.Source(pair.source.host, pair.source.port, "dr_repl", "dr_repl")
    with pair.source.connected() as conn:
        position = replication.binlog_position(conn)
    with pair.target.connected() as conn:
        replication.follow(conn, aws, source, position)
        replication.start(conn, aws, limit=20)
        try:
            with _opened(pair):
                with pair.source.connected() as here:
                    replication.catch_up(conn, aws, replication.binlog_position(here), 20)
                yield
        finally:
            replication.detach(conn, aws)


def _settled(beats: Beats) -> float:
    """Wait until the newest beats arrive within a moment again; returns the seconds that took."""
    began = time.monotonic()
    while beats.age() > 0.3:
        if time.monotonic() - began > 60:
            raise TimeoutError("the standby does not catch up")
        time.sleep(0.1)
    return time.monotonic() - began
