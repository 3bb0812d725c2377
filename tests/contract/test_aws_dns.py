# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users are led over without a hand: Route 53 in the lab, with real probes, from the failover module's records to a resolver's answer."""

from __future__ import annotations

import http.server
import json
import threading
import time

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.failover_record import FailoverRecord
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan
from dnslib import RCODE, DNSRecord

from lab import world as lab_world
from lab.dns.answers import answer
from lab.dns.checkers import Checkers
from lab.dns.control_plane import ControlPlane
from lab.dns.server import servers
from tests.contract.aws_cloud import KEYS, AwsCloud, Watched

PRIMARY, SECONDARY = "198.51.100.100", "198.51.100.220"
PATIENCE_SECONDS = 20


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers 200 on paths that are in the server's set, 404 elsewhere."""

    def do_GET(self):
        self.send_response(200 if self.path in self.server.answering else 404)
        self.end_headers()

    def log_message(self, *arguments):
        return None


@pytest.fixture
def endpoint():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.answering = {"/edgez"}
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(tmp_path, endpoint):
    """(cloud, ask, health file) with the failover pair published and the checkers running."""
    stop = threading.Event()
    with AwsCloud() as aws:
        aws.client("route53").create_hosted_zone(Name="lab.test", CallerReference="tests")
        base = f"http://edge.lab.test:{endpoint.server_port}"       # the checkers find every name at 127.0.0.1
        pair = FailoverRecord(aws.client("route53"), lambda: None, {
            "name": "tickets.lab.test", "zone": "lab.test", "owner": "tickets", "primary_addresses": [PRIMARY],
            "secondary_addresses": [SECONDARY], "edge_url": f"{base}/edgez", "marker_url": f"{base}/taken-over", "ttl": 10,
            "check_interval": 10, "check_threshold": 1, "state": "present"}, Watched(lambda: threading.Event().wait(1.0)))
        (tmp_path / "names.json").write_text(json.dumps({"tickets-db.c1.rds.amazonaws.com": "10.0.10.50"}))
        lab_world.HEALTH = tmp_path / "health.json"             # real checkers are asked; the cloud puts its own back in the end
        checkers = Checkers(lab_world.HEALTH, lambda name: "127.0.0.1")
        plane = ControlPlane(aws.url, tmp_path / "names.json", checkers.follow, KEYS)
        dns = servers(lambda name, kind: answer(plane.world, checkers.healthy, name, kind), "127.0.0.1", 0)
        parts = [threading.Thread(target=part.run, args=(stop,)) for part in (checkers, plane)]
        for part in (*dns, *parts):
            part.start_thread() if part in dns else part.start()
        want = pair.want()
        converge(pair, plan(pair.fields, pair.find(), want), want)

        def ask(name="tickets.lab.test", tcp=False):
            sent = DNSRecord.question(name).send("127.0.0.1", dns[tcp].server.server_address[1], tcp=tcp, timeout=5)
            reply = DNSRecord.parse(sent)
            return [(str(record.rdata), record.ttl) for record in reply.rr] if reply.header.rcode == RCODE.NOERROR else RCODE[reply.header.rcode]

        yield aws, ask, lab_world.HEALTH
        stop.set()
        for part in parts:
            part.join()
        for server in dns:
            server.stop()
            server.server.server_close()


def eventually(look, expected):
    """Look until it is as expected; says what was last seen when it never is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (seen := look()) != expected and time.monotonic() < until:
        threading.Event().wait(0.05)
    assert seen == expected


def test_the_primary_is_answered_until_the_marker_appears_even_while_the_control_plane_is_away(world, endpoint):
    aws, ask, health = world
    eventually(ask, [(PRIMARY, 10)])
    assert ask(tcp=True) == [(PRIMARY, 10)]
    assert ask("tickets-db.c1.rds.amazonaws.com") == [("10.0.10.50", 5)] and ask("nobody.lab.test") == "NXDOMAIN"
    aws.faults.write_text(json.dumps({"aws_control_plane": {}}))
    endpoint.answering.add("/taken-over")
    eventually(ask, [(SECONDARY, 10)])
    states = json.loads(health.read_text())
    assert sorted(state["healthy"] for state in states.values()) == [False, False, True]        # edge answers, and is not asked any more
    assert {"healthy", "share", "checkers", "last"} == set(next(iter(states.values())))


def test_a_dark_primary_leads_to_the_secondary(world, endpoint):
    _, ask, _ = world
    endpoint.answering.clear()
    eventually(ask, [(SECONDARY, 10)])
