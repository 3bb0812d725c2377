# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB instance: a MySQL server that NHN runs. One instance is five answers (itself, storage, backup, network, its group), read as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, as_set, includes, unseen
from ..faults import BadInput
from ..waiting import FAILED, PENDING, READY, wait
from .rds import JOB_PAUSE_SECONDS, RdsResource, one_instance
from .rds_restore import RESTORE, faults_of, request
from .resource import waits

ENDPOINTS = ("INTERNAL_VIP", "INTERNAL", "PRIVATE")         # in order of preference; the VIP is undocumented but what clients get
BROKEN = {"FAIL_TO_CREATE", "FAIL_TO_CONNECT", "STORAGE_FULL", "SHUTDOWN", "DELETED"}
BACKUP: dict[str, Any] = {
    "days": {"type": "int", "default": 7},
    "start": {"type": "str", "default": "18:00:00"},
    "duration": {"type": "str", "default": "ONE_HOUR",
                 "choices": ["HALF_AN_HOUR", "ONE_HOUR", "ONE_HOUR_AND_HALF", "TWO_HOURS", "TWO_HOURS_AND_HALF", "THREE_HOURS"]},
}
PUT = {"description": "description", "flavor": "dbFlavorId", "parameter_group": "parameterGroupId", "security_groups": "dbSecurityGroupIds"}


def available(instance: Mapping[str, Any]) -> str:
    """Ready when AVAILABLE and idle, failed in a broken state with nothing in progress, else pending."""
    if instance["progress"] == "NONE" and instance["status"] == "AVAILABLE":
        return READY
    return FAILED if instance["status"] in BROKEN and instance["progress"] == "NONE" else PENDING


class RdsInstance(RdsResource):
    """Fields: as listed below; parameter_group, security_groups, flavor and subnet are ids. Also read: id, status, progress, domain,
    address, apply_needed. The administrator is made with the instance and never compared: it cannot be read."""

    noun, path, stem = "database instance", "/db-instances", "dbInstance"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("description"),
        Field("version", needed=True, fixed=True),
        Field("flavor", needed=True),
        Field("port", needed=True, fixed=True, option={"type": "int"}),
        Field("admin_user", same=unseen),
        Field("admin_password", same=unseen, secret=True),
        Field("parameter_group", needed=True),
        Field("security_groups", same=as_set, option={"type": "list", "elements": "str"}),
        Field("subnet", needed=True, fixed=True),
        Field("zone", needed=True, fixed=True),
        Field("storage_type", needed=True, fixed=True),
        Field("storage_gb", needed=True, option={"type": "int"}),
        Field("backup", needed=True, same=includes, option={"type": "dict", "options": BACKUP}),
        Field("high_availability", option={"type": "bool"}),
        Field("deletion_protection", option={"type": "bool"}),
        Field("restore", same=unseen, option={"type": "dict", "options": RESTORE}),
        Field("authentication_plugin", same=unseen, option={"type": "str", "choices": ["NATIVE", "SHA256", "CACHING_SHA2"]}),
    )
    options: ClassVar[dict[str, Any]] = waits(1800)

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        have = self.have
        if want.get("restore") is not None:
            want["restore"] = {name: value for name, value in want["restore"].items() if value is not None}
        faults = faults_of(want["restore"]) if want.get("restore") else []
        if not have and not want.get("restore"):        # a restored instance has the accounts of its backup
            faults += [f"{name}: required, as it does not exist yet" for name in ("admin_user", "admin_password") if name not in want]
        if faults:
            raise BadInput(faults)
        if have and want.get("storage_gb", have["storage_gb"]) < have["storage_gb"]:
            raise BadInput([f"storage_gb: {want['storage_gb']} is less than the {have['storage_gb']} it has; storage only grows"])
        if "flavor" in want:
            want["flavor"] = self.cloud.offered("/db-flavors", "dbFlavors", "dbFlavor", want["flavor"])
        if "parameter_group" in want:
            want["parameter_group"] = self.rds_parent("parameter group", "/parameter-groups", "parameterGroups", "parameterGroup",
                                                      want["parameter_group"])
        if "subnet" in want:
            want["subnet"] = self.rds_parent("subnet", "/network/subnets", "subnets", "subnet", want["subnet"])
        if "security_groups" in want:
            want["security_groups"] = [self.rds_parent("database security group", "/db-security-groups", "dbSecurityGroups",
                                                       "dbSecurityGroup", group) for group in want["security_groups"]]
        return want

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return one_instance(found, self.name)

    def find(self) -> dict[str, Any] | None:
        """An instance that is just being made has no properties yet, so its birth is waited for."""
        def look() -> dict[str, Any] | None:
            return self.pick(list(self.cloud.call("GET", self.path, doing="list", to=self.plural)["dbInstances"]))

        raw = wait(look, lambda seen: PENDING if seen and seen["dbInstanceStatus"] == "BEFORE_CREATE" else READY, self.cloud.job_seconds,
                   JOB_PAUSE_SECONDS, self.cloud.clock, doing="see it made: database instance", to=self.name,
                   show=lambda seen: seen and seen["dbInstanceStatus"])
        return self.shape(raw) if raw else None

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        def part(path: str) -> dict[str, Any]:
            return self.cloud.call("GET", path, doing="read database instance", to=self.name)

        full = self.detail(raw["id"])
        at = f"{self.path}/{raw['id']}"
        storage, backup, network = part(f"{at}/storage-info"), part(f"{at}/backup-info"), part(f"{at}/network-info")
        group = part(f"/db-instance-groups/{full['dbInstanceGroupId']}")
        schedule = (backup.get("backupSchedules") or [{}])[0]
        end = endpoint(network.get("endPoints") or ())
        return {
            "id": raw["id"], "name": self.name, "description": full.get("description") or "", "version": full["dbVersion"],
            "flavor": full.get("dbFlavorId"), "port": full["dbPort"], "parameter_group": full.get("parameterGroupId"),
            "security_groups": list(full.get("dbSecurityGroupIds") or ()), "subnet": (network.get("subnet") or {}).get("subnetId"),
            "zone": network.get("availabilityZone"), "storage_type": storage.get("storageType"), "storage_gb": storage.get("storageSize") or 0,
            "backup": {"days": backup.get("backupPeriod"), "start": schedule.get("backupWndBgnTime"),
                       "duration": schedule.get("backupWndDuration")},
            "high_availability": group.get("replicationType") == "HIGH_AVAILABILITY",
            "deletion_protection": bool(full.get("useDeletionProtection")), "status": full["dbInstanceStatus"],
            "progress": full.get("progressStatus") or "NONE", "domain": end.get("domain"), "address": end.get("ipAddress"),
            "apply_needed": bool(full.get("needToApplyParameterGroup")),
        }

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        api = {"description": "description", "version": "dbVersion", "flavor": "dbFlavorId", "port": "dbPort", "admin_user": "dbUserName",
               "admin_password": "dbPassword", "parameter_group": "parameterGroupId", "security_groups": "dbSecurityGroupIds",
               "deletion_protection": "useDeletionProtection", "authentication_plugin": "authenticationPlugin"}
        body = {"dbInstanceName": self.name, **{api[name]: want[name] for name in api if name in want},
                "network": {"subnetId": want["subnet"], "usePublicAccess": False, "availabilityZone": want["zone"]},
                "storage": {"storageType": want["storage_type"], "storageSize": want["storage_gb"]}, "backup": backup_body(want["backup"])}
        if want.get("high_availability"):
            body.update(useHighAvailability=True, dbInstanceCandidateName=f"{self.name}-candidate")
        path, more = self.path, dict[str, Any]()
        if want.get("restore"):
            path, more = request(self.cloud, self.params["auth"], want["restore"], want["version"])
            for name in ("dbUserName", "dbPassword", "dbVersion", "authenticationPlugin"):
                body.pop(name, None)
        self.cloud.job("POST", path, doing="create database instance", to=self.name, json={**body, **more})
        return self.found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        at = f"{self.path}/{have['id']}"
        changes: list[tuple[str, dict[str, Any]]] = []
        if plain := {PUT[name]: want[name] for name in drift if name in PUT}:
            changes.append(("", plain))
        if "storage_gb" in drift:
            changes.append(("/storage-info", {"storageSize": want["storage_gb"]}))
        if "backup" in drift:
            changes.append(("/backup-info", backup_body({**have["backup"], **want["backup"]})))
        if "high_availability" in drift:
            changes.append(("/high-availability", {"useHighAvailability": want["high_availability"]}))
        if "deletion_protection" in drift:
            changes.append(("/deletion-protection", {"useDeletionProtection": want["deletion_protection"]}))
        for path, body in changes:
            self.cloud.job("PUT", at + path, doing=f"change {', '.join(drift)} of database instance", to=self.name, json=body)
        return self.found_again()

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it is available and idle."""
        if available(now) == READY:
            return now
        return wait(self.found_again, available, self.cloud.job_seconds, JOB_PAUSE_SECONDS, self.cloud.clock,
                    doing="see it available: database instance", to=self.name, show=lambda seen: f"{seen['status']} {seen['progress']}")


def endpoint(ends: Any) -> dict[str, Any]:
    """The address to use inside the VPC, {} when there is none."""
    by_type = {end.get("endPointType"): end for end in ends}
    return next((by_type[kind] for kind in ENDPOINTS if kind in by_type), {})


def backup_body(backup: Mapping[str, Any]) -> dict[str, Any]:
    """Our words for a backup plan in the API's."""
    return {"backupPeriod": backup["days"], "backupSchedules": [{"backupWndBgnTime": backup["start"], "backupWndDuration": backup["duration"]}]}
