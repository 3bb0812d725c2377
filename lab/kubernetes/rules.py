# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Kubernetes refuses although the types allow it. Pure: an object (and what it was) in, a list of faults out.

A fault is `(path, reason, sentence)` as in the causes of a 422 answer. Rules that end in "the lab" are limits of this emulator; they
are refusals so that nothing is ever accepted and then silently not done.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from lab.kubernetes import quantity, quotas, schema
from lab.kubernetes.kinds import Kind
from lab.kubernetes.selectors import matches

Object = dict[str, Any]
Fault = tuple[str, str, str]

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
VOLUMES = ("emptyDir", "configMap", "secret")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
PULL_LOGIN, LOGINS = "kubernetes.io/dockerconfigjson", ".dockerconfigjson"
IMMUTABLE = {
    "Deployment": ("selector",), "ReplicaSet": ("selector",),
    "Job": ("selector", "template", "completions", "completionMode", "manualSelector"),
}


def faults(kind: Kind, thing: Object, was: Object | None) -> list[Fault]:
    """Everything wrong with `thing`, all at once; `was` is the stored object on an update."""
    required = [(path, "FieldValueRequired", "Required value") for path in schema.missing(kind.model, thing)]
    if required:
        return required
    found = [*_metadata(kind, thing), *CHECKS.get(kind.name, lambda _thing: iter(()))(thing)]
    if was is not None:
        found += _unchangeable(kind, thing, was)
    return found


def _invalid(path: str, value: Any, why: str) -> Fault:
    shown = f'"{value}"' if isinstance(value, str) else value
    return path, "FieldValueInvalid", f"Invalid value: {shown}: {why}"


def _required(path: str, why: str = "") -> Fault:
    return path, "FieldValueRequired", f"Required value: {why}".rstrip(": ")


def _unsupported(path: str, value: Any, known: tuple[str, ...]) -> Fault:
    return path, "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {", ".join(known)}'


def _not_in_lab(path: str, what: str) -> Fault:
    return path, "FieldValueForbidden", f"Forbidden: {what} not run by the lab"


def _metadata(kind: Kind, thing: Object) -> Iterator[Fault]:
    name = thing["metadata"].get("name", "")
    shape, limit = (LABEL, 63) if kind.name in ("Namespace", "Service") else (SUBDOMAIN, 253)
    if not shape.fullmatch(name) or len(name) > limit:
        yield _invalid("metadata.name", name, "must consist of lower case alphanumeric characters or '-', "
                       f"start and end with an alphanumeric character, and be at most {limit} long")
    yield from _labels("metadata.labels", thing["metadata"].get("labels", {}))


def _labels(path: str, labels: dict[str, str]) -> Iterator[Fault]:
    for value in labels.values():
        if len(value) > 63 or not LABEL_VALUE.fullmatch(value):
            yield _invalid(path, value, "a valid label is at most 63 alphanumeric characters, '-', '_' or '.'")


def _unchangeable(kind: Kind, thing: Object, was: Object) -> Iterator[Fault]:
    for name in IMMUTABLE.get(kind.name, ()):
        if thing["spec"].get(name) != was["spec"].get(name):
            yield _invalid(f"spec.{name}", "…", "field is immutable")
    if was.get("immutable") and any(thing.get(part) != was.get(part) for part in ("data", "binaryData", "immutable")):
        yield "data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"
    if kind.name == "Secret" and thing.get("type") != was.get("type"):
        yield _invalid("type", thing.get("type"), "field is immutable")
    address = was.get("spec", {}).get("clusterIP")
    if kind.name == "Service" and address and thing["spec"].get("clusterIP") != address:
        yield _invalid("spec.clusterIP", thing["spec"].get("clusterIP"), "may not change once set")
    if kind.name == "Pod" and _without_images(thing["spec"]) != _without_images(was["spec"]):
        yield "spec", "FieldValueForbidden", "Forbidden: pod updates may not change fields other than `spec.containers[*].image`"


def _without_images(spec: Object) -> Object:
    return {**spec, "containers": [{**container, "image": ""} for container in spec["containers"]]}


def pod_spec(spec: Object, path: str, restarts: tuple[str, ...]) -> Iterator[Fault]:
    """Faults of a pod's spec standing at `path`; `restarts`: the restart policies its owner may use."""
    if not spec.get("containers"):
        yield _required(f"{path}.containers")
        return
    if spec["restartPolicy"] not in restarts:
        yield _unsupported(f"{path}.restartPolicy", spec["restartPolicy"], restarts)
    if len(spec["containers"]) > 1 or spec.get("initContainers"):
        yield _not_in_lab(f"{path}.containers", "pods of more than one container are")
    for name in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        if spec.get(name):
            yield _not_in_lab(f"{path}.{name}", "host namespaces are")
    volumes = {volume["name"] for volume in spec.get("volumes", ())}
    for index, volume in enumerate(spec.get("volumes", ())):
        if source := next((key for key in volume if key not in ("name", *VOLUMES)), None):
            yield _not_in_lab(f"{path}.volumes[{index}].{source}", "such volumes are")
    for index, container in enumerate(spec["containers"]):
        yield from _container(container, f"{path}.containers[{index}]", volumes)


def _container(container: Object, path: str, volumes: set[str]) -> Iterator[Fault]:
    if not LABEL.fullmatch(container["name"]):
        yield _invalid(f"{path}.name", container["name"], "a lowercase RFC 1123 label")
    if not container.get("image"):
        yield _required(f"{path}.image")
    if container.get("securityContext", {}).get("privileged"):
        yield _not_in_lab(f"{path}.securityContext.privileged", "privileged containers are")
    for index, mount in enumerate(container.get("volumeMounts", ())):
        if mount["name"] not in volumes:
            yield f"{path}.volumeMounts[{index}].name", "FieldValueNotFound", f'Not found: "{mount["name"]}"'
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in container:
            yield from _probe(container[name], f"{path}.{name}", name)
    for part in ("limits", "requests"):
        for name, value in container["resources"].get(part, {}).items():
            limit = container["resources"].get("limits", {}).get(name)
            if part == "requests" and limit and quantity.parse(value) > quantity.parse(limit):
                yield _invalid(f"{path}.resources.requests", value, f"must be less than or equal to {name} limit of {limit}")


def _probe(probe: Object, path: str, name: str) -> Iterator[Fault]:
    handlers = [handler for handler in HANDLERS if handler in probe]
    if len(handlers) != 1:
        yield _required(path, "must specify exactly one handler type")
    elif handlers[0] == "grpc":
        yield _not_in_lab(f"{path}.grpc", "gRPC probes are")
    if name != "readinessProbe" and probe["successThreshold"] != 1:
        yield _invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1")
    for field in ("timeoutSeconds", "periodSeconds", "failureThreshold"):
        if probe[field] < 1:
            yield _invalid(f"{path}.{field}", probe[field], "must be greater than 0")


def _workload(thing: Object) -> Iterator[Fault]:
    spec = thing["spec"]
    if spec["replicas"] < 0:
        yield _invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    labels = spec["template"].get("metadata", {}).get("labels", {})
    if not any(spec["selector"].values()):
        yield _invalid("spec.selector", "{}", "empty selector is invalid for deployment")
    elif not matches(spec["selector"], labels):
        yield _invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    rolling = spec.get("strategy", {}).get("rollingUpdate", {})
    if rolling and {str(rolling[name]) for name in ("maxSurge", "maxUnavailable")} <= {"0", "0%"}:
        yield _invalid("spec.strategy.rollingUpdate.maxUnavailable", 0, "may not be 0 when `maxSurge` is 0")
    yield from pod_spec(spec["template"]["spec"], "spec.template.spec", ("Always",))


def _job(thing: Object) -> Iterator[Fault]:
    if thing["spec"]["completionMode"] != "NonIndexed":
        yield _not_in_lab("spec.completionMode", "indexed jobs are")
    yield from pod_spec(thing["spec"]["template"]["spec"], "spec.template.spec", ("OnFailure", "Never"))


def _pod(thing: Object) -> Iterator[Fault]:
    yield from pod_spec(thing["spec"], "spec", ("Always", "OnFailure", "Never"))


def _service(thing: Object) -> Iterator[Fault]:
    spec = thing["spec"]
    types = ("ClusterIP", "NodePort", "LoadBalancer")
    if spec["type"] not in types:
        yield _unsupported("spec.type", spec["type"], types)
    if not spec.get("ports") and spec.get("clusterIP") != "None":
        yield _required("spec.ports")
    names = [port.get("name", "") for port in spec.get("ports", ())]
    for index, port in enumerate(spec.get("ports", ())):
        if not 1 <= port["port"] <= 65535:
            yield _invalid(f"spec.ports[{index}].port", port["port"], "must be between 1 and 65535, inclusive")
        if len(names) > 1 and not names[index]:
            yield _required(f"spec.ports[{index}].name")
        if port["protocol"] != "TCP" and spec["type"] == "LoadBalancer":
            yield _not_in_lab(f"spec.ports[{index}].protocol", f"{port['protocol']} load balancers are")


def _secret(thing: Object) -> Iterator[Fault]:
    for key, value in thing.get("data", {}).items():
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            yield _invalid(f"data[{key}]", "…", "illegal base64 data")
    if thing["type"] == PULL_LOGIN:
        yield from _pull_login(thing.get("data", {}).get(LOGINS))
    yield from _config(thing)


def _pull_login(data: str | None) -> Iterator[Fault]:
    if data is None:
        yield _required(f"data[{LOGINS}]")
        return
    try:
        json.loads(base64.b64decode(data))
    except ValueError:
        yield _invalid(f"data[{LOGINS}]", "<secret contents redacted>", "is no JSON")


def _config(thing: Object) -> Iterator[Fault]:
    for key in [*thing.get("data", {}), *thing.get("binaryData", {})]:
        if not CONFIG_KEY.fullmatch(key):
            yield _invalid(f"data[{key}]", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'")


def _autoscaler(thing: Object) -> Iterator[Fault]:
    spec = thing["spec"]
    if spec["minReplicas"] < 1:
        yield _invalid("spec.minReplicas", spec["minReplicas"], "must be greater than or equal to 1")
    if spec["maxReplicas"] < spec["minReplicas"]:
        yield _invalid("spec.maxReplicas", spec["maxReplicas"], "must be greater than or equal to `minReplicas`")
    for index, metric in enumerate(spec["metrics"]):
        target = metric.get("resource", {}).get("target", {})
        if metric["type"] != "Resource" or metric.get("resource", {}).get("name") != "cpu" or target.get("type") != "Utilization":
            yield _not_in_lab(f"spec.metrics[{index}]", "metrics other than cpu Utilization are")
        elif target.get("averageUtilization", 0) < 1:
            yield _required(f"spec.metrics[{index}].resource.target.averageUtilization", "must be greater than 0")


def _quota(thing: Object) -> Iterator[Fault]:
    spec = thing.get("spec", {})
    for part in ("scopes", "scopeSelector"):
        if part in spec:
            yield _not_in_lab(f"spec.{part}", "quotas of some pods only are")
    for name in spec.get("hard", {}):
        if name not in quotas.COUNTED:
            yield _not_in_lab(f"spec.hard[{name}]", "quotas of anything but pods, cpu and memory are")


def _budget(thing: Object) -> Iterator[Fault]:
    spec = thing.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield _invalid("spec", "…", "minAvailable and maxUnavailable cannot be both set")


CHECKS = {
    "Deployment": _workload, "ReplicaSet": _workload, "Job": _job, "Pod": _pod, "Service": _service, "Secret": _secret,
    "ConfigMap": _config, "HorizontalPodAutoscaler": _autoscaler, "PodDisruptionBudget": _budget,
    "ResourceQuota": _quota,
}
