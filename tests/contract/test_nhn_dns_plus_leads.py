# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where DNS Plus leads users, as role nhn_dns_plus has it: by the marker and the primary's edge, to the standby by itself, never back by itself."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.nhn.dns_plus.probes import Prober, probe
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.test_nhn_roles import play

PRIMARY, STANDBY, NAME = "203.0.113.10", "localhost", "tickets.example.com"


class Edge(http.server.BaseHTTPRequestHandler):
    """An edge of a site: what it says to whom is in `says`, path to (status, body)."""

    def do_GET(self) -> None:
        status, body = self.server.says.get(self.path, (404, "a page of the application"))      # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
        self.server.heard.append(dict(self.headers))                                            # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Sites:
    """Both edges, at one port of two addresses, and DNS Plus's prober, for which every look is due."""

    def __init__(self, nhn: NhnCloud) -> None:
        self.standby = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Edge)
        self.port = self.standby.server_port
        self.primary = http.server.ThreadingHTTPServer(("127.0.0.2", self.port), Edge)
        for server in (self.standby, self.primary):
            server.says, server.heard = {}, []                                                  # type: ignore[attr-defined]
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.nhn, self.stop = nhn, threading.Event()
        self.primary_answers, self.marker = True, False
        self.prober = Prober(nhn.store, {PRIMARY: "127.0.0.2", STANDBY: "127.0.0.1"}.__getitem__, map(float, itertools.count(0, 1000)).__next__)

    @property
    def primary_answers(self) -> bool:
        return self.primary.says["/edgez"][0] == 200                                            # type: ignore[attr-defined]

    @primary_answers.setter
    def primary_answers(self, well: bool) -> None:
        self.primary.says = {"/edgez": (200 if well else 503, "")}                              # type: ignore[attr-defined]

    @property
    def marker(self) -> bool | None:
        return {200: True, 404: False}.get(self.standby.says["/taken-over"][0])                 # type: ignore[attr-defined]

    @marker.setter
    def marker(self, stands: bool | None) -> None:
        said = {True: (200, "taken-over"), False: (404, "not-taken-over"), None: (503, "unknown")}[stands]
        self.standby.says = {"/taken-over": said}                                               # type: ignore[attr-defined]

    def look(self) -> None:
        while not self.stop.wait(0.1):
            self.prober.look()

    def led(self) -> list[str]:
        """Where a name leads once the prober has looked."""
        self.prober.look()
        said = requests.get(f"{self.nhn.url}/_lab/dns-plus/answer", params={"name": NAME, "type": "A"}, timeout=5).json()
        assert said["records"][0][:2] == [NAME, "CNAME"], said
        return [value for _, _, _, value in said["records"][1:]]

    def end(self) -> None:
        self.stop.set()
        for server in (self.standby, self.primary):
            server.shutdown()
            server.server_close()


@pytest.fixture
def sites(nhn: NhnCloud) -> Iterator[Sites]:
    for table in (nhn.store.dns_zones, nhn.store.dns_gslbs, nhn.store.dns_pools, nhn.store.dns_health_checks, nhn.store.dns_seen):
        table.clear()
    nhn.requests()
    both = Sites(nhn)
    yield both
    both.end()


def wish(sites: Sites, **more: Any) -> dict[str, Any]:
    return {"nhn_dns_plus_enabled": True, "nhn_dns_plus_name": NAME, "nhn_dns_plus_zone": "example.com", "nhn_dns_plus_gslb": "tickets",
            "nhn_dns_plus_primary_address": PRIMARY, "nhn_dns_plus_standby_address": STANDBY, "nhn_dns_plus_port": sites.port, **more}


@pytest.mark.long
def test_users_are_led_by_the_marker_and_come_back_only_when_it_is_gone(sites: Sites, tmp_path: Path) -> None:
    nhn = sites.nhn
    play(nhn, tmp_path, "nhn_dns_plus", check=True, **wish(sites))
    play(nhn, tmp_path, "nhn_dns_plus", **wish(sites, nhn_dns_plus_enabled=False))
    assert nhn.take_writes() == [], "nothing is done in a check, nor where it is off"
    looking = threading.Thread(target=sites.look, daemon=True)
    looking.start()
    said = play(nhn, tmp_path, "nhn_dns_plus", **wish(sites))
    assert "is answered for by ns.toastdns" in said
    nhn.requests()
    play(nhn, tmp_path, "nhn_dns_plus", **wish(sites))
    assert nhn.take_writes() == []
    sites.stop.set()
    looking.join()

    assert sites.led() == [PRIMARY]
    sites.primary_answers = False
    assert sites.led() == [f"{STANDBY}."], "by itself, before anybody has taken over"
    sites.marker = True
    sites.primary_answers = True
    assert sites.led() == [f"{STANDBY}."], "a primary that comes back is stale"
    assert "leads users to pool taken-over" in play(nhn, tmp_path, "nhn_dns_plus", "status", **wish(sites))
    sites.marker = False
    assert sites.led() == [PRIMARY], "brought home"
    sites.marker = None
    assert sites.led() == [PRIMARY], "nobody can tell, so nobody has said that it has taken over"
    sites.standby.says = {"/taken-over": (200, "a page of the application")}            # type: ignore[attr-defined]
    assert sites.led() == [PRIMARY], "what is not the marker's word moves nobody"
    assert {heard["User-Agent"] for heard in sites.primary.heard} == {"multicloud-dr-health-check"}          # type: ignore[attr-defined]

    ours = {"nhn_dns_plus_confirm_zone": "example.com"}
    play(nhn, tmp_path, "nhn_dns_plus", "destroy", check=True, **wish(sites, **ours))
    assert len(nhn.store.dns_gslbs) == 1 and len(nhn.store.dns_zones) == 1
    play(nhn, tmp_path, "nhn_dns_plus", "destroy", **wish(sites))
    assert not nhn.store.dns_gslbs and len(nhn.store.dns_zones) == 1, "the zone goes only when that is said"
    play(nhn, tmp_path, "nhn_dns_plus", "destroy", **wish(sites, **ours))
    assert not any((nhn.store.dns_zones, nhn.store.dns_gslbs, nhn.store.dns_pools, nhn.store.dns_health_checks))
    nhn.requests()
    play(nhn, tmp_path, "nhn_dns_plus", "destroy", **wish(sites, **ours))
    assert nhn.take_writes() == []


@pytest.mark.long
@pytest.mark.parametrize(("more", "said"), [
    ({"nhn_dns_plus_name": "example.com"}, "cannot be a CNAME"), ({"nhn_dns_plus_primary_address": ""}, "build both sites' edges first"),
    ({}, "does not say at")])
def test_what_would_lead_nobody_or_by_a_page_is_refused(sites: Sites, tmp_path: Path, more: dict[str, Any], said: str) -> None:
    sites.standby.says = {"/taken-over": (200, "a page of the application")}            # type: ignore[attr-defined]
    assert said in " ".join(play(sites.nhn, tmp_path, "nhn_dns_plus", fails=True, **wish(sites, **more)).split())
    assert sites.nhn.take_writes() == []


@pytest.mark.parametrize(("check", "well", "why"), [
    ({"protocol": "TCP"}, True, "No failures"), ({"protocol": "HTTP", "path": "/edgez", "expectedCodes": "2xx"}, True, "No failures"),
    ({"protocol": "HTTP", "path": "/nowhere", "expectedCodes": "2xx"}, False, "Unexpected status code: 404"),
    ({"protocol": "HTTP", "path": "/edgez", "expectedCodes": "200", "expectedBody": "taken-over"}, False, "Unexpected response body"),
    ({"protocol": "HTTP", "port": 9}, False, "connection failed")])
def test_a_look_at_an_endpoint(sites: Sites, check: dict[str, Any], well: bool, why: str) -> None:
    seen, said = probe({"port": sites.port, "timeout": 2, **check}, PRIMARY, lambda _: "127.0.0.2")
    assert seen is well and why in said


def test_the_info_says_what_was_seen(sites: Sites) -> None:
    nhn = sites.nhn
    check = {"protocol": "HTTP", "port": sites.port, "path": "/edgez", "interval_seconds": 10, "timeout_seconds": 3}
    nhn.make("dns_plus_gslb", name="g", routing_rule="FAILOVER", ttl_seconds=10, pools=[
        {"name": "primary", "priority": 1, "endpoints": [{"address": PRIMARY}], "health_check": check},
        {"name": "standby", "priority": 2, "endpoints": [{"address": STANDBY}]}])

    def told() -> tuple[Any, ...]:
        [seen] = nhn.run("dns_plus_gslb_info", name="g").result["resources"]
        return seen["leads_to"], seen["healthy"], [pool["healthy"] for pool in seen["pools"]], seen["pools"][0]["endpoints"][0]["reason"]

    assert told() == ("primary", None, [None, None], None), "nobody has looked"
    sites.prober.look()
    assert told() == ("primary", True, [True, None], "No failures")
    sites.primary_answers = False
    sites.prober.look()
    assert told() == ("standby", False, [False, None], "Unexpected status code: 503")
