# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Block storage: volume types, volumes and snapshots, below /volume/v2/{tenant}. What is made shows `creating` for one more look, and
what is removed `deleting`, which keeps a volume from going and counts as one of its snapshots.

There is no call that changes a volume's size, and none is documented. Volumes have no body in the lab: no server sees the disk.
"""

from __future__ import annotations

from .calls import Answer, Call, Routes, page, select
from .errors import Refused
from .store import ZONES, Record, Store, Table, find, new_id, ripe, shown

routes = Routes("/volume/v2/<tenant>")

TYPES = ("General SSD", "General HDD")
LARGEST_GB = 2048
SNAPSHOTS_EACH = 3
VOLUME_FIELDS = ("name", "description", "availability_zone", "volume_type", "snapshot_id", "metadata", "nhn_encryption")
IGNORED = ("imageRef", "source_volid", "consistencygroup_id", "multiattach")    # what clients of Cinder send empty; NHN documents none
FILTERS = ("name", "status", "volume_id")


@routes.on("GET", "/types")
def list_volume_types(_: Call) -> Answer:
    return {"volume_types": [{"id": name.lower().replace(" ", "-"), "name": name, "description": name, "os-volume-type-access:is_public": True,
                              "extra_specs": {"volume_backend_name": name.split()[-1].lower()}} for name in TYPES]}


@routes.on("GET", "/volumes")
def list_volumes(call: Call) -> Answer:
    return {"volumes": [{key: volume[key] for key in ("id", "name", "links")} for volume in page(call, _volumes(call), 1000)[0]]}


@routes.on("GET", "/volumes/detail")
def list_volumes_detail(call: Call) -> Answer:
    return {"volumes": page(call, _volumes(call), 1000)[0]}


@routes.on("GET", "/volumes/<id>")
def get_volume(call: Call) -> Answer:
    _let_go(call.store.volumes, call.id)
    return {"volume": _looked_at(find(call.store.volumes, call.id, "Volume"))}


@routes.on("POST", "/volumes")
def create_volume(call: Call) -> Answer:
    store, body = call.store, call.json().get("volume")
    if isinstance(body, dict) and any(body.get(name) for name in IGNORED):
        raise Refused(400, f"Invalid volume: one of {', '.join(IGNORED)} is not supported.")
    want = call.fields("volume", ("size",), (*VOLUME_FIELDS, *IGNORED))
    if not str(want["size"]).isdigit() or not 0 < int(want["size"]) <= LARGEST_GB:
        raise Refused(400, f"Invalid input received: Volume size {want['size']} must be an integer between 1 and {LARGEST_GB}.")
    if (kind := want.get("volume_type") or "General HDD") not in TYPES:
        raise Refused(404, f"Volume type with name {kind} could not be found.")
    if (zone := want.get("availability_zone") or ZONES[0]) not in ZONES:
        raise Refused(400, f"Invalid input received: Availability zone '{zone}' is invalid.")
    if want.get("snapshot_id"):
        source = find(store.snapshots, want["snapshot_id"], "Snapshot")
        if source["status"] != "available" or int(want["size"]) < source["size"]:
            raise Refused(400, f"Invalid input received: Snapshot {source['id']} is {source['status']} and has {source['size']} GB.")
    volume = add_volume(store, int(want["size"]), kind, zone, name=want.get("name") or "", description=want.get("description"),
                        snapshot_id=want.get("snapshot_id"), metadata=want.get("metadata") or {})
    return 202, {"volume": shown(volume)}


@routes.on("DELETE", "/volumes/<id>")
def delete_volume(call: Call) -> Answer:
    store, volume = call.store, find(call.store.volumes, call.id, "Volume")
    if volume["status"] not in ("available", "error"):
        raise Refused(400, f"Invalid volume: Volume status must be available or error, but current status is: {volume['status']}.")
    if any(snapshot["volume_id"] == volume["id"] for snapshot in store.snapshots.values()):
        raise Refused(400, f"Invalid volume: Volume {volume['id']} still has 1 or more dependent snapshots.")
    volume.update(status="deleting", _looks=0)
    return 202, None


@routes.on("GET", "/snapshots")
def list_snapshots(call: Call) -> Answer:
    return {"snapshots": _snapshots(call)}


@routes.on("GET", "/snapshots/detail")
def list_snapshots_detail(call: Call) -> Answer:
    return {"snapshots": _snapshots(call)}


@routes.on("GET", "/snapshots/<id>")
def get_snapshot(call: Call) -> Answer:
    _let_go(call.store.snapshots, call.id)
    return {"snapshot": _looked_at(find(call.store.snapshots, call.id, "Snapshot"))}


@routes.on("POST", "/snapshots")
def create_snapshot(call: Call) -> Answer:
    store = call.store
    want = call.fields("snapshot", ("volume_id",), ("name", "description", "force", "metadata"))
    volume = find(store.volumes, want["volume_id"], "Volume")
    if volume["status"] == "in-use" and not want.get("force"):
        raise Refused(400, f"Invalid volume: Volume {volume['id']} status must be available, but current status is: in-use.")
    if volume["status"] not in ("available", "in-use"):
        raise Refused(400, f"Invalid volume: Volume {volume['id']} status must be available, but current status is: {volume['status']}.")
    if sum(snapshot["volume_id"] == volume["id"] for snapshot in store.snapshots.values()) >= SNAPSHOTS_EACH:
        raise Refused(413, f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({SNAPSHOTS_EACH}) exceeded for volume {volume['id']}.")
    snapshot: Record = {"id": new_id(), "name": want.get("name") or "", "description": want.get("description"), "status": "creating",
                        "volume_id": volume["id"], "size": volume["size"], "metadata": want.get("metadata") or {},
                        "created_at": store.zulu().removesuffix("Z") + ".000000"}
    store.snapshots[snapshot["id"]] = snapshot
    return 202, {"snapshot": shown(snapshot)}


@routes.on("DELETE", "/snapshots/<id>")
def delete_snapshot(call: Call) -> Answer:
    find(call.store.snapshots, call.id, "Snapshot").update(status="deleting", _looks=0)
    return 202, None


def add_volume(store: Store, size: int, kind: str, zone: str, **more: object) -> Record:
    """A new volume, `creating` unless more says otherwise."""
    volume: Record = {"id": new_id(), "name": "", "description": None, "size": size, "status": "creating", "volume_type": kind,
                      "availability_zone": zone, "bootable": "false", "attachments": [], "snapshot_id": None, "source_volid": None,
                      "encrypted": False, "metadata": {}, "user_id": store.user_id, "multiattach": False, "replication_status": "disabled",
                      "os-vol-tenant-attr:tenant_id": store.settings.credentials.tenant_id, "links": [],
                      "created_at": store.zulu().removesuffix("Z") + ".000000", **more}
    store.volumes[volume["id"]] = volume
    return volume


def add_root(store: Store, server: Record) -> None:
    """The volume that a server is born with. It has no name, and is among the project's own from then on."""
    root = server["volume"]
    held = {"server_id": server["id"], "attachment_id": root["id"], "device": "/dev/vda", "volume_id": root["id"], "id": root["id"]}
    add_volume(store, root["size"], root["volume_type"], server["zone"], id=root["id"], status="in-use", bootable="true", attachments=[held])


def _let_go(table: Table, *ids: str) -> None:
    """What was removed shows `deleting` for one look, and is gone at the next."""
    for identity in ids:
        if identity in table and table[identity]["status"] == "deleting" and ripe(table[identity]):
            del table[identity]


def _volumes(call: Call) -> list[Record]:
    _let_go(call.store.volumes, *list(call.store.volumes))
    return select(call, [_looked_at(volume) for volume in call.store.volumes.values()], FILTERS)


def _snapshots(call: Call) -> list[Record]:
    _let_go(call.store.snapshots, *list(call.store.snapshots))
    return select(call, [_looked_at(snapshot) for snapshot in call.store.snapshots.values()], FILTERS)


def _looked_at(record: Record) -> Record:
    if record["status"] in ("creating", "attaching", "detaching") and ripe(record):
        record.update(status={"attaching": "in-use"}.get(record["status"], "available"), _looks=0)
    return shown(record)
