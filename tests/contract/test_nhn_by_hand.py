# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others arranged by hand, in ways that the services allow and the modules have no option for: nothing of it is broken half way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import NETWORK, WALK

BALANCER: dict[str, Any] = WALK["load_balancer"][0]


@pytest.fixture
def world(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud with a network, and no load balancer."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    nhn.requests()
    yield nhn
    for table in nhn.store.lbaas.values():
        table.clear()


def by_hand(cloud: NhnCloud, method: str, path: str, **body: Any) -> dict[str, Any]:
    """One call of the network service, and looks until a load balancer takes the next."""
    project = Iaas({**cloud.auth, "region": "KR1"})
    done = project.call(method, "network", path, doing="do by hand", json=body)
    for _ in range(3):
        project.list("network", "/lbaas/loadbalancers", "loadbalancers")
    return done


def pool_without_a_listener(cloud: NhnCloud, balancer: str) -> str:
    pool = by_hand(cloud, "POST", "/lbaas/pools", pool={"loadbalancer_id": balancer, "lb_algorithm": "ROUND_ROBIN", "protocol": "TCP"})["pool"]["id"]
    by_hand(cloud, "POST", "/lbaas/healthmonitors", healthmonitor={"pool_id": pool, "type": "TCP", "delay": 5, "timeout": 3, "max_retries": 2})
    return str(pool)


@pytest.mark.parametrize("listeners", [BALANCER["listeners"], []])
def test_a_balancer_with_a_pool_that_no_listener_has_is_removed_with_it(listeners: list[Any], world: NhnCloud) -> None:
    made = world.make("load_balancer", **{**BALANCER, "listeners": listeners})
    pool = pool_without_a_listener(world, made["id"])
    assert not world.run("load_balancer", check=True, **{**BALANCER, "listeners": listeners}).changed
    assert pool in world.store.lbaas["pool"]
    gone = world.run("load_balancer", name=BALANCER["name"], vpc="vpc", state="absent")
    assert not gone.failed, gone.result["msg"]
    assert not any(world.store.lbaas.values())


MEMBERS = [{"address": "192.168.10.9", "port": 80}]
TWO: dict[str, Any] = {"name": "two", "vpc": "vpc", "subnet": "app", "listeners": [
    {"port": 80, "protocol": "TCP", "members": MEMBERS, "monitor": {}}, {"port": 81, "protocol": "TCP", "members": MEMBERS, "monitor": {}}]}


def shared(cloud: NhnCloud) -> str:
    """A balancer whose two listeners have one pool between them; the pool."""
    cloud.make("load_balancer", **TWO)
    first, second = sorted(cloud.store.lbaas["listener"].values(), key=lambda each: each["protocol_port"])
    by_hand(cloud, "PUT", f"/lbaas/listeners/{second['id']}", listener={"default_pool_id": first["default_pool_id"]})
    cloud.requests()
    return str(first["default_pool_id"])


@pytest.mark.parametrize("check", [True, False])
def test_a_pool_that_two_listeners_have_is_not_changed_for_one_of_them(check: bool, world: NhnCloud) -> None:
    shared(world)
    assert not world.run("load_balancer", check=check, **TWO).changed
    other = [TWO["listeners"][0], {**TWO["listeners"][1], "members": [{"address": "192.168.10.10", "port": 80}]}]
    outcome = world.run("load_balancer", check=check, **{**TWO, "listeners": other})
    assert outcome.failed and "listeners 80, 81" in outcome.result["msg"] and "one pool between them" in outcome.result["msg"]
    assert world.take_writes() == []


def test_a_pool_that_two_listeners_have_stays_until_the_last_of_them_goes(world: NhnCloud) -> None:
    pool = shared(world)
    assert not world.run("load_balancer", **{**TWO, "listeners": TWO["listeners"][:1]}).failed
    assert pool in world.store.lbaas["pool"] and len(world.store.lbaas["listener"]) == 1
    again = world.run("load_balancer", **TWO)
    assert not again.failed and len({each["default_pool_id"] for each in world.store.lbaas["listener"].values()}) == 2
    world.make("load_balancer", name="two", vpc="vpc", state="absent")
    assert not any(world.store.lbaas.values())


@pytest.mark.parametrize("name", ["spared", "new"])
def test_a_gateway_that_another_table_has_is_needed_first_and_the_old_one_is_kept_until_then(name: str, world: NhnCloud) -> None:
    if name == "spared":
        world.make("routing_table", name=name, vpc="vpc", gateway="spare")
    world.requests()
    wish = {"name": name, "vpc": "vpc", "gateway": "igw"}
    foretold = world.run("routing_table", check=True, **wish)
    assert foretold.result["needs"] == ["internet gateway igw detached from routing table edge"]
    refused = world.run("routing_table", **wish)
    assert refused.result["failure"]["kind"] == "Absent" and world.take_writes() == []
    world.make("routing_table", name="edge", vpc="vpc", gateway="")
    assert not world.run("routing_table", **wish).failed
    world.make("routing_table", name=name, vpc="vpc", state="absent")
    world.make("routing_table", name="edge", vpc="vpc", gateway="igw")


@pytest.mark.parametrize("check", [True, False])
def test_a_gateway_in_error_is_not_told_as_good(check: bool, world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = next(each for each in world.store.internet_gateways.values() if each["name"] == "igw")
    monkeypatch.setitem(gateway, "state", "ERROR")
    outcome = world.run("internet_gateway", check=check, name="igw")
    assert outcome.result["failure"]["kind"] == "WentWrong" and "ERROR" in outcome.result["msg"]


def test_a_route_that_was_led_elsewhere_is_another(world: NhnCloud) -> None:
    place = {"vpc": "vpc", "routing_table": "app", "cidr": "10.9.0.0/16"}
    world.make("route", **place, gateway="192.168.0.10")
    for check in (True, False):
        assert not world.run("route", check=check, **place, gateway="192.168.0.11", state="absent").changed
    assert world.run("route", **place, gateway="192.168.0.10", state="absent").changed


SERVER: dict[str, Any] = {**WALK["server"][0], "ports": ["port"]}


@pytest.mark.parametrize(("kind", "wish", "need"), [
    ("floating_ip", {"port": "inner"}, "an internet gateway on the routing table of subnet app"),
    ("nat_gateway", {"vpc": "vpc", "subnet": "app", "floating_ip": "there"}, "an internet gateway on the routing table of subnet app"),
    ("floating_ip", {"port": "port"}, "port port free of floating ip bound"),
    ("nat_gateway", {"vpc": "vpc", "subnet": "edge", "floating_ip": "bound"}, "floating ip bound free of the port that it is bound to"),
    ("server", {**SERVER, "name": "second"}, "port port free of ")])
def test_what_the_service_would_refuse_until_another_thing_is_done_is_needed_first(kind: str, wish: dict[str, Any], need: str,
                                                                                  world: NhnCloud) -> None:
    world.make("port", name="inner", vpc="vpc", subnet="app")
    world.make("floating_ip", name="there")
    world.make("floating_ip", name="bound", port="port")
    world.make("server", **{**SERVER, "name": "first"})
    world.requests()
    wish = {"name": "w", **wish}
    foretold = world.run(kind, check=True, **wish)
    assert foretold.changed and [each for each in foretold.result["needs"] if each.startswith(need)], foretold.result
    refused = world.run(kind, **wish)
    assert refused.result["failure"]["kind"] == "Absent" and need in refused.result["msg"] and world.take_writes() == []
    for gone, options in (("server", {"name": "first"}), ("port", {"name": "inner", "vpc": "vpc"}), ("floating_ip", {"name": "there"}),
                          ("floating_ip", {"name": "bound"})):
        world.make(gone, **options, state="absent")


def test_a_volume_is_no_smaller_than_its_snapshot(world: NhnCloud) -> None:
    world.make("volume", name="whole", size_gb=20)
    world.make("volume_snapshot", name="of-it", volume="whole")
    for check in (True, False):
        outcome = world.run("volume", check=check, name="less", size_gb=10, snapshot="of-it")
        assert outcome.failed and "size_gb: 10 is less than the 20 of snapshot of-it" in outcome.result["msg"]
    world.make("volume_snapshot", name="of-it", state="absent")
    world.make("volume", name="whole", state="absent")


def test_the_last_of_more_servers_than_a_page_holds_is_found(world: NhnCloud) -> None:
    made = world.make("server", **{**SERVER, "name": "first"})
    for number in range(149):
        world.store.servers[f"copy-{number}"] = {**world.store.servers[made["id"]], "id": f"copy-{number}", "name": f"many{number}", "volume": None}
    project = Iaas({**world.auth, "region": "KR1"})
    assert len(project.call("GET", "compute", "/servers/detail", doing="list")["servers"]) == 100      # unless more is asked for
    assert len(world.run("server_info").result["resources"]) == 150
    wish = world.run("volume", check=True, name="far", size_gb=10, server="many148")
    assert wish.result["resource"]["server"] == "copy-148" and "needs" not in wish.result
    for number in range(149):
        del world.store.servers[f"copy-{number}"]
    world.make("server", name="first", state="absent")


@pytest.mark.parametrize("goes", [True, False])
def test_the_root_volume_of_a_server_is_the_projects_and_goes_as_it_was_asked_to(goes: bool, world: NhnCloud) -> None:
    made = world.make("server", **{**SERVER, "name": "first", "root_volume": {"delete_with_server": goes}})
    [root] = [each for each in world.store.volumes.values() if each["attachments"][0]["server_id"] == made["id"]]
    assert (root["name"], root["bootable"], root["status"]) == ("", "true", "in-use")
    world.make("volume_snapshot", name="of-root", volume=root["id"], while_attached=True)
    world.make("volume_snapshot", name="of-root", state="absent")
    world.make("server", name="first", state="absent")
    assert (root["id"] in world.store.volumes) is not goes
    if not goes:
        assert world.run("volume", name=root["id"], state="absent").result["action"] == "delete" and root["id"] not in world.store.volumes


@pytest.mark.parametrize("wish", [{"delete_protection": False}, {"port": ""}])
def test_an_address_in_error_can_be_let_go(wish: dict[str, Any], world: NhnCloud) -> None:
    world.make("floating_ip", name="ill", port="port", delete_protection=True)
    [raw] = [each for each in world.store.floating_ips.values() if each["label"] == "ill"]
    raw["status"] = "ERROR"
    assert world.run("floating_ip", check=True, name="ill").failed
    assert world.run("floating_ip", check=True, name="ill", **wish).result["action"] == "update"
    world.make("floating_ip", name="ill", delete_protection=False)
    world.make("floating_ip", name="ill", state="absent")
