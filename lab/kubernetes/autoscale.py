# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The horizontal pod autoscaler's arithmetic for cpu Utilization, as Kubernetes does it. Pure, but for the memory it is handed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from lab.kubernetes.defaults import SCALE_DOWN, SCALE_UP

Object = dict[str, Any]
TOLERANCE = 0.1
DOWN_WINDOW = 300.0         # seconds a lower recommendation has to last, unless behavior says otherwise


@dataclass(frozen=True)
class PodCpu:
    """One pod's share: `used` cores (None: no figure yet) and `requested` cores (None: it requests none)."""

    name: str
    used: float | None
    requested: float | None
    ready: bool


@dataclass(frozen=True)
class Measure:
    """`replicas` the figures ask for, the `utilization` in percent they show, and cores per pod; or `problem` saying why there is none."""

    replicas: int
    utilization: int = 0
    average: float = 0.0
    problem: str = ""


@dataclass
class Memory:
    """What one autoscaler remembers between looks: (time, recommendation) and (time, change in replicas)."""

    recommended: list[tuple[float, int]] = field(default_factory=list)
    changes: list[tuple[float, int]] = field(default_factory=list)


def measure(current: int, target: int, pods: list[PodCpu]) -> Measure:
    """How many replicas bring the average to `target` percent of the requests.

    Pods that are not ready or have no figure cannot argue for growth (they count as idle when growing) nor for shrinking (they
    count as fully used); a change within the tolerance is none.
    """
    if any(pod.requested is None for pod in pods):
        name = next(pod.name for pod in pods if pod.requested is None)
        return Measure(current, problem=f"failed to get cpu utilization: missing request for cpu in container of Pod {name}")
    known = [pod for pod in pods if pod.used is not None and pod.ready]
    if not known:
        return Measure(current, problem="failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)")
    used, asked = _sums(known)
    shown = Measure(current, utilization=round(used / asked * 100), average=used / len(known))
    ratio = used / asked * 100 / target
    unknown = [pod for pod in pods if pod not in known]
    if not unknown:
        return shown if abs(ratio - 1) <= TOLERANCE else _with(shown, math.ceil(ratio * len(known)))
    asked_unknown = sum(pod.requested or 0.0 for pod in unknown)
    guessed = (used + (asked_unknown if ratio < 1 else 0.0)) / (asked + asked_unknown) * 100 / target
    if abs(guessed - 1) <= TOLERANCE or (ratio < 1 < guessed) or (guessed < 1 < ratio):
        return shown
    replicas = math.ceil(guessed * len(pods))
    wrong_way = (ratio < 1 and replicas > current) or (ratio > 1 and replicas < current)
    return shown if wrong_way else _with(shown, replicas)


def unmeasured(current: int) -> Measure:
    """What there is to say of a cluster without a metrics API."""
    return Measure(current, problem="failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from "
                   "resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)")


def _sums(pods: list[PodCpu]) -> tuple[float, float]:
    return sum(pod.used or 0.0 for pod in pods), sum(pod.requested or 0.0 for pod in pods)


def _with(shown: Measure, replicas: int) -> Measure:
    return Measure(replicas, shown.utilization, shown.average)


def settle(spec: Object, current: int, wanted: int, memory: Memory, now: float) -> tuple[int, str]:
    """What becomes of a recommendation: (replicas, reason) after stabilisation, rate policies and the bounds."""
    least, most = spec["minReplicas"], spec["maxReplicas"]
    if current < least:
        return least, "TooFewReplicas"
    if current > most:
        return most, "TooManyReplicas"
    up = {**SCALE_UP, **spec.get("behavior", {}).get("scaleUp", {})}
    down = {"stabilizationWindowSeconds": DOWN_WINDOW, **SCALE_DOWN, **spec.get("behavior", {}).get("scaleDown", {})}
    stable = _stabilised(current, wanted, (up["stabilizationWindowSeconds"], down["stabilizationWindowSeconds"]), memory, now)
    if stable > current:
        allowed = min(stable, max(current, _limit_up(current, up, memory, now)))
        return (most, "TooManyReplicas") if allowed > most else (allowed, "ScaleUpLimit" if allowed < stable else "DesiredWithinRange")
    if stable < current:
        allowed = max(stable, min(current, _limit_down(current, down, memory, now)))
        return (least, "TooFewReplicas") if allowed < least else (allowed, "ScaleDownLimit" if allowed > stable else "DesiredWithinRange")
    return current, "ScaleDownStabilized" if wanted < current else "DesiredWithinRange"


def _stabilised(current: int, wanted: int, windows: tuple[float, float], memory: Memory, now: float) -> int:
    """Growth follows the lowest recommendation of its window, shrinking the highest of its own. `windows`: (up, down) seconds."""
    memory.recommended = [(when, value) for when, value in memory.recommended if now - when < max(windows)]
    lowest, highest = (pick([wanted, *(value for when, value in memory.recommended if now - when < window)])
                       for pick, window in zip((min, max), windows, strict=True))
    memory.recommended.append((now, wanted))
    return min(max(current, lowest), highest)


def _limit_up(current: int, rules: Object, memory: Memory, now: float) -> int:
    limits = []
    for policy in rules["policies"]:
        before = current - sum(change for when, change in memory.changes if now - when < policy["periodSeconds"] and change > 0)
        limits.append(before + policy["value"] if policy["type"] == "Pods" else math.ceil(before * (1 + policy["value"] / 100)))
    return _selected(rules, limits, current, widest=max)


def _limit_down(current: int, rules: Object, memory: Memory, now: float) -> int:
    limits = []
    for policy in rules["policies"]:
        before = current - sum(change for when, change in memory.changes if now - when < policy["periodSeconds"] and change < 0)
        limits.append(before - policy["value"] if policy["type"] == "Pods" else math.floor(before * (1 - policy["value"] / 100)))
    return _selected(rules, limits, current, widest=min)


def _selected(rules: Object, limits: list[int], current: int, widest: Any) -> int:
    if rules["selectPolicy"] == "Disabled":
        return current
    narrowest = min if widest is max else max
    return (widest if rules["selectPolicy"] == "Max" else narrowest)(limits)


def remember(memory: Memory, now: float, change: int) -> None:
    """Note a change of size that was carried out; the longest period a policy may look back is half an hour."""
    memory.changes = [(when, value) for when, value in memory.changes if now - when < 1800]
    if change:
        memory.changes.append((now, change))
