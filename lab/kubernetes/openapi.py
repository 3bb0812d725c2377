# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The OpenAPI v3 documents that kubectl reads: whether a kind's fields are checked by the server, and what `explain` tells. Made of schema.json.

Texts that describe fields are not in the extract, so `explain` shows names and types only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.kubernetes import schema
from lab.kubernetes.kinds import Kind

Object = dict[str, Any]
PATCHES = ("application/apply-patch+yaml", "application/merge-patch+json", "application/strategic-merge-patch+json")
QUERIES = ("dryRun", "fieldManager", "fieldValidation", "force")
SCALARS: dict[str, Object] = {"string": {"type": "string"}, "integer": {"type": "integer"}, "boolean": {"type": "boolean"},
                              "number": {"type": "number"}, "any": {"x-kubernetes-preserve-unknown-fields": True}}


def document(path: str, served: Iterable[Kind]) -> Object | None:
    """`GET /openapi/v3` or `/openapi/v3/<group version>`; None when nothing is told there."""
    kinds = [kind for kind in served if kind.model]
    groups = {_place(kind): kind.api_version for kind in kinds}
    if path.rstrip("/") == "/openapi/v3":
        return {"paths": {place: {"serverRelativeURL": f"/openapi/v3/{place}?hash={place.replace('/', '')}"} for place in groups}}
    wanted = path.removeprefix("/openapi/v3/")
    if not path.startswith("/openapi/v3/") or wanted not in groups:
        return None
    mine = [kind for kind in kinds if _place(kind) == wanted]
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"}, "paths": dict(map(_path, mine)),
            "components": {"schemas": _schemas(mine)}}


def _place(kind: Kind) -> str:
    return f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"


def _identity(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.name}


def _path(kind: Kind) -> tuple[str, Object]:
    body = {"schema": {"$ref": f"#/components/schemas/{kind.model}"}}
    patch = {"x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": _identity(kind),
             "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in QUERIES],
             "requestBody": {"required": True, "content": dict.fromkeys(PATCHES, body)},
             "responses": {"200": {"description": "OK", "content": {"application/json": body}}}}
    space = "namespaces/{namespace}/" if kind.namespaced else ""
    return f"/{_place(kind)}/{space}{kind.plural}/{{name}}", {"patch": patch}


def _schemas(kinds: list[Kind]) -> Object:
    """Every type that is reached from these kinds."""
    found: Object = {}
    waiting = [kind.model for kind in kinds]
    while waiting:
        name = waiting.pop()
        entry = schema.types()[name]
        if name in found:
            continue
        found[name] = {"type": "object", "properties": {field: _field(name, field, kind) for field, kind in entry["fields"].items()},
                       **({"required": entry["required"]} if "required" in entry else {})}
        waiting += [bare for kind in entry["fields"].values() if (bare := kind.lstrip("[]{}")) in schema.types()]
    for kind in kinds:
        found[kind.model]["x-kubernetes-group-version-kind"] = [_identity(kind)]
    return found


def _field(model: str, name: str, kind: str) -> Object:
    made = _type(kind)
    if keys := schema.LIST_KEYS.get((model, name)):
        made |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys), "x-kubernetes-patch-strategy": "merge",
                 "x-kubernetes-patch-merge-key": keys[0]}
    return made


def _type(kind: str) -> Object:
    if kind.startswith("[]"):
        return {"type": "array", "items": _type(kind[2:])}
    if kind.startswith("{}"):
        return {"type": "object", "additionalProperties": _type(kind[2:])}
    return dict(SCALARS[kind]) if kind in SCALARS else {"allOf": [{"$ref": f"#/components/schemas/{kind}"}]}
