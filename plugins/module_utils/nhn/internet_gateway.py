# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Internet gateway: the way out of one routing table, which attaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .resource import Resource


class InternetGateway(Resource):
    """Fields: name, external_network (id; the project's only one unless given). Also read: id, routing_table (id or None), state."""

    noun, path, key = "internet gateway", "/internetgateways", "internetgateway"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("external_network", fixed=True),
    )

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if self.have is None and "external_network" not in want:
            return {**want, "external_network": self.cloud.external_network()["id"]}
        return want

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "external_network": raw.get("external_network_id"),
                "routing_table": raw.get("routingtable_id"), "state": raw.get("state")}

    def broken(self, have: dict[str, Any]) -> bool:
        return have["state"] == "ERROR"

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": values["name"], "external_network_id": values["external_network"]}

    def delete(self, have: dict[str, Any]) -> None:
        """An attached gateway cannot be removed: detach it first."""
        if have["routing_table"]:
            self.cloud.call("PUT", "network", f"/routingtables/{have['routing_table']}/detach_gateway",
                            doing="detach internet gateway", to=self.name)
        super().delete(have)
