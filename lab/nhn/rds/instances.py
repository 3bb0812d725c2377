# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB instances: made, read, changed, deleted. The detail hides availability, storage, backup and network (see settings.py)."""

from __future__ import annotations

import re
from typing import Any

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..network.floating_ips import free_address
from ..store import ZONES, Record, Store, find, named, new_id, shown
from . import jobs, parameter_groups
from .catalogue import FLAVORS, STORAGE_TYPES, VERSIONS, ok
from .checks import autoscale, backup_settings, one_of, plugin_for, user_name, user_password, within
from .versions import BASE, is_v4

routes = Routes(BASE)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
FIRST_ADDRESS = 50      # databases take addresses from this number of their subnet on
DOMAIN = "{id}.internal.kr1.mysql.rds.nhncloudservice.com"
REQUIRED = ("dbInstanceName", "dbFlavorId", "dbVersion", "dbPort", "dbUserName", "dbPassword", "parameterGroupId", "network", "storage", "backup")
OPTIONAL = ("dbInstanceCandidateName", "description", "dbSecurityGroupIds", "userGroupIds", "useHighAvailability", "pingInterval",
            "useDefaultNotification", "useDeletionProtection", "authenticationPlugin", "tlsOption")
OPTIONAL_V4 = (*OPTIONAL, "useSlowQueryAnalysis")
CHANGEABLE = ("dbInstanceName", "dbInstanceCandidateName", "description", "dbPort", "dbVersion", "useDummy", "dbFlavorId", "parameterGroupId",
              "dbSecurityGroupIds", "executeBackup", "useOnlineFailover")
CHANGEABLE_V4 = (*CHANGEABLE, "useSlowQueryAnalysis", "waitReplicationDelay", "useReadOnly")
LISTED = ("dbInstanceId", "dbInstanceGroupId", "dbInstanceName", "description", "dbVersion", "dbPort", "dbInstanceType", "dbInstanceStatus",
          "progressStatus", "createdYmdt", "updatedYmdt")


@routes.on("GET", "/db-instances")
def list_db_instances(call: Call) -> Answer:
    seen = [look_at(call.store, instance) for instance in list(call.store.rds_instances.values())]
    return ok(dbInstances=[{key: instance[key] for key in LISTED} for instance in seen if instance])


@routes.on("GET", "/db-instances/<id>")
def get_db_instance(call: Call) -> Answer:
    if (instance := look_at(call.store, find(call.store.rds_instances, call.id, "DbInstance"))) is None:
        raise Refused(404, f"DbInstance {call.id} could not be found.")
    stale = call.store.rds_parameter_groups[instance["parameterGroupId"]]["_changed_at"] > instance["_parameters_at"]
    more = {"useSlowQueryAnalysis": instance["_slow_query_analysis"]} if is_v4(call) else {}
    return ok(**shown(instance), needToApplyParameterGroup=stale, **more)


@routes.on("POST", "/db-instances")
def create_db_instance(call: Call) -> Answer:
    want = checked(call.json(), REQUIRED, optional(call))
    user_name(want["dbUserName"])
    user_password(want["dbPassword"])
    return build(call, want, "CREATING")


def optional(call: Call) -> tuple[str, ...]:
    """What the body of a new instance may hold besides what it must."""
    return OPTIONAL_V4 if is_v4(call) else OPTIONAL


def build(call: Call, want: Record, progress: str, born: Record | None = None) -> Answer:
    """Check what a new instance is to be like and start the job that builds it. `born`: what it begins with (see restore.py)."""
    store = call.store
    if is_v4(call) and want.get("useHighAvailability") and not want.get("dbInstanceCandidateName"):
        raise Refused(400, "dbInstanceCandidateName: required with useHighAvailability.")
    within("pingInterval", want.get("pingInterval", 3), 1, 600)
    check_name(store, want["dbInstanceName"])
    if not VERSIONS.get(want["dbVersion"]):
        raise Refused(400, "unavailable version for creation", code=290001)
    one_of("dbFlavorId", want["dbFlavorId"], FLAVORS)
    within("dbPort", want["dbPort"], 3306, 43306)
    network = checked(want["network"], ("subnetId", "availabilityZone"), ("usePublicAccess",))
    find(store.subnets, network["subnetId"], "Subnet")
    one_of("network.availabilityZone", network["availabilityZone"], ZONES)
    storage = checked(want["storage"], ("storageType", "storageSize"), ("storageAutoscale",) if is_v4(call) else ())
    if storage["storageType"] not in STORAGE_TYPES:
        raise Refused(500, "Internal Server Error")         # what the real service says to a misspelt storage type
    within("storage.storageSize", storage["storageSize"], 20, 2048)
    scaling = autoscale(storage.pop("storageAutoscale", {}))
    instance = {**_new_instance(store, want, network, storage), "_autoscale": scaling, **(born or {})}
    store.rds_instances[instance["dbInstanceId"]] = instance

    def finish() -> None:
        instance.update(dbInstanceStatus="AVAILABLE", _built=True)
    return jobs.start(store, instance, "DB_INSTANCE", instance["dbInstanceId"], progress, finish=finish,
                      done=lambda: store.observation("rds_instances", instance["dbInstanceId"], "AVAILABLE") == "AVAILABLE")


@routes.on("PUT", "/db-instances/<id>")
def update_db_instance(call: Call) -> Answer:
    store, instance = call.store, built_instance(call)
    want = checked(call.json(), (), CHANGEABLE_V4 if is_v4(call) else CHANGEABLE)
    if "dbInstanceName" in want and want["dbInstanceName"] != instance["dbInstanceName"]:
        check_name(store, want["dbInstanceName"])
    if "dbPort" in want:
        within("dbPort", want["dbPort"], 3306, 43306)
    if "dbFlavorId" in want:
        one_of("dbFlavorId", want["dbFlavorId"], FLAVORS)
    version = want.get("dbVersion") or instance["dbVersion"]
    if not VERSIONS.get(version) or list(VERSIONS).index(version) < list(VERSIONS).index(instance["dbVersion"]):
        raise Refused(400, f"dbVersion: {instance['dbVersion']} cannot be upgraded to {version}.")
    group = parameter_groups.matching(store, want.get("parameterGroupId") or instance["parameterGroupId"], version)
    groups = want["dbSecurityGroupIds"] if "dbSecurityGroupIds" in want else instance["dbSecurityGroupIds"]
    for identity in groups:
        find(store.rds_security_groups, identity, "DbSecurityGroup")
    if group["parameterGroupId"] != instance["parameterGroupId"]:
        now = {**instance, **want}
        instance.update(parameterGroupId=group["parameterGroupId"], _parameters_at=store.now(),
                        _parameters=parameter_groups.values(group, instance["_server_id"], now["dbFlavorId"], now["dbPort"]))
    instance.update({key: want[key] for key in ("dbInstanceName", "description", "dbPort", "dbFlavorId") if key in want},
                    dbVersion=version, dbSecurityGroupIds=list(groups),
                    _slow_query_analysis=want.get("useSlowQueryAnalysis", instance["_slow_query_analysis"]))
    return jobs.start(store, instance, "DB_INSTANCE", instance["dbInstanceId"], "MODIFYING")


@routes.on("DELETE", "/db-instances/<id>")
def delete_db_instance(call: Call) -> Answer:
    store, instance = call.store, built_instance(call, failed_too=True)
    if instance["useDeletionProtection"]:
        raise Refused(409, f"DbInstance {instance['dbInstanceName']} is protected from deletion.")
    automatic_too = bool(is_v4(call) and checked(call.json(), (), ("deleteAutoBackup",)).get("deleteAutoBackup"))
    instance["_deleting"] = True

    def finish() -> None:
        del store.rds_instances[instance["dbInstanceId"]]
        for backup in list(store.rds_backups.values()):
            if automatic_too and (backup["dbInstanceId"], backup["backupType"]) == (instance["dbInstanceId"], "AUTO"):
                del store.rds_backups[backup["backupId"]]
    return jobs.start(store, instance, "DB_INSTANCE", instance["dbInstanceId"], "DELETING", finish=finish)


@routes.on("GET", "/db-instance-groups")
def list_db_instance_groups(call: Call) -> Answer:
    return ok(dbInstanceGroups=[_group(instance) for instance in call.store.rds_instances.values() if instance["dbInstanceType"] == "MASTER"])


@routes.on("GET", "/db-instance-groups/<id>")
def get_db_instance_group(call: Call) -> Answer:
    members = [instance for instance in call.store.rds_instances.values() if instance["dbInstanceGroupId"] == call.id]
    if not members:
        raise Refused(404, f"DbInstanceGroup {call.id} could not be found.")
    told = [{key: instance[key] for key in ("dbInstanceId", "dbInstanceType", "dbInstanceStatus")} for instance in members]
    if members[0]["_ha"] and len(members) == 1:
        told.append({"dbInstanceId": members[0]["_candidate_id"], "dbInstanceType": "CANDIDATE_MASTER", "dbInstanceStatus": "AVAILABLE"})
    return ok(**_group(members[0]), dbInstances=told)


def built_instance(call: Call, identity: str = "", failed_too: bool = False) -> Record:
    """The instance a change is for (of the path unless given); 7008 while it, or a DB security group of its, has a job running. A master that
    failed over takes changes of few kinds: failed_too."""
    store, instance = call.store, find(call.store.rds_instances, identity or call.id, "DbInstance")
    if instance["dbInstanceType"] == "FAILED_MASTER" and not failed_too:
        raise Refused(409, f"DbInstance {instance['dbInstanceName']} failed over: it can be repaired, rebuilt, split off or removed.")
    jobs.refuse_if_busy(store, instance, *(store.rds_security_groups[group] for group in instance["dbSecurityGroupIds"]))
    return instance


def look_at(store: Store, instance: Record) -> Record | None:
    """The instance one look further along; None when that was the look that saw it go."""
    jobs.look_at(store, instance)
    if instance["_built"] and not instance["_deleting"] and instance["dbInstanceType"] == "MASTER":
        seen = store.observation("rds_instances", instance["_body"], "AVAILABLE")
        instance["dbInstanceStatus"] = seen or instance["dbInstanceStatus"]
    return instance if instance["dbInstanceId"] in store.rds_instances else None


def _new_instance(store: Store, want: Record, network: Record, storage: Record) -> Record:
    group = parameter_groups.matching(store, want["parameterGroupId"], want["dbVersion"])
    for identity in want.get("dbSecurityGroupIds") or []:
        find(store.rds_security_groups, identity, "DbSecurityGroup")
    plugin = plugin_for(want["dbVersion"], want.get("authenticationPlugin"))
    backup = backup_settings(want["backup"])
    identity, user_id, number = new_id(), new_id(), 1000 + len(store.rds_jobs)
    admin = {"dbUserId": user_id, "dbUserName": want.get("dbUserName", ""), "host": "%", "authorityType": "DDL", "dbUserStatus": "STABLE",
             "authenticationPlugin": plugin, "tlsOption": want.get("tlsOption", "NONE"), "createdYmdt": store.ymdt(),
             "updatedYmdt": store.ymdt(), "_password": want.get("dbPassword", ""), "_admin": True, "_unread": False}
    return {"dbInstanceId": identity, "dbInstanceGroupId": new_id(), "dbInstanceName": want["dbInstanceName"],
            "description": want.get("description", ""), "dbVersion": want["dbVersion"], "dbPort": want["dbPort"], "dbInstanceType": "MASTER",
            "dbInstanceStatus": "BEFORE_CREATE", "progressStatus": "NONE", "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt(),
            "dbFlavorId": want["dbFlavorId"], "parameterGroupId": group["parameterGroupId"],
            "dbSecurityGroupIds": list(want.get("dbSecurityGroupIds") or []), "notificationGroupIds": [],
            "useDeletionProtection": bool(want.get("useDeletionProtection", False)), "supportAuthenticationPlugin": True,
            "needMigration": False, "supportDbVersionUpgrade": True,
            "_job": None, "_built": False, "_deleting": False, "_body": identity,
            "_ha": bool(want.get("useHighAvailability", False)), "_candidate_id": new_id(),
            "_slow_query_analysis": want.get("useSlowQueryAnalysis", True), "_candidate": want.get("dbInstanceCandidateName"),
            "_ping_interval": want.get("pingInterval", 3), "_zone": network["availabilityZone"], "_subnet_id": network["subnetId"],
            "_address": store.free_address(network["subnetId"], FIRST_ADDRESS), "_domain": DOMAIN.format(id=identity),
            "_public_address": free_address(store) if network.get("usePublicAccess") else None, "_storage": dict(storage),
            "_backup": backup, "_users": {user_id: admin}, "_schemas": {}, "_server_id": number,
            "_parameters": parameter_groups.values(group, number, want["dbFlavorId"], want["dbPort"]), "_parameters_at": store.now(),
            "_restore": None}


def check_name(store: Store, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Refused(400, f"dbInstanceName: '{name}' must be 1 to 100 letters, digits, - and _, and begin with a letter.")
    if named(store.rds_instances.values(), "dbInstanceName", name):
        raise Refused(409, f"dbInstanceName: '{name}' is used already.")


def _group(instance: Record) -> Record:
    return {"dbInstanceGroupId": instance["dbInstanceGroupId"], "createdYmdt": instance["createdYmdt"], "updatedYmdt": instance["updatedYmdt"],
            "replicationType": "HIGH_AVAILABILITY" if instance["_ha"] else "STANDALONE"}
