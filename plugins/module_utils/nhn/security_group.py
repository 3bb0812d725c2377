# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security group with the whole set of its IPv4 rules. Rules cannot be changed, only made and removed: new ones are made first, so
traffic that both sets allow is never cut. IPv6 rules are left alone: the API makes them by itself and can make no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .resource import Resource
from .rules import difference, same_rules
from .spelling import as_read, each, network, parts, within

RULE: dict[str, Any] = {
    "direction": {"type": "str", "choices": ["ingress", "egress"], "default": "ingress"},
    "protocol": {"type": "str"},
    "port_min": {"type": "int"},
    "port_max": {"type": "int"},
    "remote_cidr": {"type": "str"},
    "remote_group": {"type": "str"},
    "description": {"type": "str", "default": ""},
}
API = {"port_min": "port_range_min", "port_max": "port_range_max", "remote_cidr": "remote_ip_prefix", "remote_group": "remote_group_id"}
ANYWHERE = "0.0.0.0/0"
PORT = within(0, 65535)
ICMP = ("icmp", "1")
ITSELF = "itself"                   # in place of the group's own id, which is not known before it is made


def plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One spelling for what means the same: lower case, no single port without its twin, no "anywhere" (that is: no remote at all). ICMP has no
    ports: the first is the type, the second the code, and without a code all of them are meant, as Neutron has it."""
    tidy = {name: rule.get(name) for name in RULE}
    tidy["protocol"] = (tidy["protocol"] or "").lower() if (tidy["protocol"] or "").lower() not in ("", "any") else None
    if tidy["port_max"] is None and tidy["protocol"] not in ICMP:
        tidy["port_max"] = tidy["port_min"]
    tidy["remote_cidr"] = tidy["remote_cidr"] if tidy["remote_cidr"] != ANYWHERE else None
    return tidy


SPELLED = parts(remote_cidr=network, port_min=PORT, port_max=PORT)


def possible(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in its one spelling. Which protocols there are is not documented, so those are the service's affair."""
    done: dict[str, Any] = SPELLED(rule)
    low, high, protocol = done.get("port_min"), done.get("port_max"), (done.get("protocol") or "any").lower()
    wrong = [f".{name}: is empty, which lets in more than anybody meant; leave it out" for name in ("protocol", "remote_group")
             if done.get(name) == ""]       # of a variable that nobody set
    if protocol == "any" and (low, high) != (None, None):
        wrong.append(".protocol: required with ports")
    if protocol in ("tcp", "udp", *ICMP) and low is None and high is not None:
        wrong.append(".port_min: required with port_max")
    if protocol in ("tcp", "udp") and low is not None and high is not None and low > high:
        wrong.append(f".port_min: {low} is more than port_max {high}")
    if done.get("remote_group") and done.get("remote_cidr") not in (None, ANYWHERE):
        wrong.append(".remote_group: not together with remote_cidr")
    if wrong:
        raise ValueError(*wrong)
    return done


class SecurityGroup(Resource):
    """Fields: name, description, rules (list of RULE, remote_group an id). Also read: id."""

    noun, path, key = "security group", "/security-groups", "security_group"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("description"),
        Field("rules", same=same_rules, tidy=each(possible),
              option={"type": "list", "elements": "dict", "options": RULE}),
    )

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "rules" in want:
            want["rules"] = [self._resolved(rule) for rule in want["rules"]]
        return want

    def _resolved(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        tidy = plain(rule)
        if group := tidy["remote_group"]:
            own = (self.have or {}).get("id")
            tidy["remote_group"] = ITSELF if group in (self.name, own) else self.parent(self.noun, "network", self.path, group)
            if tidy["remote_group"] == own:
                tidy["remote_group"] = ITSELF
        return tidy

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "description": raw.get("description") or "",
                "rules": [read(rule, raw["id"]) for rule in ours(raw)]}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make the bare group; its rules are the next round's drift."""
        return super().create({name: want[name] for name in ("name", "description") if name in want})

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "description" in drift:
            super().update(have, want, ("description",))
        if "rules" in drift:
            raw = self.patiently(have["id"], lambda: self.cloud.call("GET", "network", f"{self.path}/{have['id']}", doing="read",
                                                                     to=self.name)[self.key])
            missing, surplus = difference([(read(rule, have["id"]), rule["id"]) for rule in ours(raw)], want["rules"])
            for rule in missing:
                said = {"security_group_id": have["id"], "ethertype": "IPv4", **sent(rule, have["id"])}
                self.cloud.call("POST", "network", "/security-group-rules", doing="add a rule to security group", to=self.name,
                                json={"security_group_rule": said})
            for rule_id in surplus:
                self.cloud.call("DELETE", "network", f"/security-group-rules/{rule_id}", doing="remove a rule of security group",
                                to=self.name, gone_is_fine=True)
        return self.get(have["id"])


def ours(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rules of a group that can be managed: IPv4."""
    return [rule for rule in raw["security_group_rules"] if rule.get("ethertype", "IPv4") == "IPv4"]


def read(rule: Mapping[str, Any], own: str) -> dict[str, Any]:
    """A rule of the API in our words. own: the id of its group."""
    said = plain({**{name: rule.get(API.get(name, name)) for name in RULE}, "description": rule.get("description") or "",
                  "remote_cidr": as_read(network, rule.get("remote_ip_prefix"))})
    return {**said, "remote_group": ITSELF} if said["remote_group"] == own else said


def sent(rule: Mapping[str, Any], own: str) -> dict[str, Any]:
    """A rule of ours in the API's words, without what is not said. own: the id of its group."""
    said = {API.get(name, name): rule[name] for name in RULE if rule.get(name) not in (None, "")}
    return {**said, "remote_group_id": own} if rule.get("remote_group") == ITSELF else said
