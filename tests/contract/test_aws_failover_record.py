# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The failover pair from nothing to gone: three checks, two records, one change; and what is left when an answer is lost."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import failover_record
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord, input_faults
from ansible_collections.multicloud.dr.plugins.module_utils.aws.health_checks import must_be_replaced, reference, url_faults
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, ReplyLost, TimedOut

from tests.contract.aws_cloud import AwsCloud, Watched

PARAMS = {
    "name": "tickets.lab.test", "zone": "lab.test", "owner": "tickets", "primary_addresses": ["198.51.100.100"],
    "secondary_load_balancer": None, "secondary_addresses": ["198.51.100.220"], "edge_url": "http://198.51.100.100/edgez",
    "marker_url": "https://latch.s3.ap-northeast-2.amazonaws.com/taken-over", "ttl": 10, "check_interval": 10, "check_threshold": 2,
    "state": "present",
}


@pytest.fixture
def aws():
    with AwsCloud() as cloud:
        cloud.client("route53").create_hosted_zone(Name="lab.test", CallerReference="tests")
        cloud.take_writes()
        yield cloud


def pair(aws, clock=None, **changed):
    return FailoverRecord(aws.client("route53"), lambda: aws.client("elbv2"), {**PARAMS, **changed}, clock or Watched())


def ensure(aws, clock=None, **changed):
    """(action, drift, how many writes) of one run."""
    kind = pair(aws, clock, **changed)
    want = kind.want()
    step = plan(kind.fields, kind.find(), want)
    assert aws.take_writes() == []          # a plan only reads
    converge(kind, step.needing(kind.needs) if want else step, want)
    return step.action, step.drift, len(aws.take_writes())


def checks(aws):
    """{last part of the name: HealthCheckConfig}."""
    return {check["CallerReference"].split("/")[2]: check["HealthCheckConfig"] | {"Id": check["Id"]}
            for check in aws.client("route53").list_health_checks()["HealthChecks"]}


def records(aws):
    route53 = aws.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    sets = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {record["Failover"]: record for record in sets if "Failover" in record}


def test_what_is_built_leads_over_by_itself_and_never_back(aws):
    assert ensure(aws) == ("create", (), 7)                     # three checks with a tag each, and one change with both records
    built, answered = checks(aws), records(aws)
    assert built["edge"]["Type"] == "HTTP" and built["edge"]["IPAddress"] == "198.51.100.100" and not built["edge"]["Inverted"]
    assert built["taken-over"]["Type"] == "HTTPS" and built["taken-over"]["Inverted"] and built["taken-over"]["EnableSNI"]
    assert sorted(built["primary"]["ChildHealthChecks"]) == sorted([built["edge"]["Id"], built["taken-over"]["Id"]])
    assert built["primary"]["HealthThreshold"] == 2
    assert answered["PRIMARY"]["HealthCheckId"] == built["primary"]["Id"] and answered["PRIMARY"]["TTL"] == 10
    assert "HealthCheckId" not in answered["SECONDARY"]
    assert ensure(aws) == ("none", (), 0)


def test_each_drift_costs_only_what_it_must(aws):
    ensure(aws)
    assert ensure(aws, check_threshold=3) == ("update", ("checks",), 2)
    assert ensure(aws, check_threshold=3, ttl=5) == ("update", ("primary", "secondary"), 1)
    before = checks(aws)
    # the interval of a check cannot change: both are replaced, the calculated one is pointed at the new ones, the old ones go
    assert ensure(aws, check_threshold=3, ttl=5, check_interval=30) == ("update", ("checks",), 7)
    after = checks(aws)
    assert after["primary"]["Id"] == before["primary"]["Id"] and after["edge"]["Id"] != before["edge"]["Id"]
    assert len(aws.client("route53").list_health_checks()["HealthChecks"]) == 3
    assert ensure(aws, check_threshold=3, ttl=5, check_interval=30) == ("none", (), 0)


def led_by(aws):
    """The checks that the calculated one stands on."""
    return set(checks(aws)["primary"]["ChildHealthChecks"])


def test_users_are_led_by_the_checks_before_until_the_new_ones_have_a_result(aws, monkeypatch):
    ensure(aws)
    before, there, seen = led_by(aws), set(), []

    def happens():
        there.update(check["Id"] for check in aws.client("route53").list_health_checks()["HealthChecks"])
        seen.append(led_by(aws))

    def reports(HealthCheckId):         # nobody at first, then four more at each look, sixteen in all; who has not looked says so
        known = min(max(0, len(seen) - 1), 4) * 4
        words = ["Success: HTTP Status Code 200, OK"] * (known // 2) + ["Failure: timed out"] * (known // 2) + ["has not looked yet"]
        return {"HealthCheckObservations": [{"StatusReport": {"Status": said}} for said in words]}
    monkeypatch.setattr(aws.client("route53"), "get_health_check_status", reports)
    assert ensure(aws, Watched(happens), check_interval=30)[:2] == ("update", ("checks",))
    assert seen == [before] * 6 and len(there) == 5, "both old checks stand until as many checkers as there are have reported"
    assert len(led_by(aws)) == 2 and led_by(aws) <= there - before
    assert ensure(aws, check_interval=30) == ("none", (), 0)


def test_checks_that_nobody_reports_on_lead_nobody_and_a_run_later_goes_on_with_them(aws):
    ensure(aws)
    before, aws.checkers = led_by(aws), 0
    with pytest.raises(TimedOut, match=r"(?s)see checkers report on the new health checks.*until then.*Run again"):
        ensure(aws, check_interval=30)
    assert led_by(aws) == before and len(aws.client("route53").list_health_checks()["HealthChecks"]) == 5
    aws.take_writes()
    aws.checkers = 16
    assert ensure(aws, check_interval=30) == ("update", ("checks", "strays"), 3), "the calculated one is pointed at them, the old ones go"
    assert not led_by(aws) & before and ensure(aws, check_interval=30) == ("none", (), 0)


def test_a_name_is_published_once_its_checks_have_a_result(aws):
    published, aws.checkers = [], 0

    def happens():
        published.append(records(aws))
        aws.checkers = 16
    ensure(aws, Watched(happens))
    assert published and not any(published) and set(records(aws)) == {"PRIMARY", "SECONDARY"}


def test_a_check_that_somebody_removed_is_made_again(aws):
    ensure(aws)
    aws.client("route53").delete_health_check(HealthCheckId=checks(aws)["edge"]["Id"])
    aws.take_writes()
    assert ensure(aws)[0] == "update"
    assert sorted(checks(aws)["primary"]["ChildHealthChecks"]) == sorted([checks(aws)["edge"]["Id"], checks(aws)["taken-over"]["Id"]])
    assert ensure(aws) == ("none", (), 0)


def test_a_stray_check_is_cleared_away(aws):
    ensure(aws)
    stray = {"Type": "HTTP", "IPAddress": "198.51.100.9", "RequestInterval": 30, "FailureThreshold": 1}
    aws.client("route53").create_health_check(CallerReference="mcdr/tickets/edge/left", HealthCheckConfig=stray)
    aws.take_writes()
    assert ensure(aws)[:2] == ("update", ("strays",))
    assert checks(aws)["edge"]["IPAddress"] == "198.51.100.100" and ensure(aws) == ("none", (), 0)


def test_everything_of_ours_goes_and_nothing_else(aws):
    other = {"Type": "TCP", "IPAddress": "198.51.100.9", "Port": 22}
    aws.client("route53").create_health_check(CallerReference="somebody/else", HealthCheckConfig=other)
    aws.take_writes()
    ensure(aws)
    assert ensure(aws, state="absent") == ("delete", (), 4)
    assert [check["CallerReference"] for check in aws.client("route53").list_health_checks()["HealthChecks"]] == ["somebody/else"]
    assert records(aws) == {} and ensure(aws, state="absent") == ("none", (), 0)


def test_a_lost_answer_does_not_build_twice(aws, monkeypatch):
    monkeypatch.setattr(failover_record.FailoverRecord, "_publish", lose_once(failover_record.FailoverRecord._publish))
    kind = pair(aws)
    want = kind.want()
    converge(kind, plan(kind.fields, kind.find(), want), want, clock=Watched())
    assert len(aws.client("route53").list_health_checks()["HealthChecks"]) == 3 and set(records(aws)) == {"PRIMARY", "SECONDARY"}
    aws.take_writes()
    assert ensure(aws) == ("none", (), 0)


def lose_once(publish):
    """It is done, but nobody hears of it the first time."""
    lost = []

    def losing(self, *arguments):
        publish(self, *arguments)
        if not lost:
            lost.append(True)
            raise ReplyLost("publish", self.name)

    return losing


def test_an_empty_world_says_what_is_needed(aws):
    kind = pair(aws, zone="other.test", name="tickets.other.test", secondary_load_balancer="tickets", secondary_addresses=None)
    assert kind.find() is None and kind.want()["secondary"]["alias"]["name"] == "load balancer tickets"
    assert kind.needs == ["zone other.test", "load balancer tickets"]


def test_the_secondary_is_an_alias_of_the_load_balancer(aws):
    found = aws.network()
    other = aws.client("ec2").create_subnet(VpcId=found["vpc"], CidrBlock="10.0.1.0/24", AvailabilityZone="ap-northeast-2c")
    made = aws.client("elbv2").create_load_balancer(Name="tickets", Subnets=[found["subnet"], other["Subnet"]["SubnetId"]])
    aws.take_writes()
    assert ensure(aws, secondary_load_balancer="tickets", secondary_addresses=None)[0] == "create"
    target = records(aws)["SECONDARY"]["AliasTarget"]
    assert target["DNSName"].rstrip(".") == made["LoadBalancers"][0]["DNSName"].lower() and target["EvaluateTargetHealth"] is False


def test_all_that_is_wrong_is_told_at_once():
    wrong = {**PARAMS, "name": "tickets.elsewhere.test", "edge_url": "ftp://x/", "marker_url": "http://u@h/a?b", "primary_addresses": ["nhn"],
             "check_threshold": 11}
    assert [fault.split(":")[0] for fault in input_faults(wrong)] == ["edge_url", "marker_url", "primary_addresses[0]", "name", "check_threshold"]
    with pytest.raises(BadInput):
        FailoverRecord(None, lambda: None, wrong)


UNPUBLISHABLE = {
    "nobody to lead to": ({"primary_addresses": []}, ["primary_addresses"]),
    "nobody stands by": ({"secondary_addresses": []}, ["secondary_addresses"]),
    "a load balancer without a name": ({"secondary_addresses": None, "secondary_load_balancer": ""}, ["secondary_load_balancer"]),
    "one address twice": ({"primary_addresses": ["198.51.100.100", "198.51.100.100"]}, ["primary_addresses[1]"]),
    "one address for both": ({"secondary_addresses": ["203.0.113.7", "198.51.100.100"]}, ["secondary_addresses[1]"]),
    "a time before now": ({"ttl": -5}, ["ttl"]), "a time without end": ({"ttl": 2**31}, ["ttl"]),
    "no owner": ({"owner": ""}, ["owner"]), "an owner too long": ({"owner": "a" * 31}, ["owner"]),
    "an owner that names another's checks": ({"owner": "tickets/edge"}, ["owner"]),
    "the edge for the marker": ({"marker_url": "HTTP://198.51.100.100:80/edgez"}, ["marker_url"]),
    "a path too long": ({"edge_url": "http://198.51.100.100/" + "e" * 255}, ["edge_url"]),
    "IPv6": ({"edge_url": "http://[2001:db8::1]/edgez"}, ["edge_url"]),
    "at home": ({"primary_addresses": ["10.0.1.5"], "secondary_addresses": ["192.168.0.9"]}, ["primary_addresses[0]", "secondary_addresses[0]"]),
    "all of it": ({"primary_addresses": ["127.0.0.1", "x"], "ttl": -1, "owner": "", "check_threshold": 0, "marker_url": "http://172.16.0.1/m"},
                  ["marker_url", "primary_addresses[0]", "primary_addresses[1]", "owner", "ttl", "check_threshold"]),
    **{f"looked at {address}": ({"edge_url": f"http://{address}/edgez"}, ["edge_url"]) for address in (
        "0.1.2.3", "10.255.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.0.0.8", "192.168.1.1", "198.18.0.1", "224.0.0.1",
        "255.255.255.255")},
}


@pytest.mark.parametrize(("change", "paths"), UNPUBLISHABLE.values(), ids=UNPUBLISHABLE)
def test_what_can_never_be_published_is_refused_before_anything_is_asked(change, paths):
    with pytest.raises(BadInput) as refused:
        FailoverRecord(None, lambda: None, {**PARAMS, **change})
    assert [fault.split(":")[0] for fault in refused.value.faults] == paths


@pytest.mark.parametrize("change", [
    {"ttl": 0}, {"ttl": 2**31 - 1}, {"owner": "a" * 30}, {"primary_addresses": ["192.0.2.1", "203.0.113.1", "100.128.0.1", "172.32.0.1"]},
    {"marker_url": "http://198.51.100.100/taken-over"}, {"edge_url": "http://edge.example.com/" + "e" * 254}])
def test_what_can_be_published_is_not_refused(change):
    assert input_faults({**PARAMS, **change}) == []


def test_a_pair_that_shall_go_is_found_by_its_name_alone(aws):
    ensure(aws)
    gone = {"primary_addresses": [""], "edge_url": "http:///edgez", "marker_url": "", "secondary_addresses": None, "ttl": -1}
    assert ensure(aws, **gone, state="absent")[0] == "delete" and not records(aws)
    with pytest.raises(BadInput, match="does not lie in zone"):
        pair(aws, state="absent", name="tickets.elsewhere.test")


@pytest.mark.parametrize("url", ["http://198.51.100.254:4566/latch/taken-over", "https://tickets.example.com", "http://h/"])
def test_urls_that_can_be_checked(url):
    assert url_faults("edge_url", url) == []


def test_only_what_aws_cannot_change_asks_for_a_replacement():
    have = {"url": "http://198.51.100.100/edgez", "inverted": False, "interval": 10, "threshold": 2}
    assert not must_be_replaced(have, {**have, "threshold": 3, "url": "http://198.51.100.101:81/other", "inverted": True})
    for change in ({"interval": 30}, {"url": "https://198.51.100.100/edgez"}, {"url": "http://edge.example.com/edgez"}):
        assert must_be_replaced(have, {**have, **change})
    assert len(reference("a" * 30, "taken-over", have)) <= 64
