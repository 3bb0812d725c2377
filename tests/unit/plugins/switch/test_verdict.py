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
OBSERVATIONS = st.builds(
    Observations, SITES,
    record=looks(st.builds(RecordView, st.one_of(st.none(), SITES), st.integers(0, 9), SECONDS, st.booleans())),
    gate=looks(st.builds(GateView, st.booleans(), st.one_of(st.none(), st.integers(0, 9)))),
    replica=looks(st.builds(ReplicaView, st.booleans(), st.one_of(st.none(), SECONDS), broken=st.sampled_from([None, "MySQL 1062: twice."]),
                            stuck=st.booleans())),
    writer_edge=looks(st.booleans()), own_edge=looks(st.booleans()),
    members=looks(st.integers(0, 3).flatmap(lambda answering: st.builds(MembersView, st.just(3), st.just(answering), st.integers(0, answering)))),
    peer=looks(st.builds(PeerView, st.booleans(), st.booleans(), st.just("NORMAL"), st.sampled_from([None, True, False]), SECONDS, TUNNELS)),
    link=looks(st.builds(LinkView, st.booleans(), TUNNELS, TUNNELS)),
    compared=looks(st.builds(ComparedView, st.sampled_from([None, True, False]), st.one_of(st.none(), st.floats(0, 1e8)), st.integers(0, 9),
                             differing_rows=st.integers(0, 9), definitions=st.integers(0, 2))), alone=st.booleans(),
    unfinished=st.sampled_from([None, "promote"]), maintenance=st.booleans(), takeovers=st.integers(0, 5))


OVERRIDES = st.frozensets(st.builds("{}:{}".format, st.sampled_from(verdict.OVERRIDES), st.integers(1, 9)), max_size=3)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS, OVERRIDES)
def test_whatever_was_seen(seen: Observations, overrides: frozenset[str]) -> None:
    found = verdict.judge(seen, TIMING, overrides=overrides)
    assert found.action in (verdict.NONE, verdict.TAKE_OVER, verdict.RESUME)
    assert found.because.endswith((".", ")")) and "\n" not in found.because
    assert not (found.writes and found.action != verdict.NONE)
    if found.action == verdict.NONE:
        return
    assert not seen.maintenance and found.override is None
    assert isinstance(seen.record, Saw)
    if found.action == verdict.RESUME:
        assert seen.record.value.writer == seen.site
        return
    # Nothing is promoted while the record is held fresh elsewhere, nor on an observation that was not made.
    assert seen.record.value.writer not in (None, seen.site)
    assert seen.record.value.unchanged_seconds >= TIMING.takeover
    assert not isinstance(seen.writer_edge, NotLooked) and isinstance(seen.replica, Saw) and not seen.replica.value.stuck
    assert all(each in overrides and each.endswith(f":{seen.record.value.epoch}") for each in found.overridden)
    _only_to_a_proven_copy(seen, found)


def _only_to_a_proven_copy(seen: Observations, found: verdict.Verdict) -> None:
    """Or a person has said so by name, for this epoch; however old the proof is."""
    assert not isinstance(seen.compared, NotLooked) and isinstance(seen.record, Saw)
    proven = isinstance(seen.compared, Saw) and seen.compared.value.equal is True
    assert proven != (f"accept_unproven:{seen.record.value.epoch}" in found.overridden)


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS, OVERRIDES)
def test_a_planned_switch_asks_only_a_writer_that_lives(seen: Observations, overrides: frozenset[str]) -> None:
    found, unasked = (ask(seen, TIMING, overrides=overrides) for ask in (verdict.judge_planned, verdict.judge))
    if found == unasked:
        return
    assert found.verdict in (verdict.PLANNED, "STANDBY_UNFIT", "STANDBY_UNPROVEN", "STANDBY_UNREACHABLE", "BLIND") and unasked.action == verdict.NONE
    assert isinstance(seen.record, Saw) and seen.record.value.writer not in (None, seen.site) and not seen.maintenance
    assert seen.record.value.unchanged_seconds < TIMING.takeover
    if found.action != verdict.NONE:
        assert isinstance(seen.replica, Saw) and seen.replica.value.following
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
        assert isinstance(seen.record, Saw) and seen.record.value.unchanged_seconds >= TIMING.takeover


@settings(max_examples=300, deadline=None)
@given(OBSERVATIONS)
def test_what_only_helps_to_explain_never_decides_about_a_silent_writer(seen: Observations) -> None:
    bare = replace(seen, own_edge=NotLooked(), members=NotLooked(), peer=NotLooked(), link=NotLooked(), alone=False)
    assert verdict.judge(bare, TIMING).action == verdict.judge(seen, TIMING).action


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
