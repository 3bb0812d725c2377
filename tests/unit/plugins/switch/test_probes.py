# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking: an edge that cannot serve is not one that is silent, a copy that is stuck is not one that tries again, and what was seen
survives the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.outlook import Outlook, Sources
from ansible_collections.multicloud.dr.plugins.module_utils.switch.edge_watch import Watch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    GateView,
    LinkView,
    Look,
    MembersView,
    NoAnswer,
    NotLooked,
    Observations,
    PeerView,
    RecordView,
    ReplicaView,
    Saw,
    from_plain,
    to_plain,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing


@contextmanager
def answering(code: int, body: str = "") -> Iterator[str]:
    """The URL of a server that always answers so."""
    class Always(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Always)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("code", "serves"), [(200, True), (302, True), (404, True), (500, False), (503, False)])
def test_an_edge_that_cannot_serve_is_there_all_the_same(code: int, serves: bool) -> None:
    with answering(code) as url:
        assert probes.edge_answers(url) == Saw(serves)
    assert isinstance(probes.edge_answers("http://127.0.0.1:9"), NoAnswer)


STATUS = """{"writer": true, "maintenance": false, "verdict": {"verdict": "UNPROTECTED"},
             "observations": {"replica": {"following": true, "lag_seconds": 0.5}}}"""


def test_the_other_agent_is_asked_and_believed_only_in_its_own_words() -> None:
    with answering(200, STATUS) as url:
        assert probes.peer_answers(url) == Saw(PeerView(True, False, "UNPROTECTED", True, 0.5))
    with answering(200, STATUS.replace('"following": true, "lag_seconds": 0.5', '"no_answer": "refused"')) as url:
        assert probes.peer_answers(url) == Saw(PeerView(True, False, "UNPROTECTED"))
    for body in ("{}", "[]", "hello", '{"writer": true, "maintenance": false, "verdict": "x", "observations": {}}'):
        with answering(200, body) as url:
            assert isinstance(probes.peer_answers(url), NoAnswer), body
    with answering(500) as url:
        assert isinstance(probes.peer_answers(url), NoAnswer)


LEAVES = ("0.3", "broken", ["a"], [["a"]], {"following": "yes"}, {"a": []}, None, True, 7, -1e308, 10 ** 400, float("nan"))


def changed(status: Any, value: Any) -> Iterator[Any]:
    """`status` with `value` at each place of it in turn."""
    yield value
    for key, inner in status.items() if isinstance(status, dict) else ():
        for each in changed(inner, value):
            yield {**status, key: each}


@pytest.mark.parametrize("value", LEAVES, ids=range(len(LEAVES)))
def test_whatever_the_other_agent_says_this_one_goes_on(value: Any) -> None:
    """Another release, or whoever has that agent: its words decide nothing that it takes an exception to stop."""
    whole = {**json.loads(STATUS), "observations": {"replica": {"following": True, "lag_seconds": 0.5, "rpo_seconds": 0.5, "unfinished": None},
                                                    "link": {"across": True, "down": ["a"]}}}
    for status in changed(whole, value):
        try:
            seen: Look[PeerView] = Saw(probes.view_peer(status))
        except ValueError as error:
            seen = NoAnswer(str(error))
        for site, writer in (("nhn", "nhn"), ("aws", "nhn")):
            own = Observations(site, Saw(RecordView(writer, 4, 0.5)), Saw(GateView(site == writer, 4)), Saw(ReplicaView(False, 0.3)), Saw(True),
                               Saw(True), peer=seen, link=Saw(LinkView(True)))
            assert verdict.judge(own, Timing()).verdict and verdict.judge_planned(own, Timing()).verdict and verdict.if_lost(own, Timing()).verdict
        assert not isinstance(seen, Saw) or seen.value.protects(30.0) in (True, False)
        if isinstance(seen, Saw):
            outlook = Outlook(Sources(dict, list, lambda: 0.0, ("nhn", "aws"), 5.0, verdict.Limits(), lambda: 0.0, lambda: 0.0))
            outlook.hear(status)
            outlook.note(None)


def test_half_a_character_in_what_the_other_agent_says_can_be_printed() -> None:
    told = {**json.loads(STATUS), "verdict": {"verdict": "\ud800"},
            "observations": {"link": {"down": ["b\udfff"]}, "replica": {"unfinished": "\ud800"}}}
    kept: list[Any] = []
    with answering(200, json.dumps(told)) as url:
        seen = probes.peer_answers(url, keep=kept.append)
    assert isinstance(seen, Saw) and (seen.value.verdict, seen.value.down, seen.value.unfinished) == ("?", ("b?",), "?")
    assert json.dumps(kept, ensure_ascii=False).encode()


def test_an_answer_without_end_is_no_answer() -> None:
    for body in ("[" * 200_000, '{"writer": ' + " " * 2_000_000 + "true}"):
        with answering(200, body) as url:
            assert isinstance(probes.peer_answers(url), NoAnswer)


def test_half_a_copy_at_the_other_site_is_told_and_ends_no_alarm() -> None:
    half = STATUS.replace('"lag_seconds": 0.5', '"lag_seconds": 0.5, "unfinished": "is being copied, and that has not ended"')
    with answering(200, half) as url:
        seen = probes.peer_answers(url)
    assert seen == Saw(PeerView(True, False, "UNPROTECTED", True, 0.5, (), "is being copied, and that has not ended"))
    assert not seen.value.protects(30.0)
    whole = PeerView(True, False, "NORMAL", True, 0.5)
    assert whole.protects(30.0) and whole.protects(0.5) and not whole.protects(0.4)
    assert not PeerView(True, False, "NORMAL", False, 0.5).protects(30.0) and not PeerView(True, False, "NORMAL", True, None).protects(30.0)


HERE, THERE = Position("b.1", 100), Position("b.1", 900)


@pytest.mark.parametrize(("status", "broken", "stuck"), [
    (ReplicaStatus("192.0.2.1", 3306, io="Yes", sql="Yes", read=THERE, applied=THERE), False, False),
    (ReplicaStatus("192.0.2.1", 3306, io="Connecting", sql="Yes", io_error=(2003, "timed out"), read=THERE, applied=THERE), False, False),
    (ReplicaStatus("192.0.2.1", 3306, io="No", sql="Yes", io_error=(1236, "no log"), read=THERE, applied=THERE), True, False),
    (ReplicaStatus("192.0.2.1", 3306, io="Yes", sql="No", sql_error=(1062, "twice"), read=THERE, applied=HERE), True, True),
    (ReplicaStatus("192.0.2.1", 3306, io="Yes", sql="No", sql_error=(1062, "twice"), read=THERE, applied=THERE), True, False),
    (ReplicaStatus(), False, False)])
def test_what_has_stopped_a_copy_and_what_it_cannot_apply(status: ReplicaStatus, broken: bool, stuck: bool) -> None:
    look = GateLook(1000.0, "server-aws", (Row("server-nhn", "nhn", 1, 1009.0, 5, 999.5),))
    seen = probes.view_replica(look, Saw(RecordView("nhn", 1, 0.5)), lambda: status, Timing())
    assert isinstance(seen, Saw) and (seen.value.broken is not None, seen.value.stuck) == (broken, stuck)


@pytest.mark.parametrize("look", [Saw(True), Saw(False), NoAnswer("timed out"), NotLooked("not yet")])
def test_a_look_survives_the_wire(look: Saw[bool] | NoAnswer | NotLooked) -> None:
    assert from_plain(to_plain(look)) == look


def test_a_view_survives_the_wire() -> None:
    for view in (MembersView(3, 2, 2), PeerView(True, False, "NORMAL", None, None)):
        assert from_plain(to_plain(Saw(view)), type(view)) == Saw(view)
    assert isinstance(from_plain(None), NotLooked)


@pytest.mark.parametrize(("plain", "view"), [
    ({"across": True, "up": [], "down": [], "unasked": None, "rtt_ms": 4}, LinkView),           # one part more
    ({"total": 3, "answering": 3, "led": 3, "learners": 0}, MembersView),
    ({"writer": True, "maintenance": False}, PeerView),                                         # one less
    ({"across": True, "up": "a", "down": [], "unasked": None}, LinkView),                       # of another kind
    ({"total": 3, "answering": True, "led": 3}, MembersView),
    ({"total": "3", "answering": 3, "led": 3}, MembersView),
    ("up", LinkView), (["up"], LinkView), ("yes", None), ({"answers": True}, None), (1, None)])
def test_what_another_release_tells_in_another_way_was_not_looked_at(plain: Any, view: Any) -> None:
    """The agent on this host may be of one, and a person come in by a clone of another."""
    assert from_plain(plain, view) == NotLooked("it was told as another release tells it")


def test_an_answer_counts_while_it_is_fresh() -> None:
    now = [10.0]
    watch = Watch("the other agent", lambda: Saw(1), 5.0, lambda: now[0])
    assert watch.look() == NotLooked("the other agent has not been asked yet")
    watch.tend()
    assert watch.look() == Saw(1)
    now[0] = 15.1
    assert watch.look() == NotLooked("the other agent was last asked 5.1 s ago")
