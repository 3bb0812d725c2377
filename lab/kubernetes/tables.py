# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `kubectl get` prints of each kind: the server makes the columns (meta.k8s.io/v1, Table), so that clients need not know kinds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lab.kubernetes.kinds import Kind
from lab.kubernetes.store import seconds

Object = dict[str, Any]
NONE, UNKNOWN = "<none>", "<unknown>"


def table(kind: Kind, things: Sequence[Object], version: str, now: float) -> Object:
    """The Table of these objects."""
    columns = COLUMNS.get(kind.name, ())
    heads = [("Name", "string"), *((name, kind) for name, kind, _ in columns), ("Age", "string")]
    rows = [{"cells": [thing["metadata"]["name"], *(read(thing) for _, _, read in columns), age(thing, now)],
             "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": thing["metadata"]}} for thing in things]
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version}, "rows": rows,
            "columnDefinitions": [{"name": name, "type": type_, "format": "name" if name == "Name" else "", "description": "", "priority": 0}
                                  for name, type_ in heads]}


def age(thing: Object, now: float) -> str:
    """How old it is, as kubectl says it."""
    old = max(0, int(now - seconds(thing["metadata"]["creationTimestamp"]))) if "creationTimestamp" in thing["metadata"] else None
    if old is None:
        return UNKNOWN
    if old < 120:
        return f"{old}s"
    if old < 7200:
        return f"{old // 60}m"
    return f"{old // 3600}h" if old < 172800 else f"{old // 86400}d"


def _at(*path: str, default: Any = NONE) -> Callable[[Object], Any]:
    def read(thing: Object) -> Any:
        found: Any = thing
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return default if found is None else found

    return read


def _containers(pod: Object) -> list[Object]:
    return pod.get("status", {}).get("containerStatuses", [])


def _pod_status(pod: Object) -> str:
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    for container in _containers(pod):
        for state in ("waiting", "terminated"):
            if reason := container["state"].get(state, {}).get("reason"):
                return str(reason)
    return str(_at("status", "phase")(pod))


def _target(autoscaler: Object) -> str:
    wanted = next((metric["resource"]["target"].get("averageUtilization") for metric in autoscaler["spec"].get("metrics", ())), None)
    shown = next((metric["resource"]["current"].get("averageUtilization") for metric in autoscaler.get("status", {}).get("currentMetrics", ())), None)
    return f"cpu: {UNKNOWN if shown is None else f'{shown}%'}/{wanted}%"


def _outside(service: Object) -> str:
    if service["spec"].get("type") != "LoadBalancer":
        return NONE
    return ",".join(entry["ip"] for entry in service.get("status", {}).get("loadBalancer", {}).get("ingress", ())) or "<pending>"


def _ports(service: Object) -> str:
    return ",".join(f"{port['port']}{':' + str(port['nodePort']) if 'nodePort' in port else ''}/{port['protocol']}"
                    for port in service["spec"].get("ports", ())) or NONE


def _share(part: str, of: Callable[[Object], Any]) -> Callable[[Object], str]:
    return lambda thing: f"{thing.get('status', {}).get(part, 0)}/{of(thing)}"


_STATUS = {name: _at("status", name, default=0) for name in ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")}
_REPLICAS = _at("spec", "replicas", default=0)
COLUMNS: dict[str, tuple[tuple[str, str, Callable[[Object], Any]], ...]] = {
    "Pod": (("Ready", "string", lambda pod: f"{sum(one['ready'] for one in _containers(pod))}/{len(pod['spec']['containers'])}"),
            ("Status", "string", _pod_status),
            ("Restarts", "integer", lambda pod: sum(one["restartCount"] for one in _containers(pod)))),
    "Deployment": (("Ready", "string", _share("readyReplicas", _REPLICAS)), ("Up-to-date", "integer", _STATUS["updatedReplicas"]),
                   ("Available", "integer", _STATUS["availableReplicas"])),
    "ReplicaSet": (("Desired", "integer", _REPLICAS), ("Current", "integer", _STATUS["replicas"]), ("Ready", "integer", _STATUS["readyReplicas"])),
    "Job": (("Status", "string", lambda job: next((one["type"] for one in job.get("status", {}).get("conditions", ()) if one["status"] == "True"),
                                                  "Running")),
            ("Completions", "string", _share("succeeded", _at("spec", "completions", default=1)))),
    "Service": (("Type", "string", _at("spec", "type")), ("Cluster-IP", "string", _at("spec", "clusterIP")), ("External-IP", "string", _outside),
                ("Port(s)", "string", _ports)),
    "HorizontalPodAutoscaler": (
        ("Reference", "string", lambda scaler: f"{scaler['spec']['scaleTargetRef']['kind']}/{scaler['spec']['scaleTargetRef']['name']}"),
        ("Targets", "string", _target), ("MinPods", "integer", _at("spec", "minReplicas")), ("MaxPods", "integer", _at("spec", "maxReplicas")),
        ("Replicas", "integer", _at("status", "currentReplicas", default=0))),
    "PodDisruptionBudget": (("Min Available", "string", _at("spec", "minAvailable", default="N/A")),
                            ("Max Unavailable", "string", _at("spec", "maxUnavailable", default="N/A")),
                            ("Allowed Disruptions", "integer", _at("status", "disruptionsAllowed", default=0))),
    "Secret": (("Type", "string", _at("type")), ("Data", "integer", lambda thing: len(thing.get("data", {})))),
    "ConfigMap": (("Data", "integer", lambda thing: len(thing.get("data", {}))),),
    "Namespace": (("Status", "string", _at("status", "phase")),),
}
