# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS Plus: what NHN documents of it, on the wire and through the modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.nhn_cloud import NhnCloud

POOL: dict[str, Any] = {"name": "primary", "priority": 1, "endpoints": [{"address": "203.0.113.10"}],
                        "health_check": {"protocol": "HTTP", "port": 80, "path": "/edgez", "interval_seconds": 10, "timeout_seconds": 3}}
GSLB: dict[str, Any] = {"name": "tickets", "routing_rule": "FAILOVER", "ttl_seconds": 10, "pools": [POOL]}


@pytest.fixture
def clean(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud without anything of DNS Plus."""
    for table in (nhn.store.dns_zones, nhn.store.dns_gslbs, nhn.store.dns_pools, nhn.store.dns_health_checks, nhn.store.dns_seen):
        table.clear()
    nhn.requests()
    yield nhn


def ask(nhn: NhnCloud, method: str, path: str, body: Any = None, version: str = "v1.0", appkey: str = "", **headers: str) -> Any:
    """A plain request, as the documents write it; HTTP 200 whatever becomes of it."""
    reply = requests.request(method, f"{nhn.url}/dns-plus/dnsplus/{version}/appkeys/{appkey or nhn.auth['appkey']}{path}", json=body, timeout=5,
                             headers=headers)
    assert reply.status_code == 200
    return reply.json()


def test_the_emulator_answers_in_the_documented_shapes(clean: NhnCloud) -> None:
    zone = ask(clean, "POST", "/zones", {"zone": {"zoneName": "test.dnsplus.com.", "description": "test"}})["zone"]
    assert set(zone) == {"engineId", "zoneId", "zoneName", "zoneStatus", "description", "createdAt", "updatedAt", "recordsetCount"}
    assert zone["recordsetCount"] == 2 and zone["zoneStatus"] == "CREATING"
    for _ in range(2):
        listed = ask(clean, "GET", "/zones")
    assert listed["totalCount"] == 1 and listed["zoneList"][0]["zoneStatus"] == "USE"
    made = ask(clean, "POST", f"/zones/{zone['zoneId']}/recordsets", {"recordset": {
        "recordsetName": "sub.test.dnsplus.com.", "recordsetType": "A", "recordsetTtl": 86400,
        "recordList": [{"recordDisabled": False, "recordContent": "1.1.1.1"}]}})["recordset"]
    assert set(made) == {"recordsetId", "recordsetName", "recordsetType", "recordsetTtl", "recordsetStatus", "createdAt", "updatedAt", "recordList"}
    assert made["recordList"] == [{"recordDisabled": False, "recordContent": "1.1.1.1", "ipV4": "1.1.1.1"}]
    check = ask(clean, "POST", "/health-checks", {"healthCheck": {"healthCheckName": "HTTPS-443", "protocol": "HTTPS", "port": 443, "path": "/"}})
    assert (check["healthCheck"]["interval"], check["healthCheck"]["timeout"], check["healthCheck"]["retries"]) == (60, 5, 2)
    pool = ask(clean, "POST", "/pools", {"pool": {"poolName": "POOL-test", "endpointList": [{"endpointAddress": "test.dnsplus.com"}]}})["pool"]
    assert set(pool) == {"poolId", "poolName", "poolDisabled", "healthCheckId", "endpointList", "createdAt", "updatedAt"}
    assert pool["healthCheckId"] == ""
    gslb = ask(clean, "POST", "/gslbs", {"gslb": {"gslbName": "GSLB-test", "gslbTtl": 300, "gslbRoutingRule": "FAILOVER", "connectedPoolList": [
        {"poolId": pool["poolId"], "connectedPoolOrder": 1}]}})["gslb"]
    assert gslb["gslbDomain"].endswith(".toastgslb.com") and gslb["connectedPoolList"][0]["pool"]["poolName"] == "POOL-test"
    refused = ask(clean, "GET", "/gslbs", appkey="wrong")["header"]
    assert refused == {"isSuccessful": False, "resultCode": 4010001, "resultMessage": "Invalid appKey. "}


def test_what_is_in_use_stays_and_a_connection_makes_room(clean: NhnCloud) -> None:
    clean.make("dns_plus_gslb", **GSLB)
    [pool], [check], [gslb] = clean.store.dns_pools, clean.store.dns_health_checks, clean.store.dns_gslbs
    for path in (f"/pools?poolIdList={pool}", f"/health-checks?healthCheckIdList={check}"):
        assert ask(clean, "DELETE", path)["header"]["resultCode"] == 4090001
    other = ask(clean, "POST", "/pools", {"pool": {"poolName": "by-hand", "endpointList": [{"endpointAddress": "other.example.com"}]}})["pool"]
    connected = ask(clean, "POST", f"/gslbs/{gslb}/connected-pools/{other['poolId']}", {"connectedPool": {"connectedPoolOrder": 1}})
    assert [(each["pool"]["poolName"], each["connectedPoolOrder"]) for each in connected["connectedPoolList"]] == [
        ("by-hand", 1), ("tickets__primary", 2)]
    # What others connected is disconnected, and left to them.
    assert clean.run("dns_plus_gslb", **GSLB).result["action"] == "update" and len(clean.store.dns_pools) == 2
    clean.make("dns_plus_gslb", name="tickets", state="absent")
    assert [each["poolName"] for each in clean.store.dns_pools.values()] == ["by-hand"] and not clean.store.dns_health_checks


def test_a_zone_may_be_there_three_times_and_then_is_named_by_id(clean: NhnCloud) -> None:
    for _ in range(3):
        ask(clean, "POST", "/zones", {"zone": {"zoneName": "example.com."}})
    assert ask(clean, "POST", "/zones", {"zone": {"zoneName": "example.com."}})["header"]["resultCode"] == 4090001
    outcome = clean.run("dns_plus", name="example.com", description="which")
    assert outcome.result["failure"]["kind"] == "Ambiguous"
    [first, *_] = clean.store.dns_zones
    assert clean.make("dns_plus", name=first, description="this one")["id"] == first


def test_others_records_are_neither_touched_nor_lost(clean: NhnCloud) -> None:
    mine = [{"name": "tickets.example.com", "type": "CNAME", "values": ["a.toastgslb.com"]}]
    made = clean.make("dns_plus", name="Example.com", records=mine)
    assert (made["name"], made["others"], made["records"][0]["values"]) == ("example.com.", 0, ["a.toastgslb.com."]) and made["name_servers"]
    ask(clean, "POST", f"/zones/{made['id']}/recordsets", {"recordset": {
        "recordsetName": "mail.example.com.", "recordsetType": "MX", "recordsetTtl": 300, "recordList": [{"recordContent": "10 mx.example.com."}]}})
    clean.requests()
    assert clean.make("dns_plus", name="example.com", records=mine)["others"] == 1 and clean.take_writes() == []
    outcome = clean.run("dns_plus", name="example.com", records=mine, state="absent")
    assert "1 record sets that were not named" in outcome.result["msg"] and clean.take_writes() == []
    everything = [*mine, {"name": "mail.example.com", "type": "MX"}]
    assert clean.run("dns_plus", name="example.com", records=everything, state="absent").result["action"] == "delete" and not clean.store.dns_zones


def test_a_value_that_somebody_disabled_is_put_back(clean: NhnCloud) -> None:
    records = [{"name": "www.example.com", "type": "A", "values": ["203.0.113.10"]}]
    zone = clean.make("dns_plus", name="example.com", records=records)
    [kept] = [each for each in clean.store.dns_zones[zone["id"]]["_sets"].values() if each["recordsetType"] == "A"]
    kept["recordList"][0]["recordDisabled"] = True
    assert clean.run("dns_plus", name="example.com", records=records).changed and kept["recordList"][0]["recordDisabled"] is False


def test_a_zone_that_is_going_is_waited_for_and_one_that_cannot_go_is_told(clean: NhnCloud, slept: list[float]) -> None:
    zone = clean.make("dns_plus", name="example.com")
    clean.store.dns_zones[zone["id"]].update(zoneStatus="DELETING", _looks=0)
    again = clean.make("dns_plus", name="example.com")
    assert again["id"] != zone["id"] and sum(slept) > 0
    clean.store.dns_zones[again["id"]]["_stuck"] = True
    outcome = clean.run("dns_plus", name="example.com", state="absent")
    assert outcome.result["failure"]["kind"] == "WentWrong" and "DELETING_FAIL" in outcome.result["msg"]
    assert clean.run("dns_plus", name="example.com").result["failure"]["kind"] == "WentWrong", "nothing is kept in one that is broken"


@pytest.mark.parametrize(("kind", "options", "words"), [
    ("dns_plus", {"name": "example.com", "records": [{"name": "www.example.com", "type": "A"}]}, "records[0].values: required"),
    ("dns_plus", {"name": "example.com", "records": [{"name": "w.example.com", "type": "A", "values": ["x"]}]}, "records[0]: 'x' is no IPv4 address"),
    ("dns_plus", {"name": "example.com", "records": [{"name": "w.example.com", "type": "A", "ttl_seconds": 5, "values": ["1.1.1.1"]}]}, "from 10"),
    ("dns_plus", {"name": "example.com", "records": [{"name": "www.example.org", "type": "A", "values": ["1.1.1.1"]}]}, "lies in another zone"),
    ("dns_plus", {"name": "exa mple.com"}, "name: 'exa mple.com' is no name"),
    ("dns_plus_gslb", {**GSLB, "name": "a__b"}, "'__' in it"),
    ("dns_plus_gslb", {**GSLB, "pools": [POOL, POOL]}, "name primary is there twice"),
    ("dns_plus_gslb", {**GSLB, "pools": [{**POOL, "endpoints": [{"address": "192.168.0.10"}]}]}, "is a reserved address"),
    ("dns_plus_gslb", {**GSLB, "pools": [{**POOL, "endpoints": []}]}, "pools[0].endpoints: at least one"),
    ("dns_plus_gslb", {**GSLB, "pools": [{**POOL, "health_check": {"protocol": "TCP", "port": 80, "interval_seconds": 10}}]}, "is not from 15"),
    ("dns_plus_gslb", {"name": "tickets"}, "routing_rule: required")])
def test_what_cannot_be_is_refused_before_anything_is_touched(clean: NhnCloud, kind: str, options: dict[str, Any], words: str) -> None:
    for check in (True, False):
        outcome = clean.run(kind, check=check, **options)
        assert outcome.failed and words in outcome.result["msg"], outcome.result.get("msg")
    assert clean.take_writes() == []


def test_a_quota_is_told_in_the_services_words(clean: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.nhn.dns_plus.pools.POOLS", 1)
    outcome = clean.run("dns_plus_gslb", **{**GSLB, "pools": [POOL, {**POOL, "name": "standby", "priority": 2}]})
    failure = outcome.result["failure"]
    assert failure["kind"] == "Refused" and "maximum number of pools" in failure["answer"]["words"]
    assert "create pool tickets__primary" in failure["left"]
    # What that run has left is taken up by the next one, and goes with a removal too.
    assert len(clean.store.dns_pools) == 1 and not clean.store.dns_gslbs
    assert clean.run("dns_plus_gslb", name="tickets", state="absent").result["action"] == "delete"
    assert not clean.store.dns_pools and not clean.store.dns_health_checks
    assert clean.run("dns_plus_gslb", name="tickets", state="absent").result["action"] == "none"


def test_what_an_interrupted_run_has_left_is_cleared_away(clean: NhnCloud) -> None:
    clean.make("dns_plus_gslb", **GSLB)
    ask(clean, "POST", "/pools", {"pool": {"poolName": "tickets__old", "endpointList": [{"endpointAddress": "old.example.com"}]}})
    ask(clean, "POST", "/pools", {"pool": {"poolName": "tickets-eu__old", "endpointList": [{"endpointAddress": "old.example.com"}]}})
    assert clean.run("dns_plus_gslb", **GSLB).result["diff"]["before"]["strays"] == ["tickets__old"]
    assert sorted(each["poolName"] for each in clean.store.dns_pools.values()) == ["tickets-eu__old", "tickets__primary"]


def test_version_two_needs_a_token_and_gets_over_one_that_ran_out(clean: NhnCloud) -> None:
    assert ask(clean, "GET", "/zones", version="v2.0")["header"]["resultCode"] == 4010001
    modern = NhnCloud(clean.url, clean.store)
    modern.auth["dns_plus_version"] = "v2.0"
    modern.unkind("POST /dns-plus/*/gslbs", expire=True)
    assert modern.make("dns_plus_gslb", **GSLB)["domain"] and modern.orders() == []
    assert {entry["path"].split("/")[3] for entry in modern.requests() if entry["path"].startswith("/dns-plus/")} >= {"v2.0"}
    modern.auth["access_key_secret"] = "CANARY-77"
    outcome = modern.run("dns_plus_gslb_info")
    assert "Check auth." in outcome.result["failure"]["next"] and "CANARY" not in outcome.everything


def test_a_wrong_appkey_is_refused_told_and_not_shown(clean: NhnCloud) -> None:
    stranger = NhnCloud(clean.url, clean.store)
    stranger.auth["dns_plus_appkey"] = "CANARY-78"
    outcome = stranger.run("dns_plus", name="example.com")
    assert outcome.result["failure"]["answer"]["code"] == "4010001" and "Check auth." in outcome.result["failure"]["next"]
    assert "CANARY" not in outcome.everything
    away = NhnCloud("http://127.0.0.1:9", clean.store)
    away.auth["appkey"] = "CANARY-79"
    outcome = away.run("dns_plus_info")
    assert outcome.result["failure"]["kind"] == "Unreachable" and "CANARY" not in outcome.everything
    del stranger.auth["appkey"], stranger.auth["dns_plus_appkey"]
    assert "auth.dns_plus_appkey: required" in stranger.run("dns_plus_info").result["msg"]


def test_an_envelope_that_does_not_say_it_is_good_is_not(clean: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.nhn.dns_plus.access.SUCCESS", {"isSuccessful": True, "resultCode": 200, "resultMessage": "SUCCESS"})
    assert clean.run("dns_plus_info").result["failure"]["kind"] == "Refused"


def test_everything_is_found_beyond_the_first_page(clean: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus.PAGE", 2)
    records = [{"name": f"w{number}.example.com", "type": "A", "values": ["203.0.113.10"]} for number in range(5)]
    clean.make("dns_plus", name="example.com", records=records)
    clean.requests()
    assert clean.run("dns_plus", name="example.com", records=records).result["action"] == "none" and clean.take_writes() == []
    assert len(clean.run("dns_plus_info", name="example.com").result["resources"][0]["records"]) == 5


