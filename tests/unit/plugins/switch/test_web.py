# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the agent answers, as edges and monitors read it."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, web
from ansible_collections.multicloud.dr.plugins.module_utils.switch.askers import Askers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.page import PAGE
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NoAnswer, Saw

from tests.unit.plugins.switch.console_world import NHN, outlook, status

STATUS = {
    "writer": True, "maintenance": False, "record": {"epoch": 2, "unchanged_seconds": None}, "gate": {"age_seconds": 0.2},
    "renewals": 3, "beats": 9, "verdict": {"verdict": "WRITER_HERE"},
}
LOOK = outlook(lambda: status(NHN))


def test_writer_and_status() -> None:
    writing = [web.WRITER]
    askers = Askers(time.monotonic)
    began = time.monotonic()
    server = web.serve("127.0.0.1", 0, lambda: writing[0], lambda: STATUS, askers, LOOK)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    assert probes.writer_answers(url) == Saw(True)
    writing[0] = web.NOT_THE_WRITER
    assert probes.writer_answers(url) == Saw(False)
    writing[0] = web.LEAVING
    assert probes.agent_status(url) == STATUS and askers.all_told(web.LEAVING, began) is None, "who asks for something else was not told"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/writer", timeout=5)
    assert askers.all_told(web.LEAVING, began) is not None
    writing[0] = web.NOT_THE_WRITER
    assert probes.edge_answers(f"{url}/writer") == Saw(False), "an edge that can only say 503 serves nobody"
    assert probes.edge_answers(f"{url}/other") == Saw(True), "a 404 is an answer"
    assert probes.agent_status(url) == STATUS
    server.shutdown()
    assert isinstance(probes.writer_answers(url), NoAnswer) and probes.agent_status(url) is None


def test_a_site_that_has_stopped_is_left_in_peace_before_it_is_cut_off() -> None:
    now = [100.0]
    door = web.Door(2.0, lambda: now[0])
    assert door.code(writes=False, leaving=False) == web.NOT_THE_WRITER, "who has just started knows of nobody there"
    assert (door.code(writes=True, leaving=False), door.code(writes=True, leaving=True)) == (web.WRITER, web.LEAVING)
    now[0] += 1.9
    assert door.code(writes=False, leaving=False) == web.LEAVING
    now[0] += 0.2
    assert door.code(writes=False, leaving=True) == web.NOT_THE_WRITER


def test_metrics_leave_out_what_is_not_known() -> None:
    text = web.metrics(STATUS)
    assert "multicloud_dr_record_epoch 2\n" in text and 'multicloud_dr_verdict{verdict="WRITER_HERE"} 1\n' in text
    assert "unchanged" not in text and "ungated" not in text
    assert "multicloud_dr_ungated_tables 0\n" in web.metrics({**STATUS, "gate": {"ungated": []}})


def test_the_host_says_what_time_it_has_by_its_own_clock() -> None:
    assert "multicloud_dr_time_seconds 1795000000.5\n" in web.metrics(STATUS, 1_795_000_000.5) and "time_seconds" not in web.metrics(STATUS)


def test_what_would_be_lost_is_told_by_the_site_that_would_be_left() -> None:
    assert "dr_rpo" not in web.metrics(STATUS)
    seen = {"following": True, "lag_seconds": 0.4, "rpo_seconds": 0.41, "offset_seconds": -0.002, "offset_bound_seconds": 0.001}
    text = web.metrics({**STATUS, "site": "aws", "observations": {"replica": seen}})
    for line in ('dr_rpo_seconds{site="aws"} 0.41', 'dr_clock_offset_seconds{site="aws"} -0.002', 'dr_clock_offset_bound_seconds{site="aws"} 0.001'):
        assert f"{line}\n" in text


def test_what_is_proven_of_the_copy() -> None:
    assert "compared" not in web.metrics(STATUS)
    text = web.metrics({**STATUS, "site": "aws", "observations": {"compared": {"equal": True, "age_seconds": 61.0}}})
    assert 'dr_compared_equal{site="aws"} 1\n' in text and 'dr_compared_age_seconds{site="aws"} 61.0\n' in text
    text = web.metrics({**STATUS, "site": "aws", "observations": {"compared": {"equal": None, "age_seconds": None}}})
    assert 'dr_compared_equal{site="aws"} 0\n' in text and "dr_compared_age" not in text


def test_the_link_and_the_alarm_are_told_where_somebody_has_looked() -> None:
    assert "link" not in web.metrics(STATUS) and "unprotected" not in web.metrics(STATUS)
    text = web.metrics({**STATUS, "observations": {"link": {"across": True, "up": ["b"], "down": ["a"], "unasked": None}},
                        "protection": {"unprotected": True}})
    for line in ("multicloud_dr_link_answers 1", 'multicloud_dr_tunnel_carries{tunnel="b"} 1', 'multicloud_dr_tunnel_carries{tunnel="a"} 0',
                 "multicloud_dr_unprotected 1"):
        assert f"{line}\n" in text
    assert "tunnel" not in web.metrics({**STATUS, "observations": {"link": {"across": False, "up": [], "down": []}}})
    assert "multicloud_dr_unprotected 0\n" in web.metrics({**STATUS, "protection": {"unprotected": False}})
    assert "unprotected" not in web.metrics({**STATUS, "protection": {"unprotected": None}})


def test_a_person_who_is_waited_for_is_told_of() -> None:
    assert "multicloud_dr_asks 1\n" in web.metrics({**STATUS, "asks": True}) and "multicloud_dr_asks 0\n" in web.metrics({**STATUS, "asks": False})


def test_the_score_is_told_once_it_was_weighed_and_what_it_is_not_missing_as_well() -> None:
    assert "readiness" not in web.metrics(STATUS) and "rehears" not in web.metrics(STATUS)
    reasons = [{"name": "journal", "cost": 10, "said": "x", "cure": "y"}] * 2 + [{"name": "room", "cost": 10, "said": "x", "cure": "y"}]
    text = web.metrics({**STATUS, "readiness": {"score": 70, "weighed": 1_795_000_000, "reasons": reasons},
                        "provisions": {"rehearsal": {"ok": False, "at": 1_794_000_000.0, "good": None, "rto_seconds": None}}})
    for line in ("multicloud_dr_readiness_score 70", "multicloud_dr_readiness_timestamp_seconds 1795000000", "multicloud_dr_rehearsal_ok 0",
                 'multicloud_dr_readiness_missing{reason="journal"} 20', 'multicloud_dr_readiness_missing{reason="room"} 10',
                 'multicloud_dr_readiness_missing{reason="takeover"} 0'):
        assert f"{line}\n" in text
    assert "rehearsed" not in text, "none went well, so there is no time of it"


def test_people_have_a_page_that_can_do_nothing() -> None:
    server = web.serve("127.0.0.1", 0, lambda: web.WRITER, lambda: STATUS, Askers(time.monotonic), LOOK)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}/console"
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "root", "Authorization": "Basic cm9vdDpyb290", "Cookie": "admin=1"}
    with urllib.request.urlopen(f"{url}?lang=ko", timeout=5) as page:
        assert page.read().decode() == PAGE and page.headers["Content-Type"] == "text/html; charset=utf-8"
    with urllib.request.urlopen(urllib.request.Request(f"{url}/data", headers=forged), timeout=5) as said:
        assert json.load(said)["site"] == "nhn" and said.headers["Access-Control-Allow-Origin"] is None, "no other site's page may read it"
    with urllib.request.urlopen(f"{url}/events", timeout=5) as events:
        assert [next(events), json.loads(next(events).removeprefix(b"data: "))["topology"]] == [b"retry: 2000\n", "tickets"]
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(urllib.request.Request(url, method=method, data=b"{}"), timeout=5)
    server.shutdown()
