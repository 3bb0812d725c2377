# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB security group: who may reach a database, and whom it may reach. Without a rule nothing passes, in either direction, so the whole
set is stated, egress for replication included. New rules are made before old ones go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .rds import RdsResource
from .rules import difference, once, same_rules
from .spelling import any_network, as_read, each, parts, within

RULE: dict[str, Any] = {
    "direction": {"type": "str", "choices": ["ingress", "egress"], "default": "ingress"},
    "cidr": {"type": "str", "required": True},
    "port_min": {"type": "int"},
    "port_max": {"type": "int"},
    "description": {"type": "str", "default": ""},
}

PORT = within(1, 65535)
SPELLED = each(parts(cidr=any_network, port_min=PORT, port_max=PORT))


def stated(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules in one spelling, each once. Raises ValueError for ports that would open something else than what was asked for."""
    spelled, wrong = SPELLED(rules), []
    for number, rule in enumerate(spelled):
        low, high = rule.get("port_min"), rule.get("port_max")
        if low is None and high is not None:
            wrong.append(f"[{number}].port_min: required with port_max, as without it the database's own port is meant")
        elif low is None and rule["direction"] == "egress":
            wrong.append(f"[{number}].port_min: required for egress, the database's own port stands for ingress only")
        elif low is not None and high is not None and low > high:
            wrong.append(f"[{number}].port_min: {low} is more than port_max {high}")
    if wrong:
        raise ValueError(*wrong)
    return [dict(rule) for rule in once({**rule, "port_max": rule.get("port_max") or rule.get("port_min")} for rule in spelled)]


class RdsSecurityGroup(RdsResource):
    """Fields: name, description, rules (list of RULE; no ports = the database's own port). Also read: id."""

    noun, path, stem = "database security group", "/db-security-groups", "dbSecurityGroup"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("description"),
        Field("rules", same=same_rules, tidy=stated, option={"type": "list", "elements": "dict", "options": RULE}),
    )

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        full = self.detail(raw["id"])
        return {"id": raw["id"], "name": raw["dbSecurityGroupName"], "description": full.get("description") or "",
                "rules": [read(rule) for rule in full.get("rules") or ()]}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        self.cloud.job("POST", self.path, doing="create database security group", to=self.name,
                       json={"dbSecurityGroupName": self.name, "description": want.get("description", ""),
                             "rules": [sent(rule) for rule in want.get("rules", ())]})
        return self.found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "description" in drift:
            self.cloud.job("PUT", f"{self.path}/{have['id']}", doing="describe database security group", to=self.name,
                           json={"description": want["description"]})
        if "rules" in drift:
            there = self.detail(have["id"]).get("rules") or ()
            missing, surplus = difference([(read(rule), rule["ruleId"]) for rule in there], want["rules"])
            for rule in missing:
                self.cloud.job("POST", f"{self.path}/{have['id']}/rules", doing="add a rule to database security group", to=self.name,
                               json=sent(rule))
            if surplus:
                self.cloud.job("DELETE", f"{self.path}/{have['id']}/rules", doing="remove rules of database security group", to=self.name,
                               params={"ruleIds": ",".join(surplus)})
        return self.found_again()


def read(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of the API in our words."""
    port = rule.get("port") or {}
    own = port.get("portType") == "DB_PORT"
    return {"direction": rule["direction"].lower(), "cidr": as_read(any_network, rule["cidr"]), "port_min": None if own else port.get("minPort"),
            "port_max": None if own else port.get("maxPort"), "description": rule.get("description") or ""}


def sent(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of ours in the API's words."""
    low, high = rule["port_min"], rule["port_max"]
    kind = "DB_PORT" if low is None else "PORT" if low == high else "PORT_RANGE"
    port = {"portType": kind} if low is None else {"portType": kind, "minPort": low, "maxPort": high}
    return {"direction": rule["direction"].upper(), "etherType": "IPV6" if ":" in rule["cidr"] else "IPV4", "cidr": rule["cidr"],
            "port": port, "description": rule["description"]}
