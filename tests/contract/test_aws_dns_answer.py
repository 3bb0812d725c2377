# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TestDNSAnswer of the lab's AWS: what Route 53 answers now, as whoever steers users asks it, without a resolver."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from lab import world
from tests.contract.aws_cloud import AwsCloud

NHN, AWS, BALANCER = "198.51.100.100", "198.51.100.220", "web-1.ap-northeast-2.elb.amazonaws.com"


@pytest.fixture
def route53(tmp_path, monkeypatch):
    with AwsCloud() as aws:
        world.HEALTH = tmp_path / "health.json"             # the cloud puts its own back in the end
        monkeypatch.setattr(world, "NAMES", tmp_path / "names.json")
        world.NAMES.write_text(json.dumps({BALANCER: AWS}))
        yield aws.client("route53")


@pytest.fixture
def zone(route53):
    """(id of a zone with a failover pair, id of its primary's check)."""
    zone = route53.create_hosted_zone(Name="lab.test", CallerReference="tests")["HostedZone"]["Id"]
    made = route53.create_health_check(CallerReference="tests", HealthCheckConfig={"Type": "TCP", "IPAddress": NHN, "Port": 443})
    check = made["HealthCheck"]["Id"]
    pair = {"Name": "tickets.lab.test", "Type": "A"}
    sets = [{**pair, "SetIdentifier": "nhn", "Failover": "PRIMARY", "HealthCheckId": check, "TTL": 10, "ResourceRecords": [{"Value": NHN}]},
            {**pair, "SetIdentifier": "aws", "Failover": "SECONDARY", "AliasTarget": {
                "HostedZoneId": "Z1", "DNSName": f"{BALANCER}.", "EvaluateTargetHealth": False}},
            {"Name": "www.lab.test", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "tickets.lab.test."}]}]
    changes = [{"Action": "CREATE", "ResourceRecordSet": each} for each in sets]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return zone, check


def asked(route53, zone, name="tickets.lab.test", kind="A"):
    told = route53.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType=kind)
    return told["ResponseCode"], told["RecordData"]


def test_it_follows_the_health_of_the_primary(route53, zone):
    zone, check = zone
    assert asked(route53, zone) == ("NOERROR", [NHN]), "nobody has looked yet"
    for healthy, address in ((True, NHN), (False, AWS), (True, NHN)):
        world.HEALTH.write_text(json.dumps({check: {"healthy": healthy, "checkers": 16, "last": "as the test has it"}}))
        assert asked(route53, zone) == ("NOERROR", [address])


def test_what_is_asked_comes_back_with_who_answered(route53, zone):
    told = route53.test_dns_answer(HostedZoneId=zone[0], RecordName="tickets.lab.test", RecordType="A")
    assert (told["RecordName"], told["RecordType"], told["Protocol"]) == ("tickets.lab.test", "A", "UDP") and told["Nameserver"]


@pytest.mark.parametrize(("name", "kind", "answer"), [
    ("nobody.lab.test", "A", ("NXDOMAIN", [])), ("tickets.lab.test", "AAAA", ("NOERROR", [])),
    ("www.lab.test", "CNAME", ("NOERROR", ["tickets.lab.test."])),
])
def test_what_is_not_there_and_other_kinds(route53, zone, name, kind, answer):
    assert asked(route53, zone[0], name, kind) == answer


def test_a_zone_that_is_not_there_is_an_error(route53):
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        asked(route53, "Z0000000000000")
