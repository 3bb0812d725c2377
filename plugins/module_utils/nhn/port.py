# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Port: a network interface made before its server, so that its address and what it may send are known and survive the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field, as_set
from ..faults import BadInput
from .resource import Resource
from .spelling import address, address_or_range, as_read, each


class Port(Resource):
    """Fields: name, vpc (id), subnet (id), address, security_groups (ids), allowed_addresses (addresses or CIDRs besides its own that it
    may send from), port_security. Also read: id, mac, server (id or "")."""

    noun, path, key = "port", "/ports", "port"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("subnet", needed=True, fixed=True),
        Field("address", fixed=True, tidy=address),
        Field("security_groups", same=as_set, option={"type": "list", "elements": "str"}),
        Field("allowed_addresses", same=as_set, tidy=each(address_or_range), option={"type": "list", "elements": "str"}),
        Field("port_security", option={"type": "bool"}),
    )

    def locate(self) -> dict[str, Any]:
        return {"network_id": self.home(self.params["vpc"])}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        want["vpc"] = vpc = self.scope["network_id"]
        if not want.get("port_security", (self.have or {}).get("port_security", True)):
            if clash := [name for name in ("security_groups", "allowed_addresses") if want.get(name)]:
                raise BadInput(f"{name}: must be empty when port_security is false; the cloud filters nothing then" for name in clash)
            want.update(security_groups=[], allowed_addresses=[])
        if "subnet" in want:
            want["subnet"] = self.subnet_in(vpc, want["subnet"])
        if "security_groups" in want:
            want["security_groups"] = [self.parent("security group", "network", "/security-groups", group)
                                       for group in want["security_groups"]]
        return want

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        fixed = (raw.get("fixed_ips") or [{}])[0]
        return {"id": raw["id"], "name": raw["name"], "vpc": raw["network_id"], "subnet": fixed.get("subnet_id"),
                "address": fixed.get("ip_address"), "security_groups": list(raw.get("security_groups") or ()),
                "allowed_addresses": [as_read(address_or_range, pair["ip_address"]) for pair in raw.get("allowed_address_pairs") or ()],
                "port_security": raw.get("port_security_enabled", True), "mac": raw.get("mac_address"),
                "server": raw.get("device_id") or ""}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        if "vpc" in values:
            sent = {"name": values["name"], "network_id": values["vpc"]}
        if "subnet" in values:
            sent["fixed_ips"] = [{"subnet_id": values["subnet"], **({"ip_address": values["address"]} if "address" in values else {})}]
        if "security_groups" in values:
            sent["security_groups"] = values["security_groups"]
        if "allowed_addresses" in values:
            sent["allowed_address_pairs"] = [{"ip_address": one} for one in values["allowed_addresses"]]
        if "port_security" in values:
            sent["port_security_enabled"] = values["port_security"]
        return sent

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """Port security can be switched off only after groups and addresses are gone: one PUT to clear, one to switch."""
        if "port_security" in drift and want["port_security"] is False:
            bare = {**want, "security_groups": [], "allowed_addresses": []}
            super().update(have, bare, ("security_groups", "allowed_addresses"))
            return super().update(have, bare, ("port_security",))
        return super().update(have, want, drift)
