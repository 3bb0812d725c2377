# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill's page can be read on a telephone and at a desk: measured in a browser, where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof import report_page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
REPORT = {
    "started": "2026-01-01T00:00:00Z", "verdict": "SITE_LOST", "because": "NHN has not renewed the record.", "rto_seconds": 28.4,
    "max_rto_seconds": 60.0, "floor_seconds": 30, "rpo_seconds": 0.4, "acknowledged": 9, "lost_acknowledged": 0, "contested": 1,
    "duplicated": 0, "dual_writer_intervals": 0, "from_site": "nhn", "to_site": "aws",
    "salvage_acknowledged": [
        {"ticket": "0d3f7f0e-1111-4222-8333-123456789abc", "event_id": 1, "seat": "B-17", "site": "nhn", "told_at": 1767225600.0}],
    "steps": [{"name": "take_record", "started": 1767225600.0, "seconds": 12.081, "changed": True,
               "detail": f"Applied all from {'0d3f7f0e' * 8}.example.com:3306 up to mysql-bin.000001:254603, then stopped following it."}],
}
SECONDS = [{"second": second, "sites": {"nhn": 3}, "taken": 1, "refused": 0} for second in range(150)]
MEASURE = """<script>
onload = () => {
  const inside = document.querySelector("iframe").contentWindow, page = inside.document;
  const width = (selector) => page.querySelector(selector).getBoundingClientRect().width;
  const said = {wide: page.documentElement.scrollWidth, detail: width("td.long"), other: page.querySelector("header a").innerText.trim(),
                heading: page.querySelector("h2").innerText,
                boxes: [...page.querySelectorAll(".scroll")].map((box) => box.scrollWidth - box.clientWidth)};
  document.title = JSON.stringify(said);
};
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="needs chromium")
@pytest.mark.parametrize(("across", "language", "heading", "other"), [
    (390, "en", "What buyers saw", "한국어"), (390, "ko", "구매자가 본 것", "English"), (1280, "en", "What buyers saw", "한국어")])
def test_nothing_is_squeezed_or_cut_off(across: int, language: str, heading: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(report_page.page(REPORT, SECONDS))
    frame = tmp_path / "frame.html"
    frame.write_text(f'{MEASURE}<body style="margin:0"><iframe src="page.html#{language}" width={across} height=900 style="border:0"></iframe>')
    shown = subprocess.run(
        [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}",
         "--window-size=1400,1000", "--dump-dom", frame.as_uri()], check=True, capture_output=True, text=True, timeout=60).stdout
    said = json.loads(unescape(re.findall("<title>(.*?)</title>", shown)[0]))
    assert said["wide"] <= across and said["detail"] >= 340, said
    assert said["boxes"][1:] == [0, 0], "tables fit; only the chart may be wider, and scrolls"
    assert (said["heading"], said["other"]) == (heading, other)
