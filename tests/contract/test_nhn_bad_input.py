# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cannot work is answered with four facts: doing what, to what, what NHN said, what is left and what to do. Nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from lab.nhn.image import IMAGES
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import NETWORK, WALK

BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "a VPC that would leave its subnets outside": ("vpc", {"name": "vpc", "cidr": "10.0.0.0/16"}, "192.168."),
    "a subnet that has ports": ("subnet", {"name": "edge", "vpc": "vpc", "state": "absent"}, "ports have an IP"),
    "a VPC that has subnets": ("vpc", {"name": "vpc", "state": "absent"}, "subnets in use"),
}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a network."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("wrong", BAD)
def test_what_the_cloud_refuses_is_told_with_four_facts(wrong: str, world: NhnCloud) -> None:
    kind, options, words = BAD[wrong]
    before = len(world.store.vpcs), len(world.store.subnets)
    outcome = world.run(kind, **options)
    failure = outcome.result["failure"]
    assert outcome.failed and failure["kind"] == "Refused"
    assert failure["doing"].endswith(kind) and failure["to"] == options["name"]
    assert failure["answer"]["status"] in (400, 409) and words in failure["answer"]["words"]
    assert failure["left"] and failure["next"]
    assert (len(world.store.vpcs), len(world.store.subnets)) == before


def test_an_unknown_flavor_is_answered_with_those_there_are(world: NhnCloud) -> None:
    outcome = world.run("server", **{**WALK["server"][0], "flavor": "m9.huge"})
    assert outcome.failed and "flavor m9.huge" in outcome.result["msg"] and "m2.c1m2" in outcome.result["msg"]
    assert world.take_writes() == []


def test_an_unknown_volume_type_is_answered_with_those_there_are(world: NhnCloud) -> None:
    outcome = world.run("volume", name="bad", size_gb=10, type="Floppy")
    assert outcome.failed and "General SSD" in outcome.result["msg"] and world.take_writes() == []


def test_an_unknown_region_is_answered_with_those_there_are(world: NhnCloud) -> None:
    elsewhere = NhnCloud(world.url, world.store)
    elsewhere.auth["region"] = "MARS1"
    outcome = elsewhere.run("vpc", name="bad", cidr="10.0.0.0/16")
    assert outcome.failed and "region MARS1" in outcome.result["msg"] and "KR1" in outcome.result["msg"]


def test_a_log_in_password_is_not_the_api_password(world: NhnCloud) -> None:
    stranger = NhnCloud(world.url, world.store)
    stranger.auth["password"] = "CANARY-61"
    outcome = stranger.run("vpc", name="bad", cidr="10.0.0.0/16")
    failure = outcome.result["failure"]
    assert failure["answer"]["status"] == 401 and "API password" in failure["next"] and "CANARY" not in outcome.everything


def test_a_vpc_that_looks_are_narrowed_to_must_exist(world: NhnCloud) -> None:
    outcome = world.run("subnet_info", vpc="nowhere")
    assert outcome.failed and "There are:" in outcome.result["msg"] and "vpc" in outcome.result["msg"]


@pytest.mark.parametrize("kind, name", [("flavor", "m2.c2m4"), ("image", None), ("subnet", "edge"), ("volume_snapshot", None)])
def test_looking_tells_what_is_documented_and_writes_nothing(kind: str, name: str | None, world: NhnCloud) -> None:
    outcome = world.run(f"{kind}_info", **({"name": name} if name else {}))
    assert not outcome.failed, outcome.result["msg"]
    assert name is None or [found["name"] for found in outcome.result["resources"]] == [name]
    assert not any(entry["write"] for entry in world.requests())


# What is half made when the service refuses the rest: (kind, options, what is wrong, what this run had done by then).
HALF: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a group of which a rule is wrong": (
        "security_group", {"name": "half", "rules": [{"protocol": "tcp", "port_min": 1}, {"protocol": "tpc", "port_min": 2}]},
        "tpc", "create security group half"),
    "a volume that is not where its server is": (
        "volume", {"name": "half", "size_gb": 10, "zone": "kr-pub-b", "server": "there"}, "zone", "create volume half"),
}


@pytest.mark.parametrize("what", HALF)
def test_what_was_made_before_it_was_refused_is_told(what: str, world: NhnCloud) -> None:
    kind, options, words, done = HALF[what]
    if kind == "volume":
        world.make("server", **{**WALK["server"][0], "name": "there"})
    outcome = world.run(kind, **options)
    failure = outcome.result["failure"]
    assert words in failure["answer"]["words"] and failure["next"]
    assert f"Accepted from this run before, and not taken back: {done}" in failure["left"] and failure["left"] in outcome.result["msg"]
    world.make(kind, **{**options, "state": "absent"})
    if kind == "volume":
        world.make("server", name="there", state="absent")


def test_groups_of_a_port_that_filters_nothing_are_refused_however_it_came_to_that(world: NhnCloud) -> None:
    world.make("port", name="open", vpc="vpc", subnet="app", port_security=False)
    world.requests()
    for check in (True, False):
        refused = world.run("port", check=check, name="open", vpc="vpc", security_groups=["group"])
        assert "security_groups: must be empty when port_security is false" in refused.result["msg"] and world.take_writes() == []
    assert not world.run("port", name="open", vpc="vpc", subnet="app").changed
    world.make("port", name="open", vpc="vpc", state="absent")


def test_an_image_without_a_name_is_nobodys_choice_and_no_reason_to_fall_over(world: NhnCloud) -> None:
    nameless = {**next(iter(IMAGES.values())), "id": "0a0a0a0a-0000-4000-8000-00000000000a", "name": None}
    world.store.images[nameless["id"]] = nameless
    refused = world.run("server", **{**WALK["server"][0], "name": "w", "image": "Plan 9"})
    assert refused.result["failure"]["kind"] == "Absent" and "Debian 12 Bookworm" in refused.result["msg"]
    del world.store.images[nameless["id"]]


@pytest.mark.parametrize(("kind", "change", "way"), [
    ("server", {"flavor": "m2.c2m4"}, "it stops the server"), ("kubernetes_cluster", {"flavor": "m2.c4m8"}, "nhn_kubernetes_node_group"),
    ("kubernetes_cluster", {"version": "v1.31.4"}, "upgraded in the console")])
def test_nobody_is_told_to_remove_what_can_be_changed(kind: str, change: dict[str, Any], way: str, world: NhnCloud) -> None:
    born = {**WALK[kind][0], "name": "lasting"}
    world.make(kind, **born)
    world.requests()
    no = world.run(kind, **{**born, **change})
    assert no.result["failure"]["kind"] == "Unchangeable" and way in no.result["failure"]["next"] and "anew" not in no.result["msg"]
    assert world.take_writes() == []
    both = world.run(kind, **{**born, **change, "keypair": "another"})
    assert "anew" in both.result["msg"]
    world.make(kind, name="lasting", state="absent")


def test_a_snapshot_too_many_says_what_to_do(world: NhnCloud) -> None:
    world.make("volume", name="full", size_gb=10)
    told: dict[str, Any] = {}
    for number in range(20):
        if not told:
            told = world.run("volume_snapshot", name=f"full-{number}", volume="full").result.get("failure") or {}
    assert told["answer"]["status"] == 413 and "as many as it may" in told["next"] and told["left"] == "This request changed nothing."
    for number in range(20):
        world.make("volume_snapshot", name=f"full-{number}", state="absent")
    world.make("volume", name="full", state="absent")


def test_what_the_registry_refuses_says_what_to_do(world: NhnCloud) -> None:
    failure = world.run("registry", name="Upper Case").result["failure"]
    assert "illegal" in failure["answer"]["words"] and failure["next"]


def test_a_server_that_went_wrong_says_why(world: NhnCloud) -> None:
    made = world.make("server", **{**WALK["server"][0], "name": "doomed"})
    world.store.servers[made["id"]].update(status="ERROR", _doomed="No valid host was found.")
    assert "No valid host was found." in world.run("server", **{**WALK["server"][0], "name": "doomed"}).result["msg"]
    world.make("server", name="doomed", state="absent")
