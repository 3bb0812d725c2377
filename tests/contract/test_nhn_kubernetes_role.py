# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role nhn_kubernetes against both emulators: groups, autoscalers, the metrics API that its proof wants, and a removal that leaves nothing behind."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.kubernetes.cluster import Cluster
from lab.kubernetes.clusters import Clusters
from lab.kubernetes.engine import Place
from lab.kubernetes.server import Application, make_server
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import NETWORK
from tests.contract.test_kubernetes_api import SERVICE, NoEngine
from tests.contract.test_nhn_roles import play

ROLE = "nhn_kubernetes"
NAME: dict[str, Any] = {"nhn_kubernetes_name": "one"}
GROUPS: list[dict[str, Any]] = [{"name": "zone-b", "zone": "kr-pub-b", "autoscaler": {"min_nodes": 1, "max_nodes": 3}}]
BUILD: dict[str, Any] = {**NAME, "nhn_kubernetes_vpc": "vpc", "nhn_kubernetes_subnet": "edge", "nhn_kubernetes_zone": "kr-pub-a",
                         "nhn_kubernetes_keypair": "keypair", "nhn_kubernetes_autoscaler": {"min_nodes": 2, "max_nodes": 4},
                         "nhn_kubernetes_node_groups": GROUPS, "nhn_kubernetes_metrics_wait_seconds": 5}


class Kubernetes:
    """The clusters of an NHN Cloud, served over HTTP; pods stay objects."""

    def __init__(self, nhn: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Clusters, "_exists", staticmethod(lambda _: True))
        self.clusters = Clusters(nhn.url, lambda place, cidr: Quiet(place, cidr, lambda: False, NoEngine()))    # type: ignore[arg-type]
        self.server = make_server("127.0.0.1", 0, Application(self.clusters.serving, "kube-token", lambda: False))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        threading.Thread(target=self.clusters.run, daemon=True).start()
        monkeypatch.setattr(nhn.store.settings, "kubernetes_url", f"http://127.0.0.1:{self.server.port}")

    @property
    def cluster(self) -> Cluster:
        return next(iter(self.clusters.serving.values()))

    def post(self, path: str, thing: dict[str, Any]) -> None:
        """Make an object in the one cluster there is."""
        place: Place = self.cluster.place
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.port}/clusters/{place.cluster}{path}", json.dumps(thing).encode(),
                                         {"Authorization": "Bearer kube-token", "Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=5).close()

    def end(self) -> None:
        self.clusters.end()
        self.server.shutdown()
        self.server.server_close()


class Quiet(Cluster):
    """A cluster that does nothing by itself."""

    def start(self) -> None:
        """No controllers: no pods are wanted here."""

    def discard(self) -> None:
        """Nothing was made."""


@pytest.fixture
def kubernetes(nhn: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    nhn.store.clusters.clear()
    served = Kubernetes(nhn, monkeypatch)
    yield served
    served.end()


@pytest.mark.long
def test_the_cluster_is_built_proven_built_again_and_removed(nhn: NhnCloud, kubernetes: Kubernetes, tmp_path: Path) -> None:
    play(nhn, tmp_path, ROLE, **BUILD)
    cluster = next(iter(nhn.store.clusters.values()))
    groups = {group["name"]: group for group in cluster["_groups"].values()}
    assert groups["zone-b"]["labels"]["availability_zone"] == "kr-pub-b" and groups["default-worker"]["_autoscale"]["ca_max_node_count"] == 4
    assert [addon["name"] for addon in cluster["_addons"]] == ["calico", "coredns", "metrics_server"] and kubernetes.cluster.api.metrics
    nhn.requests()
    play(nhn, tmp_path, ROLE, **BUILD)
    assert nhn.take_writes() == []

    kubernetes.post("/api/v1/namespaces/default/services", SERVICE)
    objects = kubernetes.cluster.store
    play(nhn, tmp_path, ROLE, "destroy", **NAME, nhn_kubernetes_node_groups=GROUPS)
    assert not nhn.store.clusters and not objects.all("Service")
    assert [write.split("/")[-1] for write in nhn.take_writes()] == [groups["zone-b"]["uuid"], cluster["uuid"]]
    play(nhn, tmp_path, ROLE, "destroy", **NAME, nhn_kubernetes_node_groups=GROUPS)
    assert nhn.take_writes() == []


@pytest.mark.long
def test_a_cluster_without_a_metrics_api_is_not_called_good(nhn: NhnCloud, kubernetes: Kubernetes, tmp_path: Path) -> None:
    bare = {**BUILD, "nhn_kubernetes_addons": [], "nhn_kubernetes_node_groups": []}
    told = " ".join(play(nhn, tmp_path, ROLE, fails=True, **bare).split())
    assert "The metrics API (metrics.k8s.io) of one did not answer within 5 s" in told and "kube-token" not in told
    assert "nhn_kubernetes_metrics_expected: false" in told
    play(nhn, tmp_path, ROLE, **{**bare, "nhn_kubernetes_metrics_expected": False})
    play(nhn, tmp_path, ROLE, **{**bare, "nhn_kubernetes_addons": [{"name": "metrics_server", "version": "v0.4.4-nks1"}]})


CLAIM: dict[str, Any] = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "uploads", "namespace": "default"},
                         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}


@pytest.mark.whole
def test_a_cluster_with_volume_claims_is_not_removed(nhn: NhnCloud, kubernetes: Kubernetes, tmp_path: Path) -> None:
    play(nhn, tmp_path, ROLE, **BUILD)
    kubernetes.post("/api/v1/namespaces/default/persistentvolumeclaims", CLAIM)
    kubernetes.post("/api/v1/namespaces/default/services", SERVICE)
    nhn.requests()
    told = " ".join(play(nhn, tmp_path, ROLE, "destroy", fails=True, **NAME).split())
    assert "one has volume claims (uploads), whose volumes would stay behind. Nothing was removed." in told and nhn.take_writes() == []
    assert nhn.store.clusters and kubernetes.cluster.store.all("Service")       # nor what it has made outside
    [cluster] = nhn.store.clusters.values()
    cluster["status"] = "UPDATE_FAILED"                 # its groups go with it: the service may take no other change of it
    play(nhn, tmp_path, ROLE, "destroy", **NAME, nhn_kubernetes_node_groups=GROUPS, nhn_kubernetes_accept_orphans=True)
    assert not nhn.store.clusters and [write.split("/")[-1] for write in nhn.take_writes()] == [cluster["uuid"]]


@pytest.mark.whole
def test_a_cluster_that_does_not_tell_what_it_made_is_not_removed(nhn: NhnCloud, kubernetes: Kubernetes, tmp_path: Path) -> None:
    play(nhn, tmp_path, ROLE, **{**BUILD, "nhn_kubernetes_node_groups": []})
    nhn.requests()
    kubernetes.server.shutdown()
    kubernetes.server.server_close()
    told = " ".join(play(nhn, tmp_path, ROLE, "destroy", fails=True, **NAME).split())
    assert "does not tell which load balancers and volumes it has made. Nothing was removed." in told and nhn.take_writes() == []
    play(nhn, tmp_path, ROLE, "destroy", **NAME, nhn_kubernetes_accept_orphans=True)
    assert not nhn.store.clusters
