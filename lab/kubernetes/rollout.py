# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a Deployment moves from one template to the next: the arithmetic of Kubernetes' deployment controller. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from lab.kubernetes.store import seconds

Object = dict[str, Any]
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
SAFE = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Group:
    """A ReplicaSet as the arithmetic sees it: asked for, and (of its living pods) how many are available."""

    name: str
    wanted: int
    available: int


def template_hash(template: Object) -> str:
    """Ten characters that are the same for equal templates."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(SAFE[byte % len(SAFE)] for byte in digest[:10])


def share(value: int | str, total: int, up: bool) -> int:
    """An int-or-percentage of `total`: `25%` is rounded up for surge and down for unavailability."""
    if isinstance(value, int):
        return value
    part = total * float(value.removesuffix("%")) / 100
    return math.ceil(part) if up else math.floor(part)


def bounds(spec: Object) -> tuple[int, int]:
    """(pods allowed above, pods allowed to be missing) while rolling; never both zero."""
    rolling = spec["strategy"]["rollingUpdate"]
    surge = share(rolling["maxSurge"], spec["replicas"], up=True)
    missing = share(rolling["maxUnavailable"], spec["replicas"], up=False)
    return (surge, missing) if surge or missing else (0, 1)


def step(spec: Object, new: Group, old: list[Group], pods_left: int) -> dict[str, int]:
    """How many replicas each ReplicaSet shall have next. `old`: oldest first; `pods_left`: pods of old sets that still exist.

    Rolling: the new set grows into what the surge leaves; old sets first lose pods that are not available, then as many available
    ones as the minimum allows. Recreate: the old ones all go before the first new one comes.
    """
    if spec.get("paused"):
        return _proportional(spec, new, old)
    if spec["strategy"]["type"] == "Recreate":
        return {group.name: 0 for group in old} | {new.name: new.wanted if pods_left else spec["replicas"]}
    surge, missing = bounds(spec)
    wanted = {group.name: group.wanted for group in [*old, new]}
    room = spec["replicas"] + surge - sum(wanted.values())
    if new.wanted >= spec["replicas"]:
        wanted[new.name] = spec["replicas"]
    elif room > 0:
        wanted[new.name] = min(spec["replicas"], new.wanted + room)
    return wanted | _shrink(spec["replicas"] - missing, wanted[new.name], new, old)


def _shrink(least: int, new_wanted: int, new: Group, old: list[Group]) -> dict[str, int]:
    """What the old sets keep, when at least `least` pods must stay available."""
    left = {group.name: group.wanted for group in old}
    spare = sum(left.values()) + new.wanted - least - (new.wanted - min(new.available, new.wanted))
    for group in old:                                      # pods that serve nobody go first
        gone = max(0, min(spare, group.wanted - group.available))
        left[group.name] -= gone
        spare -= gone
    available = sum(min(group.available, left[group.name]) for group in old) + min(new.available, new_wanted)
    spare = available - least
    for group in old:
        gone = max(0, min(spare, left[group.name]))
        left[group.name] -= gone
        spare -= gone
    return left


def _proportional(spec: Object, new: Group, old: list[Group]) -> dict[str, int]:
    """A paused Deployment keeps its mix; only a change of size reaches its newest set that has pods."""
    wanted = {group.name: group.wanted for group in [*old, new]}
    busy = next((group for group in [new, *reversed(old)] if group.wanted), new)
    wanted[busy.name] = max(0, wanted[busy.name] + spec["replicas"] - sum(wanted.values()))
    return wanted


def available(pod: Object, least_ready: int, now: float) -> bool:
    """Whether a pod has been ready for `least_ready` seconds."""
    ready = condition(pod, "Ready")
    return bool(ready) and ready["status"] == "True" and (not least_ready or now - seconds(ready["lastTransitionTime"]) >= least_ready)


def condition(thing: Object, kind: str) -> Object:
    """One of an object's conditions; {} when it has none of that type."""
    return next((item for item in thing.get("status", {}).get("conditions", ()) if item["type"] == kind), {})


def set_condition(conditions: list[Object], new: Object, now: str, update_time: bool = True) -> list[Object]:
    """`conditions` with `new` in it; its transition time moves only when its status does, and an equal one is kept as it is."""
    old = next((item for item in conditions if item["type"] == new["type"]), None)
    if old and all(old.get(key) == value for key, value in new.items()):
        return conditions
    since = old["lastTransitionTime"] if old and old["status"] == new["status"] else now
    stamped = {**new, "lastTransitionTime": since, **({"lastUpdateTime": now} if update_time else {})}
    return [item for item in conditions if item["type"] != new["type"]] + [stamped]


def status(deployment: Object, new: Object, sets: list[Object], now: float, stamp: str) -> Object:
    """The Deployment's status. `new`: its current ReplicaSet; `sets`: all of them, with their own status filled in."""
    spec = deployment["spec"]
    was = deployment.get("status", {})
    counts = {
        "replicas": _total(sets, "replicas"), "updatedReplicas": _total([new], "replicas"),
        "readyReplicas": _total(sets, "readyReplicas"), "availableReplicas": _total(sets, "availableReplicas"),
    }
    counts["unavailableReplicas"] = max(0, sum(item["spec"]["replicas"] for item in sets) - counts["availableReplicas"])
    counts = {key: value for key, value in counts.items() if value}
    reached = counts.get("availableReplicas", 0)
    missing = bounds(spec)[1] if spec["strategy"]["type"] == "RollingUpdate" else 0
    enough = reached >= spec["replicas"] - missing
    conditions = set_condition(was.get("conditions", []), {
        "type": "Available", "status": "True" if enough else "False",
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": "Deployment has minimum availability." if enough else "Deployment does not have minimum availability.",
    }, stamp)
    complete = counts.get("updatedReplicas", 0) == counts.get("replicas", 0) == reached == spec["replicas"]
    moved = any(was.get(key, 0) != counts.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"))
    failure = condition(new, "ReplicaFailure")
    conditions = [item for item in conditions if item["type"] != "ReplicaFailure"] if not failure else set_condition(conditions, {
        key: failure[key] for key in ("type", "status", "reason", "message")}, stamp)
    conditions = _progress(deployment, new, conditions, complete=complete, moved=moved, now=now, stamp=stamp)
    return {"observedGeneration": deployment["metadata"]["generation"], **counts, "conditions": conditions}


def _progress(deployment: Object, new: Object, conditions: list[Object], *, complete: bool, moved: bool, now: float,
              stamp: str) -> list[Object]:
    """The Progressing condition: done, moving, or out of time since it last moved."""
    name = new["metadata"]["name"]
    old = next((item for item in conditions if item["type"] == "Progressing"), None)
    base = {"type": "Progressing", "status": "True"}
    if complete:
        done = {**base, "reason": "NewReplicaSetAvailable", "message": f'ReplicaSet "{name}" has successfully progressed.'}
        return set_condition(conditions, done, stamp)
    going = {**base, "reason": "ReplicaSetUpdated", "message": f'ReplicaSet "{name}" is progressing.'}
    if moved or old is None or (old["reason"] == "NewReplicaSetAvailable" and f'"{name}"' not in old["message"]):
        kept = [item for item in conditions if item is not old]
        since = old["lastTransitionTime"] if old and old["status"] == "True" else stamp
        return [*kept, {**going, "lastUpdateTime": stamp, "lastTransitionTime": since}]
    if old["reason"] == "ReplicaSetUpdated" and now - seconds(old["lastUpdateTime"]) > deployment["spec"]["progressDeadlineSeconds"]:
        return set_condition(conditions, {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                                          "message": f'ReplicaSet "{name}" has timed out progressing.'}, stamp)
    return conditions


def _total(sets: list[Object], name: str) -> int:
    return sum(item.get("status", {}).get(name, 0) for item in sets)


def victims(pods: list[Object], count: int) -> list[Object]:
    """Which pods of a set go first when it shrinks: those not ready, then the youngest."""
    ready_last = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    ready_last.sort(key=lambda pod: condition(pod, "Ready").get("status") == "True")
    return ready_last[:count]
