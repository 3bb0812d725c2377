# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes on servers, as compute tells it: the root volume a server was born with, and those attached later."""

from __future__ import annotations

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record, Store, find

routes = Routes("/compute/v2/<tenant>/servers/<id>")


@routes.on("GET", "/os-volume_attachments")
def list_volume_attachments(call: Call) -> Answer:
    server = find(call.store.servers, call.id, "Instance")
    if not server["volume"]:
        raise Refused(404, f"Instance {server['id']} has no volume.")
    return {"volumeAttachments": [_root(server), *(_told(volume["attachments"][0]) for volume in volumes_of(call.store, server))]}


@routes.on("GET", "/os-volume_attachments/<volume>")
def get_volume_attachment(call: Call) -> Answer:
    found = [told for told in list_volume_attachments(call)["volumeAttachments"] if told["volumeId"] == call.path["volume"]]
    if not found:
        raise Refused(404, f"volume_id not found: {call.path['volume']}")
    return {"volumeAttachment": found[0]}


@routes.on("POST", "/os-volume_attachments")
def attach_volume(call: Call) -> Answer:
    store, server = call.store, find(call.store.servers, call.id, "Instance")
    volume = find(store.volumes, call.fields("volumeAttachment", ("volumeId",), ("device",))["volumeId"], "Volume")
    if volume["status"] != "available":
        raise Refused(400, f"Invalid volume: volume {volume['id']} status must be 'available'. Currently in '{volume['status']}'")
    if server["status"] != "ACTIVE":
        raise Refused(409, f"Cannot 'attach_volume' instance {server['id']} while it is in vm_state building")
    if server["zone"] != volume["availability_zone"]:
        raise Refused(400, f"Invalid volume: Instance {server['id']} and volume {volume['id']} are not in the same availability_zone.")
    used = {each["attachments"][0]["device"] for each in volumes_of(store, server)}
    device = next(f"/dev/vd{letter}" for letter in "bcdefghijklmnopqrstuvwxyz" if f"/dev/vd{letter}" not in used)
    volume.update(status="attaching", _looks=0, attachments=[{"server_id": server["id"], "attachment_id": volume["id"], "device": device,
                                                             "volume_id": volume["id"], "id": volume["id"]}])
    return {"volumeAttachment": _told(volume["attachments"][0])}


@routes.on("DELETE", "/os-volume_attachments/<volume>")
def detach_volume(call: Call) -> Answer:
    store, server = call.store, find(call.store.servers, call.id, "Instance")
    if server["volume"] and server["volume"]["id"] == call.path["volume"]:
        raise Refused(403, "Can't detach root device volume")
    held = [volume for volume in volumes_of(store, server) if volume["id"] == call.path["volume"]]
    if not held:
        raise Refused(404, f"volume_id not found: {call.path['volume']}")
    held[0].update(status="detaching", attachments=[], _looks=0)
    return 202, None


def volumes_of(store: Store, server: Record) -> list[Record]:
    """The volumes attached to a server, its root volume aside."""
    root = (server["volume"] or {}).get("id")
    return [volume for volume in store.volumes.values()
            if volume["id"] != root and any(each["server_id"] == server["id"] for each in volume["attachments"])]


def _root(server: Record) -> Record:
    return {"device": "/dev/vda", "id": server["volume"]["id"], "serverId": server["id"], "volumeId": server["volume"]["id"]}


def _told(attachment: Record) -> Record:
    return {"device": attachment["device"], "id": attachment["id"], "serverId": attachment["server_id"], "volumeId": attachment["volume_id"]}
