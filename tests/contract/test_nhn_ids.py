# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is named by id is kept, changed, looked up and removed as what is named by name; an id that nothing has makes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import KEY, WALK, WORLD

# Known by what they are, or by their name alone; the names of the last two have no room for an id.
NO_IDS = {"route", "keypair", "object_container", "registry", "s3_credential", "rds_user", "rds_schema"}
BY_ID = [kind for kind in WALK if kind not in NO_IDS]
# Where the service allows several of one name: the table that holds them, and where their name stands.
TWINS = {"vpc": ("vpcs", "name"), "subnet": ("subnets", "name"), "security_group": ("security_groups", "name"), "port": ("ports", "name"),
         "floating_ip": ("floating_ips", "label"), "volume": ("volumes", "name"), "load_balancer": ("loadbalancer", "name")}
LOOKED_UP = ["vpc", "security_group", "floating_ip", "load_balancer"]


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with what the walked kinds live in."""
    if not nhn.store.vpcs:
        for kind, options in WORLD:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("kind", BY_ID)
def test_the_walk_by_id(kind: str, world: NhnCloud) -> None:
    """Unchanged, altered and dropped by id; nothing is renamed to its id, and nothing called so is made."""
    made, altered, _ = WALK[kind]
    there = world.make(kind, **made)
    by_id: dict[str, Any] = {**made, "name": there["id"]}
    if kind == "security_group":        # its rules name the group itself, by its name
        assert made["rules"][1] == {"remote_group": made["name"]}
    world.requests()
    assert (world.run(kind, **by_id).result.get("action"), world.take_writes()) == ("none", [])
    if altered:
        now = world.run(kind, **{**by_id, **altered})
        assert (now.result.get("action"), now.resource["id"], now.resource["name"]) == ("update", there["id"], there["name"]), now.result
        assert world.run(kind, **{**by_id, **altered}).result.get("action") == "none"
    gone = world.run(kind, **{**by_id, "state": "absent"})
    assert gone.result.get("action") == "delete", gone.result.get("msg")
    world.requests()
    refused = world.run(kind, **by_id)
    assert refused.failed and "That is the form of an id, and nothing here has it" in refused.result["msg"] and world.take_writes() == []
    assert world.run(kind, **{**by_id, "state": "absent"}).result.get("action") == "none"
    for container in world.store.containers.values():
        container["objects"].clear()


@pytest.fixture
def twins(request: pytest.FixtureRequest, world: NhnCloud) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """(kind, how one is made, it, another of its name)."""
    kind: str = request.param
    table, word = TWINS[kind]
    wish = {name: value for name, value in WALK[kind][0].items() if name not in ("port", "address", "rules")}
    first = world.make(kind, **{**wish, "name": "twin"})
    others = {"vpc": {"cidr": "10.3.0.0/16"}, "subnet": {"cidr": "192.168.79.0/24"}}.get(kind, {})
    second = world.make(kind, **{**wish, **others, "name": "twin-2"})
    rows = world.store.lbaas.get(table) or getattr(world.store, table)
    rows[second["id"]][word] = "twin"
    world.requests()
    yield kind, {**wish, **others}, first, second
    for one in (first, second):
        world.make(kind, **{**wish, "name": one["id"], "state": "absent"})


@pytest.mark.parametrize("twins", TWINS, indirect=True)
def test_of_two_of_one_name_the_advice_leads_to_one(world: NhnCloud, twins: tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    kind, wish, first, second = twins
    refused = world.run(kind, **{**wish, "name": "twin"})
    assert "Name it by id" in refused.result["msg"] and first["id"] in refused.result["msg"] and world.take_writes() == []
    assert world.run(kind, **{**wish, "name": second["id"]}).result.get("action") == "none" and world.take_writes() == []
    if kind in LOOKED_UP:
        assert [each["id"] for each in world.run(f"{kind}_info", name=second["id"]).result["resources"]] == [second["id"]]
        assert len(world.run(f"{kind}_info", name="twin").result["resources"]) == 2
    assert world.run(kind, **{**wish, "name": second["id"], "state": "absent"}).result.get("action") == "delete"
    assert world.run(kind, **{**wish, "name": "twin", **({"cidr": first["cidr"]} if "cidr" in first else {})}).resource["id"] == first["id"]


@pytest.mark.parametrize(("kind", "options"), [
    ("port", {"subnet": "edge"}), ("nat_gateway", {"subnet": "edge", "floating_ip": "free"}), ("load_balancer", {"subnet": "edge"})])
def test_a_second_vpc_of_the_name_counts_before_it_has_a_subnet(kind: str, options: dict[str, Any], world: NhnCloud) -> None:
    """Subnets alone were asked whose they are: things were made and removed in the first one without a word."""
    world.make(kind, name="before", vpc="vpc", **options)
    second = world.make("vpc", name="vpc-2", cidr="10.9.0.0/16")
    world.store.vpcs[second["id"]]["name"] = "vpc"
    world.requests()
    for check in (True, False):
        for wish in ({"name": "w", **options}, {"name": "before", "state": "absent"}):
            refused = world.run(kind, check=check, vpc="vpc", **wish)
            assert second["id"] in refused.result["msg"] and world.take_writes() == []
    world.make("vpc", name=second["id"], cidr="10.9.0.0/16", state="absent")
    world.make(kind, name="before", vpc="vpc", state="absent")


def test_what_is_called_like_an_id_of_another_is_not_meant_by_it(world: NhnCloud) -> None:
    mine = world.make("security_group", name="mine")
    theirs = world.make("security_group", name="theirs")
    world.store.security_groups[theirs["id"]]["name"] = mine["id"]
    assert world.make("security_group", name=mine["id"], description="by id")["id"] == mine["id"]
    assert world.make("port", name="of-mine", vpc="vpc", subnet="edge", security_groups=[mine["id"]])["security_groups"] == [mine["id"]]
    assert [each["id"] for each in world.run("security_group_info", name=mine["id"]).result["resources"]] == [mine["id"]]
    world.make("port", name="of-mine", vpc="vpc", state="absent")
    for one in (mine, theirs):
        world.make("security_group", name=one["id"], state="absent")


def test_a_name_that_is_an_id_is_a_name_where_the_service_gives_no_ids(world: NhnCloud) -> None:
    name = str(uuid.uuid4())
    assert world.make("object_container", name=name)["name"] == name and world.make("keypair", name=name, public_key=KEY)["name"] == name
    for kind in ("object_container", "keypair"):
        world.make(kind, name=name, state="absent")
