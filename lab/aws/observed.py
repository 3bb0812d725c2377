# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the materialiser has seen become real. Extensions read it; only `PUT /_lab/observed` writes it.

Shapes: `vpn_telemetry` {vpn id: [{"outside_ip", "status": "UP"|"DOWN"}]}, `instances` {instance id: "running"},
`databases` {identifier: {"status", "address"}}, `target_health` {target group arn: {target id: "healthy"|"unhealthy"}}.
A report adds to what is known: an entry that a later report leaves out keeps its last value.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

SECTIONS = ("vpn_telemetry", "instances", "databases", "target_health")


class Observed:
    """Thread-safe store of the sections above."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}

    def report(self, seen: Mapping[str, Mapping[str, Any]]) -> None:
        """Take a report in. Raises ValueError naming every section that does not exist or is not a mapping."""
        wrong = [name for name, entries in seen.items() if name not in SECTIONS or not isinstance(entries, Mapping)]
        if wrong:
            raise ValueError(f"observed: {', '.join(sorted(wrong))}: expected mappings named {', '.join(SECTIONS)}")
        with self._lock:
            for name, entries in seen.items():
                self._sections[name].update(entries)

    def get(self, section: str, key: str, default: Any = None) -> Any:
        """The last reported value, or `default` when nobody has looked yet."""
        with self._lock:
            return self._sections[section].get(key, default)

    def forget(self) -> None:
        """Start anew, as after a restart."""
        with self._lock:
            for entries in self._sections.values():
                entries.clear()


OBSERVED = Observed()
