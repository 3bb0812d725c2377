# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of docs/nhn.md is what docs/figures/nhn.json says, and it says it right."""

from __future__ import annotations

import json

from bench.nhn.table import FIGURES, PAGE, put, rows


def counted(there: int, over: int) -> dict[str, list[int]]:
    return {"lost reply": [there, over], "throttle": [there, there], "expired token": [0, 0]}


def test_the_page_is_as_the_figures_have_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert put(page, json.loads(FIGURES.read_text(encoding="utf-8"))["runs"]) == page, "run `python -m bench.nhn.table`"


def test_making_altering_and_dropping_are_summed_and_the_newest_run_counts() -> None:
    walk = {"steps": 6, "foretold": 5, "check_writes": 1, "idle_writes": 1, "requests": 2}
    older = {"walks": {"vpc": {**walk, "steps": 99}}, "by_module": {"vpc": counted(99, 99)}, "changes_by_module": {}}
    newer = {"walks": {"vpc": walk}, "by_module": {"vpc": counted(4, 4)},
             "changes_by_module": {"vpc alter": counted(3, 2), "vpc drop": counted(2, 2), "vpc_other drop": counted(50, 50)}}
    assert rows([older, newer, {"unchanged_call_seconds": {}}]) == ["| `nhn_vpc` | 5 of 6 | 2 | 2 | 8 of 9 | 9 of 9 | no token |",
                                                                  "| 1 modules | 5 of 6 | 2 | | 8 of 9 | 9 of 9 | 0 of 0 |"]


def test_figures_without_walks_leave_an_empty_table() -> None:
    assert len(rows([])) == 1
