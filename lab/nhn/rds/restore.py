# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New instances made of backups: as it was, up to a place in the binary log or a moment, or from files in Object Storage."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from .. import bodies
from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, find, new_id
from . import backups
from .catalogue import ok
from .instances import REQUIRED, build, built_instance, optional
from .versions import BASE

routes = Routes(BASE)

BORN_WITH = ("dbUserName", "dbPassword")        # a restored instance has the accounts of its backup
NEEDED = tuple(name for name in REQUIRED if name not in (*BORN_WITH, "dbVersion"))


@routes.on("GET", "/db-instances/<id>/restoration-info")
def get_restoration_info(call: Call) -> Answer:
    """From when to when it can be restored, and from which backups with which binary logs."""
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    usable = _usable(call.store, instance)
    if not usable:
        return ok(oldestRestorableYmdt=None, latestRestorableYmdt=None, restorableBackups=[])
    return ok(oldestRestorableYmdt=usable[0]["updatedYmdt"], latestRestorableYmdt=call.store.ymdt(),
              restorableBackups=[{"backup": _told(backup), "restorableBinLogs": [backup["_facts"]["file"]]} for backup in usable])


@routes.on("POST", "/db-instances/restore-from-obs")
def restore_from_objects(call: Call) -> Answer:
    """From exported files. Accounts are those in the files; the service has never heard of them (authority CUSTOM)."""
    store = call.store
    want = checked(call.json(), (*NEEDED, "dbVersion", "restore"), optional(call))
    source = checked(want.pop("restore"), backups.EXPORT, ())
    backups.check_storage(store, source)
    container = find(bodies.containers(store), source["targetContainer"], "Container")
    store.settings.backups.mkdir(parents=True, exist_ok=True)
    files = store.settings.backups / f"import-{new_id()}.tar.gz"
    if not bodies.assemble(store, container, source["objectPath"], files):
        files.unlink()
        raise Refused(404, f"objectPath: there is nothing at {source['targetContainer']}/{source['objectPath']}.")
    return build(call, want, "RESTORING", {"_restore": {"archive": str(files), "replay": None, "adopt": True}})


@routes.on("POST", "/db-instances/<id>/restore")
def restore_db_instance(call: Call) -> Answer:
    store, instance = call.store, built_instance(call)
    want = checked(call.json(), (*NEEDED, "restore"), optional(call))
    how = want.pop("restore")
    kind = how.get("restoreType")
    if kind == "BACKUP":
        return _from(call, find(store.rds_backups, how.get("backupId", ""), "Backup"), want, None)
    if kind == "BINLOG":
        backup = find(store.rds_backups, how.get("backupId", ""), "Backup")
        log = how.get("binLog") or how
        upto = {"file": log.get("binLogFileName"), "position": log.get("binLogPosition")}
        if not all(upto.values()):
            raise Refused(400, "restore.binLog: binLogFileName and binLogPosition are required.")
        return _from(call, backup, want, {**upto, "source": instance["dbInstanceId"]})
    if kind == "TIMESTAMP":
        try:
            moment = datetime.fromisoformat(str(how.get("restoreYmdt")))
        except ValueError as error:
            raise Refused(400, "restore.restoreYmdt: must be a moment such as 2026-01-31T12:00:00+09:00.") from error
        early = [backup for backup in _usable(store, instance) if datetime.fromisoformat(backup["updatedYmdt"]) <= moment]
        if not early or moment.timestamp() > store.now():
            raise Refused(400, "restore.restoreYmdt: is outside of what can be restored.")
        return _from(call, early[-1], want, {"time": moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), "source": instance["dbInstanceId"]})
    raise Refused(400, f"restore.restoreType: '{kind}' is not available.")


@routes.on("POST", "/backups/<id>/restore")
def restore_backup(call: Call) -> Answer:
    return _from(call, find(call.store.rds_backups, call.id, "Backup"), checked(call.json(), NEEDED, optional(call)), None)


def _from(call: Call, backup: Record, want: Record, upto: Record | None) -> Answer:
    backups.usable(backup)
    facts = backup["_facts"]
    replay = {"from_file": facts["file"], "from_position": facts["position"], **upto} if upto else None
    return build(call, {**want, "dbVersion": backup["dbVersion"]}, "RESTORING", {
        "_users": copy.deepcopy(backup["_users"]), "_schemas": copy.deepcopy(backup["_schemas"]),
        "_restore": {"archive": str(backups.archive(call.store, backup["backupId"])), "replay": replay, "adopt": False}})


def _usable(store: Store, instance: Record) -> list[Record]:
    """Finished backups of an instance, oldest first."""
    mine = [backup for backup in store.rds_backups.values()
            if backup["dbInstanceId"] == instance["dbInstanceId"] and backup["backupStatus"] == "COMPLETED"]
    return sorted(mine, key=lambda backup: backup["updatedYmdt"])


def _told(backup: Record) -> dict[str, Any]:
    facts = backup["_facts"]
    return {**{key: backup[key] for key in backups.LISTED}, "dbInstanceName": backup["_instance_name"], "useBackupLock": True,
            "failoverCount": 0, "binLogFileName": facts["file"], "binLogPosition": facts["position"]}
