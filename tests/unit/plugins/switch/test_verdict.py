# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The corpus of verdicts, and what holds for every combination of observations there can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    LinkView,
    MembersView,
    NoAnswer,
    NotLooked,
    Observations,
    PeerView,
    RecordView,
    ReplicaView,
    Saw,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .cases import CORPUS, TIMING, concluded, load


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_corpus(path: Path) -> None:
    case = load(path)
    found = {**vars(concluded(case["given"])), "overridden": list(concluded(case["given"]).overridden)}
    assert found == {"override": None, "writes": False, "overridden": [], **case["expect"]}


def looks(views: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.builds(Saw, views), st.just(NoAnswer()), st.just(NotLooked()))


SITES = st.sampled_from(["nhn", "aws"])
SECONDS = st.floats(0, 100)
TUNNELS = st.sampled_from([(), ("a",), ("b",), ("a", "b")])
SELDOM = st.one_of(st.none(), st.none(), st.integers(0, 9))      # epochs
PEER_SAYS = st.sampled_from(["NORMAL", "WRITER_HERE", "HANDING_OVER", "SWITCH_UNFINISHED", "GATE_SHUT", "RECORD_SET_BACK", "MAINTENANCE",
                             "WRONG_DATABASE", "OF_ANOTHER_RELEASE"])
OBSERVATIONS = st.builds(
    Observations, SITES,
    record=looks(st.builds(RecordView, st.one_of(st.none(), SITES), st.integers(0, 9), SECONDS, st.booleans(),
                           st.sampled_from([None, "nhn", "aws"]), st.sampled_from([0.0, 5.5, 11.0, 30.0]), SELDOM)),
    gate=looks(st.builds(GateView, st.booleans(), st.one_of(st.none(), st.integers(0, 9)), SELDOM, st.sampled_from([None] * 5 + ["nhn", "aws"]))),
    replica=looks(st.builds(ReplicaView, st.booleans(), st.one_of(st.none(), SECONDS), broken=st.sampled_from([None, "MySQL 1062: twice."]),
                            stuck=st.booleans(), unfinished=st.sampled_from([None, "is half copied"]))),
    writer_edge=looks(st.booleans()), own_edge=looks(st.booleans()),
    members=looks(st.integers(0, 3).flatmap(lambda answering: st.builds(MembersView, st.just(3), st.just(answering), st.integers(0, answering)))),
    peer=looks(st.builds(PeerView, st.booleans(), st.booleans(), PEER_SAYS, st.sampled_from([None, True, False]), SECONDS, TUNNELS,
                         st.sampled_from([None, "is half copied"]))),
    link=looks(st.builds(LinkView, st.booleans(), TUNNELS, TUNNELS)),
    compared=looks(st.builds(ComparedView, st.sampled_from([None, True, False]), st.one_of(st.none(), st.floats(0, 1e8)), st.integers(0, 9),
                             differing_rows=st.integers(0, 9), definitions=st.integers(0, 2))), alone=st.booleans(),
    unfinished=st.sampled_from([None, "promote"]), maintenance=st.booleans(), takeovers=st.integers(0, 5))

# Hardly any of all there can be allows a switch. So: what allows one, a planned one or the other, but for one thing or two that speak against it.
ALLOWED = [Observations(
    "aws", Saw(RecordView("nhn", 2, unchanged)), Saw(GateView(False, None)), Saw(ReplicaView(True, 0.3)), NoAnswer(), Saw(True),
    compared=Saw(ComparedView(True, 60.0))) for unchanged in (0.5, 12.0)]
AGAINST: tuple[dict[str, Any], ...] = (
    *({"record": Saw(RecordView("nhn", 2, seconds, True, offered, needs))}
      for seconds in (0.5, 10.9, 12.0, 30.0) for offered in (None, "aws", "third") for needs in (0.0, 5.5, 30.0)),
    *({"replica": Saw(ReplicaView(True, 0.3, **more))} for more in ({"stuck": True, "broken": "1062"}, {"unfinished": "is half copied"})),
    *({"replica": Saw(ReplicaView(following, lag))} for following in (True, False) for lag in (None, 0.3, 5.0, 5.1, 31.0)),
    *({name: seen} for name in ("replica", "compared", "writer_edge", "own_edge", "record", "gate") for seen in (NoAnswer(), NotLooked())),
    *({"compared": Saw(ComparedView(equal))} for equal in (None, False)), {"writer_edge": Saw(True)}, {"own_edge": Saw(False)},
    {"maintenance": True}, {"takeovers": 5}, {"peer": NoAnswer()}, {"link": Saw(LinkView(False))}, {"gate": Saw(GateView(True, 1))},
    {"gate": Saw(GateView(False, 1, None, "nhn"))}, {"gate": Saw(GateView(False, None, 1))},
    *({"record": Saw(RecordView("nhn", 2, 12.0, remembered=epoch))} for epoch in (1, 2, 3)),
    *({"peer": Saw(PeerView(said == "WRITER_HERE", False, said))} for said in ("WRITER_HERE", "RECORD_SET_BACK", "SWITCH_UNFINISHED", "GATE_SHUT")))
NEARLY = [replace(seen, **one, **other) for seen in ALLOWED for one in AGAINST for other in AGAINST if one.keys().isdisjoint(other)]

OVERRIDES = st.frozensets(st.builds("{}:{}".format, st.sampled_from(verdict.OVERRIDES), st.integers(1, 9)), max_size=3)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS, OVERRIDES)
def test_whatever_was_seen(seen: Observations, overrides: frozenset[str]) -> None:
    _holds(seen, overrides)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS, OVERRIDES)
def test_a_planned_switch_asks_only_a_writer_that_lives(seen: Observations, overrides: frozenset[str]) -> None:
    _holds_when_planned(seen, overrides)


@pytest.mark.parametrize("overrides", [frozenset(), frozenset({"accept_unproven:2", "accept_lag:2"})])
def test_all_that_is_nearly_allowed(overrides: frozenset[str]) -> None:
    assert verdict.judge_planned(ALLOWED[0], TIMING).verdict == verdict.PLANNED and verdict.judge(ALLOWED[1], TIMING).verdict == "SITE_LOST"
    for seen in (*ALLOWED, *NEARLY):
        _holds(seen, overrides)
        _holds_when_planned(seen, overrides)


def _holds(seen: Observations, overrides: frozenset[str]) -> None:
    found = verdict.judge(seen, TIMING, overrides=overrides)
    assert found.action in (verdict.NONE, verdict.TAKE_OVER, verdict.RESUME)
    assert found.because.endswith((".", ")")) and "\n" not in found.because
    assert not (found.writes and found.action != verdict.NONE)
    if found.action == verdict.NONE:
        return
    assert not seen.maintenance and found.override is None
    assert isinstance(seen.record, Saw) and not set_back(seen)
    assert not (isinstance(seen.gate, Saw) and seen.gate.value.others), "another site's database is nobody's to act on"
    if found.action == verdict.RESUME:
        assert seen.record.value.writer == seen.site
        return
    # Nothing is promoted while the record is held fresh elsewhere, nor on an observation that was not made.
    assert seen.record.value.writer not in (None, seen.site)
    assert seen.record.value.unchanged_seconds >= needed(seen)
    assert not isinstance(seen.writer_edge, NotLooked) and isinstance(seen.replica, Saw) and not seen.replica.value.stuck
    assert not seen.replica.value.unfinished, "nobody sells by part of the rows"
    assert all(each in overrides and each.endswith(f":{seen.record.value.epoch}") for each in found.overridden)
    _only_to_a_proven_copy(seen, found)


def set_back(seen: Observations) -> bool:
    """As far as it can be known here: by what is remembered, or by the word of the site that the record names."""
    assert isinstance(seen.record, Saw)
    record = seen.record.value
    hears = isinstance(seen.peer, Saw) and seen.peer.value.verdict == "RECORD_SET_BACK" and record.writer != seen.site
    return hears or (record.remembered is not None and record.remembered > record.epoch)


def needed(seen: Observations) -> float:
    """The longer of both sites' timings counts."""
    assert isinstance(seen.record, Saw)
    return max(TIMING.takeover, seen.record.value.takeover_seconds)


def _only_to_a_proven_copy(seen: Observations, found: verdict.Verdict) -> None:
    """Or a person has said so by name, for this epoch; however old the proof is."""
    assert not isinstance(seen.compared, NotLooked) and isinstance(seen.record, Saw)
    proven = isinstance(seen.compared, Saw) and seen.compared.value.equal is True
    assert proven != (f"accept_unproven:{seen.record.value.epoch}" in found.overridden)


def _holds_when_planned(seen: Observations, overrides: frozenset[str]) -> None:
    found, unasked = (ask(seen, TIMING, overrides=overrides) for ask in (verdict.judge_planned, verdict.judge))
    if found == unasked:
        return
    assert found.verdict in (verdict.PLANNED, "STANDBY_UNFIT", "STANDBY_UNPROVEN", "STANDBY_UNREACHABLE", "BLIND") and unasked.action == verdict.NONE
    assert isinstance(seen.record, Saw) and seen.record.value.writer not in (None, seen.site) and not seen.maintenance
    assert seen.record.value.unchanged_seconds < needed(seen)
    assert seen.record.value.offered in (None, seen.site), "what is offered to another is not ours to ask for"
    if found.action != verdict.NONE:
        assert isinstance(seen.replica, Saw) and seen.replica.value.following and not seen.replica.value.unfinished
        assert seen.replica.value.lag_seconds is not None and seen.replica.value.lag_seconds <= TIMING.catch_up
        assert found.overridden or not isinstance(seen.own_edge, NoAnswer)
        _only_to_a_proven_copy(seen, found)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS, st.floats(0, 1e9))
def test_service_is_never_refused_for_the_age_of_a_proof(seen: Observations, age: float) -> None:
    seen = replace(seen, compared=Saw(ComparedView(True, 60.0)))
    older = replace(seen, compared=Saw(ComparedView(True, age)))
    for ask in (verdict.judge, verdict.judge_planned):
        assert ask(older, TIMING).action == ask(seen, TIMING).action


@settings(max_examples=200, deadline=None)
@given(OBSERVATIONS)
def test_an_override_never_stands_in_for_the_record(seen: Observations) -> None:
    if verdict.judge(seen, TIMING).override is not None:
        assert isinstance(seen.record, Saw) and seen.record.value.unchanged_seconds >= needed(seen)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS)
def test_what_only_helps_to_explain_never_decides_about_a_silent_writer(seen: Observations) -> None:
    """But for one word of the other site: that the record which names it was set back stops whoever would take it."""
    bare = replace(seen, own_edge=NotLooked(), members=NotLooked(), peer=NotLooked(), link=NotLooked(), alone=False)
    found = verdict.judge(seen, TIMING)
    if found.verdict == "RECORD_SET_BACK":
        assert found.action == verdict.NONE
    else:
        assert verdict.judge(bare, TIMING).action == found.action


@settings(max_examples=200, deadline=None)
@given(OBSERVATIONS)
def test_who_is_ready_is_who_would_take_over(seen: Observations) -> None:
    ready = verdict.if_lost(seen, TIMING)
    if ready.action == verdict.TAKE_OVER:
        assert isinstance(seen.record, Saw) and seen.record.value.writer not in (None, seen.site)
        assert isinstance(seen.replica, Saw) and not seen.maintenance
    lost = verdict.judge(seen, TIMING)
    if lost.action == verdict.TAKE_OVER:
        assert ready.action == verdict.TAKE_OVER, "who takes over now was ready"


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS)
def test_half_a_copy_protects_nobody(seen: Observations) -> None:
    """Whatever else is so: a writer whose copy is unfinished is never told that all is well."""
    found = verdict.judge(seen, TIMING)
    if found.verdict in (verdict.WRITER_HERE, "LINK_THIN", "QUORUM_THIN"):
        assert not (isinstance(seen.peer, Saw) and (seen.peer.value.unfinished or seen.peer.value.following is False)) or not found.writes
    if found.verdict in ("NORMAL", "LINK_THIN", "QUORUM_THIN") and not found.writes:
        assert not (isinstance(seen.replica, Saw) and seen.replica.value.unfinished)


def test_a_standby_whose_copy_is_broken_is_not_ready_although_nothing_is_lost() -> None:
    seen = Observations("aws", Saw(RecordView("nhn", 1, 0.5)), replica=Saw(ReplicaView(True, 0.3)), writer_edge=Saw(True),
                        compared=Saw(ComparedView(True, 60.0)))
    assert verdict.if_lost(seen, TIMING).verdict == "SITE_LOST"
    late = replace(seen, replica=Saw(ReplicaView(False, 90.0)))
    unproven = replace(seen, compared=Saw(ComparedView(None)))
    assert verdict.if_lost(unproven, TIMING).verdict == "STANDBY_UNPROVEN" and verdict.judge(unproven, TIMING).verdict == "NORMAL"
    assert verdict.if_lost(late, TIMING).verdict == "STANDBY_BEHIND" and verdict.judge(late, TIMING).verdict == "LINK_LOST"


def test_an_override_that_nobody_knows_is_refused_with_its_path() -> None:
    assert verdict.override_faults(["accept_lag:3"]) == []
    faults = verdict.override_faults(["accept_lag", "accept_everything:1"])
    assert len(faults) == 2 and all("EPOCH" in each for each in faults)
