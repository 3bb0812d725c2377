# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judgement of automatic backups: the last one counts, its age counts, by hand does not count, and a young instance is given time."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.backup_health import judged, moment
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import number

NOW = moment("2026-03-10T12:00:00+09:00")
OLD = {"name": "db", "created": "2026-03-01T00:00:00.000+09:00"}
YOUNG = {"name": "db", "created": "2026-03-10T00:00:00.000+09:00"}


def backup(day: int, status: str = "COMPLETED", kind: str = "AUTO") -> dict[str, Any]:
    return {"name": f"b{day}", "kind": kind, "status": status, "created": f"2026-03-{day:02}T03:00:00.000+09:00",
            "finished": f"2026-03-{day:02}T03:10:00.000+09:00"}


@pytest.mark.parametrize(("instance", "backups", "verdict", "words"), [
    (OLD, [backup(9), backup(10)], "good", "9.0 h old"),
    (OLD, [backup(10), backup(9, "ERROR")], "good", "good"),
    (OLD, [backup(9), backup(10, "ERROR")], "failed", "b10, failed; the newest good one is 33.0 h old"),
    (OLD, [backup(10, "ERROR")], "failed", "there is no good one"),
    (YOUNG, [backup(10, "ERROR")], "failed", "failed"),
    (OLD, [backup(8)], "too_old", "for 26 h: the newest good one is 57.0 h old"),
    (OLD, [backup(8), backup(10, "BACKING_UP")], "too_old", "57.0 h"),
    (OLD, [backup(9, "ERROR"), backup(10, "BACKING_UP")], "failed", "b9, failed"),
    (OLD, [backup(10, kind="MANUAL")], "missing", "no automatic backup"),
    (OLD, [backup(10, "DELETING")], "missing", "no automatic backup"),
    (YOUNG, [], "not_due", "younger than 26 h"),
    (YOUNG, [backup(10, "BACKING_UP")], "not_due", "younger"),
])
def test_judgement(instance: dict[str, Any], backups: list[dict[str, Any]], verdict: str, words: str) -> None:
    told = judged(instance, backups, NOW, 26.0)
    assert (told["verdict"], told["fine"]) == (verdict, verdict in ("good", "not_due")) and words in told["words"]


def test_offsets_are_heeded() -> None:
    there = {**backup(10), "created": "2026-03-10T02:30:00.000+00:00"}
    assert judged(OLD, [there], NOW, 1.0)["age_hours"] == 0.5


def test_a_record_that_was_touched_today_makes_no_backup_younger() -> None:
    """Whatever the service does with one later (an export, a copy to another region) may move that date."""
    touched = {**backup(5), "finished": "2026-03-10T11:59:00.000+09:00"}
    assert judged(OLD, [touched], NOW, 26.0)["verdict"] == "too_old"


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("7.5%", 7.5), (" 0 ", 0.0), ("", None), (None, None), ("up", None)])
def test_values_of_metrics(text: Any, value: float | None) -> None:
    assert number(text) == value
