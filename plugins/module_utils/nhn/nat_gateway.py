# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NAT gateway: the way out for subnets without public addresses. A route of their table leads to its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field
from ..waiting import FAILED, PENDING, READY
from .iaas import is_id, meant
from .resource import Missing, Resource, waits


def working(seen: Mapping[str, Any]) -> str:
    """Ready when ACTIVE; BUILD is on the way, ERROR stays."""
    return {"ACTIVE": READY, "ERROR": FAILED}.get(seen["status"], PENDING)


class NatGateway(Resource):
    """Fields: name, vpc (id), subnet (id), floating_ip (id), description. Also read: id, address (what a route names as its gateway),
    public_address, status."""

    noun, path, key = "NAT gateway", "/natgateways", "natgateway"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("subnet", needed=True, fixed=True),
        Field("floating_ip", needed=True, fixed=True),
        Field("description"),
    )
    options: ClassVar[dict[str, Any]] = waits(600)

    def locate(self) -> dict[str, Any]:
        self.vpc_id = self.home(self.params["vpc"])
        return {} if is_id(self.name) else {"name": self.name}

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return meant([raw for raw in found if raw["vpc_id"] == self.vpc_id], self.noun, self.name)

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        want["vpc"] = self.vpc_id
        if "subnet" in want:
            want["subnet"] = self.subnet_in(self.vpc_id, want["subnet"])
            if self.have is None:
                self.note_way_out(want["subnet"])
        if "floating_ip" in want:
            want["floating_ip"] = self._floating_ip(want["floating_ip"])
        return want

    def _floating_ip(self, given: str) -> str:
        """Its id, by label, address or id."""
        found = meant(self.cloud.list("network", "/floatingips", "floatingips"), "floating ip", given, "label", "floating_ip_address")
        if found:
            if self.have is None and found.get("port_id"):
                self.needs.append(f"floating ip {given} free of the port that it is bound to")
            return str(found["id"])
        self.needs.append(f"floating ip {given}")
        return Missing(f"floating ip {given}")

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "vpc": raw["vpc_id"], "subnet": raw["subnet_id"], "floating_ip": raw["floatingips_id"],
                "description": raw.get("description") or "", "address": raw.get("fixed_ip"), "public_address": raw.get("floating_ip"),
                "status": raw["status"]}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        api = {"vpc": "vpc_id", "subnet": "subnet_id", "floating_ip": "floatingips_id"}
        return {api.get(name, name): value for name, value in values.items()}

    def broken(self, have: dict[str, Any]) -> bool:
        return working(have) == FAILED

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it forwards."""
        return self.once_ready(working, now, "see it work")
