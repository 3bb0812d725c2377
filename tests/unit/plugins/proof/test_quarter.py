# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A quarter's page: what its drills say together, from files that may be anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import history, quarter_page
from ansible_collections.multicloud.dr.plugins.modules import drill_summary

from tests.unit.plugins.proof.drills import kept, report


@pytest.mark.parametrize(("started", "quarter"), [("2026-01-01T00:00:00Z", "2026-Q1"), ("2026-03-31T23:59:59Z", "2026-Q1"),
                                                  ("2026-04-01T00:00:00Z", "2026-Q2"),
                                                  ("2026-12-31T23:59:59+00:00", "2026-Q4")])
def test_quarters(started: str, quarter: str) -> None:
    assert history.quarter_of(started) == quarter and history.QUARTER.fullmatch(quarter)
    assert drill_summary.before("2026-Q1") == "2025-Q4" and drill_summary.before("2026-Q3") == "2026-Q2"


def test_what_drills_say_together() -> None:
    rows = [{**row, "broken": broken} for row, broken in ((_row(report(rto_seconds=20.0)), []), (_row(report(rto_seconds=None)), ["x"]),
                                                          (_row(report(rto_seconds=31.0, rpo_seconds=2.5)), []))]
    said = history.summed(rows)
    assert (said["drills"], said["kept"], said["rto_median_seconds"], said["rto_max_seconds"], said["rpo_max_seconds"]) == (3, 2, 25.5, 31.0, 2.5)
    assert (said["acknowledged"], said["salvage"]) == (3 * 1290, 3)
    nothing = history.summed([])
    assert (nothing["drills"], nothing["rto_max_seconds"], nothing["rpo_max_seconds"], nothing["acknowledged"]) == (0, None, None, 0)


def _row(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "salvage": len(given["salvage_acknowledged"]), "file": "x"}


def test_only_its_own_quarter_counts_and_the_one_before_stands_beside(tmp_path: Path) -> None:
    kept(tmp_path, report("2026-02-01T00:00:00Z"), report("2026-05-01T00:00:00Z", rto_seconds=70.0),
         report("2026-05-02T00:00:00Z", lost_acknowledged=2))
    quarter, figures, unread, texts = drill_summary.summary(tmp_path, "")
    assert (quarter, figures["drills"], figures["kept"], figures["lost_acknowledged"], unread) == ("2026-Q2", 2, 0, 2, [])
    assert "2 of 2 drills broke a promise." in texts["html"] and "before: " in texts["html"] and "2 purchases lost" in texts["html"]
    assert [row["started"] for row in json.loads(texts["json"])["drills"]] == ["2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"]
    good = drill_summary.summary(tmp_path, "2026-Q1")[3]["html"]
    assert "Every drill kept every promise (1 of 1)." in good and "before: " not in good
    empty = drill_summary.summary(tmp_path, "2027-Q1")
    assert empty[1]["drills"] == 0 and "nothing is known of a fail-over" in empty[3]["html"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"started": 7}', json.dumps(report("yesterday")),
                                  json.dumps(report("2026-01-01T00:00:00")), json.dumps({**report(), "salvage_acknowledged": None}),
                                  json.dumps({**report(), "rto_seconds": "soon"}), "\udcff"])
def test_a_file_that_is_no_report_is_named_and_the_others_count(tmp_path: Path, text: str) -> None:
    kept(tmp_path, report("2026-05-01T00:00:00Z"))
    (tmp_path / "drill-bad.json").write_bytes(text.encode(errors="surrogateescape"))
    _quarter, figures, unread, texts = drill_summary.summary(tmp_path, "2026-Q2")
    assert figures["drills"] == 1 and len(unread) == 1 and unread[0].startswith("drill-bad.json: ") and "drill-bad.json" in texts["html"]


@pytest.mark.parametrize(("quarter", "said"), [("", "holds no drill's report"), ("2026-Q5", "is not one such as"), ("../x", "is not one such as")])
def test_bad_input_is_named(tmp_path: Path, quarter: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        drill_summary.summary(tmp_path, quarter)


def test_files_are_written_once(tmp_path: Path) -> None:
    kept(tmp_path, report("2026-05-01T00:00:00Z"))
    quarter, _figures, _unread, texts = drill_summary.summary(tmp_path, "")
    files, changed = drill_summary.write(tmp_path, quarter, texts, True)
    assert changed and not Path(files[0]).exists(), "check mode writes nothing"
    assert drill_summary.write(tmp_path, quarter, texts, False) == (files, True) and Path(files[1]).read_text() == texts["html"]
    assert drill_summary.write(tmp_path, quarter, texts, False) == (files, False)
    assert drill_summary.summary(tmp_path, "")[3] == texts, "its own files are no drills"


def test_a_name_in_a_report_is_text() -> None:
    row = {**_row(report("<b>x</b>", verdict="<img>")), "broken": ["<i>"]}
    page = quarter_page.page("2026-Q1", [row], history.summed([row]), None, ["<script>"])
    assert "<img" not in page and "<b>x" not in page and "<script>\n<" not in page and "&lt;script&gt;" in page
