# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arithmetic of rollouts: never below the minimum, never above the surge, always to the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.kubernetes.rollout import Group, bounds, set_condition, share, status, step, template_hash, victims


def spec(replicas: int, surge: int | str = "25%", missing: int | str = "25%", **more: Any) -> dict[str, Any]:
    return {"replicas": replicas, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}}, **more}


@pytest.mark.parametrize(("value", "total", "up", "expected"), [(2, 10, True, 2), ("25%", 3, True, 1), ("25%", 3, False, 0), ("100%", 3, True, 3)])
def test_shares_round_up_for_surge_and_down_for_absence(value, total, up, expected):
    assert share(value, total, up) == expected


def test_bounds_are_never_both_zero():
    assert bounds(spec(1, "0%", "10%")) == (0, 1)


def test_the_new_set_takes_the_surge_and_an_old_one_stays_until_it_is_ready():
    rules = spec(2, surge=1, missing=0)
    assert step(rules, Group("new", 0, 0), [Group("old", 2, 2)], 2) == {"new": 1, "old": 2}
    assert step(rules, Group("new", 1, 0), [Group("old", 2, 2)], 2) == {"new": 1, "old": 2}
    assert step(rules, Group("new", 1, 1), [Group("old", 2, 2)], 2) == {"new": 1, "old": 1}
    assert step(rules, Group("new", 2, 2), [Group("old", 1, 1)], 1) == {"new": 2, "old": 0}


def test_old_pods_that_serve_nobody_go_first():
    rules = spec(4, surge=1, missing=0)
    old = [Group("broken", 2, 0), Group("good", 3, 3)]
    assert step(rules, Group("new", 1, 1), old, 5)["broken"] == 0


def test_recreate_waits_until_the_old_ones_are_gone():
    rules = {"replicas": 2, "strategy": {"type": "Recreate"}}
    assert step(rules, Group("new", 0, 0), [Group("old", 2, 2)], 2) == {"new": 0, "old": 0}
    assert step(rules, Group("new", 0, 0), [Group("old", 0, 0)], 1)["new"] == 0
    assert step(rules, Group("new", 0, 0), [Group("old", 0, 0)], 0)["new"] == 2


def test_a_paused_deployment_changes_size_but_not_mix():
    assert step(spec(5, paused=True), Group("new", 1, 1), [Group("old", 2, 2)], 2) == {"new": 3, "old": 2}


@given(replicas=st.integers(0, 8), surge=st.integers(0, 4), missing=st.integers(0, 4), old=st.integers(0, 8), data=st.data())
def test_every_rollout_ends_without_breaking_its_promises(replicas, surge, missing, old, data):
    rules = spec(replicas, surge, missing)
    allowed_surge, allowed_missing = bounds(rules)
    start = min(old, replicas)
    groups = {"old": [start, start], "new": [0, 0]}         # wanted, available
    for _ in range(100):
        wanted = step(rules, Group("new", *groups["new"]), [Group("old", *groups["old"])], groups["old"][0])
        for name, number in wanted.items():
            groups[name] = [number, min(groups[name][1], number)]
        total, available = (sum(group[part] for group in groups.values()) for part in (0, 1))
        assert total <= replicas + allowed_surge
        assert available >= min(start, replicas - allowed_missing)
        if groups["old"][0] == 0 and groups["new"] == [replicas, replicas]:
            return
        waiting = groups["new"][0] - groups["new"][1]
        if waiting:                                             # any number of the new pods becomes ready, at least one
            groups["new"][1] += data.draw(st.integers(1, waiting))
    raise AssertionError(f"still {groups} after 100 steps")


def deployment(conditions: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"metadata": {"generation": 3}, "spec": spec(2, 1, 0), "status": {"conditions": conditions or []}}


def replica_set(wanted: int, ready: int) -> dict[str, Any]:
    return {"metadata": {"name": "web-a"}, "spec": {"replicas": wanted},
            "status": {"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready}}


def seen(shown: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {item["type"]: (item["status"], item["reason"]) for item in shown["conditions"]}


def test_status_of_a_finished_rollout():
    new = replica_set(2, 2)
    shown = status(deployment(), new, [new], 0.0, "1970-01-01T00:00:00Z")
    assert shown["observedGeneration"] == 3
    assert "unavailableReplicas" not in shown
    assert seen(shown) == {"Available": ("True", "MinimumReplicasAvailable"), "Progressing": ("True", "NewReplicaSetAvailable")}


def test_a_rollout_that_stands_still_runs_out_of_time():
    new = replica_set(2, 0)
    first = status(deployment(), new, [new], 0.0, "1970-01-01T00:00:00Z")
    still = {**deployment(), "status": first}
    assert seen(status(still, new, [new], 599.0, "1970-01-01T00:09:59Z"))["Progressing"] == ("True", "ReplicaSetUpdated")
    assert seen(status(still, new, [new], 601.0, "1970-01-01T00:10:01Z"))["Progressing"] == ("False", "ProgressDeadlineExceeded")


def test_an_equal_condition_is_not_touched():
    conditions = set_condition([], {"type": "Ready", "status": "True"}, "t1")
    assert set_condition(conditions, {"type": "Ready", "status": "True"}, "t2") is conditions
    changed = set_condition(conditions, {"type": "Ready", "status": "True", "reason": "New"}, "t3")
    assert changed[0]["lastTransitionTime"] == "t1"


def test_shrinking_takes_the_pods_that_are_not_ready_then_the_youngest():
    def pod(name: str, ready: bool, born: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "creationTimestamp": born}, "status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}

    pods = [pod("old", True, "1"), pod("young", True, "2"), pod("broken", False, "0")]
    assert [item["metadata"]["name"] for item in victims(pods, 2)] == ["broken", "young"]


def test_a_template_hash_depends_on_nothing_but_the_template():
    assert template_hash({"a": 1, "b": 2}) == template_hash({"b": 2, "a": 1}) != template_hash({"a": 2, "b": 2})
