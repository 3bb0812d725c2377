# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are these objects what a version of Kubernetes takes? Strictly: a field that the version does not know is a fault too.

The schemas are those of kubernetes-validate, made of Kubernetes' own OpenAPI documents. It stops at the first fault of an object, so here only its
schemas are read, and every fault is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ..absent import absent

try:
    import jsonschema
    import referencing
    from kubernetes_validate import utils
except ImportError:
    jsonschema = referencing = utils = absent("kubernetes-validate")

Object = Mapping[str, Any]
VERSION = re.compile(r"v?(\d+)\.(\d+)(\.\d+)?")
UNSEEN = frozenset({"Secret"})       # what their fields hold is told to nobody


def faults(objects: Sequence[Object], version: str) -> list[str]:
    """Every fault of every object, as "Kind/name: path: what is wrong"; one sentence alone where the version itself is not known here."""
    if not VERSION.fullmatch(str(version)):
        return [f"{version!r} is no version of Kubernetes, such as v1.32.3"]
    wanted = "{}.{}".format(*VERSION.fullmatch(str(version)).groups()[:2])      # type: ignore[union-attr]
    if wanted not in known():
        return [f"no schema of Kubernetes {wanted} is installed (package kubernetes-validate knows {known()[0]} to {known()[-1]})"]
    return [f"{_called(thing)}: {fault}" for thing in objects for fault in _of(plain(thing), wanted)]


@cache
def known() -> tuple[str, ...]:
    """Versions of which there are strict schemas, oldest first."""
    return tuple(dict.fromkeys(utils.major_minor(version) for version in utils.all_versions()))


def _of(thing: dict[str, Any], version: str) -> Iterator[str]:
    try:
        judge = _judge(str(thing.get("apiVersion", "")), str(thing.get("kind", "")), version)
    except FileNotFoundError:
        yield f"Kubernetes {version} has no kind {thing.get('kind')} in {thing.get('apiVersion')}"
        return
    silent = thing.get("kind") in UNSEEN
    for error in sorted(judge.iter_errors(thing), key=lambda found: [str(part) for part in found.absolute_path]):
        for inner in _leaves(error):
            yield f"{_path(inner)}: {_words(inner, silent)}"


def _leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """An error of alternatives is told by what is wrong with the nearest of them."""
    if error.context:
        yield jsonschema.exceptions.best_match(error.context)
    else:
        yield error


def _words(error: jsonschema.ValidationError, silent: bool) -> str:
    if error.validator == "additionalProperties":
        strange = sorted(set(error.instance) - set(error.schema.get("properties", ())))
        return f"unknown field{'s' if len(strange) > 1 else ''} {', '.join(strange)}"
    if error.validator == "required":
        return f"{', '.join(name for name in error.validator_value if name not in error.instance)} is missing"
    if error.validator == "type":
        kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        return f"must be {' or '.join(kind for kind in kinds if kind != 'null')}" + ("" if silent else f", not {error.instance!r}")
    return "is not what it may be" if silent else error.message


def _path(error: jsonschema.ValidationError) -> str:
    """As Kubernetes spells it: spec.containers[0].image."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return text.removeprefix(".") or "the object"


def _called(thing: Object) -> str:
    metadata = thing.get("metadata") or {}
    return f"{thing.get('kind', 'something without a kind')}/{metadata.get('name', '?')}"


@cache
def _judge(api_version: str, kind: str, version: str) -> Any:
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = utils.schema_contents(f"{folder}/{kind.lower()}-{group}.json", version)
    return jsonschema.Draft202012Validator(schema, registry=_definitions(folder, version))


@cache
def _definitions(folder: str, version: str) -> Any:
    resource = referencing.Resource.from_contents(utils.schema_contents(f"{folder}/_definitions.json", version))
    return resource @ referencing.Registry()


def plain(value: Any) -> Any:
    """The same in Python's own types: Ansible hands over containers that fill in their templates when they are read, and marked texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in value}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [plain(value[index]) for index in range(len(value))]
    return value
