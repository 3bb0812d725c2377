# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a drill's page says, and that it says it from one file: every picture is of the figures, every name is put in as text."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import history, report_chart, report_page

from tests.unit.plugins.proof.drills import BEGAN, kept, report, seconds

EVIL = "<img src=x onerror=alert(1)>&"


def svgs(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def bars(picture: ElementTree.Element) -> list[tuple[float, float, str]]:
    """(left, width, colour) of every bar."""
    return [(float(each.attrib["x"]), float(each.attrib["width"]), each.attrib["fill"]) for each in picture.iter("rect")]


def test_outage_and_steps_stand_on_the_buyers_clock() -> None:
    drawn = ElementTree.fromstring(report_chart.timeline(report(), seconds(), BEGAN))
    lanes = {(each.text or "").rpartition(" ")[0].rpartition(" ")[0] for each in drawn.iter("text") if each.attrib.get("lang") == "en"}
    assert lanes == {"outage", "expected", "allowed", "steps of the switch"}
    outage, expected, allowed, steps = bars(drawn)[-4:]
    scale = (report_chart.WIDE - report_chart.LEFT - report_chart.RIGHT) / 120
    assert outage[0] == pytest.approx(report_chart.LEFT + 40.2 * scale, abs=0.1) and outage[1] == pytest.approx(23.4 * scale, abs=0.1)
    assert expected[0] == allowed[0] == outage[0]
    assert (expected[1], allowed[1]) == (pytest.approx(30 * scale, abs=0.1), pytest.approx(60 * scale, abs=0.1))
    assert outage[0] < steps[0] < outage[0] + outage[1], "the switch lies within the outage"
    refused = [bar for bar in bars(drawn)[:-4] if bar[2] == "var(--bad)"]
    assert len(refused) == 23 and min(bar[0] for bar in refused) >= outage[0]


def test_where_nobody_knows_the_clock_the_bars_stand_alone() -> None:
    drawn = ElementTree.fromstring(report_chart.timeline(report(), seconds(), None))
    assert not [each for each in drawn.iter("text") if each.attrib.get("lang") == "en"] and len(bars(drawn)) > 100
    assert "No purchase was tried" in report_chart.timeline(report(), [], BEGAN)


def test_a_service_that_never_moved_has_no_outage_to_draw() -> None:
    still = report(rto_seconds=None, last_good=None, first_after=None, from_site=None, to_site=None, steps=[])
    page = report_page.page(still, seconds(), BEGAN)
    assert "the service did not move" in page and "not measured" in page and ">outage" not in page


def test_each_step_has_a_bar_of_its_own_length() -> None:
    drawn = ElementTree.fromstring(report_chart.gantt(report()["steps"]))
    lengths = [bar[1] for bar in bars(drawn)]
    assert len(lengths) == 7 and max(lengths) == lengths[6] and lengths[3] > lengths[1]
    assert bars(drawn)[1][2] == "var(--good)" and bars(drawn)[0][2] == "var(--idle)", "what changed something is told apart"
    assert report_chart.gantt([]) == ""


def test_figures_stand_against_what_was_allowed() -> None:
    good = ElementTree.fromstring(report_chart.bullet(("Outage", "중단"), 23.4, [(("expected", "예상"), 30.0), (("allowed", "허용"), 60.0)]))
    bad = ElementTree.fromstring(report_chart.bullet(("Outage", "중단"), 75.0, [(("expected", "예상"), 30.0), (("allowed", "허용"), 60.0)]))
    assert bars(good)[1][2] == "var(--good)" and bars(bad)[1][2] == "var(--bad)"
    reach, limit = bars(bad)[1][0] + bars(bad)[1][1], max(float(each.attrib["x1"]) for each in bad.iter("line"))
    assert reach > limit and bars(good)[1][1] < limit
    assert report_chart.bullet(("RPO", "RPO"), 0.4, [(("allowed", "허용"), None)]) == "", "a report of an earlier release has no such goal"


def test_lost_and_twice_promised_are_listed_one_by_one() -> None:
    lost = {"ticket": "t-lost", "event_id": 7, "seat": "C-3", "site": "aws", "told_at": BEGAN}
    page = report_page.page(report(lost_acknowledged=1, lost=[lost], duplicated=1, duplicates=["event 1 seat A-1: 2 promises"]), seconds(), BEGAN)
    assert "t-lost" in page and "C-3" in page and "event 1 seat A-1: 2 promises" in page and "1 purchase lost" in page and "B-17" in page
    assert "Promises that are lost" not in report_page.page(report(), seconds(), BEGAN)


def test_earlier_drills_stand_beside_it(tmp_path: Path) -> None:
    kept(tmp_path, report("2025-12-01T00:00:00Z", rto_seconds=70.1), report("2025-11-01T00:00:00Z", rto_seconds=25.0))
    (tmp_path / "drill-broken.json").write_text("{")
    earlier, wrong = history.rows(tmp_path)
    page = report_page.page(report(), seconds(), BEGAN, earlier)
    assert page.index("2025-12-01T00:00:00Z</td>") < page.index("2025-11-01T00:00:00Z</td>"), "the newest first"
    assert "buyers were without service for 70.1 s, more than 60.0 s" in page and len(wrong) == 1 and "drill-broken.json: JSONDecodeError" in wrong[0]
    assert [bar[2] for bar in bars(svgs(page)[-1])] == ["var(--good)", "var(--bad)", "var(--good)"], "oldest first, and this one last"
    assert "This is the first drill" in report_page.page(report(), seconds(), BEGAN)


def test_it_is_one_file_and_what_others_said_is_text() -> None:
    steps = [{"name": EVIL, "started": BEGAN, "seconds": 1.0, "changed": True, "detail": EVIL}]
    row = {"ticket": EVIL, "event_id": EVIL, "seat": EVIL, "site": EVIL, "told_at": BEGAN}
    page = report_page.page(report(EVIL, because=EVIL, verdict=EVIL, from_site=EVIL, steps=steps, salvage_acknowledged=[row]),
                            [{"second": 0, "sites": {EVIL: 1}, "taken": 0, "refused": 0}], BEGAN)
    assert "<img" not in page and "&lt;img" in page
    assert not re.search(r"https?://|<link|@import|url\(", page) and len(svgs(page)) == 4
    assert "@media print" in page and "prefers-color-scheme: dark" in page
