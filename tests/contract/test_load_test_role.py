# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role load_test with the real ab, an application of this machine, and the lab's Kubernetes beside it: one page, with what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.kubernetes.metrics import Counters
from tests.contract.release_world import play
from tests.contract.test_k8s_app_role import Town, variables
from tests.contract.test_kubernetes_api import SCALER, Lab, deployment

pytestmark = pytest.mark.long
ROLE = [{"ansible.builtin.include_role": {"name": "multicloud.dr.load_test"}}, {"ansible.builtin.debug": {"msg": "FIGURES {{ load_test_figures }}"}}]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(Lab(tmp_path / "kubernetes.jsonl"))
    made.images.add("web:1")
    cluster = made.lab.cluster
    cluster.has(["metrics_server"])
    cluster.store.put(cluster.store.born({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sales"}, "status": {"phase": "Active"}}))
    labels = {"app.kubernetes.io/name": "web", "app.kubernetes.io/component": "web"}
    thing = json.loads(json.dumps(deployment(replicas=2)).replace('{"app": "web"}', json.dumps(labels)).replace('"default"', '"sales"'))
    made.lab.apply(thing)
    made.lab.apply({**SCALER, "metadata": {"name": "web", "namespace": "sales"}})
    made.lab.settle()
    pods = [pod["metadata"]["uid"] for pod in cluster.store.all("Pod")]
    cluster.meter.sample(1000.0, {uid: Counters(0.0, 2**20) for uid in pods})
    cluster.meter.sample(1010.0, {uid: Counters(5.0, 2**20) for uid in pods})
    yield made
    made.end()
    made.lab.server.shutdown()
    made.lab.server.server_close()


def test_a_load_becomes_a_page(town: Town, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{town.pages.server_address[1]}"
    given = {"load_test_url": f"{url}/readyz", "load_test_requests": 400, "load_test_concurrency": 10, "load_test_pause_seconds": 1,
             "load_test_kubeconfig": variables(town)["k8s_app_kubeconfig"], "load_test_namespace": "sales", "load_test_deployment": "web",
             "load_test_folder": str(tmp_path / "reports")}
    said = play(tmp_path, ROLE, **given)
    assert "secret" not in said, "the kubeconfig was told"
    (told,) = (json.loads(path.read_text()) for path in (tmp_path / "reports").glob("*.json"))
    found = told["figures"]
    assert told["ab"]["complete"] == 400 and sum(one["requests"] for one in told["seconds"]) == 400
    assert found["ab_failed"] == 0 and found["ab_p50_ms"] is not None and found["ab_requests_per_second"] > 0
    assert found["replicas_most"] == 2 and found["cores_most"] == 1.0 and found["visitor_failed"] == 0
    (page,) = (tmp_path / "reports").glob("*.html")
    assert "<svg" in page.read_text() and "ab -q -n 400 -c 10" in page.read_text() and len(list((tmp_path / "reports").glob("*.svg"))) == 1
    (picture,) = (tmp_path / "reports").glob("*.png")
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and picture.stat().st_size > 10_000


def test_what_ab_cannot_do_is_refused(tmp_path: Path) -> None:
    said = play(tmp_path, ROLE, fails=True, load_test_url="http://127.0.0.1:9", load_test_concurrency=0)
    assert "has to be an http(s) address with a path" in said
