# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Job from its first pod to its end. Pure: the job and its pods in, what to do next out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.kubernetes.rollout import set_condition
from lab.kubernetes.store import seconds, timestamp

Object = dict[str, Any]
FIRST_BACKOFF = 10.0        # seconds; doubles with every failed pod
LONGEST_BACKOFF = 360.0


@dataclass(frozen=True)
class Decision:
    """`create` pods now, `delete` these, and the status to show."""

    create: int
    delete: list[Object]
    status: Object


def decide(job: Object, pods: list[Object], now: float) -> Decision:
    """What the job controller does next with a job and all of its pods."""
    spec = job["spec"]
    was = job.get("status", {})
    if finished(job):
        return Decision(0, [], was)
    if spec["suspend"]:
        return Decision(0, [pod for pod in pods if _active(pod)], {key: value for key, value in was.items() if key != "active"})
    active = [pod for pod in pods if _active(pod)]
    failed = [pod for pod in pods if pod["status"]["phase"] == "Failed"]
    succeeded = sum(pod["status"]["phase"] == "Succeeded" for pod in pods)
    failures = len(failed) + sum(_restarts(pod) for pod in active if spec["template"]["spec"]["restartPolicy"] == "OnFailure")
    status: Object = {"startTime": was.get("startTime", timestamp(now)), "ready": sum(_ready(pod) for pod in active)}
    status |= {key: value for key, value in (("active", len(active)), ("succeeded", succeeded), ("failed", len(failed))) if value}
    status["conditions"] = was.get("conditions", [])
    too_long = spec.get("activeDeadlineSeconds") and now - seconds(status["startTime"]) >= spec["activeDeadlineSeconds"]
    if failures > spec["backoffLimit"] or too_long:
        reason, why = (("DeadlineExceeded", "Job was active longer than specified deadline") if too_long
                       else ("BackoffLimitExceeded", "Job has reached the specified backoff limit"))
        return Decision(0, active, _ended(status, "Failed", reason, why, now))
    wanted = spec.get("completions", max(1, succeeded))
    if succeeded >= wanted and not active:
        status["completionTime"] = timestamp(now)
        return Decision(0, [], _ended(status, "Complete", "CompletionsReached", "Reached expected number of succeeded pods", now))
    if failed and now < _last_end(failed) + min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (len(failed) - 1)):
        return Decision(0, [], status)
    return Decision(max(0, min(spec["parallelism"], wanted - succeeded) - len(active)), [], status)


def finished(job: Object) -> str:
    """"Complete", "Failed", or "" while the job runs."""
    conditions = job.get("status", {}).get("conditions", ())
    return next((item["type"] for item in conditions if item["type"] in ("Complete", "Failed") and item["status"] == "True"), "")


def expired(job: Object, now: float) -> bool:
    """Whether a finished job's ttlSecondsAfterFinished is over."""
    limit = job["spec"].get("ttlSecondsAfterFinished")
    if limit is None or not finished(job):
        return False
    ended = next(item["lastTransitionTime"] for item in job["status"]["conditions"] if item["type"] == finished(job))
    return now - seconds(ended) >= limit


def _ended(status: Object, kind: str, reason: str, message: str, now: float) -> Object:
    kept = {key: value for key, value in status.items() if key != "active"}
    new = {"type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": timestamp(now)}
    return {**kept, "ready": 0, "conditions": set_condition(status["conditions"], new, timestamp(now), update_time=False)}


def _active(pod: Object) -> bool:
    return pod["status"]["phase"] in ("Pending", "Running") and "deletionTimestamp" not in pod["metadata"]


def _ready(pod: Object) -> bool:
    return any(item["ready"] for item in pod["status"].get("containerStatuses", ()))


def _restarts(pod: Object) -> int:
    return sum(item["restartCount"] for item in pod["status"].get("containerStatuses", ()))


def _last_end(pods: list[Object]) -> float:
    ends = [item["state"]["terminated"]["finishedAt"] for pod in pods for item in pod["status"].get("containerStatuses", ())
            if "terminated" in item["state"]]
    return max(map(seconds, ends), default=0.0)
