# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who looks when: spread phases, never two probes of one checker at once, and a fresh start when the target changes."""

from __future__ import annotations

import pytest

from lab.dns.judgement import CHECKERS
from lab.dns.schedule import Schedule

CHECK = {"Type": "HTTP", "IPAddress": "198.51.100.100", "Port": 80, "RequestInterval": 16, "FailureThreshold": 2}


def running(schedule, until, started=0.0):
    """{checker: [times it looked]} when every probe answers at once."""
    looked = {}
    for tenth in range(int(started * 10), int(until * 10)):
        for check_id, number in schedule.take_due(tenth / 10):
            looked.setdefault(number, []).append(tenth / 10)
            schedule.saw(check_id, number, schedule.watches[check_id].config, True, "Success")
    return looked


def test_every_checker_looks_once_an_interval_and_they_take_turns():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    looked = running(schedule, until=32)
    assert looked == {number: [number, number + 16.0] for number in range(CHECKERS)}


def test_a_probe_that_hangs_is_not_started_twice():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    assert schedule.take_due(0.0) == [("edge", 0)]
    assert ("edge", 0) not in schedule.take_due(40.0)


def test_a_late_look_does_not_move_the_checkers_turn():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    assert schedule.take_due(0.75) == [("edge", 0)]
    schedule.saw("edge", 0, CHECK, True, "Success")
    schedule.take_due(15.75)                            # the others, which are not asked about
    assert schedule.take_due(16.0) == [("edge", 0)]


def test_what_was_missed_altogether_is_not_made_up_for():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    assert ("edge", 0) in schedule.take_due(100.0)
    schedule.saw("edge", 0, CHECK, True, "Success")
    assert schedule.take_due(115.5) == []
    assert ("edge", 0) in schedule.take_due(116.0)


@pytest.mark.parametrize(("threshold", "failures"), [(1, 1), (2, 2), (5, 5), (None, 3)])
def test_a_checker_turns_after_as_many_failures_as_the_check_asks_for(threshold, failures):
    schedule = Schedule()
    check = {key: value for key, value in {**CHECK, "FailureThreshold": threshold}.items() if value is not None}
    schedule.follow({"edge": check}, now=0.0)
    schedule.saw("edge", 0, check, True, "Success")
    verdicts = []
    for _ in range(failures):
        schedule.saw("edge", 0, check, False, "Failure")
        verdicts.append(schedule.views()["edge"][0].healthy)
    assert verdicts == [True] * (failures - 1) + [False]


def test_calculated_and_disabled_checks_are_not_probed():
    schedule = Schedule()
    schedule.follow({"sum": {"Type": "CALCULATED"}, "off": {**CHECK, "Disabled": True}}, now=0.0)
    assert schedule.take_due(100.0) == []


def test_a_changed_threshold_keeps_what_was_seen_a_changed_target_does_not():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    running(schedule, until=16)
    schedule.follow({"edge": {**CHECK, "FailureThreshold": 5}}, now=16.0)
    assert all(view.healthy for view in schedule.views()["edge"])
    schedule.follow({"edge": {**CHECK, "Port": 81}}, now=16.0)
    assert all(view.healthy is None for view in schedule.views()["edge"])


def test_a_result_for_the_old_target_is_dropped():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    schedule.take_due(0.0)
    schedule.follow({"edge": {**CHECK, "Port": 81}}, now=0.0)
    schedule.saw("edge", 0, CHECK, False, "Failure")
    assert schedule.views()["edge"][0].healthy is None


def test_a_removed_check_is_forgotten():
    schedule = Schedule()
    schedule.follow({"edge": CHECK}, now=0.0)
    schedule.follow({}, now=1.0)
    assert schedule.views() == {}
