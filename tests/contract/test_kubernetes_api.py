# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's Kubernetes, asked by the official client over HTTP: what kubernetes.core relies on. Pods are only objects here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as official
from kubernetes.dynamic import DynamicClient, exceptions

from lab.journal import count_writes
from lab.kubernetes import schema, schema_make
from lab.kubernetes.addresses import BALANCERS, Addresses
from lab.kubernetes.api import Request
from lab.kubernetes.balancers import Balancers, config, endpoints
from lab.kubernetes.cluster import Cluster
from lab.kubernetes.clusters import Clusters, Faults, network_of, router_of
from lab.kubernetes.engine import Place
from lab.kubernetes.server import Application, make_server

UUID = "0a1b2c3d-0000-4000-8000-000000000000"
PLACE = Place(UUID, "net", "192.168.0.1")


class NoEngine:
    """No container is ever made: pods stay objects."""

    place = PLACE

    def log(self, pod):
        raise LookupError("waiting to start: no output yet")


class Lab:
    """A served cluster whose controllers run when told to."""

    def __init__(self, journal: Path):
        self.down = False
        self.cluster = Cluster(PLACE, "192.168.0.0/16", lambda: self.down, NoEngine())      # type: ignore[arg-type]
        self.journal = journal
        self.server = make_server("127.0.0.1", 0, Application({UUID: self.cluster}, "secret", lambda: self.down), journal=journal)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.client = self.connect("secret")

    def connect(self, token: str, uuid: str = UUID) -> DynamicClient:
        settings = official.Configuration(host=f"http://127.0.0.1:{self.server.port}/clusters/{uuid}")
        settings.api_key = {"authorization": f"Bearer {token}"}
        return DynamicClient(official.ApiClient(settings), cache_file=str(self.journal.with_suffix(f".{token}{uuid}")))

    def kind(self, name: str, version: str = "v1") -> Any:
        return self.client.resources.get(kind=name, api_version=version)

    def apply(self, thing: dict[str, Any], manager: str = "us", **more: Any) -> dict[str, Any]:
        return self.client.server_side_apply(
            self.kind(thing["kind"], thing["apiVersion"]), body=thing, name=thing["metadata"]["name"], namespace=thing["metadata"].get("namespace"),
            field_manager=manager, **more).to_dict()

    def settle(self) -> None:
        """Run the controllers until they have nothing more to do."""
        for _ in range(20):
            before = self.cluster.store.version
            self.cluster.controllers.run()
            if self.cluster.store.version == before:
                return
        raise AssertionError("controllers do not come to rest")

    def pods_become(self, ready: bool) -> None:
        store = self.cluster.store
        for index, pod in enumerate(store.all("Pod")):
            conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": store.now()}]
            store.set_status(pod, {"phase": "Running", "podIP": f"192.168.100.{10 + index}", "conditions": conditions})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "kubernetes.jsonl")
    yield made
    made.server.shutdown()
    made.server.server_close()


def deployment(image: str = "web:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    container = {"name": "web", "image": image, "resources": {"requests": {"cpu": "0.1"}}, "ports": [{"containerPort": 80, "name": "http"}]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}, **spec}}


SERVICE: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
           "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}
SCALER: dict[str, Any] = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "default"},
          "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 4}}
BUDGET: dict[str, Any] = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "default"},
          "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
JOB: dict[str, Any] = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": "default"},
       "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "once", "image": "web:1"}]}}}}
SECRET: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "data": {"a": "Yg=="}}
POLICY: dict[str, Any] = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "default"},
          "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}}
EVERYTHING: list[dict[str, Any]] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}, SECRET, JOB, SERVICE,
                                    deployment(), SCALER, BUDGET, POLICY]


@pytest.mark.parametrize("thing", EVERYTHING, ids=lambda thing: thing["kind"])
def test_applying_the_same_twice_is_no_write_even_after_controllers_ran(lab, thing):
    lab.apply(thing)
    lab.settle()
    kept = lab.kind(thing["kind"], thing["apiVersion"]).get(name=thing["metadata"]["name"], namespace=thing["metadata"].get("namespace")).to_dict()
    writes = count_writes(lab.journal)
    assert lab.apply(thing) == kept
    assert count_writes(lab.journal) == writes


def test_a_dry_run_answers_and_changes_nothing(lab):
    predicted = lab.apply(deployment(), dry_run="All")
    assert predicted["spec"]["strategy"]["type"] == "RollingUpdate"
    assert lab.cluster.store.all("Deployment") == [] and count_writes(lab.journal) == 0
    lab.apply(deployment())
    version = lab.cluster.store.version
    assert lab.apply(deployment("web:2"), dry_run="All")["metadata"]["generation"] == 2
    assert lab.cluster.store.version == version


def test_a_deployment_becomes_ready_rolls_and_scales(lab):
    lab.apply(deployment(replicas=2))
    lab.settle()
    lab.pods_become(ready=True)
    lab.settle()
    kept = lab.kind("Deployment", "apps/v1").get(name="web", namespace="default")
    assert (kept.status.availableReplicas, kept.status.observedGeneration, kept.metadata.generation) == (2, 1, 1)
    lab.apply(deployment("web:2", replicas=2))
    lab.settle()
    images = sorted(pod["spec"]["containers"][0]["image"] for pod in lab.cluster.store.all("Pod"))
    assert images == ["web:1", "web:1", "web:2"]                    # a quarter of two, rounded up, is one more
    sets = {item["spec"]["template"]["spec"]["containers"][0]["image"]: item["spec"]["replicas"] for item in lab.cluster.store.all("ReplicaSet")}
    assert sets == {"web:1": 2, "web:2": 1}


def test_the_autoscaler_owns_the_replicas_and_applies_without_them_leave_them(lab):
    lab.apply(deployment())
    lab.apply(SCALER)
    lab.settle()
    assert lab.cluster.store.get("Deployment", "default", "web")["spec"]["replicas"] == 2
    assert lab.apply(deployment())["spec"]["replicas"] == 2
    with pytest.raises(exceptions.ConflictError, match="horizontal-pod-autoscaler"):
        lab.apply(deployment(replicas=1))


def test_deleting_a_deployment_takes_its_sets_and_pods(lab):
    lab.apply(deployment(replicas=2))
    lab.settle()
    lab.kind("Deployment", "apps/v1").delete(name="web", namespace="default")
    lab.settle()
    assert lab.cluster.store.all("ReplicaSet") == []
    assert all("deletionTimestamp" in pod["metadata"] for pod in lab.cluster.store.all("Pod"))


def test_a_deletion_whose_conditions_are_null_is_one_without(lab):
    lab.apply(JOB)
    lab.kind("Job", "batch/v1").delete(name="once", namespace="default", body={"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": None,
                                                                               "propagationPolicy": "Background"})
    assert lab.cluster.store.all("Job") == []


QUOTA: dict[str, Any] = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", "namespace": "default"},
                         "spec": {"hard": {"pods": "2", "requests.memory": "1Gi"}}}


def test_a_namespace_holds_no_more_than_its_quota_and_says_why(lab):
    lab.apply(QUOTA)
    lab.apply(deployment(replicas=2))
    lab.settle()
    lab.pods_become(ready=True)
    lab.apply(deployment("web:2", replicas=2))
    lab.settle()
    assert {pod["spec"]["containers"][0]["image"] for pod in lab.cluster.store.all("Pod")} == {"web:1"}
    kept = lab.kind("Deployment", "apps/v1").get(name="web", namespace="default").to_dict()
    failure = next(item for item in kept["status"]["conditions"] if item["type"] == "ReplicaFailure")
    assert failure["reason"] == "FailedCreate"
    assert failure["message"].endswith("is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2")
    assert lab.kind("ResourceQuota").get(name="small", namespace="default").status.used.to_dict() == {"pods": "2", "requests.memory": "0"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"},
           "spec": {"containers": [{"name": "p", "image": "p:1"}]}}
    with pytest.raises(exceptions.ForbiddenError, match="exceeded quota"):
        lab.apply(pod)
    lab.apply({**QUOTA, "spec": {"hard": {"pods": "3"}}})
    lab.settle()
    kept = lab.kind("Deployment", "apps/v1").get(name="web", namespace="default").to_dict()
    assert not [item for item in kept["status"]["conditions"] if item["type"] == "ReplicaFailure"]
    assert len(lab.cluster.store.all("Pod")) == 3


def test_a_namespace_goes_with_all_it_holds(lab):
    lab.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    lab.apply({**SECRET, "metadata": {"name": "s", "namespace": "shop"}})
    lab.kind("Namespace").delete(name="shop")
    with pytest.raises(exceptions.ForbiddenError, match="being terminated"):
        lab.apply({**SECRET, "metadata": {"name": "t", "namespace": "shop"}})
    lab.settle()
    assert lab.cluster.store.get("Namespace", "", "shop") is None and lab.cluster.store.all("Secret") == []


def broken(change: dict[str, Any]) -> dict[str, Any]:
    thing = json.loads(json.dumps(deployment()))
    thing["spec"]["template"]["spec"]["containers"][0] |= change
    return thing


@pytest.mark.parametrize(("thing", "code", "words"), [
    (broken({"comand": ["x"]}), 500, "containers[0].comand: field not declared in schema"),
    (broken({"env": [{"name": "A", "value": 5}]}), 400, "cannot unmarshal number"),
    (broken({"resources": {"limits": {"cpu": "much"}}}), 400, "quantities must match"),
    (broken({"volumeMounts": [{"name": "gone", "mountPath": "/x"}]}), 422, 'Not found: "gone"'),
    (broken({"readinessProbe": {"periodSeconds": 1}}), 422, "must specify exactly one handler type"),
    (deployment(selector={"matchLabels": {"app": "other"}}), 422, "`selector` does not match template `labels`"),
    (deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}), 422, "may not be 0 when `maxSurge` is 0"),
    ({**SERVICE, "spec": {"type": "LoadBalancer"}}, 422, "spec.ports: Required value"),
    ({**SECRET, "data": {"a": "§"}}, 422, "illegal base64"),
    ({**SECRET, "type": "kubernetes.io/dockerconfigjson"}, 422, "data[.dockerconfigjson]: Required value"),
    ({**SECRET, "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "Yg=="}}, 422, "data[.dockerconfigjson]: Invalid value"),
    ({**SERVICE, "apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"services": "2"}}}, 422, "Forbidden: quotas of anything but pods"),
    ({**SECRET, "metadata": {"name": "s", "namespace": "nowhere"}}, 404, 'namespaces "nowhere" not found'),
    ({**SCALER, "spec": {**SCALER["spec"], "maxReplicas": 1}}, 422, "must be greater than or equal to `minReplicas`"),
])
def test_what_a_real_api_refuses_is_refused(lab, thing, code, words):
    with pytest.raises(exceptions.DynamicApiError) as refused:
        lab.apply(thing)
    assert refused.value.status == code
    assert words in json.loads(refused.value.body)["message"]


def test_selectors_and_job_templates_cannot_change(lab):
    lab.apply(deployment())
    lab.apply(JOB)
    moved = deployment(selector={"matchLabels": {"app": "web", "tier": "front"}})
    moved["spec"]["template"]["metadata"]["labels"] = {"app": "web", "tier": "front"}
    with pytest.raises(exceptions.UnprocessibleEntityError, match=r"spec\.selector: .*field is immutable"):
        lab.apply(moved)
    other = json.loads(json.dumps(JOB))
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    with pytest.raises(exceptions.UnprocessibleEntityError, match=r"spec\.template: .*field is immutable"):
        lab.apply(other)


def test_unknown_fields_are_dropped_with_a_warning_or_refused_as_asked(lab):
    body = {"metadata": {"name": "c"}, "data": {"a": "1"}, "dta": {}}
    assert "dta" not in lab.kind("ConfigMap").create(body=body, namespace="default").to_dict()
    path = "/api/v1/namespaces/default/configmaps/c"
    warned = lab.cluster.api.handle(Request("PUT", path, {}, {}, json.dumps(body).encode()))
    assert warned.warnings == ['unknown field "dta"']
    refused = lab.cluster.api.handle(Request("PUT", path, {"fieldValidation": "Strict"}, {}, json.dumps(body).encode()))
    assert isinstance(refused.body, dict) and refused.code == 400 and 'unknown field "dta"' in refused.body["message"]


def test_an_outdated_version_is_a_conflict(lab):
    maps = lab.kind("ConfigMap")
    old = maps.create(body={"metadata": {"name": "c"}, "data": {"a": "1"}}, namespace="default").to_dict()
    maps.patch(body={"metadata": {"name": "c"}, "data": {"a": "2"}}, namespace="default", content_type="application/merge-patch+json")
    with pytest.raises(exceptions.ConflictError, match="object has been modified"):
        maps.replace(body=old, namespace="default")


def test_the_api_asks_for_its_token_and_knows_its_clusters(lab):
    with pytest.raises(exceptions.UnauthorizedError):
        lab.connect("wrong")
    with pytest.raises(exceptions.NotFoundError):
        lab.connect("secret", "ffffffff-0000-4000-8000-000000000000")
    lab.down = True
    with pytest.raises(exceptions.ServiceUnavailableError):
        lab.kind("Pod").get(namespace="default")


def test_a_balancer_leads_to_ready_pods_only(lab):
    lab.apply(deployment(replicas=2))
    service = lab.apply(SERVICE)
    lab.settle()
    assert endpoints(service, lab.cluster.store.all("Pod")) == []
    lab.pods_become(ready=True)
    text = config(service, endpoints(service, lab.cluster.store.all("Pod")))
    assert "bind :80" in text and "192.168.100.10:80" in text and "192.168.100.11:80" in text


def test_a_service_shows_the_address_of_its_balancer(lab, monkeypatch):
    started: list[Any] = []
    removed: list[str] = []
    monkeypatch.setattr("lab.kubernetes.balancers.haproxy.start_lb", lambda *args, **_: started.append(args))
    monkeypatch.setattr("lab.kubernetes.balancers.haproxy.reload_lb", lambda *_: False)
    monkeypatch.setattr("lab.kubernetes.balancers.remove", lambda *names: removed.extend(names))
    balancers = Balancers(lab.cluster.store, PLACE, Addresses("192.168.0.0/16", BALANCERS), present=dict)
    lab.apply({**SERVICE, "spec": {**SERVICE["spec"], "loadBalancerIP": "192.168.10.222"}})
    balancers.run()
    balancers.run()
    assert [call[2] for call in started] == [[("net", "192.168.10.222")]]
    kept = lab.kind("Service").get(name="web", namespace="default")
    assert kept.status.loadBalancer.ingress[0].ip == "192.168.10.222"
    lab.kind("Service").delete(name="web", namespace="default")
    removed.clear()
    balancers.run()
    assert removed == ["lab-lb-0a1b2c3d-default-web"]


def test_clusters_come_and_go_with_the_control_plane(monkeypatch):
    told: list[Any] = []
    made: list[str] = []
    installed: list[list[str]] = []

    class Quiet:
        def __init__(self, place, cidr):
            made.append(f"{place.network} {place.router} {cidr}")

        def start(self):
            made.append("start")

        def has(self, addons):
            installed.append(list(addons))

        def discard(self):
            made.append("discard")

    clusters = Clusters("http://nowhere", Quiet)                        # type: ignore[arg-type]
    networks: set[str] = set()
    monkeypatch.setattr(Clusters, "_exists", staticmethod(lambda name: name in networks))
    monkeypatch.setattr(clusters, "_ask", lambda *args: told.append(args))
    world = {"vpcs": [{"id": "12345678-x", "cidrv4": "192.168.0.0/16"}],
             "clusters": [{"id": UUID, "name": "tickets", "fixed_network": "12345678-x", "status": "CREATE_IN_PROGRESS",
                           "addons": ["metrics_server"]}]}
    clusters.follow(world)
    assert made == [] and told == []                                    # its network is not real yet
    networks.add(network_of("12345678-x"))
    clusters.follow(world)
    assert made == ["lab-nhn-12345678 192.168.0.1 192.168.0.0/16", "start"]
    assert told == [("PUT", "/_lab/observed", {"clusters": {UUID: "CREATE_COMPLETE"}})] and installed == [["metrics_server"]]
    clusters.follow({**world, "clusters": []})
    assert made[-1] == "discard" and clusters.serving == {}
    assert router_of("192.168.0.0/16") == "192.168.0.1"


def test_faults_are_read_again_when_they_change(tmp_path):
    faults = Faults(tmp_path / "faults.json")
    assert "nhn" not in faults
    (tmp_path / "faults.json").write_text('{"nhn": {"since": 1}}')
    assert "nhn" in faults
    (tmp_path / "faults.json").unlink()
    assert "nhn" not in faults


def test_the_schema_is_what_the_official_client_says():
    assert schema_make.as_text(schema_make.describe()) == schema.SCHEMA_FILE.read_text()
