# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page, put together once when the agent starts: nothing is built, and nothing is fetched from anywhere but the agent that served it.

The page itself tells the browser so (Content-Security-Policy): this style and this script by their sums, no picture, no form, one address to ask.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape

from .script import SCRIPT
from .style import STYLE
from .words import VERDICTS, WORDS

BODY = """
<a class="skip" href="#answer" data-w="skip">To the answer</a>
<header><p class="where" id="where"></p><span class="chip" id="fresh" role="status"></span>
<button type="button" id="language" data-w="language">한국어</button><button type="button" id="theme"></button></header>
<main>
<noscript><p class="banner">{no_script}</p></noscript>
<p class="banner" id="banner" role="alert" hidden></p>
<section class="card answer" id="answer" tabindex="-1"><div><h1 data-w="title">{title}</h1>
<p class="said" id="said" role="status" data-w="waiting">{waiting}</p><p class="note" id="why"></p></div><div class="ring" id="ring"></div></section>
<div id="alarms"></div>
<section aria-labelledby="sites_head"><h2 id="sites_head" data-w="sites">{sites}</h2><div class="pair">
<article class="card site" id="site0"></article><div class="way" id="way"></div><article class="card site" id="site1"></article></div></section>
<section aria-labelledby="figures_head"><h2 id="figures_head" data-w="figures">{figures}</h2><dl class="figures" id="figures"></dl></section>
<section class="card" aria-labelledby="reasons_head"><h2 id="reasons_head" data-w="reasons">{reasons}</h2><ul class="reasons" id="reasons"></ul>
<p class="note" data-w="dns_note">{dns_note}</p></section>
<section class="card" aria-labelledby="hour_head"><h2 id="hour_head" data-w="hour">{hour}</h2><div id="hour"></div></section>
<section class="card" aria-labelledby="last_head_"><h2 id="last_head_" data-w="last">{last}</h2>
<div id="last"></div></section>
<section class="card"><details><summary data-w="journal_head">{journal_head}</summary>
<div class="scroll" id="journal" tabindex="0" role="region" aria-label="journal"></div></details><p class="note" id="journal_said"></p></section>
<section class="card"><details><summary data-w="own_words">{own_words}</summary><ol class="words" id="words" lang="en"></ol></details></section>
</main>
<footer data-w="foot">{foot}</footer>
"""


def _sum(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def make() -> str:
    """The whole page. Words stand in it in English until its script knows whom it speaks to."""
    words, verdicts = (json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/") for table in (WORDS, VERDICTS))
    script, style = f"const WORDS={words},VERDICTS={verdicts};{SCRIPT}", STYLE
    body = re.sub(r"\{(\w+)\}", lambda match: escape(WORDS[match[1]][0]), BODY)
    policy = (f"default-src 'none'; style-src {_sum(style)}; script-src {_sum(script)}; connect-src 'self'; img-src data:; base-uri 'none'; "
              "form-action 'none'")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
            f'<link rel="icon" href="data:,"><title>{escape(WORDS["title"][0])}</title><style>{style}</style></head>\n'
            f"<body>{body}<script>{script}</script></body></html>\n")


PAGE = make()
