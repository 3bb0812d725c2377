# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pages of drills are made of: one self-contained file each, in English and Korean, for a desk, a telephone and paper. Pure.

What the switch said (steps, diagnosis) is shown as it was said, in English, so that it can be looked for in logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Words = tuple[str, str]         # English, Korean

SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<style>
:root {{ color-scheme: light dark; --ink:#1d2530; --soft:#566172; --paper:#fafaf7; --line:#d7d7d0; --nhn:#1f6fd0; --aws:#b8600b; --bad:#b3261e;
  --good:#14713c; --idle:#9aa3ae; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink:#e6e8ec; --soft:#a7b1bf; --paper:#15191f; --line:#39414c; --nhn:#6fb0ff; --aws:#f0a656;
  --good:#66cf96; --bad:#ff8574; --idle:#6b7582; }} }}
html[lang=en] [lang=ko], html[lang=ko] [lang=en] {{ display:none; }}
body {{ font:16px/1.5 system-ui,"Apple SD Gothic Neo","Noto Sans KR","Noto Sans CJK KR",sans-serif; max-width:64rem; margin:0 auto; padding:1rem;
  color:var(--ink); background:var(--paper); word-break:keep-all; overflow-wrap:anywhere; }}
h1 {{ font-size:1.5rem; margin:0; }} h2 {{ font-size:1.15rem; margin-top:2rem; }}
header {{ display:flex; flex-wrap:wrap; gap:.5rem 1rem; justify-content:space-between; align-items:baseline; }} a {{ color:inherit; }}
.verdict {{ font-weight:700; }} .good {{ color:var(--good); }} .bad {{ color:var(--bad); }} .note {{ font-size:.9rem; color:var(--soft); }}
dl {{ display:grid; grid-template-columns:repeat(auto-fill,minmax(10rem,1fr)); gap:.75rem; padding:0; }}
dl > div {{ border:1px solid var(--line); border-radius:.6rem; padding:.6rem .8rem; }} dt {{ font-size:.85rem; color:var(--soft); }}
dd {{ margin:0; font-size:1.35rem; font-weight:650; }}
table {{ border-collapse:collapse; width:100%; font-size:.92rem; }}
th,td {{ text-align:left; padding:.35rem .5rem; border-bottom:1px solid var(--line); vertical-align:top; }}
td:not(.long) {{ white-space:nowrap; }} th {{ overflow-wrap:normal; vertical-align:bottom; }}
td.n, th.n {{ text-align:right; font-variant-numeric:tabular-nums; }} td b {{ display:none; }}
td.long {{ min-width:13rem; }} .scroll {{ overflow-x:auto; }} .key span {{ margin-right:1em; white-space:nowrap; }}
.key i {{ display:inline-block; width:.8em; height:.8em; border-radius:2px; margin-right:.3em; }}
svg {{ display:block; width:100%; height:auto; }} svg.wide {{ min-width:36rem; }} svg text {{ fill:var(--ink); font-size:11px; }}
svg text.soft {{ fill:var(--soft); }} .bullets {{ display:grid; gap:.8rem 2rem; margin:1rem 0; }} .bullets svg {{ max-width:32rem; }}
@media (min-width: 50rem) {{ .bullets {{ grid-template-columns:1fr 1fr; }} }}
@media (max-width: 40rem) {{
  dl {{ grid-template-columns:1fr 1fr; gap:.5rem; }}
  table, tbody, tr, td {{ display:block; }} thead {{ display:none; }}
  tr {{ padding:.6rem 0; border-bottom:1px solid var(--line); }} td, td:not(.long), td.n {{
    border:0; padding:.1rem 0; min-width:0; text-align:left; white-space:normal; }}
  td b {{ display:inline-block; min-width:7.5em; padding-right:.5em; font-weight:400; color:var(--soft); }} td:first-child {{ font-weight:650; }}
  svg.wide {{ min-width:46rem; }}
}}
@media print {{
  :root {{ --ink:#000; --soft:#444; --paper:#fff; --line:#bbb; --nhn:#1f6fd0; --aws:#b8600b; --bad:#b3261e; --good:#14713c; --idle:#9aa3ae; }}
  html {{ font-size:10px; }} body {{ max-width:none; padding:0; font-size:1rem; }}
  #other {{ display:none; }} svg.wide {{ min-width:0; }} .scroll {{ overflow:visible; }}
  dl {{ grid-template-columns:repeat(4,1fr); }} h2, tr, dl > div, svg {{ break-inside:avoid; }} h2 {{ break-after:avoid; }}
  * {{ -webkit-print-color-adjust:exact; print-color-adjust:exact; }}
}}
</style></head><body>
<header><h1>{title}</h1><a id="other" href="#ko"><span lang="en">한국어</span><span lang="ko">English</span></a></header>
<main>
{body}
</main>
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
NOT_MEASURED: Words = ("not measured", "측정 안 함")
YES: Words = ("yes", "예")
NO: Words = ("no", "아니요")


def shell(name: str, title: Words, body: str) -> str:
    """A whole page; name: of the window."""
    return SHELL.format(name=escape(name), title=both(title), body=body)


def both(words: Words) -> str:
    """A text in both languages; the page shows the one that its reader speaks."""
    return f'<span lang="en">{escape(words[0])}</span><span lang="ko">{escape(words[1])}</span>'


def number(value: float | None, unit: str = "") -> str:
    """For people; what was not measured says so."""
    if value is None:
        return both(NOT_MEASURED)
    return (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}") + (f" {unit}" if unit else "")


def cards(rows: Sequence[tuple[Words, str]]) -> str:
    """Figures: (name, HTML) each."""
    return "<dl>" + "".join(f"<div><dt>{both(name)}</dt><dd>{value}</dd></div>" for name, value in rows) + "</dl>"


def wide(picture: str, told: Words) -> str:
    """A picture that is moved aside on a narrow screen, by finger or by key, instead of made too small."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(" / ".join(told))}">{picture}</div>' if picture else ""


def table(heads: Sequence[Words], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """rows: (class, HTML) of each cell. On a narrow screen each row becomes a block, and each cell says what it is by itself."""
    kinds = [kind for kind, _cell in rows[0]] if rows else [""] * len(heads)
    top = "".join(f'<th class="{kind}">{both(head)}</th>' for head, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{"" if head is heads[0] else f"<b>{both(head)}</b>"}{cell}</td>'
                         for head, (kind, cell) in zip(heads, row, strict=True)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
