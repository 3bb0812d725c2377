# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VPC: a name and a range of addresses. Making one makes its first default routing table too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from ..faults import Fault
from .resource import Resource
from .spelling import vpc_range


class Vpc(Resource):
    """Fields: name, cidr. Also read: id, state."""

    noun, path, key = "vpc", "/vpcs", "vpc"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("cidr", needed=True, tidy=vpc_range),
    )

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The project's way out is told among its VPCs; it is the cloud's own, so neither kept nor removed."""
        one = super().pick(found)
        if one and one.get("router:external"):
            raise Fault("keep or remove vpc", self.name, left="It is the way out that the cloud gives the project; it was not touched.",
                        then="Name a VPC of the project.")
        return one

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "cidr": raw["cidrv4"], "state": raw.get("state")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {{"cidr": "cidrv4"}.get(name, name): value for name, value in values.items()}
