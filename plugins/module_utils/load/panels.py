# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The charts of a load test on one clock, as SVG: one picture for a page, and the same with its own colours for a file of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float | None]         # (seconds since the beginning, value); None: nothing was read there, and no line is drawn

WIDE, TALL, LEFT, RIGHT, TOP, BELOW = 920.0, 150.0, 58.0, 12.0, 24.0, 22.0
INK, SOFT, LINE, PAPER = "#1d2530", "#566172", "#d7d7d0", "#ffffff"
COLOURS = ("#1f6fd0", "#b8600b", "#b3261e", "#14713c")


@dataclass(frozen=True)
class Panel:
    """One chart: lines by their names over the same seconds. steps: values that hold until the next, such as replicas."""

    title: str
    unit: str
    lines: Mapping[str, Sequence[Point]]
    steps: bool = False


def picture(panels: Sequence[Panel], title: str, seconds: float) -> str:
    """A whole SVG file with every panel below the one before. seconds: how long the clock runs."""
    height = 34 + len(panels) * (TALL + TOP + BELOW)
    drawn = "".join(f'<g transform="translate(0 {34 + at * (TALL + TOP + BELOW):.0f})">{draw(panel, seconds)}</g>' for at, panel in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE:.0f} {height:.0f}" width="{WIDE:.0f}" height="{height:.0f}" '
            f'font-family="sans-serif" font-size="11" role="img" aria-label="{escape(title)}"><rect width="100%" height="100%" fill="{PAPER}"/>'
            f'<text x="{LEFT}" y="20" font-size="15" fill="{INK}">{escape(title)}</text>{drawn}</svg>')


def draw(panel: Panel, seconds: float) -> str:
    """One panel, its upper left corner at the origin."""
    top = _round_up(max([value for line in panel.lines.values() for _unused, value in line if value is not None] + [0.0]))
    across, up = (WIDE - LEFT - RIGHT) / max(seconds, 1.0), TALL / top
    parts = [f'<text x="{LEFT}" y="15" fill="{INK}" font-weight="600">{escape(panel.title)}</text>', _key(panel)]
    for share in (0.0, 0.5, 1.0):
        y = TOP + TALL - share * TALL
        parts.append(f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{SOFT}">{share * top:g}{escape(panel.unit)}</text>')
    every = next((step for step in (5, 10, 30, 60, 300, 600) if step * across >= 60), 1800)
    parts += [f'<text x="{LEFT + second * across:.1f}" y="{TOP + TALL + 15:.0f}" text-anchor="middle" fill="{SOFT}">{second} s</text>'
              for second in range(0, int(seconds) + 1, every) if LEFT + second * across < WIDE - 20]
    for colour, line in zip(COLOURS, panel.lines.values(), strict=False):
        parts += [f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{points}"/>'
                  for points in _pieces(line, across, up, panel.steps)]
    return "".join(parts)


def _pieces(line: Sequence[Point], across: float, up: float, steps: bool) -> list[str]:
    """The points of each stretch in which something was read."""
    pieces: list[list[str]] = [[]]
    before: float | None = None
    for at, value in line:
        if value is None:
            pieces.append([])
            before = None
            continue
        if steps and before is not None:
            pieces[-1].append(f"{LEFT + at * across:.1f},{TOP + TALL - before * up:.1f}")
        pieces[-1].append(f"{LEFT + at * across:.1f},{TOP + TALL - value * up:.1f}")
        before = value
    return [" ".join(piece) for piece in pieces if piece]


def _key(panel: Panel) -> str:
    names = list(panel.lines)
    places = [WIDE - RIGHT - 110 * (len(names) - at) for at in range(len(names))]
    return "".join(f'<rect x="{x:.0f}" y="6" width="10" height="10" fill="{colour}"/>'
                   f'<text x="{x + 14:.0f}" y="15" fill="{SOFT}">{escape(name)}</text>'
                   for x, name, colour in zip(places, names, COLOURS, strict=False))


def _round_up(value: float) -> float:
    """The next number that an axis may end with."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    while value < unit * 0.999 and unit > 1e-3:
        unit /= 10
    return next(unit * step for step in (1, 2, 3, 4, 5, 6, 8, 10, 20) if unit * step >= value)
