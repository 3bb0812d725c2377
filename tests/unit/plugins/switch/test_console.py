# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page's data: what is known is told with its age, what is not known is None, and a liar over there darkens nothing here."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import rules_away, rules_here
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console import hour
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.hour import Hour
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.page import BODY, PAGE
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.script import SCRIPT
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.style import STYLE
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.words import VERDICTS, WORDS
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import ComparedView, NoAnswer, NotLooked, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.reasons import COSTS

from tests.unit.plugins.switch.console_world import AWS, JOURNAL, NHN, SWITCHED, nhn_is_dark, outlook, status


class Now:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


def shown(now: Now, mine: dict[str, Any], theirs: dict[str, Any] | None, ago: float = 0.5, **more: Any) -> dict[str, Any]:
    looked = outlook(lambda: mine, now, **more)
    if theirs is not None:
        looked.hear(theirs)
    now.at += ago
    answer = json.loads(looked.data())
    assert isinstance(answer, dict)
    return answer


def test_both_agents_show_the_same_pair(now: Now) -> None:
    there = shown(now, status(NHN), status(AWS, switched=SWITCHED))
    here = shown(now, status(AWS, switched=SWITCHED), status(NHN))
    for seen in (there, here):
        assert [each["site"] for each in seen["sites"]] == ["nhn", "aws"] and all(each["fresh"] for each in seen["sites"])
        assert seen["readiness"]["ready"] and seen["readiness"]["score"] == 100 and seen["readiness"]["reasons"] == []
        assert (seen["rpo"]["now_seconds"], seen["rpo"]["site"]) == (0.34, "aws")
        assert [(each["name"], each["up"]) for each in seen["tunnels"]["each"]] == [("a", True), ("b", True)] and seen["tunnels"]["site"] == "nhn"
        assert seen["proof"]["rows_compared"] == 1_284_551 and seen["last"]["site"] == "aws" and len(seen["last"]["steps"]) == 7
        assert [each["writes"] for each in seen["sites"]] == [True, False] and seen["record"]["writer"] == "nhn"
    assert there["proof"]["age_seconds"] == pytest.approx(7380.5), "what was heard half a second ago is that much older"
    assert [each["here"] for each in here["sites"]] == [False, True] and here["tunnels"]["age_seconds"] == pytest.approx(0.5)
    assert here["journal"][-1]["detail"] == JOURNAL[-1]["detail"]


def test_the_other_site_is_dead_and_what_it_said_last_is_told_with_its_age(now: Now) -> None:
    seen = shown(now, status(nhn_is_dark()), status(NHN), ago=43.0)
    nhn, aws = seen["sites"]
    assert aws["fresh"] and not nhn["fresh"] and nhn["heard_seconds"] == 43.0 and nhn["verdict"] == "WRITER_HERE"
    assert seen["tunnels"]["age_seconds"] == 43.0 and not seen["tunnels"]["fresh"] and seen["tunnels"]["across"] is False
    names = {each["name"] for each in seen["readiness"]["reasons"]}
    assert names == {"writer", "record", "link", "release"}, "what is 43 s old does not count"
    assert seen["readiness"]["ready"], "this site would take over"
    dark = shown(now, status(nhn_is_dark()), None)
    assert dark["sites"][0] == {"site": "nhn", "here": False, "primary": True, "heard_seconds": None, "fresh": False, "known": False}
    assert dark["tunnels"]["each"] == [] and dark["rpo"]["now_seconds"] == 4.9


def test_the_writer_does_not_know_the_rpo_of_a_silent_copy(now: Now) -> None:
    seen = shown(now, status(replace(NHN, peer=NoAnswer("timed out"))), status(AWS), ago=60.0)["rpo"]
    assert (seen["now_seconds"], seen["before_seconds"], seen["age_seconds"], seen["site"]) == (None, 0.34, 60.0, "aws")
    never = shown(now, status(NHN), None)
    assert (never["rpo"]["now_seconds"], never["rpo"]["site"], never["proof"], never["last"]) == (None, None, None, None)
    assert not never["readiness"]["ready"] and never["readiness"]["reasons"][0]["name"] == "takeover"


def test_the_record_is_silent_and_nothing_was_looked_at(now: Now) -> None:
    old = NotLooked("the last look is 9.0 s old")
    blind = replace(AWS, **{name: old for name in ("record", "gate", "replica", "writer_edge", "own_edge", "members", "peer", "link", "compared")})
    seen = shown(now, status(blind), None, seen_seconds=lambda: None)
    assert seen["seen_seconds"] is None and seen["record"]["writer"] is None and seen["record"]["said"] == "no member answers"
    aws = seen["sites"][1]
    assert (aws["gate"]["open"], aws["replica"], aws["edge"], seen["record"]["members"]) == (None, None, None, None)
    assert seen["readiness"]["writer"] is None and not seen["readiness"]["ready"]


@pytest.mark.parametrize("lie", [{}, {"writer": True}, {"verdict": "x"}, {**status(AWS), "observations": {"members": {"total": "?"}}},
                                 {**status(AWS), "switched": {"finished": 10**400}}, {**status(AWS), "switched": {"finished": "never"}},
                                 {**status(AWS), "gate": {"ungated": 7}},
                                 {**status(AWS), "gate": {"age_seconds": float("nan")}}])
def test_what_another_release_or_a_liar_says_darkens_nothing_here(now: Now, lie: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    looked = outlook(lambda: status(NHN), now)
    looked.hear(lie)
    looked.note(None)
    seen = json.loads(looked.data())
    assert seen["sites"][0]["writes"] and not seen["sites"][1]["fresh"] and "Traceback" in capsys.readouterr().err


def test_a_pair_of_agents_says_so_once_a_second_to_everybody(now: Now) -> None:
    asked: list[int] = []

    def mine() -> dict[str, Any]:
        asked.append(1)
        return status(NHN)

    looked = outlook(mine, now)
    assert looked.piece() == f"retry: 2000\ndata: {looked.data()}\n\n" and len(asked) == 1, "two listeners in one second cost one look"
    now.at += 1.1
    looked.data()
    assert len(asked) == 2


def test_not_equal_and_unguarded_are_told(now: Now) -> None:
    unlike = status(replace(AWS, compared=Saw(ComparedView(False, 60.0, 4, 1000, 3, 1))), gate={"age_seconds": None, "ungated": ["tickets.seat"]})
    seen = shown(now, unlike, status(NHN))
    assert (seen["proof"]["equal"], seen["proof"]["differing_rows"], seen["sites"][1]["gate"]["ungated"]) == (False, 3, 1)
    assert not seen["readiness"]["ready"] and "STANDBY_UNPROVEN" in seen["readiness"]["reasons"][0]["said"]


def test_an_hour_keeps_the_worst_and_the_gaps(now: Now) -> None:
    kept = Hour(now)
    for figure in (0.2, 1.5, 0.3):
        kept.note(figure)
    now.at += hour.BUCKET
    kept.note(None)
    now.at += hour.BUCKET
    kept.note(0.456)
    kept.note(None)
    assert kept.series() == [1.5, None, 0.46]
    now.at += hour.BUCKET * (hour.BUCKETS - 2)
    kept.note(0.1)
    assert len(kept.series()) == hour.BUCKETS and kept.series()[:2] == [None, 0.46] and kept.series()[-1] == 0.1, "what is older has gone"
    assert len(kept._worst) == 2, "and takes no room"


def test_the_hour_is_watched_from_both_sides(now: Now) -> None:
    looked = outlook(lambda: status(NHN), now)
    looked.hear(status(AWS))
    looked.note(None)
    assert json.loads(looked.data())["rpo"]["hour"] == [0.34], "the writer takes the copy's figure"
    now.at += 30
    looked.note(None)
    assert json.loads(looked.data())["rpo"]["hour"] == [0.34, None, None, None], "and none that is old"


def test_every_word_is_there_in_both_languages() -> None:
    used = set(re.findall(r"\bw\('(\w+)'", SCRIPT)) | set(re.findall(r'data-w="(\w+)"', BODY)) | set(re.findall(r"\{(\w+)\}", BODY))
    ternary = set(re.findall(r"(?:w|card|row)\([^()]*\? '(\w+)' : '(\w+)'", SCRIPT))
    assert used and {*used, *(word for pair in ternary for word in pair)} <= set(WORDS)
    named = {name for call in re.findall(r"(?:card|row)\('(\w+)'", SCRIPT) for name in [call]} | set(COSTS)
    assert named <= set(WORDS), "a figure, a row or a reason without a word"
    assert all(english and korean for english, korean in [*WORDS.values(), *VERDICTS.values()])
    for english, korean in WORDS.values():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", korean)), english


def test_every_verdict_has_a_gloss() -> None:
    rules = "".join(Path(str(each.__file__)).read_text(encoding="utf-8") for each in (rules_away, rules_here))
    names = set(re.findall(r'(?:Verdict\(\s*|return |= )"([A-Z_]+)"', rules))
    assert len(names) > 30 and names <= set(VERDICTS)


def test_the_page_is_one_small_file_that_fetches_nothing() -> None:
    assert len(PAGE.encode()) <= 200 * 1024
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<link(?! rel=\"icon\" href=\"data:)|<img|@import|url\(", PAGE)
    assert "innerHTML" not in SCRIPT and "insertAdjacentHTML" not in SCRIPT and "eval(" not in SCRIPT
    assert "</" not in STYLE and "</" not in SCRIPT, "would end it early"
    assert re.findall(r"'(/[\w/]+)'", SCRIPT) == ["/console/events"] and "<form" not in PAGE and "fetch(" not in SCRIPT, \
        "it asks one address, and sends nothing"


def test_a_changed_word_changes_what_the_page_lets_run() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', PAGE)
    assert policy and "default-src 'none'" in policy[1] and policy[1].count("sha256-") == 2 and "unsafe" not in policy[1]


def test_a_status_is_not_changed_by_being_shown(now: Now) -> None:
    mine, theirs = status(AWS), status(NHN)
    before = copy.deepcopy((mine, theirs))
    shown(now, mine, theirs)
    assert (mine, theirs) == before
