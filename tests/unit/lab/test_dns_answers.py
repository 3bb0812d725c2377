# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is answered: failover pairs as AWS documents them, aliases to load balancers, names of endpoints."""

from __future__ import annotations

import pytest

from lab.dns.answers import World, answer

ALB = "tickets-web-1.ap-northeast-2.elb.amazonaws.com"
DATABASE = "tickets-db.c1.ap-northeast-2.rds.amazonaws.com"
PRIMARY = {"Name": "tickets.lab.test.", "Type": "A", "SetIdentifier": "primary", "Failover": "PRIMARY", "HealthCheckId": "p", "TTL": 10,
           "ResourceRecords": [{"Value": "198.51.100.100"}]}
SECONDARY = {"Name": "tickets.lab.test.", "Type": "A", "SetIdentifier": "secondary", "Failover": "SECONDARY",
             "AliasTarget": {"DNSName": ALB + ".", "HostedZoneId": "Z1", "EvaluateTargetHealth": False}}
WWW = {"Name": "www.lab.test.", "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": "tickets.lab.test."}]}
SOA = {"Name": "lab.test.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "ns.lab.test. admin.lab.test. 1 7200 900 1209600 86400"}]}


def world(*records, names=None):
    return World({"lab.test": [SOA, *records]}, {ALB: "198.51.100.220", DATABASE: "10.0.10.50"} if names is None else names)


def ask(where, name="tickets.lab.test.", kind="A", sick=()):
    found = answer(where, lambda check: check not in tuple(sick), name, kind)
    return found.code, list(found.records)


def test_a_healthy_primary_is_answered_with_its_own_ttl():
    assert ask(world(PRIMARY, SECONDARY)) == ("NOERROR", [("tickets.lab.test", "A", 10, "198.51.100.100")])


def test_an_unhealthy_primary_gives_way_to_the_secondary_behind_its_alias():
    assert ask(world(PRIMARY, SECONDARY), sick="p") == ("NOERROR", [("tickets.lab.test", "A", 60, "198.51.100.220")])


def test_when_both_are_unhealthy_the_primary_is_answered():
    assert ask(world(PRIMARY, {**SECONDARY, "HealthCheckId": "s"}), sick="ps")[1][0][3] == "198.51.100.100"


@pytest.mark.parametrize(("evaluate", "addresses"), [(False, []), (True, ["198.51.100.100"])])
def test_the_targets_health_counts_only_when_asked_for(evaluate, addresses):
    gone = {"DNSName": "gone.elb.amazonaws.com", "HostedZoneId": "Z1", "EvaluateTargetHealth": evaluate}
    found = ask(world(PRIMARY, {**SECONDARY, "AliasTarget": gone}), sick="p")[1]
    assert [value for _, _, _, value in found] == addresses


def test_a_lone_primary_is_answered_even_when_unhealthy():
    assert ask(world(PRIMARY), sick="p")[1][0][3] == "198.51.100.100"


def test_a_cname_is_followed_through_the_pair():
    assert ask(world(PRIMARY, SECONDARY, WWW), "WWW.lab.test") == ("NOERROR", [
        ("www.lab.test", "CNAME", 30, "tickets.lab.test."), ("tickets.lab.test", "A", 10, "198.51.100.100")])


def test_endpoint_names_are_answered_from_the_list():
    assert ask(world(), DATABASE) == ("NOERROR", [(DATABASE, "A", 5, "10.0.10.50")])
    assert ask(world(), DATABASE, "AAAA") == ("NOERROR", [])


def test_a_name_nobody_has_and_a_type_it_has_not():
    assert ask(world(PRIMARY), "other.lab.test") == ("NXDOMAIN", [])
    assert ask(world(PRIMARY), kind="AAAA") == ("NOERROR", [])


def test_names_that_point_at_each_other_end():
    circle = [{**WWW, "ResourceRecords": [{"Value": "b.lab.test."}]},
              {**WWW, "Name": "b.lab.test.", "ResourceRecords": [{"Value": "www.lab.test."}]}]
    assert ask(world(*circle), "www.lab.test")[0] == "NOERROR"
