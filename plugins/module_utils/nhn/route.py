# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One route of a routing table, known by where it leads (cidr); gateway is an address that something in the VPC owns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, Plan
from ..faults import Fault
from .iaas import meant, only
from .resource import Missing, Resource
from .routing_table import tables_of, vpc_told
from .spelling import address, bytes_up_to, network


class Route(Resource):
    """Fields: routing_table (id), cidr, gateway (address), description. Also read: id. Which gateways an address may be is left to the service: those
    of peerings and of VPN gateways are in no list."""

    noun, path, key = "route", "/routes", "route"
    ids = False
    fields = (
        Field("routing_table", fixed=True, option={"type": "str", "required": True}),
        Field("cidr", fixed=True, tidy=network, option={"type": "str", "required": True}),
        Field("gateway", needed=True, tidy=address),
        Field("description", tidy=bytes_up_to(256)),
    )
    options: ClassVar[dict[str, Any]] = {"vpc": {"type": "str", "required": True}}
    owner = ""                                  # what a route belongs to that the service made

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
        """What is to go is that by the gateway that is given, if one is: one that was led elsewhere is another's."""
        raw = only([raw for raw in found if raw["cidr"] == self.name], self.noun, self.name)
        self.owner = "" if not raw else "its VPC" if raw.get("gateway") == "local" else "an internet gateway" if raw.get("gateway_id") else ""
        led = self.params.get("gateway") if self.params.get("state") == "absent" else None
        return None if raw and led and raw.get("gateway") != led else raw

    def planned(self) -> tuple[Plan, dict[str, Any] | None]:
        """The service changes and removes no route that it has made by itself."""
        step, want = super().planned()
        if step.action in ("update", "delete") and self.owner:
            raise Fault("change or remove route", self.name, left=f"It belongs to {self.owner}, and was not touched.",
                        then="Take it off this list; it comes and goes with what it belongs to.")
        return step, want

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
