# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Container of Object Storage. The service speaks Swift: a container is its headers."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from ..engine import Field
from ..faults import Fault
from .iaas import Iaas, segment
from .resource import Resource
from .spelling import at_least, called
from .told import not_understood
from .wire import Reply

LIFECYCLE = "X-Container-Object-Lifecycle"
POLICY = "X-Storage-Policy"
PAGE = 1000


class ObjectContainer(Resource):
    """Fields: name, storage_policy, lifecycle_days (0 for none). Also read: objects, bytes."""

    noun, service = "container", "objects"
    ids = False
    fields = (
        Field("name", tidy=called("[^/]{1,256}", "1 to 256 characters without /"), option={"type": "str", "required": True}),
        Field("storage_policy", fixed=True, option={"type": "str", "choices": ["Standard", "Economy"]}),
        Field("lifecycle_days", tidy=at_least(0), option={"type": "int"}),
    )
    options: ClassVar[dict[str, Any]] = {}

    @property
    def at(self) -> str:
        """Its path."""
        return f"/{segment(self.name)}"

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """One that holds objects is never removed: no backup is lost by a wrong variable."""
        if have["objects"]:
            raise Fault("remove container", self.name, left=f"It holds {have['objects']} objects, and none was touched.",
                        then="Remove the objects first, by whoever decides that nobody needs them.")

    def find(self) -> dict[str, Any] | None:
        reply = self.cloud.ask("HEAD", self.service, self.at, doing="read container", to=self.name, gone_is_fine=True)
        if reply.status == 404:
            return None
        told = reply.headers
        if "X-Container-Object-Count" not in told:      # what Swift tells of every container
            raise not_understood(reply, "read container", self.name, False, "no count of objects")
        return {"id": self.name, "name": self.name, "storage_policy": told.get(POLICY, "Standard"),
                "lifecycle_days": int(told.get(LIFECYCLE) or 0), "objects": int(told.get("X-Container-Object-Count") or 0),
                "bytes": int(told.get("X-Container-Bytes-Used") or 0)}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        headers = {**({POLICY: want["storage_policy"]} if "storage_policy" in want else {}), **self._settings(want)}
        self.cloud.ask("PUT", self.service, self.at, doing="create container", to=self.name, headers=headers)
        return self.once_shown(self.find)

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        self.cloud.ask("POST", self.service, self.at, doing="change container", to=self.name, headers=self._settings(want))
        return self.once_shown(self.find)

    def delete(self, have: dict[str, Any]) -> None:
        self.cloud.ask("DELETE", self.service, self.at, doing="remove container", to=self.name, gone_is_fine=True)

    @staticmethod
    def _settings(want: dict[str, Any]) -> dict[str, str]:
        """An empty value clears a setting."""
        return {LIFECYCLE: str(want["lifecycle_days"] or "")} if "lifecycle_days" in want else {}


def containers(cloud: Iaas) -> list[str]:
    """The names of all containers, page by page."""
    found: list[str] = []
    while True:
        params = {"format": "json", "limit": PAGE, **({"marker": found[-1]} if found else {})}
        page = _names(cloud.ask("GET", "objects", "", doing="list", to="containers", params=params))
        found += page
        if len(page) < PAGE:
            return found


def _names(reply: Reply) -> list[str]:
    """A page of names. The documents have it as one a line, and do not say that it can be had as JSON: that is understood as well, where the service
    signs it as it signs all its answers."""
    if reply.status == 200 and str(reply.headers.get("Content-Type", "")).startswith("text/plain") and "X-Trans-Id" in reply.headers:
        return [line for line in reply.text.split("\n") if line]
    return [str(item["name"]) for item in _page(reply, "list", "containers")]


def _page(reply: Reply, doing: str, to: str) -> list[dict[str, Any]]:
    """A page of a list that was asked for as JSON."""
    try:
        page = json.loads(reply.text) if reply.status != 204 else []
    except ValueError:
        page = None
    if not isinstance(page, list):
        raise not_understood(reply, doing, to, False, "no list")
    return page


def objects_below(cloud: Iaas, container: str, prefix: str) -> list[dict[str, Any]]:
    """Objects named `prefix`, or below it as a folder, all for "": [{name, bytes, hash}] in order; [] when the container does not exist."""
    found: list[dict[str, Any]] = []
    while True:
        params = {"format": "json", "prefix": prefix, "limit": PAGE, **({"marker": found[-1]["name"]} if found else {})}
        reply = cloud.ask("GET", "objects", f"/{segment(container)}", doing="list container", to=container, params=params, gone_is_fine=True)
        page = [] if reply.status in (204, 404) else _page(reply, "list container", container)
        found += page
        if len(page) < PAGE:
            return [item for item in found if item["name"] == prefix or item["name"].startswith(f"{prefix}/") or prefix[-1:] in ("", "/")]
