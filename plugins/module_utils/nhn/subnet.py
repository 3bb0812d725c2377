# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Subnet of a VPC. Which routing table it follows is told by the routing table, which lists its subnets."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from ..engine import Field
from ..faults import BadInput
from .resource import Missing, Resource
from .spelling import subnet_range


class Subnet(Resource):
    """Fields: name, vpc (id), cidr. Also read: id, gateway (address), routing_table (id)."""

    noun, path, key = "subnet", "/vpcsubnets", "vpcsubnet"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("cidr", needed=True, fixed=True, tidy=subnet_range),
    )

    def locate(self) -> dict[str, Any]:
        return {"vpc_id": self.vpc(self.params["vpc"])}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        want["vpc"] = vpc = self.scope["vpc_id"]
        if self.have is None and "cidr" in want and not isinstance(vpc, Missing):
            self._refuse_outside(IPv4Network(want["cidr"]), vpc)
        return want

    def _refuse_outside(self, mine: IPv4Network, vpc: str) -> None:
        """Raise BadInput for a range that is not the VPC's, or a sibling's as well."""
        whole = next(str(raw["cidrv4"]) for raw in self.cloud.list("network", "/vpcs", "vpcs") if raw["id"] == vpc)
        wrong = [] if mine.subnet_of(IPv4Network(whole)) else [f"cidr: {mine} is not within {whole}, the VPC's own"]
        siblings = self.cloud.list("network", self.path, self.plural, vpc_id=vpc)
        wrong += [f"cidr: {mine} overlaps {raw['cidr']} of subnet {raw['name']}" for raw in siblings if mine.overlaps(IPv4Network(raw["cidr"]))]
        if wrong:
            raise BadInput(wrong)

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "vpc": raw["vpc_id"], "cidr": raw["cidr"], "gateway": raw.get("gateway"),
                "routing_table": (raw.get("routingtable") or {}).get("id")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": values["name"], "vpc_id": values["vpc"], "cidr": values["cidr"]}
