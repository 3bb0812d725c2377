# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill's report as one self-contained page: what buyers saw beside what was done, figures against what was allowed, every promise that did not
arrive, and the drills before. Pure; writing files is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .page_parts import NO, NOT_MEASURED, YES, Words, both, cards, number, shell, table, wide
from .report import broken, stamp
from .report_chart import COLOURS, bullet, gantt, timeline, trend

LEGEND = {"taken": ("seat was taken", "이미 팔린 좌석"), "refused": ("refused or no answer", "거절 또는 무응답")}
SEEN, DONE = ("What buyers saw", "구매자가 본 것"), ("What was done", "수행한 일")
BESIDE = ("Beside earlier drills", "이전 훈련과 비교")
NONE: Words = ("None.", "없음.")
STEP_HEADS = (("Step", "단계"), ("Started", "시작"), ("Seconds", "초"), ("Changed", "변경"), ("Detail", "내용"))
PROMISE_HEADS = (("Ticket", "티켓"), ("Event", "공연"), ("Seat", "좌석"), ("Site", "사이트"), ("Told at", "약속 시각"))
DRILL_HEADS = (("Started", "시작"), ("Verdict", "판단"), ("Outage", "중단"), ("Expected", "예상"), ("RPO", "RPO"), ("Acknowledged", "확정"),
               ("Lost", "유실"), ("To be salvaged", "복구 대상"), ("Kept", "지킴"))
RPO_NOTE = (
    "Data not across is measured in what buyers were promised: how long before the last promise of the site that is gone the oldest one was made "
    "that did not arrive; 0 when all arrived. The diagnosis above was made before that could be known: it names the most that could be missing, by "
    "heartbeats alone.",
    "넘어오지 못한 데이터는 구매자가 받은 약속으로 잰다. 사라진 사이트의 마지막 약속으로부터, 도착하지 못한 가장 오래된 약속까지의 시간이며 "
    "모두 도착했으면 0이다. 위의 진단은 이를 알기 전에 내려진 것으로, 하트비트만으로 본 최대치를 말한다.")
SEEN_NOTE = ("Acknowledged purchases by the second, wishes for a seat that somebody had, and requests that were refused or not answered. Below, on "
             "the same clock: the outage as buyers saw it, what these settings let expect and allow, and the steps of the switch.",
             "초마다 확정된 구매, 이미 팔린 좌석에 대한 요청, 그리고 거절되거나 답이 없었던 요청. 그 아래 같은 시간축에 구매자가 겪은 중단, "
             "이 설정에서의 예상과 허용, 전환 단계를 둔다.")
SALVAGE_NOTE = ("Not replicated in time; expected in the database of the site that is gone.",
                "제때 복제되지 못함. 사라진 사이트의 데이터베이스에 있을 것이다.")
LOST_NOTE = ("Promised, and nowhere to be found although nothing excuses it.", "약속했으나 어디에도 없으며, 그럴 이유가 없는 것.")
EARLIER_NOTE = ("Drills before this one: {count}. The newest first; at most {most} are shown.",
                "이전 훈련 {count}건, 최신순. 최대 {most}건까지 표시.")
EARLIER_MOST = 12


def page(report: Mapping[str, Any], seconds: Sequence[Mapping[str, Any]], origin: float | None = None,
         earlier: Sequence[Mapping[str, Any]] = ()) -> str:
    """The report as one HTML page; `seconds` and `origin` as ledger.timeline() and ledger.origin() give them, `earlier` as history.rows() does."""
    wrong = broken(report)
    ways = {"from": report["from_site"], "to": report["to_site"], "wrong": "; ".join(wrong)}
    headline = (("{wrong}.", "지키지 못한 약속: {wrong}.") if wrong else
                ("service moved from {from} to {to}; every promise accounted for.",
                 "서비스가 {from}에서 {to}(으)로 옮겨졌고 모든 약속이 확인되었다."))
    sections = [
        f'<p class="verdict {"bad" if wrong else "good"}">{"✗" if wrong else "✓"} {escape(report["verdict"])}: '
        f'{both((headline[0].format(**ways), headline[1].format(**ways)))}</p>',
        f'<p>{escape(report.get("because") or "")}</p>', cards(_figures(report)), _against(report), f'<p class="note">{both(RPO_NOTE)}</p>',
        _section(SEEN, f"<p>{both(SEEN_NOTE)}</p>{wide(timeline(report, seconds, origin), SEEN)}{_legend()}"),
        _section(DONE, wide(gantt(report["steps"]), DONE) + table(STEP_HEADS, [_step(step) for step in report["steps"]])),
        _section(("Promises that are lost", "유실된 약속"), _promises(report.get("lost") or [], LOST_NOTE)) if report["lost_acknowledged"] else "",
        _section(("Seats promised twice", "중복 판매된 좌석"), _list(report.get("duplicates") or [])) if report["duplicated"] else "",
        _section(("Promises not yet across", "아직 넘어오지 못한 약속"), _promises(report["salvage_acknowledged"], SALVAGE_NOTE)),
        _section(BESIDE, _earlier(report, earlier)),
    ]
    return shell(f"Drill {report['started']}", (f"Drill of {report['started']}", f"훈련 {report['started']}"), "\n".join(sections))


def drills(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table of drills, as history.rows() gives them."""
    return table(DRILL_HEADS, [[
        ("", escape(str(row["started"]))), ("", escape(str(row["verdict"]))),
        *[("n", number(row[name], "s")) for name in ("rto_seconds", "floor_seconds", "rpo_seconds")],
        *[("n", number(row[name])) for name in ("acknowledged", "lost_acknowledged", "salvage")],
        ("long", f'<span class="bad">✗ {escape("; ".join(row["broken"]))}</span>' if row["broken"] else f'<span class="good">✓ {both(YES)}</span>'),
    ] for row in rows])


def _figures(report: Mapping[str, Any]) -> list[tuple[Words, str]]:
    return [
        (("Outage as buyers saw it", "구매자가 겪은 중단"), number(report["rto_seconds"], "s")),
        (("Expected with these settings", "이 설정에서 예상"), number(report["floor_seconds"], "s")),
        (("Data not across (RPO)", "넘어오지 못한 데이터 (RPO)"), number(report["rpo_seconds"], "s")),
        (("Acknowledged", "확정된 구매"), number(report["acknowledged"])), (("Lost", "유실"), number(report["lost_acknowledged"])),
        (("To be salvaged", "복구 대상"), number(len(report["salvage_acknowledged"]))),
        (("Seats wanted by several buyers", "여럿이 원한 좌석"), number(report["contested"])),
        (("Promised twice", "중복 판매"), number(report["duplicated"])),
        (("Two writers at once", "동시에 쓴 사이트"), number(report["dual_writer_intervals"])),
        (("Tables equal before", "사전 테이블 일치"), both({True: YES, False: NO, None: NOT_MEASURED}[report.get("tables_equal")])),
        (("Rows compared", "비교한 행"), number(report.get("rows_compared"))),
        (("Control-plane writes", "제어 평면 쓰기"), number(report.get("control_plane_writes"))),
    ]


def _against(report: Mapping[str, Any]) -> str:
    """Outage and loss against what was expected and allowed."""
    allowed = ("allowed", "허용")
    return '<div class="bullets">' + bullet(("Outage", "중단"), report["rto_seconds"], [
        (("expected", "예상"), report["floor_seconds"]), (allowed, report["max_rto_seconds"])]) + bullet(
        ("Data not across", "넘어오지 못한 데이터"), report["rpo_seconds"], [(allowed, report.get("max_rpo_seconds"))]) + "</div>"


def _legend() -> str:
    return '<p class="key">' + "".join(f'<span><i style="background:{colour}"></i>{both(LEGEND.get(name, (name, name)))}</span>'
                                       for name, colour in COLOURS.items()) + "</p>"


def _section(name: Words, inside: str) -> str:
    return f"<section><h2>{both(name)}</h2>\n{inside}</section>"


def _step(step: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("", escape(str(step["name"]))), ("", stamp(step["started"])), ("n", f"{step['seconds']:.3f}"),
            ("", both(YES if step["changed"] else NO)), ("long", escape(str(step["detail"])))]


def _promises(rows: Sequence[Mapping[str, Any]], note: Words) -> str:
    if not rows:
        return f"<p>{both(NONE)}</p>"
    return f"<p>{both(note)}</p>" + table(PROMISE_HEADS, [
        [("long", f"<code>{escape(str(row['ticket']))}</code>"), ("", escape(str(row["event_id"]))), ("", escape(str(row["seat"]))),
         ("", escape(str(row["site"]))), ("", stamp(row["told_at"]))] for row in rows])


def _list(said: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in said) + "</ul>"


def _earlier(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> str:
    if not earlier:
        return f"<p>{both(('This is the first drill whose report is kept here.', '이곳에 보고서가 남은 첫 훈련이다.'))}</p>"
    note = EARLIER_NOTE[0].format(count=len(earlier), most=EARLIER_MOST), EARLIER_NOTE[1].format(count=len(earlier), most=EARLIER_MOST)
    mine = {"started": report["started"], "rto_seconds": report["rto_seconds"], "floor_seconds": report["floor_seconds"], "broken": broken(report)}
    shown = list(earlier)[-EARLIER_MOST:]
    return f"<p>{both(note)}</p>{wide(trend([*shown, mine]), BESIDE)}" + drills(shown[::-1])
