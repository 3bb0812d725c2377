# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that the project uploads: made, filled, changed, tagged, removed. NHN lists these calls; their shapes here are Glance's.

The bytes are kept and given back. No host of the lab is built of them: a server that is to boot one is refused.
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response

from . import bodies
from .calls import Answer, Call, Routes, checked
from .errors import Refused
from .image import IMAGES
from .store import Record, find, new_id, shown

routes = Routes("/image/v2")

FIXED = ("id", "status", "owner", "size", "checksum", "created_at", "updated_at", "self", "file", "schema", "tags")
BASE = ("name", "visibility", "protected", "min_disk", "min_ram", "disk_format", "container_format")
KINDS = {"visibility": ("private", "shared"), "container_format": ("bare",), "disk_format": ("qcow2", "raw", "vhd", "vmdk", "vdi", "iso")}


@routes.on("POST", "/images")
def create_image(call: Call) -> Answer:
    want = call.json()
    properties = {name: value for name, value in want.items() if name not in (*BASE, *FIXED)}
    given = checked({name: value for name, value in want.items() if name not in properties and value is not None}, ("name",), (*BASE, "tags"))
    identity = new_id()
    image: Record = {"id": identity, "name": "", "status": "queued", "visibility": "private", "protected": False, "min_disk": 0, "min_ram": 0,
                     "disk_format": None, "container_format": None, "size": None, "checksum": None, "tags": [],
                     "owner": call.store.settings.credentials.tenant_id, "created_at": call.store.zulu(), "updated_at": call.store.zulu(),
                     "self": f"/v2/images/{identity}", "file": f"/v2/images/{identity}/file", "schema": "/v2/schemas/image", **given}
    _change(image, properties)
    _check(image)
    call.store.images[identity] = image
    return 201, shown(image)


@routes.on("PUT", "/images/<id>/file")
def upload_image(call: Call) -> Answer:
    image = _own(call)
    if image["status"] != "queued":
        raise Refused(409, f"Image status transition from {image['status']} to saving is not allowed")
    if image["disk_format"] is None or image["container_format"] is None:
        raise Refused(400, "Properties disk_format, container_format must be set prior to saving data.")
    body = bodies.keep(call.store, call.request.stream)
    if call.request.content_length not in (None, body["bytes"]):
        bodies.forget(body)
        raise Refused(400, "The upload was cut short.")
    image.update(_body=body, size=body["bytes"], checksum=body["etag"], status="active", updated_at=call.store.zulu())
    return 204, None


@routes.on("GET", "/images/<id>/file")
def download_image(call: Call) -> Answer:
    image = _own(call)
    if "_body" not in image:
        return 204, None
    return Response(bodies.stream([image["_body"]], 0, image["size"] - 1), 200, mimetype="application/octet-stream", direct_passthrough=True,
                    headers={"Content-Length": str(image["size"]), "Content-MD5": image["checksum"]})


@routes.on("PATCH", "/images/<id>")
def change_image(call: Call) -> Answer:
    """A JSON patch of whole properties; all of it or nothing."""
    image = _own(call)
    try:
        steps = [(step["op"], step["path"].removeprefix("/"), step.get("value")) for step in json.loads(call.request.get_data())]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(400, f"The body must be a JSON patch: {error}") from error
    changed = dict(image)
    for does, name, value in steps:
        if name in FIXED or "/" in name or (does == "remove" and name in BASE):
            raise Refused(403, f"Attribute '{name}' is read-only.")
        if does not in ("add", "replace", "remove"):
            raise Refused(400, f"Unable to understand the operation {does}.")
        if does != "add" and name not in changed:
            raise Refused(409, f"Property {name} does not exist.")
        if does == "remove":
            del changed[name]
        elif name in BASE:
            changed[name] = value
        else:
            _change(changed, {name: value})
    _check(changed)
    image.clear()
    image.update(changed, updated_at=call.store.zulu())
    return shown(image)


@routes.on("DELETE", "/images/<id>")
def delete_image(call: Call) -> Answer:
    image = _own(call)
    if image["protected"]:
        raise Refused(403, f"Image {image['id']} is protected and cannot be deleted.")
    if "_body" in image:
        bodies.forget(image["_body"])
    del call.store.images[image["id"]]
    return 204, None


@routes.on("PUT", "/images/<id>/tags/<tag>")
def tag_image(call: Call) -> Answer:
    image = _own(call)
    image["tags"] = sorted({*image["tags"], call.path["tag"]})
    return 204, None


@routes.on("DELETE", "/images/<id>/tags/<tag>")
def untag_image(call: Call) -> Answer:
    image = _own(call)
    if call.path["tag"] not in image["tags"]:
        raise Refused(404, f"Tag {call.path['tag']} could not be found.")
    image["tags"] = [tag for tag in image["tags"] if tag != call.path["tag"]]
    return 204, None


def _own(call: Call) -> Record:
    if call.id in IMAGES:
        raise Refused(403, f"You are not permitted to modify image {call.id}.")
    return find(call.store.images, call.id, "Image")


def _change(image: Record, properties: dict[str, Any]) -> None:
    for name, value in properties.items():
        if not isinstance(value, str):
            raise Refused(400, f"Invalid image object: {name}: {value!r} is not of type 'string'")
        image[name] = value


def _check(image: Record) -> None:
    for name, known in KINDS.items():
        if image[name] not in (None, *known):
            raise Refused(400, f"Invalid value '{image[name]}' for {name}; it is one of {', '.join(known)}.")
