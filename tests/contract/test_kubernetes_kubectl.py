# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's Kubernetes by a client that nobody here wrote: kubectl applies, follows a rollout, scales, describes, undoes, waits and removes."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.kubernetes.metrics import Counters
from lab.kubernetes.server import Application, make_server
from tests.contract import test_kubernetes_api
from tests.contract.test_k8s_app_role import Town
from tests.contract.test_kubernetes_api import SCALER, SERVICE, UUID, Lab

pytestmark = [pytest.mark.long, pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="there is no kubectl here; Debian unstable's package kubernetes-client has a current one")]
Kubectl = Callable[..., str]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(Lab(tmp_path / "kubernetes.jsonl"))
    made.images |= {"web:1", "web:2"}
    made.lab.cluster.has(["metrics_server"])
    yield made
    made.end()
    made.lab.server.shutdown()
    made.lab.server.server_close()


@pytest.fixture
def kubectl(town: Town, tmp_path: Path) -> Iterator[Kubectl]:
    """Runs kubectl against the town over TLS, as it sends its token by nothing else."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=lab", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = make_server("127.0.0.1", 0, Application({UUID: town.lab.cluster}, "secret", lambda: False), certificate=(certificate, key))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    cluster = {"server": f"https://127.0.0.1:{server.port}/clusters/{UUID}", "certificate-authority": str(certificate)}
    (tmp_path / "config").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "lab", "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "lab", "user": {"token": "secret"}}], "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}]}))

    def run(*words: str, given: dict[str, Any] | None = None, fails: bool = False) -> str:
        done = subprocess.run(["kubectl", "--kubeconfig", tmp_path / "config", "--cache-dir", tmp_path / "cache", *words], check=False, text=True,
                              capture_output=True, timeout=120, input=json.dumps(given) if given else None)
        assert (done.returncode != 0) is fails, f"kubectl {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    yield run
    server.shutdown()
    server.server_close()


def deployment(image: str = "web:1", **spec: Any) -> dict[str, Any]:
    """With its amounts as the API keeps them: another spelling of the same is a change to kubectl."""
    made = test_kubernetes_api.deployment(image, **spec)
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100m"}}
    return made


def images(town: Town) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in town.lab.cluster.store.all("Pod") if "deletionTimestamp" not in pod["metadata"]}


def test_a_rollout_from_beginning_to_end(town: Town, kubectl: Kubectl) -> None:
    assert "deployment.apps/web created" in kubectl("apply", "-f", "-", given=deployment(replicas=2))
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "deployment.apps/web unchanged" in kubectl("apply", "-f", "-", given=deployment(replicas=2))
    assert "deployment.apps/web configured" in kubectl("apply", "-f", "-", given=deployment("web:2", replicas=2))
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s") and images(town) == {"web:2"}
    assert kubectl("rollout", "history", "deployment/web").splitlines()[2:4] == ["1         <none>", "2         <none>"]
    assert "rolled back" in kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert images(town) == {"web:1"}
    assert "scaled" in kubectl("scale", "deployment/web", "--replicas=3")
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=30s")
    assert "deployment.apps/web   3/3     3            3" in kubectl("get", "deployments,pods")
    assert "3 desired | 3 updated | 3 total | 3 available" in kubectl("describe", "deployment", "web")
    assert "waiting to start: no output yet" in kubectl("logs", "deployment/web", fails=True)       # pods are objects here, and write nothing
    assert "deleted" in kubectl("delete", "deployment", "web", "--timeout=30s")
    kubectl("wait", "--for=delete", "pod", "--selector=app=web", "--timeout=30s")
    assert images(town) == set()


def test_a_rollout_that_hangs_is_not_called_done(town: Town, kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", given=deployment(replicas=2, progressDeadlineSeconds=2))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("set", "image", "deployment/web", "web=nowhere:1")
    assert "exceeded its progress deadline" in kubectl("rollout", "status", "deployment/web", "--timeout=60s", fails=True)
    assert images(town) == {"web:1", "nowhere:1"}


def test_an_autoscaler_is_described_with_its_figures(town: Town, kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=deployment(replicas=2))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    pods = [pod["metadata"]["uid"] for pod in town.lab.cluster.store.all("Pod")]
    for when, used in ((1000.0, 0.0), (1010.0, 0.8)):                       # 80 millicores of the 100 that are asked for
        town.lab.cluster.meter.sample(when, {uid: Counters(used, 2**20) for uid in pods})
    kubectl("apply", "-f", "-", given=SCALER)
    kubectl("wait", "--for=condition=ScalingActive", "hpa/web", "--timeout=40s")
    assert "80% (80m) / 80%" in kubectl("describe", "hpa", "web") and "cpu: 80%/80%" in kubectl("get", "hpa", "web")
    assert "80m" in kubectl("top", "pods")
    kubectl("apply", "-f", "-", given=SERVICE)
    kubectl("wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}=127.0.0.1", "service/web", "--timeout=30s")


def test_what_a_real_api_refuses_is_refused_in_its_words(kubectl: Kubectl) -> None:
    wrong = deployment()
    wrong["spec"]["replica"] = 2
    assert 'strict decoding error: unknown field "spec.replica"' in kubectl("apply", "-f", "-", given=wrong, fails=True)
    assert 'deployments.apps "web" not found' in kubectl("rollout", "status", "deployment/web", fails=True)
    kubectl("apply", "-f", "-", given=deployment(replicas=1))
    conflict = kubectl("apply", "--server-side", "--field-manager=another", "-f", "-", given=deployment("web:2", replicas=1), fails=True)
    assert "conflict" in conflict and ".spec.template.spec.containers" in conflict
    assert "FIELD: strategy <V1DeploymentStrategy>" in kubectl("explain", "deployment.spec.strategy")
