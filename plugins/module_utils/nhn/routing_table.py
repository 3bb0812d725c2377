# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Routing table of a VPC: its gateway, whether it is the default one, and which subnets follow it by name rather than by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field, as_set
from ..faults import Fault
from .iaas import Iaas, fitting, meant
from .resource import Resource


def tables_of(cloud: Iaas, vpc: str | None) -> list[dict[str, Any]]:
    """All routing tables, or those of one VPC; the list cannot be narrowed by the API itself."""
    tables = cloud.list("network", "/routingtables", "routingtables", detail="true")
    return [table for table in tables if vpc is None or vpc in _ids(table.get("vpcs"))]


def vpc_told(resource: Resource, given: str) -> str:
    """The id of a VPC, for kinds that need its tables anyway: each table tells whose it is, and no VPC is without one."""
    homes = [vpc for table in tables_of(resource.cloud, None) for vpc in table.get("vpcs") or () if isinstance(vpc, Mapping)]
    told = fitting([dict(vpc) for vpc in {str(vpc["id"]): vpc for vpc in homes}.values()], given)
    return str(told[0]["id"]) if len(told) == 1 else resource.vpc(given)


class RoutingTable(Resource):
    """Fields: name, vpc (id), distributed, default, gateway (internet gateway id, "" for none), subnets (ids of those attached by
    name, as a set). Also read: id."""

    noun, path, key = "routing table", "/routingtables", "routingtable"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("distributed", option={"type": "bool"}),
        Field("default", option={"type": "bool"}),
        Field("gateway"),
        Field("subnets", same=as_set, option={"type": "list", "elements": "str"}),
    )

    def locate(self) -> dict[str, Any]:
        self.vpc_id = vpc_told(self, self.params["vpc"])
        self.gateway_name = ""                  # as the table itself tells it
        return {}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        want["vpc"] = self.vpc_id
        if want.get("gateway") and want["gateway"] == self.gateway_name and self.have:
            want["gateway"] = self.have["gateway"]
        elif want.get("gateway"):
            want["gateway"] = self._free_gateway(want["gateway"])
        if "subnets" in want:
            want["subnets"] = [self.parent("subnet", "network", "/vpcsubnets", name, vpc_id=self.vpc_id) for name in want["subnets"]]
        if want.get("default") is False and self.have and self.have["default"]:
            raise Fault("make", f"routing table {self.name} no longer the default",
                        left="A VPC always has exactly one default table.", then="Make another table the default instead.")
        return want

    def _free_gateway(self, given: str) -> str:
        """Its id. One that another table has cannot be had before it is let go there: that is needed first, or this table would lose its own and get
        none."""
        identity = self.parent("internet gateway", "network", "/internetgateways", given)
        holder = next((raw.get("routingtable_id") for raw in self.cloud.list("network", "/internetgateways", "internetgateways")
                       if raw["id"] == identity), None)
        if holder and holder != (self.have or {}).get("id"):
            names = [str(table["name"]) for table in tables_of(self.cloud, None) if table["id"] == holder]
            self.needs.append(f"internet gateway {given} detached from routing table {names[0] if names else holder}")
        return identity

    def find(self) -> dict[str, Any] | None:
        if self.homeless:
            return None
        raw = meant(tables_of(self.cloud, self.vpc_id), self.noun, self.name)
        if raw and raw.get("gateway_id"):
            self.gateway_name = raw.get("gateway_name") or ""
        return self.shape(raw) if raw else None

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        subnets = self.cloud.list("network", "/vpcsubnets", "vpcsubnets", vpc_id=self.vpc_id)
        followed = [(subnet["id"], subnet.get("routingtable") or {}) for subnet in subnets]
        return {"id": raw["id"], "name": raw["name"], "vpc": self.vpc_id, "distributed": raw.get("distributed"),
                "default": bool(raw.get("default_table")), "gateway": raw.get("gateway_id") or "",
                "subnets": [subnet for subnet, table in followed if table.get("id") == raw["id"] and table.get("explicit")]}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        sent = {"name": values["name"], "vpc_id": values["vpc"]}
        return {**sent, "distributed": values["distributed"]} if "distributed" in values else sent

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "distributed" in drift:
            self._put(f"{self.path}/{have['id']}", {self.key: {"distributed": want["distributed"]}}, "change distributed of")
        if "default" in drift:
            self._put(f"{self.path}/{have['id']}/set_as_default", None, "make the default table of its VPC:")
        if "gateway" in drift:
            if have["gateway"]:
                self._put(f"{self.path}/{have['id']}/detach_gateway", None, "detach the gateway of")
            if want["gateway"]:
                self._put(f"{self.path}/{have['id']}/attach_gateway", {"gateway_id": want["gateway"]}, "attach the gateway to")
        if "subnets" in drift:
            for subnet in set(want["subnets"]) - set(have["subnets"]):
                self._put(f"/vpcsubnets/{subnet}/attach_routingtable", {"routingtable_id": have["id"]}, f"attach subnet {subnet} to")
            for subnet in set(have["subnets"]) - set(want["subnets"]):
                self._put(f"/vpcsubnets/{subnet}/detach_routingtable", None, f"detach subnet {subnet} from")
        return self.get(have["id"])

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """The default table goes only with its VPC."""
        if have["default"]:
            raise Fault("remove", f"routing table {self.name}", left="It is the default table of its VPC and was not touched.",
                        then="Make another table the default first, or remove the VPC: its tables go with it.")

    def delete(self, have: dict[str, Any]) -> None:
        """Release what follows it, then remove it."""
        self.update(have, {**have, "gateway": "", "subnets": []}, ("gateway", "subnets"))
        super().delete(have)

    def _put(self, path: str, json: Any, doing: str) -> None:
        self.cloud.call("PUT", "network", path, doing=doing, to=f"routing table {self.name}", json=json)


def _ids(items: Any) -> set[str]:
    """Ids of a list that holds ids in one answer and objects in another."""
    return {item["id"] if isinstance(item, Mapping) else item for item in items or ()}
