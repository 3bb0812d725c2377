# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a new DB instance is made of a backup: which call, and what it takes. Restoring always makes a new instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..faults import Absent, BadInput, Fault
from .auth import for_objects
from .iaas import meant
from .rds import Rds, one_instance, refuse_failed_over
from .rds_backup import every_backup

RESTORE: dict[str, Any] = {
    "backup": {"type": "str"},
    "binlog_file": {"type": "str"},
    "binlog_position": {"type": "int"},
    "instance": {"type": "str"},
    "time": {"type": "str"},
    "container": {"type": "str"},
    "path": {"type": "str"},
}


def faults_of(restore: Mapping[str, Any]) -> list[str]:
    """What does not fit together in the option, as "path: what is wrong"."""
    given = {name for name, value in restore.items() if value not in (None, "")}
    ways: dict[str, set[str]] = {"of a backup": {"backup"}, "of a backup and the binary logs after it": {"backup", "binlog_file", "binlog_position"},
                                 "at a moment": {"instance", "time"}, "of exported files": {"container", "path"}}
    if given in ways.values():
        return []
    told = "; ".join(f"{way}: {', '.join(sorted(needs))}" for way, needs in ways.items())
    return [f"restore: {', '.join(sorted(given)) or 'nothing'} given; restore {told}"]


def request(cloud: Rds, auth: dict[str, Any], restore: Mapping[str, Any], version: str) -> tuple[str, dict[str, Any]]:
    """(path, what goes into the body besides the properties of the new instance). Raises BadInput, Absent, and Fault for a moment that
    cannot be reached, saying from when to when it could."""
    if faults := faults_of(restore):
        raise BadInput(faults)
    if restore.get("container"):
        account = for_objects(auth)
        return "/db-instances/restore-from-obs", {"dbVersion": version, "restore": {
            "tenantId": account["tenant_id"], "username": account["username"], "password": account["password"],
            "targetContainer": restore["container"], "objectPath": restore["path"]}}
    if restore.get("time"):
        source = _instance(cloud, str(restore["instance"]))
        refuse_unreachable(cloud, source, str(restore["time"]))
        return f"/db-instances/{source}/restore", {"restore": {"restoreType": "TIMESTAMP", "restoreYmdt": restore["time"]}}
    backup = _backup(cloud, str(restore["backup"]))
    if not restore.get("binlog_file"):
        return f"/backups/{backup['backupId']}/restore", {}
    source = _instance(cloud, backup["dbInstanceId"])
    return f"/db-instances/{source}/restore", {"restore": {
        "restoreType": "BINLOG", "backupId": backup["backupId"],
        "binLog": {"binLogFileName": restore["binlog_file"], "binLogPosition": restore["binlog_position"]}}}


def refuse_unreachable(cloud: Rds, instance: str, moment: str) -> None:
    """Raise Fault unless the service says that an instance can be restored to that moment (ISO 8601 with an offset)."""
    from datetime import datetime

    told = cloud.call("GET", f"/db-instances/{instance}/restoration-info", doing="read what can be restored of", to=instance)
    first, last = told.get("oldestRestorableYmdt"), told.get("latestRestorableYmdt")
    if not first:
        raise Fault("restore to", moment, left="There is no backup with binary logs after it, so no moment can be reached.",
                    then="Restore a backup as it is, or make one first.")
    try:
        wanted = datetime.fromisoformat(moment)
        outside = not datetime.fromisoformat(first) <= wanted <= datetime.fromisoformat(str(last))
    except (TypeError, ValueError) as error:
        raise BadInput([f"restore.time: {moment!r} is no moment like 2026-01-31T12:00:00+09:00"]) from error
    if outside:
        raise Fault("restore to", moment, left=f"The binary logs reach from {first} to {last}. Nothing was made.",
                    then="Choose a moment in between, or restore a backup as it is.")


def _instance(cloud: Rds, given: str) -> str:
    there = cloud.listed("/db-instances", "dbInstances")
    found = one_instance(there, given)
    if not found:
        refuse_failed_over(there, given)
        raise Absent("restore", f"database instance {given}", left="It does not exist, and its binary logs went with it.",
                     then="Restore a backup as it is, or exported files.")
    return str(found["id"])


def refuse_unusable(cloud: Rds, restore: Mapping[str, Any]) -> list[str]:
    """Raise Ambiguous and Fault for what nothing is to be made of: a backup, or a moment; [what must exist first] when a backup is not there."""
    given, source = restore.get("backup"), restore.get("instance") if restore.get("time") else None
    if source and (there := one_instance(cloud.listed("/db-instances", "dbInstances"), str(source))):
        refuse_unreachable(cloud, str(there["id"]), str(restore["time"]))
    return [f"database backup {given}"] if given and not _found(cloud, str(given)) else []


def _backup(cloud: Rds, given: str) -> dict[str, Any]:
    if found := _found(cloud, given):
        return found
    raise Absent("find", f"database backup {given}", left="Nothing was made.", then="See nhn_rds_backup_info, or the console, for what there is.")


def _found(cloud: Rds, given: str) -> dict[str, Any] | None:
    """The backup that is meant, which must be whole: of several that are called so none is guessed."""
    there = [{"id": raw["backupId"], **raw} for raw in every_backup(cloud) if raw["backupStatus"] != "DELETED"]
    found = meant(there, "database backup", given, "backupName")
    if found and found["backupStatus"] != "COMPLETED":
        raise Fault("restore", f"database backup {given}", left=f"It is {found['backupStatus']}, and nothing was made of it.",
                    then="Wait until it is COMPLETED, or choose another one: nhn_rds_backup_info tells of each what it is.")
    return found
