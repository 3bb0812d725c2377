# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups: IPv4 rules that are made and deleted but never changed, and never twice the same."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..calls import Answer, Call, Routes, select
from ..errors import Refused
from ..store import Record, Store, find, named, new_id, shown

routes = Routes("/network/v2.0")

PROTOCOLS = ("ah", "dccp", "egp", "esp", "gre", "icmp", "igmp", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite", "vrrp", "ipip")
WITH_PORTS = ("tcp", "udp", "sctp", "udplite", "dccp", "6", "17")
SAME_RULE = ("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix",
             "remote_group_id")
RULE_FILTERS = (*SAME_RULE, "id", "tenant_id", "description")


@routes.on("GET", "/security-groups")
def list_security_groups(call: Call) -> Answer:
    default_group(call.store)
    return {"security_groups": select(call, [_detail(call.store, group) for group in call.store.security_groups.values()],
                                      ("id", "tenant_id", "name"))}


@routes.on("GET", "/security-groups/<id>")
def get_security_group(call: Call) -> Answer:
    return {"security_group": _detail(call.store, find(call.store.security_groups, call.id, "SecurityGroup"))}


@routes.on("POST", "/security-groups")
def create_security_group(call: Call) -> Answer:
    want = call.fields("security_group", (), ("name", "description", "tenant_id"))
    default_group(call.store)
    if want.get("name") == "default":
        raise Refused(409, "Default security group already exists.", "SecurityGroupDefaultAlreadyExists")
    return 201, {"security_group": _detail(call.store, _add_group(call.store, want.get("name", ""), want.get("description", "")))}


@routes.on("PUT", "/security-groups/<id>")
def update_security_group(call: Call) -> Answer:
    group = find(call.store.security_groups, call.id, "SecurityGroup")
    want = call.fields("security_group", (), ("name", "description"))
    if group["name"] == "default" and want.get("name", "default") != "default":
        raise Refused(409, "Updating the default security group's name is not allowed.", "SecurityGroupCannotUpdateDefault")
    group.update(want)
    return {"security_group": _detail(call.store, group)}


@routes.on("DELETE", "/security-groups/<id>")
def delete_security_group(call: Call) -> Answer:
    store, group = call.store, find(call.store.security_groups, call.id, "SecurityGroup")
    if group["name"] == "default":
        raise Refused(409, "Insufficient rights for removing default security group.", "SecurityGroupCannotRemoveDefault")
    if any(group["id"] in port["security_groups"] for port in store.ports.values()):
        raise Refused(409, f"Security Group {group['id']} in use.", "SecurityGroupInUse")
    store.security_group_rules = {key: rule for key, rule in store.security_group_rules.items()
                                  if group["id"] not in (rule["security_group_id"], rule["remote_group_id"])}
    del store.security_groups[group["id"]]
    return 204, None


@routes.on("GET", "/security-group-rules")
def list_security_group_rules(call: Call) -> Answer:
    return {"security_group_rules": select(call, [shown(rule) for rule in call.store.security_group_rules.values()], RULE_FILTERS)}


@routes.on("GET", "/security-group-rules/<id>")
def get_security_group_rule(call: Call) -> Answer:
    return {"security_group_rule": shown(find(call.store.security_group_rules, call.id, "SecurityGroupRule"))}


@routes.on("POST", "/security-group-rules")
def create_security_group_rule(call: Call) -> Answer:
    store = call.store
    want = call.fields("security_group_rule", ("security_group_id", "direction"), (*SAME_RULE[2:], "description", "tenant_id"))
    find(store.security_groups, want["security_group_id"], "SecurityGroup")
    rule = _rule(store, want)
    if twin := next((old for old in store.security_group_rules.values() if all(old[key] == rule[key] for key in SAME_RULE)), None):
        raise Refused(409, f"Security group rule already exists. Rule id is {twin['id']}.", "SecurityGroupRuleExists")
    store.security_group_rules[rule["id"]] = rule
    return 201, {"security_group_rule": shown(rule)}


@routes.on("DELETE", "/security-group-rules/<id>")
def delete_security_group_rule(call: Call) -> Answer:
    del call.store.security_group_rules[find(call.store.security_group_rules, call.id, "SecurityGroupRule")["id"]]
    return 204, None


@routes.on("GET", "/security-group-ports")
def list_security_group_ports(call: Call) -> Answer:
    group = call.request.args.get("security_group_id")
    names = ("id", "name", "status", "network_id", "device_owner", "device_id", "mac_address", "fixed_ips", "security_groups", "tenant_id",
             "admin_state_up")
    return {"security_group_ports": [{**{name: port[name] for name in names}, "project_id": port["tenant_id"]}
                                     for port in call.store.ports.values() if group in (None, *port["security_groups"])]}


def default_group(store: Store) -> Record:
    """The group `default`, which a project has from its first use on: it lets its own members in and everything out."""
    if group := named(store.security_groups.values(), "name", "default"):
        return group
    group = _add_group(store, "default", "Default security group")
    for ethertype in ("IPv4", "IPv6"):
        _add_rule(store, group["id"], "ingress", ethertype, remote_group_id=group["id"])
    return group


def _add_group(store: Store, name: str, description: str) -> Record:
    group = {"id": new_id(), "name": name, "description": description, "tenant_id": store.settings.credentials.tenant_id}
    store.security_groups[group["id"]] = group
    for ethertype in ("IPv4", "IPv6"):
        _add_rule(store, group["id"], "egress", ethertype)
    return group


def _add_rule(store: Store, group_id: str, direction: str, ethertype: str, **more: Any) -> Record:
    rule = {"id": new_id(), "security_group_id": group_id, "direction": direction, "ethertype": ethertype, "protocol": None,
            "port_range_min": None, "port_range_max": None, "remote_ip_prefix": None, "remote_group_id": None, "description": "",
            "tenant_id": store.settings.credentials.tenant_id, **more}
    store.security_group_rules[rule["id"]] = rule
    return rule


def _detail(store: Store, group: Record) -> Record:
    return {**shown(group), "security_group_rules": [shown(rule) for rule in store.security_group_rules.values()
                                                     if rule["security_group_id"] == group["id"]]}


def _rule(store: Store, want: Record) -> Record:
    if want["direction"] not in ("ingress", "egress"):
        raise Refused(400, f"Invalid input for direction. Reason: '{want['direction']}' is not in ['ingress', 'egress'].", "HTTPBadRequest")
    if want.get("ethertype") not in (None, "IPv4"):
        raise Refused(400, f"Invalid input for ethertype. Reason: '{want['ethertype']}': only IPv4 rules can be created.", "HTTPBadRequest")
    protocol = None if want.get("protocol") in (None, "", "any") else str(want["protocol"]).lower()
    if protocol and protocol not in PROTOCOLS and not (protocol.isdigit() and int(protocol) < 256):
        raise Refused(400, f"Security group rule protocol {protocol} not supported.", "SecurityGroupRuleInvalidProtocol")
    low, high = (_port_number(want.get(key)) for key in ("port_range_min", "port_range_max"))
    if (low is not None or high is not None) and protocol is None:
        raise Refused(400, "Must also specify protocol if port range is given.", "SecurityGroupProtocolRequiredWithPorts")
    if (protocol in WITH_PORTS and (low is None) != (high is None)) or (low is not None and high is not None and low > high
                                                                       and protocol in WITH_PORTS):
        raise Refused(400, "For TCP/UDP protocols, port_range_min must be <= port_range_max.", "SecurityGroupInvalidPortRange")
    prefix = want.get("remote_ip_prefix")
    if prefix and want.get("remote_group_id"):
        raise Refused(400, "Only remote_ip_prefix or remote_group_id may be provided.", "SecurityGroupRemoteGroupAndRemoteIpPrefix")
    if want.get("remote_group_id"):
        find(store.security_groups, want["remote_group_id"], "SecurityGroup")
    if prefix:
        try:
            prefix = str(ipaddress.IPv4Network(prefix, strict=False))
        except ValueError as error:
            raise Refused(400, f"Invalid CIDR {prefix} given as IP prefix.", "InvalidCIDR") from error
    return {"id": new_id(), "security_group_id": want["security_group_id"], "direction": want["direction"], "ethertype": "IPv4",
            "protocol": protocol, "port_range_min": low, "port_range_max": high, "remote_ip_prefix": prefix or None,
            "remote_group_id": want.get("remote_group_id"), "description": want.get("description", ""),
            "tenant_id": store.settings.credentials.tenant_id}


def _port_number(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise Refused(400, f"Invalid value for port {value}", "SecurityGroupInvalidPortValue") from error
    if not 0 <= number <= 65535:
        raise Refused(400, f"Invalid value for port {value}", "SecurityGroupInvalidPortValue")
    return number
