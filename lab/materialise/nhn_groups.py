# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NHN Cloud's security groups as filters: those of a port, which an own port may be without, and those of a database, which has always some or
is closed. Pure: the world is what its emulator shows at `/_lab/world`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.materialise.filtering import ANYWHERE, PROTOCOLS
from lab.materialise.specs import Filter, Rule

TCP = PROTOCOLS["tcp"]


def of_port(nhn: Mapping[str, Any], port: Mapping[str, Any]) -> Filter | None:
    """What a port's groups let pass, and the addresses it may send from; None when its port security is off."""
    if not port["port_security_enabled"]:
        return None
    rules = {_rule(nhn, rule) for group in nhn["security_groups"] if group["id"] in port["security_groups"]
             for rule in group["rules"] if rule["ethertype"] == "IPv4"}
    pairs = (pair["ip_address"] for pair in port["allowed_address_pairs"])
    return Filter(tuple(sorted(rules, key=repr)), (*_addresses(port), *pairs))


def of_database(nhn: Mapping[str, Any], database: Mapping[str, Any]) -> Filter:
    """What a database's groups let pass; a rule says no protocol, as there is one only that databases speak."""
    rules = {rule for group in database["security_groups"] for rule in _database_rules(nhn, database, group)}
    return Filter(tuple(sorted(rules, key=repr)))


def _rule(nhn: Mapping[str, Any], rule: Mapping[str, Any]) -> Rule:
    group, protocol = rule["remote_group_id"], rule["protocol"]
    remotes = tuple(sorted(address for port in nhn["ports"] if group in port["security_groups"] for address in _addresses(port))) if group else \
        (rule["remote_ip_prefix"] or ANYWHERE,)
    number = None if protocol is None else PROTOCOLS.get(protocol) or int(protocol)
    return Rule(rule["direction"], remotes, number, rule["port_range_min"], rule["port_range_max"])


def _database_rules(nhn: Mapping[str, Any], database: Mapping[str, Any], group: Mapping[str, Any]) -> Iterator[Rule]:
    for rule in group["rules"]:
        if rule["etherType"] == "IPV4":
            ends = rule["port"]
            low, high = (database["port"],) * 2 if ends["portType"] == "DB_PORT" else (ends["minPort"], ends["maxPort"])
            yield Rule(rule["direction"].lower(), (rule["cidr"],), TCP, int(low), int(high))
    for other in nhn["rds_instances"]:          # members replicate among themselves without being told to
        if other["id"] != database["id"] and group["id"] in (held["id"] for held in other["security_groups"]):
            yield Rule("ingress", (other["address"],), TCP, int(database["port"]), int(database["port"]))
            yield Rule("egress", (other["address"],), TCP, int(other["port"]), int(other["port"]))


def _addresses(port: Mapping[str, Any]) -> list[str]:
    return [place["ip_address"] for place in port["fixed_ips"]]
