# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects held against the schemas of a version: every fault at once, and none of a Secret's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.kubernetes import manifests

ROLES = Path(__file__).parents[4] / "roles"
PORT: dict[str, Any] = {"containerPort": 80}


def deployment(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [{"name": "web", **container}]}}, **spec}}


def test_a_good_object_has_no_faults() -> None:
    assert manifests.faults([deployment({"image": "a:1", "ports": [PORT], "resources": {"limits": {"cpu": "1"}}})], "v1.32.3") == []


def test_every_fault_of_every_object_is_told() -> None:
    wrong = deployment({"imagee": "a:1", "ports": [{"containerPort": "80"}], "readinessProbe": {"httpGet": {}}}, replicas="2")
    assert manifests.faults([wrong, {"apiVersion": "apps/v1", "kind": "Deplyment", "metadata": {"name": "x"}}], "1.33") == [
        "Deployment/web: spec.replicas: must be integer, not '2'",
        "Deployment/web: spec.template.spec.containers[0]: unknown field imagee",
        "Deployment/web: spec.template.spec.containers[0].ports[0].containerPort: must be integer, not '80'",
        "Deployment/web: spec.template.spec.containers[0].readinessProbe.httpGet: port is missing",
        "Deplyment/x: Kubernetes 1.33 has no kind Deplyment in apps/v1",
    ]


def test_a_field_is_judged_by_the_version_it_is_sent_to() -> None:
    sleeping = deployment({"image": "a:1", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}})
    assert manifests.faults([sleeping], "v1.32.3") == []
    assert "lifecycle.preStop: unknown field sleep" in manifests.faults([sleeping], "v1.28.1")[0]


def test_what_a_secret_holds_is_told_to_nobody() -> None:
    told = manifests.faults([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": 771177}, "type": ["771177"]}], "v1.32.3")
    assert told == ["Secret/s: data.a: must be string", "Secret/s: type: must be string"]


@pytest.mark.parametrize(("version", "words"), [("newest", "is no version of Kubernetes"), ("v1.99.0", "no schema of Kubernetes 1.99 is installed")])
def test_a_version_nobody_has_a_schema_of_is_a_fault(version: str, words: str) -> None:
    assert words in manifests.faults([], version)[0] and len(manifests.faults([], version)) == 1


def test_what_is_judged_is_what_the_cluster_role_makes() -> None:
    versions = [yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text())[name] for role, name in
                (("k8s_app", "k8s_app_kubernetes_version"), ("nhn_kubernetes", "nhn_kubernetes_version"))]
    assert versions[0] == versions[1]
