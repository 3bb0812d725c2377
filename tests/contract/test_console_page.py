# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's page in a real browser, at a desk's and a telephone's width, in both languages and both themes. The agent's own server answers; what
its agents say is made up. Pictures are left in build/tests/pages/.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import web
from ansible_collections.multicloud.dr.plugins.module_utils.switch.askers import Askers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.hour import BUCKET, BUCKETS
from ansible_collections.multicloud.dr.plugins.module_utils.switch.console.outlook import Outlook
from ansible_collections.multicloud.dr.plugins.module_utils.switch.small_server import SmallServer

from tests.browser import CHROMIUM, WHY_NOT, Browser, Page
from tests.unit.plugins.switch.console_world import AWS, NHN, SWITCHED, nhn_is_dark, outlook, status

pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)]
PICTURES = Path(__file__).parents[2] / "build" / "tests" / "pages"
LOOKS = [(wide, language, theme) for wide in (1280, 390) for language in ("en", "ko") for theme in ("light", "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


class World:
    """An agent's server, whose agent says what it is told to."""

    def __init__(self, mine: dict[str, Any]) -> None:
        self.mine, self.ahead = mine, 0.0
        self.outlook: Outlook = outlook(lambda: self.mine, lambda: time.monotonic() + self.ahead)
        self.server: SmallServer = web.serve("127.0.0.1", 0, lambda: web.WRITER, lambda: self.mine, Askers(time.monotonic), self.outlook)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.port}/console"

    def an_hour(self) -> None:
        """Sales came and went, and for a while nobody could measure."""
        for at in range(BUCKETS):
            self.outlook.note(None if 200 < at < 215 else 0.2 + (at % 7) * 0.03 + (1.9 if 90 < at < 104 else 0))
            self.ahead += BUCKET


@pytest.fixture
def world() -> Iterator[World]:
    made = World(status(AWS, switched=SWITCHED))
    made.an_hour()
    made.outlook.hear(status(NHN))
    yield made
    made.server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.page()


@pytest.mark.parametrize(("wide", "language", "theme"), LOOKS)
def test_it_can_be_read_everywhere(world: World, page: Page, wide: int, language: str, theme: str) -> None:
    page.look_like(wide, theme=theme, language=language)
    page.open(world.url)
    page.wait("document.querySelectorAll('#figures .big').length === 5")
    assert page.ask("document.documentElement.lang") == language and page.ask("document.documentElement.dataset.theme") == theme
    text = page.ask("document.body.innerText")
    assert {"en": "Were NHN lost now, AWS would take over by itself.", "ko": "지금 NHN을(를) 잃으면 AWS이(가) 스스로 넘겨받는다"}[language] in text
    for said in ("WRITER_HERE", "NORMAL", "1,284,551", "340", "take_record", "3 / 3"):
        assert said in text, said
    page.ask("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.picture(PICTURES / f"console-{wide}-{language}-{theme}.png")
    assert page.faults() == [] and page.errors == []
    assert {url.rpartition(":")[2].partition("/")[2] for url in page.asked} == {"console", "console/events"}, "nothing is fetched from elsewhere"


def test_figures_are_there_at_once(world: World, browser: Browser) -> None:
    took = []
    for _ in range(3):
        page = browser.page()
        page.open(world.url)
        page.wait("performance.getEntriesByName('figures').length > 0")
        took.append(page.ask("performance.getEntriesByName('figures')[0].startTime") / 1000)
        assert 0 < page.ask("performance.getEntriesByType('navigation')[0].transferSize") <= 200 * 1024
    assert min(took) <= 0.5, took


def test_the_other_site_dies_and_then_this_agent(world: World, page: Page) -> None:
    page.look_like(390, language="en")
    page.open(world.url)
    page.wait("document.querySelectorAll('#figures .big').length === 5")
    world.mine, world.ahead = status(nhn_is_dark(), switched=SWITCHED), world.ahead + 43
    page.wait("document.getElementById('site0').innerText.includes('Not heard for 4')")
    text = page.ask("document.body.innerText")
    for said in ("Would be lost (RPO)\n4.9 s", "2 / 3", "✓ would take over"):
        assert said in text, said
    page.picture(PICTURES / "console-390-nhn-dark.png")
    assert page.faults() == []
    world.server.shutdown()
    page.wait("!document.getElementById('banner').hidden && document.body.classList.contains('stale')")
    assert "Nothing heard from this agent for" in page.ask("document.getElementById('banner').textContent")
    page.wait("document.getElementById('said').textContent.startsWith('? Not known now.')")
    assert "Were NHN lost now" in page.ask("document.body.innerText"), "what was known last stays, and is said to be old"
    assert page.faults() == []
    page.picture(PICTURES / "console-390-agent-dead.png")


def test_a_copy_that_is_not_equal_is_a_no(world: World, page: Page) -> None:
    apart = replace(AWS, compared=replace(AWS.compared, value=replace(AWS.compared.value, equal=False, differing_rows=3)))  # type: ignore[union-attr, type-var]
    world.mine = status(apart, protection={"unprotected": True}, asks=True, gate={"age_seconds": None, "ungated": ["a", "b"], "said": None},
                        journal={"lines": 9, "copied": None, "faults": ["line 3 carries no link"]})
    page.look_like(1280, theme="dark", language="en")
    page.open(world.url)
    page.wait("document.getElementById('answer').className.includes('bad')")
    text = page.ask("document.body.innerText")
    for said in ("✗ No. Were NHN lost now", "STANDBY_UNPROVEN", "3 rows, 0 definitions differ", "Unprotected:", "A person is asked",
                 "Tables without a guard", "The journal does not hold: line 3 carries no link"):
        assert said in text, said
    page.picture(PICTURES / "console-1280-not-equal.png")
    assert page.faults() == []


def test_what_agents_say_is_text_whatever_it_is(world: World, page: Page) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    made = {**SWITCHED, "because": evil, "steps": [{**step, "detail": evil, "name": evil} for step in SWITCHED["steps"]]}
    world.mine = {**status(AWS, switched=made), "topology": evil, "words": [evil], "verdict": {"verdict": evil, "action": "none", "because": evil}}
    page.open(world.url)
    page.wait("document.querySelectorAll('#last tr').length > 3")
    assert page.ask("document.querySelectorAll('img, script').length") == 1 and page.ask("document.title") != "owned" and page.errors == []


def test_by_keyboard_alone(world: World, page: Page) -> None:
    page.look_like(1280, language="en")
    page.open(world.url)
    page.wait("document.querySelectorAll('#figures .big').length === 5")
    held = []
    for _ in range(5):
        page.press("Tab")
        held.append(page.ask("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
        assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid", f"one does not see that {held[-1]} is chosen"
    assert held[:3] == ["skip", "language", "theme"] and "SUMMARY" in held
    page.ask("document.getElementById('language').focus()")
    page.press("Enter")
    page.wait("document.documentElement.lang === 'ko' && document.body.innerText.includes('준비도') || document.body.innerText.includes('부족한 것')")
    page.ask("document.getElementById('theme').focus()")
    page.press(" ")
    page.press(" ")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    assert page.ask("document.getElementById('theme').textContent") == "화면: 어둡게"
    acts = page.ask("document.querySelectorAll('button, a, form, input, select').length")
    assert acts == 3, "a link to the answer and two buttons for how it looks: nothing that acts"
