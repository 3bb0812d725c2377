# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the page looks. Colour never says anything alone: a word or a sign stands beside it."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --ink:#1b2430; --soft:#566172; --paper:#f5f5f1; --card:#fff; --line:#dcdcd4; --nhn:#1f6fd0; --aws:#b8600b;
  --good:#14713c; --bad:#b3261e; --warn:#8a5a00; --good-bg:#e3f3e8; --bad-bg:#fbe6e3; --warn-bg:#fbf0d9; --shade:rgba(20,30,50,.07); }
:root[data-theme=dark] { color-scheme: dark; --ink:#e7e9ee; --soft:#a2adbc; --paper:#12161c; --card:#1a2028; --line:#333c48; --nhn:#6fb0ff;
  --aws:#f0a656; --good:#6fd79c; --bad:#ff9184; --warn:#f0c46a; --good-bg:#14301f; --bad-bg:#3a1a17; --warn-bg:#352a12; --shade:rgba(0,0,0,.35); }
* { box-sizing:border-box; }
body { margin:0; background:var(--paper); color:var(--ink); word-break:keep-all; overflow-wrap:anywhere;
  font:16px/1.5 system-ui,"Apple SD Gothic Neo","Noto Sans KR","Noto Sans CJK KR","Malgun Gothic",sans-serif; }
main, header, footer { max-width:74rem; margin:0 auto; padding:0 1rem; }
header { display:flex; flex-wrap:wrap; gap:.4rem 1rem; align-items:center; padding-top:.9rem; padding-bottom:.6rem; }
header p { margin:0; color:var(--soft); } header .where { flex:1 1 14rem; } header b { font-weight:650; color:var(--ink); }
footer { color:var(--soft); font-size:.85rem; padding-top:1rem; padding-bottom:2rem; }
.skip { position:absolute; left:-99rem; } .skip:focus { left:1rem; top:.4rem; background:var(--card); padding:.4rem .8rem; z-index:2; }
button { font:inherit; font-size:.9rem; color:inherit; background:var(--card); border:1px solid var(--line); border-radius:.5rem;
  padding:.35rem .75rem; cursor:pointer; min-height:2.25rem; }
:focus-visible { outline:3px solid var(--nhn); outline-offset:2px; }
.chip { display:inline-block; border-radius:1rem; padding:.1rem .6rem; font-size:.82rem; font-weight:600; background:var(--shade);
  white-space:nowrap; }
.good { color:var(--good); } .bad { color:var(--bad); } .warn { color:var(--warn); }
.chip.good { background:var(--good-bg); } .chip.bad { background:var(--bad-bg); } .chip.warn { background:var(--warn-bg); }
.banner { margin:.3rem 0 .8rem; padding:.6rem .9rem; border-radius:.6rem; font-weight:600; background:var(--bad-bg); color:var(--bad); }
.card { background:var(--card); border:1px solid var(--line); border-radius:.9rem; padding:1rem 1.1rem; margin:0 0 1rem; min-width:0; }
h1 { font-size:1rem; margin:0; color:var(--soft); font-weight:600; } h2 { font-size:1.05rem; margin:0 0 .6rem; }
h3 { font-size:1.05rem; margin:0; display:flex; flex-wrap:wrap; gap:.2rem .5rem; align-items:center; }
.answer { display:grid; grid-template-columns:minmax(0,1fr) auto; gap:.5rem 1.5rem; align-items:center; border-left:.5rem solid var(--line); }
.answer.old .said { color:var(--soft); }
.answer.good { border-left-color:var(--good); } .answer.bad { border-left-color:var(--bad); } .answer > * { color:var(--ink); }
.answer .said { font-size:clamp(1.25rem,2.6vw,1.75rem); font-weight:700; line-height:1.3; margin:.2rem 0 .3rem; }
.answer.good .said { color:var(--good); } .answer.bad .said { color:var(--bad); }
.ring { width:7rem; text-align:center; } .ring svg { display:block; width:7rem; height:7rem; } .ring text { fill:var(--ink); font-weight:700; }
.ring text.small { font-weight:400; fill:var(--soft); }
ul.reasons { list-style:none; margin:.4rem 0 0; padding:0; } ul.reasons li { display:grid; grid-template-columns:9.5rem minmax(0,1fr); gap:.6rem;
  padding:.3rem 0; border-top:1px solid var(--line); } ul.reasons .chip { justify-self:start; align-self:start; }
.note { color:var(--soft); font-size:.9rem; margin:.3rem 0 0; }
section { margin:0 0 1.2rem; }
.pair { display:grid; grid-template-columns:minmax(0,1fr) 11rem minmax(0,1fr); gap:1rem; align-items:stretch; }
.site { border-top:.3rem solid var(--line); margin:0; } .site.old { border-style:dashed; border-top-style:solid; }
.site dl { display:grid; grid-template-columns:8.5rem minmax(0,1fr); gap:.25rem .8rem; margin:.7rem 0 0; }
.site dt { color:var(--soft); } .site dd { margin:0; } .site .name { font-size:1.35rem; }
.way { display:flex; flex-direction:column; justify-content:center; gap:.6rem; text-align:center; }
.way h3 { justify-content:center; } .way .pipe { border-top:3px solid var(--good); padding-top:.25rem; font-size:.88rem; }
.way .pipe.bad { border-top:3px dotted var(--bad); } .way .pipe.old { border-top-color:var(--line); color:var(--soft); }
.figures { display:grid; grid-template-columns:repeat(auto-fit,minmax(11.5rem,1fr)); gap:.8rem; margin:0 0 1rem; }
.figures > div { background:var(--card); border:1px solid var(--line); border-radius:.9rem; padding:.7rem .9rem; }
.figures dt { color:var(--soft); font-size:.88rem; } .figures dd { margin:0; } .figures .big { font-size:1.6rem; font-weight:700; line-height:1.3;
  font-variant-numeric:tabular-nums; }
.figures .sub { font-size:.85rem; color:var(--soft); }
.chart { width:100%; height:auto; display:block; } .chart text { fill:var(--soft); font-size:11px; } .chart .grid { stroke:var(--line); }
.chart .rpo { fill:none; stroke:var(--nhn); stroke-width:2; stroke-linejoin:round; } .chart .under { fill:var(--nhn); opacity:.15; }
.chart .limit { stroke:var(--bad); stroke-dasharray:5 4; }
table { border-collapse:collapse; width:100%; font-size:.92rem; } th { text-align:left; color:var(--soft); font-weight:600; white-space:nowrap; }
th, td { padding:.35rem .6rem .35rem 0; border-bottom:1px solid var(--line); vertical-align:top; }
td.n { font-variant-numeric:tabular-nums; white-space:nowrap; }
td.key { font-weight:650; white-space:nowrap; } td b { display:none; } .scroll { overflow-x:auto; max-height:26rem; }
details > summary { cursor:pointer; font-weight:650; font-size:1.05rem; min-height:2rem; } details[open] > summary { margin-bottom:.5rem; }
ol.words { margin:0; padding-left:1.2rem; }
.stale .card, .stale .figures, .stale .way { filter:grayscale(1); }
@media (max-width: 46rem) {
  .answer { grid-template-columns:minmax(0,1fr) 5.2rem; gap:.5rem .8rem; } .ring, .ring svg { width:5.2rem; height:auto; }
  .pair { grid-template-columns:minmax(0,1fr); } .way { padding:.8rem 1rem; } .figures { grid-template-columns:1fr 1fr; }
  .site dl { grid-template-columns:6.2rem minmax(0,1fr); }
  ul.reasons li { grid-template-columns:minmax(0,1fr); gap:.15rem; }
  thead { position:absolute; left:-999rem; } table, tbody, tr, td { display:block; } tr { padding:.5rem 0; border-bottom:1px solid var(--line); }
  td, td.key, td.n { border:0; padding:.05rem 0; white-space:normal; }
  td:not(:first-child) { display:grid; grid-template-columns:6.2rem minmax(0,1fr); } td b { display:block; font-weight:400; color:var(--soft); }
}
@media print { header button, .skip { display:none; } .scroll { max-height:none; } }
"""
