# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object Storage, the Swift way, below /objects/v1/AUTH_{tenant}. It has a tenant of its own; bodies are files on disk, never JSON."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from werkzeug.wrappers import Response

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record, Store, new_id

routes = Routes("/objects/v1/AUTH_<objects_tenant>")

BLOCK = 1 << 20
LIMIT = 5 * 1024**3                                     # bytes of one object
SETTINGS = ("x-container-read", "x-container-write", "x-container-object-lifecycle", "x-history-location", "x-versions-retention")
POLICIES = ("Standard", "Economy")
LISTED = 10_000


@routes.on("HEAD", "/")
def account_info(call: Call) -> Answer:
    held = [entry for container in call.store.containers.values() for entry in container["objects"].values()]
    return _empty(200, {"X-Account-Container-Count": len(call.store.containers), "X-Account-Object-Count": len(held),
                        "X-Account-Bytes-Used": sum(entry["bytes"] for entry in held)})


@routes.on("GET", "/")
def list_containers(call: Call) -> Answer:
    names = _page(call, sorted(call.store.containers))
    if call.request.args.get("format") == "json":
        return [{"name": name, "count": len(call.store.containers[name]["objects"]),
                 "bytes": sum(entry["bytes"] for entry in call.store.containers[name]["objects"].values())} for name in names]
    return Response("".join(f"{name}\n" for name in names), 200 if names else 204, mimetype="text/plain")


@routes.on("PUT", "/<container>")
def create_container(call: Call) -> Answer:
    """201 for a new one, 202 for one that is there: Swift does not mind."""
    name, headers = call.path["container"], call.request.headers
    if len(name.encode()) > 256:
        raise Refused(400, "Container name length too long")
    policy = headers.get("X-Storage-Policy", "Standard")
    if policy not in POLICIES:
        raise Refused(400, f"Invalid X-Storage-Policy '{policy}'")
    there = call.store.containers.get(name)
    if there and "X-Storage-Policy" in headers and there["policy"] != policy:
        raise Refused(409, "There was a conflict when trying to complete your request.")
    container = call.store.containers.setdefault(name, {"policy": policy, "settings": {}, "objects": {}})
    _configure(container, call)
    return _empty(202 if there else 201)


@routes.on("POST", "/<container>")
def configure_container(call: Call) -> Answer:
    _configure(_container(call), call)
    return _empty(204)


@routes.on("HEAD", "/<container>")
def container_info(call: Call) -> Answer:
    return _empty(204, _headers(_container(call)))


@routes.on("GET", "/<container>")
def list_objects(call: Call) -> Answer:
    container = _container(call)
    prefix = call.request.args.get("prefix", "")
    names = _page(call, sorted(name for name in container["objects"] if name.startswith(prefix)))
    if call.request.args.get("format") == "json":
        return [{"name": name, "hash": entry["etag"], "bytes": entry["bytes"], "content_type": entry["type"],
                 "last_modified": entry["modified"]} for name in names for entry in [container["objects"][name]]]
    return Response("".join(f"{name}\n" for name in names), 200 if names else 204, mimetype="text/plain", headers=_headers(container))


@routes.on("DELETE", "/<container>")
def delete_container(call: Call) -> Answer:
    if _container(call)["objects"]:
        raise Refused(409, "There was a conflict when trying to complete your request.")
    del call.store.containers[call.path["container"]]
    return _empty(204)


@routes.on("PUT", "/<container>/<path:object>")
def put_object(call: Call) -> Answer:
    """Whole or not at all: a body that ends early, or whose MD5 is not the ETag sent along, leaves what was there before."""
    container, request = _container(call), call.request
    if request.content_length is None and request.headers.get("Transfer-Encoding") != "chunked":
        raise Refused(411, "Missing Content-Length header.")
    if (request.content_length or 0) > LIMIT:
        raise Refused(413, "Your request is too large.")
    entry = keep(call.store, request.stream)
    if request.content_length is not None and entry["bytes"] != request.content_length:
        _forget(entry)
        raise Refused(408, "The request was cut short.")
    if "ETag" in request.headers and request.headers["ETag"].strip('"') != entry["etag"]:
        _forget(entry)
        raise Refused(422, "Unable to process the contained instructions")
    entry["type"] = request.mimetype or "application/octet-stream"
    entry["manifest"] = request.headers.get("X-Object-Manifest", "")
    entry["meta"] = {key: value for key, value in request.headers if key.lower().startswith("x-object-meta-")}
    place(container, call.path["object"], entry)
    return _empty(201, {"ETag": entry["etag"]})


@routes.on("HEAD", "/<container>/<path:object>")
def object_info(call: Call) -> Answer:
    parts = _parts(call)
    return _empty(200, _object_headers(_object(call), parts), length=sum(part["bytes"] for part in parts))


@routes.on("GET", "/<container>/<path:object>")
def get_object(call: Call) -> Answer:
    """The body; a large object made of segments as if it were one. One range, "bytes=N-" or "bytes=N-M", is understood."""
    parts = _parts(call)
    total = sum(part["bytes"] for part in parts)
    first, last = 0, total - 1
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", call.request.headers.get("Range", ""))
    if wanted:
        first, last = int(wanted[1]), min(int(wanted[2] or last), last)
        if first > last:
            raise Refused(416, "Requested Range Not Satisfiable")
    # Opened now, under the store's lock, so that a removal in the meantime does not cut the answer short.
    opened = [(part["file"].open("rb"), part["bytes"]) for part in parts]
    headers = _object_headers(_object(call), parts) | ({"Content-Range": f"bytes {first}-{last}/{total}"} if wanted else {})
    headers["Content-Length"] = str(last - first + 1)
    return Response(_bytes(opened, first, last), 206 if wanted else 200, headers=headers, mimetype=_object(call)["type"], direct_passthrough=True)


@routes.on("DELETE", "/<container>/<path:object>")
def delete_object(call: Call) -> Answer:
    entry = _object(call)
    del _container(call)["objects"][call.path["object"]]
    _forget(entry)
    return _empty(204)


def keep(store: Store, body: IO[bytes]) -> Record:
    """Read a body into a file of its own: {file, bytes, etag, ...}, not yet anybody's object."""
    store.settings.objects.mkdir(parents=True, exist_ok=True)
    file, digest, count = store.settings.objects / new_id(), hashlib.md5(usedforsecurity=False), 0
    with file.open("wb") as out:
        while block := body.read(BLOCK):
            out.write(block)
            digest.update(block)
            count += len(block)
    return {"file": file, "bytes": count, "etag": digest.hexdigest(), "type": "application/octet-stream", "meta": {}, "manifest": "",
            "modified": store.zulu()}


def place(container: Record, name: str, entry: Record) -> None:
    """Make a kept body an object, in place of the one of that name."""
    if before := container["objects"].get(name):
        _forget(before)
    container["objects"][name] = entry


def assemble(container: Record, prefix: str, target: Path) -> int:
    """The object of that name, else all below it in order, as one file; how many there were."""
    found = [prefix] if prefix in container["objects"] else sorted(name for name in container["objects"] if name.startswith(f"{prefix}/"))
    with target.open("wb") as out:
        for name in found:
            with container["objects"][name]["file"].open("rb") as part:
                shutil.copyfileobj(part, out, BLOCK)
    return len(found)


def _bytes(opened: list[tuple[IO[bytes], int]], first: int, last: int) -> Iterator[bytes]:
    at = 0
    for file, size in opened:
        with file:
            begin, end = max(first - at, 0), min(last - at + 1, size)
            file.seek(begin)
            while begin < end and (block := file.read(min(BLOCK, end - begin))):
                begin += len(block)
                yield block
        at += size


def _configure(container: Record, call: Call) -> None:
    """Take the settings sent along; one sent empty is cleared."""
    for name in SETTINGS:
        if (value := call.request.headers.get(name)) is not None:
            container["settings"].pop(name, None)
            if value:
                container["settings"][name] = value


def _container(call: Call) -> Record:
    if call.path["container"] not in call.store.containers:
        raise Refused(404, "The resource could not be found.")
    return call.store.containers[call.path["container"]]


def _object(call: Call) -> Record:
    objects = _container(call)["objects"]
    if call.path["object"] not in objects:
        raise Refused(404, "The resource could not be found.")
    return objects[call.path["object"]]


def _parts(call: Call) -> list[Record]:
    """The segments of a large object, or the object itself."""
    entry = _object(call)
    if not entry["manifest"]:
        return [entry]
    container, _, prefix = entry["manifest"].partition("/")
    held = call.store.containers.get(container, {"objects": {}})["objects"]
    return [held[name] for name in sorted(held) if name.startswith(prefix)]


def _object_headers(entry: Record, parts: list[Record]) -> dict[str, str]:
    etag = entry["etag"] if not entry["manifest"] else hashlib.md5("".join(part["etag"] for part in parts).encode(),
                                                                    usedforsecurity=False).hexdigest()
    more = {"X-Object-Manifest": entry["manifest"]} if entry["manifest"] else {}
    return {"ETag": f'"{etag}"' if entry["manifest"] else etag, "Accept-Ranges": "bytes", "X-Trans-Id": f"tx{new_id()}", **entry["meta"], **more}


def _headers(container: Record) -> dict[str, Any]:
    return {"X-Container-Object-Count": len(container["objects"]), "X-Storage-Policy": container["policy"],
            "X-Container-Bytes-Used": sum(entry["bytes"] for entry in container["objects"].values()), **container["settings"]}


def _page(call: Call, names: list[str]) -> list[str]:
    marker, limit = call.request.args.get("marker", ""), min(int(call.request.args.get("limit", LISTED)), LISTED)
    return [name for name in names if name > marker][:limit]


def _forget(entry: Record) -> None:
    entry["file"].unlink(missing_ok=True)


def _empty(status: int, headers: dict[str, Any] | None = None, length: int | None = None) -> Response:
    """An answer without a body; `length`: what a GET would send."""
    answer = Response(status=status, mimetype="text/plain")
    for key, value in (headers or {}).items():
        answer.headers[key.title()] = str(value)
    if length is not None:
        answer.headers["Content-Length"] = str(length)
    return answer
