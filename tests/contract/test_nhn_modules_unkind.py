# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nhn_* modules against a cloud that misbehaves: replies lost after writes that worked, throttling, expired tokens, busy jobs."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from lab.nhn.app import serve_in_thread
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import NETWORK, WALK, WORLD

MAKES = {
    "vpc": "/network/v2.0/vpcs", "subnet": "/network/v2.0/vpcsubnets", "internet_gateway": "/network/v2.0/internetgateways",
    "routing_table": "/network/v2.0/routingtables", "route": "/network/v2.0/routes", "security_group": "/network/v2.0/security-groups",
    "port": "/network/v2.0/ports", "keypair": "/compute/v2/*/os-keypairs", "server": "/compute/v2/*/servers",
    "floating_ip": "/network/v2.0/floatingips", "nat_gateway": "/network/v2.0/natgateways", "volume": "/volume/v2/*/volumes",
    "volume_snapshot": "/volume/v2/*/snapshots", "load_balancer": "/network/v2.0/lbaas/loadbalancers",
    "rds_security_group": "/rds/v3.0/db-security-groups",
    "rds_parameter_group": "/rds/v3.0/parameter-groups", "rds_instance": "/rds/v3.0/db-instances", "rds_user": "/rds/v3.0/*/db-users",
    "rds_schema": "/rds/v3.0/*/db-schemas", "rds_backup": "/rds/v3.0/db-instances/*/backup", "kubernetes_cluster": "/kubernetes/v1/clusters",
    "kubernetes_node_group": "/kubernetes/v1/clusters/*/nodegroups",
    "registry": "/registry/ncr/v2.0/appkeys/*/registries", "s3_credential": "/identity/v2.0/users/*/credentials/OS-EC2",
    "dns_plus": "/dns-plus/dnsplus/v1.0/appkeys/*/zones", "dns_plus_gslb": "/dns-plus/dnsplus/v1.0/appkeys/*/gslbs",
}
VPC: dict[str, Any] = {"name": "v", "cidr": "10.0.0.0/16"}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with what the walked kinds live in."""
    if not any(vpc["name"] == "vpc" for vpc in nhn.store.vpcs.values()):
        for kind, options in WORLD:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


def posts(writes: list[str]) -> list[str]:
    return [write for write in writes if write.startswith("POST") and "security-group-rules" not in write
            and ("/lbaas/" not in write or write.endswith("/loadbalancers")) and ("/dns-plus/" not in write or write.endswith(("/zones", "/gslbs")))]


@pytest.mark.parametrize("kind", MAKES)
def test_a_lost_reply_does_not_build_twice(kind: str, world: NhnCloud) -> None:
    options = WALK[kind][0]
    world.unkind(f"POST {MAKES[kind]}", status=504, after=True)
    outcome = world.run(kind, **options)
    assert outcome.changed, outcome.result["msg"]
    assert len(posts(world.take_writes())) == 1 and world.orders() == []
    assert world.run(kind, **options).result["action"] == "none"
    world.make(kind, **options, state="absent")


@pytest.mark.parametrize("kind", ["vpc", "security_group", "volume"])
def test_a_list_that_lags_behind_a_lost_reply_does_not_build_twice(kind: str, world: NhnCloud) -> None:
    options = WALK[kind][0]
    world.run(kind, check=True, **options)              # what the list said before is what it goes on saying
    world.unkind(f"POST {MAKES[kind]}", status=504, after=True)
    world.unkind(f"GET {MAKES[kind]}*", stale=True, times=5, skip=1)
    outcome = world.run(kind, **options)
    assert outcome.changed, outcome.result["msg"]
    assert len(posts(world.take_writes())) == 1 and world.orders() == []
    world.make(kind, **options, state="absent")


def test_a_list_that_lags_for_longer_is_asked_for_once_more_and_told(world: NhnCloud, slept: list[float]) -> None:
    """What docs/nhn.md says: a minute, then once more, and never a third time."""
    options = {**WALK["vpc"][0], "name": "late"}
    world.unkind("POST /network/v2.0/vpcs", status=502, times=9)
    assert world.run("vpc", **options).result["failure"]["kind"] == "ReplyLost"
    assert len(posts(world.take_writes())) == 2 and 60 <= sum(slept) <= 150
    world.kind()


@pytest.mark.parametrize("kind", ["vpc", "security_group", "volume", "floating_ip"])
def test_a_list_that_lags_behind_an_earlier_run_does_not_build_twice(kind: str, world: NhnCloud) -> None:
    options = WALK[kind][0]
    world.run(kind, check=True, **options)
    world.make(kind, **options)
    world.take_writes()
    world.unkind(f"GET {MAKES[kind]}*", stale=True)
    assert not world.run(kind, **options).failed
    assert posts(world.take_writes()) == []
    world.make(kind, **options, state="absent")


LAGS = {kind: path for kind, path in MAKES.items() if kind not in ("route", "s3_credential", "rds_backup")}
# Found in a list, not by id.
BY_NAME = {"rds_security_group", "rds_parameter_group", "rds_instance", "rds_user", "rds_schema", "registry", "dns_plus", "dns_plus_gslb"}


@pytest.mark.parametrize("kind", LAGS)
def test_what_was_made_and_is_not_known_everywhere_yet_is_waited_for(kind: str, world: NhnCloud) -> None:
    options = WALK[kind][0]
    world.run(kind, check=True, **options)              # what a list said before is what it goes on saying
    listed = LAGS[kind] + ("*" if kind in BY_NAME else "/*")
    world.unkind(f"GET {listed}", stale=True, times=2, skip=1 if kind in BY_NAME else 0)
    outcome = world.run(kind, **options)
    assert outcome.changed, outcome.result["msg"]
    assert len(posts(world.take_writes())) == 1 and world.orders() == []
    world.make(kind, **options, state="absent")


@pytest.mark.parametrize("kind", ["vpc", "server", "rds_schema", "registry"])
def test_what_was_made_and_is_never_shown_is_told_as_made(kind: str, world: NhnCloud, slept: list[float]) -> None:
    options = WALK[kind][0]
    world.run(kind, check=True, **options)
    listed = MAKES[kind] + ("*" if kind in BY_NAME else "/*-*")
    world.unkind(f"GET {listed}", stale=True, times=99, skip=1 if kind in BY_NAME else 0)
    outcome = world.run(kind, **options)
    assert outcome.failed and "was accepted" in outcome.result["msg"] and "changed nothing" not in outcome.result["msg"]
    assert sum(slept) <= 200
    world.kind()
    world.make(kind, **options, state="absent")


SECOND = ["vpc", "subnet", "internet_gateway", "security_group", "volume", "server", "load_balancer", "rds_schema", "rds_security_group", "registry",
          "kubernetes_cluster", "object_container"]


@pytest.mark.parametrize("status", [302, 200])
@pytest.mark.parametrize("kind", SECOND)
def test_what_is_no_answer_is_not_taken_for_an_empty_one(kind: str, status: int, world: NhnCloud) -> None:
    """A redirect or another body in the place of each read in turn: nothing is built, nor is anything said to be gone."""
    for state in ("present", "absent"):
        for skip in range(3):
            world.unkind("GET *" if kind != "object_container" else "HEAD *", status=status, skip=skip)
            outcome = world.run(kind, check=True, **{**WALK[kind][0], "state": state})
            met = not world.orders()
            world.kind()
            assert not met or outcome.failed, outcome.result
    assert world.take_writes() == []


@pytest.mark.parametrize(("times", "good"), [(2, True), (3, False)])
def test_a_load_balancer_whose_status_lagged_is_asked_again(times: int, good: bool, world: NhnCloud) -> None:
    options = WALK["load_balancer"][0]
    world.unkind("POST /network/v2.0/lbaas/listeners", status=409, message="Load balancer is immutable.", times=times)
    outcome = world.run("load_balancer", **options)
    assert outcome.failed is not good and (good or "immutable" in outcome.result["msg"])
    world.kind()
    world.make("load_balancer", **options, state="absent")


def test_a_cloud_that_is_slow_is_waited_for(nhn: NhnCloud) -> None:
    nhn.unkind("GET /network/v2.0/vpcs", delay=0.3)
    started = time.monotonic()
    assert not nhn.run("vpc", check=True, **VPC).failed and time.monotonic() - started >= 0.3


@pytest.mark.parametrize("kind", ["vpc", "rds_schema"])
def test_a_write_that_failed_is_sent_again(kind: str, world: NhnCloud) -> None:
    world.unkind(f"POST {MAKES[kind]}", status=502)
    assert world.run(kind, **WALK[kind][0]).changed
    assert len(posts(world.take_writes())) == 2
    world.make(kind, **WALK[kind][0], state="absent")


def test_a_lost_answer_to_a_removal_is_not_a_failure(nhn: NhnCloud) -> None:
    nhn.make("vpc", **VPC)
    nhn.unkind("DELETE /network/v2.0/vpcs/*", status=504, after=True)
    assert nhn.run("vpc", **VPC, state="absent").result["action"] == "delete"
    assert nhn.run("vpc", **VPC, state="absent").result["action"] == "none"


def test_a_group_half_made_is_finished(nhn: NhnCloud) -> None:
    rules = [{"protocol": "tcp", "port_min": port} for port in (22, 80)] + [{"direction": "egress"}]
    nhn.unkind("POST /network/v2.0/security-group-rules", status=504, after=True)
    made = nhn.make("security_group", name="half", rules=rules)
    assert sorted(rule["port_min"] or 0 for rule in made["rules"]) == [0, 22, 80]


def test_throttling_is_waited_out_as_long_as_the_cloud_says(nhn: NhnCloud, slept: list[float]) -> None:
    nhn.unkind("POST /network/v2.0/vpcs", status=429, headers={"Retry-After": "7"})
    nhn.make("vpc", **{**VPC, "name": "throttled"})
    assert slept == [7]


def test_a_dead_control_plane_is_given_up_within_bounds(nhn: NhnCloud, slept: list[float]) -> None:
    nhn.unkind("GET /network/*", status=503, times=99)
    outcome = nhn.run("vpc", **VPC)
    assert outcome.result["failure"]["kind"] == "Unreachable" and "answered 503" in outcome.result["msg"]
    assert 10 <= sum(slept) <= 60


def test_a_dead_control_plane_that_takes_writes_is_given_up_too(nhn: NhnCloud, slept: list[float]) -> None:
    nhn.unkind("POST /network/v2.0/vpcs", status=503, times=99)
    outcome = nhn.run("vpc", **{**VPC, "name": "never"})
    assert outcome.result["failure"]["kind"] == "ReplyLost" and "looks before it writes" in outcome.result["msg"]
    assert sum(slept) <= 150


def test_nobody_there_is_told_as_such(nhn: NhnCloud) -> None:
    away = NhnCloud("http://127.0.0.1:9", nhn.store)
    outcome = away.run("vpc", **VPC)
    assert outcome.result["failure"]["kind"] == "Unreachable" and "no connection" in outcome.result["msg"]


def test_an_expired_token_is_renewed_once(nhn: NhnCloud) -> None:
    nhn.unkind("GET /network/v2.0/vpcs", status=401)
    assert not nhn.run("vpc", check=True, **VPC).failed


def test_a_token_that_is_never_good_is_a_wrong_account(nhn: NhnCloud) -> None:
    nhn.unkind("GET /network/v2.0/vpcs", status=401, times=2)
    outcome = nhn.run("vpc", check=True, **VPC)
    assert outcome.result["failure"]["answer"]["status"] == 401 and "API password" in outcome.result["msg"]


def test_a_wrong_password_is_told_without_it(nhn: NhnCloud) -> None:
    stranger = NhnCloud(nhn.url, nhn.store)
    stranger.auth["password"] = "CANARY-55"
    outcome = stranger.run("vpc", **VPC)
    assert "Could not log in to NHN Cloud as ops@example.com" in outcome.result["msg"] and "CANARY" not in outcome.everything


def test_what_is_missing_in_the_account_is_named_all_at_once(nhn: NhnCloud) -> None:
    stranger = NhnCloud(nhn.url, nhn.store)
    stranger.auth = {"identity_url": f"{nhn.url}/identity/v2.0", "tenant_id": "t"}
    message = stranger.run("vpc", **VPC).result["msg"]
    assert "auth.username" in message and "auth.password" in message


def test_a_busy_database_service_is_waited_for(world: NhnCloud, slept: list[float]) -> None:
    world.unkind("POST /rds/v3.0/*/db-schemas", code=7008, times=3)
    world.make("rds_schema", instance="database", name="patient")
    assert sum(slept) >= 15


def test_a_database_service_that_stays_busy_is_told_with_its_code(world: NhnCloud, slept: list[float]) -> None:
    world.unkind("POST /rds/v3.0/*/db-schemas", code=7008, times=999)
    outcome = world.run("rds_schema", instance="database", name="impatient", wait_seconds=900)
    assert outcome.result["failure"]["kind"] == "TimedOut" and "7008" in outcome.result["msg"]
    assert 850 <= sum(slept) <= 900                     # as long as the task waits


def test_a_refusal_inside_a_good_status_is_a_failure_with_its_words(world: NhnCloud) -> None:
    world.unkind("POST /rds/v3.0/*/db-users", code=80403, message="Forbidden")
    outcome = world.run("rds_user", instance="database", name="x", authority="READ", password="CANARY-56")
    assert "80403" in outcome.result["msg"] and "ADMIN" in outcome.result["msg"] and "CANARY" not in outcome.everything


def test_a_keypair_that_the_cluster_service_does_not_know_yet(world: NhnCloud, slept: list[float]) -> None:
    world.unkind("POST /kubernetes/v1/clusters", status=403, message="Unable to find keypair keypair.", times=3)
    world.make("kubernetes_cluster", **{**WALK["kubernetes_cluster"][0], "name": "early"})
    assert sum(slept) >= 30


@pytest.mark.parametrize(("told", "kind", "words"), [
    (None, "TimedOut", "last seen as 'BUILD'"), ("ERROR", "WentWrong", "last seen as 'ERROR: No valid host was found.'")])
def test_a_server_that_does_not_come_up(told: str | None, kind: str, words: str, slept: list[float]) -> None:
    slow = NhnCloud(*serve_in_thread(auto_observe=False))
    for made, parent in NETWORK:
        slow.make(made, **parent)
    options: dict[str, Any] = {**WALK["server"][0], "wait_seconds": 60}
    outcome = slow.run("server", **options)
    if told:
        server = next(iter(slow.store.servers))
        slow.store.servers[server]["_doomed"] = "No valid host was found."
        requests.put(f"{slow.url}/_lab/observed", json={"servers": {server: told}}, timeout=5).raise_for_status()
        outcome = slow.run("server", **options)
    assert outcome.result["failure"]["kind"] == kind and words in outcome.result["msg"]
    assert len(slow.store.servers) == 1
    slow.store.close()
