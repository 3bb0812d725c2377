# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods use, from the kernel's counters, and how the metrics API (metrics.k8s.io/v1beta1) tells it, as metrics-server does.

A pod has figures once it has been looked at twice. There are no nodes here, so there are no figures of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.kubernetes.store import timestamp

Object = dict[str, Any]
ADDON = "metrics_server"        # without it a cluster has no metrics API, and autoscalers of pods have nothing to go by


@dataclass(frozen=True)
class Counters:
    """Of a running container: processor `seconds` since its start, `memory` in bytes that it works with (None: the kernel does not tell)."""

    seconds: float
    memory: int | None


@dataclass(frozen=True)
class Usage:
    """Average `cores` over the `window` seconds that ended at `when` (epoch seconds), and `memory` in bytes at that time."""

    cores: float
    memory: int | None
    when: float
    window: float


class Meter:
    """What each pod has used lately."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, float]] = {}
        self._figures: dict[str, Usage] = {}

    def sample(self, now: float, counters: Mapping[str, Counters]) -> None:
        """Take in the counters of the pods that run, by uid. One that fell belongs to a restarted container: it begins anew."""
        for uid, read in counters.items():
            when, before = self._last.get(uid, (now, read.seconds))
            if read.seconds < before:
                self._figures.pop(uid, None)
            elif now > when:
                self._figures[uid] = Usage((read.seconds - before) / (now - when), read.memory, now, now - when)
            self._last[uid] = (now, read.seconds)
        for uid in [uid for uid in self._last if uid not in counters]:
            del self._last[uid]
            self._figures.pop(uid, None)

    def usage(self, pod: Object) -> Usage | None:
        """The pod's figures; None until there have been two samples."""
        return self._figures.get(pod["metadata"]["uid"])

    def cores(self, pod: Object) -> float | None:
        """Its processor use alone, for autoscalers."""
        usage = self.usage(pod)
        return usage.cores if usage else None


def pod_metrics(pod: Object, usage: Callable[[Object], Usage | None]) -> Object | None:
    """The PodMetrics object of a pod; None when it has no figures."""
    now = usage(pod)
    if now is None or now.memory is None:
        return None
    metadata = {key: pod["metadata"][key] for key in ("name", "namespace", "labels") if key in pod["metadata"]}
    amounts = {"cpu": f"{round(now.cores * 1e9)}n" if now.cores else "0", "memory": f"{now.memory // 1024}Ki"}
    return {"kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {**metadata, "creationTimestamp": timestamp(now.when)},
            "timestamp": timestamp(now.when), "window": f"{now.window:.3f}s",
            "containers": [{"name": pod["spec"]["containers"][0]["name"], "usage": amounts}]}
