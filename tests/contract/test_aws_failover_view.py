# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a name leads, and why: judged from made-up reports, then with real questions to a resolver and to the emulated Route 53."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import failover_view, resolving
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_view import Answered, Checked, judged
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan

from lab.dns.answers import Answer
from lab.dns.server import servers
from tests.contract.aws_cloud import AwsCloud, Watched
from tests.contract.test_aws_failover_record import PARAMS

LEADS, ANSWERED = "By the checkers the name leads to the ", "its edge answers the checkers and the standby has not taken over."
OTHERWISE = "it keeps what it knew for 7 s, or was not asked the same question."
GOOD, BAD = "Success: HTTP Status Code 200, OK", "Failure: Resolved IP: 198.51.100.100. The connection timed out."
PAIR = {"primary": {"addresses": ["198.51.100.100"], "ttl": 10}, "secondary": {"addresses": ["198.51.100.220"], "ttl": 10}, "checks": {}}
NEW = Checked(None, 0, 0)
UP, DARK, TAKEN, FREE = Checked(True, 16, 16, GOOD), Checked(False, 16, 1, BAD), Checked(False, 16, 16, GOOD), Checked(True, 16, 0, BAD)


@pytest.mark.parametrize(("good", "of", "inverted", "healthy"), [
    (16, 16, False, True), (3, 16, False, True), (2, 16, False, False), (0, 16, False, False), (0, 16, True, True), (16, 16, True, False),
    (0, 0, False, None), (0, 0, True, None)])
def test_a_check_is_judged_as_route_53_does(good, of, inverted, healthy):
    seen = judged({"inverted": inverted}, [GOOD] * good + [BAD] * (of - good))
    assert (seen.healthy, seen.checkers, seen.succeeding) == (healthy, of, good)


@pytest.mark.parametrize(("edge", "marker", "answer", "said"), [
    (UP, FREE, "198.51.100.100", [f"{LEADS}primary: {ANSWERED}"]),
    (DARK, FREE, "198.51.100.220", [f"{LEADS}secondary: the primary's edge answers 1 of 16 checkers ({BAD})."]),
    (UP, TAKEN, "198.51.100.220", [f"{LEADS}secondary: the standby has taken over: 16 of 16 checkers see its marker."]),
    (DARK, FREE, "198.51.100.100", [f"{LEADS}secondary: the primary's edge answers 1 of 16 checkers ({BAD}).",
                                    f"9.9.9.9 still answers 198.51.100.100 (the primary): {OTHERWISE}"]),
    (None, FREE, "198.51.100.100", [f"{LEADS}primary: a check of the pair is missing, and Route 53 takes that for healthy."]),
    (NEW, FREE, "198.51.100.100", [f"{LEADS}primary: no checker has reported yet, and Route 53 takes that for healthy."]),
    (UP, NEW, "198.51.100.220", [f"{LEADS}secondary: no checker has reported on the marker yet, and Route 53 takes a new inverted check for "
                                 "unhealthy."]),
    (UP, FREE, "203.0.113.9", [f"{LEADS}primary: {ANSWERED}", f"9.9.9.9 still answers 203.0.113.9 (neither site): {OTHERWISE}"]),
])
def test_why(edge, marker, answer, said):
    checks = {name: check for name, check in (("edge", edge), ("taken-over", marker)) if check}
    assert failover_view.view("tickets.lab.test", PAIR, checks, [Answered("9.9.9.9", (answer,), 7)])["why"] == said


@pytest.mark.parametrize(("marker", "pinned"), [(Checked(False, 16, 16), True), (NEW, True), (FREE, False), (None, False)])
def test_while_the_marker_is_seen_the_name_is_pinned_to_the_secondary(marker, pinned):
    checks = {"edge": UP, **({"taken-over": marker} if marker else {})}
    assert failover_view.view("tickets.lab.test", PAIR, checks, [])["pinned"] is pinned


def test_resolvers_that_disagree_or_are_silent():
    answers = [Answered("a", ("198.51.100.100",), 3), Answered("b", ("198.51.100.220",), 9), Answered("c", said="timed out")]
    seen = failover_view.view("tickets.lab.test", PAIR, {"edge": UP, "taken-over": FREE}, answers)
    assert seen["leads_to"] is None and [each["leads_to"] for each in seen["answers"]] == ["primary", "secondary", None]
    assert seen["why"][-1] == "c gives no answer: timed out."
    nothing = failover_view.view("tickets.lab.test", None, {}, answers)
    assert nothing["why"][0] == "There is no whole failover pair of that name, so nothing chooses between the sites."


def test_a_secondary_behind_an_alias_is_known_by_where_the_load_balancer_answers():
    pair = {**PAIR, "secondary": {"alias": {"name": "tickets.elb.amazonaws.com", "zone": "Z1"}}}
    answer = [Answered("a", ("203.0.113.7",), 60)]
    assert failover_view.view("n", pair, {}, answer, ["203.0.113.7", "203.0.113.8"])["leads_to"] == "secondary"
    assert failover_view.view("n", pair, {}, answer)["leads_to"] == "elsewhere"


@pytest.fixture
def resolver():
    """host:port of a resolver that knows one name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def ask(name, kind):
        known = name.rstrip(".") == "tickets.lab.test" and kind == "A"
        return Answer("NOERROR", [("tickets.lab.test", "A", 10, "198.51.100.100")]) if known else Answer("NXDOMAIN")

    both = servers(ask, "127.0.0.1", port)
    for server in both:
        server.start_thread()
    yield f"127.0.0.1:{port}"
    for server in both:
        server.stop()
        server.server.server_close()


def test_a_resolver_is_really_asked(resolver):
    query = resolving.query(2.0)
    assert failover_view.ask("tickets.lab.test", [resolver], query) == [Answered(resolver, ("198.51.100.100",), 10)]
    unknown, silent = failover_view.ask("other.lab.test", [resolver, "127.0.0.1:9"], resolving.query(0.3))
    assert "does not exist" in unknown.said and silent.said


def test_the_pair_and_its_checkers_are_read_and_nothing_is_written(resolver):
    with AwsCloud() as aws:
        route53 = aws.client("route53")
        route53.create_hosted_zone(Name="lab.test", CallerReference="tests")
        kind = FailoverRecord(route53, lambda: aws.client("elbv2"), PARAMS, Watched())
        converge(kind, plan(kind.fields, kind.find(), kind.want()), kind.want())
        aws.take_writes()
        pair = FailoverRecord.as_it_is(route53, {"name": "tickets.lab.test", "zone": "lab.test", "owner": "tickets"})
        checks = failover_view.look_at_checks(route53, pair["checks"])
        seen = failover_view.view("tickets.lab.test", pair, checks, failover_view.ask("tickets.lab.test", [resolver], resolving.query(2.0)))
        assert seen["leads_to"] == "primary" and set(seen["checks"]) == {"edge", "taken-over", "primary"}
        assert seen["why"][0] == f"{LEADS}secondary: the standby has taken over: 1 of 1 checkers see its marker."
        aws.checkers = 0
        new = failover_view.look_at_checks(route53, pair["checks"])
        assert [new[name].healthy for name in ("edge", "taken-over", "primary")] == [None, None, False]
        assert FailoverRecord.as_it_is(route53, {"name": "other.lab.test", "zone": "lab.test", "owner": "nobody"}) is None
        assert aws.take_writes() == []
