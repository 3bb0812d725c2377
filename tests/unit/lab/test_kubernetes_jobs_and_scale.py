# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job's life, and the autoscaler's arithmetic with its stabilisation and rate limits."""

from __future__ import annotations

from typing import Any

import pytest

from lab.kubernetes import jobs
from lab.kubernetes.autoscale import Memory, PodCpu, measure, remember, settle
from lab.kubernetes.store import timestamp


def job(conditions: tuple[dict[str, str], ...] = (), **more: Any) -> dict[str, Any]:
    spec = {"parallelism": 1, "completions": 1, "backoffLimit": 1, "suspend": False, "template": {"spec": {"restartPolicy": "Never"}}, **more}
    return {"spec": spec, "status": {"startTime": timestamp(0), "conditions": list(conditions)}}


def pod(phase: str, ended: float = 0.0) -> dict[str, Any]:
    state = {"terminated": {"finishedAt": timestamp(ended)}} if phase in ("Failed", "Succeeded") else {}
    return {"metadata": {}, "status": {"phase": phase, "containerStatuses": [{"ready": False, "restartCount": 0, "state": state}]}}


def test_a_job_makes_one_pod_and_is_complete_when_it_succeeded():
    assert jobs.decide(job(), [], 0.0).create == 1
    assert jobs.decide(job(), [pod("Running")], 1.0).create == 0
    done = jobs.decide(job(), [pod("Succeeded")], 2.0)
    assert done.create == 0 and done.status["succeeded"] == 1 and done.status["completionTime"] == timestamp(2)
    assert jobs.finished({**job(), "status": done.status}) == "Complete"


def test_a_failed_pod_is_replaced_after_a_pause_and_not_for_ever():
    assert jobs.decide(job(), [pod("Failed", ended=100)], 109.0).create == 0
    assert jobs.decide(job(), [pod("Failed", ended=100)], 110.0).create == 1
    ended = jobs.decide(job(), [pod("Failed", 100), pod("Failed", 120)], 121.0)
    assert ended.status["conditions"][0]["reason"] == "BackoffLimitExceeded" and ended.status["failed"] == 2


def test_a_job_that_takes_too_long_ends_with_its_pods():
    running = pod("Running")
    ended = jobs.decide(job(activeDeadlineSeconds=30), [running], 30.0)
    assert ended.delete == [running] and ended.status["conditions"][0]["reason"] == "DeadlineExceeded"


def test_a_finished_job_is_left_alone_and_expires_when_told():
    ended = job(({"type": "Complete", "status": "True", "lastTransitionTime": timestamp(10)},), ttlSecondsAfterFinished=60)
    assert jobs.decide(ended, [], 20.0) == jobs.Decision(0, [], ended["status"])
    assert not jobs.expired(ended, 69.0) and jobs.expired(ended, 70.0)


def busy(*cores: float | None, requested: float | None = 0.1, ready: bool = True) -> list[PodCpu]:
    return [PodCpu(f"pod-{index}", used, requested, ready) for index, used in enumerate(cores)]


@pytest.mark.parametrize(("pods", "replicas"), [
    (busy(0.2, 0.2), 6),                                    # 200 % of the request, aim 70
    (busy(0.07, 0.075), 2),                                 # within the tolerance
    (busy(0.01, 0.01), 1),
    (busy(0.2, None), 3),                                   # a pod without figures counts as idle when growing
    (busy(0.01, None), 2),                                  # and as fully used when shrinking
    ([*busy(0.2), *busy(0.9, ready=False)], 3),             # a pod that is not ready does not argue for growth
])
def test_how_many_replicas_the_figures_ask_for(pods, replicas):
    assert measure(2, 70, pods).replicas == replicas


def test_without_requests_or_figures_nothing_is_decided():
    assert "missing request for cpu in container of Pod pod-0" in measure(2, 70, busy(0.2, requested=None)).problem
    assert "did not receive metrics" in measure(2, 70, busy(None)).problem
    assert measure(2, 70, busy(None)).replicas == 2


SPEC = {"minReplicas": 2, "maxReplicas": 10}


def test_growth_is_limited_to_doubling_or_four_pods_in_a_quarter_minute():
    memory = Memory()
    assert settle(SPEC, 2, 10, memory, 0.0) == (6, "ScaleUpLimit")
    remember(memory, 0.0, 4)
    assert settle(SPEC, 6, 10, memory, 10.0) == (6, "ScaleUpLimit")
    assert settle(SPEC, 6, 10, memory, 20.0) == (10, "DesiredWithinRange")


def test_shrinking_waits_for_the_whole_window():
    memory = Memory()
    assert settle(SPEC, 6, 6, memory, 0.0)[0] == 6
    assert settle(SPEC, 6, 2, memory, 299.0) == (6, "ScaleDownStabilized")
    assert settle(SPEC, 6, 2, memory, 301.0)[0] == 2


def test_bounds_hold_whatever_the_figures_say():
    assert settle(SPEC, 1, 1, Memory(), 0.0) == (2, "TooFewReplicas")
    assert settle(SPEC, 12, 12, Memory(), 0.0) == (10, "TooManyReplicas")
    assert settle(SPEC, 8, 40, Memory(), 0.0) == (10, "TooManyReplicas")


def test_behavior_can_forbid_shrinking_and_narrow_growth():
    behavior = {"scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0},
                "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
    assert settle({**SPEC, "behavior": behavior}, 6, 2, Memory(), 0.0)[0] == 6
    assert settle({**SPEC, "behavior": behavior}, 2, 9, Memory(), 0.0)[0] == 3


# What role k8s_app asks for, on a sale that would need forty pods: seconds since its start and the replicas by then.
SALE = {"minReplicas": 2, "maxReplicas": 12, "behavior": {
    "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [{"type": "Percent", "value": 200, "periodSeconds": 15},
                                                                                    {"type": "Pods", "value": 4, "periodSeconds": 15}]},
    "scaleDown": {"stabilizationWindowSeconds": 300, "selectPolicy": "Max", "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}]}}}


def test_a_sale_has_all_it_may_have_within_two_looks_and_keeps_it_through_a_lull():
    memory, size, grown = Memory(), 2, []
    wanted = {0: 40, 15: 40, 30: 40, 45: 3, 60: 40}                 # a lull of one look
    for now in range(0, 700, 15):
        desired, _ = settle(SALE, size, wanted.get(now, 2), memory, float(now))
        remember(memory, float(now), desired - size)
        size = desired
        grown.append((now, size))
    assert grown[:5] == [(0, 6), (15, 12), (30, 12), (45, 12), (60, 12)]
    shrunk = [step for step in grown[5:] if step[1] < 12]
    assert shrunk[0] == (360, 6)                                    # five minutes after the last need for all of them
    assert next(step for step in shrunk if step[1] < 6) == (420, 3) and grown[-1][1] == 2
