# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One route of a routing table, known by where it leads (cidr); gateway is an address that something in the VPC owns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field
from .iaas import meant, only
from .resource import Missing, Resource
from .routing_table import tables_of, vpc_told
from .spelling import address, network


class Route(Resource):
    """Fields: routing_table (id), cidr, gateway (address), description. Also read: id."""

    noun, path, key = "route", "/routes", "route"
    ids = False
    fields = (
        Field("routing_table", fixed=True, option={"type": "str", "required": True}),
        Field("cidr", fixed=True, tidy=network, option={"type": "str", "required": True}),
        Field("gateway", needed=True, tidy=address),
        Field("description"),
    )
    options: ClassVar[dict[str, Any]] = {"vpc": {"type": "str", "required": True}}

    def locate(self) -> dict[str, Any]:
        self.name = self.params["cidr"]
        given, vpc = self.params["routing_table"], vpc_told(self, self.params["vpc"])
        tables = [] if isinstance(vpc, Missing) else tables_of(self.cloud, vpc)
        table = meant(tables, "routing table", given)
        if table:
            return {"routingtable_id": table["id"]}
        self.needs.append(f"routing table {given}")
        return {"routingtable_id": Missing(f"routing table {given}")}

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return only([raw for raw in found if raw["cidr"] == self.name], self.noun, self.name)

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        return {**want, "routing_table": self.scope["routingtable_id"]}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "routing_table": raw["routingtable_id"], "cidr": raw["cidr"], "gateway": raw.get("gateway"),
                "description": raw.get("description") or ""}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A create carries a description even when it is empty: the API calls it required."""
        sent = dict(values)
        if table := sent.pop("routing_table", None):
            sent.update(routingtable_id=table, description=sent.get("description", ""))
        return sent
