# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a name means: that of exactly that name. Not another one that a URL makes of it, and nobody at all where it is empty."""

from __future__ import annotations

from pathlib import Path
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


@pytest.mark.parametrize("rule", [{"remote_group": ""}, {"protocol": "", "remote_cidr": "10.0.0.0/8"}])
def test_a_rule_with_an_empty_group_or_protocol_lets_nobody_in(rule: dict[str, Any], world: NhnCloud) -> None:
    for check in (True, False):
        outcome = world.run("security_group", check=check, name="group", rules=[{"protocol": "tcp", "port_min": 3306, **rule}])
        assert outcome.result["failure"]["kind"] == "BadInput" and f"rules[0].{next(iter(rule))}" in outcome.result["msg"]
    assert world.take_writes() == []


PLACES: dict[str, dict[str, Any]] = {
    "vpc": {}, "subnet": {"vpc": "vpc"}, "routing_table": {"vpc": "vpc"}, "internet_gateway": {}, "security_group": {}, "port": {"vpc": "vpc"},
    "keypair": {}, "server": {}, "floating_ip": {}, "nat_gateway": {"vpc": "vpc"}, "volume": {}, "volume_snapshot": {},
    "load_balancer": {"vpc": "vpc"}, "object_container": {}, "registry": {}, "kubernetes_cluster": {},
    "kubernetes_node_group": {"cluster": "cluster"}, "rds_instance": {}, "rds_user": {"instance": "database"},
    "rds_schema": {"instance": "database"}, "rds_security_group": {},
    "rds_parameter_group": {}, "rds_backup": {"instance": "database"}}


@pytest.mark.parametrize("kind", PLACES)
def test_nothing_is_made_or_removed_without_a_name(kind: str, world: NhnCloud) -> None:
    """A port that a server made for itself, a volume of somebody's: they have none."""
    for state in ("absent", "present"):
        outcome = world.run(kind, name="", state=state, **PLACES[kind])
        assert outcome.failed and "name: is empty" in outcome.result["msg"]
    assert world.take_writes() == []


def test_what_has_no_name_is_nobodys_vpc_and_nobodys_subnet(world: NhnCloud) -> None:
    subnet = next(iter(world.store.subnets.values()))
    before, subnet["name"] = subnet["name"], ""
    outcome = world.run("port", name="w", vpc="vpc", subnet="")
    subnet["name"] = before
    assert outcome.failed and world.take_writes() == []


def test_an_empty_image_is_no_image_and_a_half_made_one_is_not_taken(world: NhnCloud) -> None:
    server = {**WALK["server"][0], "name": "of-what"}
    assert "image: is empty" in world.run("server", check=True, **{**server, "image": ""}).result["msg"]
    world.store.images["queued"] = {"id": "queued", "name": "Debian 12 Bookworm half uploaded", "status": "queued", "visibility": "private",
                                    "created_at": "2999-01-01T00:00:00Z", "min_disk": 0, "tags": []}
    told = world.run("server", check=True, **{**server, "image": "Debian 12 Bookworm"})
    half = world.run("server", check=True, **{**server, "image": "Debian 12 Bookworm half uploaded"})
    del world.store.images["queued"]
    assert not told.failed and told.result["resource"]["image"] != "queued"
    assert half.failed and "image Debian 12 Bookworm half uploaded" in half.result["msg"] and "queued" in half.result["msg"]


@pytest.mark.parametrize("option", ["type", "zone"])
def test_an_empty_type_or_zone_is_none_of_those_there_are(option: str, world: NhnCloud) -> None:
    outcome = world.run("volume", name="of-where", size_gb=10, **{option: ""})
    assert outcome.failed and "The cloud offers" in outcome.result["msg"] and world.take_writes() == []


@pytest.mark.parametrize("profile", ["", "new\nline"])
def test_a_profile_that_no_file_can_hold_gets_no_keys(profile: str, world: NhnCloud, tmp_path: Path) -> None:
    outcome = world.run("s3_credential", credentials_file=str(tmp_path / "keys"), profile=profile, own=True)
    assert outcome.failed and "profile: " in outcome.result["msg"] and world.take_writes() == []


@pytest.mark.parametrize("name", [".", ".."])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_whole_account_is_no_container(state: str, name: str, world: NhnCloud) -> None:
    for check in (True, False):
        outcome = world.run("object_container", check=check, name=name, state=state)
        assert outcome.result["failure"]["kind"] == "BadInput" and world.requests() == []
