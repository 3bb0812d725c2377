# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Figures follow from rows alone; what was not measured is absent, and what must not be is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.switch import rows

CLEAN = {"violations": [], "dual_writer_intervals": 0, "lost_acknowledged": 0, "duplicated": 0, "oversold": 0, "acknowledged": 100, "contested": 9}


def kill(profile: str = "default", outage: float | None = 25.0, **more: Any) -> dict[str, Any]:
    floor = {"default": 30.0, "fast": 15.0}[profile]
    return {"kind": "kill", "profile": profile, "number": 1, "floor_seconds": floor, "outage_seconds": outage, "judgement": CLEAN,
            "history": "h.jsonl", **more}


def test_nothing_measured_is_no_figure() -> None:
    assert rows.figures([]) == {}


def test_a_run_of_one_profile_has_no_figures_of_the_other() -> None:
    found = rows.figures([kill(outage=25.0), kill(outage=31.5, client_seconds=[31.5, 32.5])])
    assert (found["outage_max_seconds"], found["outage_median_seconds"], found["outage_max_over_floor"], found["kills"]) == (31.5, 28.25, 1.05, 2)
    assert found["client_outage_max_seconds"] == 32.5
    assert "fast_outage_max_seconds" not in found and "control_plane_writes" not in found and "schedules_real" not in found


def test_the_rarer_profile_counts() -> None:
    found = rows.figures([kill(), kill(), kill("fast", 12.0, promote_seconds=0.2, control_plane_writes=0)])
    assert (found["kills"], found["fast_outage_max_seconds"], found["promote_max_seconds"], found["control_plane_writes"]) == (1, 12.0, 0.2, 0)


def test_every_planned_move_counts_whichever_round_it_was_in() -> None:
    home = kill(planned_pause_seconds=2.5, planned_failed_requests=0)
    assert rows.figures([home])["planned_pause_seconds"] == 2.5
    move = {"kind": "move", "profile": "default", "number": 1, "judgement": CLEAN, "history": "m.jsonl", "moves": [
        {"to": "aws", "planned_pause_seconds": 1.5, "planned_failed_requests": 0},
        {"to": "nhn", "planned_pause_seconds": 1.0, "planned_failed_requests": 2}]}
    found = rows.figures([home, move])
    assert [found[f"planned_{name}"] for name in ("moves", "pause_seconds", "pause_median_seconds", "failed_requests")] == [3, 2.5, 1.5, 2]
    assert rows.failures([move], 1.1) == ["move default 1: 2 requests failed on the way to nhn"]
    unseen = kill(to="nhn", planned_pause_seconds=None, planned_failed_requests=1)
    assert rows.failures([unseen], 1.1) == ["kill default 1: 1 requests failed on the way to nhn",
                                            "kill default 1: nobody was served by nhn after the move there"]


def test_judgements_of_kills_and_schedules_add_up() -> None:
    schedule = {"kind": "schedule", "seed": 3, "judgement": {**CLEAN, "oversold": 2}}
    found = rows.figures([kill(), schedule, {"kind": "simulation", "schedules": 10_000}])
    assert (found["schedules_real"], found["schedules_simulated"], found["oversold"], found["acknowledged"]) == (1, 10_000, 2, 200)


def test_whatever_must_not_be_is_said() -> None:
    bad = {**CLEAN, "violations": ["two writers"]}
    said = rows.failures([kill(), kill(outage=34.0), kill(outage=None), kill(control_plane_writes=1), kill(judgement=bad),
                          kill(client_seconds=[30.0, 33.5]), kill(not_home="NHN never followed")], 1.1)
    assert [any(word in each for each in said) for word in ("34.0 s", "None s", "1 writes", "two writers", "33.5 s", "never followed")] == [True] * 6
    assert len(said) == 6 and rows.failures([kill()], 1.1) == []


def test_what_brought_the_service_home_after_a_schedule_is_told_in_words_and_is_no_planned_move() -> None:
    played = {"kind": "schedule", "profile": "fast", "seed": 7, "judgement": CLEAN, "history": "s.jsonl", "moves": ["planned switch to nhn"]}
    assert rows.failures([played], 1.1) == []


def test_who_was_not_served_again_was_without_for_as_long_as_was_waited() -> None:
    assert rows.figures([kill(outage=25.0), kill(outage=None)])["outage_max_seconds"] == 90.0


def test_rows_outlive_whoever_was_killed_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "below" / "rows.jsonl"
    assert rows.load(path) == []
    rows.save({"kind": "kill"}, path)
    with path.open("a") as out:
        out.write('{"kind": "ki')
    rows.save({"kind": "schedule"}, path)
    assert [row["kind"] for row in rows.load(path)] == ["kill", "schedule"]
