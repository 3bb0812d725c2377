# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking things up at RDS: instances, backups with a judgement of them, what is measured. Reads only."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..faults import Absent
from .backup_health import judged
from .iaas import fitting, not_offered
from .rds import Rds, one_instance, refuse_failed_over
from .rds_backup import every_backup
from .rds_instance import UNBORN, RdsInstance
from .rds_instance_words import read

INSTANCE_OPTIONS: dict[str, Any] = {"name": {"type": "str"}}
BACKUP_OPTIONS: dict[str, Any] = {
    "instance": {"type": "str"},
    "name": {"type": "str"},
    "kind": {"type": "str", "choices": ["AUTO", "MANUAL"]},
    "max_age_hours": {"type": "float", "default": 26.0},
}
METRIC_OPTIONS: dict[str, Any] = {
    "instance": {"type": "str", "required": True},
    "measures": {"type": "list", "elements": "str"},
    "minutes": {"type": "int", "default": 15},
    "interval_minutes": {"type": "int", "default": 1},
}
BACKUP_WORDS = {"id": "backupId", "name": "backupName", "instance": "dbInstanceId", "status": "backupStatus", "kind": "backupType",
                "bytes": "backupSize", "version": "dbVersion", "created": "createdYmdt", "finished": "updatedYmdt"}


def instances(cloud: Rds, params: Mapping[str, Any]) -> dict[str, Any]:
    """{"resources": [...]} in order of name, those of that name or id, or all. One that is just being made has few properties yet."""
    given = params.get("name")
    there = [{"id": raw["dbInstanceId"], **raw} for raw in _listed(cloud)]
    raws = there if given is None else fitting(there, given, "dbInstanceName")
    return {"resources": [_told(cloud, raw) for raw in sorted(raws, key=lambda raw: (raw["dbInstanceName"], raw["dbInstanceId"]))]}


def backups(cloud: Rds, params: Mapping[str, Any]) -> dict[str, Any]:
    """{"resources": [...], "judgement"}: backups in order of making, and of an instance that is named how its automatic ones do."""
    instance = _instance(cloud, params["instance"]) if params.get("instance") else None
    filters = {"dbInstanceId": instance["id"]} if instance else {}
    raws = [raw for raw in every_backup(cloud, **filters) if raw["backupStatus"] != "DELETED"]
    found = sorted(({ours: raw.get(theirs) for ours, theirs in BACKUP_WORDS.items()} for raw in raws), key=lambda each: str(each["created"]))
    judgement = judged({"name": instance["dbInstanceName"], "created": instance["createdYmdt"]}, found, time.time(), params["max_age_hours"]) \
        if instance else None
    named = found if params.get("name") is None else fitting(found, params["name"])
    return {"judgement": judgement, "resources": [each for each in named if params.get("kind") in (None, each["kind"])]}


def metrics(cloud: Rds, params: Mapping[str, Any]) -> dict[str, Any]:
    """{"metrics": [{name, unit, values: [{time, value}], last}]}: of each measure the latest minutes, oldest first."""
    instance = _instance(cloud, params["instance"])
    offered = [str(each["measureName"]) for each in cloud.listed("/metrics", "metrics")]
    for name in params.get("measures") or ():
        if name not in offered:
            raise not_offered("measure", name, offered)
    now = time.time()
    told = cloud.call("GET", "/metric-statistics", doing="read metrics of", to=params["instance"], bare="metricStatistics", params={
        "dbInstanceId": instance["id"], "measureNames": ",".join(params.get("measures") or offered),
        "from": _stamp(now - params["minutes"] * 60), "to": _stamp(now), "interval": params["interval_minutes"]})
    return {"metrics": [_metric(each) for each in told.listed("metricStatistics")]}


def _listed(cloud: Rds) -> list[dict[str, Any]]:
    return [raw for raw in cloud.listed("/db-instances", "dbInstances") if raw["dbInstanceStatus"] != "DELETED"]


def _instance(cloud: Rds, given: str) -> dict[str, Any]:
    """The instance of that name or id, which must exist."""
    there = _listed(cloud)
    if found := one_instance(there, given):
        return found
    refuse_failed_over(there, given)
    names = ", ".join(sorted(raw["dbInstanceName"] for raw in there)) or "none"
    raise Absent("find", f"database instance {given}", left="Nothing was touched.", then=f"There are: {names}.")


def _told(cloud: Rds, raw: Mapping[str, Any]) -> dict[str, Any]:
    if raw["dbInstanceStatus"] == UNBORN:
        return read(raw, {}, {}, {}, {})
    return RdsInstance(cloud, {"name": raw["dbInstanceName"]}).shape(raw)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _metric(told: Mapping[str, Any]) -> dict[str, Any]:
    values = [{"time": _stamp(float(at)), "value": number(value)} for at, value in told.get("values") or ()]
    return {"name": told["measureName"], "unit": told.get("unit") or "", "values": values, "last": values[-1]["value"] if values else None}


def number(text: Any) -> float | None:
    """A value as the service tells it, "1" or "7.5%"; None for what is no number."""
    try:
        return float(str(text).strip().removesuffix("%"))
    except ValueError:
        return None
