# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill's report as one self-contained page, in English and Korean, for a desk and for a telephone. Pure; writing files is the caller's.

What the switch said (steps, diagnosis) is shown as it was said, in English, so that it can be looked for in logs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .report import broken, stamp

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Drill {started}</title>
<style>
:root {{ color-scheme: light dark; --ink:#1d2530; --paper:#fafaf7; --line:#d7d7d0; --nhn:#1f7ae0; --aws:#e8912d; --bad:#c8402f; --good:#1d7f47; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink:#e6e8ec; --paper:#15191f; --line:#39414c; --good:#66cf96; --bad:#ff8574; }} }}
html[lang=en] [lang=ko], html[lang=ko] [lang=en] {{ display:none; }}
body {{ font:16px/1.5 system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif; max-width:60rem; margin:0 auto; padding:1rem; color:var(--ink);
  background:var(--paper); word-break:keep-all; overflow-wrap:anywhere; }}
h1 {{ font-size:1.5rem; margin:0; }} h2 {{ font-size:1.15rem; margin-top:2rem; }}
header {{ display:flex; flex-wrap:wrap; gap:.5rem 1rem; justify-content:space-between; align-items:baseline; }} header a {{ color:inherit; }}
.verdict {{ font-weight:700; color:var(--{tone}); }} .note {{ font-size:.9rem; opacity:.85; }}
dl {{ display:grid; grid-template-columns:repeat(auto-fill,minmax(10rem,1fr)); gap:.75rem; padding:0; }}
dl div {{ border:1px solid var(--line); border-radius:.6rem; padding:.6rem .8rem; }} dt {{ font-size:.85rem; opacity:.8; }}
dd {{ margin:0; font-size:1.35rem; font-weight:650; }}
table {{ border-collapse:collapse; width:100%; font-size:.92rem; }}
th,td {{ text-align:left; padding:.35rem .5rem; border-bottom:1px solid var(--line); vertical-align:top; }}
td:not(.long), th {{ white-space:nowrap; }} td.n {{ text-align:right; font-variant-numeric:tabular-nums; }} td b {{ display:none; }}
.scroll {{ overflow-x:auto; }} .key span {{ margin-right:1em; white-space:nowrap; }}
.key i {{ display:inline-block; width:.8em; height:.8em; border-radius:2px; margin-right:.3em; }}
@media (max-width: 40rem) {{
  dl {{ grid-template-columns:1fr 1fr; gap:.5rem; }}
  table, tbody, tr, td {{ display:block; }} thead {{ display:none; }}
  tr {{ padding:.6rem 0; border-bottom:1px solid var(--line); }} td, td:not(.long) {{
    border:0; padding:.1rem 0; text-align:left; white-space:normal; }}
  td b {{ display:inline-block; min-width:5.5em; padding-right:.5em; font-weight:400; opacity:.75; }} td:first-child {{ font-weight:650; }}
}}
</style></head><body>
<header><h1>{title}</h1><a id="other" href="#ko"><span lang="en">한국어</span><span lang="ko">English</span></a></header>
<p class="verdict">{headline}</p>
<p>{because}</p>
<dl>{cards}</dl>
<p class="note">{rpo_note}</p>
<h2>{seen}</h2>
<p>{seen_note}</p>
<div class="scroll">{chart}</div>
<p class="key">{legend}</p>
<h2>{done}</h2>
{steps}
<h2>{away}</h2>
{salvage}
<script>
function speak() {{
  const ko = (location.hash.slice(1) || navigator.language).startsWith("ko");
  document.documentElement.lang = ko ? "ko" : "en";
  document.getElementById("other").hash = ko ? "en" : "ko";
}}
addEventListener("hashchange", speak); speak();
</script>
</body></html>
"""

COLOURS = {"nhn": "var(--nhn)", "aws": "var(--aws)", "taken": "var(--line)", "refused": "var(--bad)"}
LEGEND = {"taken": ("seat was taken", "이미 팔린 좌석"), "refused": ("refused or no answer", "거절 또는 무응답")}
YES, NO, NOT_MEASURED, NONE = ("yes", "예"), ("no", "아니요"), ("not measured", "측정 안 함"), ("None.", "없음.")
STEP_HEADS = (("Step", "단계"), ("Started", "시작"), ("Seconds", "초"), ("Changed", "변경"), ("Detail", "내용"))
SALVAGE_HEADS = (("Ticket", "티켓"), ("Event", "공연"), ("Seat", "좌석"), ("Site", "사이트"), ("Told at", "약속 시각"))
RPO_NOTE = (
    "Data not across is measured in what buyers were promised: how long before the last promise of the site that is gone the oldest one was made "
    "that did not arrive; 0 when all arrived. The diagnosis above was made before that could be known: it names the most that could be missing, by "
    "heartbeats alone.",
    "넘어오지 못한 데이터는 구매자가 받은 약속으로 잰다. 사라진 사이트의 마지막 약속으로부터, 도착하지 못한 가장 오래된 약속까지의 시간이며 "
    "모두 도착했으면 0이다. 위의 진단은 이를 알기 전에 내려진 것으로, 하트비트만으로 본 최대치를 말한다.")
SEEN_NOTE = ("Acknowledged purchases by the second, wishes for a seat that somebody had, and requests that were refused or not answered.",
             "초마다 확정된 구매, 이미 팔린 좌석에 대한 요청, 그리고 거절되거나 답이 없었던 요청.")
SALVAGE_NOTE = ("Not replicated in time; expected in the database of the site that is gone.",
                "제때 복제되지 못함. 사라진 사이트의 데이터베이스에 있을 것이다.")


def page(report: Mapping[str, Any], seconds: Sequence[Mapping[str, Any]]) -> str:
    """The report as one self-contained HTML page; `seconds` as ledger.timeline() gives them."""
    wrong = broken(report)
    cards: list[tuple[tuple[str, str], str]] = [
        (("Outage as buyers saw it", "구매자가 겪은 중단"), _number(report["rto_seconds"], "s")),
        (("Expected with these settings", "이 설정에서 예상"), _number(report["floor_seconds"], "s")),
        (("Data not across (RPO)", "넘어오지 못한 데이터 (RPO)"), _number(report["rpo_seconds"], "s")),
        (("Acknowledged", "확정된 구매"), _number(report["acknowledged"])), (("Lost", "유실"), _number(report["lost_acknowledged"])),
        (("To be salvaged", "복구 대상"), _number(len(report["salvage_acknowledged"]))),
        (("Seats wanted by several buyers", "여럿이 원한 좌석"), _number(report["contested"])),
        (("Promised twice", "중복 판매"), _number(report["duplicated"])),
        (("Two writers at once", "동시에 쓴 사이트"), _number(report["dual_writer_intervals"])),
        (("Tables equal before", "사전 테이블 일치"), _both({True: YES, False: NO, None: NOT_MEASURED}[report.get("tables_equal")])),
        (("Rows compared", "비교한 행"), _number(report.get("rows_compared"))),
        (("Control-plane writes", "제어 평면 쓰기"), _number(report.get("control_plane_writes"))),
    ]
    ways = {"from": report["from_site"], "to": report["to_site"], "wrong": "; ".join(wrong)}
    headline = (("{wrong}.", "지키지 못한 약속: {wrong}.") if wrong else
                ("service moved from {from} to {to}; every promise accounted for.",
                 "서비스가 {from}에서 {to}(으)로 옮겨졌고 모든 약속이 확인되었다."))
    return PAGE.format(
        started=escape(report["started"]), tone="bad" if wrong else "good", because=escape(report.get("because") or ""),
        title=_both((f"Drill of {report['started']}", f"훈련 {report['started']}")),
        headline=f"{escape(report['verdict'])}: " + _both((headline[0].format(**ways), headline[1].format(**ways))),
        cards="".join(f"<div><dt>{_both(name)}</dt><dd>{value}</dd></div>" for name, value in cards),
        rpo_note=_both(RPO_NOTE), seen=_both(("What buyers saw", "구매자가 본 것")), seen_note=_both(SEEN_NOTE),
        done=_both(("What was done", "수행한 일")), away=_both(("Promises not yet across", "아직 넘어오지 못한 약속")),
        chart=_chart(seconds), steps=_table(STEP_HEADS, [_step(step) for step in report["steps"]]), salvage=_salvage(report["salvage_acknowledged"]),
        legend="".join(f'<span><i style="background:{colour}"></i>{_both(LEGEND.get(name, (name, name)))}</span>'
                       for name, colour in COLOURS.items()),
    )


def _both(words: tuple[str, str]) -> str:
    """A text in both languages; the page shows the one that its reader speaks."""
    return f'<span lang="en">{escape(words[0])}</span><span lang="ko">{escape(words[1])}</span>'


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return _both(NOT_MEASURED)
    return (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}") + (f" {unit}" if unit else "")


def _table(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """rows: (class, HTML) of each cell. On a narrow screen each row becomes a block, and each cell says what it is by itself."""
    top = "".join(f"<th>{_both(head)}</th>" for head in heads)
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{"" if head is heads[0] else f"<b>{_both(head)}</b>"}{cell}</td>'
                         for head, (kind, cell) in zip(heads, row, strict=True)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _step(step: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("", escape(str(step["name"]))), ("", stamp(step["started"])), ("n", f"{step['seconds']:.3f}"),
            ("", _both(YES if step["changed"] else NO)), ("long", escape(str(step["detail"])))]


def _salvage(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return f"<p>{_both(NONE)}</p>"
    return f"<p>{_both(SALVAGE_NOTE)}</p>" + _table(SALVAGE_HEADS, [
        [("long", f"<code>{escape(str(row['ticket']))}</code>"), ("", escape(str(row["event_id"]))), ("", escape(str(row["seat"]))),
         ("", escape(str(row["site"]))), ("", stamp(row["told_at"]))] for row in rows])


def _chart(seconds: Sequence[Mapping[str, Any]]) -> str:
    """Stacked bars, one a second."""
    if not seconds:
        return f"<p>{_both(('No purchase was tried.', '구매 시도가 없었다.'))}</p>"
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
        f'<text x="0" y="9" font-size="10" fill="currentColor">{top}/s</text>{"".join(bars)}{ticks}</svg>'
    )
