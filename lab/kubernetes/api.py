# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Paths, verbs and parameters of the API of one cluster: a request in, an answer out. Knows nothing of sockets."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lab.kubernetes import errors, kinds, openapi, tables
from lab.kubernetes.kinds import Kind
from lab.kubernetes.metrics import Usage, pod_metrics
from lab.kubernetes.selectors import field_matches, matches, parse
from lab.kubernetes.store import Store
from lab.kubernetes.watch import LONGEST, watch
from lab.kubernetes.writes import Options, Writer

Object = dict[str, Any]
log = logging.getLogger(__name__)
JSON_PATCH = "application/json-patch+json"
PATCHES = {"application/merge-patch+json": "merge", "application/strategic-merge-patch+json": "strategic-merge",
           "application/apply-patch+yaml": "apply", "application/apply-patch": "apply"}


@dataclass
class Request:
    """One request below a cluster's prefix: `path` starts with a slash, `query` has the last value of each parameter."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)     # lower-case names
    body: bytes = b""


@dataclass
class Answer:
    """Status, body (a JSON object, text, or lines of JSON as they come) and warnings for the client."""

    code: int
    body: Object | str | Iterator[str]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """What a path names: a kind, in a namespace ("" is all of them), perhaps one object and one of its subresources."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class Api:
    """The API of one cluster. `logs(pod)` gives the text of a pod's output and may raise LookupError saying why there is none.

    `usage(pod)` gives what the metrics API tells, which is served while `metrics` is set.
    """

    def __init__(self, store: Store, logs: Callable[[Object], str], usage: Callable[[Object], Usage | None] = lambda _: None):
        self.store = store
        self.writer = Writer(store)
        self.logs = logs
        self.usage = usage
        self.metrics = False

    def handle(self, request: Request) -> Answer:
        """Carry out one request; refusals become the API's Status answers, and a fault of ours is a logged 500, as at any server."""
        try:
            return self._handle(request)
        except errors.Refused as refusal:
            return Answer(refusal.code, refusal.status())
        except Exception as error:
            log.exception("%s %s", request.method, request.path)
            return Answer(500, errors.Refused(500, "InternalError", f"Internal error occurred: {error!r}").status())

    def would_change(self, request: Request) -> bool:
        """Whether the request is a write that changes, or tries to change, anything: a server-side apply of what is there is none."""
        if request.method == "GET" or request.query.get("dryRun") == "All":
            return False
        target = locate(request.path)
        if target is None or request.method not in ("PUT", "PATCH"):
            return True
        was = self.store.get(target.kind.name, target.namespace, target.name)
        answer = self.handle(replace(request, query={**request.query, "dryRun": "All"}))
        return answer.code != 200 or answer.body != was

    def _handle(self, request: Request) -> Answer:
        if request.method == "GET" and (document := discovery(request.path, kinds.SERVED if self.metrics else kinds.KINDS)) is not None:
            return Answer(200, document)
        target = locate(request.path)
        if target is None or (target.kind is kinds.METRICS and not self.metrics):
            raise errors.no_such_path()
        if target.subresource == "scale":
            return self._scale(target, request)
        if target.subresource == "log" and request.method == "GET":
            return self._log(target, request)
        if request.method == "GET":
            return self._read(target, request)
        return self._write(target, request)

    def _read(self, target: Target, request: Request) -> Answer:
        if request.query.get("watch") in ("true", "1") and not target.name:
            return self._watch(target, request)
        if target.name:
            found = self._one(target)
            if found is None:
                raise errors.not_found(target.kind, target.name)
            return Answer(200, self._table(target, [found]) if _as_table(request) else found)
        items = self._selected(target, request)
        if _as_table(request) and not target.kind.told:
            return Answer(200, self._table(target, items))
        bare = [{key: value for key, value in item.items() if key not in ("apiVersion", "kind")} for item in items]
        return Answer(200, {"kind": f"{target.kind.name}List", "apiVersion": target.kind.api_version,
                            "metadata": {"resourceVersion": self.store.version}, "items": bare})

    def _watch(self, target: Target, request: Request) -> Answer:
        if target.kind.told:
            raise errors.Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        if "sendInitialEvents" in request.query:        # clients that are told so list first, and watch then
            raise errors.Refused(422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is "
                                 "forbidden for watch unless the WatchList feature gate is enabled")
        try:
            selector, fields = parse(request.query.get("labelSelector", "")), request.query.get("fieldSelector", "")
            field_matches(fields, {})
            since, seconds = request.query.get("resourceVersion", ""), float(request.query.get("timeoutSeconds") or LONGEST)
            int(since or 0)
        except ValueError as error:
            raise errors.bad_request(str(error)) from error

        def fits(thing: Object) -> bool:
            return (target.namespace in ("", thing["metadata"].get("namespace", "")) and matches(selector, thing["metadata"].get("labels", {}))
                    and field_matches(fields, thing))

        if _as_table(request):
            return Answer(200, watch(self.store, since, target.kind.name, fits, seconds, lambda thing: self._table(target, [thing])))
        return Answer(200, watch(self.store, since, target.kind.name, fits, seconds))

    def _table(self, target: Target, things: list[Object]) -> Object:
        return tables.table(target.kind, things, self.store.version, self.store.clock())

    def _one(self, target: Target) -> Object | None:
        if target.kind is not kinds.METRICS:
            return self.store.get(target.kind.name, target.namespace, target.name)
        pod = self.store.get("Pod", target.namespace, target.name)
        return pod_metrics(pod, self.usage) if pod else None

    def _selected(self, target: Target, request: Request) -> list[Object]:
        measured = target.kind is kinds.METRICS
        try:
            selector = parse(request.query.get("labelSelector", ""))
            found = [thing for thing in self.store.all("Pod" if measured else target.kind.name, target.namespace, selector)
                     if field_matches(request.query.get("fieldSelector", ""), thing)]
        except ValueError as error:
            raise errors.bad_request(str(error)) from error
        return [told for pod in found if (told := pod_metrics(pod, self.usage))] if measured else found

    def _write(self, target: Target, request: Request) -> Answer:
        options = options_of(request, target.subresource)
        patched = request.method == "PATCH" and request.headers.get("content-type", "").startswith(JSON_PATCH)
        body = {} if patched else decode(request)
        place = (target.kind, target.namespace)
        if target.kind.told or target.subresource not in ("", "status") or (target.kind.namespaced and not target.namespace):
            raise errors.Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        if request.method == "POST" and not target.name:
            return Answer(201, self.writer.create(*place, body, options), options.warnings)
        if request.method == "PUT" and target.name:
            return Answer(200, self.writer.replace(*place, target.name, body, options), options.warnings)
        if patched and target.name:
            return Answer(200, self.writer.json_patch(*place, target.name, operations(request), options), options.warnings)
        if request.method == "PATCH" and target.name:
            return self._patch(target, request, body, options)
        if request.method == "DELETE":
            return self._delete(target, request, body, options)
        raise errors.Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _patch(self, target: Target, request: Request, body: Object, options: Options) -> Answer:
        kind = request.headers.get("content-type", "").split(";")[0].strip()
        if kind not in PATCHES:
            raise errors.Refused(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types "
                                 f"include: {', '.join(PATCHES)}")
        place = (target.kind, target.namespace, target.name, body)
        if PATCHES[kind] != "apply":
            return Answer(200, self.writer.patch(*place, options, style=PATCHES[kind]), options.warnings)
        if "fieldManager" not in request.query:
            raise errors.bad_request("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
        fresh = self.store.get(target.kind.name, target.namespace, target.name) is None
        return Answer(201 if fresh else 200, self.writer.apply(*place, options), options.warnings)

    def _delete(self, target: Target, request: Request, body: Object, options: Options) -> Answer:
        for name, convert in (("propagationPolicy", str), ("gracePeriodSeconds", int)):
            if name in request.query:
                body.setdefault(name, convert(request.query[name]))
        options.dry_run |= "All" in body.get("dryRun", ())
        if target.name:
            return Answer(200, self.writer.delete(target.kind, target.namespace, target.name, body, options))
        for thing in self._selected(target, request):
            self.writer.delete(target.kind, thing["metadata"].get("namespace", ""), thing["metadata"]["name"], body, options)
        return Answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})

    def _log(self, target: Target, request: Request) -> Answer:
        pod = self.store.get("Pod", target.namespace, target.name)
        if pod is None:
            raise errors.not_found(target.kind, target.name)
        try:
            text = self.logs(pod)
        except LookupError as error:
            raise errors.bad_request(f'container "{pod["spec"]["containers"][0]["name"]}" in pod "{target.name}": {error}') from error
        if tail := request.query.get("tailLines"):
            lines = text.splitlines(keepends=True)
            text = "".join(lines[len(lines) - min(int(tail), len(lines)):])
        return Answer(200, text)

    def _scale(self, target: Target, request: Request) -> Answer:
        found = self.store.get(target.kind.name, target.namespace, target.name)
        if found is None:
            raise errors.not_found(target.kind, target.name)
        if request.method in ("PUT", "PATCH"):
            replicas = decode(request).get("spec", {}).get("replicas", 0)
            found = self.writer.scale(target.kind, target.namespace, target.name, replicas, options_of(request))
        metadata = {key: found["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
        labels = found["spec"]["selector"].get("matchLabels", {})
        status = {"replicas": found.get("status", {}).get("replicas", 0), "selector": ",".join(f"{k}={v}" for k, v in labels.items())}
        return Answer(200, {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
                            "spec": {"replicas": found["spec"]["replicas"]}, "status": status})


def discovery(path: str, served: Sequence[Kind]) -> Object | None:
    """The documents by which clients learn what is served; None when `path` is not one of them."""
    parts = [part for part in path.split("/") if part]
    if parts[:2] == ["openapi", "v3"]:
        return openapi.document(path, served)
    if parts == ["version"]:
        return kinds.VERSION
    if parts == ["api"]:
        return {"kind": "APIVersions", "apiVersion": "v1", "versions": ["v1"]}
    if parts == ["apis"]:
        return kinds.group_list(served)
    if len(parts) == 2 and parts[0] == "api":
        return kinds.resource_list("", parts[1], served)
    if len(parts) == 3 and parts[0] == "apis":
        return kinds.resource_list(parts[1], parts[2], served)
    return None


def locate(path: str) -> Target | None:
    """What a resource path names; None when nothing served stands there."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        parts = ["", *parts[1:]]
    elif parts[:1] == ["apis"]:
        parts = parts[1:]
    else:
        return None
    group, version, rest = (*parts, "", "")[0], (*parts, "", "")[1], parts[2:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.BY_PATH.get((group, version, rest[0])) if rest else None
    if kind is None or len(rest) > 3 or bool(namespace) > kind.namespaced:
        return None
    name, subresource = (*rest, "", "")[1], (*rest, "", "")[2]
    if subresource not in ("", *kind.subresources) or (name and kind.namespaced and not namespace):
        return None
    return Target(kind, namespace, name, subresource)


def _as_table(request: Request) -> bool:
    """Whether the client asks for columns first of all, as `kubectl get` does."""
    return "as=Table;v=v1;" in request.headers.get("accept", "").split(",")[0].replace(" ", "") + ";"


def options_of(request: Request, subresource: str = "") -> Options:
    """The write options in the query; the manager defaults to the client's name in User-Agent."""
    manager = request.query.get("fieldManager") or request.headers.get("user-agent", "unknown").split("/")[0] or "unknown"
    return Options(manager=manager, dry_run=request.query.get("dryRun") == "All", force=request.query.get("force", "").lower() == "true",
                   validation=request.query.get("fieldValidation", "Warn"), subresource=subresource)


def decode(request: Request) -> Object:
    """The request's JSON body (JSON is YAML, so apply patches of JSON clients are read too); {} when there is none."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise errors.bad_request(f"the object provided is unrecognized (must be of type JSON): {error}") from error
    if not isinstance(body, dict):
        raise errors.bad_request("the object provided is not a map")
    return body


def operations(request: Request) -> list[Object]:
    """The operations of a JSON patch (RFC 6902)."""
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise errors.bad_request(f"error decoding patch: {error}") from error
    if not isinstance(body, list):
        raise errors.bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    return body
