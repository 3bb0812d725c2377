# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameter groups: one default for each engine version, and those a project makes. A changed value waits for the console's "apply"."""

from __future__ import annotations

import re
import uuid

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, named, new_id, shown
from .catalogue import FLAVORS, VERSIONS, ok
from .checks import one_of
from .formulas import is_formula, worked_out
from .versions import BASE

routes = Routes(BASE)

NEVER = 0.0     # when a group was last changed, for one that never was
ANY = ""
# name: (default, allowed values, when it can be set). A default in braces is a formula of the instance.
PARAMETERS = {
    "binlog_expire_logs_seconds": ("432000", "0-4294967295", "VARIABLE"), "binlog_format": ("ROW", "ROW,STATEMENT,MIXED", "VARIABLE"),
    "binlog_row_image": ("FULL", "FULL,MINIMAL,NOBLOB", "VARIABLE"), "character_set_server": ("utf8mb4", ANY, "VARIABLE"),
    "collation_server": ("utf8mb4_0900_ai_ci", ANY, "VARIABLE"), "enforce_gtid_consistency": ("OFF", "OFF,WARN,ON", "VARIABLE"),
    "event_scheduler": ("ON", "ON,OFF", "VARIABLE"), "gtid_mode": ("OFF", "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON", "VARIABLE"),
    "innodb_flush_log_at_trx_commit": ("1", "0-2", "VARIABLE"), "innodb_lock_wait_timeout": ("50", "1-1073741824", "VARIABLE"),
    "log_bin_trust_function_creators": ("0", "0-1", "VARIABLE"), "long_query_time": ("10", "0-31536000", "VARIABLE"),
    "innodb_buffer_pool_size": ("{ramSizeByte * 3 / 4}", ANY, "VARIABLE"), "max_allowed_packet": ("67108864", "1024-1073741824", "VARIABLE"),
    "max_connections": ("512", "1-100000", "VARIABLE"), "read_only": ("{readOnly}", ANY, "CONSTANT"), "server_id": ("{serverId}", ANY, "CONSTANT"),
    "replica_parallel_workers": ("4", "0-1024", "VARIABLE"), "replica_preserve_commit_order": ("ON", "ON,OFF", "VARIABLE"),
    "replicate_ignore_db": ("", ANY, "VARIABLE"), "replicate_ignore_table": ("", ANY, "VARIABLE"),
    "sync_binlog": ("1", "0-4294967295", "VARIABLE"), "time_zone": ("SYSTEM", ANY, "VARIABLE"),
    "transaction_isolation": ("REPEATABLE-READ", "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE", "VARIABLE"),
    "wait_timeout": ("28800", "1-31536000", "VARIABLE")}
IDS = {str(uuid.uuid5(uuid.NAMESPACE_DNS, name)): name for name in PARAMETERS}


@routes.on("GET", "/parameter-groups")
def list_parameter_groups(call: Call) -> Answer:
    version = call.request.args.get("dbVersion")
    return ok(parameterGroups=[shown(group) for group in groups(call.store).values() if version in (None, group["dbVersion"])])


@routes.on("GET", "/parameter-groups/<id>")
def get_parameter_group(call: Call) -> Answer:
    group = find(groups(call.store), call.id, "ParameterGroup")
    return ok(**shown(group), parameters=[_parameter(group, identity, name) for identity, name in IDS.items()])


@routes.on("POST", "/parameter-groups")
def create_parameter_group(call: Call) -> Answer:
    store = call.store
    want = checked(call.json(), ("parameterGroupName", "dbVersion"), ("description",))
    one_of("dbVersion", want["dbVersion"], VERSIONS)
    _check_name(store, want["parameterGroupName"])
    return ok(parameterGroupId=_add(store, want["parameterGroupName"], want["dbVersion"], want.get("description", ""))["parameterGroupId"])


@routes.on("POST", "/parameter-groups/<id>/copy")
def copy_parameter_group(call: Call) -> Answer:
    store, source = call.store, find(groups(call.store), call.id, "ParameterGroup")
    want = checked(call.json(), ("parameterGroupName",), ("description",))
    _check_name(store, want["parameterGroupName"])
    group = _add(store, want["parameterGroupName"], source["dbVersion"], want.get("description", ""))
    group["_values"] = dict(source["_values"])
    return ok(parameterGroupId=group["parameterGroupId"])


@routes.on("PUT", "/parameter-groups/<id>")
def update_parameter_group(call: Call) -> Answer:
    group = _own(call)
    want = checked(call.json(), (), ("parameterGroupName", "description"))
    if want.get("parameterGroupName", group["parameterGroupName"]) != group["parameterGroupName"]:
        _check_name(call.store, want["parameterGroupName"])
    group.update(want, updatedYmdt=call.store.ymdt())
    return ok()


@routes.on("PUT", "/parameter-groups/<id>/parameters")
def update_parameters(call: Call) -> Answer:
    group = _own(call)
    changes = checked(call.json(), ("modifiedParameters",), ())["modifiedParameters"]
    for change in changes:
        checked(change, ("parameterId",), ("value",))
        if (name := IDS.get(change["parameterId"])) is None:
            raise Refused(400, f"parameterId: {change['parameterId']} does not exist.")
        _check_value(name, change.get("value"))
    _set(call.store, group, {**group["_values"], **{IDS[change["parameterId"]]: change["value"] for change in changes}})
    return ok()


@routes.on("PUT", "/parameter-groups/<id>/reset")
def reset_parameter_group(call: Call) -> Answer:
    _set(call.store, _own(call), {})
    return ok()


@routes.on("DELETE", "/parameter-groups/<id>")
def delete_parameter_group(call: Call) -> Answer:
    group = _own(call)
    if users_of(call.store, group):
        raise Refused(409, f"parameterGroup: '{group['parameterGroupName']}' is in use.")
    del call.store.rds_parameter_groups[group["parameterGroupId"]]
    return ok()


def groups(store: Store) -> dict[str, Record]:
    """All parameter groups; the defaults are there from the first look on."""
    if not store.rds_parameter_groups:
        for version, creatable in VERSIONS.items():
            if creatable:
                _add(store, f"default.{version}", version, "")
    return store.rds_parameter_groups


def matching(store: Store, identity: str, version: str) -> Record:
    """The group with this id, refused unless it is for this engine version."""
    group = find(groups(store), identity, "ParameterGroup")
    if group["dbVersion"] != version:
        raise Refused(400, f"parameterGroupId: '{group['parameterGroupName']}' is for {group['dbVersion']}, not for {version}.")
    return group


def values(group: Record, server_id: int, flavor: str, port: int) -> dict[str, str]:
    """What an instance of that flavor and port runs with that is pointed at this group now, formulas worked out."""
    size = FLAVORS[flavor]
    known = {"serverId": server_id, "readOnly": 0, "dbPort": port, "vCPU": size["vcpus"], "ramSizeByte": size["ram"] << 20}
    chosen = {name: group["_values"].get(name, default) for name, (default, _, _) in PARAMETERS.items()}
    return {name: worked_out(value, known) if is_formula(value) else value for name, value in chosen.items()}


def users_of(store: Store, group: Record) -> list[Record]:
    return [instance for instance in store.rds_instances.values() if instance["parameterGroupId"] == group["parameterGroupId"]]


def _add(store: Store, name: str, version: str, description: str) -> Record:
    group: Record = {"parameterGroupId": new_id(), "parameterGroupName": name, "description": description, "dbVersion": version,
             "parameterGroupStatus": "STABLE", "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt(), "_values": {}, "_changed_at": NEVER}
    store.rds_parameter_groups[group["parameterGroupId"]] = group
    return group


def _own(call: Call) -> Record:
    group = find(groups(call.store), call.id, "ParameterGroup")
    if group["parameterGroupName"].startswith("default."):
        raise Refused(403, f"parameterGroup: '{group['parameterGroupName']}' is a default group and stays as it is.")
    return group


def _set(store: Store, group: Record, chosen: dict[str, str]) -> None:
    group.update(_values=chosen, updatedYmdt=store.ymdt())
    if users_of(store, group):
        group.update(parameterGroupStatus="NEED_TO_APPLY", _changed_at=store.now())


def _parameter(group: Record, identity: str, name: str) -> Record:
    default, allowed, update = PARAMETERS[name]
    return {"parameterId": identity, "parameterFileGroup": "mysqld", "parameterName": name, "fileParameterName": name,
            "value": group["_values"].get(name, default), "defaultValue": default, "allowedValue": allowed, "updateType": update,
            "applyType": "BOTH"}


def _check_value(name: str, value: object) -> None:
    _, allowed, update = PARAMETERS[name]
    if not isinstance(value, str):
        raise Refused(400, f"{name}: the value must be a string.")
    if update == "CONSTANT":
        raise Refused(400, f"{name}: cannot be changed.")
    if allowed == ANY or is_formula(value):
        return
    if span := re.fullmatch(r"(\d+)-(\d+)", allowed):
        if not value.isdigit() or not int(span[1]) <= int(value) <= int(span[2]):
            raise Refused(400, f"{name}: '{value}' is not within {allowed}.")
    elif value not in allowed.split(","):
        raise Refused(400, f"{name}: '{value}' is not one of {allowed}.")


def _check_name(store: Store, name: str) -> None:
    if named(groups(store).values(), "parameterGroupName", name):
        raise Refused(409, f"parameterGroupName: '{name}' is used already.")
