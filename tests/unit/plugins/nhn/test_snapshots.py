# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which snapshots stay and which go, and when the schedule is not what it should be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.snapshot_health import judged, moment
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.snapshot_rotation import faults, scheduled, turn

VOLUME = {"id": "v", "name": "data", "created_at": "2026-03-01T00:00:00.000000"}
NOON = moment("2026-03-10T12:00:00")


def taken(*days: str, status: str = "available", volume: str = "v") -> list[dict[str, Any]]:
    """Snapshots of those days of March, each at two in the morning."""
    return [{"name": f"data-202603{day}", "volume_id": volume, "status": status, "created_at": f"2026-03-{day}T02:00:00.000000"} for day in days]


@pytest.mark.parametrize(("keep", "stamp", "there", "before", "make", "after"), [
    (3, "20260304", taken("01", "02", "03"), ["01"], "04", []),
    (3, "20260304", taken("02", "03"), [], "04", []),
    (3, "20260304", taken("02", "03", "04"), [], "", []),
    (2, "20260304", taken("02", "03", "04"), ["02"], "", []),
    # What failed goes, and the good ones that it would have replaced stay.
    (3, "20260304", [*taken("01"), *taken("02", "03", status="error")], ["02", "03"], "04", []),
    (3, "20260304", [*taken("01", "02", "03"), *taken("04", status="error")], ["04", "01"], "04", []),
    # One that is being made is waited for.
    (3, "20260304", [*taken("02", "03"), *taken("04", status="creating")], [], "04", []),
    # The only one goes after the new one is there.
    (1, "20260304", taken("03"), [], "04", ["03"]),
    (1, "20260304", taken("03", "04"), ["03"], "", []),
    # Neither another volume's nor what somebody made by hand.
    (1, "20260304", [*taken("01", "02", volume="other"), {"name": "data-by-hand", "volume_id": "v", "status": "available", "created_at": ""}], [],
     "04", []),
])
def test_what_stays_and_what_goes(keep: int, stamp: str, there: list[dict[str, Any]], before: list[str], make: str, after: list[str]) -> None:
    todo = turn(VOLUME, keep, stamp, there)
    assert [name[-2:] for name in todo.before] == before and todo.make[-2:] == make and [name[-2:] for name in todo.after] == after
    assert todo.changes is bool(before or make or after)
    assert len(todo.kept) <= keep and todo.kept[-1] == f"data-{stamp}"


def test_the_oldest_is_the_one_that_was_made_first_whatever_its_stamp() -> None:
    hourly = [{"name": f"data-20260303{hour}", "volume_id": "v", "status": "available", "created_at": f"2026-03-03T{hour}:00:00.000000"}
              for hour in ("10", "22")]
    assert turn(VOLUME, 2, "20260304", hourly).before == ("data-2026030310",)
    assert turn(VOLUME, 2, "20260305", [*hourly[1:], *taken("04")]).before == ("data-2026030322",)


def test_what_cannot_be_is_told_with_its_path() -> None:
    told = faults({"stamp": "2026-03-04", "volumes": [{"name": "a", "keep": 0}, {"name": "b", "keep": 1}, {"name": "b", "keep": 2}]})
    assert told == ["stamp: '2026-03-04' is not digits alone", "volumes[0].keep: 0 is less than 1", "volumes: b is there twice"]


@pytest.mark.parametrize(("there", "verdict", "fine"), [
    (taken("09", "10"), "good", True),
    (taken("08"), "too_old", False),
    ([*taken("09"), *taken("10", status="error")], "failed", False),
    ([*taken("09", status="error"), *taken("10")], "good", True),
    ([*taken("10"), *taken("11", status="creating")], "good", True),
    ([], "missing", False),
])
def test_the_schedule_is_judged_by_the_newest_that_is_over(there: list[dict[str, Any]], verdict: str, fine: bool) -> None:
    told = judged(VOLUME, scheduled(VOLUME, there), NOON, 26)
    assert (told["verdict"], told["fine"]) == (verdict, fine) and "data" in told["words"]


def test_a_young_volume_may_have_had_no_turn_yet() -> None:
    assert judged({**VOLUME, "created_at": "2026-03-10T00:00:00"}, [], NOON, 26)["verdict"] == "not_due"
