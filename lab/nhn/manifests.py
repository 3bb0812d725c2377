# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static large objects: a manifest names its segments, and each is looked at before it is believed."""

from __future__ import annotations

import io
import json
from typing import Any

from . import bodies
from .errors import Refused
from .store import Record, Table

MOST = 10_000           # segments of one object
FIELDS = {"path", "etag", "size_bytes"}


def read(held: Table, body: bytes) -> list[Record]:
    """The segments that a manifest sent along names: [{container, object, bytes, etag, type, modified}]; 400 with all that is wrong with it."""
    try:
        wanted = json.loads(body)
    except ValueError as error:
        raise Refused(400, "Manifest must be valid JSON.") from error
    if not isinstance(wanted, list) or not wanted or not all(isinstance(each, dict) for each in wanted):
        raise Refused(400, "Manifest must be a list of at least one segment.")
    if len(wanted) > MOST:
        raise Refused(413, f"Number of segments must be <= {MOST}")
    faults: list[str] = []
    segments = [_segment(held, number, each, faults) for number, each in enumerate(wanted)]
    if faults:
        raise Refused(400, "Errors:\n" + "\n".join(faults))
    return segments


def as_body(segments: list[Record]) -> io.BytesIO:
    """The manifest as it is kept, and told to who asks for it."""
    return io.BytesIO(json.dumps([{"name": f"/{each['container']}/{each['object']}", "hash": each["etag"], "bytes": each["bytes"],
                                   "content_type": each["type"], "last_modified": each["modified"]} for each in segments]).encode())


def remove_segments(held: Table, entry: Record) -> int:
    """How many there still were."""
    found = {(each["container"], each["object"]) for each in entry["segments"]
             if each["object"] in held.get(each["container"], {"objects": {}})["objects"]}
    for container, name in found:
        bodies.remove(held[container], name)
    return len(found)


def _segment(held: Table, number: int, wanted: dict[str, Any], faults: list[str]) -> Record:
    path = str(wanted.get("path") or "")
    if unknown := sorted(set(wanted) - FIELDS):
        faults.append(f"Index {number}: this emulator does not act on {', '.join(unknown)}")
    container, _, name = path.lstrip("/").partition("/")
    part = held.get(container, {"objects": {}})["objects"].get(name)
    if part is None:
        faults.append(f"{path or f'Index {number}'}, 404 Not Found")
        return {}
    if part["segments"] or part["manifest"]:
        faults.append(f"{path}: this emulator makes no large object of large objects")
    if wanted.get("etag") not in (None, part["etag"]):
        faults.append(f"{path}, Etag Mismatch")
    if wanted.get("size_bytes") not in (None, part["bytes"]):
        faults.append(f"{path}, Size Mismatch")
    return {"container": container, "object": name, **{key: part[key] for key in ("bytes", "etag", "type", "modified")}}
