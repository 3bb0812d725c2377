# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal of the alerts, beside an Alertmanager that is made up: what arrives, what does not, and that nothing is left behind."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring import told
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.rehearsal import rehearse

RULES = [{"alert": "SiteDown", "labels": {"severity": "page"}, "annotations": {"summary": "{{ $labels.site }}", "runbook": "x"}},
         {"alert": "OneTunnelLeft", "labels": {"severity": "ticket"}, "annotations": {"summary": "y"}},
         {"record": "a:b", "expr": "1"}]


class Alertmanager:
    """Takes alerts, and tells each to the rehearsal, unless it is one that it forgets."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.forgets, self.status = "", 200
        self.port = _free()
        manager = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                alerts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                manager.taken += alerts
                self.send_response(manager.status)
                self.end_headers()
                self.wfile.write(b"start time must be before end time")
                for alert in alerts if manager.status == 200 else []:
                    over = datetime.fromisoformat(alert["endsAt"]) <= datetime.now(UTC)
                    if alert["labels"]["alertname"] != manager.forgets:
                        manager.tell(alert, "resolved" if over else "firing")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def tell(self, alert: dict[str, Any], status: str) -> None:
        body = json.dumps({"alerts": [{"status": status, "labels": alert["labels"]}]}).encode()
        with suppress(OSError):         # a rehearsal that gave up listens no more
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=body), timeout=5).close()


def _free() -> int:
    with create_server(("127.0.0.1", 0)) as asked:
        return int(asked.getsockname()[1])


@pytest.fixture
def manager() -> Iterator[Alertmanager]:
    made = Alertmanager()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_every_alert_arrives_and_so_does_its_end(manager: Alertmanager) -> None:
    took = rehearse(RULES, "aws", manager.url, manager.port, 5)
    assert set(took) == {"SiteDown", "OneTunnelLeft"} and all(0 <= each["fired"] < 5 and 0 <= each["ended"] < 5 for each in took.values())
    for alert in manager.taken:
        assert alert["labels"]["rehearsal"] and alert["labels"]["site"] == "aws" and "nothing is wrong" in alert["annotations"]["summary"]
    with create_server(("127.0.0.1", manager.port)):
        pass                    # nobody listens there any more


def test_what_leads_a_rehearsal_away_from_people_is_what_the_role_goes_by(manager: Alertmanager) -> None:
    rehearse(RULES, "aws", manager.url, manager.port, 5)
    first = told.config([], 4, 9095)["route"]["routes"][0]
    assert first["receiver"] == "rehearsal" and first["matchers"] == ['rehearsal != ""'] and "continue" not in first
    assert {alert["labels"]["rehearsal"].partition("-")[0] for alert in manager.taken} == {"aws"}


def test_one_that_does_not_arrive_is_named_and_all_are_taken_back(manager: Alertmanager) -> None:
    manager.forgets = "OneTunnelLeft"
    with pytest.raises(Fault, match=r"1 of 2 had\. Missing: OneTunnelLeft"):
        rehearse(RULES, "aws", manager.url, manager.port, 0.5)
    assert [datetime.fromisoformat(alert["endsAt"]) <= datetime.now(UTC) for alert in manager.taken] == [False, False, True, True]


def test_what_another_rehearsal_is_told_does_not_count(manager: Alertmanager) -> None:
    manager.forgets = "SiteDown"
    stranger = threading.Timer(0.2, manager.tell, ({"labels": {"alertname": "SiteDown", "rehearsal": "nhn-1"}}, "firing"))
    stranger.start()
    with pytest.raises(Fault, match="Missing: SiteDown"):
        rehearse(RULES, "aws", manager.url, manager.port, 0.6)
    stranger.join()


def test_an_alertmanager_that_refuses_or_is_away_is_quoted(manager: Alertmanager) -> None:
    manager.status = 400
    with pytest.raises(Fault, match='Alertmanager answered 400: "start time must be before end time"'):
        rehearse(RULES, "aws", manager.url, manager.port, 5)
    with pytest.raises(Fault, match=r"(?s)Could not hand alerts to Alertmanager at http://127\.0\.0\.1:\d+.*refused.*prometheus-alertmanager"):
        rehearse(RULES, "aws", f"http://127.0.0.1:{_free()}", manager.port, 5)


def test_two_rehearsals_at_once_are_refused_before_anything_is_handed_over(manager: Alertmanager) -> None:
    with create_server(("127.0.0.1", manager.port)), pytest.raises(Fault, match=r"(?s)Could not listen at 127\.0\.0\.1.*Nothing was handed"):
        rehearse(RULES, "aws", manager.url, manager.port, 5)
    assert manager.taken == []


def test_the_rules_there_are_can_be_rehearsed(manager: Alertmanager) -> None:
    groups = yaml.safe_load((Path(__file__).parents[4] / "extensions" / "prometheus" / "rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert set(rehearse(rules, "nhn", manager.url, manager.port, 10)) == {rule["alert"] for rule in rules}
