# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the automatic backups of an instance do what they should, judged by the service's own records. Pure: no clock, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .freshness import FAILED, FINE, GOOD, MISSING, NOT_DUE, TOO_OLD, known, verdict


def judged(instance: Mapping[str, Any], backups: Iterable[Mapping[str, Any]], now: float, max_age_hours: float) -> dict[str, Any]:
    """{verdict, fine, words, last, age_hours}. instance: name, created; backups: its own, each name, kind, status, created, finished
    (ISO 8601 with an offset); now: seconds since the epoch; last: the newest automatic one that is over; age_hours: of the newest good one.

    The age is that of the data: what is called finished is when the record last changed, which may be long after.
    One that is being made just now says nothing yet. An instance younger than max_age_hours may have had no window so far.
    """
    mine = sorted((backup for backup in backups if backup["kind"] == "AUTO"), key=lambda backup: moment(backup["created"]))
    over = [backup for backup in mine if backup["status"] in ("COMPLETED", "ERROR")]
    good = [backup for backup in over if backup["status"] == "COMPLETED"]
    age = (now - moment(good[-1]["created"])) / 3600 if good else None
    failed = bool(over) and over[-1]["status"] == "ERROR"
    found = verdict(failed, age, (now - moment(instance["created"])) / 3600, max_age_hours)
    return {"verdict": found, "fine": found in FINE, "words": _words(found, instance["name"], over[-1] if over else None, age, max_age_hours),
            "last": dict(over[-1]) if over else None, "age_hours": None if age is None else round(age, 1)}


def moment(stamp: str) -> float:
    """Seconds since the epoch of a date of the service's."""
    return datetime.fromisoformat(stamp).timestamp()


def _words(found: str, name: str, last: Mapping[str, Any] | None, age: float | None, limit: float) -> str:
    return {
        GOOD: f"The newest automatic backup of {name} is good and {age or 0:.1f} h old.",
        NOT_DUE: f"{name} is younger than {limit:g} h and has no automatic backup yet.",
        FAILED: f"The last automatic backup of {name}, {last['name'] if last else ''}, failed; {known(age)}.",
        TOO_OLD: f"{name} has had no good automatic backup for {limit:g} h: {known(age)}.",
        MISSING: f"{name} has no automatic backup, though it is older than {limit:g} h.",
    }[found]
