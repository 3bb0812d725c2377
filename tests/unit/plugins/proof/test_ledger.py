# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account of a drill: every promise counted once, and every way of breaking one is seen."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import ledger, report, report_page
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt, Board, interrupted, order, shop, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.proof.log import read
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import NoAddress, Resolver
from ansible_collections.multicloud.dr.plugins.module_utils.proof.visitor import Visitor


def told(t, seat, site, epoch, *, sent=None, key=None, ticket=None, ack="local", status=201, sold=None):
    """A promise by `site` in `epoch`; sold: (site, epoch) of the seller where that was another."""
    return Attempt(t, t - 0.1 if sent is None else sent, key or f"k{seat}", 1, seat, status, *(sold or (site, epoch)), ack, ticket or f"t{seat}",
                   by_site=site, by_epoch=epoch)


def refused(t, seat, status=503):
    return Attempt(t, t - 0.1, f"k{seat}", 1, seat, status)


MOVE = [told(1, "A", "nhn", 1), told(2, "B", "nhn", 1), refused(3, "C"), refused(9, "C", 0), told(30, "C", "aws", 2), told(31, "D", "aws", 2)]

WITHIN = {"max_rto_seconds": 60}


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


def test_the_longest_of_several_pauses_is_the_outage():
    there_and_back = [told(1, "A", "nhn", 1), told(4, "B", "aws", 2), told(30, "C", "nhn", 3)]
    assert [ledger.outage(attempts).seconds for attempts in (there_and_back, there_and_back[:2])] == [26, 3]


def test_what_the_old_site_promised_after_the_move_is_lost_and_not_salvage():
    figures = ledger.account([*MOVE, told(50, "E", "nhn", 3)], {"tA", "tB", "tC", "tD"})
    assert (figures["lost_acknowledged"], figures["salvage_acknowledged"]) == (1, [])


def test_what_the_serving_site_promised_itself_cannot_be_salvage():
    own = [told(40 + number, f"own{number}", "aws", 2) for number in range(20)]
    figures = ledger.account([*MOVE, *own], {"tA", "tB", "tC", "tD"})
    assert (figures["lost_acknowledged"], figures["salvage_acknowledged"], figures["rpo_seconds"]) == (20, [], 0)
    assert report.broken(figures | WITHIN)


@pytest.mark.parametrize(("attempts", "lost"), [(MOVE, 4), (MOVE[:2], 2)])
def test_everything_gone_is_lost_and_so_is_anything_without_a_move(attempts, lost):
    figures = ledger.account(attempts, set())
    assert (figures["lost_acknowledged"], figures["salvage_acknowledged"]) == (lost, []) and figures["rpo_seconds"] >= 0
    assert report.broken(figures | WITHIN)


def test_when_nothing_of_the_site_that_is_gone_is_there_replication_did_not_work():
    figures = ledger.account(MOVE, {"tC", "tD"})
    assert (figures["lost_acknowledged"], figures["salvage_acknowledged"], figures["rpo_seconds"]) == (2, [], 1)
    assert report.broken(figures | WITHIN)


def test_salvage_older_than_replication_may_be_behind_is_lost():
    early = [told(-70, "Y", "nhn", 1), *MOVE]
    assert ledger.account(early, {"tA", "tB", "tC", "tD"})["lost_acknowledged"] == 1
    assert ledger.account(early, {"tA", "tB", "tC", "tD"}, max_rpo_seconds=72)["lost_acknowledged"] == 0
    assert ledger.account(early, {"tY", "tB", "tC", "tD"}, max_rpo_seconds=0.5)["lost_acknowledged"] == 1


def test_a_replay_across_the_move_is_the_serving_sites_promise():
    replayed = told(20, "B", "aws", 2, status=200, sold=("nhn", 1))
    attempts = [MOVE[0], MOVE[1], replayed, *MOVE[4:]]
    figures = ledger.account(attempts, {"tA", "tB", "tC", "tD"})
    assert (figures["rto_seconds"], figures["dual_writer_intervals"], figures["duplicated"]) == (18, 0, 0)
    assert ledger.timeline(attempts)[19]["sites"] == {"aws": 1}
    gone = ledger.account(attempts, {"tA", "tC", "tD"})
    assert (gone["lost_acknowledged"], gone["salvage_acknowledged"]) == (1, [])     # the serving site vouched for it after the move


def test_a_seat_promised_twice_is_seen():
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, key="other", ticket="tX")], {"tA", "tB", "tC", "tD", "tX"})["duplicated"] == 1
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, ticket="tY")], {"tA"})["duplicated"] == 1
    assert ledger.account([*MOVE, told(32, "A", "aws", 2, status=200)], {"tA"})["duplicated"] == 0         # a replay is the same promise


def test_a_seat_asked_for_by_several_is_contested():
    assert ledger.contested([*MOVE, refused(40, "A", 409)]) == 0                    # the same key
    other = Attempt(40, 39.9, "other", 1, "A", 409)
    assert ledger.contested([*MOVE, other]) == 1
    assert ledger.timeline([*MOVE[:1], other])[39] == {"second": 39, "sites": {}, "taken": 1, "refused": 0}


def test_two_writers_at_once_are_seen():
    assert ledger.dual_writer_intervals([*MOVE, told(30.5, "F", "nhn", 1, sent=30.2)]) == 1
    assert ledger.dual_writer_intervals([*MOVE, told(30.5, "F", "nhn", 1, sent=29.9)]) == 0     # on its way before the other began
    assert ledger.dual_writer_intervals([told(1, "A", "nhn", 1), told(2, "B", "aws", 1)]) == 1  # one epoch, two sites
    assert ledger.dual_writer_intervals([told(1, "A", "nhn", 1), told(2, "B", "nhn", 2)]) == 0


def test_a_drill_passes_only_with_every_promise_kept_and_never_two_writers():
    good = ledger.account(MOVE, {"tA", "tB", "tC", "tD"}) | WITHIN
    assert report.broken(good) == []
    for broken in ({"dual_writer_intervals": 1}, {"duplicated": 1}, {"lost_acknowledged": 1}, {"rto_seconds": None}, {"tables_equal": False}):
        assert report.broken(good | broken), broken


def test_a_drill_that_took_too_long_or_wrote_to_a_control_plane_broke_its_word_and_says_so():
    good = {**ledger.account(MOVE, {"tA", "tB", "tC", "tD"}), "floor_seconds": 30, "max_rto_seconds": 60, "control_plane_writes": 0}
    assert report.broken(good) == [] and report.broken(good | {"rto_seconds": 60.0}) == []
    uncounted = {name: value for name, value in good.items() if name != "control_plane_writes"}
    assert report.broken(uncounted) == [], "where nobody counts, nothing is broken"
    for wrong, said in (
        ({"rto_seconds": 60.01}, "buyers were without service for 60.01 s, more than 60 s"), ({"rto_seconds": None}, "the service did not move"),
        ({"rto_seconds": 3600.0}, "for 3600.0 s"), ({"control_plane_writes": 1}, "1 write to the standby's control plane"),
        ({"control_plane_writes": 2}, "2 writes to the standby's control plane"), ({"lost_acknowledged": 3}, "3 purchases lost"),
        ({"duplicated": 1}, "1 seat promised twice"), ({"dual_writer_intervals": 1}, "two writers at once, 1 time"),
        ({"tables_equal": False}, "the standby was not equal before"),
    ):
        found = report.broken(good | wrong)
        assert len(found) == 1 and said in found[0], (wrong, found)
    assert len(report.broken(good | {"rto_seconds": 99, "duplicated": 1, "control_plane_writes": 1})) == 3


def test_a_window_that_is_none_is_not_measured():
    assert report.control_plane_writes([{"time": 5, "write": True}], 8, 2) is None
    assert report.control_plane_writes([{"time": 5, "write": True}], 5, 5) == 1


def test_without_a_move_there_is_no_outage_and_the_drill_did_not_pass():
    figures = ledger.account(MOVE[:2], {"tA", "tB"})
    assert figures["rto_seconds"] is None
    assert report.broken(figures | WITHIN)


def test_timeline_counts_by_the_second():
    rows = ledger.timeline(MOVE[:3])
    assert rows == [{"second": 0, "sites": {"nhn": 1}, "taken": 0, "refused": 0}, {"second": 1, "sites": {"nhn": 1}, "taken": 0, "refused": 0},
                    {"second": 2, "sites": {}, "taken": 0, "refused": 1}]
    assert ledger.timeline([]) == []


def test_floor_and_control_plane():
    timing = {"check_interval": 10, "check_threshold": 2, "ttl": 10, "margin": 1, "dns_ttl": 10}
    assert report.floor_seconds(timing) == 30
    assert report.floor_seconds(timing | {"ttl": 30}) == 41, "the record, when it is the slower one"
    assert report.floor_seconds(timing | {"check_threshold": 1, "ttl": 5, "margin": 0.5, "dns_ttl": 5}) == 15
    requests = [{"time": t, "write": w, "action": a} for t, w, a in (
        (1, True, "ec2:CreateVpc"), (5, True, "rds:ModifyDBInstance"), (5, False, "ec2:DescribeVpcs"),
        (5, True, "s3:PutObject"), (9, True, "ec2:RunInstances"))]
    assert report.control_plane_writes(requests, 2, 8) == 1


def test_the_page_shows_figures_and_escapes_what_it_shows():
    figures = ledger.account(MOVE, {"tA", "tC", "tD"})
    steps = [{"name": "take <record>", "started": 1767225600.0, "seconds": 0.5, "changed": True, "detail": "epoch 2"}]
    made = report_page.page({"started": "2026-01-01T00:00:00Z", "verdict": "SITE_LOST", "steps": steps, "floor_seconds": 30.0, **WITHIN,
                             **figures}, ledger.timeline(MOVE))
    assert "take &lt;record&gt;" in made and "28 s" in made and "tB" in made and "<rect" in made and "not measured" in made


def test_the_page_says_everything_in_both_languages_and_what_was_broken():
    figures = {**ledger.account(MOVE, {"tA", "tC", "tD"}), "started": "2026-01-01T00:00:00Z", "verdict": "SITE_LOST", "floor_seconds": 10.0,
               "max_rto_seconds": 20.0, "steps": [{"name": "judge", "started": 1767225600.0, "seconds": 0.5, "changed": False, "detail": "none"}]}
    made = report_page.page(figures, ledger.timeline(MOVE))
    assert made.count('lang="en">') - 1 == made.count('lang="ko">') > 20, "each text twice; the page itself is the one more"
    assert "more than 20.0 s" in made and "every promise accounted for" not in made
    assert "every promise accounted for" in report_page.page(figures | {"max_rto_seconds": 60.0}, ledger.timeline(MOVE))
    assert "{" not in re.sub(r"<(style|script)>.*?</\1>", "", made, flags=re.DOTALL)


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


def test_buyers_compete_for_some_seats_and_have_others_to_themselves():
    lists = [list(wanted("ABCDEFGHIJK", number, 4)) for number in range(4)]
    assert lists == [list("ABFGK"), list("ACFHK"), list("ADFIK"), list("AEFJK")]


def test_after_a_move_the_last_seats_are_asked_for_again_once():
    board = Board(depth=2)
    for attempt in MOVE[:4]:
        board.note(attempt)
    assert board.again() is None
    board.note(told(2.5, "E", "nhn", 1))
    mine = interrupted("XYZ", board.again)
    assert next(mine) == "X"
    board.note(MOVE[4])
    board.note(MOVE[5])
    assert list(mine) == ["B", "E", "Y", "Z"]


def test_a_move_seen_in_a_replay_is_a_move():
    board = Board()
    board.note(MOVE[0])
    board.note(told(30, "B", "aws", 2, status=200, sold=("nhn", 1)))
    assert (board.again(), board.again()) == ("A", None)


def test_an_answer_says_who_sold_and_who_vouches_and_the_question_who_asks():
    body, said = {"ticket": "t", "site": "nhn", "epoch": 1, "ack": "local", "acknowledged_by": {"site": "aws", "epoch": 2}}, []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            said.append(self.headers["User-Agent"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        got = order(Visitor(Resolver(None, lambda *_: ("127.0.0.1", 10.0)), "x", server.server_port), "k", 1, "A", "kim")
    assert (got.site, got.epoch, got.by_site, got.by_epoch) == ("nhn", 1, "aws", 2)
    assert said == ["multicloud.dr"], "AWS's core rule set turns away who does not say what he is"


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
