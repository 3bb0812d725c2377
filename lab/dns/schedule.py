# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which checker looks at which endpoint when: every checker once per interval, their phases spread evenly over it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.dns.judgement import CHECKERS, Checker

# What decides the outcome of a probe; when one of these changes, what the checkers saw before says nothing any more.
TARGET = ("Type", "IPAddress", "FullyQualifiedDomainName", "Port", "ResourcePath", "SearchString")


@dataclass
class Watch:
    """One endpoint check under way: its configuration, its checkers' views and when each looks next (seconds of the caller's clock)."""

    config: Mapping[str, Any]
    due: list[float]
    views: list[Checker] = field(default_factory=lambda: [Checker()] * CHECKERS)
    busy: set[int] = field(default_factory=set)
    last: str = "has not looked yet"


class Schedule:
    """All watches. Not thread-safe: the caller holds its lock."""

    def __init__(self) -> None:
        self.watches: dict[str, Watch] = {}

    def follow(self, checks: Mapping[str, Mapping[str, Any]], now: float) -> None:
        """Take over the control plane's list: new checks start, changed targets start anew, removed ones stop."""
        wanted = {check_id: config for check_id, config in checks.items() if config["Type"] != "CALCULATED"}
        self.watches = {check_id: watch for check_id, watch in self.watches.items() if check_id in wanted}
        for check_id, config in wanted.items():
            watch = self.watches.get(check_id)
            if watch and all(watch.config.get(key) == config.get(key) for key in TARGET):
                watch.config = config
            else:
                interval = config.get("RequestInterval", 30)
                self.watches[check_id] = Watch(config, [now + interval * number / CHECKERS for number in range(CHECKERS)])

    def take_due(self, now: float) -> list[tuple[str, int]]:
        """(check id, checker) pairs whose time has come; each is then busy until `saw`, and next due one interval later."""
        taken = []
        for check_id, watch in self.watches.items():
            if watch.config.get("Disabled"):
                continue
            for number, due in enumerate(watch.due):
                if due <= now and number not in watch.busy:
                    watch.busy.add(number)
                    interval = watch.config.get("RequestInterval", 30)
                    watch.due[number] = due + interval if due + interval > now else now + interval
                    taken.append((check_id, number))
        return taken

    def saw(self, check_id: str, number: int, config: Mapping[str, Any], success: bool, reason: str) -> None:
        """Enter a result. One for a check that has gone, or was pointed elsewhere meanwhile, is dropped."""
        watch = self.watches.get(check_id)
        if watch is None or any(watch.config.get(key) != config.get(key) for key in TARGET):
            return
        watch.busy.discard(number)
        watch.views[number] = watch.views[number].saw(success, watch.config.get("FailureThreshold", 3))
        watch.last = reason

    def views(self) -> dict[str, list[Checker]]:
        """{check id: its checkers' views}."""
        return {check_id: list(watch.views) for check_id, watch in self.watches.items()}
