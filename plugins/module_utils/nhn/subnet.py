# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Subnet of a VPC. Which routing table it follows is told by the routing table, which lists its subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .resource import Resource


class Subnet(Resource):
    """Fields: name, vpc (id), cidr. Also read: id, gateway (address), routing_table (id)."""

    noun, path, key = "subnet", "/vpcsubnets", "vpcsubnet"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("cidr", needed=True, fixed=True),
    )

    def locate(self) -> dict[str, Any]:
        return {"vpc_id": self.vpc(self.params["vpc"])}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        return {**want, "vpc": self.scope["vpc_id"]}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "vpc": raw["vpc_id"], "cidr": raw["cidr"], "gateway": raw.get("gateway"),
                "routing_table": (raw.get("routingtable") or {}).get("id")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": values["name"], "vpc_id": values["vpc"], "cidr": values["cidr"]}
