# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users who are being served are not sent to a silent site, unless a person says so by name; whatever moves nobody is not held up."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import live_traffic
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault

from tests.contract.aws_cloud import AwsCloud, Watched
from tests.contract.test_aws_failover_record import PARAMS

ELSEWHERE = {"primary_addresses": ["198.51.100.101"], "edge_url": "http://198.51.100.101/edgez"}


@pytest.fixture
def aws():
    with AwsCloud() as cloud:
        cloud.client("route53").create_hosted_zone(Name="lab.test", CallerReference="tests")
        yield cloud


def planned(aws, **changed):
    kind = FailoverRecord(aws.client("route53"), lambda: aws.client("elbv2"), {**PARAMS, **changed}, Watched())
    return kind, plan(kind.fields, kind.find(), kind.want())


def built(aws, **changed):
    kind, step = planned(aws, **changed)
    assert live_traffic.moves(step) == (), "a first publication moves nobody"
    converge(kind, step, kind.want())


def dark(_url):
    return "timed out"


def test_a_plan_that_sends_users_to_a_silent_site_is_refused(aws):
    built(aws)
    step = planned(aws, **ELSEWHERE)[1]
    with pytest.raises(Fault, match=r"from 198.51.100.100 to 198.51.100.101 and what is asked .*\(timed out\).*Nothing was touched.*: accept"):
        live_traffic.refuse_if_silent(step, dark)
    assert live_traffic.refuse_if_silent(step, lambda _url: None) is None
    warned = live_traffic.refuse_if_silent(step, dark, ["accept_silent_target"])
    assert warned.endswith("Overridden by name: accept_silent_target.")


@pytest.mark.parametrize("changed", [{"ttl": 5}, {"check_threshold": 3}, {}, {"state": "absent"}])
def test_what_moves_nobody_is_not_held_up(aws, changed):
    built(aws)
    assert live_traffic.refuse_if_silent(planned(aws, **changed)[1], dark) is None


TAKEN_OVER, PRIMARY, STANDBY = PARAMS["marker_url"], PARAMS["edge_url"], "http://198.51.100.221/edgez"


@pytest.mark.parametrize(("answering", "refused"), [
    ({PRIMARY}, False),                             # nobody is at the standby
    ({PRIMARY, TAKEN_OVER}, True),                  # after a failover; the primary's edge is back
    ({TAKEN_OVER}, True),
    (set(), True),                                  # DNS has led away from a dark primary by itself
    ({PRIMARY, TAKEN_OVER, STANDBY}, False),
    ({STANDBY}, False),
])
def test_users_at_the_standby_are_not_sent_to_a_silent_one_either(aws, answering, refused):
    built(aws)
    step = planned(aws, secondary_addresses=["198.51.100.221"])[1]

    def silent(url):
        return None if url in answering else "timed out"
    if not refused:
        assert live_traffic.refuse_if_silent(step, silent) is None
        return
    with pytest.raises(Fault, match=r"changes the secondary while users are there, and http://198.51.100.221/edgez gives no good.*: accept_silent"):
        live_traffic.refuse_if_silent(step, silent)
    assert "Overridden by name" in live_traffic.refuse_if_silent(step, silent, ["accept_silent_target"])


ANOTHER = "https://another.s3.ap-northeast-2.amazonaws.com/taken-over"


@pytest.mark.parametrize(("answering", "refused"), [
    ({PRIMARY}, False),                             # nobody has taken over
    ({PRIMARY, TAKEN_OVER}, True),
    ({TAKEN_OVER}, True),                           # a dark primary is silent for now only
    ({PRIMARY, TAKEN_OVER, ANOTHER}, False),        # the marker was written there as well
])
def test_users_are_not_led_back_by_asking_for_the_marker_where_there_is_none(aws, answering, refused):
    built(aws)
    step = planned(aws, marker_url=ANOTHER)[1]

    def silent(url):
        return None if url in answering else "HTTP 403"
    if not refused:
        assert live_traffic.refuse_if_silent(step, silent) is None
        return
    with pytest.raises(Fault, match=r"(?s)standby has taken over, as .*latch.* says.*led back to the primary.*Nothing was touched.*: accept_return"):
        live_traffic.refuse_if_silent(step, silent, ["accept_silent_target"])
    assert live_traffic.refuse_if_silent(step, silent, ["accept_return"]).endswith("Overridden by name: accept_return.")


@pytest.mark.parametrize("answer", ["timed out", "HTTP 503"])
def test_a_marker_that_nobody_can_be_asked_about_may_be_there(aws, answer):
    built(aws)
    step = planned(aws, marker_url=ANOTHER)[1]
    with pytest.raises(Fault, match=rf"(?s)may have taken over, for all that .*latch.* says \({answer}\).*led back.*accept_return"):
        live_traffic.refuse_if_silent(step, lambda url: "HTTP 403" if url == ANOTHER else answer if url == TAKEN_OVER else None)


def test_another_question_to_the_edge_may_move_users_too(aws):
    built(aws)
    with pytest.raises(Fault, match="what is asked of its edge"):
        live_traffic.refuse_if_silent(planned(aws, edge_url="http://198.51.100.100/nowhere")[1], dark)


@pytest.mark.parametrize("edge", [PRIMARY, "http://edge.example.com/edgez"])
@pytest.mark.parametrize(("after", "asked"), [
    (["198.51.100.100", "198.51.100.200"], "198.51.100.200"), (["198.51.100.200"], "198.51.100.200"), (["198.51.100.100", "198.51.100.150"], None)])
def test_each_address_that_users_would_be_sent_to_is_asked_itself(aws, edge, after, asked):
    built(aws, edge_url=edge, primary_addresses=["198.51.100.100", "198.51.100.150", "198.51.100.160"])
    step = planned(aws, edge_url=edge, primary_addresses=after)[1]
    where = f"http://{asked or '198.51.100.150'}/edgez"
    with pytest.raises(Fault, match=rf"and {where} gives no good answer \(timed out\)"):
        live_traffic.refuse_if_silent(step, lambda url: "timed out" if url == where else None)
    if asked:
        assert live_traffic.refuse_if_silent(step, lambda url: None if url == where else "timed out") is None, "who stays is sent nowhere"


class Edge(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


def test_a_primary_that_somebody_made_an_alias_by_hand_is_known_by_its_name(aws):
    _kind, step = planned(aws)
    by_hand = replace(step, action="update", before={**step.after, "primary": {"alias": {"name": "lb.example", "zone": "Z"}}})
    assert "the primary's addresses from lb.example to 198.51.100.100" in live_traffic.moves(by_hand)[0]
    with pytest.raises(Fault, match="timed out"):
        live_traffic.refuse_if_silent(by_hand, dark)


def test_a_site_is_asked_as_a_health_checker_asks():
    assert "refused" in live_traffic.silent("http://127.0.0.1:9/edgez", 1.0)
    server = HTTPServer(("127.0.0.1", 0), Edge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    assert live_traffic.silent(f"{url}/200") is None
    assert live_traffic.silent(f"{url}/404") == "HTTP 404" and live_traffic.silent(f"{url}/503") == "HTTP 503"
    server.shutdown()
    server.server_close()
