# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The RDS modules: version 4.0 of the API beside 3.0, looking things up, and what cannot work, told with four facts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, MORE_REQUESTS, NETWORK, REQUESTS, WALK

KINDS = [kind for kind in WALK if kind.startswith("rds_")]
INSTANCE = DATABASE[2][1]
V4: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {"rds_instance": (
    {"slow_query_analysis": False, "storage_autoscale": {"enabled": False}, "high_availability": True, "candidate_name": "w-stands-by"},
    {"slow_query_analysis": True, "storage_autoscale": {"enabled": True, "threshold_percent": 70, "max_gb": 200, "cooldown_minutes": 60}})}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with an instance."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


@pytest.fixture
def modern(world: NhnCloud) -> NhnCloud:
    """The same, spoken to in version 4.0."""
    other = NhnCloud(world.url, world.store)
    other.auth["rds_version"] = "v4.0"
    other.requests()
    return other


@pytest.mark.parametrize("kind", KINDS)
def test_version_4_walks_as_well(kind: str, modern: NhnCloud) -> None:
    made, altered, _ = WALK[kind]
    more, changed = V4.get(kind, ({}, {}))
    made, altered = {**made, **more}, {**made, **more, **altered, **changed}
    for options, action in [(made, "create"), (made, "none"), (altered, "update" if altered != made else "none"), (altered, "none"),
                            ({**made, "state": "absent"}, "delete"), ({**made, "state": "absent"}, "none")]:
        predicted = modern.run(kind, check=True, **options)
        assert (predicted.result.get("action"), modern.take_writes()) == (action, []), predicted.result.get("msg")
        done = modern.run(kind, **options)
        assert done.result.get("action") == action, done.result.get("msg")
        sent = modern.requests()
        assert any(entry["write"] for entry in sent) is (action != "none")
        asked = [entry["path"] for entry in sent if not entry["path"].startswith(("/identity/", "/oauth2/"))]
        assert action != "none" or len(asked) <= MORE_REQUESTS.get(kind, REQUESTS), asked
        assert all(path.startswith(("/rds/v4.0/", "/objects/")) for path in asked)
        assert "CANARY" not in done.everything + predicted.everything


def test_what_only_version_4_knows_is_refused_in_version_3(world: NhnCloud) -> None:
    wish = {**INSTANCE, "name": "odd", "slow_query_analysis": True, "storage_autoscale": {"enabled": True}, "remove_automatic_backups": True}
    outcome = world.run("rds_instance", **wish)
    assert outcome.result["failure"]["kind"] == "BadInput" and world.requests() == []
    assert all(f"{name}: only with auth.rds_version v4.0" in outcome.result["msg"]
               for name in ("slow_query_analysis", "storage_autoscale", "remove_automatic_backups"))


def test_a_token_that_ran_out_is_renewed_also_where_the_status_is_good(modern: NhnCloud) -> None:
    modern.unkind("GET /rds/v4.0/*/db-schemas", code=80401, message="Unauthorized")
    assert not modern.run("rds_schema", check=True, instance="database", name="x").failed and modern.orders() == []
    modern.unkind("GET /rds/v4.0/db-instances", code=80401, message="Unauthorized", times=2)
    outcome = modern.run("rds_schema", check=True, instance="database", name="x")
    assert outcome.result["failure"]["answer"]["code"] == "80401" and "auth.access_key_secret" in outcome.result["msg"]


@pytest.mark.parametrize("wrong", ["appkey", "access_key_id", "access_key_secret"])
@pytest.mark.parametrize("version", ["v3.0", "v4.0"])
def test_a_wrong_key_is_told_without_it(wrong: str, version: str, world: NhnCloud) -> None:
    stranger = NhnCloud(world.url, world.store)
    stranger.auth.update({"rds_version": version, wrong: "CANARY-71"})
    outcome = stranger.run("rds_schema", instance="database", name="x")
    failure = outcome.result["failure"]
    assert failure["kind"] == "Refused" and "auth.access_key_secret" in failure["next"] and failure["answer"]["words"]
    assert "CANARY" not in outcome.everything


def test_a_region_without_the_service_is_answered_with_those_that_have_it(world: NhnCloud) -> None:
    elsewhere = NhnCloud(world.url, world.store)
    del elsewhere.auth["rds_url"]
    elsewhere.auth["region"] = "KR3"
    outcome = elsewhere.run("rds_instance", **INSTANCE)
    assert "region KR3" in outcome.result["msg"] and "KR1, KR2, JP1" in outcome.result["msg"]


def test_an_unknown_flavor_is_answered_with_those_there_are(world: NhnCloud) -> None:
    outcome = world.run("rds_instance", **{**INSTANCE, "name": "bad", "flavor": "m9.huge"})
    assert "m9.huge" in outcome.result["msg"] and "m2.c2m4" in outcome.result["msg"] and world.take_writes() == []


BAD: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a group that an instance uses": ("rds_security_group", {"name": "database", "state": "absent"}, "80409", "in use"),
    "parameters that an instance uses": ("rds_parameter_group", {"name": "database", "state": "absent"}, "80409", "in use"),
    "the first user": ("rds_user", {"instance": "database", "name": "operator", "state": "absent"}, "80400", "stays with it"),
    "a zone that is none": ("rds_instance", {**INSTANCE, "name": "bad", "zone": "mars-a"}, "80400", "mars-a"),
}


@pytest.mark.parametrize("wrong", BAD)
def test_what_rds_refuses_is_told_with_four_facts(wrong: str, world: NhnCloud) -> None:
    kind, options, code, words = BAD[wrong]
    outcome = world.run(kind, **options)
    failure = outcome.result["failure"]
    assert outcome.failed and failure["kind"] == "Refused" and failure["doing"] and failure["to"] == options["name"]
    assert failure["answer"]["code"] == code and words in failure["answer"]["words"]
    assert failure["left"] == "This request changed nothing." and failure["next"]
    assert "CANARY" not in outcome.everything


def test_protection_holds_until_it_is_taken_away(world: NhnCloud) -> None:
    world.make("rds_instance", **INSTANCE, deletion_protection=True)
    world.requests()
    for check in (True, False):
        outcome = world.run("rds_instance", name="database", state="absent", check=check)
        assert outcome.failed and "protected from deletion" in outcome.result["msg"] and world.take_writes() == []
    world.make("rds_instance", **INSTANCE, deletion_protection=False)


def test_what_is_not_said_of_a_backup_plan_stays(world: NhnCloud) -> None:
    made = world.make("rds_instance", **{**DATABASE[2][1], "name": "plan"})
    assert (made["backup"]["start"], made["backup"]["duration"]) == ("18:00:00", "ONE_HOUR")      # what a new one begins with
    world.make("rds_instance", name="plan", backup={"start": "03:30:00", "duration": "TWO_HOURS", "retries": 2})
    now = world.run("rds_instance", name="plan", backup={"days": 5})
    assert now.result["action"] == "update"
    assert {name: now.resource["backup"][name] for name in ("days", "start", "duration", "retries")} == {
        "days": 5, "start": "03:30:00", "duration": "TWO_HOURS", "retries": 2}
    assert not world.run("rds_instance", name="plan", backup={"days": 5}).changed
    world.make("rds_instance", name="plan", state="absent")


def test_a_log_in_password_is_not_the_api_password_for_an_export_either(world: NhnCloud) -> None:
    stranger = NhnCloud(world.url, world.store)
    stranger.auth["password"] = "CANARY-72"
    outcome = stranger.run("rds_backup", instance="database", name="never", export={"container": "exports", "path": "never"})
    assert outcome.failed and "API password" in outcome.result["msg"] and "CANARY" not in outcome.everything
    assert world.take_writes() == []


def test_a_failover_partner_is_made_as_told(modern: NhnCloud) -> None:
    modern.make("rds_instance", **{**INSTANCE, "name": "pair"}, high_availability=True, ping_interval_seconds=7)
    kept = next(raw for raw in modern.store.rds_instances.values() if raw["dbInstanceName"] == "pair")
    assert (kept["_ha"], kept["_candidate"], kept["_ping_interval"]) == (True, "pair-candidate", 7)
    modern.make("rds_instance", name="pair", high_availability=False)
    modern.make("rds_instance", name="pair", high_availability=True, candidate_name="other", ping_interval_seconds=9)
    assert (kept["_candidate"], kept["_ping_interval"]) == ("other", 9)
    modern.make("rds_instance", name="pair", state="absent", remove_automatic_backups=True)


def test_instances_are_looked_up_as_their_module_tells_them(world: NhnCloud) -> None:
    made = world.make("rds_instance", **INSTANCE)
    world.requests()
    assert world.run("rds_instance_info", name="database").result["resources"] == [made]
    assert [each["name"] for each in world.run("rds_instance_info").result["resources"]] == ["database"]
    assert world.run("rds_instance_info", name="nobody").result["resources"] == [] and world.take_writes() == []


def test_one_that_is_being_made_is_looked_up_without_waiting(world: NhnCloud, slept: list[float]) -> None:
    world.store.settings.auto_observe = False
    try:
        outcome = world.run("rds_instance", **{**INSTANCE, "name": "slow", "wait_seconds": 5})
        assert outcome.result["failure"]["kind"] == "TimedOut"
        before = sum(slept)
        found = world.run("rds_instance_info", name="slow").result["resources"][0]
        assert (found["status"], found["domain"], sum(slept)) == ("BEFORE_CREATE", None, before)
    finally:
        world.store.settings.auto_observe = True
    world.make("rds_instance", name="slow", state="absent")


def test_backups_are_looked_up_and_judged(world: NhnCloud) -> None:
    judgement = world.run("rds_backup_info", instance="database").result["judgement"]
    assert (judgement["verdict"], judgement["fine"], judgement["last"]) == ("not_due", True, None)
    made = world.make("rds_backup", instance="database", name="by-hand")
    found = world.run("rds_backup_info", kind="MANUAL").result
    assert found["judgement"] is None and [each["id"] for each in found["resources"]] == [made["id"]]
    assert world.run("rds_backup_info", name="by-hand", kind="AUTO").result["resources"] == []
    assert "There are: database" in world.run("rds_backup_info", instance="nobody").result["msg"]
    world.make("rds_backup", instance="database", name="by-hand", state="absent")


def test_metrics_are_read_and_an_unknown_one_named(world: NhnCloud) -> None:
    found = world.run("rds_metric_info", instance="database", minutes=10).result["metrics"]
    assert {each["name"] for each in found} >= {"CPU_USAGE", "MYSQL_STATUS"}
    alive = next(each for each in found if each["name"] == "MYSQL_STATUS")
    assert alive["last"] == 1.0 and 9 <= len(alive["values"]) <= 10
    outcome = world.run("rds_metric_info", instance="database", measures=["PHASE_OF_THE_MOON"])
    assert outcome.failed and "MYSQL_STATUS" in outcome.result["msg"]


def test_storage_that_grew_by_itself_is_no_difference(modern: NhnCloud) -> None:
    """What is asked for is where it begins, as long as it may grow by itself."""
    growing = {**INSTANCE, "name": "growing", "storage_gb": 50, "storage_autoscale": {"enabled": True, "max_gb": 200}}
    identity = modern.make("rds_instance", **growing)["id"]
    modern.store.rds_instances[identity]["_storage"]["storageSize"] = 75
    modern.take_writes()
    for check in (True, False):
        outcome = modern.run("rds_instance", check=check, **growing)
        assert (outcome.result.get("action"), outcome.result["resource"]["storage_gb"]) == ("none", 75)
    assert modern.take_writes() == []
    assert modern.make("rds_instance", **{**growing, "storage_gb": 100})["storage_gb"] == 100
    assert modern.make("rds_instance", **{**growing, "storage_autoscale": {"enabled": False}})["storage_gb"] == 100
    told = modern.run("rds_instance", **{**growing, "storage_autoscale": {"enabled": False}}).result["msg"]
    assert "storage_gb: 50 is less than the 100 it has" in told
    modern.make("rds_instance", name="growing", state="absent")
