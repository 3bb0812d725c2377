# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which fields an object has and of what type. `schema.json` is an extract of Kubernetes' own OpenAPI types (see schema_make).

Only what the types say belongs here; what only Kubernetes' validation knows is in `rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).with_name("schema.json")
GO_TYPES = {"string": "string", "integer": "int", "boolean": "bool", "number": "float64"}
INT_OR_STRING = {"maxSurge", "maxUnavailable", "minAvailable", "targetPort", "port"}   # typed "any" in the client's models

# Lists whose items have an identity; all others are replaced whole. From the x-kubernetes-list-map-keys of the API.
LIST_KEYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("V1PodSpec", "containers"): ("name",), ("V1PodSpec", "initContainers"): ("name",), ("V1PodSpec", "volumes"): ("name",),
    ("V1PodSpec", "imagePullSecrets"): ("name",), ("V1PodSpec", "hostAliases"): ("ip",),
    ("V1PodSpec", "topologySpreadConstraints"): ("topologyKey", "whenUnsatisfiable"),
    ("V1Container", "env"): ("name",), ("V1Container", "ports"): ("containerPort", "protocol"),
    ("V1Container", "volumeMounts"): ("mountPath",),
    ("V1ServiceSpec", "ports"): ("port", "protocol"),
    ("V1ObjectMeta", "ownerReferences"): ("uid",),
    ("V1DeploymentStatus", "conditions"): ("type",), ("V1ReplicaSetStatus", "conditions"): ("type",),
    ("V1PodStatus", "conditions"): ("type",), ("V1ServiceStatus", "conditions"): ("type",),
    ("V2HorizontalPodAutoscalerStatus", "conditions"): ("type",), ("V1PodDisruptionBudgetStatus", "conditions"): ("type",),
}
# Strategic merge knows one key only, and that is not always the first of the above.
MERGE_KEYS = {place: keys[0] for place, keys in LIST_KEYS.items()}
SETS = {("V1ObjectMeta", "finalizers")}
ATOMIC = {"V1LabelSelector", "V1SecretKeySelector", "V1ConfigMapKeySelector", "V1ObjectFieldSelector", "V1LoadBalancerStatus"}
ATOMIC_FIELDS = {("V1ServiceSpec", "selector"), ("V1PodSpec", "nodeSelector")}


@cache
def types() -> dict[str, dict[str, Any]]:
    """The extract, read once."""
    return json.loads(SCHEMA_FILE.read_text())


def fields(model: str) -> dict[str, str]:
    """{field: type} of a type; empty for scalars and free-form objects."""
    return types().get(model, {}).get("fields", {})


def check(model: str, value: Any) -> tuple[Any, list[str], list[str]]:
    """Reads `value` as `model`. Returns (the value without nulls and unknown fields, unknown field paths, type errors as text)."""
    unknown: list[str] = []
    wrong: list[str] = []
    return _check(model, value, "", unknown, wrong), unknown, wrong


def _check(kind: str, value: Any, path: str, unknown: list[str], wrong: list[str]) -> Any:
    if kind.startswith("[]"):
        if not isinstance(value, list):
            wrong.append(f"{path}: expected a list, got {_named(value)}")
            return value
        return [_check(kind[2:], item, f"{path}[{index}]", unknown, wrong) for index, item in enumerate(value)]
    if kind.startswith("{}"):
        if not isinstance(value, dict):
            wrong.append(f"{path}: expected a map, got {_named(value)}")
            return value
        quantities = path.rsplit(".", 1)[-1] in ("limits", "requests")
        return {
            key: str(item) if quantities and _is_number(item) else _check(kind[2:], item, f"{path}.{key}", unknown, wrong)
            for key, item in value.items() if item is not None
        }
    if kind in types():
        return _check_struct(kind, value, path, unknown, wrong)
    if not _fits(kind, path.rsplit(".", 1)[-1], value):
        wrong.append(f"{path}: cannot unmarshal {_named(value)} into a field of type {GO_TYPES.get(kind, 'intstr.IntOrString')}")
    return value


def _check_struct(model: str, value: Any, path: str, unknown: list[str], wrong: list[str]) -> Any:
    if not isinstance(value, dict):
        wrong.append(f"{path or '.'}: expected an object, got {_named(value)}")
        return value
    known = fields(model)
    kept = {}
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name not in known:
            unknown.append(place)
        elif item is not None:
            kept[name] = _check(known[name], item, place, unknown, wrong)
    return kept


def missing(model: str, value: Any, path: str = "") -> Iterator[str]:
    """Paths of required fields that are not there, in the order of the types."""
    if model.startswith("[]"):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from missing(model[2:], item, f"{path}[{index}]")
    elif model.startswith("{}"):
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from missing(model[2:], item, f"{path}.{key}")
    elif model in types() and isinstance(value, dict):
        entry = types()[model]
        for name in entry.get("required", ()):
            if name not in value:
                yield f"{path}.{name}" if path else name
        for name, item in value.items():
            if name in entry["fields"]:
                yield from missing(entry["fields"][name], item, f"{path}.{name}" if path else name)


def _fits(kind: str, name: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return _is_number(value)
    return name not in INT_OR_STRING or (isinstance(value, (int, str)) and not isinstance(value, bool))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _named(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}.get(type(value), "value")
