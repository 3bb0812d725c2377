# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The metrics API of the lab's Kubernetes, asked by the official client: pods' own figures, and nothing at all without the addon."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from kubernetes.dynamic import exceptions

from lab.kubernetes import engine
from lab.kubernetes.engine import Podman, State
from lab.kubernetes.metrics import Counters, Meter
from tests.contract.test_kubernetes_api import SCALER, Lab, deployment, lab

__all__ = ["lab"]
MIB = 1024 * 1024


@pytest.fixture
def measured(lab: Lab) -> Lab:
    """Two pods of a deployment; the first has used 0.25 cores, the second was looked at once only. The addon is there."""
    lab.cluster.has(["calico", "coredns", "metrics_server"])
    lab.apply(deployment(replicas=2))
    lab.settle()
    lab.pods_become(ready=True)
    first, second = (pod["metadata"]["uid"] for pod in lab.cluster.store.all("Pod"))
    lab.cluster.meter.sample(1000.0, {first: Counters(5.0, 60 * MIB)})
    lab.cluster.meter.sample(1015.0, {first: Counters(8.75, 64 * MIB), second: Counters(1.0, 30 * MIB)})
    return lab


def names(listed: Any) -> list[str]:
    return [item["metadata"]["name"] for item in listed.to_dict()["items"]]


def test_a_pod_is_told_as_metrics_server_tells_it(measured: Lab) -> None:
    pod = measured.cluster.store.all("Pod")[0]
    listed = measured.kind("PodMetrics", "metrics.k8s.io/v1beta1").get(namespace="default").to_dict()
    assert listed["kind"] == "PodMetricsList" and len(listed["items"]) == 1     # the other has no figures yet
    told = listed["items"][0]
    assert told["containers"] == [{"name": "web", "usage": {"cpu": "250000000n", "memory": "65536Ki"}}]
    assert (told["timestamp"], told["window"]) == ("1970-01-01T00:16:55Z", "15.000s")
    assert told["metadata"]["labels"] == pod["metadata"]["labels"] and told["metadata"]["name"] == pod["metadata"]["name"]


def test_pods_are_found_by_namespace_name_and_label(measured: Lab) -> None:
    metrics = measured.kind("PodMetrics", "metrics.k8s.io/v1beta1")
    first, second = (pod["metadata"]["name"] for pod in measured.cluster.store.all("Pod"))
    assert metrics.get(name=first, namespace="default").to_dict()["kind"] == "PodMetrics"
    assert names(metrics.get()) == names(metrics.get(label_selector="app=web")) == [first]
    assert names(metrics.get(label_selector="app=other")) == names(metrics.get(namespace="kube-system")) == []
    for nobody in (second, "nobody"):
        with pytest.raises(exceptions.NotFoundError):
            metrics.get(name=nobody, namespace="default")


def test_nobody_writes_figures(measured: Lab) -> None:
    metrics = measured.kind("PodMetrics", "metrics.k8s.io/v1beta1")
    with pytest.raises(exceptions.MethodNotAllowedError):
        measured.client.create(metrics, body={"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": "a"}},
                               namespace="default")
    with pytest.raises(exceptions.MethodNotAllowedError):
        measured.client.delete(metrics, name=measured.cluster.store.all("Pod")[0]["metadata"]["name"], namespace="default")


def test_without_the_addon_there_is_no_such_api_and_autoscalers_say_so(measured: Lab) -> None:
    measured.cluster.has(["calico", "coredns"])
    with pytest.raises(exceptions.NotFoundError):
        measured.client.request("get", "/apis/metrics.k8s.io/v1beta1/pods")
    groups = json.loads(json.dumps(measured.client.request("get", "/apis").to_dict()))["groups"]
    assert "metrics.k8s.io" not in [group["name"] for group in groups] and "apps" in [group["name"] for group in groups]
    measured.apply(SCALER)
    measured.settle()
    shown = measured.kind("HorizontalPodAutoscaler", "autoscaling/v2").get(name="web", namespace="default").to_dict()["status"]["conditions"]
    active = next(condition for condition in shown if condition["type"] == "ScalingActive")
    assert active["reason"] == "FailedGetResourceMetric" and "get pods.metrics.k8s.io" in active["message"]


def test_figures_are_differences_and_begin_anew_with_a_restart() -> None:
    meter, pod = Meter(), {"metadata": {"uid": "a"}}
    meter.sample(0.0, {"a": Counters(5.0, 1)})
    assert meter.usage(pod) is None and meter.cores(pod) is None
    meter.sample(15.0, {"a": Counters(8.0, 2)})
    assert meter.cores(pod) == pytest.approx(0.2)
    meter.sample(30.0, {"a": Counters(1.0, 3)})
    assert meter.usage(pod) is None
    meter.sample(45.0, {})
    assert meter.usage(pod) is None


@pytest.mark.parametrize(("folder", "current", "idle"), [("memory/pod", "memory.usage_in_bytes", "total_inactive_file"),
                                                         ("pod", "memory.current", "inactive_file")])
def test_memory_is_the_working_set(folder: str, current: str, idle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs(tmp_path / folder)
    (tmp_path / folder / current).write_text("1000\n")
    (tmp_path / folder / "memory.stat").write_text(f"cache 900\n{idle} 300\n")
    monkeypatch.setattr(engine, "CGROUPS", tmp_path)
    podman = Podman(place=None)     # type: ignore[arg-type]
    assert podman.memory_bytes(State(running=True, cgroup="/pod")) == 700
    assert podman.memory_bytes(State(running=True, cgroup="/other")) is None
