# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of a drill and of a quarter in a real browser: at a desk's and a telephone's width, in both languages and themes, and on paper.
Pictures are left in build/tests/pages/.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import history, report_page
from ansible_collections.multicloud.dr.plugins.modules import drill_summary

from tests.browser import CHROMIUM, WHY_NOT, Browser, Page
from tests.unit.plugins.proof.drills import BEGAN, kept, report, seconds

pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)]
PICTURES = Path(__file__).parents[2] / "build" / "tests" / "pages"
LOOKS = [(390, "en", "light"), (390, "ko", "dark"), (1280, "en", "dark"), (1280, "ko", "light")]
LOST = [{"ticket": "7b1d1c7a-1111-4222-8333-123456789abc", "event_id": 1, "seat": "C-3", "site": "aws", "told_at": BEGAN + 70}]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.page()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """drill.html, bad.html and quarter.html, of a year in which not all went well."""
    there = tmp_path_factory.mktemp("reports")
    kept(there, *[report(f"2025-{month:02}-14T09:00:00Z", rto_seconds=20.0 + month) for month in range(4, 12)],
         report("2025-12-14T09:00:00Z", rto_seconds=71.5, lost_acknowledged=2), report())
    earlier = history.rows(there)[0][:-1]
    (there / "drill.html").write_text(report_page.page(report(), seconds(), BEGAN, earlier))
    (there / "bad.html").write_text(report_page.page(report(rto_seconds=71.5, first_after=BEGAN + 111.7, lost_acknowledged=1, lost=LOST, duplicated=1,
                                                            duplicates=["event 1 seat A-1: 2 promises"]), seconds(), BEGAN, earlier))
    (there / "quarter.html").write_text(drill_summary.summary(there, "2025-Q4")[3]["html"])
    return there


@pytest.mark.parametrize(("wide", "language", "theme"), LOOKS)
@pytest.mark.parametrize("name", ["drill", "bad", "quarter"])
def test_it_can_be_read_everywhere(pages: Path, page: Page, name: str, wide: int, language: str, theme: str) -> None:
    page.look_like(wide, theme=theme)
    page.open((pages / f"{name}.html").as_uri() + f"#{language}")
    page.picture(PICTURES / f"{name}-{wide}-{language}-{theme}.png")
    assert page.ask("document.documentElement.lang") == language and page.errors == []
    assert page.faults() == []
    assert page.ask("document.getElementById('other').innerText.trim()") == {"en": "한국어", "ko": "English"}[language]
    long = page.ask("Math.min(...[...document.querySelectorAll('td.long')].map(each => each.getBoundingClientRect().width))")
    assert long >= (300 if wide == 390 else 200), "a detail one letter wide cannot be read"
    tables = page.ask("[...document.querySelectorAll('.scroll')].filter(each => each.querySelector('table'))"
                      ".map(each => each.scrollWidth - each.clientWidth)")
    assert tables and set(tables) == {0}, "tables fit; only pictures may be wider, and scroll"


def test_it_can_be_printed(pages: Path, page: Page) -> None:
    page.open((pages / "bad.html").as_uri() + "#en")
    printed = base64.b64decode(page.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)["data"])
    assert printed.startswith(b"%PDF") and 1 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page/") <= 6
    page.send("Emulation.setEmulatedMedia", media="print")
    page.look_like(760)
    page.send("Emulation.setEmulatedMedia", media="print")
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
    assert page.ask("getComputedStyle(document.getElementById('other')).display") == "none"
    page.picture(PICTURES / "bad-print.png")
