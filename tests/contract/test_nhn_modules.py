# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every nhn_* module through the same steps against the emulator: predicted first, then done, with the writes on the wire counted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import ACTS, LOOK_AT, LOOKS, MORE_REQUESTS, REQUESTS, TO_LOOK_AT, WALK, WORLD


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with what the walked kinds live in."""
    if not nhn.store.vpcs:
        for kind, options in WORLD:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


def reordered(options: dict[str, Any]) -> dict[str, Any]:
    """The same wish with every list the other way round."""
    return {name: value[::-1] if isinstance(value, list) and name != "ports" else value for name, value in options.items()}


def test_every_module_walks() -> None:
    modules = {path.stem.removeprefix("nhn_") for path in Path("plugins/modules").glob("nhn_*.py")}
    assert modules - LOOKS - ACTS == set(WALK)


@pytest.mark.parametrize("kind", WALK)
def test_on_an_empty_world_check_mode_predicts_and_writes_nothing(kind: str, nhn: NhnCloud) -> None:
    outcome = nhn.run(kind, check=True, **WALK[kind][0])
    assert not outcome.failed and outcome.changed
    assert nhn.take_writes() == []


@pytest.mark.parametrize("kind", WALK)
def test_walk(kind: str, world: NhnCloud) -> None:
    made, altered, fixed = WALK[kind]
    steps = [(made, "create"), (reordered(made), "none")]
    if altered:
        steps += [({**made, **altered}, "update"), (reordered({**made, **altered}), "none")]
    steps += [({**made, "state": "absent"}, "delete"), ({**made, "state": "absent"}, "none")]
    for options, action in steps:
        changes = action != "none"
        if action == "delete" and fixed:
            refused = world.run(kind, **{**made, **altered, **fixed})
            assert refused.failed and refused.result["failure"]["kind"] == "Unchangeable"
            assert next(iter(fixed)) in refused.result["msg"] and world.take_writes() == []
        predicted = world.run(kind, check=True, **options)
        assert (predicted.result.get("action"), world.take_writes()) == (action, []), predicted.result.get("msg")
        done = world.run(kind, **options)
        assert (done.result.get("action"), done.changed) == (action, changes), done.result.get("msg")
        sent = world.requests()
        assert any(entry["write"] for entry in sent) is changes
        if not changes:
            asked = [entry["path"] for entry in sent if entry["path"] not in ("/identity/v2.0/tokens", "/oauth2/token/create")]
            assert len(asked) <= MORE_REQUESTS.get(kind, REQUESTS), asked
        assert done.result["diff"] == predicted.result["diff"]
        assert "CANARY" not in done.everything + predicted.everything


# What takes time to be made, and how it is told once it can be used.
USABLE = {"nat_gateway": {"ACTIVE"}, "server": {"ACTIVE"}, "volume": {"available"}, "volume_snapshot": {"available"}, "load_balancer": {"ACTIVE"},
          "floating_ip": {"ACTIVE"}, "rds_instance": {"AVAILABLE"}, "rds_backup": {"COMPLETED"}, "rds_user": {"STABLE"}, "rds_schema": {"STABLE"},
          "kubernetes_cluster": {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, "kubernetes_node_group": {"CREATE_COMPLETE", "UPDATE_COMPLETE"}}


@pytest.mark.parametrize("kind", USABLE)
def test_what_is_made_can_be_used_when_the_task_ends(kind: str, world: NhnCloud) -> None:
    made, altered, _ = WALK[kind]
    try:
        assert world.make(kind, **made)["status"] in USABLE[kind]
        if altered and kind != "floating_ip":           # its alteration sets it free
            assert world.make(kind, **{**made, **altered})["status"] in USABLE[kind] | {"in-use"}
    finally:
        world.make(kind, **{**made, "state": "absent"})
        for container in world.store.containers.values():
            container["objects"].clear()


def asked(world: NhnCloud) -> list[str]:
    """What was asked for since the last look, beyond the log-in."""
    return [entry["path"] for entry in world.requests() if entry["path"] != "/identity/v2.0/tokens"]


def test_looking_stays_within_its_requests_and_the_page_names_what_does_not(world: NhnCloud) -> None:
    for kind in TO_LOOK_AT:
        world.make(kind, **WALK[kind][0])
    world.requests()
    sent = {}
    for kind, options in LOOK_AT.items():
        outcome = world.run(kind, **options)
        assert not outcome.failed and outcome.result.get("resources", [1]), kind
        sent[kind] = asked(world)
    assert {kind: paths for kind, paths in sent.items() if len(paths) > MORE_REQUESTS.get(kind, REQUESTS)} == {}
    assert not world.run("volume_snapshot_rotation", check=True, volumes=[{"name": "data", "keep": 9}], stamp="1").failed
    assert len(asked(world)) <= REQUESTS
    for kind in reversed(TO_LOOK_AT):
        world.make(kind, **{**WALK[kind][0], "state": "absent"})
    page = Path("docs/nhn.md").read_text(encoding="utf-8").split("requests beyond the log-in, except")[1].split("## What was measured")[0]
    assert {name: int(most) for name, most in re.findall(r"(?m)^\| `nhn_(\w+)` \| (\d+) \|", page)} == MORE_REQUESTS


def test_a_volume_that_names_all_it_can_stays_within_three_requests(world: NhnCloud) -> None:
    world.make("volume_snapshot", name="of-data", volume="data", while_attached=True)
    wish: dict[str, Any] = {"name": "full", "size_gb": 20, "type": "General SSD", "zone": "kr-pub-a", "snapshot": "of-data", "server": "host"}
    world.make("volume", **wish)
    world.requests()
    assert world.run("volume", **wish).result["action"] == "none"
    assert len(asked(world)) <= REQUESTS
    world.make("volume", name="full", state="absent")
    world.make("volume_snapshot", name="of-data", state="absent")


@pytest.mark.parametrize("then", [{"subnet": "edge"}, {"subnet": "edge", "weight": 5}, {"weight": 5}])
def test_what_a_member_is_is_what_was_asked(then: dict[str, Any], world: NhnCloud) -> None:
    """No call changes the subnet of a member: it is made anew, its neighbour untouched."""
    def wish(**said: Any) -> dict[str, Any]:
        return {"name": "lb", "vpc": "vpc", "subnet": "app", "listeners": [{"port": 80, "protocol": "TCP", "members": [
            {"address": "192.168.0.23", "port": 80, **said}, {"address": "192.168.10.24", "port": 80}]}]}

    world.make("load_balancer", **wish())
    world.requests()
    foretold = world.run("load_balancer", check=True, **wish(**then))
    done = world.run("load_balancer", **wish(**then))
    assert (foretold.result["action"], done.result["action"], done.result.get("diff")) == ("update", "update", foretold.result["diff"])
    assert len(world.take_writes()) == (2 if "subnet" in then else 1)
    assert world.run("load_balancer", **wish(**then)).result["action"] == "none" and world.take_writes() == []
    world.make("load_balancer", **wish(), state="absent")


BROKEN: dict[str, tuple[str, str, dict[str, str]]] = {         # kind: the table that holds it, its id, what it is told as
    "server": ("servers", "id", {"status": "ERROR", "_doomed": "No valid host was found."}), "volume": ("volumes", "id", {"status": "error"}),
    "kubernetes_cluster": ("clusters", "uuid", {"status": "UPDATE_FAILED", "status_reason": "boom"})}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_no_good_news_in_a_check_either(kind: str, world: NhnCloud) -> None:
    table, word, told = BROKEN[kind]
    wish = dict(WORLD)[kind]
    row = next(raw for raw in getattr(world.store, table).values() if wish["name"] == raw["name"] and raw[word])
    before = {name: row.get(name) for name in told}
    row.update(told)
    outcomes = [world.run(kind, check=check, **wish) for check in (True, False)]
    row.update(before)
    for outcome in outcomes:
        assert outcome.result["failure"]["kind"] == "WentWrong" and all(text in outcome.result["msg"] for text in told.values())
    assert world.take_writes() == [] and world.run(kind, **wish).result["action"] == "none"


def test_a_volume_outlives_the_snapshot_it_was_made_of(world: NhnCloud) -> None:
    """A rotation removes snapshots; what was restored of one stays as it is. What is certainly of another one is still refused."""
    for name in ("first", "second"):
        world.make("volume_snapshot", name=name, volume="data", while_attached=True)
    wish: dict[str, Any] = {"name": "restored", "size_gb": 10, "snapshot": "first"}
    made_of = world.make("volume", **wish)["snapshot"]
    assert "snapshot is" in world.run("volume", **{**wish, "snapshot": "second"}).result["msg"]
    world.make("volume_snapshot", name="first", state="absent")
    world.requests()
    for given in ("first", made_of):
        assert world.run("volume", **{**wish, "snapshot": given}).result.get("action") == "none" and len(asked(world)) <= REQUESTS
    assert "snapshot is" in world.run("volume", **{**wish, "snapshot": "second"}).result["msg"]
    world.make("volume_snapshot", name="second", state="absent")
    world.make("volume", name="plain", size_gb=10)
    assert "snapshot" in world.run("volume", **{**wish, "name": "plain"}).result["msg"]
    for name in ("restored", "plain"):
        world.make("volume", name=name, state="absent")


def test_a_table_tells_its_gateway_by_name_only_while_it_is_that_one(world: NhnCloud) -> None:
    wish: dict[str, Any] = {"name": "told", "vpc": "vpc", "gateway": "spare"}
    world.make("routing_table", **wish)
    world.requests()
    assert world.run("routing_table", **wish).result["action"] == "none" and len(asked(world)) == 2
    other = world.run("routing_table", check=True, **{**wish, "gateway": "elsewhere"})
    assert (other.result["action"], other.result["needs"]) == ("update", ["internet gateway elsewhere"])
    world.make("routing_table", name="told", vpc="vpc", state="absent")


@pytest.mark.parametrize("kind", ["port", "nat_gateway", "load_balancer", "routing_table", "route"])
def test_a_vpc_whose_name_two_have_is_not_guessed(kind: str, world: NhnCloud) -> None:
    """Also where the VPC is told by its subnets or tables."""
    [mine] = [vpc for vpc in world.store.vpcs.values() if vpc["name"] == "vpc"]
    twin = world.make("vpc", name="twin", cidr="172.16.0.0/16")
    world.make("subnet", name="theirs", vpc="twin", cidr="172.16.0.0/24")
    world.store.vpcs[twin["id"]]["name"] = mine["name"]
    try:
        outcome = world.run(kind, check=True, **{**WALK[kind][0], "name": "w"} if kind != "route" else WALK[kind][0])
        assert outcome.failed and outcome.result["failure"]["kind"] == "Ambiguous" and twin["id"] in outcome.result["msg"]
    finally:
        world.store.vpcs[twin["id"]]["name"] = "twin"
        world.make("subnet", name="theirs", vpc="twin", state="absent")
        world.make("vpc", name="twin", state="absent")


def test_a_missing_parent_is_told_by_name_and_nothing_is_written(nhn: NhnCloud) -> None:
    options: dict[str, Any] = {"name": "edge", "vpc": "nowhere", "cidr": "192.168.0.0/24"}
    assert nhn.run("subnet", check=True, **options).result["needs"] == ["vpc nowhere"]
    outcome = nhn.run("subnet", **options)
    assert outcome.failed and "vpc nowhere" in outcome.result["msg"]
    assert nhn.take_writes() == []


def test_removing_what_never_had_a_home_is_nothing(nhn: NhnCloud) -> None:
    assert nhn.run("subnet", name="edge", vpc="nowhere", state="absent").result["action"] == "none"


def test_the_default_table_cannot_be_stripped_of_it(world: NhnCloud) -> None:
    outcome = world.run("routing_table", name="edge", vpc="vpc", default=False)
    assert outcome.failed and "exactly one default" in outcome.result["msg"]


def test_a_name_that_fits_two_is_ambiguous(world: NhnCloud) -> None:
    first = world.make("security_group", name="twin")
    world.store.security_groups["copy"] = {**world.store.security_groups[first["id"]], "id": "copy"}
    outcome = world.run("security_group", name="twin", description="new")
    assert outcome.failed and outcome.result["failure"]["kind"] == "Ambiguous" and first["id"] in outcome.result["msg"]
    del world.store.security_groups["copy"]
    world.make("port", name="by-id", vpc="vpc", subnet="edge", security_groups=[first["id"]])


def test_a_password_is_set_again_only_on_request(world: NhnCloud) -> None:
    user: dict[str, Any] = {"instance": "database", "name": "again", "authority": "READ", "password": "CANARY-53"}
    world.make("rds_user", **user)
    world.requests()
    assert not world.run("rds_user", **{**user, "password": "CANARY-54"}).changed
    outcome = world.run("rds_user", **{**user, "password": "CANARY-54", "update_password": "always"})
    assert outcome.changed and len(world.take_writes()) == 1 and "CANARY" not in outcome.everything


def test_an_unknown_parameter_is_named_before_anything_is_set(world: NhnCloud) -> None:
    outcome = world.run("rds_parameter_group", name="database", parameters={"no_such_thing": 1, "binlog_row_image": "MINIMAL"})
    assert outcome.failed and "parameters.no_such_thing" in outcome.result["msg"]


def test_storage_does_not_shrink(world: NhnCloud) -> None:
    outcome = world.run("rds_instance", name="database", storage_gb=10)
    assert outcome.failed and "only grows" in outcome.result["msg"] and world.take_writes() == []


def test_the_kubeconfig_is_fetched_and_nothing_is_written(world: NhnCloud) -> None:
    missing = world.run("kubernetes_config", check=True, name="config")
    assert (missing.result["kubeconfig"], missing.result["needs"]) == (None, ["kubernetes cluster config"])
    assert "config" in world.run("kubernetes_config", name="config").result["msg"]
    world.make("kubernetes_cluster", **{**WALK["kubernetes_cluster"][0], "name": "config"})
    world.requests()
    assert "/clusters/" in world.run("kubernetes_config", name="config").result["kubeconfig"]
    assert world.take_writes() == []


def test_an_image_that_is_not_there_is_answered_with_those_that_are(world: NhnCloud) -> None:
    outcome = world.run("server", **{**WALK["server"][0], "name": "s", "image": "Slackware"})
    assert outcome.failed and "Debian 12 Bookworm" in outcome.result["msg"]
