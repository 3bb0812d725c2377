# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removing what is not well, or takes time to go: foretold as done, and awaited, so that what it stands on may go next."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import CLUSTER, NETWORK, WALK

VOLUME: dict[str, Any] = {"name": "disk", "size_gb": 10, "zone": "kr-pub-a"}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a network and a cluster."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + CLUSTER:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


def test_a_load_balancer_in_error_can_be_removed_and_nothing_else(world: NhnCloud) -> None:
    options = WALK["load_balancer"][0]
    world.make("load_balancer", **options)
    [raw] = world.store.lbaas["loadbalancer"].values()
    raw["provisioning_status"] = "ERROR"
    world.take_writes()
    assert world.run("load_balancer", **options).failed and world.take_writes() == []
    assert world.run("load_balancer", check=True, **options, state="absent").result["action"] == "delete" and world.take_writes() == []
    assert world.run("load_balancer", **options, state="absent").result.get("action") == "delete"
    assert not any(world.store.lbaas.values())          # gone, not going


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "CREATE_FAILED"])
def test_a_group_of_a_cluster_that_failed_can_be_removed(status: str, world: NhnCloud) -> None:
    options = WALK["kubernetes_node_group"][0]
    world.make("kubernetes_node_group", **options)
    [cluster] = world.store.clusters.values()
    cluster["status"] = status
    assert world.run("kubernetes_node_group", check=True, **options, state="absent").result["action"] == "delete"
    outcome = world.run("kubernetes_node_group", **options, state="absent")
    cluster["status"] = "CREATE_COMPLETE"
    assert outcome.result.get("action") == "delete", outcome.result
    assert [group["name"] for group in cluster["_groups"].values()] == ["default-worker"]


def test_a_cluster_that_goes_between_two_answers_is_gone(world: NhnCloud) -> None:
    made, altered, _ = WALK["kubernetes_cluster"]
    options = {**made, "addons": altered["addons"], "api_allowed_cidrs": ["10.0.0.0/16"], "name": "going"}
    world.make("kubernetes_cluster", **options)
    world.unkind("GET /kubernetes/v1/clusters/*/addons", status=404, times=9)
    world.unkind("GET /kubernetes/v1/clusters/*/api_ep_ipacl", status=404, times=9)
    outcome = world.run("kubernetes_cluster", **options, state="absent")
    assert outcome.result.get("action") == "delete", outcome.result
    world.kind()
    assert [cluster["name"] for cluster in world.store.clusters.values()] == ["cluster"]


def test_snapshots_and_their_volume_go_one_after_another(world: NhnCloud) -> None:
    world.make("volume", **VOLUME)
    for number in "123":
        world.make("volume_snapshot", name=f"disk-{number}", volume="disk")
    world.make("volume_snapshot", name="disk-1", state="absent")
    assert len(world.store.snapshots) == 2              # gone, not going
    world.make("volume_snapshot", name="disk-4", volume="disk")     # the third that there may be
    for number in "234":
        world.make("volume_snapshot", name=f"disk-{number}", state="absent")
    world.make("volume", **VOLUME, state="absent")
    assert not world.store.volumes and not world.store.snapshots


def test_what_an_earlier_run_let_go_is_waited_for(world: NhnCloud) -> None:
    world.make("volume", **VOLUME)
    for number in "123":
        world.make("volume_snapshot", name=f"disk-{number}", volume="disk")
    _let_go(world, "disk-1")
    outcome = world.run("volume_snapshot_rotation", volumes=[{"name": "disk", "keep": 3}], stamp="5")
    assert not outcome.failed, outcome.result["msg"]
    assert sorted(raw["name"] for raw in world.store.snapshots.values()) == ["disk-2", "disk-3", "disk-5"]
    for name in ("disk-2", "disk-3", "disk-5"):
        _let_go(world, name)
    assert world.run("volume", check=True, **VOLUME, state="absent").result["action"] == "delete"
    world.make("volume", **VOLUME, state="absent")
    assert not world.store.volumes


def _let_go(world: NhnCloud, name: str) -> None:
    """As a run that was stopped right after it had asked for it; it takes its time."""
    [raw] = [raw for raw in world.store.snapshots.values() if raw["name"] == name]
    raw.update(status="deleting", _looks=-3)


def test_a_volume_that_is_still_made_is_removed_once_it_is(world: NhnCloud) -> None:
    Iaas({**world.auth, "region": "KR1"}).call("POST", "volume", "/volumes", doing="make", json={"volume": {"name": "disk", "size": 10}})
    assert world.run("volume", check=True, name="disk", state="absent").result["action"] == "delete"
    outcome = world.run("volume", name="disk", state="absent")
    assert not outcome.failed and not world.store.volumes, outcome.result
