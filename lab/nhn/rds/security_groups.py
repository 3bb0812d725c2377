# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB security groups: what a database may hear and say. Nothing is open that no rule opens, in either direction."""

from __future__ import annotations

import ipaddress

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, named, new_id, shown
from . import jobs
from .catalogue import ok
from .checks import one_of, within
from .versions import BASE

routes = Routes(f"{BASE}/db-security-groups")

RULE = ("direction", "etherType", "cidr", "port")


@routes.on("GET", "")
def list_db_security_groups(call: Call) -> Answer:
    seen = [_seen(call.store, group) for group in call.store.rds_security_groups.values()]
    return ok(dbSecurityGroups=[shown(group, "rules") for group in seen])


@routes.on("GET", "/<id>")
def get_db_security_group(call: Call) -> Answer:
    group = _seen(call.store, find(call.store.rds_security_groups, call.id, "DbSecurityGroup"))
    return ok(**shown(group))


@routes.on("POST", "")
def create_db_security_group(call: Call) -> Answer:
    """No job: the answer has the id."""
    store = call.store
    want = checked(call.json(), ("dbSecurityGroupName",), ("description", "rules"))
    if not isinstance(want.get("rules"), list):
        raise Refused(400, "rules: must be a list.")
    if named(store.rds_security_groups.values(), "dbSecurityGroupName", want["dbSecurityGroupName"]):
        raise Refused(409, f"dbSecurityGroupName: '{want['dbSecurityGroupName']}' is used already.")
    group: Record = {"dbSecurityGroupId": new_id(), "dbSecurityGroupName": want["dbSecurityGroupName"], "description": want.get("description", ""),
                     "progressStatus": "NONE", "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt(), "rules": [], "_job": None}
    for rule in want["rules"]:
        group["rules"].append(_rule(store, group, rule))
    store.rds_security_groups[group["dbSecurityGroupId"]] = group
    return ok(dbSecurityGroupId=group["dbSecurityGroupId"])


@routes.on("PUT", "/<id>")
def update_db_security_group(call: Call) -> Answer:
    group = _changeable(call)
    want = checked(call.json(), (), ("dbSecurityGroupName", "description"))
    other = named(call.store.rds_security_groups.values(), "dbSecurityGroupName", want.get("dbSecurityGroupName"))
    if other not in (None, group):
        raise Refused(409, f"dbSecurityGroupName: '{want['dbSecurityGroupName']}' is used already.")
    group.update(want, updatedYmdt=call.store.ymdt())
    return ok()


@routes.on("DELETE", "/<id>")
def delete_db_security_group(call: Call) -> Answer:
    group = _changeable(call)
    if any(call.id in instance["dbSecurityGroupIds"] for instance in call.store.rds_instances.values()):
        raise Refused(409, f"dbSecurityGroup: '{group['dbSecurityGroupName']}' is in use.")
    del call.store.rds_security_groups[call.id]
    return ok()


@routes.on("POST", "/<id>/rules")
def create_db_security_group_rule(call: Call) -> Answer:
    group = _changeable(call)
    group["rules"].append(_rule(call.store, group, call.json()))
    return jobs.start(call.store, group, "DB_SECURITY_GROUP", call.id, "CREATING_RULE")


@routes.on("PUT", "/<id>/rules/<rule>")
def update_db_security_group_rule(call: Call) -> Answer:
    group = _changeable(call)
    if (old := named(group["rules"], "ruleId", call.path["rule"])) is None:
        raise Refused(404, f"Rule {call.path['rule']} could not be found.")
    new = _rule(call.store, {**group, "rules": [rule for rule in group["rules"] if rule is not old]}, call.json())
    old.update({key: new[key] for key in (*RULE, "description", "updatedYmdt")})
    return jobs.start(call.store, group, "DB_SECURITY_GROUP", call.id, "UPDATING_RULE")


@routes.on("DELETE", "/<id>/rules")
def delete_db_security_group_rules(call: Call) -> Answer:
    group = _changeable(call)
    gone = [identity for identity in call.request.args.get("ruleIds", "").split(",") if identity]
    if not gone or (unknown := [identity for identity in gone if named(group["rules"], "ruleId", identity) is None]):
        raise Refused(404, f"ruleIds: {', '.join(unknown) if gone else 'none given'}.")
    group["rules"] = [rule for rule in group["rules"] if rule["ruleId"] not in gone]
    return jobs.start(call.store, group, "DB_SECURITY_GROUP", call.id, "DELETING_RULE")


def _changeable(call: Call) -> Record:
    group = find(call.store.rds_security_groups, call.id, "DbSecurityGroup")
    jobs.refuse_if_busy(call.store, group)
    return group


def _seen(store: Store, group: Record) -> Record:
    jobs.look_at(store, group)
    return group


def _rule(store: Store, group: Record, given: object) -> Record:
    """A rule as asked, with its id; HTTP 500 for one that is there already, as the real service answers."""
    if not isinstance(given, dict):
        raise Refused(400, "rules: each must be an object.")
    want = checked(given, RULE, ("description",))
    one_of("direction", want["direction"], ("INGRESS", "EGRESS"))
    one_of("etherType", want["etherType"], ("IPV4", "IPV6"))
    try:
        cidr = str(ipaddress.ip_network(want["cidr"]))
    except ValueError as error:
        raise Refused(400, f"cidr: {error}.") from error
    port = checked(want["port"], ("portType",), ("minPort", "maxPort"))
    one_of("port.portType", port["portType"], ("DB_PORT", "PORT", "PORT_RANGE"))
    if port["portType"] == "DB_PORT":
        if want["direction"] == "EGRESS":
            raise Refused(400, "port.portType: DB_PORT is not allowed for EGRESS.")
        port = {"portType": "DB_PORT", "minPort": None, "maxPort": None}
    else:
        within("port.minPort", port.get("minPort"), 1, 65535)
        within("port.maxPort", port.get("maxPort"), port["minPort"], port["minPort"] if port["portType"] == "PORT" else 65535)
    rule = {"ruleId": new_id(), "description": want.get("description", ""), "direction": want["direction"], "etherType": want["etherType"],
            "cidr": cidr, "port": port, "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt()}
    if any(all(old[key] == rule[key] for key in RULE) for old in group["rules"]):
        raise Refused(500, "Internal Server Error")
    return rule
