# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NKS of the emulator: what a create call must hold, the version header, and what becomes of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from .nhn_emulator_client import DEBIAN, WORKER, Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.store.close()


@pytest.fixture
def subnet(cloud: Cloud) -> Any:
    cloud.keypair()
    made = cloud.subnet(cloud.vpc(), "192.168.10.0/24", "app")
    cloud.gateway(cloud.default_table())
    return made


def test_a_cluster_is_created_slowly_and_has_a_kubeconfig(cloud: Cloud, subnet: Any) -> None:
    created = cloud.nks("POST", "/clusters", cloud.cluster_body(subnet))
    assert created.status == 202 and set(created.body) == {"uuid"}
    path = f"/clusters/{created['uuid']}"
    assert cloud.nks("GET", f"{path}/config").status == 400
    assert [cloud.nks("GET", path)["status"] for _ in range(2)] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    cluster = cloud.nks("GET", "/clusters/tickets").body
    assert {"uuid", "api_address", "node_addresses", "fixed_subnet", "coe_version", "health_status", "labels"} <= set(cluster)
    assert cluster["cluster_template_id"] != "iaas_console" and all(isinstance(value, str) for value in cluster["labels"].values())
    assert not {"api_address", "project_id", "fixed_network", "node_addresses", "created_at"} & set(cloud.nks("GET", "/clusters")["clusters"][0])
    config = yaml.safe_load(cloud.nks("GET", f"{path}/config")["config"])
    assert config["clusters"][0]["cluster"]["server"] == f"https://198.51.100.254:6443/clusters/{created['uuid']}"
    assert config["users"] == [{"name": "admin", "user": {"token": "kube-token"}}] and config["current-context"] == "default"


def test_node_groups_want_the_version_header(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    assert cloud.nks("GET", "/clusters", header=False).status == 200
    assert [cloud.nks("GET", f"{path}/nodegroups", header=header).status for header in (False, True)] == [406, 200]
    worker = cloud.nks("GET", f"{path}/nodegroups/default-worker")
    assert (worker["role"], worker["node_count"], worker["is_default"]) == ("worker", 2, True)
    assert cloud.nks("GET", f"{path}/nodegroups/default-master").status == 403


@pytest.mark.parametrize("careless", ["no addons", "no header"])
def test_a_careless_create_is_accepted_and_fails_later(cloud: Cloud, subnet: Any, careless: str) -> None:
    body = cloud.cluster_body(subnet)
    if careless == "no addons":
        del body["addons"]
    created = cloud.nks("POST", "/clusters", body, header=careless != "no header")
    path = f"/clusters/{created['uuid']}"
    assert [cloud.nks("GET", path)["status"] for _ in range(2)] == ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    assert cloud.nks("GET", path)["status_reason"] == "default-worker failed" and cloud.world()["clusters"] == []


def test_a_keypair_that_was_just_made_is_not_known_yet(cloud: Cloud, subnet: Any) -> None:
    cloud.keypair("fresh", known=False)
    body = {**cloud.cluster_body(subnet), "keypair": "fresh"}
    refused, taken = (cloud.nks("POST", "/clusters", body) for _ in range(2))
    assert refused.status == 403 and "Unable to find keypair fresh" in refused["errors"][0]["detail"] and taken.status == 202


def test_resizing_takes_a_look_and_keeps_others_out_meanwhile(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    want = {"nodegroup": "default-worker", "node_count": 3}
    assert cloud.nks("POST", f"{path}/actions/resize", want).status == 400          # still being created
    for _ in range(2):
        cloud.nks("GET", path)
    assert cloud.nks("POST", f"{path}/actions/resize", {**want, "node_count": 11}).status == 400
    assert cloud.nks("POST", f"{path}/actions/resize", want).status == 202
    assert cloud.nks("POST", f"{path}/actions/resize", want).status == 400
    seen = [cloud.nks("GET", path).body for _ in range(2)]
    assert [one["status"] for one in seen] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert seen[1]["node_count"] == 3 and len(set(seen[1]["node_addresses"])) == 3


def test_a_node_group_comes_and_goes(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    labels = {"availability_zone": "kr-pub-b", "boot_volume_type": "General SSD", "boot_volume_size": "20", "ca_enable": "False"}
    body = {"name": "extra", "flavor_id": cloud.flavor(), "image_id": WORKER, "node_count": 1, "labels": labels}
    for _ in range(2):
        cloud.nks("GET", path)
    assert {group["name"] for group in cloud.nks("GET", f"{path}/nodegroups")["nodegroups"]} == {"default-worker"}
    created = cloud.nks("POST", f"{path}/nodegroups", body)
    assert cloud.nks("GET", path)["node_count"] == 3 and len(set(cloud.nks("GET", path)["node_addresses"])) == 3
    assert {"uuid", "role", "min_node_count", "max_node_count"} <= set(created.body) and "status" not in created.body
    assert [cloud.nks("GET", f"{path}/nodegroups/extra")["status"] for _ in range(2)] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert [cloud.nks("POST", f"{path}/nodegroups", {**body, **other}).status for other in ({}, {"name": "b", "image_id": DEBIAN})] == [409, 400]
    assert [cloud.nks("DELETE", f"{path}/nodegroups/{name}").status for name in ("extra", "default-worker")] == [204, 400]
    assert [cloud.nks("GET", f"{path}/nodegroups/extra").status for _ in range(2)] == [200, 404]


def test_an_autoscaler_is_told_in_booleans_and_keeps_hands_off_the_nodes(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    for _ in range(2):
        cloud.nks("GET", path)
    scaler = f"{path}/nodegroups/default-worker/autoscale"
    assert cloud.nks("GET", scaler).body == {
        "ca_enable": False, "ca_pod_replicas": 1, "ca_max_node_count": 10, "ca_min_node_count": 1, "ca_scale_down_delay_after_add": 10,
        "ca_scale_down_enable": True, "ca_scale_down_unneeded_time": 10, "ca_scale_down_util_thresh": 50, "clusterautoscale": "nodegroupfeature"}
    assert cloud.nks("GET", scaler, header=False).status == 406
    for wrong in ({"ca_enable": True, "ca_max_node_count": 11}, {"ca_enable": True, "ca_min_node_count": 3, "ca_max_node_count": 2},
                  {"ca_enable": True, "ca_scale_down_delay_after_add": 9}, {"ca_max_node_count": 3}):
        assert cloud.nks("POST", scaler, wrong).status == 400
    assert cloud.nks("POST", scaler, {"ca_enable": "True", "ca_max_node_count": "3"}).status == 202      # as the table has it
    assert cloud.nks("POST", scaler, {"ca_enable": True}).status == 400                                    # still changing
    assert [cloud.nks("GET", f"{path}/nodegroups/default-worker")["status"] for _ in range(2)] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    group = cloud.nks("GET", f"{path}/nodegroups/default-worker")
    assert (group["labels"]["ca_enable"], group["max_node_count"], cloud.nks("GET", scaler)["ca_max_node_count"]) == ("True", 3, 3)
    refused = cloud.nks("POST", f"{path}/actions/resize", {"nodegroup": "default-worker", "node_count": 3})
    assert refused.status == 400 and "autoscaler" in refused["errors"][0]["detail"]


def test_a_cluster_never_goes_without_its_network_addon(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    for _ in range(2):
        cloud.nks("GET", path)
    addon = {"name": "metrics_server", "version": "v0.4.4-nks2"}
    assert [cloud.nks("POST", f"{path}/addons/", addon).status for _ in range(2)] == [202, 409]
    assert [cloud.nks("GET", f"{path}/addons")["addons"][2]["status"] for _ in range(2)] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert cloud.nks("PATCH", f"{path}/addons/calico", {"version": "v3.30.2-nks1", "resolve_conflicts": "overwrite"}).status == 202
    assert [cloud.nks("DELETE", f"{path}/addons/{name}").status for name in ("coredns", "metrics_server", "nothing")] == [400, 202, 404]


def test_a_cluster_holds_its_subnet_until_it_is_gone(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    assert cloud.net("DELETE", f"/vpcsubnets/{subnet['id']}").status == 409
    assert cloud.nks("DELETE", path).status == 204
    assert cloud.world()["clusters"] == []
    assert cloud.nks("GET", path)["status"] == "DELETE_IN_PROGRESS"
    assert cloud.nks("GET", path).status == 404
    assert cloud.net("DELETE", f"/vpcsubnets/{subnet['id']}").status == 204


@pytest.mark.parametrize(("field", "value", "status"), [
    ("cluster_template_id", "default", 400), ("name", "Tickets", 400), ("name", "a-name-of-more-than-20-characters", 400), ("keypair", "x", 403),
    ("node_count", 0, 400), ("node_count", 11, 400), ("flavor_id", "x", 400), ("fixed_subnet", "x", 400), ("fixed_network", "x", 400),
    ("addons", [{"name": "calico", "version": "v1"}], 400), ("addons", [{"name": "calico", "version": "v3.28.2-nks1"}], 400), ("size", 3, 400)])
def test_impossible_clusters_are_refused(cloud: Cloud, subnet: Any, field: str, value: Any, status: int) -> None:
    refused = cloud.nks("POST", "/clusters", cloud.cluster_body(subnet, **{field: value}))
    assert refused.status == status and set(refused.body) == {"errors"}


@pytest.mark.parametrize(("label", "value"), [
    ("kube_tag", "v1.29.3"), ("availability_zone", "x"), ("node_image", DEBIAN), ("boot_volume_type", "SSD"), ("boot_volume_size", 50),
    ("boot_volume_size", "10"), ("cert_manager_api", "False"), ("ca_enable", False), ("external_network_id", "x"),
    ("external_subnet_id_list", ""), ("colour", "red"), ("kube_tag", None)])
def test_impossible_labels_are_refused(cloud: Cloud, subnet: Any, label: str, value: Any) -> None:
    body = cloud.cluster_body(subnet)
    body["labels"][label] = value
    assert cloud.nks("POST", "/clusters", body).status == 400


def test_what_can_be_built_is_told(cloud: Cloud) -> None:
    supported = cloud.nks("GET", "/supports")["supported_k8s"]
    assert supported["v1.32.3"] is True and supported["v1.29.3"] is False
    assert {addon["type"] for addon in cloud.nks("GET", "/addons")["addons"]} >= {"cni", "kube-dns"}


def test_who_may_reach_the_api_is_said_in_words_and_its_own_subnet_always_may(cloud: Cloud, subnet: Any) -> None:
    path = f"/clusters/{cloud.nks('POST', '/clusters', cloud.cluster_body(subnet))['uuid']}"
    access = f"{path}/api_ep_ipacl"
    targets = [{"cidr_address": "192.168.0.5"}, {"cidr_address": "10.10.22.3/24", "description": "us"}]
    body: dict[str, Any] = {"enable": "True", "action": "ALLOW", "ipacl_targets": targets}
    assert cloud.nks("POST", access, body).status == 400                        # it is still being made
    while cloud.nks("GET", path)["status"] != "CREATE_COMPLETE":
        pass
    told = cloud.nks("GET", access).body
    assert (told["enable"], set(told)) == ("false", {"cluster_uuid", "enable"})
    for wrong in ({"enable": True}, {"action": None}, {"action": "SOME"}, {"ipacl_targets": []}, {"ipacl_targets": [{"cidr_address": "nowhere"}]},
                  {"action": "DENY", "ipacl_targets": [{"cidr_address": "192.168.0.0/16"}]}):
        assert cloud.nks("POST", access, {**body, **wrong}).status == 400, wrong
    assert set(cloud.nks("POST", access, body).body) == {"uuid"}
    assert cloud.nks("GET", path)["status"] == "UPDATE_IN_PROGRESS"
    told = cloud.nks("GET", access)
    assert (told["enable"], told["action"], told["ipacl_targets"]) == ("true", "ALLOW", [*targets, {"cidr_address": "192.168.10.0/24"}])
