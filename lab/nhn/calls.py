# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A request on its way to a handler: its path arguments, its checked body, its filters. No service knows werkzeug beyond this file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request

from .errors import Refused
from .store import Record, Store

Answer = Any
"""A handler returns a JSON value (status 200), or (status, JSON value or None for no body)."""


@dataclass
class Call:
    """One request, as a handler sees it."""

    store: Store
    request: Request
    path: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.path["id"]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} when there is none; 400 when it is anything else."""
        raw = self.request.get_data()
        if not raw:
            return {}
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise Refused(400, f"The server could not comply with the request since it is malformed: {error}", "MalformedRequestBody") from error
        if not isinstance(body, dict):
            raise Refused(400, "The request body must be a JSON object.", "MalformedRequestBody")
        return body

    def fields(self, wrapper: str | None, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, Any]:
        """The body's fields, unwrapped from `wrapper` (None: a bare body), with no field missing and none unknown."""
        body = self.json()
        if wrapper:
            if not isinstance(body.get(wrapper), dict):
                raise Refused(400, f"Unable to find '{wrapper}' in request body", "HTTPBadRequest")
            body = body[wrapper]
        return checked(body, required, optional)


def checked(body: dict[str, Any], required: Iterable[str], optional: Iterable[str]) -> dict[str, Any]:
    """`body`, or 400 naming what is missing or what the service has never heard of."""
    required = tuple(required)
    if missing := [name for name in required if body.get(name) in (None, "")]:
        raise Refused(400, f"Failed to parse request. Required attribute '{missing[0]}' not specified", "HTTPBadRequest")
    if unknown := sorted(set(body) - set(required) - set(optional)):
        raise Refused(400, f"Unrecognized attribute(s) '{', '.join(unknown)}'", "HTTPBadRequest")
    return body


MOST = 1000             # records of one page


class Routes:
    """The calls of one service, each a rule below the service's prefix."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.rules: list[tuple[str, str, Callable[[Call], Answer]]] = []

    def on(self, method: str, path: str) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
        def register(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
            self.rules.append((method, self.prefix + path, handler))
            return handler
        return register

    def as_rules(self) -> list[Rule]:
        """The calls as werkzeug rules, each leading to its handler."""
        return [Rule(path, endpoint=handler, methods=[method], strict_slashes=False) for method, path, handler in self.rules]


def select(call: Call, records: Iterable[Record], filters: Iterable[str]) -> list[Record]:
    """Records that pass the query's documented filters, sorted and cut to `fields` as asked. Unknown filters are ignored, as Neutron does."""
    query = call.request.args
    chosen = [record for record in records
              if all(any(_same(record.get(name), wanted) for wanted in query.getlist(name)) for name in filters if name in query)]
    if key := query.get("sort_key"):
        chosen.sort(key=lambda record: str(record.get(key)), reverse=query.get("sort_dir") == "desc")
    if names := query.getlist("fields"):
        chosen = [{name: record[name] for name in names if name in record} for record in chosen]
    return chosen


def page(call: Call, records: list[Record], usual: int) -> tuple[list[Record], str | None]:
    """(one page, the marker of the next or None): `limit` records at most, `usual` unless asked for more and 1000 at most, after `marker`."""
    query = call.request.args
    limit = query.get("limit", str(usual))
    if not limit.isdigit():
        raise Refused(400, f"Invalid input for query parameters limit. '{limit}' is no whole number.")
    ids = [record["id"] for record in records]
    if (marker := query.get("marker")) and marker not in ids:
        raise Refused(400, f"marker [{marker}] not found")
    offset = int(query.get("offset", 0))
    left = records[(ids.index(marker) + 1 if marker else 0) + offset:]
    told = left[:min(int(limit), MOST)]
    return told, told[-1]["id"] if told and len(told) < len(left) else None


def _same(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return value is (wanted.lower() in ("true", "1"))
    return str("" if value is None else value) == wanted
