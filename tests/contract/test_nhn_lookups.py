# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules that only look: they tell what was made in the words of the module that made it, all of it or the one that is named, and write nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import HOST, NETWORK, WALK

# What is made, by the module that keeps it; which of the looks answers for it; by what else it may be named; what only the look tells.
KEPT: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "vpc": ({"name": "vpc", "cidr": "192.168.0.0/16"}, ("id",), ("external",)),
    "subnet": (dict(NETWORK[1][1]), ("id",), ("free_addresses",)),
    "server": (dict(HOST[2][1]), ("id",), ("image", "created_at", "fault", "public_addresses", "security_groups", "volumes")),
    "floating_ip": ({"name": "bound", "port": "other"}, ("id", "address"), ()),
    "security_group": ({"name": "group", "rules": [{"protocol": "tcp", "port_min": 22, "remote_group": "group"}]}, ("id",), ()),
    "load_balancer": (WALK["load_balancer"][0], ("id",), ("operating_status",)),
    "registry": (WALK["registry"][0], ("id",), ()),
    "object_container": (WALK["object_container"][0], (), ()),
    "volume_snapshot": (WALK["volume_snapshot"][0], ("id",), ()),
}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with one of each, and something else of each."""
    if not nhn.store.vpcs:
        for kind, options in [*NETWORK, ("routing_table", {"name": "app", "vpc": "vpc", "subnets": ["app"], "gateway": "spare"}), *HOST]:
            nhn.make(kind, **options)
        for kind, (options, _, _) in KEPT.items():
            nhn.make(kind, **options)
            other = {**options, "name": "other"}
            if kind not in ("server", "floating_ip", "subnet", "vpc"):
                nhn.make(kind, **other)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("kind", KEPT)
def test_it_is_told_in_the_words_of_what_keeps_it(kind: str, world: NhnCloud) -> None:
    options, others, more = KEPT[kind]
    kept = world.make(kind, **options)
    world.requests()
    looked = world.run(f"{kind}_info", name=options["name"])
    assert not looked.failed and not looked.changed, looked.result.get("msg")
    [told] = looked.result["resources"]
    assert set(more) <= set(told)
    for listener in told.get("listeners", ()):
        assert {member.pop("status") for member in listener["members"]} == {"ACTIVE"}
    same = {"routing_table", "volume", "while_attached", "description"} if kind in ("subnet", "volume_snapshot") else set()
    assert {name: told.get(name) for name in kept if name not in same} == {name: kept[name] for name in kept if name not in same}
    for word in others:
        assert [each["id"] for each in world.run(f"{kind}_info", name=str(told[word])).result["resources"]] == [told["id"]]
    assert world.take_writes() == []


@pytest.mark.parametrize("kind", KEPT)
def test_all_are_told_in_order_and_nothing_is_no_fault(kind: str, world: NhnCloud) -> None:
    every = world.run(f"{kind}_info", check=True).result["resources"]
    assert len(every) > 1 or kind in ("server",)
    assert [each["name"] for each in every] == sorted(each["name"] for each in every)
    assert world.run(f"{kind}_info", name="no-such-thing").result["resources"] == []
    assert world.take_writes() == []


def test_the_network_that_leads_out_is_told_apart(world: NhnCloud) -> None:
    told = {each["name"]: each["external"] for each in world.run("vpc_info").result["resources"]}
    assert told["vpc"] is False and [name for name, external in told.items() if external] == ["Public Network"]


def test_a_server_is_told_with_where_it_is_reached_and_what_it_holds(world: NhnCloud) -> None:
    [told] = world.run("server_info", name="host").result["resources"]
    [floating] = world.run("floating_ip_info", name="bound").result["resources"]
    assert told["public_addresses"] == [floating["address"]] and told["addresses"] == [floating["fixed_address"]]
    assert told["ports"] == [floating["port"]] and told["volumes"] and told["security_groups"] == ["default"] and told["fault"] is None


def test_however_many_servers_there_are_two_requests_tell_them(world: NhnCloud) -> None:
    world.make("server", **{**HOST[2][1], "name": "second", "ports": ["port"]})
    world.requests()
    assert len(world.run("server_info").result["resources"]) == 2
    asked = [entry["path"] for entry in world.requests() if "tokens" not in entry["path"]]
    assert len(asked) == 2, asked
    world.make("server", name="second", state="absent")


def test_a_server_that_is_gone_and_still_listed_is_not_told(world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    [server] = [each for each in world.store.servers.values() if each["name"] == "host"]
    monkeypatch.setitem(server, "status", "SOFT_DELETED")
    assert world.run("server_info", name="host").result["resources"] == []


def test_a_member_that_does_not_pass_its_check_is_told(world: NhnCloud) -> None:
    member = next(iter(world.store.lbaas["member"].values()))
    healthy = member["operating_status"]
    member["operating_status"] = "INACTIVE"
    try:
        [told] = world.run("load_balancer_info", name="w").result["resources"]
    finally:
        member["operating_status"] = healthy
    statuses = [each["status"] for listener in told["listeners"] for each in listener["members"]]
    assert sorted(statuses) == ["ACTIVE", "ACTIVE", "INACTIVE"]


def test_containers_are_told_page_by_page(world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.multicloud.dr.plugins.module_utils.nhn import object_container

    monkeypatch.setattr(object_container, "PAGE", 1)
    assert [each["name"] for each in world.run("object_container_info").result["resources"]] == ["other", "w"]
