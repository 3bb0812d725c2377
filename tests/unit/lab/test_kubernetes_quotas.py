# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a namespace may have: sums as the API tells them, and the refusal in its words."""

from __future__ import annotations

from typing import Any

from lab.kubernetes.quotas import refusal, used


def pod(name: str = "new", phase: str = "Running", **requests: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"phase": phase}, "spec": {"containers": [{"resources": {"requests": requests}}]}}


def quota(**hard: str) -> dict[str, Any]:
    return {"metadata": {"name": "small"}, "spec": {"hard": {name.replace("_", "."): amount for name, amount in hard.items()}}}


def test_what_pods_have_is_added_up_but_not_of_those_that_ended() -> None:
    pods = [pod(cpu="250m", memory="96Mi"), pod(cpu="250m", memory="160Mi"), pod(phase="Succeeded", cpu="4", memory="1Gi")]
    assert used(quota(pods="9", cpu="9", requests_memory="9"), pods) == {"pods": "2", "cpu": "500m", "requests.memory": "256Mi"}


def test_one_more_is_taken_as_long_as_it_fits_exactly() -> None:
    small = [quota(pods="2", cpu="500m")]
    assert refusal(small, [pod(cpu="250m")], pod(cpu="250m")) == ""
    assert refusal(small, [pod(cpu="300m")], pod("late", cpu="250m")) == (
        'pods "late" is forbidden: exceeded quota: small, requested: cpu=250m, used: cpu=300m, limited: cpu=500m')
    assert "requested: pods=1,cpu=1" in refusal(small, [pod(), pod()], pod(cpu="1")).replace(", cpu", ",cpu")


def test_nothing_is_bounded_without_a_quota() -> None:
    assert refusal([], [pod()] * 50, pod()) == "" == refusal([quota()], [pod()] * 50, pod())
