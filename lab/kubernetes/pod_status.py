# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pod's status from what its worker knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.kubernetes.rollout import set_condition
from lab.kubernetes.store import timestamp

if TYPE_CHECKING:
    from lab.kubernetes.worker import Life

Object = dict[str, Any]


def final_phase(pod: Object, life: Life) -> str:
    """"Succeeded" or "Failed" when the container has ended for good, else ""."""
    if life.state is None or life.state.running:
        return ""
    policy = pod["spec"]["restartPolicy"]
    if life.state.exit_code == 0:
        return "Succeeded" if policy in ("Never", "OnFailure") else ""
    return "Failed" if policy == "Never" else ""


def terminated(life: Life) -> Object:
    """The terminated state of the container's last run."""
    code = life.state.exit_code if life.state else 137
    reason = "OOMKilled" if life.state and life.state.out_of_memory else "Completed" if code == 0 else "Error"
    ended = {"exitCode": code, "reason": reason, "startedAt": timestamp(life.started), "finishedAt": timestamp(life.ended)}
    return {**ended, "message": life.reason} if life.reason else ended


def status(pod: Object, life: Life, now: float) -> Object:
    """The whole status; equal when nothing has changed."""
    was = pod.get("status", {})
    phase = final_phase(pod, life) or ("Pending" if life.state is None and not life.restarts else "Running")
    ready = bool(life.state and life.state.running and life.probes and life.probes.ready)
    stamp = timestamp(now)
    conditions = was.get("conditions", [])
    why: Object = {} if ready else {"reason": "PodCompleted" if phase == "Succeeded" else "ContainersNotReady"}
    for kind, value, reason in (("PodScheduled", True, {}), ("Initialized", True, {}), ("ContainersReady", ready, why), ("Ready", ready, why)):
        conditions = set_condition(conditions, {"type": kind, "status": str(value), "lastProbeTime": None, **reason}, stamp, update_time=False)
    container = pod["spec"]["containers"][0]
    shown: Object = {
        "name": container["name"], "image": container["image"], "imageID": container["image"], "restartCount": life.restarts,
        "ready": ready, "started": bool(life.state and life.state.running and life.probes and life.probes.started),
        "state": _state(pod, life), "lastState": {"terminated": life.last} if life.last and life.restarts else {},
    }
    if life.state and life.state.id:
        shown["containerID"] = f"podman://{life.state.id}"
    found: Object = {"phase": phase, "conditions": conditions, "startTime": was.get("startTime", stamp), "qosClass": _quality(container),
                     "containerStatuses": [shown]}
    if life.address:
        found |= {"podIP": life.address, "podIPs": [{"ip": life.address}]}
    return found


def _state(pod: Object, life: Life) -> Object:
    if life.state and life.state.running:
        return {"running": {"startedAt": timestamp(life.started)}}
    if final_phase(pod, life):
        return {"terminated": life.last}
    if life.waiting:
        reason = "ErrImagePull" if "pull image" in life.waiting else "CreateContainerConfigError"
        return {"waiting": {"reason": reason, "message": life.waiting}}
    if life.state:
        return {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off restarting failed container {pod['metadata']['name']}"}}
    return {"waiting": {"reason": "ContainerCreating"}}


def _quality(container: Object) -> str:
    limits, requests = (container["resources"].get(part, {}) for part in ("limits", "requests"))
    if not limits and not requests:
        return "BestEffort"
    return "Guaranteed" if set(limits) >= {"cpu", "memory"} and limits == requests else "Burstable"
