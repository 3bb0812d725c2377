# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What objects are made of: files on disk, alone, as the segments of a large object, and until when they live. Swift and S3 share it.

An entry is {file, bytes, etag, type, meta, http, manifest, segments, modified, kept, delete_at}. `manifest` ("container/prefix") makes it a dynamic
large object, `segments` a static one; `kept` and `delete_at` are epoch seconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import unquote

from werkzeug.wrappers import Response

from .errors import Refused
from .store import Record, Store, Table, new_id

BLOCK = 1 << 20
LIFECYCLE = "x-container-object-lifecycle"          # days that objects put into a container live
DAY = 86400


class Readable(Protocol):
    """A body on its way in."""

    def read(self, size: int, /) -> bytes: ...


def containers(store: Store) -> Table:
    """The containers as they are now: an object whose end has come is gone."""
    for container in store.containers.values():
        for name in [name for name, entry in container["objects"].items() if entry["delete_at"] and entry["delete_at"] <= store.now()]:
            remove(container, name)
    return store.containers


def new_container(policy: str) -> Record:
    return {"policy": policy, "settings": {}, "objects": {}}


def keep(store: Store, body: Readable) -> Record:
    """Read a body into a file of its own: an entry that is not yet anybody's object."""
    store.settings.objects.mkdir(parents=True, exist_ok=True)
    file, digest, count = store.settings.objects / new_id(), hashlib.md5(usedforsecurity=False), 0
    with file.open("wb") as out:
        while block := body.read(BLOCK):
            out.write(block)
            digest.update(block)
            count += len(block)
    return {"file": file, "bytes": count, "etag": digest.hexdigest(), "type": "application/octet-stream", "meta": {}, "http": {}, "manifest": "",
            "segments": [], "modified": store.zulu(), "kept": store.now(), "delete_at": None}


def place(container: Record, name: str, entry: Record) -> None:
    """Make a kept body an object, in place of the one of that name; it lives as long as it says, else as its container does."""
    if before := container["objects"].get(name):
        forget(before)
    if not entry["delete_at"] and (days := int(container["settings"].get(LIFECYCLE) or 0)):
        entry["delete_at"] = int(entry["kept"]) + days * DAY
    container["objects"][name] = entry


def remove(container: Record, name: str) -> None:
    forget(container["objects"].pop(name))


def forget(entry: Record) -> None:
    entry["file"].unlink(missing_ok=True)


def assemble(store: Store, container: Record, prefix: str, target: Path) -> int:
    """The object of that name, else all below it in order, as one file; how many there were."""
    found = [prefix] if prefix in container["objects"] else sorted(name for name in container["objects"] if name.startswith(f"{prefix}/"))
    with target.open("wb") as out:
        for name in found:
            out.writelines(Joined(parts(store, container["objects"][name])))
    return len(found)


def size(entry: Record) -> int:
    """Bytes, as lists tell them: a static large object has those of its segments, a dynamic one none."""
    return sum(segment["bytes"] for segment in entry["segments"]) or entry["bytes"]


def parts(store: Store, entry: Record, raw: bool = False) -> list[Record]:
    """The segments of a large object, else (or `raw`: the manifest itself) the object alone; 409 when a static one's are not what they were."""
    held = {name: container["objects"] for name, container in containers(store).items()}
    if entry["segments"] and not raw:
        found = [held.get(segment["container"], {}).get(segment["object"]) for segment in entry["segments"]]
        if any(part is None or part["etag"] != segment["etag"] for part, segment in zip(found, entry["segments"], strict=True)):
            raise Refused(409, "There was a conflict when trying to complete your request.")
        return [part for part in found if part]
    if entry["manifest"] and not raw:
        container, _, prefix = unquote(entry["manifest"]).partition("/")
        return [part for name, part in sorted(held.get(container, {}).items()) if name.startswith(prefix)]
    return [entry]


class Joined:
    """Parts, read as if they were one body, from a first to a last byte of it."""

    def __init__(self, found: list[Record], first: int = 0, last: int | None = None) -> None:
        self._blocks = stream(found, first, sum(part["bytes"] for part in found) - 1 if last is None else last)

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def read(self, _: int, /) -> bytes:
        return next(self._blocks, b"")


def stream(found: list[Record], first: int, last: int) -> Iterator[bytes]:
    """Bytes `first` to `last` of parts as if they were one. Files are opened now, so that a removal in the meantime does not cut it short."""
    return _bytes([(part["file"].open("rb"), part["bytes"]) for part in found], first, last)


def _bytes(opened: list[tuple[IO[bytes], int]], first: int, last: int) -> Iterator[bytes]:
    at = 0
    for file, length in opened:
        with file:
            begin, end = max(first - at, 0), min(last - at + 1, length)
            file.seek(begin)
            while begin < end and (block := file.read(min(BLOCK, end - begin))):
                begin += len(block)
                yield block
        at += length


def told(entry: Record, found: list[Record], raw: bool = False) -> Response:
    """An answer to HEAD."""
    return Response(status=200, headers={**_headers(entry, found, raw), "Content-Length": str(sum(part["bytes"] for part in found))},
                    mimetype=entry["type"])


def sent(entry: Record, found: list[Record], wanted: str = "", raw: bool = False) -> Response:
    """An answer to GET. One range, "bytes=N-" or "bytes=N-M", is understood; any other is answered with the whole, as HTTP has it."""
    total = sum(part["bytes"] for part in found)
    first, last = 0, total - 1
    ranged = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if ranged:
        first, last = int(ranged[1]), min(int(ranged[2] or last), last)
        if first > last:
            raise Refused(416, "Requested Range Not Satisfiable")
    headers = _headers(entry, found, raw) | ({"Content-Range": f"bytes {first}-{last}/{total}"} if ranged else {})
    headers["Content-Length"] = str(last - first + 1)
    return Response(stream(found, first, last), 206 if ranged else 200, headers=headers, direct_passthrough=True,
                    mimetype="application/json" if raw and entry["segments"] else entry["type"])


def etag_of(found: list[Record]) -> str:
    """What a large object's ETag is: of its segments' together."""
    return hashlib.md5("".join(part["etag"] for part in found).encode(), usedforsecurity=False).hexdigest()


def http_date(modified: str) -> str:
    return format_datetime(datetime.fromisoformat(modified).astimezone(UTC), usegmt=True)


def _headers(entry: Record, found: list[Record], raw: bool) -> dict[str, str]:
    large = (entry["manifest"] or entry["segments"]) and not raw
    headers: dict[str, Any] = {"ETag": f'"{etag_of(found)}"' if large else entry["etag"], "Accept-Ranges": "bytes", "X-Trans-Id": f"tx{new_id()}",
                               "Last-Modified": http_date(entry["modified"]), **entry["http"], **entry["meta"]}
    if entry["delete_at"]:
        headers["X-Delete-At"] = str(entry["delete_at"])
    if entry["manifest"]:
        headers["X-Object-Manifest"] = entry["manifest"]
    if entry["segments"]:
        headers["X-Static-Large-Object"] = "True"
    return headers
