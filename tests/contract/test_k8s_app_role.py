# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role k8s_app against the lab's Kubernetes, by kubernetes.core: foretold, brought, brought again without a write, refused, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.journal import count_writes
from tests.contract.test_kubernetes_api import UUID, Lab

pytestmark = pytest.mark.long
GOOD, BAD = "shop@sha256:" + "a" * 64, "shop@sha256:" + "b" * 64
CANARY = "CANARY-77"


class Page(BaseHTTPRequestHandler):
    """What the load balancer would lead to: an application that can serve pages."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing is worth telling."""


class Town:
    """A cluster at work: its controllers run, images that are known become ready pods, and its load balancers have this machine's address."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.images = {GOOD}
        self.ended = threading.Event()
        self.pages = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        for run in (partial(self.pages.serve_forever, 0.02), self._work):
            threading.Thread(target=run, daemon=True).start()

    def _work(self) -> None:
        store = self.lab.cluster.store
        while not self.ended.wait(0.1):
            self.lab.cluster.controllers.run()
            for index, pod in enumerate(store.all("Pod")):
                if "deletionTimestamp" in pod["metadata"]:
                    store.drop(pod)
                else:
                    store.set_status(pod, self._status(pod, index))
            for service in store.all("Service"):
                store.set_status(service, {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}})

    def _status(self, pod: dict[str, Any], index: int) -> dict[str, Any]:
        container = pod["spec"]["containers"][0]
        once = pod["spec"]["restartPolicy"] == "Never"
        told = {"name": container["name"], "restartCount": 0, "ready": False, "image": container["image"], "imageID": ""}
        if container["image"] not in self.images:
            waiting = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{container["image"]}"'}}
            return {"phase": "Pending", "containerStatuses": [{**told, "state": waiting}]}
        if once:
            failed = "fail" in container.get("command", ())
            ended = {"terminated": {"exitCode": int(failed), "reason": "Error" if failed else "Completed", "finishedAt": "1970-01-01T00:00:01Z"}}
            return {"phase": "Failed" if failed else "Succeeded", "containerStatuses": [{**told, "state": ended}]}
        since = pod["status"].get("conditions", [{}])[0].get("lastTransitionTime", self.lab.cluster.store.now())
        return {"phase": "Running", "podIP": f"192.168.100.{10 + index}", "containerStatuses": [{**told, "ready": True, "state": {"running": {}}}],
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]}

    def end(self) -> None:
        self.ended.set()
        self.pages.shutdown()
        self.pages.server_close()

    def get(self, kind: str, name: str = "shop") -> dict[str, Any]:
        found = self.lab.cluster.store.get(kind, "" if kind == "Namespace" else "sales", name)
        assert found is not None, f"no {kind} {name}"
        return found

    def images_running(self) -> set[str]:
        return {pod["spec"]["containers"][0]["image"] for pod in self.lab.cluster.store.all("Pod", "sales")
                if pod["spec"]["restartPolicy"] == "Always" and pod["status"]["phase"] == "Running"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(Lab(tmp_path / "kubernetes.jsonl"))
    yield made
    made.end()
    made.lab.server.shutdown()
    made.lab.server.server_close()


def variables(town: Town) -> dict[str, Any]:
    """The role's, for an application of the town."""
    url = f"http://127.0.0.1:{town.lab.server.port}/clusters/{UUID}"
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "current-context": "lab",
                  "clusters": [{"name": "lab", "cluster": {"server": url}}], "users": [{"name": "lab", "user": {"token": "secret"}}],
                  "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}]}
    return {"k8s_app_cluster": "lab", "k8s_app_image": GOOD, "k8s_app_kubeconfig": kubeconfig, "k8s_app_name": "shop", "k8s_app_namespace": "sales",
            "k8s_app_settings": {"SITE": "nhn"}, "k8s_app_secrets": {"DATABASE_URL": CANARY}, "k8s_app_migrate": True,
            "k8s_app_migrate_secrets": {"DATABASE_URL": CANARY}, "k8s_app_service_port": town.pages.server_address[1],
            "k8s_app_wait_seconds": 20, "k8s_app_prove_wait_seconds": 5, "k8s_app_migrate_wait_seconds": 20}


def play(town: Town, folder: Path, entry: str = "main", fails: bool = False, check: bool = False, **more: Any) -> str:
    """Run one entry point of the role; everything ansible-playbook printed."""
    given = {**variables(town), **more}
    (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": {
        **given, "ansible_python_interpreter": sys.executable}, "tasks": [
            {"ansible.builtin.include_role": {"name": "multicloud.dr.k8s_app", "tasks_from": entry}}]}]), encoding="utf-8")
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), "-vv", "-i", "localhost,", str(folder / "play.json"),
                           *(["--check"] if check else [])], check=False, capture_output=True, text=True, timeout=240,
                          env={**os.environ, "HOME": str(folder), "ANSIBLE_NOCOLOR": "1"})
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode != 0) is fails, said[-3000:]
    assert CANARY not in said, "a secret was told"
    return said


def test_it_is_foretold_brought_and_brought_again_without_a_write(town: Town, tmp_path: Path) -> None:
    play(town, tmp_path, check=True)
    assert count_writes(town.lab.journal) == 0
    registry = {"host": "ncr.example.com", "user": "puller", "password": CANARY}
    more: dict[str, Any] = {"k8s_app_registry": registry, "k8s_app_scratch_paths": ["/tmp", "/var/cache/shop"],
                            "k8s_app_allowed_cidrs": ["192.168.0.0/16"],
                            "k8s_app_egress": [{"cidr": "10.0.0.0/16", "port": 3306}]}
    play(town, tmp_path, **more)
    pod = town.get("Deployment")["spec"]["template"]
    container = pod["spec"]["containers"][0]
    assert container["image"] == GOOD and container["securityContext"]["readOnlyRootFilesystem"] and pod["spec"]["securityContext"]["runAsNonRoot"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp", "/var/cache/shop"]
    assert len({mount["subPath"] for mount in container["volumeMounts"]}) == 2
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert [spread["topologyKey"] for spread in pod["spec"]["topologySpreadConstraints"]] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert pod["metadata"]["annotations"]["prometheus.io/path"] == "/metrics" and pod["metadata"]["annotations"]["prometheus.io/scrape"] == "true"
    assert pod["spec"]["imagePullSecrets"] == [{"name": "shop-pull"}] and town.get("Secret", "shop-pull")["type"] == "kubernetes.io/dockerconfigjson"
    border = town.get("NetworkPolicy")["spec"]
    assert border["ingress"][0]["from"] == [{"ipBlock": {"cidr": "192.168.0.0/16"}}] and border["egress"][1]["ports"][0]["port"] == 3306
    assert town.get("HorizontalPodAutoscaler")["spec"]["behavior"]["scaleUp"]["policies"][0] == {"type": "Percent", "value": 200, "periodSeconds": 15}
    assert town.get("Namespace", "sales")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    writes = count_writes(town.lab.journal)
    assert "changed=0" in play(town, tmp_path, **more) and count_writes(town.lab.journal) == writes
    play(town, tmp_path, check=True, **more)
    assert count_writes(town.lab.journal) == writes


def test_what_cannot_work_is_refused_whole_before_anything_is_sent(town: Town, tmp_path: Path) -> None:
    wrong = {"k8s_app_image": "shop:latest", "k8s_app_secrets": {"SESSION_KEYS": ""}, "k8s_app_replicas_max": 1, "k8s_app_cpu_request": "2",
             "k8s_app_live_path": "healthz",
             "k8s_app_allowed_cidrs": ["10.0.0.1/8"], "k8s_app_registry": {"host": "ncr.example.com", "user": "puller"}}
    said = play(town, tmp_path, fails=True, **wrong)
    for words in ("k8s_app_image: the tag of", "k8s_app_secrets.SESSION_KEYS: is empty", "k8s_app_cpu_request: 2 is more than",
                  "k8s_app_replicas_max: 1 is less than k8s_app_replicas_min, 2", "k8s_app_live_path: 'healthz' does not begin with /",
                  "k8s_app_allowed_cidrs[0]: 10.0.0.1/8 has host bits",
                  "k8s_app_registry.password: is missing", "Nothing was sent to the cluster"):
        assert words in said, words
    said = play(town, tmp_path, fails=True, check=True, k8s_app_kubernetes_version="v1.25.3")
    assert "Deployment/shop: spec.template.spec" in said and "unknown field" in said        # matchLabelKeys, and a sleep before stopping, are newer
    assert count_writes(town.lab.journal) == 0


def test_an_image_that_nobody_has_leaves_what_runs(town: Town, tmp_path: Path) -> None:
    play(town, tmp_path)
    said = play(town, tmp_path, fails=True, k8s_app_image=BAD, k8s_app_migrate=False, k8s_app_wait_seconds=6)
    assert "Deployment shop in namespace sales of cluster lab" in said and "ImagePullBackOff" in said and "What ran before still serves" in said
    assert "has timed out progressing" in said
    assert town.images_running() == {GOOD}
    full = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full", "namespace": "sales"}, "spec": {"hard": {"pods": "2"}}}
    town.lab.apply(full)                                        # those two serve
    said = play(town, tmp_path, fails=True, k8s_app_image="shop@sha256:" + "c" * 64, k8s_app_migrate=False, k8s_app_wait_seconds=6)
    assert "exceeded quota: full, requested: pods=1, used: pods=" in said and town.images_running() == {GOOD}
    play(town, tmp_path, k8s_app_migrate=False)                 # the way back is the image that ran before
    assert town.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] == GOOD


def test_a_migration_that_fails_stops_before_anything_that_serves_and_is_made_anew(town: Town, tmp_path: Path) -> None:
    play(town, tmp_path)
    failing: dict[str, Any] = {"k8s_app_migrate_command": ["shop", "fail"], "k8s_app_migrate_wait_seconds": 4}
    version = town.get("Deployment")["metadata"]["generation"]
    said = play(town, tmp_path, "schema", fails=True, **failing)
    assert "did not succeed within 4 s" in said and "was not touched and sells on" in said and '"exitCode": 1' in said.replace("\\", "")
    assert town.get("Deployment")["metadata"]["generation"] == version and town.images_running() == {GOOD}
    left = [job["spec"]["template"]["spec"]["containers"][0]["command"] for job in town.lab.cluster.store.all("Job", "sales")]
    assert left == [["ticketing", "migrate"]]
    play(town, tmp_path, "schema")
