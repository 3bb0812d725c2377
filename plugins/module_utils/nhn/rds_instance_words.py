# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API's words for a DB instance and ours, both ways. Pure: only mappings go in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .spelling import as_read, parts, time_of_day, within

ENDPOINTS = ("INTERNAL_VIP", "INTERNAL", "PRIVATE")         # in order of preference; the VIP is undocumented but what clients get
OUTSIDE = {"EXTERNAL", "PUBLIC"}
BACKUP: dict[str, Any] = {
    "days": {"type": "int"},
    "start": {"type": "str"},
    "duration": {"type": "str",
                 "choices": ["HALF_AN_HOUR", "ONE_HOUR", "ONE_HOUR_AND_HALF", "TWO_HOURS", "TWO_HOURS_AND_HALF", "THREE_HOURS"]},
    "retries": {"type": "int"},
    "lock_wait_seconds": {"type": "int"},
    "lock": {"type": "bool"},
    "replication_region": {"type": "str", "choices": ["KR1", "KR2", "JP1"]},
}
BEGINS = {"days": 7, "start": "18:00:00", "duration": "ONE_HOUR"}      # of a plan, where neither it nor the service says
AUTOSCALE: dict[str, Any] = {
    "enabled": {"type": "bool", "required": True},
    "threshold_percent": {"type": "int"},
    "max_gb": {"type": "int"},
    "cooldown_minutes": {"type": "int"},
}
BACKUP_RULES = parts(start=time_of_day, days=within(0, 730), retries=within(0, 10), lock_wait_seconds=within(0, 21600))
AUTOSCALE_RULES = parts(threshold_percent=within(50, 95), max_gb=within(20, 4096), cooldown_minutes=within(10, 1440))
PLAIN_BACKUP = {"days": "backupPeriod", "retries": "backupRetryCount", "lock_wait_seconds": "ftwrlWaitTimeout", "lock": "useBackupLock",
                "replication_region": "replicationRegion"}
SCALING = {"enabled": "useStorageAutoscale", "threshold_percent": "threshold", "max_gb": "maxStorageSize", "cooldown_minutes": "cooldownTime"}
CREATED = {"description": "description", "version": "dbVersion", "flavor": "dbFlavorId", "port": "dbPort", "admin_user": "dbUserName",
           "admin_password": "dbPassword", "parameter_group": "parameterGroupId", "security_groups": "dbSecurityGroupIds",
           "deletion_protection": "useDeletionProtection", "authentication_plugin": "authenticationPlugin", "tls": "tlsOption",
           "ping_interval_seconds": "pingInterval", "slow_query_analysis": "useSlowQueryAnalysis"}
CHANGED = {"description": "description", "flavor": "dbFlavorId", "parameter_group": "parameterGroupId", "security_groups": "dbSecurityGroupIds",
           "slow_query_analysis": "useSlowQueryAnalysis"}


def read(raw: Mapping[str, Any], storage: Mapping[str, Any], backup: Mapping[str, Any], network: Mapping[str, Any],
         group: Mapping[str, Any]) -> dict[str, Any]:
    """An instance in our words, of the five answers that describe it; a value is None where an answer has none."""
    ends = network.get("endPoints") or ()
    end = endpoint(ends)
    return {
        "id": raw["dbInstanceId"], "name": raw["dbInstanceName"], "description": raw.get("description") or "", "version": raw["dbVersion"],
        "flavor": raw.get("dbFlavorId"), "port": raw["dbPort"], "parameter_group": raw.get("parameterGroupId"),
        "security_groups": list(raw.get("dbSecurityGroupIds") or ()), "subnet": (network.get("subnet") or {}).get("subnetId"),
        "zone": network.get("availabilityZone"), "public_access": any(point.get("endPointType") in OUTSIDE for point in ends),
        "storage_type": storage.get("storageType"), "storage_gb": storage.get("storageSize") or 0,
        "storage_autoscale": read_scaling(storage.get("storageAutoscale")), "backup": read_backup(backup),
        "high_availability": group.get("replicationType") == "HIGH_AVAILABILITY", "slow_query_analysis": raw.get("useSlowQueryAnalysis"),
        "deletion_protection": bool(raw.get("useDeletionProtection")), "status": raw["dbInstanceStatus"],
        "progress": raw.get("progressStatus") or "NONE", "role": raw.get("dbInstanceType"), "created": raw.get("createdYmdt"),
        "domain": end.get("domain"), "address": end.get("ipAddress"), "apply_needed": bool(raw.get("needToApplyParameterGroup")),
    }


def endpoint(ends: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The address to use inside the VPC, {} when there is none."""
    by_type = {end.get("endPointType"): end for end in ends}
    return next((by_type[kind] for kind in ENDPOINTS if kind in by_type), {})


def read_backup(told: Mapping[str, Any]) -> dict[str, Any]:
    """A backup plan of the API in our words; of several windows, as the console can have them, the first."""
    schedule = (told.get("backupSchedules") or [{}])[0]
    return {"start": as_read(time_of_day, schedule.get("backupWndBgnTime")), "duration": schedule.get("backupWndDuration"),
            **{ours: told.get(theirs) for ours, theirs in PLAIN_BACKUP.items()}}


def sent_backup(backup: Mapping[str, Any]) -> dict[str, Any]:
    """Our words for a backup plan in the API's; what is None is not said, but where the API needs it."""
    backup = {**BEGINS, **{name: value for name, value in backup.items() if value is not None}}
    return {"backupSchedules": [{"backupWndBgnTime": backup["start"], "backupWndDuration": backup["duration"]}],
            **{theirs: backup[ours] for ours, theirs in PLAIN_BACKUP.items() if backup.get(ours) is not None}}


def meant_first(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The same plan with the window that is meant in front, where it has several: one that begins and lasts as wanted, if there is one."""
    def other(window: Mapping[str, Any]) -> bool:
        has = {"start": as_read(time_of_day, window.get("backupWndBgnTime")), "duration": window.get("backupWndDuration")}
        return any(wanted.get(name) not in (None, has[name]) for name in has)

    return {**told, "backupSchedules": sorted(told.get("backupSchedules") or (), key=other)}


def changed_backup(have: Mapping[str, Any], want: Mapping[str, Any], windows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What changes a plan, in the API's words. windows: all that it has. They are said only where the first is to be another, and the others along
    with it: they are nobody's to lose."""
    body = sent_backup({**have, **want})
    [first], rest = body["backupSchedules"], list(windows)[1:]
    if all(have.get(name) == want.get(name, have.get(name)) for name in ("start", "duration")):
        del body["backupSchedules"]
    else:
        body["backupSchedules"] = [first, *(window for window in rest if window != first)]
    return body


def read_scaling(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How storage grows by itself, None where the version of the API does not tell."""
    return None if told is None else {ours: told.get(theirs) for ours, theirs in SCALING.items()}


def sent_scaling(scaling: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the API's words."""
    return {theirs: scaling[ours] for ours, theirs in SCALING.items() if scaling.get(ours) is not None}


def sent_new(name: str, want: Mapping[str, Any]) -> dict[str, Any]:
    """The body that makes an instance."""
    storage = {"storageType": want["storage_type"], "storageSize": want["storage_gb"]}
    if "storage_autoscale" in want:
        storage["storageAutoscale"] = sent_scaling(want["storage_autoscale"])
    body: dict[str, Any] = {
        "dbInstanceName": name, **{theirs: want[ours] for ours, theirs in CREATED.items() if ours in want},
        "network": {"subnetId": want["subnet"], "usePublicAccess": bool(want.get("public_access")), "availabilityZone": want["zone"]},
        "storage": storage, "backup": sent_backup(want["backup"])}
    if want.get("high_availability"):
        body.update(useHighAvailability=True, dbInstanceCandidateName=want.get("candidate_name") or candidate_name(name))
    else:
        body.pop("pingInterval", None)
    return body


def candidate_name(name: str) -> str:
    """What the candidate of an instance is called unless somebody says otherwise; names have at most 100 characters."""
    return f"{name[:90]}-candidate"


def sent_changes(name: str, have: Mapping[str, Any], want: Mapping[str, Any], drift: Iterable[str], v4: bool,
                 windows: Iterable[Mapping[str, Any]] = ()) -> list[tuple[str, dict[str, Any]]]:
    """[(path below the instance, body)]: the API takes each part of an instance at a place of its own. windows: of backups, all that it has."""
    drift = set(drift)
    changes: list[tuple[str, dict[str, Any]]] = []
    if plain := {theirs: want[ours] for ours, theirs in CHANGED.items() if ours in drift}:
        changes.append(("", plain))
    if drift & {"storage_gb", "storage_autoscale"}:
        scaling = {"storageAutoscale": sent_scaling(want["storage_autoscale"])} if "storage_autoscale" in drift else {}
        changes.append(("/storage-info", {"storageSize": want["storage_gb"], **scaling}))
    if "backup" in drift:
        changes.append(("/backup-info", changed_backup(have["backup"], want["backup"], windows)))
    if "public_access" in drift:
        changes.append(("/network-info", {"usePublicAccess": want["public_access"]}))
    if "high_availability" in drift:
        on = want["high_availability"]
        body = {"useHighAvailability": on}
        if on and want.get("ping_interval_seconds"):
            body["pingInterval"] = want["ping_interval_seconds"]
        if on and v4:                           # v3.0 knows this field when an instance is made, not here
            body["dbInstanceCandidateName"] = want.get("candidate_name") or candidate_name(name)
        changes.append(("/high-availability", body))
    if "deletion_protection" in drift:
        changes.append(("/deletion-protection", {"useDeletionProtection": want["deletion_protection"]}))
    return changes
