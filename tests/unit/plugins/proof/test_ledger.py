# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account of a drill: every promise counted once, and every way of breaking one is seen."""

from __future__ import annotations

import json

from ansible_collections.multicloud.dr.plugins.module_utils.proof import ledger, report
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt, shop
from ansible_collections.multicloud.dr.plugins.module_utils.proof.log import read
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import NoAddress, Resolver


def told(t, seat, site, epoch, *, sent=None, key=None, ticket=None, ack="local", status=201):
    return Attempt(t, t - 0.1 if sent is None else sent, key or f"k{seat}", 1, seat, status, site, epoch, ack, ticket or f"t{seat}")


def refused(t, seat, status=503):
    return Attempt(t, t - 0.1, f"k{seat}", 1, seat, status)


MOVE = [told(1, "A", "nhn", 1), told(2, "B", "nhn", 1), refused(3, "C"), refused(9, "C", 0), told(30, "C", "aws", 2), told(31, "D", "aws", 2)]


def test_a_clean_move():
    figures = ledger.account(MOVE, {"tA", "tB", "tC", "tD"})
    assert (figures["rto_seconds"], figures["acknowledged"], figures["attempts"]) == (28, 4, 6)
    assert (figures["from_site"], figures["to_site"]) == ("nhn", "aws")
    assert figures["lost_acknowledged"] == figures["duplicated"] == figures["dual_writer_intervals"] == 0
    assert figures["salvage_acknowledged"] == [] and figures["rpo_seconds"] == 0


def test_a_local_promise_that_is_gone_is_salvage_and_one_told_both_sites_is_lost():
    figures = ledger.account([*MOVE, told(1.5, "E", "nhn", 1, ack="both_sites")], {"tA", "tC", "tD"})
    assert [row["ticket"] for row in figures["salvage_acknowledged"]] == ["tB"]
    assert figures["lost_acknowledged"] == 1 and figures["rpo_seconds"] == 0.5


def test_a_seat_promised_twice_is_seen():
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, key="other", ticket="tX")], {"tA", "tB", "tC", "tD", "tX"})["duplicated"] == 1
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, ticket="tY")], {"tA"})["duplicated"] == 1
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, status=200)], {"tA"})["duplicated"] == 0         # a replay is the same promise


def test_two_writers_at_once_are_seen():
    assert ledger.dual_writer_intervals([*MOVE, told(30.5, "F", "nhn", 1, sent=30.2)]) == 1
    assert ledger.dual_writer_intervals([*MOVE, told(30.5, "F", "nhn", 1, sent=29.9)]) == 0     # on its way before the other began
    assert ledger.dual_writer_intervals([told(1, "A", "nhn", 1), told(2, "B", "aws", 1)]) == 1  # one epoch, two sites
    assert ledger.dual_writer_intervals([told(1, "A", "nhn", 1), told(2, "B", "nhn", 2)]) == 0


def test_without_a_move_there_is_no_outage_and_the_drill_did_not_pass():
    figures = ledger.account(MOVE[:2], {"tA", "tB"})
    assert figures["rto_seconds"] is None
    assert not report.passed(figures)


def test_timeline_counts_by_the_second():
    rows = ledger.timeline(MOVE[:3])
    assert rows == [{"second": 0, "sites": {"nhn": 1}, "refused": 0}, {"second": 1, "sites": {"nhn": 1}, "refused": 0},
                    {"second": 2, "sites": {}, "refused": 1}]
    assert ledger.timeline([]) == []


def test_floor_and_control_plane():
    timing = {"check_interval": 10, "check_threshold": 2, "ttl": 10, "margin": 1, "dns_ttl": 10}
    assert report.floor_seconds(timing) == 30
    assert report.floor_seconds(timing | {"check_threshold": 1, "ttl": 5, "margin": 0.5, "dns_ttl": 5}) == 15
    requests = [{"time": t, "write": w, "action": a} for t, w, a in (
        (1, True, "ec2:CreateVpc"), (5, True, "rds:ModifyDBInstance"), (5, False, "ec2:DescribeVpcs"),
        (5, True, "s3:PutObject"), (9, True, "ec2:RunInstances"))]
    assert report.control_plane_writes(requests, 2, 8) == 1


def test_the_page_shows_figures_and_escapes_what_it_shows():
    figures = ledger.account(MOVE, {"tA", "tB", "tC"})
    steps = [{"name": "take <record>", "started": 1767225600.0, "seconds": 0.5, "changed": True, "detail": "epoch 2"}]
    made = report.page({"started": "2026-01-01T00:00:00Z", "verdict": "SITE_LOST", "steps": steps, "floor_seconds": 30.0, **figures},
                       ledger.timeline(MOVE))
    assert "take &lt;record&gt;" in made and "28 s" in made and "tD" in made and "<rect" in made and "not measured" in made


def test_a_buyer_keeps_the_key_until_the_answer_is_final():
    answers = iter([503, 0, 201, 409, 201])
    asked = []

    def ask(key, seat):
        asked.append((key, seat))
        return Attempt(0, 0, key, 1, seat, next(answers))

    pauses = []
    done = list(shop(["A", "B", "C"], ask, lambda seconds: bool(pauses.append(seconds)), every=0.2, retry=0.5))
    assert [seat for _, seat in asked] == ["A", "A", "A", "B", "C"]
    assert len({key for key, _ in asked}) == 3 and len({key for key, seat in asked if seat == "A"}) == 1
    assert pauses == [0.5, 0.5, 0.2, 0.2, 0.2] and len(done) == 5


def test_a_name_is_kept_for_its_time_to_live_and_longer_when_nobody_answers():
    now, answers = [0.0], [("192.0.2.1", 10.0), ("192.0.2.2", 10.0), NoAddress("gone")]

    def ask(_name, _server):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    resolver = Resolver(None, ask, lambda: now[0])
    seen = []
    for now[0] in (0, 9, 11, 25):
        seen.append(resolver.address("x"))
    assert seen == ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"]


def test_a_half_written_line_waits(tmp_path):
    log = tmp_path / "log"
    log.write_text(MOVE[0].line() + "\n" + json.dumps({"t": 1})[:4])
    assert read(log) == [MOVE[0]] and read(tmp_path / "none") == []
