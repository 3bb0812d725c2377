# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which operation a REST request of S3 or Route 53 is. The answer is in no header: it is told by method, path and query, as botocore's models say."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import botocore.session

SERVICES = ("s3", "route53")


class _Operation(NamedTuple):
    name: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str | None]]        # (key, value or None for any)
    headers: frozenset[str]


def named(service: str, method: str, path: str, query: str, headers: Collection[str]) -> str | None:
    """Name of the operation, None when no model has it. headers: names in small letters. Of several that fit, the one that asks for most."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    fitting = [operation for operation in _operations(service).get(method, ()) if operation.path.fullmatch(path)
               and all(key in given and value in (None, given[key]) for key, value in operation.query) and operation.headers <= set(headers)]
    return max(fitting, key=lambda operation: len(operation.query) + len(operation.headers)).name if fitting else None


@functools.cache
def _operations(service: str) -> Mapping[str, list[_Operation]]:
    """The service's operations by HTTP method; those that a newer one has replaced are left out."""
    model = botocore.session.get_session().get_service_model(service)
    found: dict[str, list[_Operation]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, literal = operation.http["requestUri"].partition("?")
        query: set[tuple[str, str | None]] = {(key, value or None) for key, value in parse_qsl(literal, keep_blank_values=True)}
        headers = set()
        for needed in (operation.input_shape.required_members if operation.input_shape else ()):
            place = operation.input_shape.members[needed].serialization
            if place.get("location") == "querystring":
                query.add((place["name"], None))
            elif place.get("location") == "header":
                headers.add(place["name"].lower())
        if not operation.deprecated:
            found.setdefault(operation.http["method"], []).append(_Operation(name, _pattern(path), frozenset(query), frozenset(headers)))
    return found


def _pattern(path: str) -> re.Pattern[str]:
    """{Key+} may hold slashes, other parts may not; a slash at the end makes no difference."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    return re.compile("".join((".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts) + "/?")
