# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probe bookkeeping as the kubelet does it: when the next one is due and what the last ones together say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass
class Watch:
    """One probe of one container since its start. `verdict` is None until enough results agree."""

    spec: Object
    next_due: float
    verdict: bool | None = None
    streak: int = 0
    last: bool | None = None
    words: str = ""

    def record(self, success: bool, words: str, now: float) -> None:
        """Take a result in."""
        self.streak = self.streak + 1 if success == self.last else 1
        self.last, self.words = success, words
        self.next_due = now + self.spec["periodSeconds"]
        if self.streak >= self.spec["successThreshold" if success else "failureThreshold"]:
            self.verdict = success


class Probes:
    """All probes of a container that runs since `now`."""

    def __init__(self, container: Object, now: float):
        self.watches = {
            kind: Watch(container[name], now + container[name].get("initialDelaySeconds", 0))
            for kind, name in (("startup", "startupProbe"), ("liveness", "livenessProbe"), ("readiness", "readinessProbe"))
            if name in container
        }

    @property
    def started(self) -> bool:
        """Whether the start-up probe, if there is one, has succeeded; until then no other probe runs."""
        return "startup" not in self.watches or self.watches["startup"].verdict is True

    @property
    def ready(self) -> bool:
        """Whether traffic may come."""
        return self.started and ("readiness" not in self.watches or self.watches["readiness"].verdict is True)

    @property
    def kill(self) -> str:
        """Why the container has to be restarted; "" when it has not."""
        for kind in ("startup", "liveness"):
            watch = self.watches.get(kind)
            if watch and watch.verdict is False:
                return f"Container failed {kind} probe, will be restarted: {watch.words}"
        return ""

    def current(self) -> list[tuple[str, Watch]]:
        """The probes that run in this phase of the container's life."""
        return [(kind, watch) for kind, watch in self.watches.items() if (kind == "startup") != self.started]

    def due(self, now: float) -> list[tuple[str, Watch]]:
        """The probes to make now."""
        return [(kind, watch) for kind, watch in self.current() if watch.next_due <= now]

    def next_due(self) -> float | None:
        """When the next probe is due; None when there is none."""
        return min((watch.next_due for _, watch in self.current()), default=None)


def restart_delay(restarts: int, ran_for: float) -> float:
    """Seconds before the next start: none for the first, then 10 s doubling up to 5 minutes; 10 good minutes make it forget."""
    if restarts == 0 or ran_for >= 600:
        return 0.0
    return min(300.0, 10.0 * 2 ** (restarts - 1))
