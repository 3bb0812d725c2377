# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a drill's report says is there, it has asked the service for, and what it waits for is a promise of the right site."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import ledger
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt
from ansible_collections.multicloud.dr.plugins.modules import drill_report, drill_watch

from tests.unit.plugins.proof.drills import BEGAN, report, seconds


def told(key: str, ticket: str, site: str = "nhn", status: int = 201) -> Attempt:
    return Attempt(10.0, 9.9, key, 1, key, status, site, 1, "local", ticket, by_site=site, by_epoch=1)


@pytest.fixture
def service() -> Iterator[tuple[int, dict[str, tuple[int, str]]]]:
    """A service that answers for purchases by key: {key: (status, body)}; 404 for every other."""
    answers: dict[str, tuple[int, str]] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path.rpartition("/")[2], (404, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, answers
    server.shutdown()
    server.server_close()


def where(port: int) -> dict[str, object]:
    return {"nameserver": "", "domain": "localhost", "port": port}


def test_only_what_the_service_shows_counts_as_there(service) -> None:
    port, answers = service
    answers["a"] = (200, json.dumps({"ticket": "tA"}))
    answers["b"] = (200, json.dumps({"ticket": "another one"}))
    attempts = [told("a", "tA"), told("b", "tB"), told("c", "tC"), told("d", "", status=503)]
    assert drill_report.present(attempts, where(port)) == {"tA", "another one"}


def test_a_service_that_says_neither_yes_nor_no_is_no_proof_of_loss(service) -> None:
    port, answers = service
    answers["a"] = (503, "{}")
    with pytest.raises(ValueError, match="purchase a: status 503"):
        drill_report.present([told("a", "tA")], where(port))


class Ended(Exception):
    """The module has said what it had to say."""


@pytest.mark.parametrize(("site", "enough"), [("", True), ("nhn", True), ("aws", False)])
def test_waiting_counts_promises_of_the_site_alone(site: str, enough: bool, tmp_path, monkeypatch) -> None:
    log = tmp_path / "buyers.jsonl"
    log.write_text("".join(each.line() + "\n" for each in (told("a", "tA"), told("b", "tB"), told("c", "", status=503), told("d", "tD", "aws"))))
    said: dict[str, object] = {}

    class Module:
        check_mode = False

        def __init__(self, **_: object) -> None:
            self.params = {"log": str(log), "site": site, "promises": 2, "seconds": 0}

        def exit_json(self, **told: object) -> None:
            said.update(told)
            raise Ended

        fail_json = exit_json

    monkeypatch.setattr(drill_watch, "AnsibleModule", Module)
    with pytest.raises(Ended):
        drill_watch.main()
    assert said.get("promises") == ({"": 3, "nhn": 2}[site] if enough else None)
    assert enough or "saw 1" in str(said["msg"])


def test_a_report_stands_beside_those_before_it_and_the_latest_is_found(tmp_path) -> None:
    for started, rto in (("2025-11-01T00:00:00Z", 25.0), ("2025-12-01T00:00:00Z", 33.3), ("2025-10-01T00:00:00Z", 44.4)):
        files = drill_report.write(tmp_path, report(started, rto_seconds=rto), seconds(), BEGAN)
    shown = (tmp_path / "drill-20251201T000000Z.html").read_text()
    assert "Drills before this one: 1." in shown and "25.0 s" in shown and "44.4" not in shown, "a later report of an earlier drill is none before"
    assert (tmp_path / "latest.json").resolve().name == "drill-20251001T000000Z.json" and files[1].endswith("drill-20251001T000000Z.html")
    assert json.loads((tmp_path / "latest.json").read_text())["max_rpo_seconds"] == 5.0


def test_every_lost_promise_is_in_the_report() -> None:
    figures = ledger.account([told("a", "tA"), told("b", "tB")], {"tA"})
    assert figures["lost_acknowledged"] == 1 and [(row["ticket"], row["seat"], row["site"], row["ack"]) for row in figures["lost"]] == [
        ("tB", "b", "nhn", "local")]
    assert ledger.origin([]) is None and ledger.origin([told("a", "tA")]) == 10.0
