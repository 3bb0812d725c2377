# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup of a DB instance, on demand, and its export to Object Storage. A backup never changes; a name stands for one backup for ever.

The service does not say of a backup where it was exported to, nor of exported files whose they are. So a place has the backup's name in it, what is
there is taken for its export only when it is no older than the backup, and nothing that is there already is ever replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from ..engine import Field
from ..faults import Absent, BadInput, Fault, Refused, ReplyLost, WentWrong
from ..waiting import FAILED, PENDING, READY, wait
from .auth import for_objects, require
from .iaas import Iaas, meant
from .object_container import ObjectContainer, objects_below
from .rds import JOB_PAUSE_SECONDS, Rds, RdsResource
from .resource import Missing, waits
from .spelling import called, parts

PAGE = 100
NAME = called("[A-Za-z][A-Za-z0-9_-]{0,99}", "1 to 100 letters, digits, _ and - that begin with a letter")
EXPORTING = "EXPORTING_BACKUP"
EXPORT: dict[str, Any] = {"container": {"type": "str", "required": True}, "path": {"type": "str", "required": True}}


def finished(backup: Mapping[str, Any]) -> str:
    """Ready when COMPLETED, failed on ERROR or on its way out, else pending."""
    status = backup["status"]
    return READY if status == "COMPLETED" else PENDING if status == "BACKING_UP" else FAILED


def same_export(have: Mapping[str, Any] | None, want: Mapping[str, Any]) -> bool:
    """Whether its files are at the wanted place."""
    return have == dict(want)


def object_path(text: str) -> str:
    """Where an export may go to."""
    if not re.fullmatch("[^'\"<>;\\s]{1,1024}", text) or len(text.encode()) > 1024 or any(len(part.encode()) > 255 for part in text.split("/")):
        raise ValueError(f"{text!r} is not 1 to 1024 bytes, 255 for each part, without spaces, quotes, <, > and ;")
    return text


def older(listed: Mapping[str, Any], backup: str) -> bool:
    """Whether an object, as Swift lists it (UTC, perhaps whole seconds), was there before a backup was begun (ISO 8601 with an offset), or does
    not say since when it is."""
    try:
        return datetime.fromisoformat(str(listed["last_modified"])).replace(tzinfo=UTC) < datetime.fromisoformat(backup).replace(microsecond=0)
    except (KeyError, ValueError, TypeError):
        return True


class RdsBackup(RdsResource):
    """Fields: name, instance (id), export {container, path}. Also read: id, status, kind, bytes, version, created, finished,
    binlog_file, binlog_position (where the binary log stood, None when the service does not tell)."""

    noun, stem, path, status_word = "database backup", "backup", "/backups", "backupStatus"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("instance", fixed=True, option={"type": "str", "required": True}),
        Field("export", same=same_export, tidy=parts(path=object_path), option={"type": "dict", "options": EXPORT}),
    )
    options: ClassVar[dict[str, Any]] = waits(3600)

    def locate(self) -> dict[str, Any]:
        self.instance_id = ""                   # told by the backup itself, or looked up
        self._objects: Iaas | None = None
        return {}

    @property
    def objects(self) -> Iaas:
        """Object Storage, as the same account."""
        if self._objects is None:
            self._objects = Iaas(for_objects(self.params["auth"]), clock=self.cloud.clock)
        return self._objects

    def find(self) -> dict[str, Any] | None:
        """The backup, and of which instance it is to be: one that is there mostly tells that it is of the instance that is named. What has
        that name but is another instance's is never removed."""
        found = super().find()
        if not self.instance_id and (found or self.params["state"] == "present"):
            self.instance_id = self.instance(self.params["instance"])
        elsewhere = found is not None and found["instance"] != self.instance_id
        return None if elsewhere and (isinstance(self.instance_id, Missing) or self.params["state"] == "absent") else found

    def look(self) -> dict[str, Any] | None:
        there = [{"id": raw["backupId"], **raw} for raw in every_backup(self.cloud) if raw["backupStatus"] != "DELETED"]
        return meant(there, self.noun, self.name, "backupName")

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if self.have is None:
            try:
                NAME(self.name)
            except ValueError as wrong:
                raise BadInput([f"name: {wrong}"]) from None
        if want.get("export") and (self.have or {}).get("export") != want["export"]:
            self._refuse_place(want["export"], (self.have or {}).get("name", self.name))
            if not objects_container(self.objects, want["export"]["container"]):
                self.needs.append(f"container {want['export']['container']}")
        return {**want, "instance": self.instance_id}

    def _refuse_place(self, place: Mapping[str, str], name: str) -> None:
        """Raise BadInput for a place that another backup could be exported to, and Fault for one where something is that is not of this one."""
        if name not in place["path"].split("/"):
            raise BadInput([f"export.path: must have the backup's name as one of its parts, such as {place['path'].strip('/')}/{name}; the service "
                            "does not say whose the files at a place are"])
        if there := objects_below(self.objects, place["container"], place["path"]):
            raise Fault("export database backup", name, left=f"{place['container']}/{place['path']} holds {len(there)} objects that are not of this "
                        "backup, and nothing was touched.",
                        then="Choose another path, or remove them, by whoever decides that nobody needs them.")

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        place = self.params.get("export")
        found = objects_below(self.objects, place["container"], place["path"]) if place and raw["backupName"] in place["path"].split("/") else []
        there = bool(found) and not any(older(each, raw["createdYmdt"]) for each in found)
        log = self._position(raw) if raw["backupStatus"] == "COMPLETED" else {}
        if self.params["instance"] in (raw["dbInstanceId"], log.get("dbInstanceName")):
            self.instance_id = raw["dbInstanceId"]
        return {"id": raw["id"], "name": raw["backupName"], "instance": raw["dbInstanceId"], "status": raw["backupStatus"],
                "kind": raw.get("backupType"), "bytes": raw.get("backupSize"), "version": raw.get("dbVersion"),
                "created": raw.get("createdYmdt"), "finished": raw.get("updatedYmdt"), "export": dict(place) if place and there else None,
                "binlog_file": log.get("binLogFileName"), "binlog_position": log.get("binLogPosition")}

    def _position(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """A backup's place in the binary log, and its instance's name. v3.0 tells both only among what an instance can be restored from."""
        if self.cloud.v4:
            told = self.cloud.call("GET", f"/backups/{raw['id']}", doing="read database backup", to=self.name)
            return dict(told.get("backup") or told)
        try:
            told = self.cloud.call("GET", f"/db-instances/{raw['dbInstanceId']}/restoration-info", doing="read what can be restored of", to=self.name)
        except Refused:                         # the instance is gone, its backup is not
            return {}
        return next((entry["backup"] for entry in told.listed("restorableBackups") if entry["backup"]["backupId"] == raw["id"]), {})

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        require(self.params["auth"], *(("username", "password") if "export" in want else ()))
        body = {"backupName": self.name}
        if self.cloud.v4:
            path, body = "/backups", {**body, "backupMethodType": "FULL", "dbInstanceId": self.instance_id}
        else:
            path = f"/db-instances/{self.instance_id}/backup"
        self.cloud.job("POST", path, doing="make database backup", to=self.name, json=body)
        now = self.settled(self.found_again())
        return self._export(now, want["export"]) if "export" in want else now

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        return self._export(self.settled(have), want["export"])

    def _export(self, have: dict[str, Any], place: Mapping[str, str]) -> dict[str, Any]:
        account = for_objects(self.params["auth"])
        otherwise: Fault = WentWrong("export database backup", self.name, left=f"The job is done, but {place['container']}/{place['path']} is empty.",
                                     then="Look at the container in the console, then run again.")
        try:
            self.cloud.job("POST", f"/backups/{have['id']}/export", doing="export database backup", to=self.name, json={
                "tenantId": account["tenant_id"], "username": account["username"], "password": account["password"],
                "targetContainer": place["container"], "objectPath": place["path"]})
        except ReplyLost as lost:               # the job may go on all the same: it is not begun once more beside itself
            otherwise = lost
            wait(lambda: self.cloud.call("GET", f"/db-instances/{have['instance']}", doing="read the instance of database backup", to=self.name),
                 lambda seen: PENDING if seen.get("progressStatus") == EXPORTING else READY, self.cloud.job_seconds, JOB_PAUSE_SECONDS,
                 self.cloud.clock, doing="see the export end: database backup", to=self.name, show=lambda seen: seen.get("progressStatus"))
        try:
            return self.once_shown(self._exported)
        except Absent:
            raise otherwise from None

    def _exported(self) -> dict[str, Any] | None:
        """The backup, once its files are shown: the list of a container may lag behind what was put there."""
        now = self.find()
        return now if now and now["export"] else None

    def broken(self, have: dict[str, Any]) -> bool:
        return finished(have) == FAILED

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it is finished: an earlier run may have been stopped while it was made."""
        if finished(now) == READY:
            return now
        return wait(self.found_again, finished, self.cloud.job_seconds, JOB_PAUSE_SECONDS, self.cloud.clock,
                    doing="see it finished: database backup", to=self.name, show=lambda seen: seen["status"])


def every_backup(cloud: Rds, **filters: str) -> list[dict[str, Any]]:
    """All backups of the appkey, page by page. filters: backupType, dbInstanceId, dbVersion."""
    found: list[dict[str, Any]] = []
    for page in range(1, 1000):
        told = cloud.call("GET", "/backups", doing="list", to="backups", params={"page": page, "size": PAGE, **filters})
        found += (page_of := told.listed("backups"))
        if len(found) >= int(told.get("totalCounts") or 0) or not page_of:
            return found
    raise Absent("list", "backups", left="There are more than 100,000.", then="Remove old ones in the console.")


def objects_container(cloud: Iaas, name: str) -> bool:
    """Whether a container exists."""
    return ObjectContainer(cloud, {"name": name}).find() is not None
