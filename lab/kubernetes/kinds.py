# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds this API serves, and the discovery documents that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERSION = {"major": "1", "minor": "33", "gitVersion": "v1.33.4", "gitCommit": "", "gitTreeState": "clean", "platform": "linux/amd64"}
WRITE_VERBS = ["create", "delete", "deletecollection", "patch", "update"]
READ_VERBS = ["get", "list"]
WATCH_VERBS = [*READ_VERBS, "watch"]


@dataclass(frozen=True)
class Kind:
    """One served kind. `model` is its type in schema.json; `generation` says whether spec changes are counted; `told` says that its objects
    are worked out when they are asked for: nobody keeps them and nobody writes them."""

    group: str
    version: str
    name: str
    plural: str
    model: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    generation: bool = False
    told: bool = False

    @property
    def api_version(self) -> str:
        """As objects spell it: `v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """As error messages spell it: `pods` or `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


KINDS = (
    Kind("", "v1", "Namespace", "namespaces", "V1Namespace", ("ns",), namespaced=False),
    Kind("", "v1", "Secret", "secrets", "V1Secret"),
    Kind("", "v1", "ConfigMap", "configmaps", "V1ConfigMap", ("cm",)),
    Kind("", "v1", "Service", "services", "V1Service", ("svc",), subresources=("status",)),
    Kind("", "v1", "ResourceQuota", "resourcequotas", "V1ResourceQuota", ("quota",), subresources=("status",)),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", "V1ServiceAccount", ("sa",)),
    Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "V1PersistentVolumeClaim", ("pvc",), subresources=("status",)),
    Kind("", "v1", "Pod", "pods", "V1Pod", ("po",), subresources=("status", "log")),
    Kind("apps", "v1", "Deployment", "deployments", "V1Deployment", ("deploy",), subresources=("status", "scale"), generation=True),
    Kind("apps", "v1", "ReplicaSet", "replicasets", "V1ReplicaSet", ("rs",), subresources=("status", "scale"), generation=True),
    Kind("batch", "v1", "Job", "jobs", "V1Job", subresources=("status",), generation=True),
    Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "V2HorizontalPodAutoscaler", ("hpa",),
         subresources=("status",)),
    Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "V1PodDisruptionBudget", ("pdb",), subresources=("status",),
         generation=True),
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "V1NetworkPolicy", ("netpol",), generation=True),
)
METRICS = Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", "", told=True)
BY_NAME = {kind.name: kind for kind in KINDS}
SERVED = (*KINDS, METRICS)
BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in SERVED}


def group_list(served: Sequence[Kind] = SERVED) -> dict[str, Any]:
    """`GET /apis`."""
    groups = []
    for group, version in dict.fromkeys((kind.group, kind.version) for kind in served):
        if group:
            named = {"groupVersion": f"{group}/{version}", "version": version}
            groups.append({"name": group, "versions": [named], "preferredVersion": named})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def resource_list(group: str, version: str, served: Sequence[Kind] = SERVED) -> dict[str, Any] | None:
    """`GET /api/v1` or `GET /apis/<group>/<version>`; None when that group is not served."""
    resources: list[dict[str, Any]] = []
    for kind in served:
        if (kind.group, kind.version) != (group, version):
            continue
        resources.append({
            "name": kind.plural, "singularName": "" if kind.told else kind.name.lower(), "namespaced": kind.namespaced, "kind": kind.name,
            "verbs": READ_VERBS if kind.told else [*WRITE_VERBS, *WATCH_VERBS], "shortNames": list(kind.short),
        })
        for name in kind.subresources:
            verbs = ["get"] if name == "log" else ["get", "patch", "update"]
            scale = {"group": "autoscaling", "version": "v1", "kind": "Scale"} if name == "scale" else {"kind": kind.name}
            resources.append({"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced, "verbs": verbs, **scale})
    if not resources:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}
