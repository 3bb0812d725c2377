# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Kubernetes tells of an application under load; what it does not tell is null."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.load.cluster import Cluster, cores, quantity

ANSWERS: dict[str, Any] = {
    "/apis/apps/v1/namespaces/sales/deployments/shop": {"status": {"replicas": 4, "readyReplicas": 3}},
    "/apis/autoscaling/v2/namespaces/sales/horizontalpodautoscalers/shop": {"status": {"desiredReplicas": 6}},
    "/apis/metrics.k8s.io/v1beta1/namespaces/sales/pods?labelSelector=app=shop": {"items": [
        {"containers": [{"usage": {"cpu": "250m"}}]}, {"containers": [{"usage": {"cpu": "1"}}, {"usage": {"cpu": "250000000n"}}]}]},
}


def read(answers: dict[str, Any]) -> dict[str, Any]:
    def get(path: str) -> Any:
        if path not in answers:
            raise OSError("404")
        return answers[path]

    return Cluster(get, "sales", "shop", "app=shop").read()


def test_all_of_it_is_read() -> None:
    assert read(ANSWERS) == {"replicas": 4, "ready": 3, "wanted": 6, "cpu_cores": 1.5}


def test_what_nobody_tells_is_null() -> None:
    assert read({}) == {"replicas": None, "ready": None, "wanted": None, "cpu_cores": None}
    path = "/apis/apps/v1/namespaces/sales/deployments/shop"
    assert read({path: {"status": {"replicas": 2}}}) == {"replicas": 2, "ready": 0, "wanted": None, "cpu_cores": None}
    assert read({path: "no mapping"})["replicas"] is None


@pytest.mark.parametrize(("text", "value"), [("250m", 0.25), ("3", 3.0), ("0", 0.0), ("1500000n", 0.0015), ("much", 0.0)])
def test_amounts(text: str, value: float) -> None:
    assert quantity(text) == pytest.approx(value) and cores([]) == 0
