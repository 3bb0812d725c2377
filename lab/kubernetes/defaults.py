# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API fills in for fields the client left out. Only defaults that do not depend on other objects belong here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from lab.kubernetes import quantity

Object = dict[str, Any]
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def fill(kind: str, thing: Object) -> None:
    """Complete `thing` in place, as the API server does before it stores an object. Filling twice changes nothing."""
    FILLERS.get(kind, lambda _thing: None)(thing)


def _put(where: Object, **values: Any) -> None:
    for name, value in values.items():
        where.setdefault(name, value)


def pod_spec(spec: Object) -> None:
    """Defaults of a pod's spec, wherever it stands."""
    _put(spec, restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler", terminationGracePeriodSeconds=30,
         securityContext={})
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
        _container(container)
    for volume in spec.get("volumes", ()):
        if set(volume) == {"name"}:
            volume["emptyDir"] = {}
        for source in ("secret", "configMap"):
            if source in volume:
                _put(volume[source], defaultMode=0o644)
        if size := volume.get("emptyDir", {}).get("sizeLimit"):
            volume["emptyDir"]["sizeLimit"] = quantity.canonical(size)


def _container(container: Object) -> None:
    image = container.get("image", "")
    latest = ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")
    _put(container, imagePullPolicy="Always" if latest else "IfNotPresent", terminationMessagePath="/dev/termination-log",
         terminationMessagePolicy="File", resources={})
    resources = container["resources"]
    for part in ("limits", "requests"):
        for name, value in resources.get(part, {}).items():
            resources[part][name] = quantity.canonical(value)
    for name, value in resources.get("limits", {}).items():
        resources.setdefault("requests", {}).setdefault(name, value)
    for port in container.get("ports", ()):
        _put(port, protocol="TCP")
    for name in PROBES:
        if name in container:
            _put(container[name], timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _http(container[name])
    for handler in container.get("lifecycle", {}).values():
        if isinstance(handler, dict):
            _http(handler)
    for variable in container.get("env", ()):
        if "fieldRef" in variable.get("valueFrom", {}):
            _put(variable["valueFrom"]["fieldRef"], apiVersion="v1")


def _http(handler: Object) -> None:
    if "httpGet" in handler:
        _put(handler["httpGet"], path="/", scheme="HTTP")


def _deployment(thing: Object) -> None:
    spec = thing["spec"]
    _put(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={})
    _put(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _put(spec["strategy"], rollingUpdate={})
        _put(spec["strategy"]["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")
    pod_spec(spec["template"].setdefault("spec", {}))


def _replica_set(thing: Object) -> None:
    _put(thing.setdefault("spec", {}), replicas=1)
    pod_spec(thing["spec"].setdefault("template", {}).setdefault("spec", {}))


def _job(thing: Object) -> None:
    spec = thing["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    _put(spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False, manualSelector=False,
         podReplacementPolicy="TerminatingOrFailed")
    pod_spec(spec["template"].setdefault("spec", {}))


def _service(thing: Object) -> None:
    spec = thing.setdefault("spec", {})
    _put(spec, type="ClusterIP", sessionAffinity="None")
    if spec["type"] != "ExternalName":
        _put(spec, ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack", internalTrafficPolicy="Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _put(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _put(spec, allocateLoadBalancerNodePorts=True)
    for port in spec.get("ports", ()):
        _put(port, protocol="TCP", targetPort=port["port"])


SCALE_UP = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
            "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}
SCALE_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def _autoscaler(thing: Object) -> None:
    spec = thing["spec"]
    _put(spec, minReplicas=1)
    if not spec.get("metrics"):
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]
    if "behavior" in spec:
        for name, rules in (("scaleUp", SCALE_UP), ("scaleDown", SCALE_DOWN)):
            _put(spec["behavior"].setdefault(name, {}), **{key: _copy(value) for key, value in rules.items()})


def _copy(value: Any) -> Any:
    return [dict(item) for item in value] if isinstance(value, list) else value


def _secret(thing: Object) -> None:
    _put(thing, type="Opaque")


def _namespace(thing: Object) -> None:
    name = thing["metadata"].get("name", "")
    thing["metadata"].setdefault("labels", {}).setdefault("kubernetes.io/metadata.name", name)
    _put(thing.setdefault("spec", {}), finalizers=["kubernetes"])
    _put(thing.setdefault("status", {}), phase="Active")


def _pod(thing: Object) -> None:
    pod_spec(thing.setdefault("spec", {}))
    _put(thing["spec"], enableServiceLinks=True)
    _put(thing.setdefault("status", {}), phase="Pending")


def _network_policy(thing: Object) -> None:
    spec = thing.setdefault("spec", {})
    _put(spec, policyTypes=["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
    for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
        for port in rule.get("ports", ()):
            _put(port, protocol="TCP")


FILLERS: dict[str, Callable[[Object], None]] = {
    "Deployment": _deployment, "ReplicaSet": _replica_set, "Job": _job, "Service": _service, "HorizontalPodAutoscaler": _autoscaler,
    "Secret": _secret, "Namespace": _namespace, "Pod": _pod, "NetworkPolicy": _network_policy,
}


def random_suffix() -> str:
    """The five characters Kubernetes appends to a generateName: no vowels and no look-alikes."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
