# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters and node groups through the modules: who counts the nodes, what changes after birth, what the service refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import iaas

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import CLUSTER, NETWORK, WALK

BORN: dict[str, Any] = {**CLUSTER[0][1], "node_count": 2}
GROUP: dict[str, Any] = {name: value for name, value in WALK["kubernetes_node_group"][0].items() if name != "autoscaler"}
SCALED: dict[str, Any] = {"min_nodes": 1, "max_nodes": 5}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a cluster of two nodes, new for every test."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    nhn.store.clusters.clear()
    nhn.make("kubernetes_cluster", **BORN)
    nhn.requests()
    return nhn


def workers(nhn: NhnCloud, name: str = "default-worker") -> dict[str, Any]:
    """A group as the emulator has it."""
    cluster = next(iter(nhn.store.clusters.values()))
    return next(group for group in cluster["_groups"].values() if group["name"] == name)


@pytest.mark.parametrize("kind", ["kubernetes_cluster", "kubernetes_node_group"])
def test_while_an_autoscaler_is_on_nobody_else_counts_the_nodes(kind: str, world: NhnCloud) -> None:
    options = BORN if kind == "kubernetes_cluster" else {**GROUP, "name": "default-worker"}
    assert world.make(kind, **{**options, "node_count": 3, "autoscaler": SCALED})["node_count"] == 3      # counted by hand, then it comes on
    workers(world)["node_count"] = 5                                                                      # what it does by itself
    world.requests()
    assert world.run(kind, **{**options, "node_count": 3, "autoscaler": SCALED}).result["action"] == "none"
    assert world.run(kind, **{**options, "node_count": 3}).result["action"] == "none"
    assert world.take_writes() == []
    now = world.make(kind, **{**options, "node_count": 2, "autoscaler": {"enabled": False}})
    assert (now["node_count"], now["autoscaler"]["enabled"], now["autoscaler"]["max_nodes"]) == (2, False, 5)
    writes = [write.rsplit("/", 1)[1] for write in world.take_writes()]
    assert writes == ["autoscale", "resize"]


def test_what_is_given_by_id_is_not_looked_up(world: NhnCloud) -> None:
    made = world.make("kubernetes_cluster", **BORN)
    world.requests()
    assert world.run("kubernetes_cluster", **{**BORN, **{name: made[name] for name in ("vpc", "subnet", "flavor")}}).result["action"] == "none"
    asked = [entry["path"] for entry in world.requests() if "tokens" not in entry["path"]]
    assert len(asked) == 2 and all("/clusters/" in path for path in asked)


def test_the_nodes_of_other_groups_are_not_counted_as_the_clusters_own(world: NhnCloud) -> None:
    world.make("kubernetes_node_group", **GROUP)
    assert next(iter(world.store.clusters.values()))["node_count"] == 4
    world.requests()
    assert world.run("kubernetes_cluster", **BORN).result["action"] == "none" and world.take_writes() == []
    assert len(set(next(iter(world.store.clusters.values()))["node_addresses"])) == 4


def test_an_unchanged_cluster_asks_for_itself_its_workers_its_subnets_and_the_flavors(world: NhnCloud) -> None:
    world.run("kubernetes_cluster", **BORN)
    asked = [entry["path"].rsplit("/", 1)[1] for entry in world.requests() if entry["path"] != "/identity/v2.0/tokens"]
    assert asked == ["cluster", "default-worker", "vpcsubnets", "flavors"]


def test_what_a_cluster_is_born_with_can_be_an_autoscaler(world: NhnCloud) -> None:
    world.make("kubernetes_cluster", **{**BORN, "name": "scaled", "autoscaler": {**SCALED, "scale_down_delay_minutes": 30}})
    labels = next(cluster["labels"] for cluster in world.store.clusters.values() if cluster["name"] == "scaled")
    assert (labels["ca_enable"], labels["ca_max_node_count"], labels["ca_scale_down_delay_after_add"]) == ("True", "5", "30")
    assert not world.run("kubernetes_cluster", **{**BORN, "name": "scaled", "autoscaler": SCALED}).changed


def test_addons_that_are_named_are_kept_and_others_left_alone(world: NhnCloud) -> None:
    def addons(*wanted: dict[str, Any]) -> Any:
        return world.run("kubernetes_cluster", name="cluster", addons=list(wanted))

    optional = {"name": "metrics_server", "version": "v0.4.4-nks2"}
    now = addons(optional).resource["addons"]
    assert {addon["name"]: addon["status"] for addon in now} == {
        "calico": "CREATE_COMPLETE", "coredns": "CREATE_COMPLETE", "metrics_server": "CREATE_COMPLETE"}
    world.requests()
    assert addons(optional, {"name": "nothing", "state": "absent"}).result["action"] == "none" and world.take_writes() == []
    now = addons({**optional, "state": "absent"}, {"name": "calico", "version": "v3.30.2-nks1"}).resource["addons"]
    assert {addon["name"]: addon["version"] for addon in now} == {"calico": "v3.30.2-nks1", "coredns": "1.8.4-nks1"}
    assert "addons[0].version: required to have metrics_server" in addons({"name": "metrics_server"}).result["msg"]


@pytest.mark.parametrize(("request_lost", "options"), [
    ("POST /kubernetes/v1/clusters/*/actions/resize", {"node_count": 3}),
    ("POST /kubernetes/v1/clusters/*/autoscale", {"autoscaler": SCALED}),
    ("POST /kubernetes/v1/clusters/*/addons/", {"addons": [{"name": "metrics_server", "version": "v0.4.4-nks2"}]}),
    ("PATCH /kubernetes/v1/clusters/*/addons/*", {"addons": [{"name": "coredns", "version": "1.8.4-nks2"}]})])
def test_a_lost_reply_to_a_change_is_looked_into_and_not_repeated(request_lost: str, options: dict[str, Any], world: NhnCloud) -> None:
    world.unkind(request_lost, status=504, after=True)
    outcome = world.run("kubernetes_cluster", **{**BORN, **options})
    assert outcome.changed and len(world.take_writes()) == 1 and world.orders() == []
    assert not world.run("kubernetes_cluster", **{**BORN, **options}).changed


def test_a_change_waits_for_the_one_that_goes_on(world: NhnCloud) -> None:
    next(iter(world.store.clusters.values())).update(status="UPDATE_IN_PROGRESS", _looks=-5)
    assert world.make("kubernetes_cluster", **{**BORN, "node_count": 3})["node_count"] == 3
    next(iter(world.store.clusters.values())).update(status="UPDATE_IN_PROGRESS", _looks=-5)
    assert world.make("kubernetes_node_group", **GROUP)["status"] == "CREATE_COMPLETE"
    next(iter(world.store.clusters.values())).update(status="UPDATE_IN_PROGRESS", _looks=-5)
    world.make("kubernetes_node_group", **GROUP, state="absent")


def test_of_two_clusters_of_one_name_each_is_reached_by_its_id(world: NhnCloud) -> None:
    first = next(iter(world.store.clusters.values()))
    second = {**copy.deepcopy(first), "uuid": "99999999-8888-4777-8666-555555555555", "api_address": "https://second:6443"}
    world.store.clusters[second["uuid"]] = second
    asked: list[tuple[str, dict[str, Any]]] = [
        ("kubernetes_cluster", BORN), ("kubernetes_cluster", {"name": "cluster", "state": "absent"}), ("kubernetes_config", {"name": "cluster"}),
        ("kubernetes_node_group", GROUP), ("kubernetes_node_group", {"cluster": "cluster", "name": "walk", "state": "absent"})]
    for kind, options in asked:
        for check in (True, False):
            refused = world.run(kind, check=check, **options)
            assert refused.result["failure"]["kind"] == "Ambiguous" and "Name it by id" in refused.result["msg"], refused.result
            assert first["uuid"] in refused.result["msg"] and second["uuid"] in refused.result["msg"]
    assert world.take_writes() == [] and len(world.run("kubernetes_cluster_info", name="cluster").result["resources"]) == 2
    named = {**BORN, "name": second["uuid"]}
    assert world.run("kubernetes_cluster", **named).result["action"] == "none" and world.take_writes() == []
    assert second["api_address"] in world.run("kubernetes_config", name=second["uuid"]).result["kubeconfig"]
    assert world.make("kubernetes_node_group", **{**GROUP, "cluster": second["uuid"]})["name"] == "walk"
    assert "walk" not in [group["name"] for group in first["_groups"].values()]
    assert world.make("kubernetes_cluster", **{**named, "node_count": 3})["name"] == "cluster"
    assert world.run("kubernetes_cluster", name=first["uuid"], state="absent").result["action"] == "delete"
    assert world.run("kubernetes_cluster", **{**BORN, "node_count": 3}).resource["id"] == second["uuid"]


def test_without_the_version_header_node_groups_are_refused_and_that_is_told(world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iaas, "KUBERNETES_HEADERS", {})
    failure = world.run("kubernetes_node_group", **GROUP).result["failure"]
    assert failure["answer"]["status"] == 406 and "container-infra latest" in failure["answer"]["words"]


def test_a_group_whose_nodes_do_not_come_up_is_a_failure_at_once(world: NhnCloud, slept: list[float]) -> None:
    world.make("kubernetes_node_group", **GROUP)
    workers(world, "walk").update(status="UPDATE_FAILED", status_reason="no host has room")
    outcome = world.run("kubernetes_node_group", **GROUP)
    assert outcome.result["failure"]["kind"] == "WentWrong" and "no host has room" in outcome.result["msg"] and sum(slept) < 60


@pytest.mark.parametrize(("kind", "options", "words"), [
    ("kubernetes_node_group", {**GROUP, "name": "default-worker", "state": "absent"}, ["default-worker goes with its cluster"]),
    ("kubernetes_node_group", {**GROUP, "name": "default-master"}, ["default-master is the control plane"]),
    ("kubernetes_node_group", {**GROUP, "autoscaler": {"min_nodes": 3, "max_nodes": 2, "pods": 0}},
     ["autoscaler.min_nodes: 3", "autoscaler.pods: 0"]),
    ("kubernetes_node_group", {**GROUP, "name": "new", "node_count": 4, "autoscaler": {"max_nodes": 3}}, ["node_count: 4 is not between"]),
    ("kubernetes_cluster", {**BORN, "autoscaler": {"scale_down_delay_minutes": 5, "scale_down_threshold_percent": 101}},
     ["autoscaler.scale_down_delay_minutes: 5", "autoscaler.scale_down_threshold_percent: 101"])])
def test_what_cannot_be_is_told_all_at_once_before_anything_is_touched(
    kind: str, options: dict[str, Any], words: list[str], world: NhnCloud,
) -> None:
    outcome = world.run(kind, **options)
    assert outcome.result["failure"]["kind"] == "BadInput" and all(word in outcome.result["msg"] for word in words)
    assert world.take_writes() == []


@pytest.mark.parametrize(("kind", "options", "words"), [
    ("kubernetes_cluster", {"node_count": 0}, "node_count: 0 is not from 1 to 10"), ("kubernetes_node_group", {"node_count": 11}, "node_count: 11"),
    ("kubernetes_cluster", {"autoscaler": {"min_nodes": 4}}, "autoscaler.min_nodes: 4 is more than max_nodes 3"),
    ("kubernetes_node_group", {"name": "default-worker", "autoscaler": {"min_nodes": 4}}, "autoscaler.min_nodes: 4 is more than max_nodes 3"),
    ("kubernetes_cluster", {"addons": [{"name": "coredns", "version": "1.8.4-nks1"}, {"name": "coredns", "version": "1.8.4-nks2"}]},
     "addons[1].name: coredns is there twice"),
    ("kubernetes_cluster", {"addons": [{"name": "ingress", "version": "v1"}]}, "addons[0]: there is no ingress v1; the service offers calico"),
    ("kubernetes_cluster", {"addons": [{"name": "coredns", "version": "9"}]}, "addons[0]: there is no coredns 9"),
    ("kubernetes_cluster", {"addons": [{"name": "calico", "state": "absent"}]}, "addons[0]: calico is the cni addon, which is mandatory"),
    ("kubernetes_cluster", {"name": "new", "addons": [{"name": "calico", "state": "absent"}]}, "addons[0]: calico is the cni addon")])
def test_what_the_service_would_refuse_is_refused_by_check_mode_too(kind: str, options: dict[str, Any], words: str, world: NhnCloud) -> None:
    world.make("kubernetes_cluster", **{**BORN, "autoscaler": {"enabled": False, "max_nodes": 3}})
    world.requests()
    wish = {**(BORN if kind == "kubernetes_cluster" else GROUP), **options}
    told = [world.run(kind, check=check, **wish) for check in (True, False)]
    assert [outcome.result["failure"]["kind"] for outcome in told] == ["BadInput"] * 2 and words in told[0].result["msg"]
    assert told[0].result["msg"] == told[1].result["msg"] and world.take_writes() == []


@pytest.mark.parametrize("kind", ["kubernetes_cluster", "kubernetes_node_group"])
def test_of_what_failed_nothing_is_foretold(kind: str, world: NhnCloud) -> None:
    failed = {"status": "UPDATE_FAILED", "status_reason": "no host has room"}
    next(iter(world.store.clusters.values())).update(failed)
    workers(world).update(failed)
    wish = BORN if kind == "kubernetes_cluster" else {**GROUP, "name": "default-worker"}
    for check in (True, False):
        for options in (wish, {**wish, "node_count": 1}):
            outcome = world.run(kind, check=check, **options)
            assert outcome.result["failure"]["kind"] == "WentWrong" and "no host has room" in outcome.result["msg"], outcome.result
    assert world.take_writes() == []


def test_a_group_without_its_cluster(world: NhnCloud) -> None:
    lonely = {**GROUP, "cluster": "nowhere"}
    assert world.run("kubernetes_node_group", check=True, **lonely).result["needs"] == ["kubernetes cluster nowhere"]
    assert "kubernetes cluster nowhere" in world.run("kubernetes_node_group", **lonely).result["msg"]
    assert world.run("kubernetes_node_group", **lonely, state="absent").result["action"] == "none"
    assert world.take_writes() == []


def test_looking_tells_groups_addons_and_versions_and_writes_nothing(world: NhnCloud) -> None:
    world.make("kubernetes_node_group", **GROUP)
    world.requests()
    told = world.run("kubernetes_cluster_info").result
    assert told["versions"] == ["v1.33.4", "v1.32.3", "v1.31.4"] and [each["name"] for each in told["resources"]] == ["cluster"]
    cluster = told["resources"][0]
    assert {group["name"]: group["node_count"] for group in cluster["node_groups"]} == {"default-worker": 2, "walk": 2}
    assert [addon["name"] for addon in cluster["addons"]] == ["calico", "coredns"] and cluster["node_count"] == 4
    assert world.run("kubernetes_cluster_info", name="nobody").result["resources"] == [] and world.take_writes() == []


def access(world: NhnCloud) -> dict[str, Any]:
    """From where the API may be reached, as the emulator has it."""
    return next(iter(world.store.clusters.values()))["_access"]


def test_the_api_is_open_to_those_who_are_named_and_to_its_own_subnet(world: NhnCloud) -> None:
    wish: dict[str, Any] = {**BORN, "api_allowed_cidrs": ["198.51.100.7", "203.0.113.9/24"]}
    assert world.make("kubernetes_cluster", **wish)["api_allowed_cidrs"] == ["198.51.100.7/32", "203.0.113.0/24"]
    assert [target["cidr_address"] for target in access(world)["ipacl_targets"]] == ["198.51.100.7/32", "203.0.113.0/24", "192.168.0.0/24"]
    world.requests()
    same = {**wish, "api_allowed_cidrs": ["203.0.113.0/24", "198.51.100.7/32", "192.168.0.0/24"]}
    for options in (wish, same, BORN):
        assert world.run("kubernetes_cluster", **options).result["action"] == "none"
    assert world.take_writes() == []
    assert world.make("kubernetes_cluster", **{**BORN, "api_allowed_cidrs": []})["api_allowed_cidrs"] == [] and access(world) == {}


def test_a_list_of_those_who_are_shut_out_is_not_taken_for_one_of_those_let_in(world: NhnCloud) -> None:
    next(iter(world.store.clusters.values()))["_access"] = {"action": "DENY", "ipacl_targets": [{"cidr_address": "198.51.100.7/32"}]}
    wish = {**BORN, "api_allowed_cidrs": ["198.51.100.7"]}
    foretold = world.run("kubernetes_cluster", check=True, **wish)
    assert foretold.result["diff"]["before"]["api_allowed_cidrs"] == ["everything but 198.51.100.7/32"]
    world.make("kubernetes_cluster", **wish)
    assert access(world)["action"] == "ALLOW"


def test_addresses_that_are_none_are_told_before_anything_is_sent(world: NhnCloud) -> None:
    outcome = world.run("kubernetes_cluster", **{**BORN, "api_allowed_cidrs": ["::1/64", "10.0.0.0/33", "10.0.0.1"]})
    assert outcome.result["failure"]["kind"] == "BadInput" and world.requests() == []
    assert all(f"api_allowed_cidrs[{n}]" in outcome.result["msg"] for n in (0, 1)) and "[2]" not in outcome.result["msg"]
    assert "101 are more" in world.run("kubernetes_cluster", **{**BORN, "api_allowed_cidrs": [f"10.0.0.{n}" for n in range(101)]}).result["msg"]
