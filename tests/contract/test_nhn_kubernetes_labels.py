# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What clusters and node groups are born with and the service takes as labels: the way out of their subnet, and each label in its documented type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.nhn.store import PUBLIC_NETWORK, PUBLIC_SUBNET
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_emulator_client import Cloud
from tests.contract.nhn_walk import CLUSTER, NETWORK, WALK

BORN: dict[str, Any] = CLUSTER[0][1]
GROUP: dict[str, Any] = WALK["kubernetes_node_group"][0]
INNER: dict[str, Any] = {**BORN, "public_endpoint": False}
VOLUME = {"volume_type": "General SSD", "volume_size": 10, "volume_mount_path": "/data"}


@pytest.fixture
def world(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud without a cluster. Subnet `edge` has a table with an internet gateway, `app` one without."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    nhn.store.clusters.clear()
    nhn.requests()
    yield nhn
    nhn.store.clusters.clear()


def labels(nhn: NhnCloud) -> dict[str, Any]:
    return dict(next(iter(nhn.store.clusters.values()))["labels"])


def test_a_cluster_that_nobody_outside_can_reach_still_names_the_way_out_of_its_subnet(world: NhnCloud) -> None:
    assert world.run("kubernetes_cluster", check=True, **INNER).result["action"] == "create"
    made = world.run("kubernetes_cluster", **INNER)
    assert not made.failed, made.result["msg"]
    sent = labels(world)
    assert sent["master_lb_floating_ip_enabled"] == "False"
    assert (sent["external_network_id"], sent["external_subnet_id_list"]) == (PUBLIC_NETWORK, PUBLIC_SUBNET)
    assert not world.run("kubernetes_cluster", **INNER).changed


@pytest.mark.parametrize("public", [True, False])
def test_without_a_way_out_service_gateways_are_needed_and_check_mode_says_so(public: bool, world: NhnCloud) -> None:
    shut = {**BORN, "public_endpoint": public, "subnet": "app"}
    foretold = world.run("kubernetes_cluster", check=True, **shut)
    assert foretold.result["needs"] == ["an internet gateway on the routing table of subnet app, or the labels ncr_sgw and obs_sgw"]
    refused = world.run("kubernetes_cluster", **shut)
    assert refused.result["failure"]["kind"] == "Absent" and "ncr_sgw" in refused.result["msg"] and world.take_writes() == []
    named = {**shut, "labels": {"ncr_sgw": "11111111-2222-4333-8444-555555555555", "obs_sgw": "11111111-2222-4333-8444-666666666666"}}
    assert not world.run("kubernetes_cluster", **named).failed
    assert ("external_network_id" in labels(world)) is public


@pytest.mark.parametrize("kind", ["kubernetes_cluster", "kubernetes_node_group"])
def test_each_label_is_sent_in_its_documented_type(kind: str, world: NhnCloud) -> None:
    given = {"extra_volumes": [{**VOLUME, "volume_size": "10"}], "extra_security_groups": [{"target_subnet": "s", "security_group_ids": "a,b"}],
             "mba_scale_out": {"enable": True, "rules": []}, "fip_auto_bind_enable": False, "user_script_v2": "#!/bin/sh\n"}
    if kind == "kubernetes_cluster":
        given |= {"pods_network_subnet": "24", "strict_sg_rules": True}
    else:
        world.make("kubernetes_cluster", **BORN)
    options = BORN if kind == "kubernetes_cluster" else GROUP
    made = world.run(kind, **options, labels=given)
    assert not made.failed, made.result["msg"]
    cluster = next(iter(world.store.clusters.values()))
    sent = next(group["labels"] for group in cluster["_groups"].values() if kind == "kubernetes_cluster" or group["name"] == options["name"])
    assert sent["extra_volumes"] == [VOLUME] and sent["extra_security_groups"] == [{"target_subnet": "s", "security_group_ids": "a,b"}]
    assert sent["mba_scale_out"] == '{"enable": true, "rules": []}' and sent["fip_auto_bind_enable"] == "False"
    if kind == "kubernetes_cluster":
        assert sent["pods_network_subnet"] == 24 and sent["strict_sg_rules"] == "True"


@pytest.mark.parametrize("kind", ["kubernetes_cluster", "kubernetes_node_group"])
def test_labels_of_another_shape_are_refused_before_anything_is_touched(kind: str, world: NhnCloud) -> None:
    options = BORN if kind == "kubernetes_cluster" else GROUP
    wrong = {"extra_volumes": [{"volume_size": "ten", "size": 3}], "extra_security_groups": "a,b", "user_script_v2": None}
    outcome = world.run(kind, **options, labels=wrong)
    assert outcome.result["failure"]["kind"] == "BadInput" and world.take_writes() == []
    for words in ("labels.extra_volumes[0].volume_size: 'ten' is no whole number", "labels.extra_volumes[0].size: ",
                  "labels.user_script_v2: ", "labels.extra_security_groups: must be a list"):
        assert words in outcome.result["msg"]
    outcome = world.run(kind, check=True, **options, labels={"pods_network_subnet": "wide"})
    told = "'wide' is no whole number" if kind == "kubernetes_cluster" else "is a label of clusters, and none of node groups"
    assert f"labels.pods_network_subnet: {told}" in outcome.result["msg"]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.keypair()
    yield made
    made.store.close()


@pytest.fixture
def body(cloud: Cloud) -> dict[str, Any]:
    """What makes a good cluster."""
    subnet = cloud.subnet(cloud.vpc(), "192.168.10.0/24", "app")
    cloud.gateway(cloud.default_table())
    return cloud.cluster_body(subnet)


@pytest.mark.parametrize(("label", "value"), [
    ("extra_volumes", "[{'volume_type': 'General SSD'}]"), ("extra_volumes", ["/data"]), ("extra_volumes", [{"volume_size": "10"}]),
    ("extra_volumes", [{"size": 10}]), ("extra_security_groups", "a,b"),
    ("extra_security_groups", [{"target_subnet": "s", "security_group_ids": ["a"]}]),
    ("extra_security_groups", [{"target_subnet": "s", "security_group_ids": ",".join("abcdefghi")}]), ("pods_network_subnet", "24"),
    ("pods_network_subnet", 19), ("strict_sg_rules", True), ("mba_scale_out", {"enable": True})])
def test_labels_of_another_type_are_refused(cloud: Cloud, body: dict[str, Any], label: str, value: Any) -> None:
    body["labels"][label] = value
    assert cloud.nks("POST", "/clusters", body).status == 400


@pytest.mark.parametrize("ranges", [
    {"pods_network_cidr": "169.254.0.0/17"}, {"pods_network_cidr": "198.18.0.0/16"}, {"pods_network_cidr": "10.100.0.0/25"},
    {"service_cluster_ip_range": "10.100.7.0/24"}, {"pods_network_cidr": "192.168.0.0/16"},
    {"pods_network_cidr": "10.100.0.0/23", "pods_network_subnet": 24}, {"service_cluster_ip_range": "here"}])
def test_ranges_that_clash_are_refused(cloud: Cloud, body: dict[str, Any], ranges: dict[str, Any]) -> None:
    body["labels"].update({"pods_network_cidr": "10.100.0.0/16", "service_cluster_ip_range": "10.254.0.0/16", **ranges})
    assert cloud.nks("POST", "/clusters", body).status == 400
    body["labels"].update({"pods_network_cidr": "10.100.0.0/16", "service_cluster_ip_range": "10.254.0.0/16", "pods_network_subnet": 24})
    assert cloud.nks("POST", "/clusters", body).status == 202


SECRETS = {"user_script_v2": "#!/bin/sh\necho CANARY-9\n", "boot_volume_appkey": "CANARY-8", "skm": {"key_id": "CANARY-3"},
           "extra_volumes": [{**VOLUME, "volume_appkey": "CANARY-4"}], "strict_sg_rules": "False", "pods_network_subnet": 24}


@pytest.mark.parametrize("check", [True, False])
def test_what_labels_hold_that_is_secret_is_never_said_and_the_rest_blots_nothing_out(check: bool, world: NhnCloud) -> None:
    subnet = next(subnet["id"] for subnet in world.store.subnets.values() if subnet["name"] == "edge")
    given = {**SECRETS, "ncr_sgw": subnet[:8]} if check else SECRETS
    made = world.run("kubernetes_cluster", check=check, **BORN, labels=given)
    assert not made.failed, made.result["msg"]
    assert "CANARY" not in made.everything and made.result["resource"]["subnet"] == subnet
    assert made.result["invocation"]["module_args"]["labels"]["strict_sg_rules"] == "False"
    if not check:
        assert labels(world)["user_script_v2"] == SECRETS["user_script_v2"] and labels(world)["boot_volume_appkey"] == "CANARY-8"
    told = world.run("kubernetes_cluster", check=True, **{**BORN, "name": "other", "labels": {**SECRETS, "extra_volumes": "CANARY-5"}})
    assert told.failed and "CANARY-3" not in told.everything


def test_the_secrets_of_a_groups_labels_are_never_said(world: NhnCloud) -> None:
    world.make("kubernetes_cluster", **BORN)
    own = {name: SECRETS[name] for name in ("user_script_v2", "boot_volume_appkey", "extra_volumes")}
    for check in (True, False):
        made = world.run("kubernetes_node_group", check=check, **GROUP, labels=own)
        assert not made.failed and "CANARY" not in made.everything, made.result


@pytest.mark.parametrize(("label", "value", "option"), [
    ("kube_tag", "v1.31.4", "version"), ("availability_zone", "kr-pub-b", "zone"), ("node_image", "x", "image"),
    ("boot_volume_size", 100, "volume_gb"), ("ca_enable", True, "autoscaler"), ("ca_max_node_count", 3, "autoscaler"),
    ("master_lb_floating_ip_enabled", False, "public_endpoint")])
@pytest.mark.parametrize("kind", ["kubernetes_cluster", "kubernetes_node_group"])
def test_a_label_that_an_option_says_is_refused(kind: str, label: str, value: Any, option: str, world: NhnCloud) -> None:
    outcome = world.run(kind, check=True, **(BORN if kind == "kubernetes_cluster" else GROUP), labels={label: value})
    assert outcome.failed and f"labels.{label}: is what option {option} says" in outcome.result["msg"]


RANGES: dict[str, tuple[dict[str, Any], str]] = {
    "pods over services": ({"pods_network_cidr": "10.254.0.0/17"}, "labels.service_cluster_ip_range: 10.254.0.0/16 overlaps 10.254.0.0/17"),
    "pods over the subnet": ({"pods_network_cidr": "192.168.0.0/20"}, "labels.pods_network_cidr: 192.168.0.0/20 overlaps 192.168.0.0/24 of subnet"),
    "pods over the service's own": ({"pods_network_cidr": "198.18.16.0/20"}, "198.18.0.0/19"),
    "services that are link-local": ({"service_cluster_ip_range": "169.254.8.0/24"}, "169.254.0.0/16"),
    "services too few": ({"service_cluster_ip_range": "10.254.0.0/25"}, "smaller than a /24"),
    "a node with too few pods": ({"pods_network_subnet": 30}, "labels.pods_network_subnet: 30 is not from 20 to 28"),
    "a node with all pods": ({"pods_network_cidr": "10.100.0.0/23"}, "labels.pods_network_subnet: 24"),
    "no range": ({"pods_network_cidr": "many"}, "labels: "),
}


@pytest.mark.parametrize("what", RANGES)
def test_ranges_that_cannot_be_are_refused_in_check_mode_as_in_a_run(what: str, world: NhnCloud) -> None:
    given, words = RANGES[what]
    told = [world.run("kubernetes_cluster", check=check, **BORN, labels=given) for check in (True, False)]
    assert told[0].failed and words in told[0].result["msg"] and told[0].result["msg"] == told[1].result["msg"], told[0].result["msg"]
    assert world.take_writes() == []
    assert not world.run("kubernetes_cluster", check=True, **BORN, labels={"pods_network_cidr": "10.96.0.0/16", "pods_network_subnet": 25}).failed
