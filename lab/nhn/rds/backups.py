# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups of an instance: taken for real by the materialiser, listed, exported to Object Storage, removed."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from .. import bodies
from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, named, new_id
from . import jobs
from .catalogue import ok
from .checks import one_of
from .instances import built_instance, look_at
from .versions import BASE, is_v4, only

routes = Routes(BASE)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
PATH = re.compile(r"[^'\"<>;\s]{1,1024}")
LISTED = ("backupId", "backupName", "backupStatus", "dbInstanceId", "dbVersion", "utilVersion", "backupType", "backupSize",
          "createdYmdt", "updatedYmdt")
EXPORT = ("tenantId", "username", "password", "targetContainer", "objectPath")


@routes.on("GET", "/backups")
def list_backups(call: Call) -> Answer:
    query = call.request.args
    try:
        page, size = (int(query.get("page", 1)), int(query.get("size", 20))) if is_v4(call) else (int(query["page"]), int(query["size"]))
    except (KeyError, ValueError) as error:
        raise Refused(400, "page and size: required, whole numbers.") from error
    if page < 1 or not 1 <= size <= 100:
        raise Refused(400, "page: from 1; size: from 1 to 100.")
    _look_at_all(call.store)
    found = [backup for backup in call.store.rds_backups.values()
             if all(query.get(name) in (None, backup[name]) for name in ("backupType", "dbInstanceId", "dbVersion"))]
    found.sort(key=lambda backup: backup["createdYmdt"], reverse=True)
    shown = found[(page - 1) * size:page * size]
    return ok(totalCounts=len(found), backups=[{key: backup[key] for key in LISTED} for backup in shown])


@routes.on("POST", "/db-instances/<id>/backup")
def create_backup(call: Call) -> Answer:
    only(call, "v3.0")
    return _by_hand(call.store, built_instance(call), checked(call.json(), ("backupName",), ())["backupName"])


@routes.on("POST", "/backups")
def create_backup_of_a_kind(call: Call) -> Answer:
    """v4.0 also knows incremental backups and snapshots; nothing here makes those."""
    only(call, "v4.0")
    want = checked(call.json(), ("backupName", "backupMethodType", "dbInstanceId"), ())
    one_of("backupMethodType", want["backupMethodType"], ("FULL",))
    return _by_hand(call.store, built_instance(call, want["dbInstanceId"]), want["backupName"])


@routes.on("GET", "/backups/<id>")
def get_backup(call: Call) -> Answer:
    only(call, "v4.0")
    _look_at_all(call.store)
    backup = find(call.store.rds_backups, call.id, "Backup")
    facts = backup["_facts"]
    return ok(backup={**{key: backup[key] for key in LISTED}, "regionCode": "KR1", "dbInstanceName": backup["_instance_name"],
                      "backupMethodType": "FULL", "backupFileType": "XTRABACKUP", "isReplicable": True, "binLogFileName": facts.get("file"),
                      "binLogPosition": facts.get("position")})


def _look_at_all(store: Store) -> None:
    """A look at the backups is one at the jobs that make and remove them."""
    for instance in store.rds_instances.copy().values():
        look_at(store, instance)
    for backup in store.rds_backups.copy().values():
        jobs.look_at(store, backup)


def _by_hand(store: Store, instance: Record, name: object) -> Answer:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Refused(400, f"backupName: '{name}' must be 1 to 100 letters, digits, - and _, and begin with a letter.")
    if named(store.rds_backups.values(), "backupName", name):
        raise Refused(409, f"backupName: '{name}' is used already.")
    return begin(store, instance, name, "MANUAL")


@routes.on("DELETE", "/backups/<id>")
def delete_backup(call: Call) -> Answer:
    backup = find(call.store.rds_backups, call.id, "Backup")
    jobs.refuse_if_busy(call.store, backup)
    if backup["backupStatus"] == "BACKING_UP":
        raise Refused(409, f"Backup {backup['backupName']} is being made.")
    backup["backupStatus"] = "DELETING"

    def finish() -> None:
        del call.store.rds_backups[backup["backupId"]]
        for suffix in (".tar.gz", ".tar.json"):
            (call.store.settings.backups / f"{backup['backupId']}{suffix}").unlink(missing_ok=True)
    return jobs.start(call.store, backup, "BACKUP", backup["backupId"], "DELETING", finish=finish)


@routes.on("POST", "/backups/<id>/export")
def export_backup(call: Call) -> Answer:
    """Copies the files of a backup into a container. Only while the instance of a manual backup still exists."""
    store, backup = call.store, find(call.store.rds_backups, call.id, "Backup")
    want = checked(call.json(), EXPORT, ())
    check_storage(store, want)
    usable(backup)
    if backup["dbInstanceId"] not in store.rds_instances:
        raise Refused(409, f"The DB instance of backup {backup['backupName']} is gone; it cannot be exported.")
    instance = store.rds_instances[backup["dbInstanceId"]]
    jobs.refuse_if_busy(store, instance)
    container = find(bodies.containers(store), want["targetContainer"], "Container")

    def finish() -> None:
        with archive(store, backup["backupId"]).open("rb") as body:
            bodies.place(container, want["objectPath"], bodies.keep(store, body))
    return jobs.start(store, instance, "DB_INSTANCE", instance["dbInstanceId"], "EXPORTING_BACKUP", finish=finish)


def begin(store: Store, instance: Record, name: str, kind: str) -> Answer:
    """Start a backup: MANUAL, or AUTO as the instance's window would."""
    backup: Record = {
        "backupId": new_id(), "backupName": name, "backupStatus": "BACKING_UP", "dbInstanceId": instance["dbInstanceId"],
        "dbVersion": instance["dbVersion"], "utilVersion": "8.4.0", "backupType": kind, "backupSize": 0, "createdYmdt": store.ymdt(),
        "updatedYmdt": store.ymdt(), "_instance_name": instance["dbInstanceName"], "_users": copy.deepcopy(instance["_users"]),
        "_schemas": copy.deepcopy(instance["_schemas"]), "_facts": {}, "_job": None}
    store.rds_backups[backup["backupId"]] = backup

    def seen() -> str | None:
        return store.observation("rds_backups", backup["backupId"], "COMPLETED")

    def broken() -> bool:
        if seen() == "ERROR":
            backup.update(backupStatus="ERROR", updatedYmdt=store.ymdt())
        return backup["backupStatus"] == "ERROR"

    def finish() -> None:
        facts = facts_of(store, backup["backupId"])
        backup.update(backupStatus="COMPLETED", backupSize=facts["size"], updatedYmdt=store.ymdt(), _facts=facts)
    return jobs.start(store, instance, "DB_INSTANCE", instance["dbInstanceId"], "BACKING_UP", done=lambda: seen() == "COMPLETED",
                      finish=finish, broken=broken)


def facts_of(store: Store, identity: str) -> dict[str, Any]:
    """{file, position, uuid, size} of a finished backup. Where nobody makes anything real, a small body that stands for one."""
    file = archive(store, identity)
    if store.settings.auto_observe and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"not xbstream, but {identity}".encode() * 1000)
        file.with_suffix(".json").write_text(json.dumps(
            {"file": "mysql-bin.000001", "position": 157, "uuid": new_id(), "size": file.stat().st_size}))
    return dict(json.loads(file.with_suffix(".json").read_text(encoding="utf-8")))


def archive(store: Store, identity: str) -> Any:
    """Where the files of a backup are."""
    return store.settings.backups / f"{identity}.tar.gz"


def usable(backup: Record) -> None:
    """Refuse what is not a finished backup."""
    if backup["backupStatus"] != "COMPLETED":
        raise Refused(409, f"Backup {backup['backupName']} is {backup['backupStatus']}.")


def check_storage(store: Store, want: Record) -> None:
    """RDS logs in to Object Storage with what it is given; a wrong password or path is found at once."""
    mine = store.settings.credentials
    if (want["tenantId"], want["username"], want["password"]) != (mine.object_tenant_id, mine.username, mine.password):
        raise Refused(400, "Object storage authentication failed: check tenantId, username and password.")
    if not PATH.fullmatch(str(want["objectPath"])):
        raise Refused(400, "objectPath: at most 1024 bytes, without quotes, <, >, ; or spaces.")
