# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volume of block storage, and the server it is attached to. No call changes its size or its name, so only the attachment can change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..faults import BadInput, Fault
from ..waiting import FAILED, PENDING, READY
from .iaas import meant
from .resource import Missing, Resource, waits
from .spelling import within
from .volume_snapshot import leaving, see_left

RESTING = {"available", "in-use"}
MOVING = {"creating", "attaching", "detaching", "downloading", "uploading", "backing-up", "restoring-backup", "retyping", "extending"}


def at_rest(seen: Mapping[str, Any] | None) -> str:
    """Ready when it can be used, failed in the states that begin with error, pending while it moves."""
    if seen is None or seen["status"] in RESTING:
        return READY
    return FAILED if seen["status"].startswith("error") else PENDING


def still(seen: Mapping[str, Any]) -> str:
    """Pending while it moves, else ready: what is to go need not be well."""
    return PENDING if seen["status"] in MOVING else READY


class Volume(Resource):
    """Fields: name, size_gb, type, zone, description, snapshot (id it is made of), server (id, "" for none). Also read: id, status,
    device."""

    noun, service, path, key = "volume", "volume", "/volumes", "volume"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("size_gb", needed=True, fixed=True, tidy=within(1, 2048), option={"type": "int"}),
        Field("type", fixed=True),
        Field("zone", fixed=True),
        Field("description", same=unseen),
        Field("snapshot", fixed=True),
        Field("server"),
    )
    options: ClassVar[dict[str, Any]] = waits(600)
    snapshots_leave = False                     # whether one of its snapshots is on its way out

    def find(self) -> dict[str, Any] | None:
        raw = meant([raw for raw in self._every() if raw["status"] != "deleting"], self.noun, self.name)
        return self.shape(raw) if raw else None

    def _every(self) -> list[dict[str, Any]]:
        """All volumes, those on their way out too."""
        return self.cloud.list("volume", "/volumes/detail", "volumes")

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if self.have is None:
            self.cloud.refuse_unknown_volume_type(want.get("type"))
            self.cloud.refuse_unknown_zone(want.get("zone"))
        if "snapshot" in want:
            want["snapshot"] = self._snapshot(want["snapshot"])
            self._refuse_less(want)
        if want.get("server") and not (self.have and self.have["server"] == want["server"]):
            want["server"] = self._server(want["server"])
        return want

    def _refuse_less(self, want: Mapping[str, Any]) -> None:
        """Raise BadInput for a new one that is smaller than what it is to be made of."""
        source = next((raw for raw in self.cloud.list("volume", "/snapshots", "snapshots") if raw["id"] == want["snapshot"]), None)
        if self.have is None and source and want.get("size_gb", source.get("size") or 0) < (source.get("size") or 0):
            raise BadInput([f"size_gb: {want['size_gb']} is less than the {source['size']} of snapshot {source['name']}"])

    def _snapshot(self, given: str) -> str:
        """Its id. A volume outlives what it was made of: where neither what is named nor what it was made of is there any more, nobody can tell
        that they are not the same."""
        made_of = (self.have or {}).get("snapshot")
        there = self.cloud.list("volume", "/snapshots", "snapshots")
        if made_of and not meant(there, "snapshot", given) and not any(raw["id"] == made_of for raw in there):
            return str(made_of)
        return self.parent("snapshot", "volume", "/snapshots", given)

    def _server(self, given: str) -> str:
        found = meant(self.cloud.list("compute", "/servers", "servers"), "server", given)
        if found:
            return str(found["id"])
        self.needs.append(f"server {given}")
        return Missing(f"server {given}")

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        held = (raw.get("attachments") or [{}])[0]
        return {"id": raw["id"], "name": raw["name"], "size_gb": raw["size"], "type": raw.get("volume_type"),
                "zone": raw.get("availability_zone"), "description": raw.get("description") or "", "snapshot": raw.get("snapshot_id"),
                "server": held.get("server_id") or "", "device": held.get("device"), "status": raw["status"]}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        api = {"size_gb": "size", "type": "volume_type", "zone": "availability_zone", "snapshot": "snapshot_id"}
        return {api.get(name, name): value for name, value in values.items() if name != "server"}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make it and wait; the attachment is what differs then, and the next step."""
        return self.settled(super().create(want))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        have = self.settled(have)               # found by a look after a lost reply, it may still be in the making
        if have["server"]:
            self._release(have)
        if want["server"]:
            self.cloud.call("POST", "compute", f"/servers/{want['server']}/os-volume_attachments", doing="attach volume", to=self.name,
                            json={"volumeAttachment": {"volumeId": have["id"]}})
        return self._moved(have["id"], want["server"])

    def broken(self, have: dict[str, Any]) -> bool:
        return at_rest(have) == FAILED

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it rests."""
        return self.once_ready(at_rest, now, "see it ready")

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """The service keeps a volume that has snapshots; it would be off its server by then."""
        there = self.cloud.list("volume", "/snapshots/detail", "snapshots")
        self.snapshots_leave = bool(leaving(there, have["id"]))
        of_it = [str(raw.get("name") or raw["id"]) for raw in there
                 if raw["volume_id"] == have["id"] and raw["status"] not in ("deleting", "deleted")]
        if of_it:
            raise Fault("remove volume", self.name, left=f"It has snapshots ({', '.join(sorted(of_it))}), and nothing was touched.",
                        then="Remove them first, by whoever decides that nobody needs them; take the volume off a schedule that makes more.")

    def delete(self, have: dict[str, Any]) -> None:
        """Take it off its server, remove it once no snapshot of it is on its way out, and wait until it is gone."""
        have = self.once_ready(still, have, "see it at rest")
        if have["server"]:
            self._release(have)
        if self.snapshots_leave:
            see_left(self.cloud, have["id"], self.params["wait_seconds"], self.name)
        super().delete(have)
        self.see_gone(lambda: next((raw for raw in self._every() if raw["id"] == have["id"]), None))

    def _release(self, have: dict[str, Any]) -> None:
        self.cloud.call("DELETE", "compute", f"/servers/{have['server']}/os-volume_attachments/{have['id']}", doing="detach volume",
                        to=self.name, gone_is_fine=True)
        self._moved(have["id"], "")

    def _moved(self, identity: str, server: str) -> dict[str, Any]:
        """The volume once it rests at that server, "" for none: what is read may lag behind a change that was accepted."""
        def judge(seen: Mapping[str, Any]) -> str:
            verdict = at_rest(seen)
            return PENDING if verdict == READY and seen["server"] != server else verdict

        return self.once_ready(judge, self.get(identity), "see it attached" if server else "see it detached")
