# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which DB instance a name means: that one and no neighbour whose name begins alike, though the service was seen to append to names."""

from __future__ import annotations

from typing import Any

import pytest

from lab.nhn.rds import instances
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

INSTANCE = DATABASE[2][1]
SHOP = {**INSTANCE, "name": "shop"}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with an instance called shop-copy, and none called shop."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE[:2]:
            nhn.make(kind, **options)
    for raw in list(nhn.store.rds_instances.values()):
        if raw["dbInstanceName"] != "shop-copy":
            del nhn.store.rds_instances[raw["dbInstanceId"]]
    if not nhn.store.rds_instances:
        nhn.make("rds_instance", **{**INSTANCE, "name": "shop-copy"})
    nhn.requests()
    return nhn


@pytest.fixture
def appending(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The service appends to the names of what it makes; what it appends may be altered."""
    told, plain = {"suffix": "-x7k2"}, instances._new_instance

    def new(store: Any, want: dict[str, Any], *more: Any) -> dict[str, Any]:
        return plain(store, {**want, "dbInstanceName": want["dbInstanceName"] + told["suffix"]}, *more)

    monkeypatch.setattr(instances, "_new_instance", new)
    return told


def names(cloud: NhnCloud) -> list[str]:
    return sorted(raw["dbInstanceName"] for raw in cloud.store.rds_instances.values())


def test_a_neighbour_that_is_called_alike_is_neither_taken_nor_altered(world: NhnCloud) -> None:
    for check in (True, False):
        outcome = world.run("rds_instance", check=check, **{**SHOP, "storage_gb": 40})
        assert outcome.result["failure"]["kind"] == "Ambiguous" and "shop-copy" in outcome.result["msg"]
    assert world.take_writes() == [] and names(world) == ["shop-copy"]


def test_a_neighbour_that_is_called_alike_is_never_removed(world: NhnCloud) -> None:
    for check in (True, False):
        assert world.run("rds_instance", name="shop", state="absent", check=check).result["action"] == "none"
    assert world.take_writes() == [] and names(world) == ["shop-copy"]


@pytest.mark.parametrize(("kind", "more"), [("rds_schema", {}), ("rds_user", {"authority": "READ", "password": "CANARY-1"}), ("rds_backup", {})])
def test_nothing_is_made_in_a_neighbour_that_is_called_alike(kind: str, more: dict[str, Any], world: NhnCloud) -> None:
    outcome = world.run(kind, instance="shop", name="orders", **more)
    assert outcome.failed and "database instance shop" in outcome.result["msg"] and world.take_writes() == []


def test_what_is_restored_from_is_not_a_neighbour_either(world: NhnCloud) -> None:
    wish = {**INSTANCE, "name": "again", "restore": {"instance": "shop", "time": "2026-01-31T12:00:00+09:00"}}
    assert "database instance shop" in world.run("rds_instance", **wish).result["msg"] and names(world) == ["shop-copy"]
    assert "There are: shop-copy" in world.run("rds_metric_info", instance="shop").result["msg"]


def test_a_name_that_the_service_appended_to_is_set_right(world: NhnCloud, appending: dict[str, str]) -> None:
    wish = {**INSTANCE, "name": "web"}
    made = world.make("rds_instance", **wish)
    assert made["name"] == "web" and names(world) == ["shop-copy", "web"]
    world.requests()
    assert world.run("rds_instance", **wish).result["action"] == "none" and world.take_writes() == []
    assert world.run("rds_instance", name="web", state="absent").result["diff"]["before"]["name"] == "web"
    assert names(world) == ["shop-copy"]


def test_what_a_run_left_that_was_stopped_before_it_could_set_the_name_right_is_told_and_not_built_twice(
        world: NhnCloud, appending: dict[str, str]) -> None:
    wish = {**INSTANCE, "name": "web"}
    world.unkind("POST /rds/v3.0/db-instances", status=504, after=True)
    for _ in range(2):
        outcome = world.run("rds_instance", **wish)
        assert outcome.result["failure"]["kind"] == "Ambiguous" and "web-x7k2" in outcome.result["msg"]
    assert names(world) == ["shop-copy", "web-x7k2"]
    assert world.run("rds_instance", **{**wish, "name": "web-x7k2"}).result["action"] == "none"


@pytest.mark.parametrize("refuses", [True, False])
def test_a_service_that_keeps_the_name_it_chose_is_told_by_that_name(refuses: bool, world: NhnCloud, appending: dict[str, str],
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    if refuses:
        world.unkind("PUT /rds/v3.0/db-instances/*", code=80400, message="The name cannot change.")
    else:
        plain = instances.checked
        monkeypatch.setattr(instances, "checked", lambda given, needs, may: {
            key: value for key, value in plain(given, needs, may).items() if needs or key != "dbInstanceName"})
    outcome = world.run("rds_instance", **{**INSTANCE, "name": "web"})
    assert outcome.failed and "web-x7k2" in outcome.result["msg"] and names(world) == ["shop-copy", "web-x7k2"]


def test_an_id_names_an_instance_and_never_renames_it(world: NhnCloud) -> None:
    identity = next(iter(world.store.rds_instances))
    outcome = world.run("rds_instance", **{**INSTANCE, "name": identity, "storage_gb": 40})
    assert outcome.resource["name"] == "shop-copy" and outcome.resource["storage_gb"] == 40
    assert names(world) == ["shop-copy"]
