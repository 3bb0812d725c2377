# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage, the Swift way, below /objects/v1/AUTH_{tenant}. It has a tenant of its own; bodies are files on disk, never JSON.

Swift ignores what it does not know. This one refuses it: a header or query that would mean something at NHN is done or answered 400.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.wrappers import Response

from . import bodies, identity, listing, manifests
from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record, Store, new_id

routes = Routes("/objects/v1/AUTH_<objects_tenant>")

LIMIT = 5 * 1024**3                                     # bytes of one object
SETTINGS = ("x-container-read", "x-container-write", bodies.LIFECYCLE)
POLICIES = ("Standard", "Economy")
LIST_QUERIES = ("format", "limit", "marker", "prefix", "delimiter")
LARGE = ("multipart-manifest",)
CONTAINER_META, OBJECT_META = "x-container-meta-", "x-object-meta-"
LIFE = ("x-delete-at", "x-delete-after")
COPIES = ("x-fresh-metadata",)
HTTP = ("Content-Encoding", "Content-Disposition")      # kept, and sent along with the object
WRITES = ("PUT", "POST", "COPY")                        # openstacksdk sends metadata along with a DELETE too
MEANINGFUL = ("x-account-", "x-container-", "x-object-", "x-delete-", "x-copy-", "x-history-", "x-versions-", "x-symlink-", "x-remove-",
              "x-fresh-", "x-storage-", "x-detect-", "destination")


def authenticate(store: Store, call: Call) -> None:
    """401 without a token of Object Storage's tenant, except to read what a container shows to everybody."""
    container, _, name = call.request.path.removeprefix(f"/objects/v1/AUTH_{store.settings.credentials.object_tenant_id}/").partition("/")
    acl = store.containers.get(container, {"settings": {}})["settings"].get("x-container-read", "").replace(" ", "").split(",")
    shown = ".r:*" in acl and (name or ".rlistings" in acl)
    if not (shown and call.request.method in ("GET", "HEAD") and "X-Auth-Token" not in call.request.headers):
        identity.authenticate_objects(store, call)


@routes.on("HEAD", "/")
def account_info(call: Call) -> Answer:
    _understood(call)
    return _empty(200, _account_headers(call.store))


@routes.on("GET", "/")
def list_containers(call: Call) -> Answer:
    _understood(call, LIST_QUERIES)
    records = {name: {"count": len(container["objects"]), "bytes": _used(container)}
               for name, container in bodies.containers(call.store).items()}
    return listing.swift(call.request, "container", f"AUTH_{call.path['objects_tenant']}", records, _account_headers(call.store))


@routes.on("PUT", "/<container>")
def create_container(call: Call) -> Answer:
    """201 for a new one, 202 for one that is there: Swift does not mind."""
    _understood(call, (), (*SETTINGS, "x-storage-policy"), CONTAINER_META)
    name, headers, held = call.path["container"], call.request.headers, bodies.containers(call.store)
    if len(name.encode()) > 256:
        raise Refused(400, "Container name length too long")
    policy = headers.get("X-Storage-Policy", "Standard")
    if policy not in POLICIES:
        raise Refused(400, f"Invalid X-Storage-Policy '{policy}'")
    there = held.get(name)
    if there and "X-Storage-Policy" in headers and there["policy"] != policy:
        raise Refused(409, "There was a conflict when trying to complete your request.")
    settings = _settings(call)
    _configure(held.setdefault(name, bodies.new_container(policy)), settings)
    return _empty(202 if there else 201)


@routes.on("POST", "/<container>")
def configure_container(call: Call) -> Answer:
    _understood(call, (), SETTINGS, CONTAINER_META)
    _configure(_container(call), _settings(call))
    return _empty(204)


@routes.on("HEAD", "/<container>")
def container_info(call: Call) -> Answer:
    _understood(call)
    return _empty(204, _headers(_container(call)))


@routes.on("GET", "/<container>")
def list_objects(call: Call) -> Answer:
    _understood(call, LIST_QUERIES)
    container = _container(call)
    records = {name: {"hash": entry["etag"], "bytes": bodies.size(entry), "content_type": entry["type"], "last_modified": entry["modified"]}
               for name, entry in container["objects"].items()}
    return listing.swift(call.request, "object", call.path["container"], records, _headers(container))


@routes.on("DELETE", "/<container>")
def delete_container(call: Call) -> Answer:
    _understood(call)
    if _container(call)["objects"]:
        raise Refused(409, "There was a conflict when trying to complete your request.")
    del call.store.containers[call.path["container"]]
    return _empty(204)


@routes.on("PUT", "/<container>/<path:object>")
def put_object(call: Call) -> Answer:
    """Whole or not at all: a body that ends early, or whose MD5 is not the ETag sent along, leaves what was there before."""
    request = call.request
    if "X-Copy-From" in request.headers:
        _understood(call, (), ("x-copy-from", *COPIES, *LIFE), OBJECT_META)
        if request.content_length:
            raise Refused(400, "Copy requests require a zero byte body")
        return _copy(call, request.headers["X-Copy-From"], f"{call.path['container']}/{call.path['object']}")
    _understood(call, LARGE, ("x-object-manifest", *LIFE), OBJECT_META)
    container, ends = _container(call), _end(call)
    if request.headers.get("If-None-Match") == "*" and call.path["object"] in container["objects"]:
        raise Refused(412, "A precondition for this request was not met.")
    if request.content_length is None and request.headers.get("Transfer-Encoding") != "chunked":
        raise Refused(411, "Missing Content-Length header.")
    if (request.content_length or 0) > LIMIT:
        raise Refused(413, "Your request is too large.")
    large = _multipart(call, "put")
    segments = manifests.read(bodies.containers(call.store), request.get_data()) if large else []
    entry = bodies.keep(call.store, manifests.as_body(segments) if large else request.stream)
    if not large and request.content_length is not None and entry["bytes"] != request.content_length:
        bodies.forget(entry)
        raise Refused(408, "The request was cut short.")
    etag = bodies.etag_of(segments) if large else entry["etag"]
    if "ETag" in request.headers and request.headers["ETag"].strip('"') != etag:
        bodies.forget(entry)
        raise Refused(422, "Unable to process the contained instructions")
    entry.update(segments=segments, manifest=request.headers.get("X-Object-Manifest", ""), delete_at=ends, meta=_meta(call), http=_http(call),
                 type=request.mimetype or "application/octet-stream")
    bodies.place(container, call.path["object"], entry)
    return _empty(201, {"ETag": f'"{etag}"' if large else etag, "Last-Modified": bodies.http_date(entry["modified"])})


@routes.on("COPY", "/<container>/<path:object>")
def copy_object(call: Call) -> Answer:
    _understood(call, (), ("destination", *COPIES, *LIFE), OBJECT_META)
    if not call.request.headers.get("Destination"):
        raise Refused(412, "Destination header must be of the form <container name>/<object name>")
    return _copy(call, f"{quote(call.path['container'])}/{quote(call.path['object'])}", unquote(call.request.headers["Destination"]))


@routes.on("POST", "/<container>/<path:object>")
def change_object(call: Call) -> Answer:
    """What is known about an object, in place of all that was: what is not sent along is gone, its end included; its type stays."""
    _understood(call, (), LIFE, OBJECT_META)
    entry = _object(call)
    entry.update(delete_at=_end(call), meta=_meta(call), http=_http(call), type=call.request.mimetype or entry["type"])
    return _empty(202)


@routes.on("HEAD", "/<container>/<path:object>")
def object_info(call: Call) -> Answer:
    _understood(call, LARGE)
    entry, raw = _object(call), _multipart(call, "get")
    return bodies.told(entry, bodies.parts(call.store, entry, raw), raw)


@routes.on("GET", "/<container>/<path:object>")
def get_object(call: Call) -> Answer:
    """The body; a large object made of segments as if it were one, unless its manifest itself is asked for."""
    _understood(call, LARGE)
    entry, raw = _object(call), _multipart(call, "get")
    return bodies.sent(entry, bodies.parts(call.store, entry, raw), call.request.headers.get("Range", ""), raw)


@routes.on("DELETE", "/<container>/<path:object>")
def delete_object(call: Call) -> Answer:
    """A large one goes with its segments when that is asked for."""
    _understood(call, LARGE)
    entry, whole = _object(call), _multipart(call, "delete")
    if whole and not entry["segments"]:
        raise Refused(400, "Not an SLO manifest")
    found = manifests.remove_segments(bodies.containers(call.store), entry) if whole else 0
    bodies.remove(_container(call), call.path["object"])
    if not whole:
        return _empty(204)
    gone = len(entry["segments"]) - found
    return Response(f"Number Deleted: {found + 1}\nNumber Not Found: {gone}\nResponse Body: \nResponse Status: 200 OK\nErrors:\n", 200,
                    mimetype="text/plain")


def _copy(call: Call, source: str, target: str) -> Response:
    """A new object of what another holds and says. A large one becomes one body."""
    held = bodies.containers(call.store)
    (from_container, _, from_object), (to_container, _, to_object) = (path.lstrip("/").partition("/") for path in (unquote(source), target))
    if not (from_object and to_object):
        raise Refused(412, "It must be of the form <container name>/<object name>")
    if to_container not in held or from_object not in held.get(from_container, {"objects": {}})["objects"]:
        raise Refused(404, "The resource could not be found.")
    before, ends = held[from_container]["objects"][from_object], _end(call)
    found = bodies.parts(call.store, before)
    if sum(part["bytes"] for part in found) > LIMIT:
        raise Refused(413, "Your request is too large.")
    entry = bodies.keep(call.store, bodies.Joined(found))
    fresh = call.request.headers.get("X-Fresh-Metadata", "").lower() in ("true", "1", "yes", "on")
    entry.update(delete_at=ends or (None if fresh else before["delete_at"]), type=call.request.mimetype or before["type"],
                 meta={**({} if fresh else before["meta"]), **_meta(call)}, http={**({} if fresh else before["http"]), **_http(call)})
    bodies.place(held[to_container], to_object, entry)
    return _empty(201, {"ETag": entry["etag"], "X-Copied-From": quote(f"{from_container}/{from_object}"),
                        "Last-Modified": bodies.http_date(entry["modified"])})


def _understood(call: Call, queries: Iterable[str] = (), headers: Iterable[str] = (), meta: str = "") -> None:
    """400 for a query, or a header of a write that means something to Object Storage, which this call does not act on."""
    if unknown := sorted(set(call.request.args) - set(queries)):
        raise Refused(400, f"This emulator does not act on the query {unknown[0]} of a {call.request.method}.")
    for name in (name.lower() for name, _ in call.request.headers if call.request.method in WRITES):
        if name.startswith(MEANINGFUL) and name not in headers and not (meta and name.startswith(meta)):
            raise Refused(400, f"This emulator does not act on the header {name} of a {call.request.method}.")


def _multipart(call: Call, wanted: str) -> bool:
    asked = call.request.args.get("multipart-manifest")
    if asked not in (None, wanted):
        raise Refused(400, f"This emulator does not act on multipart-manifest={asked} of a {call.request.method}.")
    return asked is not None


def _end(call: Call) -> int | None:
    """When the object is to go, as the headers say it (epoch seconds), or None."""
    at, after, now = call.request.headers.get("X-Delete-At"), call.request.headers.get("X-Delete-After"), int(call.store.now())
    for name, value in (("X-Delete-At", at), ("X-Delete-After", after)):
        if value is not None and not value.isdigit():
            raise Refused(400, f"Non-integer {name}")
    end = now + int(after) if after is not None else int(at) if at is not None else None
    if end is not None and end <= now:
        raise Refused(400, "X-Delete-At in past")
    return end


def _meta(call: Call) -> dict[str, str]:
    return {key: value for key, value in call.request.headers if key.lower().startswith(OBJECT_META) and value}


def _http(call: Call) -> dict[str, str]:
    return {name: call.request.headers[name] for name in HTTP if call.request.headers.get(name)}


def _settings(call: Call) -> dict[str, str]:
    """The settings sent along; one sent empty is to be cleared."""
    settings = {name.lower(): value for name, value in call.request.headers
                if name.lower() in SETTINGS or name.lower().startswith(CONTAINER_META)}
    if (days := settings.get(bodies.LIFECYCLE)) and not days.isdigit():
        raise Refused(400, f"Invalid X-Container-Object-Lifecycle '{days}'")
    return settings


def _configure(container: Record, settings: dict[str, str]) -> None:
    container["settings"] = {name: value for name, value in {**container["settings"], **settings}.items() if value}


def _container(call: Call) -> Record:
    if call.path["container"] not in bodies.containers(call.store):
        raise Refused(404, "The resource could not be found.")
    return call.store.containers[call.path["container"]]


def _object(call: Call) -> Record:
    objects = _container(call)["objects"]
    if call.path["object"] not in objects:
        raise Refused(404, "The resource could not be found.")
    return objects[call.path["object"]]


def _used(container: Record) -> int:
    return sum(bodies.size(entry) for entry in container["objects"].values())


def _account_headers(store: Store) -> dict[str, Any]:
    held = list(bodies.containers(store).values())
    return {"X-Account-Container-Count": len(held), "X-Account-Object-Count": sum(len(container["objects"]) for container in held),
            "X-Account-Bytes-Used": sum(map(_used, held))}


def _headers(container: Record) -> dict[str, Any]:
    return {"X-Container-Object-Count": len(container["objects"]), "X-Storage-Policy": container["policy"],
            "X-Container-Bytes-Used": _used(container), **container["settings"]}


def _empty(status: int, headers: dict[str, Any] | None = None) -> Response:
    answer = Response(status=status, mimetype="text/plain", headers={"X-Trans-Id": f"tx{new_id()}"})
    for key, value in (headers or {}).items():
        answer.headers[key.title()] = str(value)
    return answer
