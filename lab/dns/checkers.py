# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The threads that probe. They know when and whom from the schedule, and what it means from the judgement; here is only the doing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.dns.judgement import Health, statuses
from lab.dns.probes import Resolve, probe
from lab.dns.schedule import Schedule

PROBES_AT_ONCE = 48
TICK_SECONDS = 0.1


class Checkers:
    """Health checking of every check the control plane lists; `healthy` is what DNS answers by.

    health: file that gets {check id: {"healthy", "share", "checkers", "last"}} on every change; clock: monotonic seconds; source: the
    address that probes are sent from.
    """

    def __init__(self, health: Path, resolve: Resolve, clock: Callable[[], float] = time.monotonic, source: str = ""):
        self.health = health
        self.resolve = resolve
        self.clock = clock
        self.source = source
        self._lock = threading.Lock()
        self._schedule = Schedule()
        self._checks: dict[str, Mapping[str, Any]] = {}
        self._statuses: dict[str, Health] = {}
        self._written: dict[str, Any] | None = None

    def follow(self, checks: Mapping[str, Mapping[str, Any]]) -> None:
        """Check what the control plane lists from now on: {id: HealthCheckConfig}."""
        with self._lock:
            self._checks = dict(checks)
            self._schedule.follow(checks, self.clock())
            self._judge()

    def healthy(self, check_id: str | None) -> bool:
        """True for no check and for one that does not exist: Route 53 fails over for a reason only."""
        status = self._statuses.get(check_id or "")
        return status.healthy if status else True

    def run(self, stop: threading.Event) -> None:
        """Probe until told to stop."""
        with ThreadPoolExecutor(PROBES_AT_ONCE, thread_name_prefix="checker") as pool:
            while not stop.wait(TICK_SECONDS):
                with self._lock:
                    due = [(check_id, number, self._checks[check_id]) for check_id, number in self._schedule.take_due(self.clock())]
                for check_id, number, config in due:
                    pool.submit(self._look, check_id, number, config)

    def _look(self, check_id: str, number: int, config: Mapping[str, Any]) -> None:
        success, reason = probe(config, self.resolve, self.source)
        with self._lock:
            self._schedule.saw(check_id, number, config, success, reason)
            self._judge()

    def _judge(self) -> None:
        self._statuses = statuses(self._checks, self._schedule.views())
        told = {check_id: {"healthy": status.healthy, "share": round(status.share, 4), "checkers": status.checkers,
                           "last": self._reason(check_id)} for check_id, status in self._statuses.items()}
        if told != self._written:
            write_json(self.health, told)
            self._written = told

    def _reason(self, check_id: str) -> str:
        watch = self._schedule.watches.get(check_id)
        return watch.last if watch else "calculated from other checks"


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step: a reader sees the old or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value, indent=1, sort_keys=True))
    fresh.replace(path)
