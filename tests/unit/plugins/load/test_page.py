# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of a load test: every curve is there, gaps stay gaps, nothing that was not measured is a nought, and names cannot become markup."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.load import page
from ansible_collections.multicloud.dr.plugins.module_utils.load.ab import by_second
from ansible_collections.multicloud.dr.plugins.module_utils.load.panels import Panel, _round_up, draw

REQUESTS = [(100 + second, 5.0 + second) for second in range(10) for _ in range(20)]
SAMPLES: list[dict[str, Any]] = [
    {"at": 0, "cpu_cores": 0.1, "replicas": 2, "ready": 2, "wanted": 2, "asked": 5, "wrong": 0},
    {"at": 3, "cpu_cores": None, "replicas": None, "ready": None, "wanted": None, "asked": 5, "wrong": 1},
    {"at": 6, "cpu_cores": 1.5, "replicas": 6, "ready": 4, "wanted": 6, "asked": 5, "wrong": 0},
    {"at": 9, "cpu_cores": 2.5, "replicas": 6, "ready": 6, "wanted": 6, "asked": 0, "wrong": 0}]
RUN: dict[str, Any] = {
    "name": "sale <1>", "url": "http://lb/", "started": "2026-11-27 10:00", "command": "ab -n 100000 -c 100 http://lb/events",
    "ab": {"requests_per_second": 20.0, "failed": 1, "not_2xx": 2}, "seconds": by_second(REQUESTS), "times": [took for _, took in REQUESTS],
    "samples": SAMPLES}
BARE = {**RUN, "samples": [], "times": [], "seconds": []}


def polylines(text: str) -> list[list[tuple[float, float]]]:
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())] for points in re.findall(r'points="([^"]*)"', text)]


def test_figures_are_those_that_were_measured() -> None:
    assert page.figures(RUN) == {"ab_requests_per_second": 20.0, "ab_failed": 3, "ab_p50_ms": 9.0, "ab_p95_ms": 14.0, "ab_p99_ms": 14.0,
                                 "replicas_at_first": 2, "replicas_most": 6, "hpa_up_seconds": 9.0, "cores_most": 2.5, "visitor_failed": 1}
    bare = page.figures(BARE)
    assert bare["ab_failed"] == 3 and [bare[name] for name in ("ab_p99_ms", "replicas_most", "hpa_up_seconds", "visitor_failed")] == [None] * 4


@pytest.mark.parametrize(("ready", "seconds"), [([2, 2, 2], None), ([2, 6, 4, 6], 10.0), ([], None), ([3, 2, 3], None)])
def test_growth_ends_when_all_that_came_are_ready(ready: list[int], seconds: float | None) -> None:
    assert page.grown({"samples": [{"at": at * 10, "ready": count} for at, count in enumerate(ready)]}) == seconds


def test_every_curve_is_drawn_and_what_was_not_read_is_a_gap() -> None:
    drawn = page.svg(RUN)
    ElementTree.fromstring(drawn)
    assert len(polylines(drawn)) == 1 + 3 + 4 * 2 + 1        # each line of the third panel is in two pieces; the last panel's ends before its last
    for name in ("requests/s", "p50", "p95", "p99", "cores", "replicas", "wanted", "failed"):
        assert f">{name}<" in drawn
    assert all(0 <= x <= 920 for line in polylines(drawn) for x, _ in line)


def test_replicas_hold_until_the_next_look() -> None:
    (line,) = polylines(draw(Panel("replicas", "", {"replicas": [(0.0, 2.0), (10.0, 4.0)]}, steps=True), 10.0))
    assert [y for _, y in line][:2] == [line[0][1]] * 2 and line[1][0] == line[2][0]


def test_a_page_is_whole_in_both_languages_and_takes_no_markup_from_names() -> None:
    text = page.html(RUN)
    assert "sale &lt;1&gt;" in text and "<1>" not in text and "부하 시험" in text and "20.0" in text
    assert "not measured" in page.html(BARE) and "<svg" in page.html(BARE)
    assert "http://lb/events" in text and "src=" not in text        # nothing is fetched from elsewhere


@pytest.mark.parametrize(("value", "top"), [(0, 1), (0.3, 0.3), (0.04, 0.04), (1, 1), (7, 8), (95, 100), (101, 200), (1952, 2000), (6.5, 8)])
def test_an_axis_ends_with_a_round_number_above_all(value: float, top: float) -> None:
    assert _round_up(value) == pytest.approx(top)
