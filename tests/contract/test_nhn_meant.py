# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a name means: that of exactly that name. Not another one that a URL makes of it, and nobody at all where it is empty."""

from __future__ import annotations

from typing import Any

import pytest

from lab.nhn.kubernetes import clusters
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import CLUSTER, NETWORK, WALK

GROUP: dict[str, Any] = WALK["kubernetes_node_group"][0]
URLS = ["{}#old", "{}?x=1", "{}/", "./{}", "{0}/../{0}"]


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a network, and a cluster with two groups."""
    if not nhn.store.clusters:
        for kind, options in [*NETWORK, *CLUSTER]:
            nhn.make(kind, **options)
        nhn.make("kubernetes_node_group", **GROUP)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("check", [True, False])
def test_a_name_with_marks_of_urls_means_no_other_cluster_or_group(check: bool, url: str, world: NhnCloud) -> None:
    for kind, options in (("kubernetes_cluster", {}), ("kubernetes_node_group", {"cluster": "cluster"})):
        name = url.format("cluster" if kind == "kubernetes_cluster" else "walk")
        gone = world.run(kind, check=check, name=name, state="absent", **options)
        assert not gone.changed and not gone.failed, gone.result
    kept = world.run("kubernetes_node_group", check=check, **{**GROUP, "name": url.format("default-worker"), "node_count": 3})
    assert kept.result["failure"]["kind"] == "BadInput"
    elsewhere = world.run("kubernetes_node_group", check=check, name="walk", cluster=url.format("cluster"), state="absent")
    assert not elsewhere.changed and not elsewhere.failed
    assert world.take_writes() == []


@pytest.mark.parametrize("name", [*(url.format("cluster") for url in URLS), ".", "..", ""])
def test_nobody_gets_the_kubeconfig_of_another_cluster(name: str, world: NhnCloud) -> None:
    outcome = world.run("kubernetes_config", name=name)
    assert outcome.failed and "kubeconfig" not in outcome.result
    looked = world.run("kubernetes_cluster_info", name=name)
    assert looked.failed or looked.result["resources"] == []


def test_what_the_service_takes_for_a_name_and_is_called_otherwise_is_not_meant(world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that compares without regard to capitals answers so."""
    [cluster] = world.store.clusters.values()
    monkeypatch.setattr(clusters, "find_cluster", lambda _: cluster)
    monkeypatch.setitem(cluster, "name", "Cluster")
    gone = world.run("kubernetes_cluster", check=True, name="cluster", state="absent")
    assert not gone.changed and not gone.failed


@pytest.mark.parametrize("called", ["default-worker", "id"])
def test_the_first_workers_are_not_removed_by_name_nor_by_id(called: str, world: NhnCloud) -> None:
    [cluster] = world.store.clusters.values()
    first = next(group for group in cluster["_groups"].values() if group["is_default"])
    for check in (True, False):
        outcome = world.run("kubernetes_node_group", check=check, name=first["uuid"] if called == "id" else called, cluster="cluster", state="absent")
        assert outcome.failed and "goes with its cluster" in outcome.result["msg"]
    assert world.take_writes() == [] and first["uuid"] in cluster["_groups"]
