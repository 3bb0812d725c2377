# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill's report: one dictionary, shown as JSON to programs and as a page to people. Pure; writing files is the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any


def floor_seconds(timing: Mapping[str, float]) -> float:
    """The outage to expect with these settings: interval x threshold + TTL as the timing table plans them.

    The slower of DNS's notice (check_interval x check_threshold) and the record's (ttl + margin), plus the age a DNS answer may have
    (dns_ttl). Each phase is counted in full; one can be shorter in a drill, when a check happens to be due or an answer to be old.
    """
    return max(timing["check_interval"] * timing["check_threshold"], timing["ttl"] + timing["margin"]) + timing["dns_ttl"]


def control_plane_writes(requests: Iterable[Mapping[str, Any]], start: float, end: float) -> int:
    """Requests between two moments that would change a cloud's control plane. An object put into storage is data, not control."""
    return sum(
        1 for request in requests
        if request["write"] and start <= request["time"] <= end and not str(request.get("action", "")).startswith("s3:PutObject")
    )


def stamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def passed(report: Mapping[str, Any]) -> bool:
    """Did the drill keep every promise that can be judged?"""
    return (
        report["rto_seconds"] is not None and report["lost_acknowledged"] == 0 and report["duplicated"] == 0
        and report["dual_writer_intervals"] == 0 and report.get("tables_equal") is not False
    )


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Drill {started}</title>
<style>
:root {{ color-scheme: light dark; --ink:#1d2530; --paper:#fafaf7; --line:#d7d7d0; --nhn:#1f7ae0; --aws:#e8912d; --bad:#c8402f; --good:#1d7f47; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink:#e6e8ec; --paper:#15191f; --line:#39414c; --good:#66cf96; --bad:#ff8574; }} }}
body {{ font:16px/1.5 system-ui,"Noto Sans KR",sans-serif; max-width:60rem; margin:0 auto; padding:1rem; color:var(--ink); background:var(--paper); }}
h1 {{ font-size:1.5rem; }} h2 {{ font-size:1.15rem; margin-top:2rem; }}
.verdict {{ font-weight:700; color:var(--{tone}); }}
dl {{ display:grid; grid-template-columns:repeat(auto-fill,minmax(12rem,1fr)); gap:.75rem; padding:0; }}
dl div {{ border:1px solid var(--line); border-radius:.6rem; padding:.6rem .8rem; }} dt {{ font-size:.85rem; opacity:.8; }}
dd {{ margin:0; font-size:1.35rem; font-weight:650; }}
table {{ border-collapse:collapse; width:100%; font-size:.92rem; }}
th,td {{ text-align:left; padding:.35rem .5rem; border-bottom:1px solid var(--line); vertical-align:top; }}
td.n {{ text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; }} .scroll {{ overflow-x:auto; }}
svg {{ max-width:100%; height:auto; }} td:last-child {{ overflow-wrap:anywhere; }}
.key span {{ display:inline-block; width:.8em; height:.8em; border-radius:2px; margin:0 .3em 0 1em; }}
code {{ overflow-wrap:anywhere; }}
</style></head><body>
<h1>Drill of {started}</h1>
<p class="verdict">{headline}</p>
<p>{because}</p>
<dl>{cards}</dl>
<h2>What buyers saw</h2>
<p>Acknowledged purchases by the second, wishes for a seat that somebody had, and requests that were refused or not answered.</p>
{chart}
<p class="key">{legend}</p>
<h2>What was done</h2>
<div class="scroll"><table><thead><tr><th>Step</th><th>Started</th><th>Seconds</th><th>Changed</th><th>Detail</th></tr></thead>
<tbody>{steps}</tbody></table></div>
<h2>Promises not yet across</h2>
{salvage}
</body></html>
"""

COLOURS = {"nhn": "var(--nhn)", "aws": "var(--aws)", "taken": "var(--line)", "refused": "var(--bad)"}


def page(report: Mapping[str, Any], seconds: Sequence[Mapping[str, Any]]) -> str:
    """The report as one self-contained HTML page; `seconds` as ledger.timeline() gives them."""
    good = passed(report)
    cards = [
        ("Outage as buyers saw it", _number(report["rto_seconds"], "s")), ("Expected with these settings", _number(report["floor_seconds"], "s")),
        ("Data not across (RPO)", _number(report["rpo_seconds"], "s")), ("Acknowledged", _number(report["acknowledged"])),
        ("Lost", _number(report["lost_acknowledged"])), ("To be salvaged", _number(len(report["salvage_acknowledged"]))),
        ("Seats wanted by several buyers", _number(report["contested"])), ("Promised twice", _number(report["duplicated"])),
        ("Two writers at once", _number(report["dual_writer_intervals"])),
        ("Tables equal before", {True: "yes", False: "no", None: "not measured"}[report.get("tables_equal")]),
        ("Rows compared", _number(report.get("rows_compared"))), ("Control-plane writes", _number(report.get("control_plane_writes"))),
    ]
    return PAGE.format(
        started=escape(report["started"]), tone="good" if good else "bad", because=escape(report.get("because") or ""),
        headline=escape(f"{report['verdict']}: " + (
            f"service moved from {report['from_site']} to {report['to_site']}; every promise accounted for." if good else "see the figures below."
        )),
        cards="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in cards),
        chart=_chart(seconds), steps="".join(_step(step) for step in report["steps"]), salvage=_salvage(report["salvage_acknowledged"]),
        legend="".join(f'<span style="background:{colour}"></span>{escape(site)}' for site, colour in COLOURS.items()),
    )


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "not measured"
    return (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}") + (f" {unit}" if unit else "")


def _step(step: Mapping[str, Any]) -> str:
    return (
        f"<tr><td>{escape(str(step['name']))}</td><td>{stamp(step['started'])}</td><td class=n>{step['seconds']:.3f}</td>"
        f"<td>{'yes' if step['changed'] else 'no'}</td><td>{escape(str(step['detail']))}</td></tr>"
    )


def _salvage(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>None.</p>"
    body = "".join(
        f"<tr><td><code>{escape(str(row['ticket']))}</code></td><td>{row['event_id']}</td><td>{escape(str(row['seat']))}</td>"
        f"<td>{escape(str(row['site']))}</td><td>{stamp(row['told_at'])}</td></tr>" for row in rows
    )
    return (
        "<p>Not replicated in time; expected in the database of the site that is gone.</p>"
        '<div class="scroll"><table><thead><tr><th>Ticket</th><th>Event</th><th>Seat</th><th>Site</th><th>Told at</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _chart(seconds: Sequence[Mapping[str, Any]]) -> str:
    """Stacked bars, one a second."""
    if not seconds:
        return "<p>No purchase was tried.</p>"
    height, wide = 160.0, max(len(seconds), 1)
    top = max([sum(row["sites"].values()) + row["taken"] + row["refused"] for row in seconds] + [1])
    bars = []
    for row in seconds:
        at = height
        for name, count in [*sorted(row["sites"].items()), ("taken", row["taken"]), ("refused", row["refused"])]:
            if count:
                tall = count / top * (height - 12)
                at -= tall
                colour = COLOURS.get(name, "var(--bad)")
                bars.append(
                    f'<rect x="{row["second"] * 8}" y="{at:.1f}" width="7" height="{tall:.1f}" fill="{colour}">'
                    f'<title>second {row["second"]}: {count} {escape(name)}</title></rect>'
                )
    ticks = "".join(
        f'<text x="{second * 8}" y="{height + 14}" font-size="10" fill="currentColor">{second} s</text>' for second in range(0, wide, 10)
    )
    across, down = wide * 8 + 40, round(height + 20)
    return (
        f'<svg width="{across}" height="{down}" viewBox="0 0 {across} {down}" role="img" aria-label="Purchases by the second">'
        f'<text x="0" y="9" font-size="10" fill="currentColor">{top} a second</text>{"".join(bars)}{ticks}</svg>'
    )
