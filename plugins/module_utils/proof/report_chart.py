# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pictures of a drill's page, as SVG: what buyers saw beside what was done, the steps, and figures against what was allowed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .page_parts import Words, both

COLOURS = {"nhn": "var(--nhn)", "aws": "var(--aws)", "taken": "var(--line)", "refused": "var(--bad)"}
WIDE, LEFT, RIGHT = 920.0, 34.0, 12.0
TALL = 150.0            # of the bars


def timeline(report: Mapping[str, Any], seconds: Sequence[Mapping[str, Any]], origin: float | None) -> str:
    """Answers by the second as stacked bars, and below them on the same clock the outage, what was expected and allowed, and the switch. origin:
    when the first of those seconds began (epoch s), None where nobody knows: then the bars stand alone.
    """
    if not seconds:
        return f"<p>{both(('No purchase was tried.', '구매 시도가 없었다.'))}</p>"
    scale = (WIDE - LEFT - RIGHT) / max(len(seconds), 30)
    top = max([sum(row["sites"].values()) + row["taken"] + row["refused"] for row in seconds] + [1])
    bars = []
    for row in seconds:
        at = TALL
        for name, count in [*sorted(row["sites"].items()), ("taken", row["taken"]), ("refused", row["refused"])]:
            if count:
                tall = count / top * (TALL - 14)
                at -= tall
                bars.append(_bar(LEFT + row["second"] * scale, at, max(scale - 1, .8), tall, COLOURS.get(name, "var(--bad)"),
                                 f"second {row['second']}: {count} {name}"))
    lanes, tall = _lanes(report, origin, scale) if origin is not None else ("", TALL + 4)
    every = next((each for each in (10, 30, 60, 300) if each * scale >= 44), 600)
    ticks = "".join(f'<text class="soft" x="{LEFT + second * scale:.1f}" y="{tall + 12:.0f}">{second} s</text>'
                    for second in range(0, len(seconds), every))
    line = f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{TALL}" y2="{TALL}" stroke="var(--line)"/>'
    return _svg(WIDE, tall + 18, f'<text class="soft" x="0" y="10">{top}/s</text>{"".join(bars)}{line}{lanes}{ticks}',
                ("What buyers saw, by the second, and what was done meanwhile", "초마다 구매자가 본 것과 그동안 한 일"), "wide")


def _lanes(report: Mapping[str, Any], origin: float, scale: float) -> tuple[str, float]:
    """What happened meanwhile, a lane each, and how far down they reach."""
    def x(moment: float) -> float:
        return min(max(LEFT + (moment - origin) * scale, LEFT), WIDE - RIGHT)

    gone, back, steps = report.get("last_good"), report.get("first_after"), report.get("steps") or []
    rows: list[tuple[Words, float, float, str]] = []
    if gone is not None and back is not None:
        rows = [(("outage", "중단"), gone, back, "var(--bad)"), (("expected", "예상"), gone, gone + report["floor_seconds"], "var(--idle)"),
                (("allowed", "허용"), gone, gone + report["max_rto_seconds"], "var(--line)")]
    if steps:
        first = min(step["started"] for step in steps)
        rows.append((("steps of the switch", "전환 단계"), first, max(step["started"] + step["seconds"] for step in steps), "var(--good)"))
    drawn = []
    for lane, (name, begin, end, colour) in enumerate(rows):
        y, left, right = TALL + 8 + lane * 19, x(begin), max(x(end), x(begin) + 2)
        beside, anchor = (right + 5, "start") if right < WIDE - 190 else (left - 5, "end")
        said = (f"{name[0]} {end - begin:.1f} s", f"{name[1]} {end - begin:.1f}초")
        drawn.append(_bar(left, y, right - left, 13, colour) + _text(beside, y + 11, said, anchor))
    return "".join(drawn), TALL + 12 + len(rows) * 19


def gantt(steps: Sequence[Mapping[str, Any]]) -> str:
    """The steps of the switch on a clock of their own: most take less than a second of the minutes that buyers were there."""
    if not steps:
        return ""
    first, names = min(step["started"] for step in steps), 150.0
    whole = max(max(step["started"] + step["seconds"] for step in steps) - first, 0.001)
    scale, drawn = (WIDE - names - 80) / whole, []
    for row, step in enumerate(steps):
        left, wide = names + (step["started"] - first) * scale, max(step["seconds"] * scale, 2)
        drawn.append(
            f'<text x="{names - 8}" y="{row * 21 + 14}" text-anchor="end">{escape(str(step["name"]))}</text>'
            f'{_bar(left, row * 21 + 3, wide, 14, "var(--good)" if step["changed"] else "var(--idle)")}'
            f'<text class="soft" x="{left + wide + 5:.1f}" y="{row * 21 + 14}">{step["seconds"]:.2f} s</text>')
    return _svg(WIDE, len(steps) * 21 + 4, "".join(drawn), ("The steps on their own clock", "단계별 시간"), "wide")


def bullet(name: Words, value: float | None, marks: Sequence[tuple[Words, float | None]]) -> str:
    """A figure as a bar, against marks: the last one is what was allowed, and what reaches beyond it is bad."""
    known = [(words, mark) for words, mark in marks if mark is not None]
    if value is None or not known:
        return ""
    wide, left = 460.0, 4.0
    scale = (wide - 2 * left) / max([value, *(mark for _words, mark in known)]) / 1.12
    limit = known[-1][1]
    drawn = (f'<rect x="{left}" y="22" width="{(wide - 2 * left):.1f}" height="18" rx="3" fill="var(--line)" opacity=".5"/>'
             f'<rect x="{left}" y="25" width="{max(value * scale, 2):.1f}" height="12" rx="2" fill="var(--{"bad" if value > limit else "good"})"/>')
    for at, (words, mark) in enumerate(known):
        x = left + mark * scale
        drawn += (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="19" y2="43" stroke="var(--ink)" stroke-width="2"/>'
                  + _text(min(x, wide - 60) if at else max(x, 60), 56, (f"{words[0]} {mark:g} s", f"{words[1]} {mark:g}초"), "middle", soft=True))
    return _svg(wide, 60, _text(left, 14, (f"{name[0]}: {value:.1f} s", f"{name[1]}: {value:.1f}초"), "start") + drawn, name)


def trend(drills: Sequence[Mapping[str, Any]]) -> str:
    """The outage of each drill as a bar against what was expected then, oldest first; nothing for fewer than two."""
    drills = [each for each in drills if each.get("rto_seconds") is not None]
    if len(drills) < 2:
        return ""
    tall, wide = 110.0, min((WIDE - LEFT - RIGHT) / len(drills), 60)
    top = max(max(float(each["rto_seconds"]), float(each.get("floor_seconds") or 0)) for each in drills) * 1.1
    drawn = f'<text class="soft" x="0" y="10">{top:.0f} s</text><line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{tall}" y2="{tall}" stroke="var(--line)"/>'
    for at, each in enumerate(drills):
        x, high = LEFT + at * wide, float(each["rto_seconds"]) / top * tall
        floor = tall - float(each.get("floor_seconds") or 0) / top * tall
        told = f"{each['started']}: {each['rto_seconds']} s"
        drawn += (_bar(x + 3, tall - high, max(wide - 6, 2), high, "var(--bad)" if each.get("broken") else "var(--good)", told)
                  + f'<line x1="{x:.1f}" x2="{x + wide:.1f}" y1="{floor:.1f}" y2="{floor:.1f}" stroke="var(--ink)" stroke-dasharray="3 3"/>')
    return _svg(WIDE, tall + 6, drawn, ("Outage of each drill; dashes: what was expected", "훈련별 중단 시간, 점선은 예상치"), "wide")


def _svg(wide: float, tall: float, inside: str, told: Words, kind: str = "") -> str:
    return (f'<svg class="{kind}" viewBox="0 0 {wide:.0f} {tall:.0f}" role="img" aria-label="{escape(" / ".join(told))}">{inside}</svg>')


def _bar(x: float, y: float, wide: float, tall: float, colour: str, told: str = "") -> str:
    title = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="1" fill="{colour}">{title}</rect>'


def _text(x: float, y: float, words: Words, anchor: str, *, soft: bool = False) -> str:
    return "".join(f'<text lang="{language}" class="{"soft" if soft else ""}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
                   for language, said in zip(("en", "ko"), words, strict=True))
