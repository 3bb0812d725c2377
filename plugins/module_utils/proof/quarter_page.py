# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A quarter's drills on one self-contained page, for those who answer for the service. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .page_parts import Words, both, cards, number, shell, wide
from .report_chart import trend
from .report_page import drills

OUTAGES = ("Outage of each drill", "훈련별 중단")
HEADLINE: tuple[Words, Words, Words] = (
    ("No drill was made in this quarter: nothing is known of a fail-over.", "이 분기에는 훈련이 없었다. 전환에 대해 알려진 것이 없다."),
    ("Every drill kept every promise ({drills} of {drills}).", "모든 훈련이 모든 약속을 지켰다 ({drills}건)."),
    ("{broken} of {drills} drills broke a promise.", "훈련 {drills}건 중 {broken}건이 약속을 지키지 못했다."))


def page(quarter: str, rows: Sequence[Mapping[str, Any]], figures: Mapping[str, Any], before: Mapping[str, Any] | None, unread: Sequence[str]) -> str:
    """rows: of this quarter, oldest first; figures: history.summed() of them; before: likewise of the quarter before, None where it had no drill;
    unread: files that hold no report.
    """
    wrong = figures["drills"] - figures["kept"]
    english, korean = HEADLINE[2 if wrong else 1 if figures["drills"] else 0]
    given = {"drills": figures["drills"], "broken": wrong}
    good = bool(figures["drills"]) and not wrong
    bars = trend(rows)
    body = [
        f'<p class="verdict {"good" if good else "bad"}">{"✓" if good else "✗"} {both((english.format(**given), korean.format(**given)))}</p>',
        cards([
            (("Drills", "훈련"), _beside("drills", figures, before)),
            (("Kept every promise", "모든 약속을 지킨 훈련"), _beside("kept", figures, before)),
            (("Outage, median", "중단 중앙값"), _beside("rto_median_seconds", figures, before, "s")),
            (("Outage, longest", "최장 중단"), _beside("rto_max_seconds", figures, before, "s")),
            (("Data not across, most (RPO)", "최대 RPO"), _beside("rpo_max_seconds", figures, before, "s")),
            (("Purchases acknowledged", "확정된 구매"), _beside("acknowledged", figures, before)),
            (("Lost", "유실"), _beside("lost_acknowledged", figures, before)), (("To be salvaged", "복구 대상"), _beside("salvage", figures, before)),
            (("Promised twice", "중복 판매"), _beside("duplicated", figures, before)),
            (("Two writers at once", "동시에 쓴 사이트"), _beside("dual_writer_intervals", figures, before)),
        ]),
        f"<section><h2>{both(OUTAGES)}</h2>{wide(bars, OUTAGES)}</section>" if bars else "",
        f'<section><h2>{both(("Every drill", "모든 훈련"))}</h2>{drills(rows[::-1])}</section>' if rows else "",
        _unread(unread),
    ]
    return shell(f"Drills of {quarter}", (f"Drills of {quarter}", f"{quarter} 훈련"), "\n".join(body))


def _beside(name: str, figures: Mapping[str, Any], before: Mapping[str, Any] | None, unit: str = "") -> str:
    """A figure, and in small what it was a quarter ago."""
    earlier = "" if before is None else f'<div class="note">{both(("before: ", "전 분기: "))}{number(before[name], unit)}</div>'
    return number(figures[name], unit) + earlier


def _unread(unread: Sequence[str]) -> str:
    if not unread:
        return ""
    listed = "".join(f"<li>{escape(each)}</li>" for each in unread)
    return f'<section><h2>{both(("Files that hold no report", "보고서가 아닌 파일"))}</h2><ul class="note">{listed}</ul></section>'
