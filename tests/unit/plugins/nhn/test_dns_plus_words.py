# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS Plus's words and ours: one spelling for what means the same, and everything that cannot be told at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import dns_plus_pools as pools
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import dns_plus_zone as zone
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus_gslb import led_to, parts

CHECK: dict[str, Any] = {"protocol": "HTTP", "port": 80, "interval_seconds": 10, "timeout_seconds": 3, "retries": 2, "path": "/edgez",
                         "expected_codes": "2xx", "expected_body": None, "headers": {"Host": "a"}, "verify_certificate": True}
POOL: dict[str, Any] = {"name": "p", "priority": 1, "enabled": True, "regions": [], "health_check": CHECK,
                        "endpoints": [{"address": "Example.COM.", "weight": 1, "enabled": True}]}


@pytest.mark.parametrize(("kind", "given", "means"), [
    ("A", " 203.0.113.1 ", "203.0.113.1"), ("CNAME", "A.Example.com", "a.example.com."), ("NS", "ns.example.com.", "ns.example.com."),
    ("TXT", "v=spf1 -all", '"v=spf1 -all"'), ("TXT", '"a  b"', '"a  b"'), ("MX", "10   mx.example.com.", "10 mx.example.com.")])
def test_a_value_has_one_spelling(kind: str, given: str, means: str) -> None:
    assert zone.value(kind, given) == means == zone.value(kind, means)


def test_what_the_api_tells_is_told_as_it_is_asked_for() -> None:
    asked = zone.spelled([{"name": "www.example.com", "type": "A", "ttl_seconds": 60, "values": ["1.1.1.2", "1.1.1.1"], "state": "present"}])
    read = zone.read({"recordsetName": "www.example.com.", "recordsetType": "A", "recordsetTtl": 60, "recordList": [
        {"recordContent": "1.1.1.1", "recordDisabled": False}, {"recordContent": "1.1.1.2"}, {"recordContent": "9.9.9.9", "recordDisabled": True}]})
    assert {name: value for name, value in asked[0].items() if name != "state"} == read


def test_every_fault_of_records_is_told_at_once() -> None:
    def record(**more: Any) -> dict[str, Any]:
        return {"name": "w.example.com", "type": "CNAME", "ttl_seconds": 300, "values": ["a.example.com"], "state": "present", **more}

    with pytest.raises(ValueError) as no:
        zone.spelled([record(), record(), record(name="x.example.com", values=["a", "b"]), record(name="y..example.com"), record(name="z.example.com",
                                                                                                                       ttl_seconds=9)])
    assert [str(fault).split(":")[0] for fault in no.value.args] == ["[1]", "[2].values", "[3]", "[4]"]


@pytest.mark.parametrize("protocol", ["HTTPS", "HTTP", "TCP"])
def test_a_check_is_read_back_as_it_was_sent(protocol: str) -> None:
    meant = pools.meant_by({**CHECK, "protocol": protocol})
    sent = pools.check_sent(meant, "g__p")
    assert pools.check_read({"healthCheckId": "1", **sent}) == meant
    assert ("path" in sent) is (protocol != "TCP") and ("allowInsecure" in sent) is (protocol == "HTTPS")


def test_pools_have_one_spelling() -> None:
    [told] = pools.spelled([POOL])
    assert told["endpoints"] == [{"address": "example.com", "weight": 1.0, "enabled": True}] and told["health_check"]["verify_certificate"] is None


@pytest.mark.parametrize(("more", "path"), [
    ({"name": "a__b"}, "[0].name"), ({"priority": 0}, "[0].priority"), ({"endpoints": []}, "[0].endpoints"),
    ({"endpoints": [{"address": "10.0.0.1", "weight": 1, "enabled": True}]}, "[0].endpoints[0].address"),
    ({"endpoints": [{"address": "1.2.3", "weight": 1, "enabled": True}]}, "[0].endpoints[0].address"),
    ({"endpoints": [{"address": "a.b", "weight": 2, "enabled": True}]}, "[0].endpoints[0].weight"),
    ({"health_check": {**CHECK, "port": 0}}, "[0].health_check.port"), ({"health_check": {**CHECK, "retries": 6}}, "[0].health_check.retries"),
    ({"health_check": {**CHECK, "timeout_seconds": 5}}, "[0].health_check.interval_seconds"),
    ({"health_check": {**CHECK, "path": "edgez"}}, "[0].health_check.path"),
    ({"health_check": {**CHECK, "expected_codes": "ok"}}, "[0].health_check.expected_codes")])
def test_what_a_pool_cannot_be_is_told_with_its_path(more: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError) as no:
        pools.spelled([{**POOL, **more}])
    assert path in [str(fault).split(":")[0] for fault in no.value.args]


def gslb(*healthy: bool | None, rule: str = "FAILOVER", **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A GSLB whose pools are a, b, c, by what their checks see."""
    there = {name: {"poolName": f"g__{name}", "endpointList": [{}], **({} if well is None else {"healthy": well})}
             for name, well in zip("abc", healthy, strict=False)}
    connected = [{"poolId": name, "connectedPoolOrder": number} for number, name in enumerate(there, 1)]
    return {"gslbName": "g", "gslbRoutingRule": rule, "connectedPoolList": connected[::-1], **more}, there


@pytest.mark.parametrize(("healthy", "leads_to"), [
    ((False, True, None), "b"), ((True, True, None), "a"), ((False, False, None), "c"), ((False, False), None), ((None, True), "a"), ((), None)])
def test_users_are_led_to_the_first_that_is_not_ill(healthy: tuple[bool | None, ...], leads_to: str | None) -> None:
    assert led_to(*gslb(*healthy)) == leads_to


def test_nothing_is_said_of_other_rules_or_of_what_is_off() -> None:
    assert led_to(*gslb(True, rule="RANDOM")) is None and led_to(*gslb(True, gslbDisabled=True)) is None


def test_what_a_list_does_not_hold_yet_is_taken_from_who_uses_it() -> None:
    pool = {"poolId": "p", "healthCheckId": "h", "healthCheck": {"healthCheckId": "h"}}
    assert parts([{"connectedPoolList": [{"poolId": "p", "pool": pool}]}], [], []) == ({"p": pool}, {"h": {"healthCheckId": "h"}})
