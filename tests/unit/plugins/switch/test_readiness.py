# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The readiness score: whole only when everything is in order, below half as soon as nobody would take over, never better for not having looked."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.clocks import Offset
from ansible_collections.multicloud.dr.plugins.module_utils.switch.readiness import Readiness, score
from ansible_collections.multicloud.dr.plugins.module_utils.switch.reasons import COSTS, CURES
from ansible_collections.multicloud.dr.plugins.module_utils.switch.same_boot import offset_from_plain, offset_to_plain

ROOT = Path(__file__).parents[4]
NOW, DAY = 1_795_000_000.0, 86400.0
MEMBERS = {"total": 3, "answering": 3, "led": 3}
LAID_IN: dict[str, Any] = {
    "room": {"short": [], "silent": []}, "release": {"release": "1.4", "keys": ["5d41402abc4b"]},
    "dates": {"ends": {"CA of the quorum": NOW + 900 * DAY}, "unread": {}},
    "backup": {"made": NOW - 0.5 * DAY, "made_ok": True, "proven": NOW - 3 * DAY, "test_ok": True},
    "rehearsal": {"ok": True, "at": NOW - 2 * DAY, "said": "", "good": NOW - 2 * DAY, "rto_seconds": 33.0}}
AGENTS: dict[str, Any] = {
    "nhn": {"writer": True, "maintenance": False, "record": {"writer": "nhn"}, "verdict": {"verdict": "WRITER_HERE", "because": "It is."},
            "observations": {"members": MEMBERS}, "gate": {"ungated": []}, "journal": {"faults": []},
            "provisions": {**LAID_IN, "rehearsal": {"not_looked": "nobody has rehearsed on this host"}}, "clock": {"seconds": 0.002, "bound": 0.001}},
    "aws": {"writer": False, "maintenance": False, "record": {"writer": "nhn"}, "verdict": {"verdict": "NORMAL", "because": "It is."},
            "observations": {"members": MEMBERS, "own_edge": True, "replica": {"following": True, "lag_seconds": 0.3},
                             "compared": {"equal": True, "age_seconds": 60.0}}, "gate": {"ungated": []},
            "journal": {"faults": []}, "provisions": LAID_IN, "clock": {"seconds": -0.002, "bound": 0.001},
            "if_lost": {"verdict": "SITE_LOST", "action": "take_over", "because": "It would."}},
}


def scored(change: Any = None, **seen: Any) -> Readiness:
    agents = copy.deepcopy(AGENTS)
    if change:
        change(agents)
    return score(agents, **{"tunnels": [True, True], "leads_to": "nhn", "now": NOW, **seen})


def test_everything_in_order() -> None:
    found = scored()
    assert (found.score, found.ready, found.writer, found.reasons) == (100, True, "nhn", ())
    assert found.words == ["Readiness 100 of 100: were NHN lost now, the service would move to the other site."]


def test_an_agent_that_asks_first_is_told_as_one() -> None:
    found = scored(lambda agents: agents["aws"].update(mode="managed"))
    assert found.ready
    assert found.words == ["Readiness 100 of 100: were NHN lost now, the service would move to the other site as soon as a person says so."]


def _put(value: Any, *path: str) -> Any:
    def change(agents: dict[str, Any]) -> None:
        inner = agents
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
    return change


BEHIND = {"verdict": "STANDBY_BEHIND", "action": "none", "because": "It was 90 s behind."}


@pytest.mark.parametrize(("change", "seen", "names"), [
    (_put(BEHIND, "aws", "if_lost"), {}, ["takeover"]),
    (_put(None, "aws", "if_lost"), {}, ["takeover"]),
    (_put(None, "aws"), {}, ["takeover", "copy", "room", "release", "rehearsal"]),
    (_put(None, "nhn"), {}, ["writer", "release"]),
    (_put(False, "nhn", "writer"), {}, ["writer"]),
    (_put({"total": 3, "answering": 3, "led": 2}, "aws", "observations", "members"), {}, ["record"]),
    (_put({"total": 1, "answering": 1, "led": 1}, "aws", "observations", "members"), {}, ["record"]),
    (_put({"no_answer": "refused"}, "aws", "observations", "replica"), {}, ["copy"]),
    (_put({"following": True, "lag_seconds": 31}, "aws", "observations", "replica"), {}, ["copy"]),
    (_put({"equal": True, "age_seconds": 9 * 86400.0}, "aws", "observations", "compared"), {}, ["proof"]),
    (_put({"equal": True, "age_seconds": 6 * 86400.0}, "aws", "observations", "compared"), {"max_compared": 86400.0}, ["proof"]),
    (_put({"no_answer": "denied"}, "aws", "observations", "compared"), {}, ["proof"]),
    (_put({"not_looked": "did not look"}, "aws", "observations", "compared"), {}, ["proof"]),
    (_put({}, "aws", "observations", "compared"), {}, ["proof"]),
    (_put(["tickets.new"], "nhn", "gate", "ungated"), {}, ["guard"]),
    (_put(None, "nhn", "gate", "ungated"), {}, ["guard"]),
    (_put({}, "nhn", "gate"), {}, ["guard"]),
    (_put(None, "aws", "gate", "ungated"), {}, ["guard"]),
    (_put(["tickets.new"], "aws", "gate", "ungated"), {}, ["guard"]),
    (_put({"no_answer": "the disk hangs"}, "nhn", "journal"), {}, ["journal"]),
    (_put({"not_looked": "nothing has been looked at yet"}, "aws", "journal"), {}, ["journal"]),
    (_put({}, "aws", "journal"), {}, ["journal"]),
    (_put(["line 3 carries no link"], "aws", "journal", "faults"), {}, ["journal"]),
    (_put(True, "aws", "maintenance"), {}, ["maintenance"]),
    (_put({"short": ["61 of the 64 vcpu that the account may have are used"], "silent": []}, "aws", "provisions", "room"), {}, ["room"]),
    (_put({"short": [], "silent": ["rds"]}, "aws", "provisions", "room"), {}, ["room"]),
    (_put({"short": ["its database is not available"], "silent": []}, "nhn", "provisions", "room"), {}, []),
    (_put({"no_answer": "refused"}, "aws", "provisions", "room"), {}, ["room"]),
    (_put({"release": "1.3", "keys": ["5d41402abc4b"]}, "aws", "provisions", "release"), {}, ["release"]),
    (_put({"release": "1.4", "keys": ["7d793037a076", "5d41402abc4b"]}, "nhn", "provisions", "release"), {}, ["release"]),
    (_put({"not_looked": "nobody has said where"}, "nhn", "provisions", "release"), {}, ["release"]),
    (_put({"ends": {"x": NOW + 20 * DAY}, "unread": {}}, "nhn", "provisions", "dates"), {}, ["dates"]),
    (_put({"ends": {"x": NOW - 1}, "unread": {}}, "aws", "provisions", "dates"), {}, ["dates"]),
    (_put({"ends": {}, "unread": {"x": "refused"}}, "aws", "provisions", "dates"), {}, ["dates"]),
    (_put({"not_looked": "nobody has said what"}, "aws", "provisions", "dates"), {}, ["dates"]),
    (_put({"made": NOW - 2 * DAY, "made_ok": True, "proven": NOW - DAY, "test_ok": True}, "nhn", "provisions", "backup"), {}, []),
    (_put({"made": NOW, "made_ok": False, "proven": NOW - DAY, "test_ok": True}, "nhn", "provisions", "backup"), {}, ["backup"]),
    (_put({"made": NOW, "made_ok": True, "proven": NOW - DAY, "test_ok": False}, "aws", "provisions", "backup"), {}, ["backup"]),
    (_put({"not_looked": "none"}, "nhn", "provisions", "backup"), {}, []),
    (_put({"ok": True, "at": NOW - 9 * DAY, "said": "", "good": NOW - 9 * DAY}, "aws", "provisions", "rehearsal"), {}, ["rehearsal"]),
    (_put({"ok": False, "at": NOW - DAY, "said": "No quota.", "good": NOW - 2 * DAY}, "aws", "provisions", "rehearsal"), {}, ["rehearsal"]),
    (_put({"not_looked": "nobody has"}, "aws", "provisions", "rehearsal"), {}, ["rehearsal"]),
    (_put({"seconds": 0.45, "bound": 0.2}, "aws", "clock"), {}, ["clocks"]),
    (_put({"said": "refused"}, "aws", "clock"), {}, []),
    (_put({}, "nhn", "provisions"), {}, ["release", "dates"]),
    (None, {"tunnels": [True, False]}, ["link"]), (None, {"tunnels": None}, ["link"]), (None, {"tunnels": []}, ["link"]),
    (None, {"leads_to": None, "dns_said": ["1.1.1.1 gives no answer: timed out."]}, ["dns"]), (None, {"leads_to": "aws"}, ["dns"]),
])
def test_what_is_wrong_or_was_not_looked_at_costs_points_and_says_so(change: Any, seen: dict[str, Any], names: list[str]) -> None:
    found = scored(change, **seen)
    assert [reason.name for reason in found.reasons] == names
    assert found.score == max(0, 100 - sum(COSTS[name] for name in names))
    assert found.ready == ("takeover" not in names) and (found.ready or found.score < 50)
    assert all(line.endswith(".") for line in found.words)
    assert all(each.cure == CURES[each.name] and each.cure in " ".join(found.words) for each in found.reasons)


def test_every_kind_of_trouble_has_a_cure_that_exists() -> None:
    assert set(COSTS) == set(CURES)
    for cure in CURES.values():
        named = re.findall(r"(?:(?:docs/runbooks|playbooks)/)?[a-z_-]+\.(?:md|yml)", cure)
        assert named and all((ROOT / name).is_file() for name in named), cure


def test_a_switch_that_was_finished_is_as_good_as_a_rehearsal_and_undoes_one_that_failed() -> None:
    def switched(agents: dict[str, Any]) -> None:
        agents["aws"]["provisions"]["rehearsal"] = {"ok": False, "at": NOW - 2 * DAY, "said": "No room.", "good": None}
        agents["nhn"]["switched"] = {"finished": NOW - DAY}
    assert scored(switched).score == 100
    assert [each.name for each in scored(switched, now=NOW + 30 * DAY).reasons if each.name in ("rehearsal", "backup")] == ["backup", "rehearsal"]


def test_the_score_ages_where_nobody_does_anything() -> None:
    scores = [scored(now=NOW + days * DAY).score for days in (0, 1, 2, 7, 13, 1000)]
    assert scores == [100, 100, 90, 80, 80, 70], "no new backup, no rehearsal, and in the end a certificate is over"


def test_the_marker_of_the_site_that_writes_pins_names_to_it() -> None:
    """After a failover: the standby writes, the primary follows and is proven, and nobody would be sent to it."""
    def moved(agents: dict[str, Any]) -> None:
        agents["nhn"], agents["aws"] = agents["aws"], agents["nhn"]
        for status in agents.values():
            status["record"]["writer"] = "aws"
    assert scored(moved, leads_to="aws").score == 100
    found = scored(moved, leads_to="aws", pinned_to="aws")
    assert not found.ready and found.score < 50 and "the marker of AWS stands" in found.words[1]
    assert scored(leads_to="aws", pinned_to="aws").ready, "were NHN lost, they would go where the marker leads"


def test_home_again_with_the_marker_still_there_says_what_it_would_do() -> None:
    """Were AWS lost now, every name would lead there, and nobody would reach NHN, which sells."""
    home = scored(leads_to="aws", pinned_to="aws")
    assert "whose edge hands them on." in home.words[1] and "The marker of AWS stands" in home.words[1]
    for edge, told in (({"no_answer": "refused"}, "whose edge gives no answer."), (False, "whose edge says that nothing behind it can serve."),
                       ({"not_looked": "did not look"}, "and nobody looked whether its edge hands them on."), (None, "and nobody looked")):
        (dns,) = [reason.said for reason in scored(_put(edge, "aws", "observations", "own_edge"), leads_to="aws").reasons]
        assert dns.startswith("users are sent to AWS, ") and told in dns
    dark = scored(lambda agents: agents.update(aws=None), leads_to="aws", pinned_to="aws")
    (dns,) = [reason.said for reason in dark.reasons if reason.name == "dns"]
    assert "hands them on" not in dns.replace("whether it hands them on", "") and "take it away" in dns
    assert [reason.name for reason in scored(leads_to="nhn", pinned_to="aws").reasons] == ["dns"], "resolvers may still say what they said before"


@pytest.mark.parametrize(("old", "new"), [
    ({"epoch": 4, "said": "etcd gave no answer"}, {"epoch": 5}), ({"epoch": 5, "said": "etcd gave no answer"}, {"epoch": 5}),
    ({"epoch": 4}, {"epoch": 5, "said": "no quorum"}), ({"epoch": None}, {"epoch": 5}), ({}, {"epoch": 5})])
def test_who_writes_is_told_by_the_record_of_the_latest_reign(old: dict[str, Any], new: dict[str, Any]) -> None:
    def moved(agents: dict[str, Any]) -> None:
        agents["nhn"]["record"] = {"writer": "nhn", **old}
        agents["aws"]["record"] = {"writer": "aws", **new}
    assert scored(moved).writer == "aws"


def test_a_world_in_which_nobody_answers_is_worth_nothing() -> None:
    found = score({"nhn": None, "aws": {}}, now=NOW)
    assert (found.score, found.ready, found.writer) == (0, False, None)


def test_what_was_not_looked_at_says_why() -> None:
    def unseen(agents: dict[str, Any]) -> None:
        agents["nhn"].update(gate={}, journal={"no_answer": "the disk hangs"})
        agents["aws"]["observations"]["compared"] = {"not_looked": "did not look"}
    assert [each.said for each in scored(unseen).reasons] == [
        "whether every table of NHN refuses writes while its gate is shut is not known.",
        "whether that of NHN holds is not known: the disk hangs.",
        "what the last comparison of the copy of AWS found is not known: did not look."]


def test_a_clock_that_was_compared_long_ago_may_be_anywhere_by_now() -> None:
    fresh, old = (offset_to_plain(Offset(0.001, 0.001, 1000.0), None, at) for at in (1000.0, 1000.0 + 3600.0))
    assert (scored(_put(fresh, "aws", "clock")).score, scored(_put(old, "aws", "clock")).score) == (100, 100 - COSTS["clocks"])
    again = offset_from_plain(old)
    assert again and again.bound_at(9000.0) == pytest.approx(Offset(0.001, 0.001, 1000.0).bound_at(9000.0)), "it is the same offset"
