# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules RDS checks values by; every refusal names the field."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from ..calls import checked
from ..errors import Refused
from ..store import Record

RESERVED_USERS = ("mysql.session", "mysql.sys", "mysql.infoschema", "sqlgw", "admin", "etladm", "alertman", "prom", "rds_admin", "rds_mha",
                  "rds_repl")
RESERVED_SCHEMAS = ("information_schema", "performance_schema", "db_helper", "sys", "mysql", "rds_maintenance")
SCHEMA = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
WINDOWS = ("HALF_AN_HOUR", "ONE_HOUR", "ONE_HOUR_AND_HALF", "TWO_HOURS", "TWO_HOURS_AND_HALF", "THREE_HOURS")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
BACKUP_FIELDS = ("backupPeriod", "ftwrlWaitTimeout", "backupRetryCount", "replicationRegion", "useBackupLock", "backupSchedules")
BACKUP_DEFAULTS = {"ftwrlWaitTimeout": 1800, "backupRetryCount": 0, "replicationRegion": None, "useBackupLock": True}


def one_of(field: str, value: Any, choices: Container[Any]) -> None:
    if value not in choices:
        raise Refused(400, f"{field}: '{value}' is not available.")


def within(field: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refused(400, f"{field}: '{value}' must be between {low} and {high}.")


def user_name(name: Any) -> None:
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        raise Refused(400, "dbUserName: must have 1 to 32 characters.")
    if name.lower() in RESERVED_USERS:
        raise Refused(400, f"dbUserName: '{name}' is reserved.")


def user_password(password: Any) -> None:
    if not isinstance(password, str) or not 4 <= len(password) <= 256:
        raise Refused(400, "dbPassword: must have 4 to 256 characters.")


def schema_name(name: Any) -> None:
    if not isinstance(name, str) or not SCHEMA.fullmatch(name) or name.lower() in RESERVED_SCHEMAS:
        raise Refused(400, f"dbSchemaName: '{name}' is reserved or not 1 to 64 letters, digits and _ that begin with a letter.")


def plugin_for(version: str, asked: str | None) -> str:
    """The authentication plugin a user gets: the one asked for if the engine has it, else the engine's default."""
    has = ("CACHING_SHA2",) if version.startswith("MYSQL_V84") else ("CACHING_SHA2", "NATIVE") if version.startswith("MYSQL_V80") \
        else ("NATIVE", "SHA256")
    if asked is not None:
        one_of("authenticationPlugin", asked, has)
    return asked or has[0]


AUTOSCALE = {"useStorageAutoscale": False, "threshold": 80, "maxStorageSize": 2048, "cooldownTime": 30}


def autoscale(given: Any, now: Record | None = None) -> Record:
    """How storage grows by itself (v4.0), in full. The service's own values for what is not given are not published; these are ours."""
    want: Record = {**(now or AUTOSCALE), **checked(given, (), tuple(AUTOSCALE))}
    within("storageAutoscale.threshold", want["threshold"], 50, 95)
    within("storageAutoscale.maxStorageSize", want["maxStorageSize"], 20, 4096)
    within("storageAutoscale.cooldownTime", want["cooldownTime"], 10, 1440)
    return want


def backup_settings(given: Any, now: Record | None = None) -> Record:
    """Backup settings in full: what was given over what holds now, or over the defaults on creation."""
    if not isinstance(given, dict):
        raise Refused(400, "backup: must be an object.")
    want = {**(now or BACKUP_DEFAULTS), **checked(given, () if now else ("backupSchedules",), BACKUP_FIELDS)}
    within("backup.backupPeriod", want.get("backupPeriod"), 0, 730)
    within("backup.ftwrlWaitTimeout", want["ftwrlWaitTimeout"], 0, 21600)
    within("backup.backupRetryCount", want["backupRetryCount"], 0, 10)
    one_of("backup.replicationRegion", want["replicationRegion"], (None, "KR1", "KR2", "JP1"))
    for schedule in want["backupSchedules"]:
        checked(schedule, ("backupWndBgnTime", "backupWndDuration"), ())
        one_of("backup.backupSchedules.backupWndDuration", schedule["backupWndDuration"], WINDOWS)
        if not TIME.fullmatch(schedule["backupWndBgnTime"]):
            raise Refused(400, f"backup.backupSchedules.backupWndBgnTime: '{schedule['backupWndBgnTime']}' must be HH:mm:ss.")
    schedules = [{**schedule, "backupWndBgnTime": f"{schedule['backupWndBgnTime']}:00"[:8]} for schedule in want["backupSchedules"]]
    return {**want, "backupSchedules": schedules}
