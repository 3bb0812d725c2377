# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The corpus of verdicts, and what holds for every combination of observations there can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.switch import verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    GateView,
    NoAnswer,
    NotLooked,
    Observations,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS
from hypothesis import given, settings
from hypothesis import strategies as st

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "verdict").glob("*.yml"))
TIMING = TIMINGS["default"]
VIEWS = {"record": RecordView, "gate": GateView, "replica": ReplicaView}


def observations(given: dict[str, Any]) -> Observations:
    """A corpus file's `given`: a mapping is what was seen, {no_answer: why} and {not_looked: why} what they say, absent: did not look."""
    seen: dict[str, Any] = {"site": given["site"]}
    for name, value in given.items():
        if name in ("site", "unfinished", "maintenance"):
            seen[name] = value
        elif isinstance(value, dict) and value.keys() == {"no_answer"}:
            seen[name] = NoAnswer(value["no_answer"])
        elif isinstance(value, dict) and value.keys() == {"not_looked"}:
            seen[name] = NotLooked(value["not_looked"])
        else:
            seen[name] = Saw(VIEWS[name](**value) if name in VIEWS else value)
    return Observations(**seen)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_corpus(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    assert vars(verdict.judge(observations(case["given"]), TIMING)) == {"override": None, **case["expect"]}


def looks(views: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.builds(Saw, views), st.just(NoAnswer()), st.just(NotLooked()))


SITES = st.sampled_from(["nhn", "aws"])
SECONDS = st.floats(0, 100)
OBSERVATIONS = st.builds(
    Observations, SITES,
    record=looks(st.builds(RecordView, st.one_of(st.none(), SITES), st.integers(0, 9), SECONDS, st.booleans())),
    gate=looks(st.builds(GateView, st.booleans(), st.one_of(st.none(), st.integers(0, 9)))),
    replica=looks(st.builds(ReplicaView, st.booleans(), st.one_of(st.none(), SECONDS))),
    writer_edge=looks(st.just(True)), unfinished=st.sampled_from([None, "promote"]), maintenance=st.booleans())


@settings(max_examples=1500, deadline=None)
@given(OBSERVATIONS)
def test_whatever_was_seen(seen: Observations) -> None:
    found = verdict.judge(seen, TIMING)
    assert found.action in (verdict.NONE, verdict.TAKE_OVER, verdict.RESUME)
    assert found.because.endswith(".") and "\n" not in found.because
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
    assert not isinstance(seen.writer_edge, NotLooked) and isinstance(seen.replica, Saw)


@settings(max_examples=500, deadline=None)
@given(OBSERVATIONS)
def test_an_override_never_stands_in_for_the_record(seen: Observations) -> None:
    if verdict.judge(seen, TIMING).override is not None:
        assert isinstance(seen.record, Saw) and seen.record.value.unchanged_seconds >= TIMING.takeover
