# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route 53's published rules for "healthy", one test each."""

from __future__ import annotations

import pytest

from lab.dns.judgement import Checker, statuses

HTTP = {"Type": "HTTP", "IPAddress": "198.51.100.100", "Port": 80, "RequestInterval": 10, "FailureThreshold": 2}
BOTH = {"Type": "CALCULATED", "ChildHealthChecks": ["edge", "not-latched"], "HealthThreshold": 2}


def after(results, threshold=2):
    checker = Checker()
    for success in results:
        checker = checker.saw(success, threshold)
    return checker.healthy


def views(healthy, unhealthy):
    return [Checker(True)] * healthy + [Checker(False)] * unhealthy


@pytest.mark.parametrize(("results", "verdict"), [
    ([], None),
    ([True], True),
    ([False], False),
    ([True, False], True),
    ([True, False, False], False),
    ([True, False, True, False], True),
    ([False, True], False),
    ([False, True, True], True),
])
def test_a_verdict_turns_after_threshold_consecutive_results(results, verdict):
    assert after(results) is verdict


def test_threshold_one_turns_at_once():
    assert after([True, False], threshold=1) is False


@pytest.mark.parametrize(("healthy", "unhealthy", "verdict"), [
    (18, 82, False),        # exactly 18 % is not enough
    (19, 81, True),
    (2, 14, False),         # of 16 checkers: 12.5 %
    (3, 13, True),          # 18.75 %
    (0, 1, False),
])
def test_more_than_eighteen_percent_must_say_healthy(healthy, unhealthy, verdict):
    assert statuses({"edge": HTTP}, {"edge": views(healthy, unhealthy)})["edge"].healthy is verdict


def test_a_new_check_is_healthy_until_there_is_data_and_an_inverted_one_unhealthy():
    found = statuses({"new": HTTP, "inverted": {**HTTP, "Inverted": True}}, {"new": [Checker()] * 16})
    assert (found["new"].healthy, found["inverted"].healthy) == (True, False)


def test_inversion_turns_the_result_not_the_share():
    found = statuses({"latch": {**HTTP, "Inverted": True}}, {"latch": views(0, 16)})["latch"]
    assert (found.healthy, found.share, found.checkers) == (True, 0.0, 16)


def test_a_disabled_check_is_healthy_whatever_was_seen_and_unhealthy_when_inverted():
    dead = views(0, 16)
    found = statuses({"a": {**HTTP, "Disabled": True}, "b": {**HTTP, "Disabled": True, "Inverted": True}}, {"a": dead, "b": dead})
    assert (found["a"].healthy, found["b"].healthy) == (True, False)


@pytest.mark.parametrize(("edge", "marker", "primary"), [
    ((16, 0), (0, 16), True),       # the edge answers, no marker: the primary serves
    ((0, 16), (0, 16), False),      # the edge is dark
    ((16, 0), (16, 0), False),      # the marker is there: a returning edge changes nothing
    ((0, 16), (16, 0), False),
])
def test_the_primary_is_edge_answers_and_not_latched(edge, marker, primary):
    checks = {"primary": BOTH, "edge": HTTP, "not-latched": {**HTTP, "Inverted": True}}
    assert statuses(checks, {"edge": views(*edge), "not-latched": views(*marker)})["primary"].healthy is primary


@pytest.mark.parametrize(("threshold", "verdict"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_calculated_check_counts_healthy_children(threshold, verdict):
    checks = {"all": {**BOTH, "HealthThreshold": threshold, "ChildHealthChecks": ["up", "down"]}, "up": HTTP, "down": HTTP}
    found = statuses(checks, {"up": views(16, 0), "down": views(0, 16)})["all"]
    assert (found.healthy, found.share) == (verdict, 0.5)


def test_a_missing_child_and_a_circle_do_not_fail_anybody_over():
    checks = {"a": {**BOTH, "ChildHealthChecks": ["b", "gone"]}, "b": {**BOTH, "ChildHealthChecks": ["a", "gone"]}}
    found = statuses(checks, {})
    assert found["a"].healthy and found["b"].healthy
