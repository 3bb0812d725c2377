# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the scheduled snapshots of a volume are made, judged by the service's own records. The judgement is pure: no clock, no HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..faults import Absent
from .freshness import FAILED, FINE, GOOD, MISSING, NOT_DUE, TOO_OLD, known, verdict
from .iaas import Iaas, meant
from .lookup import SNAPSHOTS
from .snapshot_rotation import scheduled

OPTIONS: dict[str, Any] = {"name": {"type": "str"}, "volume": {"type": "str"}, "max_age_hours": {"type": "float", "default": 26.0}}


def snapshots(cloud: Iaas, params: Mapping[str, Any]) -> dict[str, Any]:
    """{"resources": [...], "judgement"}: snapshots in order of name; of a volume that is named only its own, and how its scheduled ones do."""
    told = SNAPSHOTS.answer(cloud, params)["resources"]
    if not params.get("volume"):
        return {"resources": told, "judgement": None}
    volumes = cloud.list("volume", "/volumes/detail", "volumes")
    found = meant(volumes, "volume", params["volume"])
    if found is None:
        names = ", ".join(sorted(str(raw["name"]) for raw in volumes)) or "none"
        raise Absent("find", f"volume {params['volume']}", left="Nothing was touched.", then=f"There are: {names}.")
    mine = scheduled(found, cloud.list("volume", "/snapshots/detail", "snapshots"))
    return {"resources": [each for each in told if each["volume"] == found["id"]],
            "judgement": judged(found, mine, time.time(), params["max_age_hours"])}


def judged(volume: Mapping[str, Any], mine: Iterable[Mapping[str, Any]], now: float, max_age_hours: float) -> dict[str, Any]:
    """{verdict, fine, words, last, age_hours}. volume: name, created_at; mine: its scheduled snapshots, oldest first, each name, status,
    created_at; now: seconds since the epoch; last: the name of the newest that is no longer being made; age_hours: of the newest good one.

    A volume younger than max_age_hours may have had no turn so far.
    """
    over = [each for each in mine if each["status"] == "available" or each["status"].startswith("error")]
    good = [each for each in over if each["status"] == "available"]
    age = (now - moment(good[-1]["created_at"])) / 3600 if good else None
    failed = bool(over) and over[-1]["status"] != "available"
    found = verdict(failed, age, (now - moment(volume["created_at"])) / 3600, max_age_hours)
    last = str(over[-1]["name"]) if over else None
    return {"verdict": found, "fine": found in FINE, "words": _words(found, volume["name"], last, age, max_age_hours), "last": last,
            "age_hours": None if age is None else round(age, 1)}


def moment(stamp: str) -> float:
    """Seconds since the epoch of a date of block storage, which is UTC and does not say so."""
    told = datetime.fromisoformat(stamp)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def _words(found: str, name: str, last: str | None, age: float | None, limit: float) -> str:
    return {
        GOOD: f"The newest scheduled snapshot of {name}, {last}, is {age or 0:.1f} h old.",
        NOT_DUE: f"{name} is younger than {limit:g} h and has no scheduled snapshot yet.",
        FAILED: f"The last scheduled snapshot of {name}, {last}, failed; {known(age)}.",
        TOO_OLD: f"{name} has had no good scheduled snapshot for {limit:g} h: {known(age)}.",
        MISSING: f"{name} has no scheduled snapshot, though it is older than {limit:g} h.",
    }[found]
