# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent as a service: `python3 -m multicloud_dr.switch.daemon [CONFIG]`, under systemd with Type=notify.

Four loops (record, gate, witness, the other clock) and one HTTP server for each address. SIGTERM ends it and touches nothing: a restart must not
close sales, and a gate nobody renews closes by itself. To close it on purpose, put the site into maintenance first.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from . import verdict, web
from .agent import Agent
from .gate import GateSilent
from .observations import NotLooked, Observations, to_plain
from .parts import (
    CONFIG,
    BadConfig,
    Config,
    LocalSessions,
    Tables,
    Witness,
    connect_database,
    connect_peer,
    make_gate,
    make_store,
    offset_to_plain,
    read_config,
    sight_to_plain,
)
from .peer_clock import PeerClock
from .words import in_words

LOOK_EVERY = 1.0    # seconds between two looks of the witness
TABLES_EVERY = 15.0     # likewise, at tables without triggers


class Service:
    """One agent, its witness and what they tell the outside."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.agent = Agent(config.site, config.primary, config.timing, store=make_store(config), gate=make_gate(config),
                           pulse=make_gate(config), clock=time.monotonic, maintenance=config.maintenance,
                           grace=float(config.raw.get("database_grace_seconds", 30.0)), sessions=LocalSessions(config))
        self.stop = threading.Event()
        self._witness, self._tables = Witness(config), Tables(config)
        self._peer = PeerClock(lambda: connect_database(config), connect_peer(config))
        self._ungated: list[str] | None = None      # None: not known
        self._tables_at = float("-inf")
        self._seen = Observations(config.site)
        self._seen_at = float("-inf")
        self._said = ""
        self._passed = time.monotonic()

    def tend_record(self) -> float:
        pause = self.agent.tend_record()
        self._passed = time.monotonic()
        return pause

    def observe(self) -> float:
        """One look at everything else, and one line in the log when the verdict changes."""
        sight = self.agent.sight
        silent = self.agent.record_said if sight is None or self._stale(sight.looked) else None
        self._witness.offset = self._peer.offset
        self._seen = self._witness.observe(sight, silent)
        self._seen_at = time.monotonic()
        if self._seen_at - self._tables_at >= TABLES_EVERY:
            self._tables_at = self._seen_at
            try:
                self._ungated = self._tables.ungated()
            except GateSilent:
                self._ungated = None
        found = self.verdict()
        if found.verdict != self._said:
            self._said = found.verdict
            print(f"{found.verdict}: {found.because}", flush=True)
        return LOOK_EVERY

    def measure(self) -> float:
        """One measurement of how far the other database's clock is from the one here."""
        return self._peer.measure()

    def verdict(self) -> verdict.Verdict:
        return verdict.judge(self._current(), self.config.timing, self.config.limits)

    def status(self) -> dict[str, Any]:
        """The whole of /status. Times in seconds; `sight` for a switch on this host, the rest for people and monitors."""
        agent, seen, found = self.agent, self._current(), self.verdict()
        look = agent.gate_look
        sight = agent.sight
        record = sight.seen.record if sight else None
        told = {
            "site": self.config.site, "primary": self.config.primary, "topology": self.config.topology,
            "writer": agent.is_writer, "maintenance": self.config.maintenance(), "renewals": agent.renewals, "beats": agent.beats,
            "record": {**(vars(record) if record else {}), "unchanged_seconds": round(sight.unchanged, 3) if sight else None,
                       "said": agent.record_said},
            "gate": {"server_uuid": look.server_uuid if look else None, "epoch": look.own.epoch if look and look.own else None,
                     "age_seconds": look.age(record.writer) if look and record else None, "said": agent.gate_said,
                     "drain": agent.drain_said, "ungated": self._ungated},
            "observations": {name: to_plain(getattr(seen, name)) for name in ("record", "gate", "replica", "writer_edge")},
            "clock": offset_to_plain(self._peer.offset, self._peer.said), "verdict": vars(found), "sight": sight_to_plain(sight),
        }
        return {**told, "words": in_words(told)}

    def alive(self) -> bool:
        """The record's loop has come round within a TTL; what watchdogs ask."""
        return time.monotonic() - self._passed < self.config.timing.ttl

    def _stale(self, at: float) -> bool:
        return time.monotonic() - at > self.config.timing.blink

    def _current(self) -> Observations:
        """What was seen, or nothing at all once it is too old to count."""
        age = time.monotonic() - self._seen_at
        if age <= self.config.timing.blink + LOOK_EVERY:
            return self._seen
        old = NotLooked("nothing has been looked at yet" if age == float("inf") else f"the last look is {age:.1f} s old")
        return Observations(self.config.site, old, old, old, old, maintenance=self.config.maintenance())


def notify(message: str) -> None:
    """Tell systemd, when it listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect("\0" + address[1:] if address.startswith("@") else address)
        to.sendall(message.encode())


def _loop(service: Service, one_pass: Callable[[], float], failed: list[BaseException]) -> None:
    """Repeat one pass until told to stop. An error nobody foresaw ends the service: systemd starts a fresh one, the gate waits."""
    try:
        while not service.stop.is_set():
            service.stop.wait(one_pass())
    except BaseException as error:
        failed.append(error)
        service.stop.set()
        raise


def main(arguments: list[str]) -> int:
    try:
        config = read_config(arguments[0] if arguments else CONFIG)
        service = Service(config)
        servers = [web.serve(address, int(config.raw["listen"]["port"]), lambda: service.agent.is_writer, service.status)
                   for address in config.raw["listen"]["addresses"]]
    except (BadConfig, OSError) as error:
        print(f"The agent cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: service.stop.set())
    failed: list[BaseException] = []
    threads = [threading.Thread(target=_loop, args=(service, one_pass, failed), daemon=True)
               for one_pass in (service.tend_record, service.agent.tend_gate, service.observe, service.measure)]
    threads += [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    notify("READY=1")
    while not service.stop.wait(1.0):
        if service.alive():
            notify("WATCHDOG=1")
    notify("STOPPING=1")
    for server in servers:
        server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
