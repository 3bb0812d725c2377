# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A highly available database fails over: the emulator tells so as NHN's documents say, and nothing is built beside the new master."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from lab.nhn.store import new_id
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

PAIR: dict[str, Any] = {**DATABASE[2][1], "high_availability": True}
INSIDE: list[tuple[str, dict[str, Any]]] = [
    ("rds_schema", {"instance": "database", "name": "tickets"}), ("rds_backup", {"instance": "database", "name": "before"}),
    ("rds_user", {"instance": "database", "name": "app", "authority": "CRUD", "password": "CANARY-53"}),
    ("rds_backup_info", {"instance": "database"}), ("rds_metric_info", {"instance": "database"}),
    ("rds_instance", {**PAIR, "name": "past", "restore": {"instance": "database", "time": "2026-01-31T12:00:00+09:00"}}),
]


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a pair called database."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE[:2]:
            nhn.make(kind, **options)
    nhn.store.rds_instances.clear()
    nhn.make("rds_instance", **PAIR)
    nhn.requests()
    return nhn


def pair(cloud: NhnCloud) -> dict[str, dict[str, Any]]:
    """Instances by name."""
    return {raw["dbInstanceName"]: raw for raw in cloud.store.rds_instances.values()}


def failed_over(cloud: NhnCloud) -> str:
    """Let the pair fail over; the new master's id."""
    answer = requests.post(f"{cloud.url}/_lab/failover/{pair(cloud)['database']['dbInstanceId']}", timeout=5)
    answer.raise_for_status()
    return str(answer.json()["id"])


def rds(cloud: NhnCloud, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """A plain request."""
    keys = {"X-TC-APP-KEY": cloud.auth["appkey"], "X-TC-AUTHENTICATION-ID": cloud.auth["access_key_id"],
            "X-TC-AUTHENTICATION-SECRET": cloud.auth["access_key_secret"]}
    return dict(requests.request(method, f"{cloud.url}/rds/v3.0{path}", json=body, headers=keys, timeout=5).json())


def test_the_emulator_fails_over_as_documented(world: NhnCloud) -> None:
    before = rds(world, "GET", "/db-instances")["dbInstances"]
    group = before[0]["dbInstanceGroupId"]
    assert [member["dbInstanceType"] for member in rds(world, "GET", f"/db-instance-groups/{group}")["dbInstances"]] == ["MASTER", "CANDIDATE_MASTER"]
    candidate = rds(world, "GET", f"/db-instance-groups/{group}")["dbInstances"][1]["dbInstanceId"]
    domain = rds(world, "GET", f"/db-instances/{before[0]['dbInstanceId']}/network-info")["endPoints"][0]["domain"]
    assert [raw["dbInstanceName"] for raw in before] == ["database"] and failed_over(world) == candidate
    told = {raw["dbInstanceName"]: (raw["dbInstanceType"], raw["dbInstanceStatus"], raw["dbInstanceGroupId"])
            for raw in rds(world, "GET", "/db-instances")["dbInstances"]}
    assert told == {"database": ("FAILED_MASTER", "FAILOVER", group), "database-candidate": ("MASTER", "AVAILABLE", group)}
    network = rds(world, "GET", f"/db-instances/{candidate}/network-info")
    assert (network["availabilityZone"], network["endPoints"][0]["domain"]) == ("kr-pub-b", domain)
    failed = pair(world)["database"]["dbInstanceId"]
    assert rds(world, "GET", f"/db-instances/{failed}")["dbSecurityGroupIds"] == []
    assert rds(world, "PUT", f"/db-instances/{failed}", {"description": "x"})["header"]["resultCode"] == 80409
    assert requests.post(f"{world.url}/_lab/failover/{candidate}", timeout=5).status_code == 409
    # What the lab makes real goes on being the same database.
    assert [raw["id"] for raw in requests.get(f"{world.url}/_lab/world?onlooker=test", timeout=5).json()["rds_instances"]] == [failed]
    assert rds(world, "POST", f"/db-instances/{failed}/high-availability/repair")["header"]["isSuccessful"]
    for _ in range(4):
        told = {raw["dbInstanceName"]: raw["dbInstanceType"] for raw in rds(world, "GET", "/db-instances")["dbInstances"]}
    assert told == {"database-candidate": "MASTER"}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_nothing_is_built_beside_a_master_that_took_over(state: str, check: bool, world: NhnCloud) -> None:
    """While the old one is there under its name, and when a person has removed it as the service asks."""
    failed_over(world)
    outcome = world.run("rds_instance", check=check, **PAIR, state=state)
    assert "It is FAILED_MASTER; the master of its group is database-candidate. Nothing was touched." in outcome.result["msg"]
    assert "name that one" in outcome.result["failure"]["next"]
    del world.store.rds_instances[pair(world)["database"]["dbInstanceId"]]
    outcome = world.run("rds_instance", check=check, **PAIR, state=state)
    assert "database-candidate is a master: after a failover that is the one with the data" in outcome.result["msg"]
    assert world.take_writes() == [] and set(pair(world)) == {"database-candidate"}


def test_a_candidate_with_a_name_of_its_own_is_known_as_well(world: NhnCloud) -> None:
    pair(world)["database"]["_candidate"] = "second"
    failed_over(world)
    del world.store.rds_instances[pair(world)["database"]["dbInstanceId"]]
    assert "second is a master" in world.run("rds_instance", **PAIR, candidate_name="second").result["msg"]
    assert world.take_writes() == []


@pytest.mark.parametrize("number", range(len(INSIDE)))
def test_what_is_inside_is_not_looked_for_in_the_old_master(number: int, world: NhnCloud) -> None:
    kind, options = INSIDE[number]
    failed_over(world)
    outcome = world.run(kind, **options)
    assert outcome.failed and "database-candidate" in outcome.result["msg"] and world.take_writes() == []
    assert "CANARY" not in outcome.everything


def test_a_replica_is_not_taken_for_a_free_name(world: NhnCloud) -> None:
    master = pair(world)["database"]
    replica = {**master, "dbInstanceId": new_id(), "dbInstanceName": "reader", "dbInstanceType": "READ_ONLY_SLAVE"}
    world.store.rds_instances[replica["dbInstanceId"]] = replica
    for check in (True, False):
        outcome = world.run("rds_instance", check=check, **{**PAIR, "name": "reader"})
        assert "It is READ_ONLY_SLAVE; the master of its group is database" in outcome.result["msg"]
    assert world.run("rds_instance", **PAIR).result["action"] == "none" and world.take_writes() == []


def test_the_zone_of_a_master_that_took_over_is_no_difference(world: NhnCloud) -> None:
    """By the name it has, and by the old one once a person has given it that."""
    identity = failed_over(world)
    outcome = world.run("rds_instance", **{**PAIR, "name": "database-candidate"})
    assert (outcome.result.get("action"), outcome.result["resource"]["zone"]) == ("none", "kr-pub-b")
    del world.store.rds_instances[pair(world)["database"]["dbInstanceId"]]
    world.store.rds_instances[identity]["dbInstanceName"] = "database"
    assert world.run("rds_instance", **PAIR).result["action"] == "none"
    world.make("rds_schema", instance="database", name="tickets")
    world.take_writes()
    # An instance without a candidate stays where it was made.
    world.store.rds_instances[identity]["_ha"] = False
    outcome = world.run("rds_instance", **{**PAIR, "high_availability": False})
    assert outcome.result["failure"]["kind"] == "Unchangeable" and "kr-pub-b" in outcome.result["msg"] and world.take_writes() == []
