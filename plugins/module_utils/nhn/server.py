# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Server on ports made before it, with a root volume. All of it is decided at birth: a change means another server."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, as_set, unseen
from ..faults import BadInput, Fault
from ..waiting import FAILED, PENDING, READY
from .iaas import is_id, meant
from .resource import Resource, waits
from .spelling import long

USER_DATA_BYTES = 65535             # in base64
GONE = {"DELETED", "SOFT_DELETED"}
MOVING = {"BUILD", "BUILDING", "REBUILD", "RESIZE", "VERIFY_RESIZE", "REVERT_RESIZE", "REBOOT", "HARD_REBOOT", "MIGRATING", "PASSWORD",
          "UNKNOWN"}
ROOT: dict[str, Any] = {
    "size_gb": {"type": "int", "default": 20},
    "type": {"type": "str", "default": "General SSD"},
    "delete_with_server": {"type": "bool", "default": True},
}


def running(server: Mapping[str, Any]) -> str:
    """Ready when ACTIVE, pending while it moves, failed in states it does not leave by itself (ERROR, SHUTOFF, ...)."""
    if server["status"] == "ACTIVE":
        return READY
    return PENDING if server["status"] in MOVING else FAILED


def encoded(user_data: str) -> str:
    """As it is sent."""
    return base64.b64encode(user_data.encode()).decode()


def carried(user_data: str) -> str:
    """What a server is told at birth, unless it is longer than the service takes; it is not quoted."""
    if len(encoded(user_data)) > USER_DATA_BYTES:
        raise ValueError(f"takes {len(encoded(user_data))} bytes as it is sent, and the service takes {USER_DATA_BYTES}")
    return user_data


def some(ports: list[str]) -> list[str]:
    """At least one, and each once: the service takes no server without a network."""
    if not ports:
        raise ValueError("is empty, and a server has one at least")
    if twice := sorted({port for port in ports if ports.count(port) > 1}):
        raise ValueError(*(f"{port} is there twice" for port in twice))
    return ports


class Server(Resource):
    """Fields: name, flavor (id), image, ports (ids), keypair, zone, user_data, root_volume. Also read: id, status, addresses (fixed
    ones), fault (why it is in ERROR). image, user_data and root_volume are used at birth and never compared: an image of the same name moves on,
    a host does not."""

    noun, service, path, key = "server", "compute", "/servers", "server"
    fields = (
        Field("name", tidy=long(1, 255), option={"type": "str", "required": True}),
        Field("flavor", needed=True, fixed=True),
        Field("image", needed=True, same=unseen),
        Field("ports", needed=True, fixed=True, same=as_set, tidy=some, option={"type": "list", "elements": "str"}),
        Field("keypair", option={"type": "str", "no_log": False}, needed=True, fixed=True),
        Field("zone", fixed=True),
        Field("user_data", same=unseen, secret=True, tidy=carried),
        Field("root_volume", same=unseen, option={"type": "dict", "options": ROOT, "apply_defaults": True}),
    )
    left_to_people: ClassVar[dict[str, str]] = {"flavor": "Have it changed in the console, at an hour that suits: it stops the server."}
    options: ClassVar[dict[str, Any]] = waits(600)
    protected = False                           # as the service told when it was last found

    def find(self) -> dict[str, Any] | None:
        """Names are matched as regular expressions by the API, and exactly here."""
        found = self.cloud.list("compute", "/servers/detail", "servers", name=None if is_id(self.name) else f"^{re.escape(self.name)}$")
        raw = meant([raw for raw in found if raw["status"] not in GONE], self.noun, self.name)
        self.protected = str((raw or {}).get("NHN-EXT-ATTR:protect")).lower() == "true"
        return self.shape(raw) if raw else None

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "flavor" in want and want["flavor"] != (self.have or {}).get("flavor"):
            want["flavor"] = self.cloud.offered("flavor", "compute", "/flavors", want["flavor"])
        if self.have is None:
            self.cloud.refuse_unknown_zone(want.get("zone"))
            self.cloud.refuse_unknown_volume_type((want.get("root_volume") or {}).get("type"))
            if "image" in want:
                image = self.cloud.image(want["image"])
                want["image"] = image["id"]
                size, least = (want.get("root_volume") or {}).get("size_gb", ROOT["size_gb"]["default"]), image.get("min_disk") or 0
                if size < least:
                    raise BadInput([f"root_volume.size_gb: {size} is less than the {least} that image {image['name']} needs"])
        if "ports" in want:
            want["ports"] = [self._free_port(port) for port in want["ports"]]
        if "keypair" in want and self.have is None:
            self.note_keypair(want["keypair"])
        return want

    def _free_port(self, given: str) -> str:
        """Its id. A new server cannot have the port of another; that one may be about to go, so it is needed and not forbidden."""
        identity = self.parent("port", "network", "/ports", given)
        if self.have is None:
            holder = next((raw.get("device_id") for raw in self.cloud.list("network", "/ports", "ports") if raw["id"] == identity), None)
            self.needs += [f"port {given} free of {holder}, which has it"] if holder else []
        return identity

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        # While planning, the ports wanted are looked up by name as well: one list of all answers both.
        whole = self.cloud.looking and self.params.get("ports")
        ports = self.cloud.list("network", "/ports", "ports", device_id=None if whole else raw["id"])
        addresses = [each["addr"] for group in (raw.get("addresses") or {}).values() for each in group
                     if each.get("OS-EXT-IPS:type", "fixed") == "fixed"]
        return {"id": raw["id"], "name": raw["name"], "status": raw["status"], "flavor": (raw.get("flavor") or {}).get("id"),
                "ports": [port["id"] for port in ports if port.get("device_id") == raw["id"]], "keypair": raw.get("key_name"),
                "zone": raw.get("OS-EXT-AZ:availability_zone"), "addresses": addresses, "fault": (raw.get("fault") or {}).get("message")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        root = values.get("root_volume") or {name: option["default"] for name, option in ROOT.items()}
        sent = {
            "name": values["name"], "flavorRef": values["flavor"], "imageRef": values["image"],
            "networks": [{"port": port} for port in values["ports"]],
            "block_device_mapping_v2": [{"source_type": "image", "uuid": values["image"], "boot_index": 0, "destination_type": "volume",
                                         "volume_size": root["size_gb"], "volume_type": root["type"],
                                         "delete_on_termination": root["delete_with_server"]}],
        }
        if "user_data" in values:
            sent["user_data"] = encoded(values["user_data"])
        return sent | {api: values[ours] for ours, api in (("keypair", "key_name"), ("zone", "availability_zone")) if ours in values}

    def broken(self, have: dict[str, Any]) -> bool:
        return running(have) == FAILED

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it runs."""
        return self.once_ready(running, now, "see it run")

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """The service says whether it is protected; only the console changes that."""
        if self.protected:
            raise Fault("remove server", self.name, left="It is protected from deletion and was not touched.",
                        then="Take the protection away first, in the console, then run again.")

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it and wait until it is gone, so that its ports are free."""
        super().delete(have)
        self.see_gone()
